"""Deliveries that are next are found in their order."""

from alembic import op

revision = "turns"
down_revision = "deliveries"


def upgrade() -> None:
    """Have the index end in the person; without that PostgreSQL sorts all who wait at every turn of a run."""
    op.drop_index("deliveries_state", "deliveries")
    op.create_index("deliveries_state", "deliveries", ["edition", "state", "next_try", "person"])
