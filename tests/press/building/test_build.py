"""A whole run: where the rooms meet."""

import re
from pathlib import Path

import pytest

from builders import MASTHEAD, PNG, a_folder, a_story_file, build_request
from drawn import drawing, file_of
from pressrun.model.problems import ContentError, Problem, Severity, errors_in
from pressrun.press.building.build import BuildReport, build

EDITION = "---\nid: tag:gazette.example,2020:e\ntitle: Spring\ndate: 2026-05-02\n{}\n---\nDear reader.\n"


def report(root: Path, **changes: object) -> BuildReport:
    return build(root, root, build_request(**changes))


def errors(root: Path, **changes: object) -> list[Problem]:
    """What is wrong where something is an error, whether the build leaves that out or writes nothing."""
    try:
        problems = list(report(root, **changes).problems)
    except ContentError as error:
        problems = error.problems
    assert errors_in(problems)
    return problems


def told(root: Path) -> list[tuple[str, str]]:
    return [(problem.code, problem.message) for problem in errors(root)]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ("lead: nobody", 'there is no story "nobody"'),
        ("lead: later", '"later" is not out until 2026-06-01 00:00-04:00'),
        ("lead: draft", '"draft" is a draft'),
        ("lead: a\nstories: [a]", '"a" is in this edition already'),
        ("stories: [b, b]", '"b" is in this edition already'),
        ("lead: twin", '"twin" can mean stories/x/twin.md or stories/y/twin.md'),
    ],
)
def test_an_edition_cannot_carry_a_story_that_is_not_there(tmp_path: Path, fields: str, message: str) -> None:
    a_folder(
        tmp_path,
        {
            "content/publication.yaml": MASTHEAD + "story_url: /{year}/{month}/{slug}/\n",
            "content/stories/a.md": a_story_file(id="tag:x,2020:a"),
            "content/stories/b.md": a_story_file(id="tag:x,2020:b"),
            "content/stories/later.md": a_story_file(id="tag:x,2020:c", date="2026-06-01"),
            "content/stories/draft.md": a_story_file(id="tag:x,2020:d", draft="yes"),
            "content/stories/x/twin.md": a_story_file(id="tag:x,2020:f", date="2025-01-01"),
            "content/stories/y/twin.md": a_story_file(id="tag:x,2020:g", date="2024-01-01"),
            "content/editions/e.md": EDITION.format(fields),
        },
    )
    assert told(tmp_path) == [("edition-story", message)]


def test_an_edition_that_names_a_story_with_errors_says_so_and_does_not_call_it_missing(tmp_path: Path) -> None:
    a_folder(
        tmp_path,
        {
            "content/stories/2026-05-01-a.md": a_story_file(date="soon"),
            "content/editions/e.md": EDITION.format("lead: 2026-05-01-a.md\nstories: ../stories/2026-05-01-a.md"),
        },
    )
    assert [code for code, _ in told(tmp_path)] == ["edition-story", "edition-story", "story-date"]


def test_two_stories_at_one_address_are_told_once(tmp_path: Path) -> None:
    a_folder(
        tmp_path,
        {
            "content/stories/2026-01-01-a.md": a_story_file(id="", date=""),
            "content/stories/2026-02-01-A.md": a_story_file(id="", date=""),
        },
    )
    problems = [problem for problem in errors(tmp_path) if problem.severity.value == "error"]
    assert [(problem.code, problem.position.file) for problem in problems] == [
        ("duplicate-slug", "content/stories/2026-02-01-A.md")
    ]


def test_one_slug_in_two_years_is_two_addresses_where_the_pattern_says_so(tmp_path: Path) -> None:
    a_folder(
        tmp_path,
        {
            "content/publication.yaml": MASTHEAD + "story_url: /{year}/{slug}/\n",
            "content/stories/2025-01-01-a.md": a_story_file(id="tag:x,2020:1", date=""),
            "content/stories/2026-01-01-a.md": a_story_file(id="tag:x,2020:2", date=""),
        },
    )
    assert report(tmp_path).stories == 2


def test_templates_that_fail_are_all_told_together(tmp_path: Path) -> None:
    a_folder(
        tmp_path,
        {
            "content/stories/a.md": a_story_file(),
            "content/stories/b.md": a_story_file(id="tag:x,2020:b", aliases="/old/"),
            "content/editions/e.md": EDITION.format("lead: a"),
            **{
                f"templates/{name}": "{{ nobody }}"
                for name in ("story.html", "edition.html", "index.html", "redirect.html", "newsletter.txt")
            },
        },
    )
    assert sorted(problem.position.file for problem in errors(tmp_path)) == [
        "templates/edition.html",
        "templates/index.html",
        "templates/newsletter.txt",
        "templates/redirect.html",
        "templates/story.html",
    ]


def test_a_template_whose_name_is_nearly_right_is_told(tmp_path: Path) -> None:
    a_folder(tmp_path, {"content/stories/a.md": a_story_file(), "templates/stroy.html": "", "templates/mine.html": ""})
    assert [(problem.code, problem.position.file) for problem in report(tmp_path).problems] == [
        ("near-miss", "templates/stroy.html")
    ]


def test_a_due_story_without_an_id_of_its_own_is_told_which_line_to_add(tmp_path: Path) -> None:
    a_folder(
        tmp_path,
        {
            "content/stories/a.md": a_story_file(id=""),
            "content/stories/b.md": a_story_file(id="", date="2027-01-01"),
            "content/editions/e.md": EDITION.format("lead: a").replace("id: tag:gazette.example,2020:e\n", ""),
        },
    )
    assert [(problem.code, problem.hint) for problem in report(tmp_path).problems] == [
        ("id-not-minted", "add a line id: tag:gazette.example,2020:editions/2026-05-02/e (pressrun check --fix does)"),
        ("id-not-minted", "add a line id: tag:gazette.example,2020:stories/2026-05-01/a (pressrun check --fix does)"),
    ]


def test_without_a_sender_there_is_no_message_and_that_is_told(tmp_path: Path) -> None:
    masthead = MASTHEAD.replace("  from: The Gazette <news@gazette.example>\n", "")
    a_folder(
        tmp_path,
        {
            "content/publication.yaml": masthead,
            "content/stories/a.md": a_story_file(),
            "content/editions/e.md": EDITION.format("lead: a"),
        },
    )
    assert [problem.code for problem in report(tmp_path).problems] == ["letter-sender"]
    assert sorted(path.name for path in (tmp_path / "outbox/e").iterdir()) == ["newsletter.html", "newsletter.txt"]


def test_a_canonical_address_is_where_a_story_lives_when_there_are_no_pages(tmp_path: Path) -> None:
    a_folder(
        tmp_path,
        {
            "content/publication.yaml": MASTHEAD + "pages: false\n",
            "content/stories/a.md": a_story_file(permalink="https://elsewhere.example/a"),
        },
    )
    report(tmp_path)
    assert b'href="https://elsewhere.example/a"' in (tmp_path / "public/atom.xml").read_bytes()


def test_a_picture_that_nobody_shows_is_not_published(tmp_path: Path) -> None:
    a_folder(
        tmp_path,
        {
            "content/stories/a.md": a_story_file("![x](../images/a.png)"),
            "content/images/a.png": PNG,
            "content/images/unused.png": PNG + b"x",
        },
    )
    report(tmp_path)
    assert [path.name.partition("-")[0] for path in (tmp_path / "public/images").iterdir()] == ["a"]


def test_an_empty_publication_has_a_feed_and_a_home_page(tmp_path: Path) -> None:
    a_folder(tmp_path, {"content/stories/.gitkeep": ""})
    made = report(tmp_path)
    assert [problem.code for problem in made.problems] == ["no-stories"]
    assert {"public/atom.xml", "public/rss.xml", "public/feed.json", "public/index.html"} <= set(made.written.new)


def test_two_stories_that_would_get_one_id_at_two_addresses_are_told(tmp_path: Path) -> None:
    a_folder(
        tmp_path,
        {
            "content/publication.yaml": MASTHEAD + "story_url: /{section}/{slug}/\n",
            "content/stories/x/2026-01-01-a.md": a_story_file(id="", date="", section="World"),
            "content/stories/y/2026-01-01-a.md": a_story_file(id="", date="", section="Town"),
        },
    )
    problems = [problem for problem in errors(tmp_path) if problem.severity.value == "error"]
    assert [(problem.code, problem.position.file) for problem in problems] == [
        ("duplicate-id", "content/stories/y/2026-01-01-a.md")
    ]


def test_no_address_reaches_the_manifest(tmp_path: Path) -> None:
    a_folder(
        tmp_path,
        {
            "content/publication.yaml": MASTHEAD + "story_url: /.{slug}\n",
            "content/stories/a.md": a_story_file(slug="pressrun-manifest.json"),
            "content/static/.pressrun-manifest.json": "{}",
        },
    )
    assert [code for code, _ in told(tmp_path)] == ["output-clash"]


def test_a_slug_with_a_dot_makes_a_page(tmp_path: Path) -> None:
    a_folder(
        tmp_path,
        {
            "content/publication.yaml": MASTHEAD + "story_url: /{year}/{slug}\n",
            "content/stories/release-1.10.md": a_story_file(),
        },
    )
    report(tmp_path)
    assert (tmp_path / "public/2026/release-1.10/index.html").is_file()


def test_an_edition_and_its_lead_may_share_a_slug(tmp_path: Path) -> None:
    note = "a[^1]\n\n[^1]: b\n"
    a_folder(
        tmp_path,
        {
            "content/stories/launch.md": a_story_file(note),
            "content/editions/launch.md": EDITION.format("lead: launch") + note,
        },
    )
    report(tmp_path)
    ids = re.findall(r' id="([^"]+)"', (tmp_path / "outbox/launch/newsletter.html").read_text("utf-8"))
    assert sorted(ids) == ["edition-launch-1", "launch-1"]


def test_a_letter_s_logo_is_published_and_shown(tmp_path: Path) -> None:
    masthead = MASTHEAD + "look: {logo: images/logo.png}\n"
    logo = file_of(drawing(320, 80), "PNG")
    files = {"content/images/logo.png": logo, "content/stories/a.md": a_story_file()}
    a_folder(
        tmp_path, {"content/publication.yaml": masthead, "content/editions/e.md": EDITION.format("lead: a"), **files}
    )
    assert report(tmp_path).problems == ()
    html = (tmp_path / "outbox/e/newsletter.html").read_text()
    found = re.search(r'<img class="logo" src="https://gazette.example/(images/logo-\w+.png)" alt="The Gazette"', html)
    assert found
    assert (tmp_path / "public" / found[1]).read_bytes() == logo


def test_a_logo_that_is_not_there_is_told_once(tmp_path: Path) -> None:
    masthead = MASTHEAD + "look: {logo: images/logo.png}\n"
    editions = {
        f"content/editions/{name}.md": EDITION.format("lead: a").replace("2020:e", f"2020:{name}") for name in "ef"
    }
    a_folder(tmp_path, {"content/publication.yaml": masthead, "content/stories/a.md": a_story_file(), **editions})
    assert [problem.code for problem in errors(tmp_path)] == ["picture-missing"]


def with_logo(root: Path, logo: str, files: dict[str, str | bytes] | None = None) -> None:
    masthead = f"{MASTHEAD}look:\n  logo: {logo}\n"
    stories = {"content/stories/a.md": a_story_file(), "content/editions/e.md": EDITION.format("lead: a")}
    a_folder(root, {"content/publication.yaml": masthead, **stories, **(files or {})})


@pytest.mark.parametrize(
    ("logo", "message"),
    [
        ("publication.yaml", "publication.yaml is not a picture"),
        ("stories/a.md", "stories/a.md is not a picture"),
        ("images/none.png", "there is no picture images/none.png"),
        ("mailto:news@gazette.example", "mailto:news@gazette.example is not the address of a picture"),
        ("https://[gazette", "https://[gazette is not an address"),
    ],
)
def test_a_logo_that_is_no_picture_is_told_where_it_is_named(tmp_path: Path, logo: str, message: str) -> None:
    with_logo(tmp_path, logo)
    (problem,) = errors(tmp_path)
    assert (problem.code, problem.message) == ("picture-missing", message)
    assert (problem.position.file, problem.position.excerpt) == ("content/publication.yaml", f"  logo: {logo}")


@pytest.mark.parametrize("field", ["icon", "logo"])
def test_a_picture_of_the_feeds_that_is_none_is_told_where_it_is_named(tmp_path: Path, field: str) -> None:
    masthead = f"{MASTHEAD}{field}: publication.yaml\n"
    a_folder(tmp_path, {"content/publication.yaml": masthead, "content/stories/a.md": a_story_file()})
    (problem,) = errors(tmp_path)
    assert (problem.code, problem.position.excerpt) == ("picture-missing", f"{field}: publication.yaml")


@pytest.mark.parametrize(
    ("logo", "data", "words"),
    [
        ("https://cdn.example/logo.svg", b"", "do not show image/svg+xml pictures"),
        ("images/logo.svg", b'<svg xmlns="http://www.w3.org/2000/svg"/>', "this is an SVG drawing"),
        ("images/logo.png", file_of(drawing(20, 1500), "PNG"), "1,500 pixels high"),
        ("images/logo.png", PNG, "1 by 1 pixels"),
    ],
)
def test_a_logo_that_does_not_look_well_in_letters_is_told_where_it_is_named(
    tmp_path: Path, logo: str, data: bytes, words: str
) -> None:
    with_logo(tmp_path, logo, {f"content/{logo}": data} if data else {})
    (problem,) = report(tmp_path).problems
    assert (problem.code, problem.severity) == ("letter-picture", Severity.WARNING)
    assert words in problem.message
    assert (problem.position.file, problem.position.excerpt) == ("content/publication.yaml", f"  logo: {logo}")
