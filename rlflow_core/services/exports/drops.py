"""What was left out of an export, counted by reason."""

from __future__ import annotations

from collections import Counter

MAX_REASONS = 100
MAX_LENGTH = 200
REST = "other reasons"


class Drops:
    """Counts of what a dataset left out and of what its exporter left out.

    An exporter may stream the dataset several times, which leaves out the same every time: of its streams the
    greatest count stands.
    """

    def __init__(self) -> None:
        self._by_dataset: Counter[str] = Counter()
        self._by_exporter: Counter[str] = Counter()

    def stream(self) -> DropsOfStream:
        """The counts of one more stream."""
        return DropsOfStream(self._by_dataset)

    def add(self, reason: str) -> None:
        """Count what the exporter left out."""
        known = reason[:MAX_LENGTH] or REST
        if known not in self._by_exporter and len(self._by_exporter) >= MAX_REASONS:
            known = REST
        self._by_exporter[known] += 1

    def by_reason(self) -> dict[str, int]:
        """All counts, by reason in alphabetical order."""
        return dict(sorted((self._by_dataset + self._by_exporter).items()))


class DropsOfStream:
    """The counts of one stream of a dataset."""

    def __init__(self, greatest: Counter[str]) -> None:
        self._greatest = greatest
        self._counts: Counter[str] = Counter()

    def add(self, reason: str) -> None:
        """Count what the stream left out."""
        self._counts[reason] += 1
        self._greatest[reason] = max(self._greatest[reason], self._counts[reason])
