"""Record who is on each incident, and its history. Until now, only the messages in Slack contained that."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Add the tables."""
    keys = ("team", "channel", "ts")
    op.create_table(
        "incidents",
        *(sa.Column(key, sa.String(32), primary_key=True) for key in keys),
        sa.Column("thread", sa.String(32), nullable=False),
        sa.Column("source", sa.String(80), nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("code", sa.Integer),
        sa.Column("status", sa.String(8), nullable=False),
        sa.Column("user", sa.String(32), nullable=False),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("helped", sa.Text, nullable=False, server_default=""),
        sa.Column("escalated_by", sa.String(32)),
        sa.Column("escalated_at", sa.Float),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("shown", sa.Integer, nullable=False),
        sa.Column("due_at", sa.Float),
    )
    op.create_index("ix_incidents_due_at", "incidents", ["due_at"])
    op.create_table(
        "incident_history",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        *(sa.Column(key, sa.String(32), nullable=False) for key in keys),
        sa.Column("what", sa.String(16), nullable=False),
        sa.Column("user", sa.String(32), nullable=False),
        sa.Column("at", sa.Float, nullable=False),
    )
    op.create_index("ix_incident_history_at", "incident_history", ["at"])
    op.create_index("incident_history_of", "incident_history", list(keys))
