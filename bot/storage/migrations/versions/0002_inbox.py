"""Add the inbox, which also recognizes repeated deliveries."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create the inbox, and drop the table that it replaces."""
    op.create_table(
        "inbox",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        sa.Column("event_id", sa.String(64)),
        sa.Column("team", sa.String(32), nullable=False),
        sa.Column("channel", sa.String(32), nullable=False),
        sa.Column("user", sa.String(32), nullable=False),
        sa.Column("ts", sa.String(32), nullable=False),
        sa.Column("thread", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(48), nullable=False),
        sa.Column("codes", sa.JSON, nullable=False),
        sa.Column("detail", sa.JSON, nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("refused", sa.Integer, nullable=False),
        sa.Column("received_at", sa.Float, nullable=False),
        sa.Column("next_attempt_at", sa.Float, nullable=False),
        sa.Column("lease_until", sa.Float),
        sa.Column("lease_owner", sa.String(128)),
        sa.Column("finished_at", sa.Float),
        sa.Column("reason", sa.Text),
        sa.UniqueConstraint("event_id", "kind", name="inbox_event"),
        sa.UniqueConstraint("team", "channel", "ts", "kind", name="inbox_message"),
    )
    for name, columns, condition in (
        ("inbox_pending", ["next_attempt_at", "id"], "state = 'pending'"),
        ("inbox_working", ["lease_until"], "state = 'working'"),
        ("inbox_open", ["thread", "id"], "state IN ('pending', 'working')"),
        ("inbox_done", ["finished_at"], "state = 'done'"),
    ):
        where = sa.text(condition)
        op.create_index(name, "inbox", columns, sqlite_where=where, postgresql_where=where)
    op.drop_table("deliveries")
