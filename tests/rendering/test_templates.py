"""Templates: the packaged ones, a publication's own, and what can be wrong in them."""

import types
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from jinja2 import Undefined

from builders import a_rendered_story
from pressrun.model.problems import ContentError, Problem
from pressrun.rendering.sandbox import Sandbox
from pressrun.rendering.templates import Templates, spoken_date


def own(tmp_path: Path, **files: str) -> Templates:
    folder = tmp_path / "templates"
    folder.mkdir()
    for name, text in files.items():
        (folder / f"{name}.html").write_text(text, encoding="utf-8")
    return Templates(folder)


def problem_of(templates: Templates, name: str = "page.html", **values: object) -> Problem:
    with pytest.raises(ContentError) as caught:
        templates.fill(name, values)
    (problem,) = caught.value.problems
    return problem


def test_html_is_escaped_and_text_is_not(tmp_path: Path) -> None:
    templates = own(tmp_path, page="{{ title }}")
    (tmp_path / "templates/page.txt").write_text("{{ title }}")

    assert templates.fill("page.html", {"title": '<b> & "c"'}) == "&lt;b&gt; &amp; &#34;c&#34;"
    assert templates.fill("page.txt", {"title": "<b>"}) == "<b>"


def test_a_template_of_one_s_own_can_change_a_block_of_the_packaged_one(tmp_path: Path) -> None:
    templates = own(tmp_path, redirect='{% include "default/redirect.html" %}<!-- ours -->')
    html = templates.fill(
        "redirect.html",
        {"language": "en", "direction": "ltr", "publication": {"title": "T"}, "target": "https://x.example/"},
    )
    assert 'content="0; url=https://x.example/"' in html
    assert html.endswith("<!-- ours -->")


def test_a_name_that_is_not_there_is_told_with_its_line(tmp_path: Path) -> None:
    problem = problem_of(own(tmp_path, page="<p>\n  {{ story.titel }}\n</p>"), story={"title": "x"})

    assert problem.code == "template-undefined"
    assert (problem.position.file, problem.position.line, problem.position.column) == ("templates/page.html", 2, 3)
    assert "titel" in problem.message
    assert problem.position.excerpt == "  {{ story.titel }}"


def test_a_broken_template_is_told_with_its_line(tmp_path: Path) -> None:
    problem = problem_of(own(tmp_path, page="<p>\n{% if x %}\n</p>"))
    assert (problem.code, problem.position.line) == ("template-syntax", 3)


def test_a_template_that_includes_one_that_is_not_there(tmp_path: Path) -> None:
    problem = problem_of(own(tmp_path, page="<p>\n{% include 'other.html' %}"))
    assert (problem.code, problem.position.line) == ("template-missing", 2)
    assert "other.html" in problem.message


@pytest.mark.parametrize(
    "text",
    [
        "\n{{ 1 / 0 }}",
        "\n{{ 'a' + 1 }}",
        "\n{{ [].append(1) }}",
        "\n{{ ''.__class__.__mro__ }}",
        "\n{{ range(10000000) | list }}",
        "\n{% include 'page.html' %}",
        "\n{{ missing() }}",
        "\n{{ moment.now() }}",
        "\n{{ lipsum(1) }}",
        "\n{{ [1, 2] | random }}",
        '\n{{ "x" * 3000000000 }}',
        "\n{{ 9 ** 99999 }}",
        "\n{{ 'x' | nofilter }}",
    ],
)
def test_what_fails_in_a_template_is_a_problem_at_its_line(tmp_path: Path, text: str) -> None:
    problem = problem_of(own(tmp_path, page=text), moment=datetime(2014, 1, 3, tzinfo=UTC))

    assert problem.code in ("template-error", "template-undefined", "template-syntax")
    assert (problem.position.file, problem.position.line) == ("templates/page.html", 2)


def test_a_template_cannot_read_files_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    templates = own(tmp_path, page="{% include '../secret.txt' %}")
    (tmp_path / "templates/link.html").symlink_to(tmp_path / "secret.txt")

    assert problem_of(templates).code == "template-missing"
    assert "leads out of its folder" in problem_of(templates, "link.html").message


def test_a_packaged_template_that_is_given_too_little_is_named_as_such() -> None:
    assert problem_of(Templates(), "story.html").position.file.startswith("pressrun/defaults/templates/")


@pytest.mark.parametrize(
    ("language", "spoken"),
    [("en", "January 3, 2014"), ("en-US", "January 3, 2014"), ("en-GB", "3 January 2014"), ("de", "2014-01-03")],
)
def test_a_date_as_a_person_reads_it(language: str, spoken: str) -> None:
    assert spoken_date(datetime(2014, 1, 3, tzinfo=UTC), language) == spoken


def test_a_template_that_is_not_utf_8_is_told(tmp_path: Path) -> None:
    templates = own(tmp_path, page="")
    (tmp_path / "templates/page.html").write_bytes(b"caf\xe9")
    assert "not UTF-8" in problem_of(templates).message


def test_a_comment_that_is_never_closed_is_told_in_its_file(tmp_path: Path) -> None:
    problem = problem_of(own(tmp_path, page="a\n{# b"))
    assert (problem.code, problem.position.file) == ("template-syntax", "templates/page.html")


def test_a_template_that_extends_itself_is_told_what_to_extend(tmp_path: Path) -> None:
    problem = problem_of(own(tmp_path, story='{% extends "story.html" %}'), "story.html")
    assert "write default/story.html" in problem.message


def test_a_name_that_is_nearly_right_is_suggested(tmp_path: Path) -> None:
    problem = problem_of(own(tmp_path, page="{{ story.titel }}"), story=a_rendered_story())
    assert problem.message == 'story has no "titel"; did you mean "title"?'


def test_a_missing_extra_field_is_told_with_the_way_to_allow_for_it(tmp_path: Path) -> None:
    problem = problem_of(own(tmp_path, page="{{ story.extra.mood }}"), story=a_rendered_story())
    assert 'there is no "mood" here' in problem.message


@pytest.mark.parametrize("text", ['{{ "x" | date }}', "{{ 3 | wrapped }}", '{{ "x" * 100000000000 }}', "{{ d.e.f }}"])
def test_a_filter_that_is_given_the_wrong_thing_is_a_problem_too(tmp_path: Path, text: str) -> None:
    assert problem_of(own(tmp_path, page=text), d=None).code in ("template-error", "template-undefined")


def test_every_line_of_filled_text_can_be_traced_back(tmp_path: Path) -> None:
    templates = own(tmp_path, page="a {{ x }}\n{% include 'other.html' %}\n{% for i in [1, 2] %}\nb\n{% endfor %}\nc\n")
    (tmp_path / "templates/other.html").write_text("one\n{# two\n#}\nfour\n")
    filled = templates.fill("page.html", {"x": "y\nz"}).split("\n")
    places = [place and (Path(place[0]).name, place[1]) for place in templates.places_in("page.html", {"x": "y\nz"})]

    traced = dict(zip(filled, places, strict=True))
    assert traced["one"] == ("other.html", 1)
    assert traced["four"] == ("other.html", 4)
    assert traced["b"] == ("page.html", 4)
    assert traced["c"] == ("page.html", 6)


def test_half_a_character_is_told_before_it_reaches_a_file(tmp_path: Path) -> None:
    problem = problem_of(own(tmp_path, page='{{ "\\ud800" }}'))
    assert (problem.code, problem.position.file) == ("template-error", "templates/page.html")


def test_what_a_publication_brings_to_a_template_is_found_through_what_others_include(tmp_path: Path) -> None:
    templates = own(
        tmp_path,
        story='{% extends "default/story.html" %}{% include "box.html" %}{% include named %}',
        box='<p>\n{% import "box.html" as box %}{% include "nowhere.html" %}</p>',
        item="<p>",
        unused="<p>",
    )
    found = templates.own("story.html", "index.html")

    assert [(each.name, each.file) for each in found] == [
        ("story.html", "templates/story.html"),
        ("box.html", "templates/box.html"),
        ("item.html", "templates/item.html"),
    ]
    place = found[1].position_at(found[1].text.index("{%"), 2)
    assert (place.line, place.column, place.excerpt) == (2, 1, found[1].text.split("\n")[1])


def test_what_cannot_be_read_is_left_to_whoever_fills_it(tmp_path: Path) -> None:
    templates = own(tmp_path, story="{% block %}")
    assert templates.own("story.html") == []
    assert Templates(tmp_path / "nowhere").own("story.html") == []
    assert Templates().own("story.html") == []


@dataclass(frozen=True, slots=True)
class Thing:
    title: str = "x"
    now: str = "later"
    _hidden: str = "secret"
    extra: Mapping[str, object] = field(default_factory=dict)
    way: Any = "{.__class__}".format

    @property
    def shout(self) -> str:
        return self.title.upper()

    @property
    def lost(self) -> str:
        raise AttributeError("lost")

    def method(self) -> str:
        return self.title


@dataclass
class Register(dict[str, str]):
    pop: str = "what it says"


NAMES = (
    "title now _hidden extra way shout lost method __class__ __dict__ __init__ format format_map upper mro clear pop "
    "append isoformat today utcnow year replace first last index length cycle byline picture _body_stream nothing "
    "__subclasses__ gi_frame __globals__ __call__ f_locals co_code update keys name"
).split()


@pytest.mark.parametrize(
    "thing",
    [
        Thing(),
        Thing,
        Register(),
        a_rendered_story(),
        "text",
        datetime(2026, 1, 1, tzinfo=UTC),
        datetime,
        {"title": "x"},
        [1],
        {1},
        (each for each in "ab"),
        Thing.method,
        Thing().method,
        types.SimpleNamespace(title="x", _hidden="y", format="{}".format),
        Templates()._environment.get_template("macros.html").module,
    ],
    ids=lambda thing: type(thing).__name__,
)
def test_a_quick_look_at_an_attribute_allows_what_the_sandbox_allows(thing: object) -> None:
    sandbox = Templates()._environment
    for name in NAMES:
        quick, slow = sandbox.getattr(thing, name), super(Sandbox, sandbox).getattr(thing, name)
        assert type(quick) is type(slow), name
        if isinstance(quick, Undefined):
            assert quick._undefined_exception is slow._undefined_exception
            assert quick._undefined_message == slow._undefined_message
        elif not isinstance(quick, types.FunctionType):  # the sandbox wraps format anew each time
            assert quick == slow, name


def test_a_loop_tells_where_it_is(tmp_path: Path) -> None:
    templates = own(tmp_path, page="{% for x in 'abc' %}{{ loop.index }}{{ loop.cycle(x, '-') }}{% endfor %}")
    assert templates.fill("page.html", {}) == "1a2-3c"


def test_a_template_that_changes_during_a_run_is_for_the_next(tmp_path: Path) -> None:
    templates = own(tmp_path, page="one")
    assert templates.fill("page.html", {}) == "one"

    (tmp_path / "templates/page.html").write_text("another")
    assert templates.fill("page.html", {}) == "one"
    assert Templates(tmp_path / "templates").fill("page.html", {}) == "another"


@pytest.mark.parametrize("text", ["{{" * 5000, "{{ " + "(" * 5000, "{% if 1 %}" * 5000, "{{ " + "not " * 5000 + "a }}"])
def test_a_template_that_is_nested_too_deep_is_told(tmp_path: Path, text: str) -> None:
    templates = own(tmp_path, page=text)
    assert problem_of(templates).code == "template-syntax"
    assert templates.own("page.html") == []
