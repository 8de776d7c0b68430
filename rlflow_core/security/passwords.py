"""Passwords: which are taken, how they are stored, and how many are hashed at once."""

from __future__ import annotations

import base64
import hashlib
import hmac
import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.resources import files

import bcrypt
from flask import current_app

from rlflow_core.config import Settings
from rlflow_core.services.errors import Invalid, TooManyRequests

MIN_LENGTH = 8
MAX_LENGTH = 1024
SCHEME = "$rl1$"
PRODUCT = "rlflow"
# Hashing without a pepper still uses a key, so that hashes of other sites cannot be tried against ours.
LABEL = b"rlflow password v1"
AT_ONCE = 2
IN_QUEUE = 20
RETRY_SECONDS = 2

_places = threading.BoundedSemaphore(AT_ONCE + IN_QUEUE)
_turns = threading.BoundedSemaphore(AT_ONCE)


def check(password: str, email: str) -> None:
    """Refuse (Invalid) a password that is too short, too long, among the most common, or the person's own address."""
    problem = _problem(password, email)
    if problem:
        raise Invalid("The password does not fit.", {"password": [problem]})


def _problem(password: str, email: str) -> str | None:
    if len(password) < MIN_LENGTH:
        return f"Use {MIN_LENGTH} characters or more."
    if len(password) > MAX_LENGTH:
        return f"Use {MAX_LENGTH} characters or fewer."
    plain = unicodedata.normalize("NFKC", password).casefold().strip()
    local, _, domain = email.partition("@")
    if plain in {email, local, domain} or _letters(plain) in {PRODUCT, _letters(local)}:
        return "Use something other than your e-mail address or the name of the product."
    if plain in common_passwords() or len(set(plain)) < 3:
        return "This is among the most common passwords. Use another one."
    return None


def _letters(text: str) -> str:
    return "".join(character for character in text if character.isalpha())


@cache
def common_passwords() -> frozenset[str]:
    """The passwords that are tried first everywhere, in small letters."""
    folder = files("rlflow_core.security").joinpath("common_passwords")
    texts = (folder.joinpath(name).read_text(encoding="utf-8") for name in ("most_common.txt", "ours.txt"))
    return frozenset(word for text in texts for word in text.split())


def hash_password(password: str) -> str:
    """The stored form of `password`: a scheme and bcrypt of a keyed SHA-256, so that every character counts.

    The scheme is "$rl1$", or "$rl1p" with a mark of the pepper that was the key.

    TooManyRequests (429) when too many hashes wait already.
    """
    settings = _settings()
    key = settings.password_pepper.encode()
    with _turn():
        digest = bcrypt.hashpw(_prehash(password, key or LABEL), bcrypt.gensalt(settings.bcrypt_cost))
    return _scheme(key) + digest.decode("ascii")


def verify_password(password: str, stored: str | None) -> bool:
    """Whether `password` is the one that was stored; takes as long when nothing is stored.

    TooManyRequests (429) when too many hashes wait already.
    """
    settings = _settings()
    key = _key_of(stored or "", settings)
    # After "$rl1$" or "$rl1p...$" comes what bcrypt made, with its own "$".
    digest = (stored or "").split("$", 2)[2] if key else _absent(settings.bcrypt_cost)
    with _turn():
        matches = bcrypt.checkpw(_prehash(password, key or LABEL), digest.encode("ascii"))
    return matches and key is not None


def is_current(stored: str) -> bool:
    """Whether `stored` is in the form that `hash_password` makes now: same cost, same pepper."""
    settings = _settings()
    scheme = _scheme(settings.password_pepper.encode())
    return stored.startswith(f"{scheme}$2b${settings.bcrypt_cost:02d}$")


def _settings() -> Settings:
    settings: Settings = current_app.config["RLFLOW"]
    return settings


def _scheme(pepper: bytes) -> str:
    # Which pepper it was, so that an old one is tried on its own hashes only.
    return f"$rl1p{hmac.digest(pepper, LABEL, hashlib.sha256)[:4].hex()}$" if pepper else SCHEME


def _key_of(stored: str, settings: Settings) -> bytes | None:
    """The key under which `stored` was made: none, the pepper in force, or the one before; None if it is unknown."""
    if stored.startswith(SCHEME):
        return LABEL
    peppers = [settings.password_pepper.encode(), settings.password_pepper_previous.encode()]
    return next((pepper for pepper in peppers if pepper and stored.startswith(_scheme(pepper))), None)


def _prehash(password: str, key: bytes) -> bytes:
    text = unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")
    # base64, because bcrypt ends at the first NUL of a raw digest; 44 bytes stay under its limit of 72.
    return base64.b64encode(hmac.digest(key, text, hashlib.sha256))


def _absent(cost: int) -> str:
    return f"$2b${cost:02d}$" + "R" * 21 + "e" + "u" * 31


@contextmanager
def _turn() -> Iterator[None]:
    if not _places.acquire(blocking=False):
        raise TooManyRequests(
            "Too many people sign in at this moment. Try again in a few seconds.", RETRY_SECONDS
        )
    try:
        with _turns:
            yield
    finally:
        _places.release()
