"""The tables of editions as they are sent, and of their deliveries."""

import sqlalchemy as sa
from alembic import op

revision = "deliveries"
down_revision = "first"

NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make them beside those that are there."""
    op.create_table(
        "editions",
        sa.Column("number", NUMBER, primary_key=True),
        sa.Column("id", sa.Text, nullable=False, unique=True),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("lists", sa.Text, nullable=False),
        sa.Column("tags", sa.Text, nullable=False),
        sa.Column("frozen", sa.BigInteger, nullable=False),
        sa.Column("corrects", sa.Text),
    )
    op.create_table(
        "deliveries",
        sa.Column("edition", NUMBER, sa.ForeignKey("editions.number"), primary_key=True, autoincrement=False),
        sa.Column("person", NUMBER, sa.ForeignKey("identities.number"), primary_key=True, autoincrement=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("reason", sa.String(16)),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("changed", sa.BigInteger, nullable=False),
        sa.Column("begun", sa.BigInteger),
        sa.Column("next_try", sa.BigInteger),
        sa.Index("deliveries_state", "edition", "state", "next_try"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "attempts",
        sa.Column("edition", NUMBER, sa.ForeignKey("editions.number"), primary_key=True, autoincrement=False),
        sa.Column(
            "person", NUMBER, sa.ForeignKey("people.number", ondelete="CASCADE"), primary_key=True, autoincrement=False
        ),
        sa.Column("attempt", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("verdict", sa.String(16), nullable=False),
        sa.Column("code", sa.Integer),
        sa.Column("enhanced", sa.String(16)),
        sa.Column("text", sa.Text, nullable=False),
        sa.Index("attempts_person", "person"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "tests",
        sa.Column("edition", sa.Text, primary_key=True),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
