"""No command creates anything but what it is for: each is run in an empty folder and where there is no store."""

import itertools
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest

from builders import MASTHEAD, a_folder, a_story_file, an_edition_file
from earlierstores import store_at
from pressrun.circulation.store.engine import place_from, version_at
from pressrun.circulation.store.tables import HEAD
from pressrun.cli.main import COMMANDS, main, pressrun

ADA = "ada@reader.example"
# What each command is run with; {taken} is a port that somebody else listens on.
ARGUMENTS = {
    "build": [],
    "check": [],
    "deliveries": ["spring"],
    "editions list": [],
    "editions show": ["spring"],
    "editions withdraw": ["spring", "--yes"],
    "diff": [],
    "dkim new-key": ["news2026"],
    "explain": ["story-date"],
    "help": ["dark", "mode"],
    "keys add": [],
    "keys dkim": ["news2027"],
    "keys list": [],
    "keys new": [],
    "keys retire": ["0123456789ab"],
    "keys rotate": [],
    "new edition": ["Spring"],
    "new publication": ["news"],
    "new story": ["A day"],
    "ping": [],
    "preview": ["--port", "{taken}"],
    "schema": [],
    "send": ["spring", "--yes"],
    "service": ["--port", "{taken}"],
    "status": [],
    "store accept-backup": ["--yes"],
    "store init": [],
    "store upgrade": [],
    "subscribers add": [ADA],
    "subscribers audit": [],
    "subscribers edit": [ADA, "--name", "Ada"],
    "subscribers erase": [ADA, "--yes"],
    "subscribers export": ["{elsewhere}/people.jsonl"],
    "subscribers import": ["{elsewhere}/people.csv", "--consent", "on paper"],
    "subscribers list": [],
    "subscribers remove": [ADA],
    "subscribers show": [ADA],
    "subscribers stats": [],
    "subscribers tag": [ADA, "fair"],
}
# Other ways of commands that only look.
LOOKS = {
    "editions show --people": ["spring", "--people"],
    "editions withdraw --dry-run": ["spring", "--dry-run"],
    "send --dry-run": ["spring", "--dry-run"],
    "send --status": ["--status"],
    "send --status spring": ["--status", "spring"],
    "service --snippet": ["--snippet"],
    "subscribers erase --unconfirmed": ["--unconfirmed", "30", "--yes"],
    "subscribers import --dry-run": ["{elsewhere}/people.csv", "--consent", "on paper", "--dry-run"],
    "subscribers stats --svg": ["--svg", "{elsewhere}/growth.svg"],
}
# These are there to write something else than a store.
WRITES = {
    "build",
    "diff",
    "check",
    "dkim new-key",
    "keys dkim",
    "new edition",
    "new publication",
    "new story",
    "store init",
}
NEEDS_A_STORE = {
    *(each for each in ARGUMENTS if each.startswith("subscribers ")),
    "keys add", "keys list", "keys retire", "store accept-backup",
    "deliveries", "editions show --people", "editions withdraw", "editions withdraw --dry-run",
    "send", "service", "store upgrade", "send --dry-run",
    "subscribers erase --unconfirmed", "subscribers stats --svg",
}  # fmt: skip
# What shows more where there is a store.
LOOKS_INTO_A_STORE = {"editions list", "editions show", "send --status", "send --status spring"}
ACTS = {
    "editions withdraw", "keys add", "keys retire", "store accept-backup", "subscribers edit",
    "send", "service", "store upgrade", "subscribers add", "subscribers erase", "subscribers erase --unconfirmed",
    "subscribers import", "subscribers remove", "subscribers tag",
}  # fmt: skip
NEEDS_A_PUBLICATION = {
    "send", "send --dry-run", "service", "subscribers add", "subscribers import",
}  # fmt: skip


def commands(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[str]:
    """The commands below *command* that do something."""
    if not isinstance(command, click.Group):
        yield " ".join(path)
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        found = command.get_command(context, name)
        assert found is not None
        yield from commands(found, (*path, name))


def test_every_command_is_here() -> None:
    other_names = {"deliveries", "dkim new-key", "explain"}  # they work, and are not listed
    assert sorted({*commands(pressrun), *other_names}) == sorted(ARGUMENTS)
    assert {each.split()[0] for each in ARGUMENTS} - {"deliveries", "dkim", "explain"} == set(COMMANDS)


def tree(folder: Path) -> dict[str, tuple[int, bytes]]:
    """What is in *folder*: each file with its bytes and when they were written, and each folder."""
    return {
        str(path.relative_to(folder)): (path.stat().st_mtime_ns, path.read_bytes()) if path.is_file() else (0, b"")
        for path in folder.rglob("*")
    }


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield listening.getsockname()[1]


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CI", "PRESSRUN_DATABASE", "PRESSRUN_DATABASE_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PRESSRUN_SECRET_KEYS", "k" * 32)
    monkeypatch.setenv("SMTP_HOST", "127.0.0.1")
    monkeypatch.setenv("SMTP_PORT", "1")


@pytest.fixture
def run(
    taken: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[[str], tuple[object, str, str]]:
    """Run a command by its name here, in the folder `here`; its exit code, and what it said on both streams."""
    elsewhere, here = tmp_path / "elsewhere", tmp_path / "here"
    for folder in (elsewhere, here):
        folder.mkdir()
    (elsewhere / "people.csv").write_text("email\nada@reader.example\nnobody\n")
    monkeypatch.chdir(here)

    def run(name: str) -> tuple[object, str, str]:
        words = itertools.takewhile(lambda word: not word.startswith("-"), name.split())
        arguments = LOOKS.get(name) or ARGUMENTS[name]
        filled = [each.format(taken=taken, elsewhere=elsewhere) for each in arguments]
        monkeypatch.setattr(sys, "argv", ["pressrun", *words, *filled])
        try:
            main()
        except SystemExit as end:
            return end.code, *capsys.readouterr()
        return 0, *capsys.readouterr()

    return run


def a_newsroom(folder: Path) -> None:
    """A publication with a list, an edition and a service, and without a store."""
    masthead = f"{MASTHEAD}lists:\n  - id: weekly\nservice:\n  address: http://127.0.0.1:8125/\n"
    a_folder(
        folder,
        {
            "content/publication.yaml": masthead,
            "content/stories/first-snow.md": a_story_file(),
            "content/editions/spring.md": an_edition_file(),
        },
    )


Ran = Callable[[str], tuple[object, str, str]]


@pytest.mark.parametrize("is_publication", [True, False])
@pytest.mark.parametrize("name", sorted({*ARGUMENTS, *LOOKS} - WRITES))
def test_nothing_is_created_where_there_is_no_store(run: Ran, tmp_path: Path, name: str, is_publication: bool) -> None:
    if is_publication:
        a_newsroom(tmp_path / "here")
    before = tree(tmp_path)
    code, out, err = run(name)
    assert tree(tmp_path) == before
    if name in NEEDS_A_STORE and (is_publication or name not in NEEDS_A_PUBLICATION):
        assert code == 3
        assert out == "" or name == "subscribers import"
        assert "There is no store in var/pressrun.db. Create one with: pressrun store init\n" in err


@pytest.mark.parametrize("name", sorted(WRITES - {"store init"}))
def test_what_writes_something_else_creates_no_store(run: Ran, tmp_path: Path, name: str) -> None:
    a_newsroom(tmp_path / "here")
    run(name)
    assert [each for each in tree(tmp_path) if "pressrun.db" in each] == []


@pytest.mark.parametrize("name", sorted(NEEDS_A_STORE | LOOKS_INTO_A_STORE))
def test_an_older_store_is_brought_up_to_date_by_what_acts_alone(run: Ran, tmp_path: Path, name: str) -> None:
    a_newsroom(tmp_path / "here")
    place = place_from(str(tmp_path / "here/var/pressrun.db"))
    store_at(place, "first")
    before = tree(tmp_path)
    code, _, err = run(name)
    if name in ACTS:
        assert version_at(place) == HEAD
        return
    # A dry run makes the letter, as a build does, and keeps what it made for the next one.
    assert {path: each for path, each in tree(tmp_path).items() if ".cache" not in path} == before
    assert code == 3
    assert "is of an older Pressrun. Bring it up to date with: pressrun store upgrade\n" in err
