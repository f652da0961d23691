"""Record what was found in a log, so that the triage of the next one can say what is new.

A replica of the previous version leaves the new column empty: nobody refers to its triages.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Add the column."""
    op.add_column("annotated", sa.Column("log", sa.JSON))
