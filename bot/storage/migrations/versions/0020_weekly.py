"""Add the setting of whether a channel gets the weekly digest.

A replica of the previous version posts none.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    """Add the columns."""
    op.add_column("channel_settings", sa.Column("weekly", sa.String(8)))
    op.add_column("channel_settings", sa.Column("weekly_by", sa.String(32)))
    op.add_column("channel_settings", sa.Column("weekly_at", sa.Float))
