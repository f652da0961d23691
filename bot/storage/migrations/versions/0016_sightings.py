"""Count the codes of each message."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "sightings",
        *(sa.Column(key, sa.String(32), primary_key=True) for key in ("team", "channel", "ts")),
        sa.Column("code", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
    )
    op.create_index("sightings_lately", "sightings", ["team", "at"])
