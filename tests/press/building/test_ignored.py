"""What a file asks not to be told: where, how far, and what is said of it when it is of no use."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import MASTHEAD, a_folder, a_source, a_story_file, build_request
from pressrun.desk.checking.check import ALL, CodeSelection, check
from pressrun.manual.codes import nearest, pages
from pressrun.model.problems import Position, Problem, Severity
from pressrun.press.building.build import build
from pressrun.press.building.ignored import IgnoreComment, idle, ignore_comments_in, ignored_problems

HEAD = "---\ntitle: Thaw\ndate: 2026-05-01\n---\n"
PICTURE = "![](https://pictures.example/a.png)\n"


def a_problem(line: int = 1, code: str = "picture-alt", severity: Severity = Severity.WARNING) -> Problem:
    return Problem(Position("content/stories/a.md", line), code, "Something.", severity=severity)


def a_silence(lines: range = range(1, 2), code: str = "picture-alt") -> IgnoreComment:
    return IgnoreComment(Position("content/stories/a.md", 1), code, lines)


def reached(text: str, path: str = "stories/a.md") -> list[tuple[str, int, int]]:
    """Each code that *text* silences, with the first and the last line that it is silenced on."""
    return [(each.code, each.lines[0], each.lines[-1]) for each in ignore_comments_in(a_source(text, path))]


def told(root: Path, asked: CodeSelection = ALL) -> list[tuple[str, int]]:
    return [(problem.code, problem.position.line) for problem in check(root, build_request(), asked=asked).problems]


# Markdown


def test_a_comment_at_the_end_of_a_line_is_about_that_line() -> None:
    assert reached(f"{HEAD}One. <!-- pressrun: ignore picture-alt -->\nTwo.\n") == [("picture-alt", 5, 5)]


def test_a_comment_alone_on_its_line_is_about_what_follows_up_to_the_next_empty_line() -> None:
    text = f"{HEAD}<!-- pressrun: ignore picture-alt -->\nOne.\nTwo.\n\nThree.\n"
    assert reached(text) == [("picture-alt", 5, 7)]


def test_empty_lines_and_other_comments_may_stand_between() -> None:
    text = f"{HEAD}<!-- pressrun: ignore a-b -->\n<!-- pressrun: ignore c-d -->\n\n# One\n\nTwo.\n"
    assert reached(text) == [("a-b", 5, 8), ("c-d", 6, 8)]


def test_a_comment_can_name_several_codes_and_say_why() -> None:
    text = f"{HEAD}One. <!-- pressrun: ignore a-b, c-d e-f (they only decorate) -->\n"
    assert [code for code, _, _ in reached(text)] == ["a-b", "c-d", "e-f"]


def test_a_comment_over_several_lines_is_one() -> None:
    text = f"{HEAD}\n<!-- pressrun: ignore a-b\n     c-d (long\n     reasons) -->\nOne.\n\nTwo.\n"
    assert reached(text) == [("a-b", 6, 9), ("c-d", 6, 9)]


def test_what_is_shown_as_code_is_no_comment() -> None:
    comment = "<!-- pressrun: ignore picture-alt -->"
    assert reached(f"{HEAD}`{comment}`\n\n```\n{comment}\n```\n\n    {comment}\n") == []


def test_words_about_pressrun_are_no_words_to_it() -> None:
    assert reached(f"{HEAD}<!-- Pressrun: a tool for newsletters -->\n<!-- pressrun -->\n") == []


@pytest.mark.parametrize("said", ["ignore", "ignore ()", "ingore picture-alt", "ignored picture-alt"])
def test_a_comment_that_names_nothing_to_ignore_has_no_code(said: str) -> None:
    assert reached(f"{HEAD}One. <!-- pressrun: {said} -->\n") == [("", 5, 5)]


def test_the_place_of_a_code_is_where_it_stands() -> None:
    (_, second) = ignore_comments_in(a_source(f"{HEAD}Größe. <!-- pressrun: ignore a-b c-d -->\n"))
    assert (second.place.line, second.place.column, second.place.width) == (5, 34, 3)
    assert second.place.excerpt == "Größe. <!-- pressrun: ignore a-b c-d -->"


# Front matter and publication.yaml


def test_a_comment_in_front_matter_is_about_its_line_or_the_next() -> None:
    text = "---\ntitle: Thaw # pressrun: ignore a-b\n# pressrun: ignore c-d\n# why\ndate: 2026-05-01\n---\nText.\n"
    assert reached(text) == [("a-b", 2, 2), ("c-d", 3, 5)]


def test_a_sign_inside_of_a_value_is_no_comment() -> None:
    text = "---\ntitle: '# pressrun: ignore a-b'\nsummary: |\n  # pressrun: ignore c-d\n---\n"
    assert reached(text) == []


def test_toml_has_comments_too() -> None:
    text = "+++\ntitle = '# pressrun: ignore a-b'\nx = 1 # pressrun: ignore c-d\n# pressrun: ignore e-f\ny = 1\n+++\n"
    assert reached(text) == [("c-d", 3, 3), ("e-f", 4, 5)]


def test_the_words_of_a_section_have_comments_of_their_own() -> None:
    text = "---\ntitle: Spring\nsections:\n- text: |\n    One. <!-- pressrun: ignore a-b -->\n---\n"
    assert reached(text, "editions/a.md") == [("a-b", 5, 5)]


@pytest.mark.parametrize("field", ["[a-b, c-d]", "a-b, c-d", "\n- a-b\n- c-d"])
@pytest.mark.parametrize("name", ["pressrun_ignore", "pressrunIgnore", "Pressrun-Ignore"])
def test_a_field_is_about_the_whole_file(name: str, field: str) -> None:
    text = f"---\ntitle: Thaw\n{name}: {field}\n---\nText.\n"
    found = ignore_comments_in(a_source(text))
    assert [each.code for each in found] == ["a-b", "c-d"]
    assert all(each.lines == range(1, text.count("\n") + 2) for each in found)
    assert all(each.place.excerpt[each.place.column - 1 :].startswith(each.code) for each in found)


def test_the_masthead_has_comments() -> None:
    assert reached("title: x\n# pressrun: ignore a-b\nlook: {}\n", "publication.yaml") == [("a-b", 2, 3)]


# Templates


def test_a_template_has_comments_of_its_own() -> None:
    text = (
        "{# pressrun: ignore a-b #}\n<p>\n</p>\n\n<p>{#- pressrun: ignore c-d -#}</p>\n<!-- pressrun: ignore e-f -->\n"
    )
    assert reached(text, "templates/story.html") == [("a-b", 1, 3), ("c-d", 5, 5)]


def test_a_style_sheet_has_two_kinds() -> None:
    text = "/* pressrun: ignore a-b */\np { color: red }\n\na { color: red } {# pressrun: ignore c-d #}\n"
    assert sorted(reached(text, "templates/newsletter.css")) == [("a-b", 1, 2), ("c-d", 4, 4)]


# What is silenced


def test_what_a_silence_speaks_of_is_not_told() -> None:
    problems = [a_problem(1), a_problem(2), a_problem(1, "html-removed"), a_problem(1, severity=Severity.HINT)]
    assert ignored_problems(problems, [a_silence()]) == problems[1:3]


def test_another_file_is_not_meant() -> None:
    elsewhere = Problem(Position("content/stories/b.md"), "picture-alt", "Something.", severity=Severity.WARNING)
    assert ignored_problems([elsewhere], [a_silence()]) == [elsewhere]


def test_no_error_is_silenced_and_that_is_told() -> None:
    error = a_problem(severity=Severity.ERROR)
    assert ignored_problems([error], [a_silence()]) == [error]
    (problem,) = idle([error], [a_silence()], ["picture-alt"])
    assert (problem.code, problem.severity) == ("ignore-unused", Severity.WARNING)
    assert problem.message == "picture-alt is an error here, and no error can be silenced"


def test_what_silences_nothing_is_told_unless_there_are_errors() -> None:
    (problem,) = idle([a_problem(7)], [a_silence()], ["picture-alt"])
    assert problem.message == "picture-alt is not told here, so there is nothing to silence"
    assert list(idle([a_problem(7, severity=Severity.ERROR)], [a_silence()], ["picture-alt"])) == []


def test_an_unknown_code_is_told_with_the_one_that_may_be_meant() -> None:
    (problem,) = idle([], [a_silence(code="pictures-alt")], ["picture-alt"])
    assert (problem.code, problem.hint) == ("ignore-unknown", "write picture-alt")


LETTERS = st.sampled_from(["#", "'", '"', "|", "\n", " ", "<!--", "-->", "é", "\U0001f600", "`", "- ", ":", "(", ")"])
SAID = st.sampled_from(["pressrun: ignore picture-alt", "a", "<!-- pressrun: ignore html-removed -->", "key: "])
NOISE = st.lists(LETTERS | SAID, max_size=30).map("".join)


@given(above=NOISE, below=NOISE, fence=st.sampled_from(["---", "+++"]))
def test_whatever_stands_in_a_file_each_code_is_found_where_it_stands(above: str, below: str, fence: str) -> None:
    source = a_source(f"{fence}\n{above}\n{fence}\n{below}")
    for ignore_comment in ignore_comments_in(source):
        place = ignore_comment.place
        assert source.text.split("\n")[place.line - 1] == place.excerpt
        assert place.excerpt[place.column - 1 :].startswith(ignore_comment.code)
        assert place.line in ignore_comment.lines


# A publication


def test_a_build_and_a_check_keep_silent(tmp_path: Path) -> None:
    text = f"{a_story_file()}\n<!-- pressrun: ignore picture-alt -->\n{PICTURE}\n{PICTURE}"
    root = a_folder(tmp_path, {"content/stories/a.md": text})
    line = text.count("\n")

    assert [problem.position.line for problem in build(root, root, build_request()).problems] == [line]
    assert told(root) == [("picture-alt", line)]


def test_a_build_says_nothing_of_what_is_of_no_use(tmp_path: Path) -> None:
    """The rules that only a check runs may have use for it."""
    text = f"{a_story_file()}\n<!-- pressrun: ignore picture-alt -->\n"
    root = a_folder(tmp_path, {"content/stories/a.md": text})

    assert build(root, root, build_request()).problems == ()
    assert told(root) == [("ignore-unused", text.count("\n"))]


def test_the_masthead_and_templates_can_silence(tmp_path: Path) -> None:
    masthead = MASTHEAD.replace("mail:\n", "mail:\n  colour: red # pressrun: ignore unknown-field\n")
    files = {"content/publication.yaml": masthead, "content/stories/a.md": a_story_file()}
    files["templates/stori.html"] = "{# pressrun: ignore near-miss #}\n"

    assert told(a_folder(tmp_path, files)) == []


def test_an_error_stays(tmp_path: Path) -> None:
    text = a_story_file(pressrun_ignore="[audio-missing, link-broken]", audio="/none.mp3") + "\n[x](missing.md)\n"
    root = a_folder(tmp_path, {"content/stories/a.md": text})

    codes = [code for code, _ in told(root)]
    assert sorted(codes) == ["audio-missing", "ignore-unused", "ignore-unused", "link-broken"]
    # To a build, a broken link is a warning.
    assert [problem.code for problem in build(root, root, build_request()).problems] == ["audio-missing"]


def test_drafts_that_are_held_back_are_left_in_peace(tmp_path: Path) -> None:
    draft = a_story_file(draft="true", pressrun_ignore="[picture-alt]", id="b", title="Draft")
    root = a_folder(tmp_path, {"content/stories/a.md": a_story_file(), "content/stories/b.md": draft})

    assert told(root) == []
    assert [problem.code for problem in check(root, build_request(drafts=True)).problems] == ["ignore-unused"]


def test_without_a_letter_nothing_is_said_of_its_templates(tmp_path: Path) -> None:
    files = {"templates/newsletter.css": "/* pressrun: ignore style-sheet */\n", "content/stories/a.md": a_story_file()}
    edition = "---\nid: tag:x,2026:e\ntitle: Spring\ndate: 2026-05-02\npreheader: Ice\nlead: a\n---\n"

    assert told(a_folder(tmp_path, files)) == []
    assert told(a_folder(tmp_path, {"content/editions/e.md": edition})) == [("ignore-unused", 1)]


def test_codes_that_nobody_asked_for_are_not_missed(tmp_path: Path) -> None:
    text = a_story_file(pressrun_ignore="[picture-alt, pictures-alt]")
    root = a_folder(tmp_path, {"content/stories/a.md": text})

    assert [code for code, _ in told(root)] == ["ignore-unused", "ignore-unknown"]
    assert [code for code, _ in told(root, CodeSelection(ignored=frozenset({"picture-alt"})))] == ["ignore-unknown"]
    assert told(root, CodeSelection(frozenset({"link-broken"}))) == []


def test_a_wrong_value_of_the_field_is_told(tmp_path: Path) -> None:
    root = a_folder(tmp_path, {"content/stories/a.md": a_story_file(pressrun_ignore="{a: b}")})
    assert [code for code, _ in told(root)] == ["wrong-type"]


def test_a_comment_is_seen_by_no_reader_and_takes_no_place_in_a_summary(tmp_path: Path) -> None:
    comment = "<!-- pressrun: ignore picture-alt -->"
    front = "---\nid: tag:x,2020:1\ntitle: Thaw\ndate: 2026-05-01\n---\n"
    story = f"{front}{comment}\nThe snow {comment} is gone. {PICTURE}"
    edition = f"---\nid: tag:x,2026:e\ntitle: Spring\ndate: 2026-05-02\nlead: a\n---\n{comment}\n\nGood morning.\n"
    root = a_folder(tmp_path, {"content/stories/a.md": story, "content/editions/e.md": edition})

    assert build(root, root, build_request()).problems == ()
    made = [path for path in root.rglob("*") if path.is_file() and {"public", "outbox"} & set(path.parts)]
    assert [path.name for path in made if b"pressrun: ignore" in path.read_bytes()] == []
    assert "<p>The snow is gone.</p>" in (root / "public/index.html").read_text()


# Codes


def test_every_page_is_found_by_its_code() -> None:
    assert list(pages()) == sorted(pages())
    assert pages()["picture-alt"].gist == "The picture has no text for those who do not see it."
    assert pages()["picture-alt"].severity == "warning"


def test_links_of_a_page_become_words() -> None:
    assert "](" not in pages()["password-in-file"].text
    assert "the server (manual: send)" in pages()["password-in-file"].text


@pytest.mark.parametrize("written", ["picture_alt", "Picture-Alt", "alt-picture", "pictur-alt"])
def test_a_slip_leads_to_the_code_that_was_meant(written: str) -> None:
    assert nearest(written, pages()) == "picture-alt"


def test_what_is_like_no_code_leads_nowhere() -> None:
    assert nearest("xyzzy", pages()) is None
