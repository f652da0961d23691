"""Record the platform that a message shows, so that its reply keeps the links of that platform when it is updated.

A replica of the previous version leaves the new column empty: its replies link the pages of no particular platform.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Add the column."""
    op.add_column("annotated", sa.Column("platform", sa.String(16)))
