"""Stores as earlier versions of Pressrun left them, for tests of migrations."""

from collections.abc import Callable

from alembic import command
from sqlalchemy import Connection, insert
from sqlalchemy.engine import URL

from pressrun.circulation.store.engine import _alembic, engine_for, known_versions
from pressrun.circulation.store.tables import keys
from pressrun.circulation.subscribers.suppression import folded_mark_of
from pressrun.model.consent import EVERY_LIST
from pressrun.model.mailaddress import folded_identity_of

KEY = bytes(range(32))
AN_ID = bytes(range(16))


def earlier_versions() -> list[str]:
    """Return every migration but the newest, the oldest first: each is a form in which stores exist."""
    return known_versions()[:0:-1]


def versions_before(version: str) -> list[str]:
    """Return every migration before *version*, the oldest first."""
    known = earlier_versions()
    return known[: known.index(version)]


def store_at(url: URL, version: str, fill: Callable[[Connection], None] | None = None) -> None:
    """Create a store at *url* as the migration *version* leaves it, with the key KEY, and let *fill* put rows into it.

    *fill* writes SQL of that version's tables; the tables in the code are those of the newest one.
    """
    engine = engine_for(url)
    with engine.execution_options(pressrun_writes=True).begin() as connection:
        configuration = _alembic()
        configuration.attributes["connection"] = connection
        command.upgrade(configuration, version)
        connection.execute(insert(keys).values(key=KEY))
        if fill is not None:
            fill(connection)
    engine.dispose()


def someone(
    address: str, *, state: str | None = "confirmed", kept_off: str | None = None, here: bool = True
) -> Callable[[Connection], None]:
    """What puts *address* into a store of an earlier version, under the mark that it had there."""

    def fill(db: Connection) -> None:
        place = "%s" if db.dialect.name == "postgresql" else "?"
        put = lambda table, *values: db.exec_driver_sql(  # noqa: E731
            f"INSERT INTO {table} VALUES ({', '.join([place] * len(values))})", values
        )
        put("identities (number, mark)", 1, folded_mark_of(folded_identity_of(address), KEY))
        if db.dialect.name == "postgresql":
            db.exec_driver_sql("SELECT setval('identities_number_seq', 1)")
        if here:
            put("people", 1, AN_ID, address, "", 1, "[]", "{}")
        if here and state:
            put("memberships", 1, "weekly", state, 1, 0, None, "{}")
        if kept_off:
            put("suppressions", 1, EVERY_LIST, kept_off, 1)
            values = (1, EVERY_LIST, kept_off, 1, 1, "import")
            put("ledger (identity, list, event, at, recorded, way)", *values)

    return fill
