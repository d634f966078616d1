"""What is read without YAML is what YAML and all types would have given, to the last position."""

import dataclasses
import pickle
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from benchmarks.newsroom import Newsroom
from builders import a_masthead, a_source, a_story_file
from pressrun.content.load import load, story_of
from pressrun.content.plainfields import plain_story
from pressrun.content.source.files import SourceFile, source_of
from pressrun.content.source.names import STORY_NAMES
from pressrun.content.storyfields import read_story
from pressrun.model.publication import Author, Masthead
from pressrun.model.story import Story

ROOT = Path(__file__).parent.parent.parent
PATHS = (
    "stories/2026-05-12-moving-house.md",
    "stories/moving-house.md",
    "stories/2026-02-30_x.md",
    "stories/_drafts/ä/index.md",
)
MASTHEAD = Masthead(a_masthead().publication, {"Ada": Author("Ada Lovelace", uri="https://ada.example/")})


def compared(source: SourceFile, masthead: Masthead = MASTHEAD) -> Story | None:
    """What the plain reader gives for *source*, after it was held against what the full way gives."""
    plain = plain_story(source, masthead)
    if plain is None:
        return None
    full, problems = read_story(source, masthead)
    assert problems == []
    assert full is not None
    assert plain == full
    # Equality overlooks the type of a number, the order of fields, positions and the offset of a moment.
    assert repr(plain) == repr(full)
    assert list(plain.positions.items()) == list(full.positions.items())
    return plain


def is_plain(front_matter: str, path: str = PATHS[0]) -> bool:
    return compared(a_source(f"---\ntitle: A title\n{front_matter}\n---\nText.\n", path)) is not None


SCALARS = """\
no|yes|true|False|TRUE|on|0|1|12:30|1.10|-7|+5|.5|1e3|0x1F|007|null|Null|~|~a|-|- a|-a|--|---|...|?|? a|:|: a|a:
a: b|a:b|a :b|a::b|a#b|a #b|#a|&a|*a|!a|!!str a|\\a|a\\nb|@a|`a|%a|%YAML 1.2|{a: b}|{a}|[a]b|[a|a]|[|]|[]|[ ]
[,]|[a, , b]|[a, b,]|[a,b]|[ a , b ]|[a]|['a', "b"]|["a, b", c]|['it''s']|[a: b]|[a:b]|[~]|[null, a]|[a, a]
[a b, c-d]|[- a]|[-a]|[a - b]|[a ?b]|[[a]]|[{a: b}]|['']|[""]|[' ']|'it''s'|'a'|"a"|"a\\n"|"a\\"b"|'a"b'|"a'b"
'a: b # c'|"a: b # c"|''|""|' '|"  a  b "|'a|a'|"a|a"|'a' b|'a'b|'a' # b|"a" ,|a  b|a\tb|a\x85b|a\u2028b|\xa0
a\xa0b|a\xa0|\u3000a|\u3000|a\u200db|\ufeff|\ufeffa|a\ufeff|\ud7ff|\ue000|\ufffd|\U0001f600 x|é|e\u0301|\u212b|٣
x\x7f||  |>|>-|\x7c|a, b; c|a;b|,|;|a,|=|<<|<a>|a&b|a*b|it's|5" disk|C#|(a)|$a|^a|a/b|/a/b/|/|//a|../a|a/../b|.a
.pressrun|a.b|a?b|a%20b|A_b-c|ä-ö|https://example.org|https://example.org/|http://example.org/a/b.html
HTTPS://example.org/|https://example.org/a?b=c|https://ex ample|mailto:a@b|https://example.org:8080/a
https://münchen.example/|https://example.org/ä|https://example.org/a//b|tag:example.org,2020:a|urn:x|false
/a.html|image.png|2026-05-12|2026-5-2|2026-02-30|2026-05-12T09:30|2026-05-12 09:30:00|2026-05-12T09:30:00+02:00
2026-05-12T09:30:00Z|2026-05-12T09:30:00.5Z|2026-05-12 09:30 +0200|2026-05-12T09:30:00 -04:00
2026-05-12T25:00:00Z|2026-05-12T24:00:00Z|2026-05-12T09:60:00Z|2026-05-12T09:30:00+24:00
2026-05-12T09:30:00+02:60|0001-01-01|9999-12-31|0000-00-00|0001-01-01T00:00:00+14:00|May 12, 2026
2026-03-08T02:30:00|2026-11-01T01:30:00|٢٠٢٦-٠٥-١٢|2026-05-12T09:30:00UTC|2026-05-12T09:30:00-00:00
2026-05-12t09:30:00z|2026-05-11|2026-05-13|draft|published|Draft|en|de-AT|english|Ada|Ada, Ben
""".replace("\n", "|").split("|")
SCALARS += ["|", "a|b", "qslotq41q"]
KNOWN = [name for canonical, others in STORY_NAMES.aliases.items() for name in (canonical, *others)]
NAMES = [
    *(
        "Title",
        "TITLE",
        "ti-tle",
        "pub-date",
        "Draft",
        "layout",
        "weight",
        "a",
        "B_c",
        "x-y",
        "sumary",
        "tittle",
        "tagz",
        "null",
    ),
    *(
        "<<",
        "~",
        "Null",
        "'title'",
        '"a"',
        "ä",
        "1a",
        "a b",
        "a.b",
        "-a",
        "y",
        "no",
        "_",
        "a" * 63,
        "a" * 64,
        "a" * 65,
        "a" * 1025,
    ),
    *("dates", "authr", "statsu", "a:b", "?a", "&a", "title ", " title", "title\xa0"),
]
SPACES = st.sampled_from([" "] * 8 + ["", "  ", "\t", "\xa0", " \t"])
ENDS = st.sampled_from(
    ["\n"] * 12
    + [" \n", "  \n", "\n\n", "\n \n", "\t\n", " # why\n", "\n# why\n", "\x85", "\u2028", "\n  more\n", "\n\t\n"]
)


def kinds(chances: list[tuple[int, st.SearchStrategy[str]]]) -> st.SearchStrategy[str]:
    """One of several strategies, each as often as its number says."""
    return st.sampled_from([each for number, each in chances for _ in range(number)]).flatmap(lambda each: each)


PRINTABLE = st.characters(exclude_categories=["Cc", "Cs"])
WORDS = st.text("abcz 019.,;:-_'\"[]{}()/!?é#\xa0", max_size=12)
SCALAR = kinds(
    [(6, st.sampled_from(SCALARS)), (2, WORDS), (1, st.text(PRINTABLE, max_size=6)), (1, st.text(max_size=4))]
)
EASY = st.sampled_from(
    "a|b c|Ada|2026-05-12|2026-05-12T09:30:00+02:00|true|no|5|1.10|x-y|/a/b/|en|'a b'|\"c: d\"|ä".split("|")
)
QUOTED = st.tuples(st.sampled_from(["'", '"']), SCALAR).map(lambda pair: pair[0] + pair[1] + pair[0])
TEXTS = kinds([(5, EASY), (3, SCALAR), (1, QUOTED)])
FLOW = st.lists(TEXTS, max_size=3).map(lambda items: f"[{', '.join(items)}]")


@st.composite
def dashes(draw: st.DrawFn) -> str:
    indent = draw(st.sampled_from(["", " ", "  ", "    "]))
    odd = st.sampled_from([indent] * 9 + [indent + " ", "", "\t"])
    after = st.sampled_from([" "] * 9 + ["  ", "", "\t"])
    lines = [f"{draw(odd)}-{draw(after)}{draw(TEXTS)}" for _ in range(draw(st.integers(1, 3)))]
    return "\n" + draw(st.sampled_from(["\n"] * 9 + [" \n", "\n\n"])).join(lines)


@st.composite
def fields(draw: st.DrawFn) -> str:
    name = draw(
        kinds(
            [(8, st.sampled_from(KNOWN)), (2, st.sampled_from(NAMES)), (1, st.text("abtile_-", min_size=1, max_size=6))]
        )
    )
    value = draw(kinds([(6, TEXTS), (2, FLOW), (2, dashes()), (1, QUOTED)]))
    space = draw(SPACES) if not value.startswith("\n") else draw(st.sampled_from(["", "", "", " "]))
    return f"{name}:{space}{value}{draw(ENDS)}"


TEXT = st.sampled_from(["A b", "'a: b'", '"# c"', "it's", "Ä\xa0é e\u0301", "a,b; c", "5", "no", "x-y", "a  b "])
LIST = st.one_of(
    TEXT,
    st.lists(st.sampled_from(["a", "b c", "'d, e'", '"f" ', "Ada", "7", "ü"]), max_size=3).flatmap(
        lambda items: st.sampled_from([f"[{', '.join(items)}]", *(["\n- ", "\n  - "] if items else [])]).map(
            lambda form: form if form.startswith("[") else "".join(form + item for item in items)
        )
    ),
)
DATE = st.sampled_from(
    ["2026-05-12", "2026-5-2", "2026-05-12T09:30:00-04:00", "2026-05-12 09:30Z", "2026-05-13T00:30", "'May 12, 2026'"]
)
FITTING = {
    **dict.fromkeys(("date", "updated", "publish_date", "published"), DATE),
    **dict.fromkeys(("draft", "published"), st.sampled_from(["true", "no", "'on'", "0", "False"])),
    **dict.fromkeys(("tags", "categories", "authors", "pressrun_ignore"), LIST),
    **dict.fromkeys(("slug", "lang"), st.sampled_from(["en", "'de'", "pt-BR"])),
    **dict.fromkeys(("aliases", "path", "image"), st.sampled_from(["/a/b/", "c.html", "'/d'", "ä/b"])),
    "canonical_url": st.sampled_from(["https://example.org/a", "'http://a.example'"]),
}

FITTED = [*(name for name in STORY_NAMES.aliases if name not in ("title", "taxonomies")), "layout", "weight"]


@st.composite
def fitting_fields(draw: st.DrawFn) -> str:
    """A field with a value that it takes, under any of its names; or a field that nobody knows."""
    canonical = draw(st.sampled_from(FITTED))
    name = draw(st.sampled_from([canonical, *STORY_NAMES.aliases.get(canonical, ())]))
    value = draw(FITTING.get(canonical, LIST if canonical == "layout" else TEXT))
    space = "" if value.startswith("\n") else draw(st.sampled_from([" ", "  "]))
    return f"{name}:{space}{value}{draw(st.sampled_from(['', '', ' ']))}\n"


@st.composite
def files(draw: st.DrawFn) -> str:
    lines = draw(st.lists(fitting_fields(), max_size=5, unique_by=lambda line: line.partition(":")[0]))
    lines.insert(draw(st.integers(0, len(lines))), "title: A title\n")
    begin, end = "---\n", "---\n"
    # Nearly plain is what finds faults; what is odd all over is left to the full way at once.
    for _ in range(draw(st.sampled_from([0, 0, 1, 1, 2]))):
        fault = draw(st.integers(0, 12))
        place = draw(st.integers(0, len(lines)))
        if fault < 6:
            lines.insert(place, draw(fields()))
        elif fault == 6:
            lines.insert(place, draw(st.sampled_from(["\n", "# a\n", "a\n", "- a\n", "...\n", "--- \n", "\x0c\n"])))
        elif fault == 7:
            begin = draw(st.sampled_from(["--- \n", "\n---\n", "----\n", "+++\n", "\ufeff---\n", "", "--- a\n"]))
        elif fault == 8:
            end = draw(st.sampled_from(["---", "...\n", "--- \n", "----\n", "", "---a\n", " ---\n", "---\x85\n"]))
        elif lines:
            place = min(place, len(lines) - 1)
            cut = draw(st.integers(0, len(lines[place])))
            sign = draw(
                st.sampled_from([*": #'\"[],-{}&*!|>%@`~?\\\n\t\r\xa0\x85\u2028", "", ": ", " #", "\n ", "\n\n", "''"])
            )
            lines[place] = lines[place][:cut] + sign + lines[place][cut + draw(st.integers(0, 1)) :]
    return begin + "".join(lines) + end + draw(st.sampled_from(["Text.\n", "", "\nText\n---\nmore\n", "\n\n"]))


@settings(max_examples=20 * settings.default.max_examples)
@given(text=files(), path=st.sampled_from([*PATHS, *PATHS[:1] * 4]))
def test_the_plain_way_gives_what_the_full_way_gives_or_nothing(text: str, path: str) -> None:
    story = compared(SourceFile(path, f"content/{path}", text))
    event("read plainly" if story else "left to the full way")


@settings(max_examples=10 * settings.default.max_examples)
@given(name=st.sampled_from(KNOWN), value=TEXTS, path=st.sampled_from(PATHS), title=st.booleans())
def test_one_field_alone_is_read_as_the_full_way_reads_it(name: str, value: str, path: str, title: bool) -> None:
    line = f"{name}: {value}\n" + ("title: A title\n" if title else "")
    event("read plainly" if compared(SourceFile(path, path, f"---\n{line}---\n")) else "left to the full way")


@pytest.mark.parametrize("name", [*STORY_NAMES.aliases, "layout"])
def test_every_field_with_every_odd_value_is_read_as_the_full_way_reads_it(name: str) -> None:
    for value in SCALARS:
        for written in (value, f"[a, {value}]", f"\n  - {value}", f"'{value}'"):
            compared(a_source(f"---\ntitle: A title\n{name}: {written}\n---\n"))


@pytest.mark.parametrize("wrap", ["{}", "a{}", "{}a", "a{}b", "'{}'", '"{}"', "[{}]", "[a{}b]", "\n- {}", "\n- a{}b"])
def test_every_character_is_read_as_the_full_way_reads_it(wrap: str) -> None:
    points = [*range(0x180), *range(0x1FF0, 0x2070), 0x3000, 0xD7FF, 0xD800, 0xDFFF, 0xE000, *range(0xFEF0, 0xFF10)]
    for point in [*points, *range(0xFFF0, 0x10010), 0x1F600, 0x10FFFF]:
        for name in ("title", "tags", "layout"):
            text = f"---\ntitles_: a\n{name}: {wrap.replace('{}', chr(point))}\n"
            compared(
                SourceFile(
                    PATHS[0], PATHS[0], text.replace("titles_", "title" if name != "title" else "section") + "---\n"
                )
            )


def stories_below(root: Path) -> dict[str, tuple[SourceFile, Masthead]]:
    content, _ = load(root)
    assert content is not None
    masthead = Masthead(content.publication, {})
    sources = {}
    for path in content.folder.stories_below(content.folders.stories):
        source, problems = source_of("content", path, content.folder.data(path))
        assert source is not None, problems
        sources[path] = (source, masthead)
    return sources


# Of Hugo's 38, 27 are TOML and one has nested fields.
@pytest.mark.parametrize(
    ("root", "plain", "full"), [(".", 5, 0), ("tests/publications/hugo", 10, 28), ("tests/publications/jekyll", 37, 0)]
)
def test_stories_as_people_wrote_them_are_mostly_read_the_plain_way(root: str, plain: int, full: int) -> None:
    read = [compared(source, masthead) is not None for source, masthead in stories_below(ROOT / root).values()]
    assert (read.count(True), read.count(False)) == (plain, full)


def test_a_newsroom_is_read_the_plain_way() -> None:
    newsroom = Newsroom(200)
    for number in range(200):
        path = f"stories/{newsroom.slug(number)}.md"
        assert compared(SourceFile(path, f"content/{path}", newsroom.story(number))) is not None


def test_what_the_tests_write_is_read_the_plain_way() -> None:
    assert compared(a_source(a_story_file())) is not None


def test_positions_are_worked_out_once_somebody_asks_and_travel_between_processes() -> None:
    source = a_source("---\ntitle: A title\nAuthor: Ada\ntags:\n  - a\n---\nText.\n")
    story = compared(source)
    assert story is not None
    travelled = pickle.loads(pickle.dumps(story))
    assert travelled == story
    assert dict(travelled.positions) == dict(story.positions)
    assert "authors" in travelled.positions
    assert "summary" not in travelled.positions
    assert travelled.positions["tags"].line == 5
    assert len(dataclasses.replace(story, title="Another").positions) == 3


def test_a_story_does_not_hold_its_whole_file_for_its_positions() -> None:
    story = plain_story(a_source(f"---\ntitle: A title\n---\n{'Text. ' * 10_000}"), MASTHEAD)
    assert story is not None
    assert len(pickle.dumps(story.positions)) < 500


def test_a_story_with_a_problem_is_left_to_the_full_way() -> None:
    story, problems = story_of("stories/a.md", b"---\ntitle: A title\ndate: 2026-02-30\n---\n", MASTHEAD)
    assert story is None
    assert [problem.code for problem in problems] == ["story-date"]


def test_bytes_that_are_no_text_are_told() -> None:
    story, problems = story_of("stories/a.md", b"---\ntitle: \xff\n---\n", MASTHEAD, "texts")
    assert story is None
    assert [(problem.code, problem.position.file) for problem in problems] == [("file-encoding", "texts/stories/a.md")]


@pytest.mark.parametrize(
    "data", [b"\xef\xbb\xbf---\r\ntitle: A title\r\ntags: [a]\r\n---\r\nText.\r\n", b"---\rtitle: A title\r---\r"]
)
def test_line_ends_and_a_byte_order_mark_of_other_systems_are_no_obstacle(data: bytes) -> None:
    source, _ = source_of("content", PATHS[0], data)
    assert source is not None
    assert compared(source) is not None


@pytest.mark.usefixtures("unmeasured")
def test_reading_a_plain_story_imports_neither_yaml_nor_pydantic() -> None:
    program = """
import sys
from zoneinfo import ZoneInfo
from pressrun.content.load import story_of
from pressrun.model.publication import Author, Masthead, Publication
publication = Publication("A", "https://a.example/", "en", ZoneInfo("UTC"), "a.example,2020", (Author("A"),))
data = "---\\ntitle: Ä\\ndate: 2026-05-12\\nlayout: post\\n---\\nText.\\n".encode()
story, problems = story_of("stories/a.md", data, Masthead(publication, {}))
assert story is not None and story.extra == {"layout": "post"} and story.positions["title"].line == 2
print(*sorted({"yaml", "pydantic", "pydantic_core", "idna", "tempfile", "tomllib"} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
