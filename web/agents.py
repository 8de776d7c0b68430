"""What people call the program that signed in, from the name that it gives itself."""

from __future__ import annotations

BROWSERS = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


def program_name(agent: str | None) -> str:
    """`Firefox on Linux`, or the first word that a script gives, such as `curl/8.5.0`."""
    if not agent:
        return "Unknown program"
    browser = next((name for part, name in BROWSERS if part in agent), "")
    if not browser:
        return agent.split()[0][:40]
    system = next((name for part, name in SYSTEMS if part in agent), "")
    return f"{browser} on {system}" if system else browser
