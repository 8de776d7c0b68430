"""Settings as `.env.example` and docs/settings.md have them; what each is for is the comment above it in config.py."""

from __future__ import annotations

import inspect
import re
from dataclasses import MISSING, Field, fields
from typing import Any, Literal, get_args, get_origin, get_type_hints

from plugin_tables import variables_of_providers
from tables import table

from rlflow_core.config import PLAIN_NAMES, Settings

HEAD = """\
# Every setting of RLFlow with its default.
# They may also stand in a TOML file, without RLFLOW_ and in small letters: rlflow.toml, or what RLFLOW_CONFIG names.
# What is in the environment beats the file.
"""


def env_example() -> str:
    """The text of .env.example."""
    comments = setting_comments()
    text = HEAD
    for setting in fields(Settings):
        text += f"\n# {comments[setting.name]}\n"
        if choices := choices_of(setting):
            text += f"# One of: {', '.join(choices)}.\n"
        text += f"#RLFLOW_{setting.name.upper()}={default_of(setting)}\n"
    for name, titles in variables_of_providers().items():
        text += f"\n# Needed by {' and '.join(titles)}.\n#{name}=\n"
    return text


def settings_table() -> str:
    """Settings, defaults and meanings."""
    comments = setting_comments()
    rows = []
    for setting in fields(Settings):
        names = f"`RLFLOW_{setting.name.upper()}`"
        if setting.name in PLAIN_NAMES:
            names += f", `{setting.name.upper()}`"
        default = default_of(setting)
        choices = ", ".join(f"`{choice}`" for choice in choices_of(setting))
        text = comments[setting.name] + (f" One of {choices}." if choices else "")
        rows.append((names, f"`{default}`" if default else "", text))
    return table(("setting", "default", "what it does"), rows)


def setting_comments() -> dict[str, str]:
    """The comment above each setting."""
    found: dict[str, str] = {}
    comment: list[str] = []
    for line in inspect.getsource(Settings).splitlines():
        if match := re.fullmatch(r" {4}# (.*)", line):
            comment.append(match[1])
            continue
        if comment and (match := re.match(r" {4}(\w+):", line)):
            found[match[1]] = " ".join(comment)
        comment = []
    return found


def default_of(setting: Field[Any]) -> str:
    """The default as one would write it into the environment."""
    value = setting.default
    if value is MISSING or value is None:
        return ""
    if isinstance(value, bool):
        return str(int(value))
    return ",".join(value) if isinstance(value, tuple) else str(value)


def choices_of(setting: Field[Any]) -> tuple[str, ...]:
    """The values that a setting may have, where they are few."""
    hint = get_type_hints(Settings)[setting.name]
    return get_args(hint) if get_origin(hint) is Literal else ()
