"""Find what helped by code. Until now, incidents were found by their message only."""

from __future__ import annotations

from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Add the index."""
    op.create_index("incidents_of_code", "incidents", ["team", "code"])
