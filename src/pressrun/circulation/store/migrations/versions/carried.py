"""Which stories each edition carried."""

from alembic import op
from sqlalchemy import BigInteger, Column, ForeignKey, Integer, String, Text

revision = "carried"
down_revision = "queue"

NUMBER = BigInteger().with_variant(Integer, "sqlite")


def upgrade() -> None:
    """Make the table; nobody knows any more what earlier editions carried, and their files say it."""
    op.add_column("editions", Column("chain", Text))
    op.create_table(
        "carried",
        Column("edition", NUMBER, ForeignKey("editions.number"), primary_key=True, autoincrement=False),
        Column("position", Integer, primary_key=True, autoincrement=False),
        Column("story", Text, nullable=False),
        Column("way", String(16), nullable=False),
        sqlite_with_rowid=False,
    )
