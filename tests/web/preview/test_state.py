"""What a publication shows at a moment: the same bytes as a build, and after a broken save those of before."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from builders import NOON, a_folder, a_story_file, build_request
from pressrun.model.problems import Severity
from pressrun.press.building.build import build
from pressrun.web.preview.state import PieceStatus, PreviewState, Showing, since_last_build

SNOW = a_story_file("It snowed.", id="tag:x,2020:snow", title="Snow", tags="[winter]")
ICE = a_story_file("See [snow](snow.md).", id="tag:x,2020:ice", title="Ice")
EDITION = "---\nid: tag:x,2020:editions/1\ntitle: Cold\ndate: 2026-05-08\nlead: snow\n---\nGood morning.\n"
FILES = {"content/stories/snow.md": SNOW, "content/stories/ice.md": ICE, "content/editions/cold.md": EDITION}
NOTHING = PreviewState(0)
# The memory of this very process: its beginning belongs to nobody.
UNREADABLE = Path("/proc/self/mem")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return a_folder(tmp_path, FILES)


@pytest.fixture
def showing(root: Path) -> Showing:
    return Showing(root, build_request(), root)


def save(root: Path, path: str, text: str) -> None:
    (root / path).parent.mkdir(exist_ok=True)
    (root / path).write_text(text, encoding="utf-8")


def everything_in(root: Path) -> list[str]:
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*"))


class TestBytes:
    def test_letters_and_feeds_are_those_that_a_build_writes(self, root: Path, showing: Showing) -> None:
        state = showing.next(NOON, NOTHING)
        build(root, root, build_request())
        assert state.documents
        for path, data in state.documents.items():
            assert data == (root / "public" / path).read_bytes()
        assert set(state.proofs["cold"].files) == {"newsletter.html", "newsletter.txt", "newsletter.eml"}
        for name, data in state.proofs["cold"].files.items():
            assert data == (root / "outbox/cold" / name).read_bytes()

    def test_nothing_is_written(self, root: Path, showing: Showing) -> None:
        before = everything_in(root)
        showing.next(NOON, NOTHING)
        assert everything_in(root) == before

    def test_what_is_remembered_is_what_would_be_made_anew(self, root: Path, showing: Showing) -> None:
        state = showing.next(NOON, NOTHING)
        for path, text in (
            ("content/stories/ice.md", ICE + "More, and [nothing](/gone/)."),
            ("content/stories/snow.md", SNOW.replace("title: Snow", "title: Much snow\nslug: much")),
            ("content/stories/third.md", a_story_file("Third.", id="tag:x,2020:3", title="Third", tags="[winter]")),
            ("content/publication.yaml", (root / "content/publication.yaml").read_text() + "feeds: [{every: tag}]\n"),
            ("templates/newsletter.css", ".paper { color: #123456; }\n"),
            ("content/editions/cold.md", EDITION + "And a good evening.\n"),
        ):
            save(root, path, text)
            state = showing.next(NOON, state)
            anew = Showing(root, build_request(), root).next(NOON, NOTHING)
            numbers = {source: (title, 0) for source, (title, _) in anew.entries.items()}
            assert replace(state, entries=numbers).says_the_same(replace(anew, entries=numbers)), path

    def test_what_is_remembered_does_not_grow(self, root: Path, showing: Showing) -> None:
        state = NOTHING
        sizes = []
        for number in range(12):
            save(root, "content/stories/ice.md", f"{ICE}Word {number}.")
            state = showing.next(NOON, state)
            sizes.append(len(showing.memory))
        assert len(set(sizes[2:])) == 1

    def test_nor_does_it_while_nothing_can_be_built(self, root: Path, showing: Showing) -> None:
        state = showing.next(NOON, NOTHING)
        sizes = []
        for number in range(12):
            save(root, "content/stories/ice.md", f"{ICE}[Word {number}](nowhere.md).")
            save(root, "templates/story.html", f"{number} {{{{ nothing }}}}")
            state = showing.next(NOON, state)
            assert not state.is_good
            sizes.append(len(showing.memory))
        assert len(set(sizes[2:])) == 1


class TestBroken:
    def test_a_story_with_errors_is_shown_as_it_was_and_they_are_told(self, root: Path, showing: Showing) -> None:
        good = showing.next(NOON, NOTHING)
        save(root, "content/stories/snow.md", SNOW.replace("date: ", "date: 12th of "))
        state = showing.next(NOON, good)
        told = [(problem.code, problem.position.excerpt) for problem in state.invalid]
        assert ("story-date", "date: 12th of 2026-05-01") in told
        assert (state.proofs, state.documents) == (good.proofs, good.documents)
        assert state.is_good

    def test_a_broken_save_is_told_over_the_last_good_state(self, root: Path, showing: Showing) -> None:
        good = showing.next(NOON, NOTHING)
        save(root, "content/stories/snow.md", SNOW.replace("title: ", "title: Other "))
        masthead = (root / "content/publication.yaml").read_text(encoding="utf-8")
        save(root, "content/publication.yaml", masthead + "feeds: nothing\n")
        broken = showing.next(NOON, good)
        assert broken.broken
        assert (broken.proofs, broken.documents) == (good.proofs, good.documents)
        assert not broken.is_good
        save(root, "content/publication.yaml", masthead)

        save(root, "content/stories/snow.md", SNOW)
        assert showing.next(NOON, broken).is_good

    def test_without_a_masthead_there_is_nothing_but_the_problem(self, root: Path, showing: Showing) -> None:
        (root / "content/publication.yaml").unlink()
        state = showing.next(NOON, NOTHING)
        assert [problem.code for problem in state.broken] == ["publication-missing"]
        assert state.publication is None

    def test_a_template_error_is_told_at_its_line(self, root: Path, showing: Showing) -> None:
        state = showing.next(NOON, NOTHING)
        save(
            root, "templates/newsletter.html", '{% extends "default/newsletter.html" %}\n{% block footer %}{{ nobody }}'
        )
        (problem,) = showing.next(NOON, state).broken
        assert (problem.code, problem.position.file, problem.position.line) == (
            "template-syntax",
            "templates/newsletter.html",
            2,
        )

    def test_a_page_template_that_fails_is_told_too(self, root: Path, showing: Showing) -> None:
        save(root, "templates/story.html", '{% extends "default/story.html" %}\n{% block main %}{{ x }}{% endblock %}')
        assert [problem.code for problem in showing.next(NOON, NOTHING).broken] == ["template-undefined"]

    def test_from_the_start_what_can_be_made_is_shown(self, root: Path, showing: Showing) -> None:
        save(root, "content/stories/ice.md", "---\ntitle: Ice\ndate: x\n---\n")
        state = showing.next(NOON, NOTHING)
        assert state.is_good
        assert [problem.code for problem in state.invalid] == ["story-date"]
        assert "cold" in state.proofs
        assert state.stories[0].standing is PieceStatus.UNREADABLE

    @pytest.mark.skipif(not UNREADABLE.exists(), reason="a file that nobody can read is there on Linux only")
    def test_a_file_that_cannot_be_read_is_told_in_a_sentence(self, root: Path, showing: Showing) -> None:
        good = showing.next(NOON, NOTHING)
        (root / "templates").mkdir()
        (root / "templates/newsletter.css").symlink_to(UNREADABLE)
        state = showing.next(NOON, good)
        assert state.trouble is not None
        assert state.trouble.startswith("a file cannot be read")
        assert (state.proofs, state.is_good) == (good.proofs, False)
        (root / "templates/newsletter.css").unlink()
        assert showing.next(NOON, state).is_good


class TestDesk:
    def test_each_piece_has_its_standing(self, root: Path, showing: Showing) -> None:
        save(root, "content/stories/draft.md", a_story_file("Words here.", id="tag:x,2020:d", title="D", draft="true"))
        save(root, "content/stories/later.md", a_story_file("Later.", id="tag:x,2020:l", title="L", date="2026-06-01"))
        state = showing.next(NOON, NOTHING)
        standings = {piece.slug: (piece.standing, piece.words) for piece in state.stories}
        assert standings["draft"] == (PieceStatus.DRAFT, 2)
        assert standings["later"] == (PieceStatus.SCHEDULED, 1)
        assert standings["snow"] == (PieceStatus.PUBLISHED, 2)
        assert state.due is not None
        assert showing.next(state.due + timedelta(seconds=1), state).stories[0].standing is PieceStatus.PUBLISHED

    def test_a_letter_that_is_not_out_is_shown_as_a_test_would_show_it(self, root: Path, showing: Showing) -> None:
        save(root, "content/stories/later.md", a_story_file("Later.", id="tag:x,2020:l", title="L", date="2026-06-01"))
        edition = EDITION.replace("/1", "/2").replace("2026-05-08", "2026-06-02").replace("snow", "later")
        save(root, "content/editions/next.md", edition.replace("Good", "[Here](https://x.example/) a good"))
        state = showing.next(NOON, NOTHING)
        assert state.is_good
        assert "Later." in state.proofs["next"].newsletter.text
        assert state.proofs["next"].why_not is not None
        assert "L" not in [title for title, _ in state.entries.values()]
        assert "link-text" in [problem.code for problem in state.problems_in("content/editions/next.md")]

    def test_an_edition_without_stories_of_its_rule_is_skipped(self, root: Path, showing: Showing) -> None:
        rule = "since: 2026-05-10\nskip_if_empty: true"
        save(root, "content/editions/none.md", EDITION.replace("/1", "/3").replace("lead: snow", rule))
        state = showing.next(NOON, NOTHING)
        assert [piece.standing for piece in state.editions if piece.slug == "none"] == [PieceStatus.SKIPPED]

    def test_findings_are_those_of_a_check(self, root: Path, showing: Showing) -> None:
        save(root, "content/stories/ice.md", ICE + "Read more [here](https://x.example/).")
        (problem,) = (each for each in showing.next(NOON, NOTHING).problems if each.code == "link-text")
        assert problem.severity is Severity.WARNING


class TestMoved:
    def test_a_save_tells_what_it_made_another(self, root: Path, showing: Showing) -> None:
        state = showing.next(NOON, NOTHING)
        save(root, "content/stories/snow.md", SNOW + "And [here](https://x.example/).")
        moved = showing.next(NOON, state, ["content/stories/snow.md"]).moved
        assert moved.saved == ("content/stories/snow.md",)
        assert (moved.letters, moved.entries, moved.more, moved.fewer) == (("Cold",), ("Snow",), 1, 0)

    def test_a_save_without_a_change_is_none(self, root: Path, showing: Showing) -> None:
        state = showing.next(NOON, NOTHING)
        save(root, "content/stories/snow.md", SNOW)
        assert showing.next(NOON, state, ["content/stories/snow.md"]) is state

    def test_a_story_that_is_gone_is_told(self, root: Path, showing: Showing) -> None:
        state = showing.next(NOON, NOTHING)
        (root / "content/stories/ice.md").unlink()
        assert showing.next(NOON, state).moved.entries == ("Ice",)


class TestSinceTheLastBuild:
    def test_a_letter_is_held_against_the_one_in_the_outbox(self, root: Path, showing: Showing) -> None:
        state = showing.next(NOON, NOTHING)
        assert since_last_build(root, state.proofs["cold"]) is None
        build(root, root, build_request())
        state = showing.next(NOON, state)
        found = since_last_build(root, state.proofs["cold"])
        assert found is not None
        assert found.is_empty
        save(root, "content/editions/cold.md", EDITION.replace("Good", "Very good"))
        found = since_last_build(root, showing.next(NOON, state).proofs["cold"])
        assert found is not None
        assert found.counts == (2, 1)

    def test_what_subscribers_would_notice_is_what_a_diff_tells(self, root: Path, showing: Showing) -> None:
        build(root, root, build_request())
        save(root, "content/stories/third.md", a_story_file("Third.", id="tag:x,2020:3", title="Third"))
        state = showing.next(NOON, NOTHING)
        assert state.difference is not None
        report = state.difference()
        assert [seen.title for each in report.comparisons for seen in each.difference.new] == ["Third"]
        assert state.difference() is report
