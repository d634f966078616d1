"""Few fixtures: a frozen moment, a publication on disk, and the switch that rewrites what is expected."""

import itertools
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy.engine import URL

from database import drop_database, fresh_database, postgresql, programs, short_folder
from pressrun.circulation.store.engine import Store, create_store, engine_for, place_from, upgrade

STATE = tempfile.TemporaryDirectory(prefix="pressrun-state-", ignore_cleanup_errors=True)
settings.register_profile("local", max_examples=50, deadline=None)
settings.register_profile(
    "ci", max_examples=400, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("ci" if os.environ.get("CI") else "local")

# Programs keep the counters of stores in PostgreSQL in a folder of the machine, which is this one while tests run.
os.environ["XDG_STATE_HOME"] = STATE.name

# What is started in the background may not hear Ctrl+C, and hands that down to programs that tests interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--rewrite", action="store_true", help="rewrite the expected output of golden and problem cases")


@pytest.fixture
def rewrite(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--rewrite"))


@pytest.fixture
def pressrun(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """The command as a person runs it, in a process of its own; *cwd* is a fresh folder unless told."""

    def run(
        *arguments: str | Path,
        cwd: Path = tmp_path,
        typed: str | None = None,
        **environment: str,
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "pressrun", *map(str, arguments)],
            cwd=cwd,
            env={**os.environ, **environment},
            input=typed,
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )

    return run


@pytest.fixture
def unmeasured(monkeypatch: pytest.MonkeyPatch) -> None:
    """Programs that the test starts are not measured: coverage would load libraries that they do not."""
    for name in ("COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG"):
        monkeypatch.delenv(name, raising=False)


DATABASES = ("sqlite", "postgresql")
TEMPLATE = "upgraded"


@pytest.fixture(scope="session")
def server() -> Iterator[URL]:
    """A PostgreSQL server with a database that is upgraded already; it must be there in CI."""
    if programs() is None and not os.environ.get("CI"):
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    with short_folder() as folder, postgresql(folder) as url:
        url = place_from(url.render_as_string(hide_password=False))
        engine = engine_for(fresh_database(url.set(drivername="postgresql"), TEMPLATE).set(drivername=url.drivername))
        upgrade(engine)
        engine.dispose()
        yield url.set(drivername="postgresql")


numbers = itertools.count()


@pytest.fixture(params=DATABASES)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> URL:
    """An empty place for a store, on either database."""
    if request.param == "sqlite":
        return place_from(str(tmp_path / "var" / "pressrun.db"))
    url = fresh_database(request.getfixturevalue("server"), f"empty{next(numbers)}")
    return place_from(url.render_as_string(hide_password=False))


MakeStore = Callable[[], AbstractContextManager[Store]]


def store_maker(kind: str, server: Callable[[], URL], folder: Path) -> MakeStore:
    """What makes stores of *kind* without anybody in them, one after the other; each is gone after its `with`."""

    @contextmanager
    def made() -> Iterator[Store]:
        name = f"store{next(numbers)}"
        if kind == "sqlite":
            url = place_from(str(folder / name / "pressrun.db"))
        else:
            url = place_from(fresh_database(server(), name, TEMPLATE).render_as_string(hide_password=False))
        opened = create_store(url)
        try:
            yield opened
        finally:
            opened.close()
            if kind == "sqlite":
                shutil.rmtree(folder / name)
            else:
                drop_database(server(), name)

    return made


@pytest.fixture(params=DATABASES)
def fresh_store(request: pytest.FixtureRequest, tmp_path: Path) -> MakeStore:
    """What makes stores without anybody in them, on either database."""
    return store_maker(request.param, lambda: request.getfixturevalue("server"), tmp_path)


@pytest.fixture(params=DATABASES, scope="module")
def shared_store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """One store for all tests of a module, on either database."""
    folder = tmp_path_factory.mktemp("stores")
    with store_maker(request.param, lambda: request.getfixturevalue("server"), folder)() as made:
        yield made


@pytest.fixture(params=DATABASES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """A store without anybody in it, on either database."""
    if request.param == "sqlite":
        url = place_from(str(tmp_path / "var" / "pressrun.db"))
    else:
        made = fresh_database(request.getfixturevalue("server"), f"store{next(numbers)}", TEMPLATE)
        url = place_from(made.render_as_string(hide_password=False))
    opened = create_store(url)
    yield opened
    opened.close()
