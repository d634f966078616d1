"""Templates: the packaged ones, a publication's own, and what can be wrong in them."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from pressrun.problems import ContentError, Problem
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
        "\n{{ 'x' | nofilter }}",
    ],
)
def test_what_fails_in_a_template_is_a_problem_at_its_line(tmp_path: Path, text: str) -> None:
    problem = problem_of(own(tmp_path, page=text))

    assert problem.code in ("template-error", "template-undefined", "template-syntax")
    assert (problem.position.file, problem.position.line) == ("templates/page.html", 2)


def test_a_template_cannot_read_files_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    templates = own(tmp_path, page="{% include '../secret.txt' %}")
    (tmp_path / "templates/link.html").symlink_to(tmp_path / "secret.txt")

    assert problem_of(templates).code == "template-missing"
    assert problem_of(templates, "link.html").code == "template-missing"


def test_a_packaged_template_that_is_given_too_little_is_named_as_such() -> None:
    assert problem_of(Templates(), "story.html").position.file.startswith("pressrun/defaults/templates/")


@pytest.mark.parametrize(
    ("language", "spoken"),
    [("en", "January 3, 2014"), ("en-US", "January 3, 2014"), ("en-GB", "3 January 2014"), ("de", "2014-01-03")],
)
def test_a_date_as_a_person_reads_it(language: str, spoken: str) -> None:
    assert spoken_date(datetime(2014, 1, 3, tzinfo=UTC), language) == spoken
