"""Bodies of exports and their previews."""

from __future__ import annotations

from marshmallow import fields, validate

from rlflow_core.schemas import InSchema, OutSchema
from rlflow_core.services.exports.filters import NO_FILTERS, FiltersSchema
from rlflow_core.services.exports.preview import MAX_ROWS

PROJECT = {"description": "Id of a project; without it the one of yours that has the newest vote."}
LAYOUT = {"description": "Key of an exporter; without it the first default that is written in the format."}
FORMAT = {"description": "Kind of file; without it the one that the layout prefers.", "example": "jsonl"}
STREAM = {
    "description": "true: send the file now, row by row; false: make it in a job; left out: send it now where "
    "it is small JSONL."
}


class ExportOptions(InSchema):
    """What an export is made of and how it is laid out; every field may be left out."""

    project = fields.String(load_default=None, validate=validate.Length(max=36), metadata=PROJECT)
    layout = fields.String(load_default=None, validate=validate.Length(max=64), metadata=LAYOUT)
    format = fields.String(load_default=None, validate=validate.Length(max=16), metadata=FORMAT)
    config = fields.Dict(
        keys=fields.String(), load_default=dict, metadata={"description": "Settings of the layout."}
    )
    filters = fields.Nested(FiltersSchema, load_default=NO_FILTERS)


class ExportIn(ExportOptions):
    """An export, and whether the file is the answer."""

    stream = fields.Boolean(load_default=None, allow_none=True, metadata=STREAM)


class PreviewIn(ExportOptions):
    """An export of which only the first rows are wanted."""

    limit = fields.Integer(load_default=MAX_ROWS, validate=validate.Range(min=1, max=MAX_ROWS))


class ExportOut(OutSchema):
    """One export; its files can be downloaded once `status` is "ready"."""

    id = fields.String(metadata={"format": "uuid"})
    project = fields.String(metadata={"format": "uuid"})
    layout = fields.String()
    format = fields.String()
    config = fields.Dict()
    filters = fields.Dict()
    status = fields.String(validate=validate.OneOf(["queued", "running", "ready", "failed", "cancelled"]))
    error = fields.String(allow_none=True, metadata={"description": "Why it failed."})
    progress = fields.Integer(metadata={"description": "Items read so far."})
    total = fields.Integer(allow_none=True, metadata={"description": "Items to read, once counted."})
    rows = fields.Integer(allow_none=True)
    dropped = fields.Dict(
        keys=fields.String(),
        values=fields.Integer(),
        allow_none=True,
        metadata={"description": "How many records gave no row, by reason."},
    )
    sha256 = fields.String(allow_none=True, metadata={"description": "SHA-256 of the data file."})
    file_url = fields.String(allow_none=True, metadata={"description": "Where the data file is."})
    files = fields.List(fields.String(), metadata={"description": "All files, the data file last."})
    job_id = fields.String(allow_none=True, metadata={"format": "uuid"})
    created_by = fields.String(metadata={"format": "uuid"})
    created_at = fields.DateTime(format="iso")
    finished_at = fields.DateTime(format="iso", allow_none=True)


class ExportPageOut(OutSchema):
    """Exports, newest first."""

    items = fields.List(fields.Nested(ExportOut))
    next = fields.String(allow_none=True, metadata={"description": "Cursor of the next page."})


class ColumnOut(OutSchema):
    """A column of the file."""

    name = fields.String()
    type = fields.String(metadata={"description": "Its Arrow type."})


class SelectionOut(OutSchema):
    """What the filters on votes and tasks select."""

    tasks = fields.Integer()
    items = fields.Integer()
    votes = fields.Integer()
    outputs = fields.Integer()
    empty_outputs = fields.Integer()
    max_messages = fields.Integer()
    roles = fields.List(fields.String())


class PreviewOut(OutSchema):
    """The first rows as the trainer sees them; counts of rows and drops are those of `items_read` items."""

    columns = fields.List(fields.Nested(ColumnOut))
    rows = fields.List(fields.Dict(keys=fields.String()))
    selection = fields.Nested(SelectionOut)
    items_read = fields.Integer()
    seen_rows = fields.Integer()
    dropped = fields.Dict(keys=fields.String(), values=fields.Integer())
    problems = fields.List(fields.String())
