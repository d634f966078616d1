"""What is the same for every command: the folder, groups in the help, exit codes, and earlier names."""

import ast
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from builders import MASTHEAD, a_folder, a_story_file
from pressrun.cli import former, main
from pressrun.cli.exits import MEANINGS, Exit

CLI = Path(main.__file__).parent
NOW = ("--now", "2026-05-12T12:00Z")


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, str, str]]:
    """Run `pressrun` beside three publications: `news`, `news/paper`, and `broken`, which has errors."""
    monkeypatch.chdir(tmp_path)
    a_folder(tmp_path / "news", {"content/publication.yaml": MASTHEAD, "content/stories/a.md": a_story_file()})
    a_folder(tmp_path / "news/paper", {"content/publication.yaml": MASTHEAD})
    a_folder(tmp_path / "broken", {"content/publication.yaml": "title: Paper\n"})

    def run(*words: str) -> tuple[int, str, str]:
        done = CliRunner(catch_exceptions=False).invoke(main.pressrun, words, prog_name="pressrun")
        return done.exit_code, done.stdout, done.stderr

    return run


Run = Callable[..., tuple[int, str, str]]


# The folder


@pytest.mark.parametrize("words", [("-C", "news", "diff"), ("diff", "-C", "news"), ("-Cnews", "diff")])
def test_the_folder_is_named_before_or_after_the_command(run: Run, words: tuple[str, ...]) -> None:
    run("-C", "news", "build", *NOW)
    assert run(*words, *NOW) == (0, "0 new, 0 changed, 0 gone; nothing would be shown again.\n", "")


def test_a_folder_after_the_command_begins_at_the_one_before_it(run: Run, tmp_path: Path) -> None:
    for words, folder in (
        (("-C", "news", "new", "story", "One", "-C", "paper"), "news/paper"),
        (("new", "-C", "news", "story", "Two", "-C", "paper"), "news/paper"),
        (("-C", "news", "new", "story", "Three"), "news"),
        (("new", "story", "Four", "-C", "news/paper"), "news/paper"),
    ):
        code, out, err = run(*words)
        assert (code, err) == (0, "")
        assert out.startswith(f"{folder}/content/stories/")
        assert (tmp_path / out.strip()).is_file()


@pytest.mark.parametrize(
    "words",
    [
        ("-C", "news", "new", "little"),
        ("new", "-C", "news", "little"),
        ("new", "-Cnews", "little"),
        ("new", "little", "-C", "news"),
        ("new", "publication", "little", "-C", "news"),
    ],
)
def test_a_new_publication_is_below_the_named_folder(run: Run, tmp_path: Path, words: tuple[str, ...]) -> None:
    code, out, err = run(*words)
    assert (code, err) == (0, "")
    assert (tmp_path / "news/little/content/publication.yaml").is_file()
    assert out.endswith("pressrun build -C news/little\n")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("-C", "nowhere", "check"), "Directory 'nowhere' does not exist."),
        (("check", "-C", "nowhere"), "Directory 'nowhere' does not exist."),
        (("-C", "news", "check", "-C", "nowhere"), "Directory 'news/nowhere' does not exist."),
        (("check", "-C", "news/content/publication.yaml"), "Directory 'news/content/publication.yaml' is a file."),
    ],
)
def test_a_folder_that_is_missing_is_a_wrong_command_line(run: Run, words: tuple[str, ...], expected: str) -> None:
    code, _, err = run(*words)
    assert (code, expected in err) == (2, True)


def test_every_command_that_reads_a_publication_understands_it_in_both_places() -> None:
    def every(command: click.Command, path: str) -> None:
        context = click.Context(command)
        names = {name for each in command.params for name in each.opts}
        reads = any(each.name == "source" for each in command.params)
        if isinstance(command, click.Group):
            assert "-C" in names, path
            for name in command.list_commands(context):
                below = command.get_command(context, name)
                assert below is not None
                every(below, f"{path} {name}")
        else:
            assert reads == ("-C" in names), path

    every(main.pressrun, "pressrun")


# Names


@pytest.mark.parametrize("old", ["-s", "--source"])
def test_the_earlier_option_works_with_a_note(run: Run, old: str) -> None:
    run("-C", "news", "build", *NOW)
    code, out, err = run("diff", old, "news", *NOW)
    assert (code, out) == (0, run("diff", "-C", "news", *NOW)[1])
    assert err == "note: --source is now -C; the old name goes away after the next release\n"


def test_no_help_lists_an_earlier_name(run: Run) -> None:
    for name in main.COMMANDS:
        text = run(name, "--help")[1]
        assert "--source" not in text
        assert " -s" not in text
    assert "dkim" not in run("--help")[1].split("Operate:")[0]


def test_an_earlier_command_works_with_a_note(run: Run) -> None:
    _, _, err = run("-C", "news", "dkim", "new-key", "spring")
    assert err.startswith("note: dkim new-key is now keys dkim;")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("biuld",), "No such command 'biuld'. Did you mean build?"),
        (("BUILD",), "Did you mean build?"),
        (("serv",), "Did you mean serve?"),
        (("store", "upgarde"), "Did you mean upgrade?"),
        (("keys", "xyzzy"), "See: pressrun keys --help"),
    ],
)
def test_a_typing_error_is_answered_with_what_may_be_meant(run: Run, words: tuple[str, ...], expected: str) -> None:
    code, _, err = run(*words)
    assert (code, expected in err) == (2, True)


# The help


def test_every_command_is_in_one_group_of_the_help(run: Run) -> None:
    assert sorted(name for names in main.GROUPS.values() for name in names) == sorted(main.COMMANDS)
    text = run("--help")[1]
    for title, names in main.GROUPS.items():
        part = text.partition(f"\n{title}:\n")[2].partition("\n\n")[0]
        assert [line.split()[0] for line in part.splitlines() if line[2] != " "] == list(names)
    for code, meaning in MEANINGS.items():
        assert f"  {code.value:<5}{meaning}\n" in text


# Exit codes


def test_the_exit_codes_of_the_library_are_the_same() -> None:
    assert click.UsageError("").exit_code == Exit.USAGE
    assert set(MEANINGS) == set(Exit)


def test_no_command_leaves_with_a_number() -> None:
    """Every code comes from the one table."""
    for path in CLI.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("sys.exit", "exit", "SystemExit"):
                literals = [each for each in node.args if isinstance(each, ast.Constant)]
                assert literals == [], f"{path.name}:{node.lineno}"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("-C", "news", "check", *NOW), Exit.FINE),
        (("-C", "broken", "check", *NOW), Exit.PROBLEMS),
        (("-C", "news", "check", "--wrong"), Exit.USAGE),
        (("-C", "news", "subscribers", "list"), Exit.ENVIRONMENT),
    ],
)
@pytest.mark.slow
def test_the_program_leaves_with_the_code(run: Run, tmp_path: Path, words: tuple[str, ...], code: Exit) -> None:
    done = subprocess.run([sys.executable, "-m", "pressrun", *words], cwd=tmp_path, capture_output=True)
    assert done.returncode == code


def test_former_commands_are_commands() -> None:
    context = click.Context(main.pressrun)
    for each in former.COMMANDS:
        assert main.pressrun.get_command(context, each.split()[0]) is not None
