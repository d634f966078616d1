"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "first"
down_revision = None

NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
# Who may not be believed is ourselves, in a later version, with a mistake in it.
APPEND_ONLY = {
    "sqlite": [
        "CREATE TRIGGER ledger_keeps_{word} BEFORE {word} ON ledger "
        "BEGIN SELECT RAISE(ABORT, 'the ledger only grows'); END"
    ],
    "postgresql": [
        "CREATE FUNCTION ledger_keeps_{word}() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the ledger only grows'; END $$",
        "CREATE TRIGGER ledger_keeps_{word} BEFORE {word} ON ledger "
        "FOR EACH STATEMENT EXECUTE FUNCTION ledger_keeps_{word}()",
    ],
}


def upgrade() -> None:
    """Make them in an empty database."""
    _identities()
    _people()
    _consent()
    _letters()
    for word in ("update", "delete"):
        for statement in APPEND_ONLY[op.get_bind().dialect.name]:
            op.execute(statement.format(word=word))


def _identities() -> None:
    op.create_table(
        "keys",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("key", sa.LargeBinary, nullable=False, unique=True),
    )
    op.create_table(
        "identities",
        sa.Column("number", NUMBER, primary_key=True),
        sa.Column("mark", sa.LargeBinary, nullable=False, unique=True),
    )


def _people() -> None:
    op.create_table(
        "people",
        sa.Column("number", NUMBER, sa.ForeignKey("identities.number"), primary_key=True, autoincrement=False),
        sa.Column("id", sa.LargeBinary, nullable=False, unique=True),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("since", sa.BigInteger, nullable=False),
        sa.Column("tags", sa.Text, nullable=False),
        sa.Column("fields", sa.Text, nullable=False),
    )
    op.create_table(
        "memberships",
        sa.Column(
            "person", NUMBER, sa.ForeignKey("people.number", ondelete="CASCADE"), primary_key=True, autoincrement=False
        ),
        sa.Column("list", sa.String(64), primary_key=True),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("since", sa.BigInteger, nullable=False),
        sa.Column("bounces", sa.Integer, nullable=False),
        sa.Column("bounced", sa.BigInteger),
        sa.Column("preferences", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )


def _consent() -> None:
    op.create_table(
        "ledger",
        sa.Column("number", NUMBER, primary_key=True),
        sa.Column("identity", NUMBER, sa.ForeignKey("identities.number"), nullable=False),
        sa.Column("list", sa.String(64), nullable=False),
        sa.Column("event", sa.String(16), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("recorded", sa.BigInteger, nullable=False),
        sa.Column("way", sa.String(16), nullable=False),
        sa.Column("wording", sa.String(12)),
        sa.Column("note", sa.Text),
        sa.Index("ledger_identity", "identity"),
    )
    op.create_table(
        "whereabouts",
        sa.Column("entry", NUMBER, sa.ForeignKey("ledger.number"), primary_key=True, autoincrement=False),
        sa.Column("person", NUMBER, sa.ForeignKey("people.number", ondelete="CASCADE"), nullable=False),
        sa.Column("ip", sa.Text),
        sa.Column("agent", sa.Text),
        sa.Index("whereabouts_person", "person"),
    )
    op.create_table(
        "wordings",
        sa.Column("version", sa.String(12), primary_key=True),
        sa.Column("text", sa.Text, nullable=False),
    )
    op.create_table(
        "suppressions",
        sa.Column("identity", NUMBER, sa.ForeignKey("identities.number"), primary_key=True, autoincrement=False),
        sa.Column("list", sa.String(64), primary_key=True),
        sa.Column("reason", sa.String(16), nullable=False),
        sa.Column("since", sa.BigInteger, nullable=False),
    )


def _letters() -> None:
    op.create_table(
        "letters",
        sa.Column("number", NUMBER, primary_key=True),
        sa.Column("person", NUMBER, sa.ForeignKey("people.number", ondelete="CASCADE"), nullable=False),
        sa.Column("lists", sa.Text, nullable=False),
        sa.Column("queued", sa.BigInteger, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("next_try", sa.BigInteger),
        sa.Column("posted", sa.BigInteger),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Index("letters_person", "person"),
        sa.Index("letters_next_try", "next_try"),
    )
