"""A mailbox is itself and nothing else: marks by the earlier rule are known as such."""

import sqlalchemy as sa
from alembic import op

revision = "identities"
down_revision = "linkkeys"

NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Note which marks folded several mailboxes into one: all that there are.

    Editions that were begun keep their Message-IDs, which were made of the folded address.
    """
    op.create_table(
        "folded",
        sa.Column("identity", NUMBER, sa.ForeignKey("identities.number"), primary_key=True, autoincrement=False),
    )
    op.execute("INSERT INTO folded (identity) SELECT number FROM identities")
    op.add_column("editions", sa.Column("folds", sa.Boolean, nullable=False, server_default=sa.false()))
    op.execute("UPDATE editions SET folds = true")
