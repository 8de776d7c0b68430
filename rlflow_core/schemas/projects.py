"""Bodies of projects."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, post_load, pre_load, validate

from rlflow_core.plugin_api import SchemaChoice
from rlflow_core.schemas import InSchema, OutSchema
from rlflow_core.schemas.task_fields import STATUS
from rlflow_core.services.project_settings import PAIRING, Choice

KEY = {"description": "Key of a component: see /components."}
RATE = validate.Range(min=0, max=1)
ENTRY = validate.OneOf(("members", "open", "code"))


class ChoiceIn(InSchema):
    """A component with its config; a plain string stands for an object with `key` only."""

    key = fields.String(required=True, validate=validate.Length(min=1, max=64), metadata=KEY)
    config = fields.Dict(keys=fields.String(), load_default=dict)

    @pre_load
    def from_key(self, data: Any, **_: Any) -> Any:
        """A plain key as the object it stands for."""
        return {"key": data} if isinstance(data, str) else data

    @post_load
    def to_choice(self, data: dict[str, Any], **_: Any) -> Choice:
        """The choice as services take it."""
        return Choice(**data)


class SchemaChoiceIn(InSchema):
    """A reward schema under the name that responses, signals and exports give it."""

    name = fields.String(required=True, validate=validate.Length(min=1, max=64))
    key = fields.String(required=True, validate=validate.Length(min=1, max=64), metadata=KEY)
    config = fields.Dict(keys=fields.String(), load_default=dict)

    @post_load
    def to_choice(self, data: dict[str, Any], **_: Any) -> SchemaChoice:
        """The choice as services take it."""
        return SchemaChoice(**data)


class SettingsIn(InSchema):
    """What a revision of a project fixes; what is left out keeps its value, or gets its default in a new project."""

    reward_schemas = fields.List(fields.Nested(SchemaChoiceIn), validate=validate.Length(min=1, max=20))
    scorers = fields.List(fields.Nested(ChoiceIn), validate=validate.Length(max=50))
    aggregator = fields.Nested(ChoiceIn)
    router = fields.Nested(ChoiceIn)
    pairing = fields.String(
        validate=validate.Regexp(
            f"(?:{PAIRING.pattern})\\Z", error="Must be all_outputs, all_pairs or balanced_pairs:N."
        )
    )
    wanted = fields.Integer(
        strict=True,
        validate=validate.Range(min=1, max=100),
        metadata={"description": "Judgements of each item, by different annotators."},
    )
    lease_minutes = fields.Integer(strict=True, validate=validate.Range(min=1, max=1440))
    max_skips = fields.Integer(strict=True, validate=validate.Range(min=1, max=100))
    hide_models = fields.Boolean()
    display_order = fields.String(validate=validate.OneOf(("random", "both", "fixed")))
    gold_rate = fields.Float(validate=RATE)
    repeat_rate = fields.Float(validate=RATE)
    reveal = fields.Boolean()
    guidelines = fields.String(validate=validate.Length(max=100_000))


class ProjectIn(SettingsIn):
    """A new project."""

    name = fields.String(required=True, validate=validate.Length(min=1, max=200))
    task_type = fields.Nested(ChoiceIn, required=True)
    entry = fields.String(load_default="members", validate=ENTRY)
    status = fields.String(load_default="open", validate=STATUS)


class ProjectChangeIn(SettingsIn):
    """A change to a project; settings make a new revision."""

    revision = fields.Integer(
        strict=True, metadata={"description": "The revision that was read, unless If-Match says so."}
    )
    name = fields.String(validate=validate.Length(min=1, max=200))
    task_type = fields.Nested(ChoiceIn)
    entry = fields.String(validate=ENTRY)
    status = fields.String(validate=STATUS)


class ChoiceOut(OutSchema):
    """A component with its config."""

    key = fields.String()
    config = fields.Dict()


class SchemaChoiceOut(ChoiceOut):
    """A reward schema as the project lists it."""

    name = fields.String()


class ProjectOut(OutSchema):
    """A project with the settings in force."""

    id = fields.String()
    name = fields.String()
    creator_id = fields.String()
    status = fields.String()
    entry = fields.String()
    entry_code = fields.String(
        allow_none=True, metadata={"description": "What annotators join by, where the entry is `code`."}
    )
    revision = fields.Integer()
    created_at = fields.DateTime(format="iso")
    task_type = fields.Nested(ChoiceOut, attribute="settings.task_type")
    reward_schemas = fields.List(fields.Nested(SchemaChoiceOut), attribute="settings.reward_schemas")
    scorers = fields.List(fields.Nested(ChoiceOut), attribute="settings.scorers")
    aggregator = fields.Nested(ChoiceOut, attribute="settings.aggregator")
    router = fields.Nested(ChoiceOut, attribute="settings.router")
    pairing = fields.String(attribute="settings.pairing")
    wanted = fields.Integer(attribute="settings.wanted")
    lease_minutes = fields.Integer(attribute="settings.lease_minutes")
    max_skips = fields.Integer(attribute="settings.max_skips")
    hide_models = fields.Boolean(attribute="settings.hide_models")
    display_order = fields.String(attribute="settings.display_order")
    gold_rate = fields.Float(attribute="settings.gold_rate")
    repeat_rate = fields.Float(attribute="settings.repeat_rate")
    reveal = fields.Boolean(attribute="settings.reveal")
    guidelines = fields.String(attribute="settings.guidelines")


class ProjectPageOut(OutSchema):
    """A page of projects, newest first."""

    items = fields.List(fields.Nested(ProjectOut))
    next = fields.String(allow_none=True)
