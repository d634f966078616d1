"""The tables, as the newest migration leaves them.

`identities` has a row for every address that was ever here, known by its mark alone (an HMAC); what has to outlive a
person's data, the ledger, the suppressions and the deliveries, hangs on it. All the rest hangs on `people`, and goes
with them.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    false,
)

from pressrun.model.moments import moment_at, ticks

# The migration that makes these tables out of those before (a test holds it against Alembic's head).
HEAD = "carried"


class Moment(TypeDecorator[datetime]):
    """A moment, kept as `ticks`."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        """What is kept of *value*."""
        return None if value is None else ticks(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """The moment that was kept."""
        return None if value is None else moment_at(value)


# SQLite gives numbers by itself to a column of exactly this type.
Number = BigInteger().with_variant(Integer, "sqlite")

metadata = MetaData()

keys = Table(
    "keys",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("key", LargeBinary, nullable=False, unique=True),
)
identities = Table(
    "identities",
    metadata,
    Column("number", Number, primary_key=True),
    Column("mark", LargeBinary, nullable=False, unique=True),
)
# The identities whose mark is by the rule that folded several mailboxes into one: what keeps such a mark off lists
# counts for all of them.
folded = Table(
    "folded",
    metadata,
    Column("identity", Number, ForeignKey("identities.number"), primary_key=True, autoincrement=False),
)
people = Table(
    "people",
    metadata,
    Column("number", Number, ForeignKey("identities.number"), primary_key=True, autoincrement=False),
    Column("id", LargeBinary, nullable=False, unique=True),
    Column("address", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("since", Moment, nullable=False),
    Column("tags", Text, nullable=False),  # a JSON list of words, and below a JSON object
    Column("fields", Text, nullable=False),
)
memberships = Table(
    "memberships",
    metadata,
    Column("person", Number, ForeignKey("people.number", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("list", String(64), primary_key=True),
    Column("state", String(16), nullable=False),
    Column("since", Moment, nullable=False),
    Column("bounces", Integer, nullable=False),
    Column("bounced", Moment),
    Column("preferences", Text, nullable=False),
    sqlite_with_rowid=False,
)
ledger = Table(
    "ledger",
    metadata,
    Column("number", Number, primary_key=True),
    Column("identity", Number, ForeignKey("identities.number"), nullable=False),
    Column("list", String(64), nullable=False),
    Column("event", String(16), nullable=False),
    Column("at", Moment, nullable=False),
    Column("recorded", Moment, nullable=False),
    Column("way", String(16), nullable=False),
    Column("wording", String(12)),
    Column("note", Text),
    Index("ledger_identity", "identity"),
)
# Beside the ledger, which cannot be changed: where somebody was when they agreed goes when they are erased.
whereabouts = Table(
    "whereabouts",
    metadata,
    Column("entry", Number, ForeignKey("ledger.number"), primary_key=True, autoincrement=False),
    Column("person", Number, ForeignKey("people.number", ondelete="CASCADE"), nullable=False),
    Column("ip", Text),
    Column("agent", Text),
    Index("whereabouts_person", "person"),
)
wordings = Table(
    "wordings",
    metadata,
    Column("version", String(12), primary_key=True),
    Column("text", Text, nullable=False),
)
suppressions = Table(
    "suppressions",
    metadata,
    Column("identity", Number, ForeignKey("identities.number"), primary_key=True, autoincrement=False),
    Column("list", String(64), primary_key=True),
    Column("reason", String(16), nullable=False),
    Column("since", Moment, nullable=False),
)
# Letters to one person, such as those that ask for confirmation: those that wait, and those that went out, by which the
# next is judged.
letters = Table(
    "letters",
    metadata,
    Column("number", Number, primary_key=True),
    Column("person", Number, ForeignKey("people.number", ondelete="CASCADE"), nullable=False),
    Column("lists", Text, nullable=False),  # a JSON list of ids
    Column("queued", Moment, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_try", Moment),  # none where it waits no more
    Column("posted", Moment),
    Column("kind", String(16), nullable=False),
    # The number of the service that has it in hand, which holds the lock of that number as long as it lives.
    Column("claimer", Integer),
    # When it was counted against the limits: once, however often it is tried.
    Column("counted", Moment),
    Index("letters_person", "person"),
    Index("letters_next_try", "next_try"),
    Index("letters_claimer", "claimer"),
)
# Emails of the service in the last day, by which limits are judged. They name nobody: a mailbox and a domain are known
# by their marks, as addresses are in `identities`.
quotas = Table(
    "quotas",
    metadata,
    Column("number", Number, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("share", String(16), nullable=False),
    Column("mailbox", LargeBinary, nullable=False),
    Column("domain", LargeBinary, nullable=False),
    Index("quotas_at", "at"),
    Index("quotas_share", "share", "at"),
    Index("quotas_mailbox", "mailbox", "share", "at"),
    Index("quotas_domain", "domain", "share", "at"),
)
# Editions as they are sent: each once, whatever lists it goes to.
editions = Table(
    "editions",
    metadata,
    Column("number", Number, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("hash", String(64), nullable=False),
    Column("lists", Text, nullable=False),  # a JSON list of ids, and below of tags
    Column("tags", Text, nullable=False),
    Column("frozen", Moment, nullable=False),
    Column("corrects", Text),  # the id of another edition
    # Whether Message-IDs are made of case-folded addresses, as they were until the migration `identities`.
    Column("folds", Boolean, nullable=False, server_default=false()),
    Column("chain", Text),  # of which chain it is; none where it has no rule, or was sent before there were chains
)
# Which stories an edition carried, in order: those that its rule found, and those that it names itself. An edition from
# before this table has no row in it.
carried = Table(
    "carried",
    metadata,
    Column("edition", Number, ForeignKey("editions.number"), primary_key=True, autoincrement=False),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("story", Text, nullable=False),  # its id
    Column("way", String(16), nullable=False),
    sqlite_with_rowid=False,
)
deliveries = Table(
    "deliveries",
    metadata,
    Column("edition", Number, ForeignKey("editions.number"), primary_key=True, autoincrement=False),
    Column("person", Number, ForeignKey("identities.number"), primary_key=True, autoincrement=False),
    Column("state", String(16), nullable=False),
    Column("reason", String(16)),  # where it is excluded
    Column("attempts", Integer, nullable=False),
    Column("changed", Moment, nullable=False),
    Column("begun", Moment),  # when it was claimed first
    Column("next_try", Moment),  # where it is deferred
    # A person besides, so that those who are next come in their order without being sorted anew at every turn.
    Index("deliveries_state", "edition", "state", "next_try", "person"),
    sqlite_with_rowid=False,
)
# What servers said of a letter may name its reader, and goes with them.
attempts = Table(
    "attempts",
    metadata,
    Column("edition", Number, ForeignKey("editions.number"), primary_key=True, autoincrement=False),
    Column("person", Number, ForeignKey("people.number", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("attempt", Integer, primary_key=True, autoincrement=False),
    Column("at", Moment, nullable=False),
    Column("verdict", String(16), nullable=False),
    Column("code", Integer),
    Column("enhanced", String(16)),
    Column("text", Text, nullable=False),
    Index("attempts_person", "person"),
    sqlite_with_rowid=False,
)
# Which letter of an edition was the last that somebody looked at.
tests = Table(
    "tests",
    metadata,
    Column("edition", Text, primary_key=True),  # its id
    Column("hash", String(64), nullable=False),
    Column("at", Moment, nullable=False),
)
# How far the store has come: the newest row counts what is claimed to be sent. Another begins when somebody accepts
# that the store was restored from a backup; the editions up to that number are settled then.
history = Table(
    "history",
    metadata,
    Column("number", Number, primary_key=True),
    Column("token", String(32), nullable=False, unique=True),
    Column("claims", BigInteger, nullable=False),
    Column("editions", BigInteger, nullable=False),
)
# Keys that sign unsubscribe links, each known by its fingerprint alone, an HMAC under the store's own key.
link_keys = Table(
    "link_keys",
    metadata,
    Column("fingerprint", String(16), primary_key=True),
    Column("registered", Moment, nullable=False),
    Column("served", Moment),  # when it was last known, or a person said, that the service has it
    Column("signed", Moment),  # no email was signed with it after this moment
    Column("retired", Moment),
    Column("leaked", Moment),
)
