"""Letters of the service know who has them in hand, and emails are counted."""

import sqlalchemy as sa
from alembic import op

revision = "queue"
down_revision = "identities"

NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Add what both need. A letter that an earlier version had in hand is tried again after its hour, as before."""
    op.add_column("letters", sa.Column("claimer", sa.Integer))
    op.add_column("letters", sa.Column("counted", sa.BigInteger))
    op.create_index("letters_claimer", "letters", ["claimer"])
    op.create_table(
        "quotas",
        sa.Column("number", NUMBER, primary_key=True),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("share", sa.String(16), nullable=False),
        sa.Column("mailbox", sa.LargeBinary, nullable=False),
        sa.Column("domain", sa.LargeBinary, nullable=False),
        sa.Index("quotas_at", "at"),
        sa.Index("quotas_share", "share", "at"),
        sa.Index("quotas_mailbox", "mailbox", "share", "at"),
        sa.Index("quotas_domain", "domain", "share", "at"),
    )
