"""Drop the states of installations in progress: they are signed instead of stored."""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Drop the table."""
    op.drop_table("slack_oauth_states")
