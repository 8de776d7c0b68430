"""E-mail addresses in the one form in which they are stored and looked up."""

from __future__ import annotations

import re
import unicodedata

from rlflow_core.services.errors import Invalid

MAX_LENGTH = 254
_ADDRESS = re.compile(r"[^@\s\x00-\x1f\x7f]+@[^@\s\x00-\x1f\x7f]+")


def canonical_email(text: str) -> str:
    """`text` as stored: NFKC, without space around it, in small letters; Invalid if it is no e-mail address."""
    email = unicodedata.normalize("NFKC", text).strip().lower()
    # Small letters may come out composed differently (İ): one more pass makes the form stable.
    email = unicodedata.normalize("NFKC", email)
    if len(email) > MAX_LENGTH or not _ADDRESS.fullmatch(email) or not email.isprintable():
        raise Invalid(
            "The e-mail address does not fit.",
            {"email": [f"Write an e-mail address like name@example.org, at most {MAX_LENGTH} characters."]},
        )
    return email
