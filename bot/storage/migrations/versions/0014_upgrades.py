"""Record which version of zimerr upgraded the schema, so that an older one can name the version that it needs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "upgrades",
        sa.Column("schema", sa.String(32), primary_key=True),
        sa.Column("zimerr", sa.String(32), nullable=False),
        sa.Column("at", sa.Float, nullable=False),
    )
