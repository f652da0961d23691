"""Record the codes of ZIM's servers that a message has beside its codes, so that its reply keeps them when updated.

A replica of the previous version leaves the new column empty: its replies do not name these codes.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Add the column."""
    op.add_column("annotated", sa.Column("server_codes", sa.JSON))
