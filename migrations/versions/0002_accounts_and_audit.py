"""Accounts and audit: what happened and can never be unwritten, API tokens, invitations, password links."""

import sqlalchemy as sa
from alembic import op

from rlflow_core.models.columns import Json, UtcTime
from rlflow_migrations.columns import key, partial_index, refers, replace_check, required

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

APPEND_ONLY = "audit_events is append-only"


def upgrade() -> None:
    _create_audit()
    _create_api_tokens()
    _create_invitations()
    op.add_column("sessions", sa.Column("ip", sa.String(45)))
    op.add_column("sessions", sa.Column("agent", sa.String(200)))
    replace_check("one_time_links", "purpose", "purpose IN ('setup', 'sign_in', 'password')")


def downgrade() -> None:
    op.execute("DELETE FROM one_time_links WHERE purpose = 'password'")
    replace_check("one_time_links", "purpose", "purpose IN ('setup', 'sign_in')")
    op.drop_column("sessions", "agent")
    op.drop_column("sessions", "ip")
    op.drop_table("invitations")
    op.drop_table("api_tokens")
    op.drop_table("audit_events")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION refuse_audit_change()")


def _create_audit() -> None:
    op.create_table(
        "audit_events",
        key(),
        required("created_at", UtcTime, index=True),
        required("action", sa.String(64)),
        required("outcome", sa.String(8)),
        refers("actor_id", "users.id", nullable=True),
        required("via", sa.String(8)),
        sa.Column("ip", sa.String(45)),
        sa.Column("request_id", sa.String(64)),
        sa.Column("object_kind", sa.String(32)),
        sa.Column("object_id", sa.String(80)),
        required("details", Json),
        sa.CheckConstraint("outcome IN ('ok', 'failed', 'refused')", "outcome"),
        sa.CheckConstraint("via IN ('web', 'api', 'token', 'cli', 'job')", "via"),
        sa.Index("ix_audit_events_action", "action", "id"),
        sa.Index("ix_audit_events_actor", "actor_id", "id"),
        sa.Index("ix_audit_events_object", "object_id", "id"),
    )
    if op.get_bind().dialect.name == "postgresql":
        _hold_on_postgresql()
    else:
        _hold_on_sqlite()


def _hold_on_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{APPEND_ONLY}'; END $$"
    )
    op.execute(
        "CREATE TRIGGER audit_events_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_events "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change()"
    )


def _hold_on_sqlite() -> None:
    for change in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER audit_events_no_{change.lower()} BEFORE {change} ON audit_events "
            f"BEGIN SELECT RAISE(ABORT, '{APPEND_ONLY}'); END"
        )


def _create_api_tokens() -> None:
    op.create_table(
        "api_tokens",
        key(),
        refers("user_id", "users.id", index=True),
        required("name", sa.String(100)),
        required("scope", sa.String(8)),
        required("start", sa.String(12)),
        required("token_hash", sa.String(64), unique=True),
        required("created_at", UtcTime),
        sa.Column("expires_at", UtcTime),
        sa.Column("last_used_at", UtcTime),
        sa.Column("revoked_at", UtcTime),
        sa.CheckConstraint("scope IN ('read', 'write', 'admin')", "scope"),
    )


def _create_invitations() -> None:
    op.create_table(
        "invitations",
        key(),
        required("token_hash", sa.String(64), unique=True),
        sa.Column("email", sa.String(320)),
        required("role", sa.String(16)),
        refers("project_id", "projects.id", index=True, nullable=True),
        refers("created_by", "users.id"),
        required("created_at", UtcTime),
        required("expires_at", UtcTime),
        sa.Column("used_at", UtcTime),
        refers("used_by", "users.id", nullable=True),
        sa.Column("revoked_at", UtcTime),
        sa.CheckConstraint("role IN ('researcher', 'annotator', 'admin')", "role"),
        partial_index("ix_invitations_open", "used_at IS NULL AND revoked_at IS NULL", "expires_at"),
    )
