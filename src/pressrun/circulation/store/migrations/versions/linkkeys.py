"""The table of keys that unsubscribe links are signed with."""

import sqlalchemy as sa
from alembic import op

revision = "linkkeys"
down_revision = "counter"


def upgrade() -> None:
    """Create it empty: the service registers its keys at its next start."""
    op.create_table(
        "link_keys",
        sa.Column("fingerprint", sa.String(16), primary_key=True),
        sa.Column("registered", sa.BigInteger, nullable=False),
        sa.Column("served", sa.BigInteger),
        sa.Column("signed", sa.BigInteger),
        sa.Column("retired", sa.BigInteger),
        sa.Column("leaked", sa.BigInteger),
    )
