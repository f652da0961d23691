"""Count the attempts at a job that ended before a reply was sent."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add the column. So far, the attempts that Slack rate-limited were known to have posted nothing."""
    op.add_column("inbox", sa.Column("unposted", sa.Integer, nullable=False, server_default="0"))
    op.execute("UPDATE inbox SET unposted = refused")
