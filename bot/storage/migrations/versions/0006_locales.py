"""Add the locales of channels and people."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "locales",
        sa.Column("team", sa.String(32), primary_key=True),
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("locale", sa.String(64)),
        sa.Column("asked_at", sa.Float, nullable=False),
    )
