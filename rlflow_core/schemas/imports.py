"""Bodies of imports."""

from __future__ import annotations

from flask_smorest.fields import Upload
from marshmallow import fields, validate

from rlflow_core.schemas import InSchema, OutSchema


class ImportForm(InSchema):
    """Where the tasks of an uploaded file go."""

    project = fields.UUID(required=True)
    columns = fields.String(
        load_default="",
        validate=validate.Length(max=100_000),
        metadata={
            "description": "What columns are called here, as a JSON object; null leaves one out, "
            '"*" stands for all others.',
            "example": '{"instruction": "prompt", "response_1": "output_1", "*": null}',
        },
    )


class ImportFiles(InSchema):
    """The uploaded file."""

    file = Upload(
        required=True,
        metadata={
            "description": "JSON lines, a JSON array, CSV or Parquet, also as .gz or .zst; "
            "at most 50 MB, 200 MB unpacked."
        },
    )


class ImportUpload(ImportForm, ImportFiles):
    """Both parts of an upload, as the API describes them."""


class ProblemOut(OutSchema):
    """A line that was refused."""

    line = fields.Integer(metadata={"description": "Counted from 1."})
    field = fields.String()
    reason = fields.String()


class ImportOut(OutSchema):
    """How far an import is, what it has made, and the first lines that it refused."""

    id = fields.String()
    project = fields.String(attribute="project_id")
    job_id = fields.String()
    state = fields.String(metadata={"enum": ["queued", "running", "done", "failed", "cancelled"]})
    error = fields.String(allow_none=True)
    file_name = fields.String()
    lines = fields.Integer(metadata={"description": "Lines read so far."})
    tasks = fields.Integer()
    outputs = fields.Integer()
    empty_outputs = fields.Integer()
    votes = fields.Integer()
    refused = fields.Integer()
    problems = fields.List(
        fields.Nested(ProblemOut), metadata={"description": "The first of them; none in lists of imports."}
    )
    created_by = fields.String()
    created_at = fields.DateTime(format="iso")


class ImportPageOut(OutSchema):
    """Imports, newest first."""

    items = fields.List(fields.Nested(ImportOut))
    next = fields.String(allow_none=True, metadata={"description": "Cursor of the next page."})


class KeptTaskOut(OutSchema):
    """A task that stays."""

    task = fields.String(metadata={"format": "uuid"})
    key = fields.String(allow_none=True)
    prompt = fields.String()
    reason = fields.String()


class UndoneOut(OutSchema):
    """What became of an import that was taken back; of the tasks that stay the first hundred are named."""

    removed = fields.Integer()
    kept = fields.Integer()
    tasks = fields.List(fields.Nested(KeptTaskOut))


class ProblemPageOut(OutSchema):
    """A page of refused lines, in the order of the file."""

    items = fields.List(fields.Nested(ProblemOut))
    next = fields.String(allow_none=True)
