"""An editor that knows the schemas complains of what Pressrun complains of, and of nothing that it takes."""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

import pressrun
from builders import a_masthead
from pressrun.content.source.fields import yaml_fields
from pressrun.content.source.frontmatter import page_of
from pressrun.desk.authoring.edits import source_of
from pressrun.desk.authoring.fixes import reader_of
from pressrun.desk.authoring.new import Beginning, new_publication
from pressrun.desk.authoring.schema import KINDS, WHOLE, FieldGroup, schema_text
from pressrun.model.problems import Problem

TESTS = Path(__file__).parents[2]
MANUAL = Path(pressrun.__file__).parent / "manual"
EXAMPLE = re.compile(r"^```\w+ title=(content/\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SCHEMAS = {kind: json.loads(schema_text(kind)) for kind in KINDS}
VALIDATORS = {kind: Draft202012Validator(schema) for kind, schema in SCHEMAS.items()}


def kind_of(path: str) -> str:
    if path.endswith(("publication.yaml", "publication.yml")):
        return "publication"
    return "edition" if "/editions/" in path else "story"


def as_an_editor_reads(path: str, text: str) -> Any:
    """The fields of a file: numbers, truth values and nothing as YAML 1.2 has them, everything else as text."""
    source = source_of(text, path, path)
    if kind_of(path) == "publication":
        fields, _ = yaml_fields(source)
    else:
        page, _ = page_of(source)
        fields = page.fields if page else None
    return None if fields is None else fields.native()


def complaints(path: str, text: str) -> list[str]:
    """What an editor complains of in the file *path*, if *text* is in it."""
    found = as_an_editor_reads(path, text)
    return [error.message for error in VALIDATORS[kind_of(path)].iter_errors(found)]


def problems(path: str, text: str) -> list[Problem]:
    """What Pressrun complains of in the fields of that file."""
    kind = kind_of(path)
    masthead = None if kind == "publication" else a_masthead()
    said = reader_of(path.partition("content/")[2], path, masthead, is_edition=kind == "edition")(text)
    assert said is not None
    return list(said.problems)


def files_below(folder: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(folder.rglob("*")):
        is_content = "content" in path.parts and "expected" not in path.parts and not path.name.startswith("_")
        is_content = is_content and path.stem != "clients"  # the table of mail programs, which has no schema
        if is_content and path.suffix in (".md", ".yaml", ".yml"):
            yield path.as_posix(), path.read_text(encoding="utf-8")


def examples() -> Iterator[tuple[str, str]]:
    for page in sorted(MANUAL.glob("*.md")):
        for example in EXAMPLE.finditer(page.read_text(encoding="utf-8")):
            if "clients" not in example[1]:
                yield f"/{example[1]}", example[2]


# What is right


@pytest.mark.parametrize("kind", KINDS)
def test_each_is_a_schema_and_tells_of_every_field_what_it_is(kind: str) -> None:
    Draft202012Validator.check_schema(SCHEMAS[kind])
    group, inner = WHOLE[kind]
    for each, schema in [(group, SCHEMAS[kind]), *((each, SCHEMAS[kind]["$defs"][each.name]) for each in inner)]:
        called = [name for canonical, others in each.names.aliases.items() for name in (canonical, *others)]
        assert sorted(schema["properties"]) == sorted(called)
        assert all(len(field["description"]) > 8 for field in schema["properties"].values())


@pytest.mark.parametrize("kind", KINDS)
def test_patterns_are_those_that_browsers_and_editors_read_too(kind: str) -> None:
    """In Unicode mode, which JSON Schema asks for, an escape that is not needed is an error."""
    patterns = re.findall(r'"pattern": (".*")', schema_text(kind))
    assert patterns
    for pattern in map(json.loads, patterns):
        assert set(re.findall(r"\\(.)", pattern)) <= set("sSdw.{}")


SOUND = dict([*files_below(TESTS.parent / "content"), *files_below(TESTS / "golden"), *examples()])


@pytest.mark.parametrize("path", SOUND, ids=lambda path: path.removeprefix(TESTS.parent.as_posix()))
def test_of_the_sample_the_golden_cases_and_the_manual_no_editor_complains(path: str) -> None:
    assert complaints(path, SOUND[path]) == []


def test_of_what_new_puts_down_no_editor_complains(tmp_path: Path) -> None:
    new_publication(
        tmp_path,
        Beginning("No: a title", "https://a.example/", "en", ZoneInfo("UTC"), datetime(2026, 5, 12, tzinfo=UTC)),
    )
    for path, text in files_below(tmp_path):
        assert complaints(path, text) == []


@pytest.mark.parametrize(
    "fields",
    [
        "title: 2014\ndate: 2026-05-12",
        "Title: x\nDate: 12th May",
        "headline: x\nsummary:\ntags:\nimage: ''\naliases: []",
        "title: x\npublished: no\ndraft: FALSE",
        "title: x\nmine: {a: [1, 2]}\npublishDate: [no]",
        "title: x\nauthors: [Ada, {name: Grace, twitter: grace}]",
        "title: x\naudio: {SRC: a.mp3, length: '12,345', mimeType: audio/mpeg}",
        "title: x\nimage: [{src: a.png, width: 3}]",
        "title: x\npermalink: false",
        "title: x\ndate: May 12, 2026",
    ],
)
def test_what_pressrun_understands_an_editor_does_too(fields: str) -> None:
    assert complaints("content/stories/2026-05-12-x.md", f"---\n{fields}\n---\n") == []


# What is wrong

TOP = "title: x\nhome: https://gazette.example/\ntimezone: UTC\nids: gazette.example,2020\n"
WRONG = [
    ("story", "date: 2026-05-12"),
    ("story", "title: ''"),
    ("story", "title: [a]"),
    ("story", "title: x\ndate: 12th May"),
    ("story", "title: x\ndate: 2026/05/12"),
    ("story", "title: x\ndraft: perhaps"),
    ("story", "title: x\nslug: a/b"),
    ("story", "title: x\nlang: English"),
    ("story", "title: x\ncanonical_url: gazette.example"),
    ("story", "title: x\nsummary: [a]"),
    ("story", "title: x\ncategories: {a: b}"),
    ("story", "title: x\naudio: {file: a.mp3, lenth: 3}"),
    ("story", "title: x\naudio: {duration: 12:30}"),
    ("edition", "title: x\nlayout: list"),
    ("edition", "title: x\nlimit: 0"),
    ("edition", "title: x\nsections: [{titel: a}]"),
    ("edition", "title: x\nsections: {links: [{title: a}]}"),
    ("edition", "title: x\nsince: last"),
    ("publication", TOP.replace("home", "hmoe")),
    ("publication", TOP.replace("https://", "")),
    ("publication", TOP.replace(",2020", "")),
    ("publication", TOP + "look: {light: {accent: red}}"),
    ("publication", TOP + "look: {light: {accent: #9c2a1f\n}}"),
    ("publication", TOP + "look: {width: 200}"),
    ("publication", TOP + "mail: {form: a@b.example}"),
    ("publication", TOP + "mail: {from: nobody}"),
    ("publication", TOP + "mail: {tls: ssl}"),
    ("publication", TOP + "feeds: [{every: day}]"),
    ("publication", TOP + "feeds: [{formats: [xml]}]"),
    ("publication", TOP + "story_url: /{year}/"),
    ("publication", TOP + "podcast: {category: News}"),
    ("publication", TOP + "authors: [Ada]"),
]
PATHS = {
    "story": "content/stories/2026-05-12-x.md",
    "edition": "content/editions/2026-05-12-x.md",
    "publication": "content/publication.yaml",
}


@pytest.mark.parametrize(("kind", "fields"), WRONG)
def test_a_mistake_that_a_schema_can_tell_is_told(kind: str, fields: str) -> None:
    text = fields if kind == "publication" else f"---\n{fields}\n---\n"

    assert complaints(PATHS[kind], text) != []
    assert problems(PATHS[kind], text) != []


CASES = {
    path: text
    for path, text in files_below(TESTS / "problems")
    if as_an_editor_reads(path, text) is not None and "\\u" not in ascii(text.replace("—", "-"))
}


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.removeprefix(TESTS.as_posix()))
def test_where_an_editor_complains_there_is_a_problem(path: str) -> None:
    assert not complaints(path, CASES[path]) or problems(path, CASES[path])


@pytest.mark.parametrize(
    "case", ["bad-value", "bad-value.masthead", "missing-field", "missing-field.masthead", "story-date", "wrong-type"]
)
def test_the_typical_mistakes_are_told(case: str) -> None:
    assert any(complaints(path, text) for path, text in CASES.items() if f"/problems/{case}/" in path)


# The law

VALUES = st.sampled_from(
    [
        "", "no", "TRUE", "on", "0", "1", "7", "1e3", "1.10", "12:30", "12_345", "100000", "100001", "0600", "600px",
        "#9c2a1f", "9C2A1F", "123", "red", "2026-05-12", "2026-05-12 9:30:15,5 UTC+02:00", "May 12, 2026", "true, b",
        "https://a.example/x?y#z", "HTTP://ä.example", "mailto:a@b.example", "https://a.example/{email}", "/a/b/",
        "Ada <ada@a.example>", "ada@a.example", "a.example,2020", "tag:a@b.example,2020-01-02:", "a.example",
        "de-AT", "Europe/Brussels", "full", "digest", "last_edition", "Last-Edition", "JSON; atom", "tag", "StartTLS",
        "notes", "inline", "/{year}/{slug}.html", "Georgia, 'Times New Roman'", "x\ty", "日本", "127.0.0.1", "a b",
    ]
)  # fmt: skip
LETTERS = st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn", "Z"])


def yaml_of(value: object) -> str:
    """*value* in YAML's flow style, text with or without quotes as it comes."""
    if isinstance(value, list):
        return f"[{', '.join(map(yaml_of, value))}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {yaml_of(item)}" for name, item in value.items()) + "}"
    text = str(value)
    return text if re.fullmatch(r"[\w.][\w.-]*", text) else json.dumps(text, ensure_ascii=False)


def fields_of(group: FieldGroup) -> st.SearchStrategy[tuple[str, object]]:
    called = [name for canonical, others in group.names.aliases.items() for name in (canonical, *others)]
    named = st.sampled_from(called).flatmap(lambda name: st.sampled_from([name, name.replace("_", "-"), name.title()]))
    scalar = VALUES | st.text(LETTERS, max_size=5)
    return st.tuples(named, scalar | st.lists(scalar, max_size=3))


def nested(kind: str) -> Mapping[str, FieldGroup]:
    inner = {group.name: group for group in WHOLE[kind][1]}
    ways = {"author": "author", "audio": "audio", "sections": "section", "look": "look", "mail": "mail"}
    return {
        name: inner[each] for name, each in {**ways, "feeds": "feed", "podcast": "podcast"}.items() if each in inner
    }


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=300)
@given(data=st.data())
def test_an_editor_never_complains_of_what_pressrun_takes(kind: str, data: st.DataObject) -> None:
    group = WHOLE[kind][0]
    place = data.draw(st.none() | st.sampled_from(sorted(nested(kind))) if nested(kind) else st.none())
    if place is None:
        name, value = data.draw(fields_of(group))
        line = f"{name}: {yaml_of(value)}\n"
    else:
        needed = {"author": {"name": "x"}, "audio": {"file": "x"}, "podcast": {"category": "x", "image": "x"}}
        name, value = data.draw(fields_of(nested(kind)[place]))
        line = f"{place}: {yaml_of({**needed.get(place, {}), name: value})}\n"
    needed_here = TOP if kind == "publication" else "title: x\ndate: 2026-05-12\n"
    here = line.partition(":")[0]
    text = "".join(each for each in needed_here.splitlines(keepends=True) if each.partition(":")[0] != here) + line
    text = text if kind == "publication" else f"---\n{text}---\n"
    if not problems(PATHS[kind], text):
        assert complaints(PATHS[kind], text) == []
