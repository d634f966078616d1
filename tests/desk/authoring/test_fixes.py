"""Names put right and times completed: each an edit in its place, and nothing else of the file says anything new."""

import re
from datetime import datetime
from itertools import zip_longest
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from builders import a_masthead
from pressrun.content.source.fields import quoted
from pressrun.content.source.moments import moment_written, with_offset
from pressrun.desk.authoring.edits import Edit, lines_of
from pressrun.desk.authoring.fixes import Mended, as_it_is, mended, offsets, reader_of, renames

BRUSSELS = ZoneInfo("Europe/Brussels")
STORY, EDITION, MASTHEAD = "stories/2026-05-12-thaw.md", "editions/spring.md", "publication.yaml"
TOP = "title: The Gazette\nhome: https://gazette.example/\ntimezone: Europe/Brussels\nids: gazette.example,2020\n"


def mended_text(text: str, path: str = STORY, kept: frozenset[str] = frozenset()) -> Mended:
    masthead = None if path == MASTHEAD else a_masthead(timezone=BRUSSELS)
    read = reader_of(path, f"content/{path}", masthead, is_edition=path == EDITION)
    return mended(as_it_is(text, read), read, (renames(kept), offsets(BRUSSELS)))


def fields_mended(fields: str, path: str = STORY) -> str:
    """What becomes of some *fields* of a story or an edition."""
    before = f"---\n{fields}\n---\nText.\n"
    after = mended_text(before, path).text
    assert after.startswith("---\n")
    assert after.endswith("\n---\nText.\n")
    return after.removeprefix("---\n").removesuffix("\n---\nText.\n")


# Names


@pytest.mark.parametrize(
    ("written", "right"),
    [
        ("tilte: Thaw", "title: Thaw"),
        ("title: Thaw\ntgas:   x  # why", "title: Thaw\ntags:   x  # why"),
        ("title: Thaw\n'sumary' : 'x'", "title: Thaw\n'summary' : 'x'"),
        ('title: Thaw\n"sumary": |\n  a\n  sumary: b', 'title: Thaw\n"summary": |\n  a\n  sumary: b'),
        ("{tilte: Thaw, sumary: x}", "{title: Thaw, summary: x}"),
        ("title: Thaw\n? sumary\n: x", "title: Thaw\n? summary\n: x"),
        ("title: Thaw\nexcrept: x", "title: Thaw\nexcerpt: x"),
        ("title: Thaw\nupdaetd: 2026-05-13 09:30", "title: Thaw\nupdated: 2026-05-13 09:30+02:00"),
    ],
)
def test_a_name_that_is_nearly_right_is_put_right_where_it_stands(written: str, right: str) -> None:
    assert fields_mended(written) == right


@pytest.mark.parametrize(
    "fields",
    [
        "title: Thaw\nsumary: x\nsummary: y",
        "title: Thaw\nsumary: x\nexcerpt: y",
        "title: Thaw\nsumary: x\nsumarry: y",
        "title: Thaw\ndrfat: perhaps",
        "title: Thaw\nsections: [a, b]",
        "title: Thaw\nupdaetd: 2026-05-01",
        'title: Thaw\n"sum\\x61ry": x',
        "title: Thaw\n&name sumary: x",
        "title: Thaw\nname: &name sumary\n*name : x",
        "title: Thaw\nall: &all\n  sumary: x\n<<: *all",
        "title: Thaw\nmine: x",
    ],
)
def test_a_name_stays_where_the_right_one_is_there_or_would_not_do(fields: str) -> None:
    assert fields_mended(fields) == fields


def test_a_name_that_decides_about_an_id_stays() -> None:
    """The id that a story has without one of its own is made of its date and its slug, and readers know it."""
    fields = "title: Thaw\nslgu: other\ndtae: 2026-06-01"

    assert fields_mended(fields) == fields
    assert fields_mended(f"id: x\n{fields}") == "id: x\ntitle: Thaw\nslug: other\ndate: 2026-06-01"


def test_a_name_that_has_its_use_stays() -> None:
    text = "---\ntitle: Thaw\nsumary: x\n---\n"
    assert mended_text(text, kept=frozenset({"sumary"})).text == text


def test_toml_and_its_tables_are_put_right_too() -> None:
    text = '+++\n# sumary = 1\n"tilte" = "Thaw" # sumary\nsumary="a"\n[taxonomis]\ntags = ["sumary"]\n+++\n'
    assert mended_text(text).text == (
        '+++\n# sumary = 1\n"title" = "Thaw" # sumary\nsummary="a"\n[taxonomies]\ntags = ["sumary"]\n+++\n'
    )


def test_an_edition_is_put_right_down_to_the_links_of_its_sections() -> None:
    fields = "title: x\ndate: 2026-05-12\nsections:\n- titel: a\n  storis: [b]\n- {links: {titel: c, url: 'https://c.example/'}}"
    assert fields_mended(fields, EDITION) == re.sub("titel", "title", fields.replace("storis", "stories"))


def test_the_masthead_is_put_right_in_all_its_groups() -> None:
    groups = "look: {light: {acent: '#9c2a1f'}}\nmail:\n  form: a@b.example\nfeeds:\n- limt: 3\n"
    text = f"\ufeffsubtitel: x\n{TOP}{groups}"
    right = (
        text.replace("titel:", "title:").replace("acent", "accent").replace("form:", "from:").replace("limt", "limit")
    )
    done = mended_text(text, MASTHEAD)

    assert done.text == right
    assert done.done == tuple(
        f"{was} is now {now}"
        for was, now in [("subtitel", "subtitle"), ("acent", "accent"), ("form", "from"), ("limt", "limit")]
    )


def test_what_cannot_be_read_is_left_alone() -> None:
    for path, text in ((STORY, "tilte: x\n"), (STORY, "---\ntilte: [\n---\n"), (MASTHEAD, "titel: [\n")):
        assert mended_text(text, path) == Mended(text, None)


# Times


@pytest.mark.parametrize(
    ("written", "whole"),
    [
        ("2026-05-12 09:30", "2026-05-12 09:30+02:00"),
        ("2026-01-12T09:30:15", "2026-01-12T09:30:15+01:00"),
        ("2026-05-12t9:30:15.25", "2026-05-12t9:30:15.25+02:00"),
        ("2026-03-29 02:30", "2026-03-29T03:30:00+02:00"),
        ("2026-10-25 02:30", "2026-10-25 02:30+02:00"),
    ],
)
@pytest.mark.parametrize(
    "form", ["date: {}", "date:   '{}'  # noon", 'title: x\n"pubDate" : "{}"', "{{date: {}, mood: x}}"]
)
def test_a_time_gets_the_offset_that_it_means(written: str, whole: str, form: str) -> None:
    fields = form.format(written)
    if "title" not in fields and not fields.startswith("{"):
        fields = f"title: x\n{fields}"
    fields = fields.replace("{date", "{title: x, date")
    assert fields_mended(fields, EDITION) == fields.replace(written, whole)


@pytest.mark.parametrize(
    "date",
    [
        "2026-05-12",
        "May 12, 2026",
        "2026-05-12T09:30Z",
        "2026-05-12 09:30 UTC",
        "2026-05-12 09:30 +0200",
        "1880-01-01 10:00",
        "|\n  2026-05-12 09:30",
        "2026-05-12\n  09:30",
        "&noon 2026-05-12 09:30",
        '"2026-05-12\\x2009:30"',
    ],
)
def test_a_day_alone_and_what_has_its_offset_or_cannot_have_one_stays(date: str) -> None:
    """A day is a day: with an offset it would become the day before, once the publication moves west."""
    fields = f"title: x\ndate: {date}"
    assert fields_mended(fields) == fields


def test_every_field_that_holds_a_moment_gets_its_offset() -> None:
    story = "title: x\nguid: x\nlastmod: 2026-05-14 10:00\npublishDate: 2026-05-13 10:00\npublished: 2026-05-12 10:00"
    edition = "title: x\npublish_date: 2026-05-13 10:00\nsince: 2026-05-12 10:00"

    assert fields_mended(story) == story.replace(" 10:00", " 10:00+02:00")
    assert fields_mended(edition, EDITION) == edition.replace(" 10:00", " 10:00+02:00")
    assert (
        fields_mended("title: x\ndate: 2026-05-12\nsince: last-edition\nevent: 2026-05-12 10:00", EDITION)[-6:]
        == " 10:00"
    )


def test_a_day_that_the_calendar_does_not_have_gets_no_offset() -> None:
    assert with_offset("2026-02-31 10:00", BRUSSELS) is None


def test_a_time_that_is_repeated_by_its_name_stays() -> None:
    fields = "title: x\ndate: &noon 2026-05-12 09:30\nupdated: *noon"
    assert fields_mended(fields) == fields


def test_an_offset_that_would_make_an_error_is_not_written() -> None:
    """On the evening of the day on which the clocks go back, the morning's offset is of another day."""
    fields = "title: x\ndate: 2026-10-25 23:30\nupdated: 2026-10-25 00:30"
    assert fields_mended(fields) == fields.replace("23:30", "23:30+01:00")


def test_toml_has_times_without_quotes() -> None:
    text = "+++\ntitle = 'x=2026-05-12 10:00'\ndate = 2026-05-12 09:30:00 # noon\nlastmod = '2026-05-13 09:30'\n+++\n"
    assert mended_text(text).text == text.replace("30:00", "30:00+02:00").replace("13 09:30", "13 09:30+02:00")


def test_a_line_that_holds_two_times_gets_two_offsets() -> None:
    fields = "{title: x, note: a=2026-05-12 10:00, date: 2026-05-12 10:00, updated: 2026-05-13 10:00}"
    assert fields_mended(fields) == re.sub(r"(date.*?|updated.*?)10:00", r"\g<1>10:00+02:00", fields).replace(
        "note: a=2026-05-12 10:00+02:00", "note: a=2026-05-12 10:00"
    )


def test_an_edit_whose_place_says_something_else_changes_nothing() -> None:
    assert Edit(1, 1, "a", "b").made_in("c\n") == "c\n"
    assert Edit(9, 1, "a", "b").made_in("a\n") == "a\n"


# The laws

SPACES = st.sampled_from(["", " ", "  "])
WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn"]), max_size=8)
NAMES = st.sampled_from(
    "tilte title date dtae pubDate updated updaetd lastmod sumary summary publish_date tgas drfat stroies sicne since "
    "sections mood slgu idd lead author autor".split()
)
MOMENTS = st.datetimes(datetime(1960, 1, 1), datetime(2040, 1, 1)).map(lambda moment: f"{moment:%Y-%m-%d %H:%M}")  # noqa: DTZ001 - that no zone is there is the point
VALUES = (
    MOMENTS
    | MOMENTS.map(lambda text: text.replace(" ", "T") + ":15")
    | st.sampled_from(
        [
            "2026-05-12",
            "2026-03-29 02:30",
            "2026-10-25 02:30",
            "2026-05-12 10:00Z",
            "true",
            "no",
            "12:30",
            "",
            "last-edition",
        ]
    )
)
ENDS = st.sampled_from(["\n", "\r\n", "\r"])


@st.composite
def scalars(draw: st.DrawFn) -> str:
    value = draw(VALUES | WORDS)
    if draw(st.booleans()):
        return "'" + value.replace("'", "''") + "'"
    return quoted(value) if draw(st.booleans()) or not re.fullmatch(r"[\w:-]+( [\d:]+)?", value) else value


@st.composite
def blocks(draw: st.DrawFn) -> str:
    names = draw(st.lists(NAMES, min_size=1, max_size=6, unique=draw(st.booleans())))
    if draw(st.integers(0, 4)) == 0:
        pairs = ", ".join(f"{name}: {draw(scalars())}" for name in names)
        return f"{{{pairs}}}"
    lines = []
    for name in names:
        name = draw(st.sampled_from([name, f'"{name}"', f"'{name}'"]))
        comment = draw(st.sampled_from(["", "  # tilte: 2026-05-12 10:00"]))
        lines.append(f"{name}{draw(SPACES)}: {draw(scalars())}{comment}")
    lines += draw(st.sampled_from([[], ["sections:", "- titel: 2026-05-12 10:00", "  text: |", "    tilte: x"]]))
    return "\n".join(lines)


@st.composite
def toml_blocks(draw: st.DrawFn) -> str:
    lines = []
    for name in draw(st.lists(NAMES, min_size=1, max_size=6, unique=True)):
        name = draw(st.sampled_from([name, f'"{name}"', f"'{name}'"]))
        moment = draw(MOMENTS)
        value = draw(
            st.sampled_from([f"{moment}:00", f'"{moment}"', moment[:10], "true", '"no"', '"""\ntilte = 1\n"""'])
        )
        lines.append(f"{name}{draw(SPACES)}={draw(SPACES)}{value} # dtae = 1")
    return "\n".join([*lines, *draw(st.sampled_from([[], ["[taxonomis]", 'tgas = ["a"]']]))])


@st.composite
def texts(draw: st.DrawFn) -> str:
    fence, block = draw(st.tuples(st.just("---"), blocks()) | st.tuples(st.just("+++"), toml_blocks()))
    if fence == "---" and not block.startswith("{") and draw(st.booleans()):
        block = "id: kept\ntitle: x\n" + "\n".join(line for line in block.split("\n") if not line.startswith("title"))
    text = f"{fence}\n{block}\n{fence}\ntilte: x\ndate: 2026-05-12 10:00\n"
    mark = draw(st.sampled_from(["", "\ufeff"]))
    return mark + text.replace("\n", draw(ENDS))


@given(text=texts(), path=st.sampled_from([STORY, EDITION]))
@example("---\n{updated: 2000-01-01 00:00, tilte: 2000-01-01 00:00, dtae: 2000-01-01 00:00}\n---\n", STORY)
def test_mending_puts_names_and_offsets_right_and_touches_nothing_else(text: str, path: str) -> None:
    before = mended_text(text, path)
    again = mended_text(before.text, path)

    assert (again.text, again.done) == (before.text, ())
    old, new = lines_of(text), lines_of(before.text)
    assert len(old) == len(new)
    changed = [pair for pair in zip(old, new, strict=True) if pair[0] != pair[1]]
    assert len(changed) <= len(before.done)
    for was, now in changed:
        assert_only_what_is_meant(was, now)


def assert_only_what_is_meant(was: str, now: str) -> None:
    """Token by token, each is what it was, or its right name, or the same moment with its offset."""
    token = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(?::\d\d)?(?:[-+]\d\d:\d\d)?|\w+|\W")
    right = {"tilte": "title", "titel": "title", "dtae": "date", "updaetd": "updated", "sumary": "summary"}
    right |= {
        "tgas": "tags",
        "drfat": "draft",
        "stroies": "stories",
        "sicne": "since",
        "slgu": "slug",
        "autor": "author",
    }
    right |= {"taxonomis": "taxonomies", "idd": "id", "sections": "section"}
    for one, other in zip_longest(token.findall(was), token.findall(now), fillvalue=""):
        if one != other and right.get(one) != other:
            moments = moment_written(one, BRUSSELS), moment_written(other)
            assert moments[0] is not None
            assert moments[1] is not None
            assert moments[0].isoformat() == moments[1].isoformat()


@given(
    moment=st.datetimes(),
    zone=st.sampled_from(["Europe/Brussels", "UTC", "Asia/Kolkata", "America/St_Johns", "Africa/Monrovia"]),
)
def test_an_offset_never_moves_a_moment(moment: datetime, zone: str) -> None:
    written = moment.isoformat(" ", "seconds")
    whole = with_offset(written, ZoneInfo(zone))
    assume(whole is not None)
    assert whole is not None
    meant, read = moment_written(written, ZoneInfo(zone)), moment_written(whole)

    assert meant is not None
    assert read is not None
    assert meant.isoformat() == read.isoformat()
    assert with_offset(whole, ZoneInfo(zone)) is None
