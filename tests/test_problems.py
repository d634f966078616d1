"""What can be wrong with a publication, in the exact words that a person sees, and its page in the manual.

Each folder below problems/ is named after the code that it shows; what follows a dot in its name tells
two of the same code apart. An empty file `check` in it says that a check shows it, where a build does not.
What git cannot carry well is added by `PREPARATIONS`.
"""

import ast
import functools
import json
import os
import re
import shutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

import pressrun
from builders import MASTHEAD, PNG, a_folder, build_request
from pressrun.cli.show import show_problems
from pressrun.content.freezing import differences
from pressrun.content.load import load
from pressrun.desk.checking.check import check
from pressrun.desk.checking.outside import named_by
from pressrun.hosts.answers import problems
from pressrun.hosts.memory import read
from pressrun.manual.codes import CodePage, pages
from pressrun.model.chain import Record
from pressrun.model.problems import ContentError, Problem, Severity, errors_in
from pressrun.press.building.build import build
from pressrun.press.building.press import Press
from pressrun.press.building.validity import stopping

SOURCE = Path(pressrun.__file__).parent
MANUAL = SOURCE / "manual"
INDEX = MANUAL / "problems.md"
PROBLEMS = Path(__file__).parent / "problems"
CASES = sorted(case.name for case in PROBLEMS.iterdir() if case.is_dir())
CODE = re.compile(r"[a-z]+(-[a-z]+)+")
PAGES = pages()


# The cases


@pytest.mark.parametrize("case", CASES)
def test_a_person_sees_what_is_expected(
    case: str, tmp_path: Path, rewrite: bool, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    problems = problems_of(case, prepared(case, tmp_path))
    text = "\n\n".join(str(problem) for problem in problems) + "\n"
    expected = PROBLEMS / case / "expected.txt"
    if rewrite:
        expected.write_text(text, encoding="utf-8", newline="\n")

    show_problems(problems)

    assert text == expected.read_text(encoding="utf-8")
    shown, _, last = capsys.readouterr().err.rstrip("\n").rpartition("\n")
    assert shown == text
    assert re.fullmatch(r"pressrun explain [a-z-]+ tells more\.", last)


@pytest.mark.parametrize("case", CASES)
def test_errors_and_nothing_else_keep_a_build_of_all_or_nothing_from_writing(case: str, tmp_path: Path) -> None:
    root = prepared(case, tmp_path)
    before = what_lies_below(root)

    problems = problems_of_build(root, all_or_nothing=True)

    wrote = what_lies_below(root) != before
    assert wrote == (not errors_in(problems))


@pytest.mark.parametrize("case", CASES)
def test_only_errors_that_no_story_and_no_edition_has_keep_a_build_from_writing(case: str, tmp_path: Path) -> None:
    root = prepared(case, tmp_path)
    before = what_lies_below(root)

    problems = problems_of_build(root)

    content, _ = load(root)
    wrote = what_lies_below(root) != before
    assert wrote == (content is not None and not stopping(problems, content))


def test_every_code_has_a_case() -> None:
    assert {code_of(case) for case in CASES} == codes_in_source()


@pytest.mark.parametrize("case", CASES)
def test_a_case_shows_its_code(case: str) -> None:
    assert code_of(case) in codes_shown_in(case)


def test_no_case_shows_a_code_that_the_source_does_not_name() -> None:
    """Otherwise a code could hide from the tests here, and from the manual."""
    shown = {code for case in CASES for code in codes_shown_in(case)}

    assert shown == codes_in_source()


# The manual


def test_the_manual_has_a_page_for_every_code_and_no_other() -> None:
    assert list(PAGES) == sorted(codes_in_source())


def test_a_page_is_named_after_its_code() -> None:
    assert set(PAGES) == {path.stem for path in (MANUAL / "problems").iterdir()}


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_every_page_says_what_why_who_suffers_how_to_mend_it_and_when_to_ignore_it(page: CodePage) -> None:
    parts = re.split(r"^\*\*([A-Z][a-z ]+):\*\* ", page.text, flags=re.MULTILINE)

    assert parts[1::2] == ["Why", "Who suffers", "How to mend it", "When to ignore it"]
    assert all(part.strip() for part in parts)
    assert set(page.severity.split(" or ")) <= {severity.value for severity in Severity}
    assert len(page.gist) <= 100


def test_the_index_tells_every_page_in_a_line(rewrite: bool) -> None:
    """With --rewrite it is made anew from the pages."""
    rows = "".join(
        f"| [{page.code}](problems/{page.code}.md) | {page.severity} | {page.gist} |\n" for page in PAGES.values()
    )
    table = f"| Code | Severity | What it is |\n|---|---|---|\n{rows}"
    text = INDEX.read_text(encoding="utf-8")
    if rewrite:
        text = re.sub(r"^\| Code \|(?:.*\n)(?:\|.*\n)*", lambda _: table, text, flags=re.MULTILINE)
        INDEX.write_text(text, encoding="utf-8", newline="\n")

    assert table in text


def test_a_page_tells_the_severities_that_its_cases_show() -> None:
    for case in CASES:
        text = (PROBLEMS / case / "expected.txt").read_text(encoding="utf-8")
        for severity, code in re.findall(r"^\S.*: (error|warning|hint): .* \[([a-z-]+)\]$", text, re.MULTILINE):
            assert severity in PAGES[code].severity.split(" or "), case


# Preparations


def prepared(case: str, tmp_path: Path) -> Path:
    """A copy of *case* as a person would have it before them: a masthead where it has none, and its preparation."""
    root = tmp_path / "gazette"
    for part in ("content", "templates"):
        if (PROBLEMS / case / part).is_dir():
            shutil.copytree(PROBLEMS / case / part, root / part)
    if not (root / "content" / "publication.yaml").exists():
        a_folder(root, {"content/publication.yaml": MASTHEAD})
    if case in PREPARATIONS:
        PREPARATIONS[case](root)
    return root


def no_masthead(root: Path) -> None:
    (root / "content" / "publication.yaml").unlink()


def control_characters(root: Path) -> None:
    """Each sign that depicts a control character, such as ␇, becomes what it depicts."""
    for story in (root / "content" / "stories").iterdir():
        text = story.read_text(encoding="utf-8")
        text = re.sub("[\u2400-\u241f]", lambda sign: chr(ord(sign.group()) - 0x2400), text)
        story.write_bytes(text.encode())


def other_encodings(root: Path) -> None:
    for name, encoding, mark in (("01-first-snow", "latin-1", b""), ("02-ferry", "utf-16-le", b"\xff\xfe")):
        story = root / "content" / "stories" / f"2026-05-{name}.md"
        story.write_bytes(mark + story.read_text(encoding="utf-8").encode(encoding))


def unspeakable_names(root: Path) -> None:
    story = root / "content" / "stories" / "2026-05-01-first-snow.md"
    story.rename(story.with_name("2026-05-01-first\asnow.md"))
    a_folder(root, {"content/images/first\u200bsnow.png": PNG})


def links_in_the_folder(root: Path) -> None:
    content = root / "content"
    a_folder(root, {"../elsewhere/ferry.png": PNG, "content/archive/2020.md": "Long ago."})
    (content / "ferry.png").symlink_to(root / ".." / "elsewhere" / "ferry.png")
    (content / "stories" / "2026-05-02-ferry.md").symlink_to("2026-05-02-fery.md")
    (content / "stories" / "archive").symlink_to("../archive")


def a_long_story(root: Path) -> None:
    """The last line of the story, a timetable's, many times over."""
    story = root / "content" / "stories" / "2026-05-01-first-snow.md"
    *lines, last = story.read_text(encoding="utf-8").splitlines(keepends=True)
    story.write_text("".join([*lines, last * 2_000]), encoding="utf-8")


def somebodys_files(root: Path) -> None:
    a_folder(
        root,
        {
            "public/atom.xml": "<feed>Made by hand.</feed>\n",
            "public/index.html/notes.txt": "A folder where a page belongs.\n",
            "outbox/spring/newsletter.txt": "Written by hand.\n",
            "../elsewhere/first-snow/index.html": "<p>The site before this one.</p>\n",
        },
    )
    (root / "public" / "stories").symlink_to(root / ".." / "elsewhere")


def a_page_changed_by_hand(root: Path) -> None:
    build(root, root, build_request())
    page = root / "public" / "stories" / "ferry" / "index.html"
    page.write_text("<p>The ferry sails at noon, and again at six.</p>\n", encoding="utf-8")
    (root / "content" / "stories" / "2026-05-02-ferry.md").unlink()


def a_heavy_picture(root: Path) -> None:
    """What stands behind the end of a picture's data is looked at by nobody, and weighs."""
    picture = root / "content" / "images" / "quay.png"
    picture.write_bytes(picture.read_bytes().ljust(2_500_000, b"\0"))


def a_heavy_feed(root: Path) -> None:
    story = root / "content" / "stories" / "2026-05-01-first-snow.md"
    text = story.read_text(encoding="utf-8")
    story.write_text(text + text.splitlines(keepends=True)[-1] * 6_000, encoding="utf-8")


def ids_that_moved(root: Path) -> None:
    build(root, root, build_request())
    stories = root / "content" / "stories"
    snow = stories / "2026-05-01-first-snow.md"
    snow.write_text(snow.read_text(encoding="utf-8").replace("stories/1", "stories/first-snow"), encoding="utf-8")
    (stories / "2026-05-02-ferry.md").rename(stories / "2026-05-02-the-ferry.md")


PREPARATIONS: dict[str, Callable[[Path], None]] = {
    "control-character": control_characters,
    "file-encoding": other_encodings,
    "file-name": unspeakable_names,
    "letter-size": a_long_story,
    "letter-size.clipped": a_long_story,
    "output-changed": a_page_changed_by_hand,
    "output-foreign": somebodys_files,
    "path-outside": links_in_the_folder,
    "publication-missing": no_masthead,
    "feed-reflood": ids_that_moved,
    "feed-size": a_heavy_feed,
    "picture-oversized": a_heavy_picture,
}


# What is looked at


def problems_of(case: str, root: Path) -> list[Problem]:
    """What is told of *root*, a copy of *case*, by whichever of the two shows it."""
    if (PROBLEMS / case / "check").exists():
        return list(check(root, build_request(), beyond=functools.partial(beyond, case)).problems)
    return problems_of_build(root)


def beyond(case: str, press: Press) -> Iterable[Problem]:
    """What is told of addresses on other hosts where links.json holds the answers, as an earlier check kept them.

    So with the lists of a store where store.json holds them, by the edition's id.
    """
    store = PROBLEMS / case / "store.json"
    lists = json.loads(store.read_text(encoding="utf-8")) if store.exists() else {}
    records = {each: Record(each, frozenset(("newsletter",)), True, tuple(ids), ()) for each, ids in lists.items()}
    yield from differences(press.evaluation, records)
    kept = PROBLEMS / case / "links.json"
    answers = read(kept.read_bytes()) if kept.exists() else {}
    yield from problems(named_by(press), {url: each.answer for url, each in answers.items()})


def problems_of_build(root: Path, *, all_or_nothing: bool = False) -> list[Problem]:
    """What a build of *root* tells of, whether it comes to an end or not."""
    try:
        return list(build(root, root, build_request(), all_or_nothing=all_or_nothing).problems)
    except ContentError as error:
        return error.problems


def what_lies_below(root: Path) -> dict[Path, object]:
    """Every path below *root* with its bytes, or where it leads if it is a link, or nothing if it is a folder.

    What is remembered for the next run is nobody's output.
    """
    return {
        place: os.readlink(place) if place.is_symlink() else place.read_bytes() if place.is_file() else None
        for place in root.rglob("*")
        if ".cache" not in place.parts
    }


def code_of(case: str) -> str:
    return case.partition(".")[0]


def codes_shown_in(case: str) -> set[str]:
    text = (PROBLEMS / case / "expected.txt").read_text(encoding="utf-8")
    return set(re.findall(r"^\S.*: (?:error|warning|hint): .* \[([a-z-]+)\]$", text, re.MULTILINE))


@functools.cache
def codes_in_source() -> set[str]:
    """Every code that the source names: whatever it hands to something that is called `code`."""
    trees = [ast.parse(file.read_text(encoding="utf-8")) for file in SOURCE.rglob("*.py")]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    places = dict(place for node in nodes if (place := place_of_code(node)))
    texts = (text for node in nodes for value in values_of_code(node, places) for text in ast.walk(value))
    found = (text.value for text in texts if isinstance(text, ast.Constant) and isinstance(text.value, str))
    return {text for text in found if CODE.fullmatch(text)}


def place_of_code(node: ast.AST) -> tuple[str, int] | None:
    """The name of a function or class that is given a code, and the how manieth value of a call that is."""
    match node:
        case ast.FunctionDef():
            names = [argument.arg for argument in node.args.args if argument.arg != "self"]
        case ast.ClassDef():
            fields = [line.target for line in node.body if isinstance(line, ast.AnnAssign)]
            names = [field.id for field in fields if isinstance(field, ast.Name)]
        case _:
            return None
    return (node.name, names.index("code")) if "code" in names else None


def values_of_code(node: ast.AST, places: dict[str, int]) -> Iterator[ast.expr]:
    """What *node* gives as a code: in a call, to a name, or in the context that a date is read in."""
    match node:
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=values, keywords=keywords):
            yield from (keyword.value for keyword in keywords if keyword.arg == "code")
            yield from values[places[name] : places[name] + 1] if name in places else ()
        case ast.Assign(targets=[ast.Name(id="code") | ast.Attribute(attr="code")], value=value):
            yield value
        case ast.Dict(keys=keys, values=values):
            pairs = zip(keys, values, strict=True)
            yield from (value for key, value in pairs if isinstance(key, ast.Constant) and key.value == "date_code")
