"""Add the setting of who sees the answers to the command, by channel and, in the row without a channel, by workspace.

A replica of the previous version answers the channel, whatever is set.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Add the columns."""
    op.add_column("channel_settings", sa.Column("answers", sa.String(8)))
    op.add_column("channel_settings", sa.Column("answers_by", sa.String(32)))
    op.add_column("channel_settings", sa.Column("answers_at", sa.Float))
