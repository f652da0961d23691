"""Find old rows by their time, so that deleting them reads no others."""

from __future__ import annotations

from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    """Add the indexes."""
    for table in ("explained", "sightings"):
        op.create_index(f"ix_{table}_at", table, ["at"])
