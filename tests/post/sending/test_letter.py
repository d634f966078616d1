"""A test of an edition: its letter, made in memory and sent to a few."""

from pathlib import Path

import pytest

from builders import MASTHEAD, NOON, a_folder, a_story_file, build_request
from contracts.transport_contract import ADA, GRACE
from pressrun.model.problems import ContentError
from pressrun.model.recipient import Recipient
from pressrun.post.delivery.eml import EmlTransport
from pressrun.post.delivery.interface import DeliveryVerdict
from pressrun.post.sending.letter import NoSuchEdition, Ready, addressed, post, ready
from pressrun.press.building.build import build

SPRING = "---\nid: tag:gazette.example,2020:editions/spring\ntitle: Spring is here\nslug: spring\n{}\n---\nHello.\n"


def an_edition_file(fields: str = "date: 2026-05-08\nlead: first-snow") -> str:
    return SPRING.format(fields)


def a_publication_in(root: Path, **files: str) -> Path:
    return a_folder(
        root,
        {
            "content/editions/2026-05-08-spring.md": an_edition_file(),
            "content/stories/first-snow.md": a_story_file(),
            **{f"content/{path}": text for path, text in files.items()},
        },
    )


def complaints(root: Path, name: str = "spring") -> list[str]:
    with pytest.raises(ContentError) as error:
        ready(root, name, build_request())
    return [problem.code for problem in error.value.problems]


class TestNames:
    @pytest.mark.parametrize(
        "name",
        [
            "spring",
            "tag:gazette.example,2020:editions/spring",
            "2026-05-08-spring",
            "2026-05-08-spring.md",
            "editions/2026-05-08-spring.md",
            "content/editions/2026-05-08-spring.md",
        ],
    )
    def test_an_edition_is_named_by_slug_id_or_file(self, tmp_path: Path, name: str) -> None:
        assert ready(a_publication_in(tmp_path), name, build_request()).edition.title == "Spring is here"

    def test_or_by_its_file_seen_from_here(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        a_publication_in(tmp_path / "news")
        monkeypatch.chdir(tmp_path / "news/content")
        assert ready(tmp_path / "news", "./editions/2026-05-08-spring.md", build_request()).edition.slug == "spring"

    @pytest.mark.parametrize(
        ("name", "words"),
        [
            ("sprnig", "did you mean spring?"),
            ("Spring is her", "did you mean spring?"),
            ("winter", "name it by its slug or its file."),
            ("first-snow", "name it by its slug or its file."),
        ],
    )
    def test_another_name_is_told_with_the_nearest(self, tmp_path: Path, name: str, words: str) -> None:
        with pytest.raises(NoSuchEdition) as error:
            ready(a_publication_in(tmp_path), name, build_request())
        assert str(error.value) == f'there is no edition "{name}"; {words}'

    def test_a_name_of_two_is_told(self, tmp_path: Path) -> None:
        files = {"editions/2025/letter.md": an_edition_file(), "editions/2026/letter.md": an_edition_file()}
        with pytest.raises(NoSuchEdition, match=r"can mean content/editions/2025/letter.md or content/editions/2026"):
            ready(a_publication_in(tmp_path, **files), "letter", build_request())

    def test_one_that_could_not_be_read_is_no_slip_of_the_name(self, tmp_path: Path) -> None:
        files = {"editions/2026-05-08-spring.md": an_edition_file("date: someday")}
        assert complaints(a_publication_in(tmp_path, **files)) == ["edition-date"]

    def test_where_there_is_no_publication_that_is_told(self, tmp_path: Path) -> None:
        assert complaints(tmp_path) == ["publication-missing"]


class TestReady:
    def test_nothing_but_the_cache_is_written(self, tmp_path: Path) -> None:
        root = a_publication_in(tmp_path)
        before = sorted(root.rglob("*"))
        ready(root, "spring", build_request())
        assert [path for path in sorted(root.rglob("*")) if ".cache" not in path.parts] == before

    def test_a_story_of_a_section_is_taken_in_too(self, tmp_path: Path) -> None:
        fields = "date: 2026-05-08\nsections:\n- title: Water\n  stories: [ferry]"
        files = {
            "editions/2026-05-08-spring.md": an_edition_file(fields),
            "stories/ferry.md": a_story_file(id="tag:x,2020:2", draft="true"),
        }
        letter = ready(a_publication_in(tmp_path, **files), "spring", build_request())
        assert [story.slug for story in letter.edition.sections[0].stories] == ["ferry"]

    def test_an_edition_that_its_rule_skips_has_no_letter(self, tmp_path: Path) -> None:
        fields = "date: 2026-05-08\ntags: [rivers]\nmin_stories: 1\nskip_if_empty: true"
        files = {"editions/2026-05-08-spring.md": an_edition_file(fields)}
        with pytest.raises(NoSuchEdition, match="is skipped: no stories fit its rule, and min_stories is 1"):
            ready(a_publication_in(tmp_path, **files), "spring", build_request())

    def test_a_letter_that_would_be_clipped_is_an_error_as_in_a_build(self, tmp_path: Path) -> None:
        files = {"stories/first-snow.md": a_story_file("It snowed.\n\n" * 3_000)}
        root = a_publication_in(tmp_path, **files)
        assert complaints(root) == ["letter-size"]
        a_folder(
            root, {"content/editions/2026-05-08-spring.md": an_edition_file("lead: first-snow\nallow_clipping: true")}
        )
        assert [problem.code for problem in ready(root, "spring", build_request()).problems] == ["letter-size"]

    def test_a_draft_and_the_stories_that_it_names_are_taken_in(self, tmp_path: Path) -> None:
        fields = "date: 2026-06-08\ndraft: true\nlead: first-snow\nstories: [ferry]"
        files = {
            "editions/2026-05-08-spring.md": an_edition_file(fields),
            "stories/first-snow.md": a_story_file(draft="true"),
            "stories/ferry.md": a_story_file(id="tag:x,2020:2", date="2026-06-01"),
        }
        letter = ready(a_publication_in(tmp_path, **files), "spring", build_request())
        assert letter.edition.lead is not None
        assert [story.slug for story in letter.edition.stories] == ["ferry"]
        assert [(file, reason.partition(" until")[0]) for file, reason in letter.not_out] == [
            ("content/editions/2026-05-08-spring.md", "is a draft"),
            ("content/stories/first-snow.md", "is a draft"),
            ("content/stories/ferry.md", "is not out"),
        ]

    def test_what_is_out_is_not_told(self, tmp_path: Path) -> None:
        letter = ready(a_publication_in(tmp_path), "spring", build_request())
        assert (letter.not_out, letter.problems) == ((), ())

    def test_a_link_to_another_draft_is_an_error_unless_drafts_are_asked_for(self, tmp_path: Path) -> None:
        files = {
            "stories/first-snow.md": a_story_file("See [the ferry](ferry.md)."),
            "stories/ferry.md": a_story_file(id="tag:x,2020:2", draft="true"),
        }
        root = a_publication_in(tmp_path, **files)
        assert complaints(root) == ["link-broken"]
        assert ready(root, "spring", build_request(drafts=True)).problems == ()

    @pytest.mark.parametrize(
        "other",
        [
            a_story_file(id="tag:x,2020:2", date="someday"),
            a_story_file("[x](nowhere.md) &#7;", id="tag:x,2020:2"),
            a_story_file(id="tag:x,2020:2", audio="/none.mp3"),
        ],
    )
    def test_an_error_in_a_story_that_it_does_not_carry_does_not_stop_it(self, tmp_path: Path, other: str) -> None:
        letter = ready(a_publication_in(tmp_path, **{"stories/ferry.md": other}), "spring", build_request())
        assert letter.problems == ()

    @pytest.mark.parametrize(
        ("story", "codes"),
        [
            (a_story_file("[x](nowhere.md)"), ["link-broken"]),
            (a_story_file("![x](nowhere.png)"), ["picture-missing"]),
            (a_story_file("A bell: &#7;"), ["control-character"]),
            (a_story_file(lang="English!"), ["language-unknown"]),
            (a_story_file(audio="/none.mp3"), ["edition-story", "audio-missing"]),
            (a_story_file(date="someday"), ["edition-story", "story-date"]),
        ],
    )
    def test_an_error_in_a_story_that_it_names_stops_it(self, tmp_path: Path, story: str, codes: list[str]) -> None:
        assert complaints(a_publication_in(tmp_path, **{"stories/first-snow.md": story})) == codes

    def test_an_error_in_its_own_words_stops_it(self, tmp_path: Path) -> None:
        edition = an_edition_file().rstrip() + "\n\n[x](nowhere.md)\n"
        root = a_publication_in(tmp_path, **{"editions/2026-05-08-spring.md": edition})
        assert complaints(root) == ["link-broken"]

    def test_an_edition_that_cannot_be_read_says_why_and_nothing_of_other_files(self, tmp_path: Path) -> None:
        files = {
            "editions/2026-05-08-spring.md": an_edition_file().replace("date:", "dat3: x\ndate: never #"),
            "stories/ferry.md": a_story_file(id="tag:x,2020:2", date="someday"),
        }
        assert complaints(a_publication_in(tmp_path, **files)) == ["edition-date"]

    def test_a_rule_goes_without_a_story_that_has_errors(self, tmp_path: Path) -> None:
        edition = (
            "---\nid: tag:x,2020:w\ntitle: Week\ndate: 2026-05-08\nsince: 2026-01-01\nsubject: Week\n---\nWords.\n"
        )
        good = a_story_file(id="tag:x,2020:2", title="Ferry", date="2026-05-01")
        bad = a_story_file(id="tag:x,2020:3", title="Bridge", date="2026-05-02", audio="/none.mp3")
        files = {"editions/week.md": edition, "stories/ferry.md": good, "stories/bridge.md": bad}
        letter = ready(a_publication_in(tmp_path, **files), "week", build_request())
        carried = [letter.edition.lead, *letter.edition.stories]
        assert "Ferry" in [story.title for story in carried if story]
        assert "Bridge" not in [story.title for story in carried if story]

    def test_a_warning_is_told_only_of_what_is_in_the_letter(self, tmp_path: Path) -> None:
        files = {
            "editions/2026-05-08-spring.md": an_edition_file().replace("title:", "tilte: x\ntitle:"),
            "stories/ferry.md": a_story_file(id="tag:x,2020:2", tilte="x"),
        }
        letter = ready(a_publication_in(tmp_path, **files), "spring", build_request())
        assert [problem.position.file for problem in letter.problems] == ["content/editions/2026-05-08-spring.md"]

    def test_a_broken_template_stops_it(self, tmp_path: Path) -> None:
        root = a_publication_in(tmp_path, **{"stories/ferry.md": a_story_file(id="tag:x,2020:2", date="someday")})
        a_folder(root, {"templates/newsletter.html": "{{ nothing }}"})
        assert complaints(root) == ["template-undefined"]

    def test_without_a_sender_there_is_no_letter(self, tmp_path: Path) -> None:
        masthead = "title: T\nhome: https://t.example/\ntimezone: UTC\nids: t.example,2020\n"
        assert complaints(a_publication_in(tmp_path, **{"publication.yaml": masthead})) == ["letter-sender"]


class TestPost:
    @pytest.fixture
    def letter(self, tmp_path: Path) -> Ready:
        return ready(a_publication_in(tmp_path / "news"), "spring", build_request())

    def test_everybody_gets_one_of_their_own(self, letter: Ready, tmp_path: Path) -> None:
        with EmlTransport(tmp_path / "letters") as transport:
            settled = list(post(addressed(letter, [Recipient(ADA, "Ada"), Recipient(GRACE)], NOON), transport))
        assert [settlement.outcome.verdict for settlement in settled] == [
            DeliveryVerdict.ACCEPTED,
            DeliveryVerdict.ACCEPTED,
        ]
        texts = [Path(settlement.outcome.text).read_text() for settlement in settled]
        for text, to in zip(texts, ("Ada <ada@reader.example>", "grace@reader.example"), strict=True):
            assert f"\nTo: {to}\nSubject: [TEST] Spring is here\nDate: Tue, 12 May 2026 08:00:00 -0400\n" in text

    def test_the_places_for_readers_are_filled(self, tmp_path: Path) -> None:
        way_out = "https://gazette.example/out?who={email}"
        masthead = MASTHEAD.replace("mailto:news@gazette.example?subject=unsubscribe", f'"{way_out}"')
        fields = "date: 2026-05-08\nsubject: 'For {first_name, \"you\"}'\nlead: first-snow"
        files = {"publication.yaml": masthead, "editions/2026-05-08-spring.md": an_edition_file(fields)}
        letter = ready(a_publication_in(tmp_path / "news", **files), "spring", build_request())
        with EmlTransport(tmp_path / "letters") as transport:
            recipients = [Recipient(ADA, "Lovelace, Ada"), Recipient(GRACE)]
            texts = [
                Path(each.outcome.text).read_text() for each in post(addressed(letter, recipients, NOON), transport)
            ]
        for text, name, address in zip(texts, ("Ada", "you"), ("ada", "grace"), strict=True):
            assert f"\nSubject: [TEST] For {name}\n" in text
            plain = text.replace("=\n", "")
            # In the header, in the text and in the HTML.
            assert plain.count("https://gazette.example/out?who") == 3
            assert plain.count(f"{address}%40reader.example") == 3
            assert "qslotq" not in plain

    def test_a_letter_is_posted_when_its_turn_comes(self, letter: Ready, tmp_path: Path) -> None:
        with EmlTransport(tmp_path / "letters") as transport:
            settled = post(addressed(letter, [Recipient(ADA), Recipient(GRACE)], NOON), transport)
            next(settled)
        assert len(list((tmp_path / "letters").iterdir())) == 1

    def test_two_tests_leave_the_other_letters_remembered(self, tmp_path: Path) -> None:
        root = a_publication_in(tmp_path / "news")
        other = (
            an_edition_file("date: 2026-05-09\nlead: first-snow")
            .replace("editions/spring", "editions/other")
            .replace("slug: spring", "slug: other")
        )
        a_folder(root, {"content/editions/2026-05-09-other.md": other})
        build(root, root, build_request())
        before = sorted((root / ".cache/pressrun/letter").rglob("*"))
        for _ in range(2):
            ready(root, "spring", build_request())
        assert sorted((root / ".cache/pressrun/letter").rglob("*")) == before
