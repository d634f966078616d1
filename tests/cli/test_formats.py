"""What a check writes for machines: each format is a promise, down to the byte."""

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from builders import a_folder, a_story_file, build_request
from pressrun import __version__
from pressrun.cli.formats import FORMATS, as_github, as_json
from pressrun.cli.places import from_here, from_the_root, seen
from pressrun.cli.sarif import as_sarif, fingerprints
from pressrun.cli.show import show_problems
from pressrun.desk.checking.check import Findings, check
from pressrun.manual.codes import pages
from pressrun.model.problems import Position, Problem, Severity

CASE = Path(__file__).parent / "formats"
PLACE = Position("content/stories/a.md", 4, 7, 8, "date: 12th May")


def a_problem(**changes: Any) -> Problem:
    problem = Problem(PLACE, "story-date", '"12th May" is not a date', "write 2026-05-12", Severity.ERROR)
    return replace(problem, **changes)


def finding(**changes: Any) -> Findings:
    return Findings((a_problem(**changes),))


@pytest.fixture
def publication(tmp_path: Path) -> Path:
    root = tmp_path / "docs" / "news"
    shutil.copytree(CASE, root)
    return root


# What is written for the whole publication


@pytest.mark.parametrize("form", FORMATS)
def test_a_publication_with_problems_is_written_as_expected(
    form: str, publication: Path, rewrite: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(publication.parents[1])
    written, from_where = FORMATS[form]
    findings = check(publication, build_request())
    text = written(replace(findings, problems=tuple(seen(findings.problems, from_where(publication))))) + "\n"
    text = text.replace(f'"{__version__}"', '"0"')
    expected = CASE / f"expected.{form}"
    if rewrite:
        expected.write_text(text, encoding="utf-8", newline="\n")

    assert text == expected.read_text(encoding="utf-8")


def test_people_are_shown_the_same(
    publication: Path, rewrite: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    monkeypatch.chdir(publication.parents[1])
    show_problems(seen(check(publication, build_request()).problems, from_here(Path("docs/news"))))
    text = capsys.readouterr().err
    expected = CASE / "expected.text"
    if rewrite:
        expected.write_text(text, encoding="utf-8", newline="\n")

    assert text == expected.read_text(encoding="utf-8")


# JSON


def test_json_holds_every_part_of_a_problem() -> None:
    document = json.loads(as_json(replace(finding(), stories=3, held_back=1)))
    assert document["version"] == 1
    assert document["findings"] == [
        {
            "file": "content/stories/a.md",
            "line": 4,
            "column": 7,
            "end_column": 15,
            "code": "story-date",
            "severity": "error",
            "message": '"12th May" is not a date',
            "hint": "write 2026-05-12",
        }
    ]
    assert document["summary"] == {
        "errors": 1,
        "warnings": 0,
        "hints": 0,
        "stories": 3,
        "editions": 0,
        "held_back": 1,
    }


@pytest.mark.parametrize("form", ["json", "sarif"])
def test_documents_are_ascii_so_that_every_console_can_take_them(form: str) -> None:
    assert FORMATS[form][0](finding(message="Größe \x1b[31m 😀")).isascii()


# GitHub's workflow commands


@pytest.mark.parametrize(
    ("severity", "command"), [(Severity.ERROR, "error"), (Severity.WARNING, "warning"), (Severity.HINT, "notice")]
)
def test_a_problem_is_a_command(severity: Severity, command: str) -> None:
    assert as_github(finding(severity=severity)) == (
        f"::{command} file=content/stories/a.md,line=4,col=7,endLine=4,endColumn=15,title=Pressrun (story-date)"
        '::"12th May" is not a date%0Ahint: write 2026-05-12'
    )


def test_a_file_as_a_whole_has_no_column() -> None:
    written = as_github(finding(position=Position("content/a.md"), hint=None))
    assert written == '::error file=content/a.md,line=1,title=Pressrun (story-date)::"12th May" is not a date'


def test_what_would_end_a_property_or_a_command_is_escaped() -> None:
    """Otherwise a story could give the runner commands of its own."""
    place = Position("content/a: b, 100 %\r\n::stop-commands::x.md")
    written = as_github(finding(position=place, message="100 %\n::set-env::x, y: z"))

    assert "\n" not in written
    assert "\r" not in written
    assert "file=content/a%3A b%2C 100 %25\\u000d\\u000a%3A%3Astop-commands%3A%3Ax.md,line=1," in written
    assert written.endswith("::100 %25\\u000a::set-env::x, y: z%0Ahint: write 2026-05-12")


def test_nothing_found_is_nothing_written() -> None:
    assert as_github(Findings(())) == ""


# SARIF


class TestSarif:
    """Static Analysis Results Interchange Format (SARIF) Version 2.1.0, OASIS Standard."""

    @pytest.fixture
    def run(self, publication: Path) -> dict[str, Any]:
        document = json.loads(as_sarif(check(publication, build_request())))
        assert document["version"] == "2.1.0"
        (run,) = document["runs"]
        assert isinstance(run, dict)
        return run

    def test_each_result_names_its_rule_and_where_that_stands(self, run: dict[str, Any]) -> None:
        """3.27.6: ruleIndex SHALL be the index of the rule's descriptor in the rules of the tool."""
        rules = run["tool"]["driver"]["rules"]
        assert len({rule["id"] for rule in rules}) == len(rules)
        for result in run["results"]:
            assert rules[result["ruleIndex"]]["id"] == result["ruleId"]

    def test_a_rule_tells_what_the_manual_says(self, run: dict[str, Any]) -> None:
        for rule in run["tool"]["driver"]["rules"]:
            assert rule["shortDescription"]["text"] == pages()[rule["id"]].gist
            assert rule["help"]["markdown"] == pages()[rule["id"]].text

    def test_levels_are_those_of_the_standard(self, run: dict[str, Any]) -> None:
        """3.27.10: level is one of none, note, warning, error."""
        assert {result["level"] for result in run["results"]} == {"error", "warning", "note"}

    def test_a_region_is_within_its_line(self, run: dict[str, Any]) -> None:
        """3.30.2: columns count from 1, and endColumn is one greater than that of the last character."""
        assert run["columnKind"] == "unicodeCodePoints"
        for result in run["results"]:
            (location,) = result["locations"]
            region = location["physicalLocation"]["region"]
            assert region["startLine"] >= 1
            if "snippet" in region:
                assert 1 <= region["startColumn"] < region["endColumn"] <= len(region["snippet"]["text"]) + 1

    def test_files_are_relative_references_to_a_base_that_is_named(self, run: dict[str, Any]) -> None:
        """3.4.3 and 3.4.4: a valid URI reference; uriBaseId names one of originalUriBaseIds."""
        for result in run["results"]:
            artifact = result["locations"][0]["physicalLocation"]["artifactLocation"]
            assert re.fullmatch(r"(content|templates)/[\w%./-]+", artifact["uri"])
            assert artifact["uriBaseId"] in run["originalUriBaseIds"]

    def test_a_file_outside_has_an_address_of_its_own(self) -> None:
        location = self.location_of("/srv/news/content/a b.md")
        assert location == {"uri": "file:///srv/news/content/a%20b.md"}

    def test_a_packaged_template_lies_in_no_repository(self) -> None:
        file = "pressrun/defaults/templates/story.html"
        assert self.location_of(file) == {"uri": file}

    def location_of(self, file: str) -> Any:
        document = json.loads(as_sarif(finding(position=Position(file))))
        return document["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]


def test_a_fingerprint_stays_when_lines_move() -> None:
    lower = [a_problem(), a_problem(position=replace(PLACE, line=40, column=9, excerpt="  date: 12th May"))]
    first, second = fingerprints(lower)

    assert first != second  # the same said twice is two things
    assert [first.partition(":")[0], first[-2:], second[-2:]] == [second.partition(":")[0], ":1", ":2"]
    assert fingerprints([a_problem(code="bad-value")]) != [first]
    assert fingerprints([a_problem(position=replace(PLACE, excerpt="date: 13th May"))]) != [first]


# Where files are


def test_files_are_seen_from_here_where_they_lie_below(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    news = tmp_path / "docs" / "news"
    news.mkdir(parents=True)
    monkeypatch.chdir(tmp_path)

    assert from_here(Path())("content/a.md") == "content/a.md"
    assert from_here(Path("docs/news"))("content/a.md") == "docs/news/content/a.md"
    assert from_here(news)("content/a.md") == "docs/news/content/a.md"
    monkeypatch.chdir(news)
    assert from_here(Path("../news"))("content/a.md") == "../news/content/a.md"
    assert from_here(tmp_path)("content/a.md") == f"{tmp_path}/content/a.md"
    assert from_here(tmp_path)("pressrun/defaults/x.html") == "pressrun/defaults/x.html"


def test_machines_of_a_repository_see_files_from_its_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    news = tmp_path / "docs" / "news"
    news.mkdir(parents=True)
    monkeypatch.chdir(news)

    assert from_the_root(Path())("content/a.md") == "content/a.md"
    (tmp_path / ".git").mkdir()
    assert from_the_root(Path())("content/a.md") == "docs/news/content/a.md"
    assert from_the_root(Path("../news"))("content/a.md") == "docs/news/content/a.md"
    assert from_the_root(tmp_path)("content/a.md") == "content/a.md"


def test_a_finding_of_a_check_can_be_seen_from_elsewhere(tmp_path: Path) -> None:
    root = a_folder(tmp_path, {"content/stories/a.md": a_story_file(summry="x")})
    (problem,) = seen(check(root, build_request()).problems, lambda file: f"docs/{file}")
    assert problem.position.file == "docs/content/stories/a.md"
