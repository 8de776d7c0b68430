"""Names of export columns that neither meet one another nor mean something to a trainer."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

import pyarrow as pa

from rlflow_core.plugin_api.dimensions import ProjectDimension

ACTED_ON = frozenset(
    {
        "attention_mask", "chat_template_kwargs", "chosen", "chosen_ids", "image", "images", "input_ids",
        "label", "labels", "margin", "messages", "rejected", "rejected_ids", "tools",
    }
)  # fmt: skip
"""Columns that trainers take for their own when they find them."""


def column_names(
    dimensions: Iterable[ProjectDimension], endings: Sequence[str] = ("",), taken: Collection[str] = ()
) -> dict[str, str]:
    """`<schema>_<dimension>` by the full name of each dimension, with as many further "_" as keep it apart.

    With any of `endings` behind it, it is neither in `taken`, nor a name that trainers act on, nor another's.
    """
    used = {*taken, *ACTED_ON}
    names = {}
    for dimension in dimensions:
        name = f"{dimension.schema}_{dimension.dimension.name}"
        while any(f"{name}{ending}" in used for ending in endings):
            name += "_"
        used.update(f"{name}{ending}" for ending in endings)
        names[dimension.full_name] = name
    return names


def describe_columns(schema: pa.Schema) -> str:
    """Names and types of columns, for people."""
    return ", ".join(f"{field.name}: {field.type}" for field in schema)
