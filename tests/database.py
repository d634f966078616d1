"""A PostgreSQL server for one test run: in a temporary folder, on a Unix socket of its own, gone after it."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from sqlalchemy.engine import URL

PROGRAMS = "/usr/lib/postgresql/*/bin"


def programs() -> Path | None:
    """Where initdb and postgres lie: on the path, or where Debian puts them, which is not on it."""
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    return next((path.parent for path in sorted(Path("/").glob(f"{PROGRAMS[1:]}/initdb"), reverse=True)), None)


@contextmanager
def postgresql(folder: Path) -> Iterator[URL]:
    """The address of the server's own database while the server runs from *folder*, which has a short name."""
    place = programs()
    assert place is not None
    # The server refuses to run as root.
    other = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
    if other:
        shutil.chown(folder, "postgres", "postgres")
    data = folder / "data"
    made = ["--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C", "--no-sync", "--pgdata", str(data)]
    subprocess.run([place / "initdb", *made], check=True, capture_output=True, cwd=folder, **other)  # type: ignore[call-overload]
    # Nothing of it has to outlive a power cut.
    settings = [f"--{name}={value}" for name, value in {"fsync": "off", "listen_addresses": ""}.items()]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(  # type: ignore[call-overload]
            [place / "postgres", "-D", str(data), "-k", str(folder), *settings],
            stdout=log, stderr=log, cwd=folder, **other,
        )  # fmt: skip
    url = URL.create("postgresql", username="postgres", database="postgres", query={"host": str(folder)})
    try:
        waited_for(place, folder)
        yield url
    finally:
        server.terminate()
        server.wait(30)


def waited_for(place: Path, folder: Path) -> None:
    """Return once the server takes connections; pg_isready tells, and waits between two questions."""
    for _ in range(600):
        asked = subprocess.run([place / "pg_isready", "-h", str(folder), "-t", "5"], capture_output=True, check=False)
        if asked.returncode == 0:
            return
    raise AssertionError((folder / "log").read_text())


def fresh_database(server: URL, name: str, template: str = "template1") -> URL:
    """An empty database called *name*, or one that is a copy of *template*."""
    with psycopg.connect(server.render_as_string(hide_password=False), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')  # type: ignore[call-overload]
    return server.set(database=name)


def drop_database(server: URL, name: str) -> None:
    """Have no database *name* any more, whoever is connected to it."""
    with psycopg.connect(server.render_as_string(hide_password=False), autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')  # type: ignore[call-overload]


@contextmanager
def short_folder() -> Iterator[Path]:
    """A temporary folder whose name leaves room for a socket's (107 characters in all)."""
    with tempfile.TemporaryDirectory(prefix="pressrun-") as name:
        yield Path(name)
