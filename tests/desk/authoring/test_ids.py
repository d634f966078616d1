"""An id goes into a file's text, and nothing else of it moves."""

import re
from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from builders import a_masthead
from pressrun.content.editions import read_edition
from pressrun.content.source.fields import quoted
from pressrun.content.source.files import SourceFile, with_line_feeds
from pressrun.content.storyfields import read_story
from pressrun.desk.authoring.ids import minted
from pressrun.model.edition import Edition
from pressrun.model.problems import Problem, errors_in
from pressrun.model.story import Story

STORY, EDITION = "stories/moving-house.md", "editions/spring.md"
ID = "tag:gazette.example,2020:stories/2026-05-12/moving-house"
REQUIRED = "title: Moving house\ndate: 2026-05-12\n"


def a_piece(text: str, path: str = STORY) -> tuple[Story | Edition | None, list[Problem]]:
    """What Pressrun's own reader makes of *text*, and the errors in it."""
    source = SourceFile(path, f"content/{path}", with_line_feeds(text.removeprefix("\ufeff")))
    if path.startswith("editions/"):
        edition, problems = read_edition(source, a_masthead())
        return edition, errors_in(problems)
    story, problems = read_story(source, a_masthead())
    return story, errors_in(problems)


def with_id(text: str, path: str = STORY) -> str:
    """*text* with its id; it must go."""
    piece, _ = a_piece(text, path)
    assert piece is not None
    after, problems = minted(text, piece, a_masthead())
    assert problems == []
    assert after is not None
    return after


def refused(text: str) -> list[Problem]:
    """Why no id goes into *text*; it must not go."""
    piece, _ = a_piece(text)
    assert piece is not None
    after, problems = minted(text, piece, a_masthead())
    assert after is None
    return problems


# Where the id goes


def test_the_id_stands_in_the_first_line_below_the_fence() -> None:
    assert with_id(f"---\n# Mine.\n{REQUIRED}---\nText.\n") == f"---\nid: {ID}\n# Mine.\n{REQUIRED}---\nText.\n"


def test_toml_has_its_own_way_of_writing_it() -> None:
    text = '+++\n# Mine.\ntitle = "Moving house"\ndate = 2026-05-12\n[taxonomies]\ntags = []\n+++\nText.\n'
    assert with_id(text) == text.replace("+++\n#", f'+++\nid = "{ID}"\n#')


def test_an_edition_gets_its_id_in_the_same_way() -> None:
    text = "---\ntitle: Spring\ndate: 2026-05-12\nlead: thaw\nstories:\n- ferry\n- pass\n---\n"
    assert (
        with_id(text, EDITION)
        == f"---\nid: tag:gazette.example,2020:editions/2026-05-12/spring\n{text.removeprefix('---')[1:]}"
    )


def test_sections_with_words_and_stories_move_down_with_everything_else() -> None:
    text = f"---\n{REQUIRED}sections:\n- title: More\n  text: |\n    Words.\n  stories: [ferry]\n---\n"
    assert with_id(text, EDITION).endswith(text.removeprefix("---"))


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_the_new_line_ends_as_the_fence_does(end: str) -> None:
    text = f"---{end}title: Moving house\ndate: 2026-05-12\r\n---\nText."
    assert with_id(text) == text.replace(f"---{end}", f"---{end}id: {ID}{end}", 1)


def test_a_byte_order_mark_and_blank_lines_stay_before_the_fence() -> None:
    text = f"\ufeff\n \n---  \n{REQUIRED}---\n"
    assert with_id(text) == text.replace("---  \n", f"---  \nid: {ID}\n")


def test_front_matter_that_is_indented_stays_in_its_column() -> None:
    assert with_id("---\n  title: x\n  date: 2026-05-12\n---\n").startswith(f"---\n  id: {ID}\n  title")


@pytest.mark.parametrize(
    ("empty", "filled"),
    [
        ("id:", f"id: {ID}"),
        ("id: ", f"id: {ID} "),
        ("id: # of its own", f"id: {ID} # of its own"),
        ("id:\t# of its own", f"id: {ID}\t# of its own"),
        ("guid: ~", f"guid: {ID}"),
        ("'ID' : null  # none yet", f"'ID' : {ID}  # none yet"),
        ("id: []", f"id: {ID}"),
        ("id:\n  # of its own\n  ~ # none yet", f"id:\n  # of its own\n  {ID} # none yet"),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_an_id_without_a_value_gets_it_where_it_stands(empty: str, filled: str, end: str) -> None:
    text = f"---\n{REQUIRED}{empty}\ntags: [a]\n---\nid:\n".replace("\n", end)
    assert with_id(text) == text.replace(empty.replace("\n", end), filled.replace("\n", end), 1)


def test_an_empty_id_that_came_from_elsewhere_is_not_the_place_to_write() -> None:
    text = f"---\nshared: &shared\n  id:\n<<: *shared\n{REQUIRED}---\n"
    assert with_id(text) == text.replace("---\n", f"---\nid: {ID}\n", 1)


@pytest.mark.parametrize("slug", ["l'été", "a,b", "x=1", "-", "no", "!@", "日本"])
def test_an_id_needs_no_quotes_whatever_the_slug(slug: str) -> None:
    text = f"---\nslug: {quoted(slug)}\n{REQUIRED}---\n"
    assert re.match(r"---\nid: tag:gazette.example,2020:stories/2026-05-12/\S+\n", with_id(text))


def test_a_piece_with_an_id_keeps_its_text() -> None:
    text = f"---\nid: kept\n{REQUIRED}---\n"
    assert with_id(text) == text


# Where it does not


@pytest.mark.parametrize(
    "fields",
    [
        "{title: Moving house, date: 2026-05-12}\n",
        "{title: Moving house, id: , date: 2026-05-12}\n",
        f"&all\n{REQUIRED}",
        f"{REQUIRED}id: &nothing\n",
        f"{REQUIRED}? id\n",
        f"{REQUIRED}nothing: &nothing ~\nid: *nothing\n",
    ],
)
def test_what_no_line_can_be_added_to_is_told(fields: str) -> None:
    (problem,) = refused(f"---\n{fields}---\n")

    assert problem.code == "id-not-minted"
    assert problem.position.file == f"content/{STORY}"
    assert problem.hint == f'add it by hand, as id: "{ID}"'


def test_a_toml_id_without_a_value_is_told() -> None:
    (problem,) = refused('+++\ntitle = "Moving house"\ndate = 2026-05-12\nid = []\n+++\n')
    assert problem.code == "id-not-minted"


def test_a_key_that_is_there_twice_is_settled_first() -> None:
    assert refused(f"---\nid:\n{REQUIRED}id: mine\n---\n") == []


def test_a_file_that_changed_since_it_was_read_is_left_alone() -> None:
    piece, _ = a_piece(f"---\n{REQUIRED}---\n")
    assert piece is not None
    for now in (f"---\n{REQUIRED}slug: other\n---\n", "Nothing.\n"):
        after, problems = minted(now, piece, a_masthead())
        assert after is None
        assert [problem.code for problem in problems] == ["id-not-minted"]


# The law

# U+0085, U+2028 and U+2029 end a line in YAML's eyes, and in those of no editor.
WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn"]) | st.just("\u0085"), max_size=12)
EMPTY = st.sampled_from(["id:", "guid:  ", "id: ~", "GUID: null # none", "id:  # none yet", '"id":\t# none'])
OTHERS = st.one_of(
    st.just(""),
    WORDS.map(lambda words: f"# {words}"),
    WORDS.map(lambda words: f"summary: {quoted(words)}"),
    WORDS.map(lambda words: f"section: 'It''s {words}' # why"),
    st.lists(WORDS, max_size=3).map(lambda items: f"tags: [{', '.join(json_like(item) for item in items)}]"),
    st.lists(WORDS, min_size=1, max_size=3).map(lambda items: f"description: |\n  {' '.join(items)}\n\n    id: no\n"),
    st.sampled_from(
        [
            "description: >-\n  folded\n  id: no\n\n  # text",
            "mine:\n  id: 5\n  list:\n  - id:\n  - {id: ~}",
            "draft: yes",
            "lang: de",
            "author: Zoë # 日本",
            "image: ../images/a.png",
            "teh: 1.10",
            "stories:\n- ferry\n- pass",
            "lead: thaw",
        ]
    ),
)
ENDS = st.sampled_from(["\n", "\r\n", "\r"])


def json_like(words: str) -> str:
    return '"' + words.replace("\\", "\\\\").replace('"', '\\"') + '"'


@st.composite
def texts(draw: st.DrawFn) -> tuple[str, str | None]:
    """A file as people write them, and the line in it that waits for an id."""
    others = draw(st.lists(OTHERS, max_size=6, unique_by=lambda field: field.partition(":")[0]))
    empty = draw(st.none() | EMPTY)
    required = ["title: Moving house", "date: 2026-05-12"]
    fields = draw(st.permutations([*others, *required, *([empty] if empty else [])]))
    block = "\n".join(fields)
    if draw(st.booleans()):
        block = re.sub("^(?=.)", "  ", block, flags=re.MULTILINE)
    before = draw(st.sampled_from(["", "\n", " \n\n"]))
    fence = draw(st.sampled_from(["---", "--- "]))
    close = draw(st.sampled_from(["---", "...", "--- "]))
    body = draw(st.lists(WORDS | st.sampled_from(["---", "id:", "```"]), max_size=4).map("\n".join))
    text = f"{before}{fence}\n{block}\n{close}" + (f"\n{body}" if draw(st.booleans()) else "")
    return written(draw, text), empty


@st.composite
def toml_texts(draw: st.DrawFn) -> tuple[str, str | None]:
    others = draw(
        st.lists(
            st.sampled_from(
                ['# id = "no"', "", "draft = true", 'summary = """\nid = "no"\n"""', "weight = 1.50", "'lang' = 'de'"]
            ),
            unique=True,
        )
    )
    fields = draw(st.permutations([*others, 'title = "Häuser"', "date = 2026-05-12"]))
    tables = draw(st.sampled_from(["", '[extra]\nid = "no"\n', '[taxonomies]\ntags = ["a"]\n']))
    return written(draw, "+++\n" + "\n".join(fields) + f"\n{tables}+++\nText.\n"), None


def written(draw: st.DrawFn, text: str) -> str:
    """*text* with a byte order mark or none, and line ends of one system or of several."""
    ends = draw(ENDS.map(lambda end: [end]) | st.lists(ENDS, min_size=2, max_size=5))
    lines = text.split("\n")
    joined = "".join(f"{line}{ends[number % len(ends)]}" for number, line in enumerate(lines[:-1]))
    return f"{draw(st.sampled_from(['', chr(0xFEFF)]))}{joined}{lines[-1]}"


def lines_of(text: str) -> list[str]:
    return re.findall(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+", text)


def as_one_piece(piece: Story | Edition) -> Story | Edition:
    """*piece* wherever in its file it stands."""
    if isinstance(piece, Story):
        return replace(piece, body_line=1)
    names = {"lead": piece.lead and piece.lead.name, "stories": [reference.name for reference in piece.stories]}
    return replace(piece, body_line=1, lead=None, stories=(), extra={**piece.extra, "named": names})


@given(case=texts() | toml_texts(), path=st.sampled_from([STORY, EDITION]))
def test_minting_changes_nothing_but_that_there_is_an_id(case: tuple[str, str | None], path: str) -> None:
    text, empty = case
    before, errors = a_piece(text, path)
    assume(before is not None and not errors)
    assert before is not None

    after = with_id(text, path)

    piece, errors = a_piece(after, path)
    assert errors == []
    assert piece is not None
    assert as_one_piece(piece) == replace(as_one_piece(before), id_is_minted=True)
    assert with_id(after, path) == after
    old, new = lines_of(text), lines_of(after)
    changed = next(number for number, line in enumerate(new) if before.id in line)
    if empty is None:
        assert old == new[:changed] + new[changed + 1 :]
    else:
        assert (old[:changed], old[changed + 1 :]) == (new[:changed], new[changed + 1 :])
        sign = re.search("~|null", empty)
        was = new[changed].replace(before.id, sign[0]) if sign else new[changed].replace(f" {before.id}", "")
        assert was == old[changed]
