"""How numbers and times are written on pages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from flask import Flask
from markupsafe import Markup

NO_BREAK = "\N{NO-BREAK SPACE}"
UNKNOWN = "–"


def init_app(app: Flask) -> None:
    """Give the templates of `app` a filter of the name of each way to write a number or a time."""
    for write in (number, decimal, percent, size, duration, moment, plural, when):
        app.add_template_filter(write)


def number(value: int | None) -> str:
    """`2,214`, or an en dash where it is unknown."""
    return UNKNOWN if value is None else f"{value:,}".replace("-", "−")


def decimal(value: float | None, places: int = 2) -> str:
    """`0.85`, with a real minus sign, or an en dash where it is unknown."""
    return UNKNOWN if value is None else f"{value:.{places}f}".replace("-", "−")


def percent(share: float | None) -> str:
    """`92 %` of a share between 0 and 1, or an en dash where it is unknown."""
    return UNKNOWN if share is None else f"{100 * share:.0f}{NO_BREAK}%"


def size(count: int | None) -> str:
    """A number of bytes as `0.4 MB`."""
    if count is None:
        return UNKNOWN
    if count < 1000:
        return f"{count}{NO_BREAK}B"
    amount, unit = count / 1000, "kB"
    for larger in ("MB", "GB"):
        if amount < 1000:
            break
        amount, unit = amount / 1000, larger
    return f"{amount:.1f}{NO_BREAK}{unit}"


def duration(seconds: float | None) -> str:
    """`12 s` or `3 min`, or an en dash where it is unknown."""
    if seconds is None:
        return UNKNOWN
    if seconds < 90:
        return f"{seconds:.0f}{NO_BREAK}s"
    return f"{seconds / 60:.0f}{NO_BREAK}min"


def plural(count: int, one: str, many: str = "") -> str:
    """`1 task`, `2 tasks`."""
    return f"{number(count)} {one if count == 1 else many or one + 's'}"


def when(text: str | None) -> datetime | None:
    """The time that `text` in ISO 8601 names; for times in stored details."""
    return None if text is None else datetime.fromisoformat(text)


def moment(when: datetime | None, now: datetime | None = None) -> Markup | str:
    """A time as `14:32` today, `18 Nov` before and `18 Nov 2024` in another year; the whole of it on hover.

    It is written in UTC; js/moments.js turns it into the reader's own time.
    """
    if when is None:
        return UNKNOWN
    when = when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
    now = now or datetime.now(UTC)
    text = f"{when.day} {when:%b %Y}"
    if timedelta() <= now - when < timedelta(hours=24) and when.date() == now.date():
        text = f"{when:%H:%M:%S}"
    elif when.year == now.year:
        text = f"{when.day} {when:%b}"
    machine = when.isoformat(timespec="seconds")
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        machine, f"{when:%Y-%m-%d %H:%M:%S} UTC", text
    )
