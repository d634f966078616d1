"""`pressrun help`: the manual in the terminal, with search."""

from collections.abc import Callable

import pytest
from click.testing import CliRunner

from pressrun.cli import main
from pressrun.manual.codes import pages
from pressrun.manual.search import search, sections, topics

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run() -> Run:
    def run(*words: str) -> tuple[int, str, str]:
        done = CliRunner(catch_exceptions=False).invoke(main.pressrun, words, prog_name="pressrun")
        return done.exit_code, done.stdout, done.stderr

    return run


def test_alone_it_lists_every_page_and_how_to_search(run: Run) -> None:
    code, out, err = run("help")
    listed, _, rest = out.partition("\n\n")
    assert (code, err) == (0, "")
    assert [line.split()[0] for line in listed.splitlines()] == list(topics())
    assert "Search: pressrun help dark mode" in rest


@pytest.mark.parametrize("name", [*main.COMMANDS, "stories", "publication", "commands"])
def test_every_command_has_its_page_and_so_have_other_topics(run: Run, name: str) -> None:
    code, out, _ = run("help", name)
    assert code == 0
    assert out == topics()[name].text


def test_a_command_below_a_command_is_on_the_page_of_that(run: Run) -> None:
    assert run("help", "subscribers", "import") == run("help", "subscribers")
    assert run("help", "store", "init")[1].startswith("# pressrun store\n")


@pytest.mark.parametrize("written", ["picture-alt", "[picture-alt]", "Picture-Alt"])
def test_a_code_has_its_page_as_with_explain(run: Run, written: str) -> None:
    assert run("help", written) == run("explain", written) == (0, pages()["picture-alt"].text, "")


def test_all_codes_are_listed_as_with_explain(run: Run) -> None:
    assert run("help", "codes") == run("explain")


def test_words_find_the_sections_that_have_all_of_them(run: Run) -> None:
    code, out, _ = run("help", "Exit", "codes")
    assert code == 0
    assert "commands: Exit codes\n" in out.partition("Read a page")[0]
    assert run("help", "exit codes")[1] == out


def test_a_section_found_has_all_words_and_those_with_them_in_the_heading_come_first() -> None:
    found = search(["DKIM", "key"])
    assert found
    for section in found:
        text = f"{section.heading}\n{section.text}".casefold()
        assert "dkim" in text
        assert "key" in text
    assert search(["exit", "codes"])[0].heading == "Exit codes"
    assert search(["identities"])[0].topic == "store"  # pages about Pressrun's own code have more of it, and come last
    assert search(["dkim", "zebra-crossing"]) == []


def test_a_comment_in_a_code_block_is_no_heading() -> None:
    text = "# One\n\nfirst\n\n```\n# not a heading\n```\n\n## Two\n\nsecond\n"
    assert [(each.heading, "not a" in each.text) for each in sections("x", text)] == [("One", True), ("Two", False)]


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("pictur-alt", 'The manual has nothing about "pictur-alt". Did you mean picture-alt?'),
        ("subscribesr", "Did you mean subscribers?"),
        ("xyzzy", "pressrun help lists all pages."),
    ],
)
def test_words_that_nothing_has_are_a_wrong_command_line(run: Run, word: str, expected: str) -> None:
    code, out, err = run("help", word)
    assert (code, out, expected in err) == (2, "", True)
