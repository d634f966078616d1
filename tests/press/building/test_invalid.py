"""One invalid story stops one story: what was published stays, and what is valid always comes out."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from builders import MASTHEAD, a_folder, a_story_file, build_request
from drawn import drawing, file_of
from pressrun.desk.checking.diff import diff
from pressrun.model.problems import ContentError, Severity, errors_in
from pressrun.press.building.build import How, build
from pressrun.press.building.report import BuildReport
from pressrun.press.building.unchanged import Call, look
from pressrun.press.output.manifest import Manifest
from pressrun.web.preview.state import PreviewState, Showing

PLAIN = How(cached=False)
BROKEN: dict[str, str | bytes] = {
    "a date that is none": a_story_file(id="tag:x,2020:a", date="never"),
    "no title": "---\nid: tag:x,2020:a\ndate: 2026-05-01\n---\nText.\n",
    "no YAML": '---\nid: tag:x,2020:a\ntitle: "A\ndate: 2026-05-01\n---\nText.\n',
    "no front matter": "Text.\n",
    "nothing": "",
    "no UTF-8": a_story_file(id="tag:x,2020:a").encode() + b"\xff",
    "a recording that is missing": a_story_file(id="tag:x,2020:a", audio="/none.mp3"),
    "too deep": a_story_file("> " * 200 + "deep", id="tag:x,2020:a"),
    "the mark of slots": a_story_file("qslotq7b656d61696c7dq", id="tag:x,2020:a"),
    "the id of another": a_story_file(id="tag:x,2020:b", title="A"),
    "the address of another": a_story_file(id="tag:x,2020:a", path="/stories/b/"),
    "an alias where another is read": a_story_file(id="tag:x,2020:a", aliases="/stories/b/"),
}
broken = pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
EDITION = "---\nid: tag:x,2020:{0}\ntitle: Edition {0}\ndate: 2026-05-06\n{1}\n---\nDear reader.\n"


def a_newsroom(root: Path, **files: str | bytes) -> Path:
    """Stories a, b, and c; a shows a picture, has a section and an alias, and is older than the others."""
    stories: dict[str, str | bytes] = {
        f"content/stories/{name}.md": a_story_file(
            f"The text of {name}.\n\n![P](../images/p.png) [F](../files/f.pdf)",
            id=f"tag:x,2020:{name}",
            title=f"Story {name}",
            date=f"2026-05-0{number}",
            section="World",
            tags="[Town Hall, snow]",
            aliases=f"/old/{name}/",
            authors="[Ada, Bob]",
            image="../images/p.png",
            image_alt="P",
        )
        for number, name in enumerate("abc", 1)
    }
    return a_folder(
        root,
        {
            "content/publication.yaml": f"{MASTHEAD}feeds: [{{name: site}}, {{every: tag}}, {{every: section}}]\n",
            "content/images/p.png": file_of(drawing(40, 30), "PNG"),
            "content/files/f.pdf": b"%PDF",
            **stories,
            **files,
        },
    )


def built(root: Path, how: How | None = None, **changes: object) -> BuildReport:
    return build(root, root, build_request(), how=how or How(), **changes)  # type: ignore[arg-type]


def put(root: Path, text: str | bytes, path: str = "stories/a.md") -> None:
    (root / "content" / path).write_bytes(text if isinstance(text, bytes) else text.encode())


def tree(root: Path, *but: str) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for folder in ("public", "outbox")
        for path in sorted((root / folder).rglob("*"))
        if path.is_file() and not path.name.startswith(".") and path.name not in but
    }


def without(root: Path, memory: str) -> How:
    """Take away what a build would remember, in one of three ways."""
    if memory == "the output":
        shutil.rmtree(root / ".cache")
    return PLAIN if memory == "the output, and no cache" else How()


MEMORIES = ("the build state", "the output", "the output, and no cache")


class TestStories:
    @broken
    def test_one_that_was_never_published_is_left_out_and_all_else_is_built(
        self, tmp_path: Path, text: str | bytes
    ) -> None:
        root, other = a_newsroom(tmp_path / "one"), a_newsroom(tmp_path / "other")
        put(root, text)
        (other / "content/stories/a.md").unlink()
        for each in (root, other):
            shutil.rmtree(each / "content/static", ignore_errors=True)

        built(other)
        # Nothing tells which of two came first, so that the older one stays; here that is not the one with errors.
        put(root, text.replace("2026-05-01", "2026-05-09") if isinstance(text, str) else text)
        report = built(root)

        assert tree(root) == tree(other)
        assert report.left_out == ("content/stories/a.md",)
        assert {problem.position.file for problem in errors_in(report.problems)} == {"content/stories/a.md"}

    @pytest.mark.parametrize("memory", MEMORIES)
    @broken
    def test_one_that_was_published_stays_as_it_was(self, tmp_path: Path, text: str | bytes, memory: str) -> None:
        root = a_newsroom(tmp_path)
        built(root)
        before = tree(root)
        put(root, text)

        report = built(root, without(root, memory))

        assert tree(root) == before
        assert (report.kept, report.left_out, report.missing) == (("content/stories/a.md",), (), ())
        assert report.stories == 3

    @pytest.mark.parametrize("memory", MEMORIES)
    @broken
    def test_one_that_is_fixed_comes_out_as_if_nothing_had_been(
        self, tmp_path: Path, text: str | bytes, memory: str
    ) -> None:
        root = a_newsroom(tmp_path / "one")
        good = (root / "content/stories/a.md").read_bytes()
        built(root)
        put(root, text)
        built(root, without(root, memory))
        better = good.replace(b"The text", b"The better text")
        put(root, better)

        report = built(root, without(root, memory))

        other = a_newsroom(tmp_path / "other", **{"content/stories/a.md": better})
        built(other)
        assert report.problems == ()
        assert tree(root) == tree(other)

    def test_the_others_go_on_while_one_is_invalid(self, tmp_path: Path) -> None:
        root = a_newsroom(tmp_path / "one")
        old = (root / "content/stories/a.md").read_bytes()
        built(root)
        put(root, BROKEN["no YAML"])
        for memory in MEMORIES:
            text = (root / "content/stories/b.md").read_text().replace("The text", f"Because of {memory}, the text")
            put(root, text, "stories/b.md")
            put(root, a_story_file(id="tag:x,2020:d", title="New"), "stories/d.md")
            built(root, without(root, memory))
            (root / "content/stories/d.md").unlink()
            built(root, without(root, memory))
        texts = {f"content/stories/{name}.md": (root / f"content/stories/{name}.md").read_bytes() for name in "bc"}
        other = a_newsroom(tmp_path / "other", **texts, **{"content/stories/a.md": old})
        built(other)
        assert tree(root) == tree(other)

    def test_one_whose_file_is_a_link_that_leads_out_is_invalid_alone(self, tmp_path: Path) -> None:
        root = a_newsroom(tmp_path / "one")
        built(root)
        before = tree(root)
        (tmp_path / "outside.md").write_bytes((root / "content/stories/a.md").read_bytes())
        (root / "content/stories/a.md").unlink()
        (root / "content/stories/a.md").symlink_to(tmp_path / "outside.md")

        report = built(root)

        assert [problem.code for problem in report.problems] == ["path-outside"]
        assert tree(root) == before

    def test_pictures_and_files_of_one_that_stays_stay_when_content_has_them_no_more(self, tmp_path: Path) -> None:
        for memory in MEMORIES:
            root = a_newsroom(tmp_path / memory)
            put(root, a_story_file("![Q](../images/q.png) [G](../files/g.pdf)", id="tag:x,2020:a", date="2026-05-01"))
            put(root, file_of(drawing(50, 30), "PNG"), "images/q.png")
            put(root, b"%PDF-2", "files/g.pdf")
            built(root)
            before = tree(root)
            (root / "content/images/q.png").unlink()
            put(root, b"%PDF-3", "files/g.pdf")
            put(root, BROKEN["no YAML"])

            how = without(root, memory)
            built(root, how)
            built(root, how)

            assert tree(root) == before

    @pytest.mark.parametrize("formats", ["[rss]", "[json]", "[atom]", "[json, rss]"])
    def test_entries_stay_whatever_formats_there_are(self, tmp_path: Path, formats: str) -> None:
        masthead = f"{MASTHEAD}feeds: [{{name: site, formats: {formats}}}, {{every: tag, content: summary}}]\n"
        root = a_newsroom(tmp_path, **{"content/publication.yaml": masthead})
        put(root, a_story_file("Words.", id="A 1", date="2026-05-01", audio="/e.mp3", lang="he", correction="Of it."))
        put(root, b"ID3", "e.mp3")
        put(root, (root / "content/stories/a.md").read_text().replace("/e.mp3", "{file: ../e.mp3, duration: 12:30}"))
        built(root)
        before = tree(root)
        put(root, a_story_file(id="A 1", date="never"))
        shutil.rmtree(root / ".cache")

        built(root)

        assert tree(root, "index.html") == tree(root, "index.html")
        assert {path: data for path, data in tree(root).items() if not path.endswith("public/index.html")} == {
            path: data for path, data in before.items() if not path.endswith("public/index.html")
        }

    def test_output_of_an_older_pressrun_does_not_say_what_is_in_it(self, tmp_path: Path) -> None:
        root = a_newsroom(tmp_path)
        built(root)
        place = root / "public/.pressrun-manifest.json"
        before = tree(root)
        place.write_bytes(Manifest(Manifest.read(root / "public").files).to_bytes())
        shutil.rmtree(root / ".cache")
        put(root, BROKEN["a date that is none"])

        report = built(root)

        assert report.kept == ("content/stories/a.md",)
        after = tree(root)
        assert {path: after[path] for path in before if "old/" not in path} == {
            path: data for path, data in before.items() if "old/" not in path
        }

    def test_a_page_that_somebody_changed_is_made_of_what_its_entry_says(self, tmp_path: Path) -> None:
        root = a_newsroom(tmp_path)
        built(root)
        put(root, BROKEN["no YAML"])
        shutil.rmtree(root / ".cache")
        (root / "public/stories/a/index.html").unlink()
        built(root)
        assert b"The text of a." in (root / "public/stories/a/index.html").read_bytes()

    def test_a_home_page_that_moves_takes_what_stays_along(self, tmp_path: Path) -> None:
        root = a_newsroom(tmp_path)
        built(root)
        put(root, BROKEN["no YAML"])
        put(
            root,
            (root / "content/publication.yaml").read_text().replace("gazette.example/", "moved.example/"),
            "publication.yaml",
        )
        report = built(root, allow_reflood=True)
        assert report.kept == ("content/stories/a.md",)
        assert b"https://moved.example/stories/a/" in (root / "public/atom.xml").read_bytes()
        assert b"https://moved.example/stories/a/" in (root / "public/stories/a/index.html").read_bytes()

    def test_a_first_build_names_what_may_have_been_published_before(self, tmp_path: Path) -> None:
        root = a_newsroom(tmp_path)
        put(root, BROKEN["no YAML"])
        put(root, a_story_file(id="tag:x,2020:d", date="2026-06-30", audio="/none.mp3"), "stories/later.md")
        report = built(root)
        assert report.missing == report.left_out == ("content/stories/a.md",)
        assert built(root).missing == ("content/stories/a.md",)

    def test_the_build_state_of_another_machine_is_enough(self, tmp_path: Path) -> None:
        """As where only the cache is carried from run to run."""
        root = a_newsroom(tmp_path)
        built(root)
        before = tree(root)
        put(root, BROKEN["no YAML"])
        shutil.rmtree(root / "public")
        report = built(root)
        assert tree(root) == before
        assert (report.kept, report.missing) == (("content/stories/a.md",), ())

    def test_the_id_of_one_that_no_feed_holds_is_remembered(self, tmp_path: Path) -> None:
        root = a_newsroom(tmp_path)
        built(root)
        shutil.rmtree(root / "public")
        shutil.rmtree(root / ".cache/pressrun", ignore_errors=True)
        built(root)
        put(root, a_story_file(id="tag:x,2020:other", title="Story a", date="2026-05-01"))
        with pytest.raises(ContentError) as caught:
            built(root)
        assert [problem.code for problem in caught.value.problems] == ["feed-reflood"]

    def test_one_that_is_fixed_under_another_id_would_flood(self, tmp_path: Path) -> None:
        for memory in MEMORIES:
            root = a_newsroom(tmp_path / memory)
            text = (root / "content/stories/a.md").read_text()
            built(root)
            put(root, BROKEN["no YAML"])
            built(root, without(root, memory))
            put(root, text.replace("tag:x,2020:a", "tag:x,2020:other"))
            with pytest.raises(ContentError) as caught:
                built(root, without(root, memory))
            assert [problem.code for problem in caught.value.problems] == ["feed-reflood"]


class TestTwins:
    """Of two stories with one id or path, the one in the last output stays."""

    @pytest.mark.parametrize("memory", MEMORIES)
    @pytest.mark.parametrize("name", ["0", "z"])
    def test_the_published_one_stays_wherever_the_other_is(self, tmp_path: Path, name: str, memory: str) -> None:
        root = a_newsroom(tmp_path)
        built(root)
        before = tree(root)
        put(root, a_story_file(id="tag:x,2020:b", title="Twin", date="2020-01-01"), f"stories/{name}.md")
        put(root, a_story_file(id="tag:x,2020:q", title="Twin", path="/stories/c/", date="2020-01-01"), "stories/y.md")

        report = built(root, without(root, memory))

        assert tree(root) == before
        assert report.left_out == tuple(sorted((f"content/stories/{name}.md", "content/stories/y.md")))
        assert sorted(problem.code for problem in report.problems) == ["duplicate-id", "duplicate-slug"]

    def test_without_output_the_older_one_stays(self, tmp_path: Path) -> None:
        root = a_newsroom(tmp_path)
        put(root, a_story_file(id="tag:x,2020:b", title="Twin", date="2026-05-09"), "stories/0.md")
        assert built(root).left_out == ("content/stories/0.md",)

    def test_a_draft_gives_way_to_what_is_out(self, tmp_path: Path) -> None:
        root = a_newsroom(tmp_path)
        put(root, a_story_file(id="tag:x,2020:b", title="Twin", date="2020-01-01", draft="true"), "stories/0.md")
        report = built(root)
        assert report.stories == 3
        assert {problem.position.file for problem in errors_in(report.problems)} == {"content/stories/0.md"}

    def test_of_two_editions_with_one_slug_one_stays(self, tmp_path: Path) -> None:
        root = a_newsroom(tmp_path, **{"content/editions/m.md": EDITION.format("m", "lead: b")})
        built(root)
        before = tree(root)
        put(root, EDITION.format("l", "lead: c\nslug: m"), "editions/l.md")
        assert built(root).left_out == ("content/editions/l.md",)
        assert tree(root) == before


class TestEditions:
    @pytest.mark.parametrize("memory", MEMORIES)
    def test_one_that_names_an_invalid_story_stays_as_it_was(self, tmp_path: Path, memory: str) -> None:
        root = a_newsroom(tmp_path, **{"content/editions/e.md": EDITION.format("e", "lead: a\nstories: [b]")})
        built(root)
        before = tree(root)
        put(root, BROKEN["no YAML"])

        report = built(root, without(root, memory))

        assert tree(root) == before
        assert report.kept == ("content/editions/e.md", "content/stories/a.md")
        assert [problem.code for problem in report.problems] == ["edition-story", "yaml-syntax"]

    def test_one_that_names_an_invalid_story_and_is_new_is_left_out(self, tmp_path: Path) -> None:
        root = a_newsroom(tmp_path)
        built(root)
        put(root, BROKEN["a recording that is missing"])
        put_new(root, "editions/e.md", EDITION.format("e", "lead: b\nsections: [{stories: [a]}]"))
        report = built(root)
        assert report.left_out == ("content/editions/e.md",)
        assert not (root / "outbox").exists()

    def test_one_that_finds_an_invalid_story_by_rule_goes_without_it(self, tmp_path: Path) -> None:
        root = a_newsroom(tmp_path, **{"content/editions/e.md": EDITION.format("e", "since: 2026-01-01")})
        put(root, BROKEN["a recording that is missing"])
        report = built(root)
        text = (root / "outbox/e/newsletter.txt").read_text()
        assert ("Story b" in text, "Story a" in text) == (True, False)
        assert report.left_out == ("content/stories/a.md",)

    @pytest.mark.parametrize("memory", MEMORIES)
    @pytest.mark.parametrize(
        "text", ["no front matter", EDITION.format("e", "lead: nobody"), EDITION.format("e", "date: x")]
    )
    def test_one_with_errors_stays_as_it_was_and_the_next_goes_out(
        self, tmp_path: Path, text: str, memory: str
    ) -> None:
        root = a_newsroom(tmp_path, **{"content/editions/e.md": EDITION.format("e", "lead: a")})
        built(root)
        before = tree(root, "index.html")
        page = (root / "public/editions/e/index.html").read_bytes()
        put(root, text, "editions/e.md")
        put_new(root, "editions/f.md", EDITION.format("f", "lead: b"))

        report = built(root, without(root, memory))

        after = tree(root, "index.html")
        assert {path: after[path] for path in before} == before
        assert (root / "public/editions/e/index.html").read_bytes() == page
        home = (root / "public/index.html").read_text()
        assert ("Edition e" in home, "Edition f" in home) == (True, True)
        assert (report.kept, report.left_out) == (("content/editions/e.md",), ())
        assert (root / "outbox/f/newsletter.html").is_file()


def put_new(root: Path, path: str, text: str) -> None:
    (root / "content" / path).parent.mkdir(exist_ok=True)
    put(root, text, path)


class TestRuns:
    """Every kind of run tells the same."""

    def test_all_or_nothing_writes_nothing(self, tmp_path: Path) -> None:
        root = a_newsroom(tmp_path)
        built(root)
        before = tree(root)
        put(root, BROKEN["no YAML"])
        put(root, (root / "content/stories/b.md").read_text().replace("text", "other text"), "stories/b.md")
        for _ in range(2):
            with pytest.raises(ContentError) as caught:
                built(root, all_or_nothing=True)
            assert [problem.code for problem in caught.value.problems] == ["yaml-syntax"]
        assert tree(root) == before
        built(root)
        with pytest.raises(ContentError):  # told from what the last build remembers
            built(root, all_or_nothing=True)

    @broken
    def test_a_build_with_nothing_to_do_repeats_the_report(self, tmp_path: Path, text: str | bytes) -> None:
        root = a_newsroom(tmp_path, **{"content/editions/e.md": EDITION.format("e", "lead: a")})
        built(root)
        put(root, text)
        report = built(root)
        glance = look(
            Call.of(root, root, build_request(), frozenset({"pages", "feeds", "newsletter"})), build_request().now
        ).report
        assert glance is not None
        assert (glance.problems, glance.kept, glance.left_out) == (report.problems, report.kept, report.left_out)
        assert errors_in(glance.problems)

    def test_a_build_of_some_parts_leaves_the_rest_as_it_is(self, tmp_path: Path) -> None:
        root = a_newsroom(tmp_path, **{"content/editions/e.md": EDITION.format("e", "lead: a")})
        built(root)
        before = tree(root)
        put(root, BROKEN["no YAML"])
        for part in ("pages", "feeds", "newsletter"):
            report = built(root, only=frozenset({part}))
            assert tree(root) == before, part
            assert [problem.code for problem in errors_in(report.problems)] == ["edition-story", "yaml-syntax"]
            assert built(root, only=frozenset({part})).problems == report.problems

    @broken
    def test_a_diff_shows_what_a_build_would_leave(self, tmp_path: Path, text: str | bytes) -> None:
        root = a_newsroom(tmp_path)
        built(root)
        put(root, text)
        report = diff(root, build_request(), root / "public")
        assert all(each.difference.is_empty for each in report.comparisons)
        assert errors_in(report.problems)
        built(root)
        again = diff(root, build_request(), root / "public")
        assert sorted(again.comparisons, key=str) == sorted(report.comparisons, key=str)
        assert replace(again, comparisons=()) == replace(report, comparisons=(), problems=built(root).problems)

    def test_faults_of_the_publication_and_of_templates_stop_a_build(self, tmp_path: Path) -> None:
        for path, text in (("content/publication.yaml", "title: x\n"), ("templates/story.html", "{{ nothing }}")):
            root = a_newsroom(tmp_path / path.replace("/", "-"))
            built(root)
            before = tree(root)
            put(root, BROKEN["no YAML"])
            a_folder(root, {"content/publication.yaml": (root / "content/publication.yaml").read_text(), path: text})
            with pytest.raises(ContentError):
                built(root)
            assert tree(root) == before

    @broken
    def test_a_preview_goes_on_with_everything_else(self, tmp_path: Path, text: str | bytes) -> None:
        root = a_newsroom(tmp_path)
        showing = Showing(root, build_request(), root)
        good = showing.next(build_request().now, PreviewState(0))
        put(root, text)
        put(root, (root / "content/stories/b.md").read_text().replace("The text", "Another text"), "stories/b.md")

        state = showing.next(build_request().now, good)

        assert state.is_good
        assert state.invalid
        atom = state.documents["atom.xml"].decode()
        assert "The text of a" in atom
        assert "Another text of b" in atom

    def test_a_preview_shows_what_is_published_of_a_story_with_errors(self, tmp_path: Path) -> None:
        root = a_newsroom(tmp_path)
        built(root)
        put(root, BROKEN["no YAML"])
        state = Showing(root, build_request(), root).next(build_request().now, PreviewState(0))
        assert state.documents["atom.xml"] == (root / "public/atom.xml").read_bytes()


def test_what_hides_behind_an_error_is_told_in_one_run(tmp_path: Path) -> None:
    root = a_newsroom(tmp_path)
    put(root, a_story_file("[x](nowhere.md)", id="tag:x,2020:b", lang="English!", audio="/none.mp3", titel="x"))
    codes = {problem.code for problem in built(root).problems}
    assert {"duplicate-id", "language-unknown", "near-miss"} <= codes


def test_what_is_wrong_in_the_text_is_told_beside_what_is_wrong_above_it(tmp_path: Path) -> None:
    root = a_newsroom(tmp_path)
    put(root, a_story_file("[x](nowhere.md)\n\n![](none.png)", id="tag:x,2020:a", date="never"))
    told = [(problem.code, problem.position.line) for problem in built(root).problems]
    assert told == [("story-date", 4), ("link-broken", 6), ("picture-missing", 8), ("picture-alt", 8)]


def test_what_is_wrong_in_stories_is_told_beside_what_is_wrong_in_the_publication(tmp_path: Path) -> None:
    root = a_newsroom(tmp_path, **{"content/publication.yaml": "title: x\n"})
    put(root, BROKEN["a date that is none"])
    with pytest.raises(ContentError) as caught:
        built(root)
    assert {"missing-field", "story-date"} <= {problem.code for problem in caught.value.problems}


def test_what_a_build_can_do_without_is_a_warning_and_the_story_comes_out(tmp_path: Path) -> None:
    text = a_story_file(
        "[x](nowhere.md) ![x](none.png) A bell: &#7;.", id="tag:x,2020:a", lang="English!", image="/no.png"
    )
    root = a_newsroom(tmp_path)
    put(root, text)
    report = built(root)
    codes = ["control-character", "language-unknown", "link-broken", "picture-missing", "picture-missing"]
    soft = [problem for problem in report.problems if problem.code in codes]
    assert sorted(problem.code for problem in soft) == codes
    assert {problem.severity for problem in soft} == {Severity.WARNING}
    assert (root / "public/stories/a/index.html").is_file()
    assert b"A bell: ." in (root / "public/atom.xml").read_bytes()
