"""Everything that people read is in plain words, but for a list of pages and commands that only gets shorter."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import click
import pytest

from pressrun.cli.main import pressrun
from pressrun.content.masthead.lists import default_wording
from prose import Finding, findings_in, markdown_prose, template_prose, words_prose

ROOT = Path(__file__).parents[1]
MANUAL = ROOT / "src/pressrun/manual"
TEMPLATES = ROOT / "src/pressrun/defaults/templates"
# What does not pass today, a page or a command in each line. Take a line out when you have rewritten it; add none.
REMAINING = Path(__file__).parent / "prose-remaining.txt"
MOST_REMAINING = 156


def helps(command: click.Command, name: str) -> Iterator[tuple[str, str]]:
    """Yield the name and the help of *command* and of all below it."""
    options = (option.help for option in command.params if isinstance(option, click.Option) and option.help)
    yield name, "\n\n".join([command.help or "", *options])
    if isinstance(command, click.Group):
        context = click.Context(command)
        for each in command.list_commands(context):
            below = command.get_command(context, each)
            assert below is not None
            yield from helps(below, f"{name} {each}")


@cache
def prose() -> dict[str, str]:
    """Return everything that people read, by the file or the command that it is in."""
    pages = [*MANUAL.rglob("*.md"), ROOT / "README.md"]
    texts = {path.relative_to(ROOT).as_posix(): markdown_prose(path.read_text("utf-8")) for path in pages}
    for path in [*TEMPLATES.glob("*.html"), *TEMPLATES.glob("*.txt")]:
        read = words_prose if path.name == "service-words.html" else template_prose
        texts[path.relative_to(ROOT).as_posix()] = read(path.read_text("utf-8"))
    texts["the default consent"] = default_wording("The Gazette")
    return texts | dict(helps(pressrun, "pressrun"))


def remaining() -> list[str]:
    return REMAINING.read_text("utf-8").splitlines()


def test_what_people_read_is_in_plain_words() -> None:
    found = {
        f"{name}:{each.line}: {each.message}"
        for name, text in prose().items()
        if name not in remaining()
        for each in findings_in(text)
    }
    assert not found, "\n" + "\n".join(sorted(found))


def test_what_was_rewritten_is_off_the_list() -> None:
    texts = prose()
    done = [name for name in remaining() if name not in texts or not list(findings_in(texts[name]))]
    assert not done, f"take out of {REMAINING.name}: {', '.join(done)}"


def test_the_list_only_gets_shorter() -> None:
    assert len(remaining()) <= MOST_REMAINING


def test_readers_texts_are_not_on_the_list() -> None:
    assert all(name.startswith(("src/pressrun/manual/", "pressrun")) for name in remaining())


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Write your mail address.", [Finding(1, '"mail address": say email address')]),
        ("One.\nWhoever wants\n", [Finding(2, '"Whoever": say a person who, people who, anyone who')]),
        ("The option `letter` is code, and [so](letter.md) is a link.", []),
        ("```\nletter\n```\nText.", []),
        ("one " * 21 + ".", [Finding(1, "sentences have 21.0 words on average, more than 20")]),
        ("one " * 21 + ". Two words. " * 2, []),
    ],
)
def test_the_linter_finds(text: str, found: list[Finding]) -> None:
    assert list(findings_in(markdown_prose(text))) == found


def test_the_linter_reads_templates() -> None:
    template = '{# letter #}<p class="letter">\n{{ ("By mail, " ~ letter) }}</p>Told.'
    assert [each.line for each in findings_in(template_prose(template))] == [2, 2]
