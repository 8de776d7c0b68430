"""What a coding task may contain, and what a project may show of it."""

from __future__ import annotations

from rlflow_core.plugin_api import MAX_TEXT, Schema, TaskContent, fields, validate

LANGUAGES = {
    "python": "Python",
    "javascript": "JavaScript",
    "typescript": "TypeScript",
    "java": "Java",
    "c": "C",
    "cpp": "C++",
    "csharp": "C#",
    "go": "Go",
    "rust": "Rust",
    "sql": "SQL",
    "bash": "Bash",
    "ruby": "Ruby",
    "php": "PHP",
    "other": "Another",
}


class CodingContent(TaskContent):
    """A programming task; models see the prompt and the code to start from, annotators the tests, too."""

    language = fields.String(
        load_default="python",
        validate=validate.OneOf(list(LANGUAGES), labels=list(LANGUAGES.values())),
        metadata={"label": "Language", "help": "What answers are written in."},
    )
    entry_point = fields.String(
        load_default="",
        validate=validate.Length(max=200),
        metadata={"label": "Entry point", "help": "The function or class that the tests call."},
    )
    starter_code = fields.String(
        load_default="",
        validate=validate.Length(max=MAX_TEXT),
        metadata={
            "label": "Code to start from",
            "help": "A signature or a file to complete; models see it below the prompt.",
            "widget": "code",
            "language_from": "language",
        },
    )
    tests = fields.String(
        load_default="",
        validate=validate.Length(max=MAX_TEXT),
        metadata={
            "label": "Tests",
            "help": "What an answer has to pass; models never see them, RLFlow never runs them.",
            "widget": "code",
            "language_from": "language",
        },
    )
    reference_solution = fields.String(
        load_default="",
        validate=validate.Length(max=MAX_TEXT),
        metadata={
            "label": "Reference solution",
            "help": "A right answer; models never see it.",
            "widget": "code",
            "language_from": "language",
        },
    )


class CodingConfig(Schema):
    """What annotators see beside the prompt and the criteria."""

    show_tests = fields.Boolean(
        load_default=True,
        metadata={"label": "Show the tests", "help": "Annotators read them beside the prompt."},
    )
    show_reference = fields.Boolean(
        load_default=False,
        metadata={"label": "Show the reference solution", "help": "Annotators may unfold it."},
    )
