"""Add the mode of channels, annotations, explained codes, refused fingerprints and language votes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Create the tables."""
    op.add_column("channel_settings", sa.Column("mode", sa.String(8)))
    op.create_table(
        "annotated",
        sa.Column("team", sa.String(32), primary_key=True),
        sa.Column("channel", sa.String(32), primary_key=True),
        sa.Column("ts", sa.String(32), primary_key=True),
        sa.Column("thread", sa.String(32), nullable=False),
        sa.Column("act", sa.String(8), nullable=False),
        sa.Column("reply", sa.String(32)),
        sa.Column("codes", sa.JSON, nullable=False),
        sa.Column("shapes", sa.JSON, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
    )
    op.create_index("ix_annotated_at", "annotated", ["at"])
    op.create_table(
        "explained",
        sa.Column("team", sa.String(32), primary_key=True),
        sa.Column("channel", sa.String(32), primary_key=True),
        sa.Column("thread", sa.String(32), primary_key=True),
        sa.Column("code", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("reply", sa.String(32), nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
    )
    op.create_index("explained_lately", "explained", ["team", "channel", "at"])
    op.create_table(
        "refused_shapes",
        sa.Column("team", sa.String(32), primary_key=True),
        sa.Column("channel", sa.String(32), primary_key=True),
        sa.Column("shape", sa.String(16), primary_key=True),
    )
    op.create_table(
        "language_votes",
        sa.Column("team", sa.String(32), primary_key=True),
        sa.Column("channel", sa.String(32), primary_key=True),
        sa.Column("en", sa.Integer, nullable=False),
        sa.Column("zh", sa.Integer, nullable=False),
    )
