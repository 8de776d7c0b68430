"""Writes the list of common passwords from the lists of zxcvbn: `pip install zxcvbn==4.5.0`, then run this."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import version
from itertools import islice
from pathlib import Path

WANTED = "4.5.0"
COUNT = 10_000
MIN_LENGTH = 8
TARGET = Path(__file__).parents[1] / "rlflow_core" / "security" / "common_passwords" / "most_common.txt"


def main() -> None:
    """Write the file; another version of the package would give another list, so it is refused."""
    if version("zxcvbn") != WANTED:
        raise SystemExit(f"Install zxcvbn {WANTED}, whose licence and list were looked at.")
    ranked = import_module("zxcvbn.frequency_lists").FREQUENCY_LISTS["passwords"]
    chosen = list(islice((word.casefold() for word in ranked if len(word) >= MIN_LENGTH), COUNT))
    TARGET.write_text("".join(f"{word}\n" for word in chosen), encoding="utf-8")


if __name__ == "__main__":
    main()
