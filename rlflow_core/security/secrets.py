"""Random secrets that people and browsers hold, and the fingerprints of them that the database holds."""

from __future__ import annotations

import hashlib
import secrets


def new_secret() -> str:
    """256 random bits, as text that is safe in cookies, addresses and headers."""
    return secrets.token_urlsafe(32)


def fingerprint(secret: str) -> str:
    """SHA-256 of `secret`, 64 hexadecimal digits: enough for what is random, and it cannot be turned back."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
