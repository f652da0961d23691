"""Let people watch for bursts of codes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "watches",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        sa.Column("team", sa.String(32), nullable=False),
        sa.Column("channel", sa.String(32), nullable=False),
        sa.Column("subject", sa.String(80), nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("span_s", sa.Integer, nullable=False),
        sa.Column("is_everywhere", sa.Boolean, nullable=False),
        sa.Column("group", sa.String(32), nullable=False),
        sa.Column("user", sa.String(32), nullable=False),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("stopped_at", sa.Float),
        sa.Column("since", sa.Float),
        sa.Column("alert_ts", sa.String(32)),
        sa.Column("reached_at", sa.Float),
        sa.Column("shown_count", sa.Integer),
        sa.Column("shown_at", sa.Float),
        sa.Column("due_at", sa.Float),
    )
    op.create_index("ix_watches_due_at", "watches", ["due_at"])
    op.create_index("watches_of", "watches", ["team", "channel"])
