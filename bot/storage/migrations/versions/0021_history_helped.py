"""Keep what people wrote when they resolved an incident that was reopened since. Until now, reopening deleted it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    """Add the column."""
    op.add_column("incident_history", sa.Column("helped", sa.Text, nullable=False, server_default=""))
