"""What the API takes and gives: one marshmallow schema per body; unknown fields are refused."""

from __future__ import annotations

from marshmallow import RAISE, Schema


class InSchema(Schema):
    """What comes in: a field that is not declared is an error that names it."""

    class Meta:
        """Refuse what is not declared."""

        unknown = RAISE


class OutSchema(Schema):
    """What goes out: the declared fields in their order, nothing else."""
