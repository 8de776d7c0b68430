"""The stretch of time that a dashboard looks at, and the buckets it is counted in; all of it in UTC."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from rlflow_core.services.errors import Invalid

Bucket = Literal["hour", "day", "month"]
BUCKETS: tuple[Bucket, ...] = ("hour", "day", "month")
KEY_LENGTH: dict[Bucket, int] = {"hour": 13, "day": 10, "month": 7}
"""How many letters of `YYYY-MM-DD HH:MM` name a bucket."""

MAX_HOURS = timedelta(days=31)
MAX_DAYS = timedelta(days=1100)
HOURS_UP_TO = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Wanted:
    """The period as a caller asks for it; without an end it goes on, without a start it begins with the first label."""

    since: datetime | None = None
    until: datetime | None = None
    bucket: Bucket | None = None

    @classmethod
    def last_days(cls, days: int | None, now: datetime, bucket: Bucket | None = None) -> Wanted:
        """The last `days` calendar days in UTC, today among them; None: all time."""
        if days is None:
            return cls(bucket=bucket)
        return cls(since=floor(now, "day") - timedelta(days=days - 1), bucket=bucket)

    def checked(self) -> Wanted:
        """The same; Invalid where it ends before it begins."""
        if self.since and self.until and self.since >= self.until:
            raise Invalid("The period ends before it begins.", {"until": ["Must be later than `since`."]})
        return self


@dataclass(frozen=True, slots=True)
class Span:
    """From the start of the first bucket that is shown to the end of the last."""

    start: datetime
    end: datetime
    bucket: Bucket

    def starts(self) -> Iterator[datetime]:
        """The start of every bucket, in order."""
        at = floor(self.start, self.bucket)
        while at < self.end:
            yield at
            at = following(at, self.bucket)


def span_of(wanted: Wanted, first: datetime | None, last: datetime | None, now: datetime) -> Span | None:
    """The span of `wanted` where labels reach from `first` to `last`; None where there is nothing to show."""
    start, end = wanted.since or first, wanted.until or max(now, last or now) + timedelta(microseconds=1)
    if start is None or start >= end:
        return None
    length = end - start
    bucket = wanted.bucket or ("hour" if length <= HOURS_UP_TO else "day" if length <= MAX_DAYS else "month")
    longest = {"hour": MAX_HOURS, "day": MAX_DAYS}.get(bucket)
    if longest is not None and length > longest:
        raise Invalid(
            "The period is too long for buckets this small.",
            {
                "bucket": [
                    f"{bucket!r} is for at most {longest.days} days; this is {length.days}. Narrow the period."
                ]
            },
        )
    return Span(start, end, bucket)


def floor(moment: datetime, bucket: Bucket) -> datetime:
    """The start of the bucket that holds `moment`."""
    start = moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    if bucket == "hour":
        return start
    start = start.replace(hour=0)
    return start if bucket == "day" else start.replace(day=1)


def following(start: datetime, bucket: Bucket) -> datetime:
    """The start of the next bucket."""
    if bucket == "hour":
        return start + timedelta(hours=1)
    if bucket == "day":
        return start + timedelta(days=1)
    return (start + timedelta(days=32)).replace(day=1)


def key(start: datetime, bucket: Bucket) -> str:
    """The name of a bucket, as the database makes it."""
    return start.strftime("%Y-%m-%d %H:%M")[: KEY_LENGTH[bucket]]
