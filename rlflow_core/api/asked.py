"""What a project asks annotators, as the API says it."""

from __future__ import annotations

from typing import Any

from rlflow_core.plugin_host.json_schema import json_schema
from rlflow_core.services.project_settings import NamedSchema


def asked(schema: NamedSchema) -> dict[str, Any]:
    """A reward schema with its config and the JSON Schema of its answer, as AskedOut gives it out."""
    component = schema.bound.component
    return {
        "name": schema.name,
        "key": component.key,
        "title": component.title,
        "config": component.config,
        "response_schema": json_schema(component.RESPONSE_SCHEMA),
    }
