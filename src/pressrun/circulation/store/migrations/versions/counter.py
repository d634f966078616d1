"""The store counts what it sends, so that one restored from a backup can be noticed."""

import sqlalchemy as sa
from alembic import op

revision = "counter"
down_revision = "turns"

NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Create the table; its first row is written with the store's key, because its token is random."""
    op.create_table(
        "history",
        sa.Column("number", NUMBER, primary_key=True),
        sa.Column("token", sa.String(32), nullable=False, unique=True),
        sa.Column("claims", sa.BigInteger, nullable=False),
        sa.Column("editions", sa.BigInteger, nullable=False),
    )
