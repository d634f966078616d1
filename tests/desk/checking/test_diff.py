"""What subscribers would notice, and the guard that keeps a build from showing them everything again."""

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import MASTHEAD, NOON, a_folder, a_story_file, build_request
from pressrun.desk.checking.diff import DiffReport, ExternalFeed, NoBaseline, UnknownFeed, diff
from pressrun.model.problems import ContentError, Problem
from pressrun.press.building.build import build
from pressrun.press.building.run import Run
from pressrun.press.feeds.difference import Difference, Pair, difference, link_of
from pressrun.press.feeds.snapshot import SeenEntry, Snapshot


def seen(number: int, **changes: object) -> SeenEntry:
    moment = NOON + timedelta(days=number)
    values = {
        "id": f"tag:x,2020:{number}",
        "link": f"https://gazette.example/stories/{number}/",
        "title": f"Story {number}",
        "digest": f"digest {number}",
        "updated": moment,
        "published": moment,
    }
    return SeenEntry(**{**values, **changes})  # type: ignore[arg-type]


def snapshot(*entries: SeenEntry) -> Snapshot:
    return Snapshot(entries)


# Two snapshots

MOMENTS = st.none() | st.integers(0, 9).map(lambda days: NOON + timedelta(days=days))
WORDS = st.sampled_from(["", "a", "b", "c", "d", "e"])
ENTRIES = st.builds(SeenEntry, id=WORDS.map(lambda word: f"tag:{word}"), link=WORDS, title=WORDS, digest=WORDS,
                    updated=MOMENTS, published=MOMENTS)  # fmt: skip
SNAPSHOTS = st.lists(ENTRIES, max_size=8).map(lambda entries: Snapshot(tuple(entries)))


@given(any_snapshot=SNAPSHOTS, is_whole=st.booleans())
def test_a_snapshot_compared_with_itself_shows_nothing(any_snapshot: Snapshot, is_whole: bool) -> None:
    assert difference(any_snapshot, any_snapshot, is_whole=is_whole) == Difference()
    assert Difference().is_empty


@given(before=SNAPSHOTS, after=SNAPSHOTS, is_whole=st.booleans())
def test_every_id_is_told_of_once(before: Snapshot, after: Snapshot, is_whole: bool) -> None:
    found = difference(before, after, is_whole=is_whole)

    kept = before.by_id.keys() & after.by_id.keys()
    changed = [pair.after.id for pair in found.changed]
    unchanged = kept - set(changed)
    new, again = [each.id for each in found.new], [pair.after.id for pair in found.again]
    assert sorted([*new, *changed, *again, *unchanged]) == sorted(after.by_id)

    old, gone = [pair.before.id for pair in found.again], [each.id for each in found.gone]
    assert len({*old, *gone}) == len(old) + len(gone)
    assert {*old, *gone} <= before.by_id.keys() - after.by_id.keys()
    if is_whole:
        assert {*old, *gone} == before.by_id.keys() - after.by_id.keys()


@given(before=SNAPSHOTS, after=SNAPSHOTS)
def test_the_order_of_entries_matters_to_nobody(before: Snapshot, after: Snapshot) -> None:
    before, after = (Snapshot(tuple(each.by_id.values())) for each in (before, after))
    backwards = difference(Snapshot(before.entries[::-1]), Snapshot(after.entries[::-1]))
    forwards = difference(before, after)
    for name in ("new", "changed", "gone", "again"):
        assert set(getattr(backwards, name)) == set(getattr(forwards, name))


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"link": "http://GAZETTE.example/stories/1/index.html#top", "digest": "other"},
        {"link": "https://new.example/elsewhere"},
    ],
)
def test_a_story_with_another_id_is_known_by_its_link_or_else_by_its_words(change: dict[str, object]) -> None:
    moved = seen(1, id="tag:x,2020:other", **change)
    assert difference(snapshot(seen(2), seen(1)), snapshot(seen(2), moved)) == Difference(again=(Pair(seen(1), moved),))


def test_a_link_says_more_than_words() -> None:
    one, two = seen(1, id="a", digest="digest 2"), seen(2, id="b", digest="digest 1")
    found = difference(snapshot(seen(1), seen(2)), snapshot(one, two))
    assert found.again == (Pair(seen(1), one), Pair(seen(2), two))


def test_another_link_and_other_words_are_another_story() -> None:
    found = difference(snapshot(seen(1)), snapshot(seen(2)), is_whole=True)
    assert found == Difference(new=(seen(2),), gone=(seen(1),))


def test_a_link_that_everybody_has_says_nothing() -> None:
    home = "https://gazette.example/"
    before = snapshot(seen(1, link=home), seen(2, link=home))
    after = snapshot(seen(2, link=home), seen(3, link=home))
    assert difference(before, after).new == (seen(3, link=home),)


def test_a_date_that_is_not_told_has_not_changed() -> None:
    assert difference(snapshot(seen(1, updated=None)), snapshot(seen(1))).is_empty
    assert difference(snapshot(seen(1, updated=NOON)), snapshot(seen(1))).changed
    assert difference(snapshot(seen(1, digest="other")), snapshot(seen(1))).changed


def test_what_made_room_for_newer_entries_is_not_gone() -> None:
    before, after = snapshot(seen(3), seen(2), seen(1)), snapshot(seen(4), seen(3))
    assert difference(before, after).gone == ()
    assert difference(before, after, is_whole=True).gone == (seen(2), seen(1))
    assert difference(before, snapshot(seen(3), seen(1))).gone == (seen(2),)
    assert difference(before, snapshot()).gone == before.entries


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://x.example/a/", "http://x.example/a"),
        ("https://x.example/a/index.html", "https://X.example/a/#b"),
        ("https://x.example/%C3%A9", "https://x.example/é"),
        ("https://x.example", "https://x.example/"),
    ],
)
def test_two_ways_to_write_one_address_are_one(one: str, other: str) -> None:
    assert link_of(seen(1, link=one)) == link_of(seen(1, link=other))


@pytest.mark.parametrize("other", ["https://x.example/?p=2", "https://y.example/?p=1", "https://[x"])
def test_two_addresses_are_two(other: str) -> None:
    assert link_of(seen(1, link="https://x.example/?p=1")) != link_of(seen(1, link=other))


# A build and what was published

A, B, C = ("content/stories/a.md", "content/stories/b.md", "content/stories/c.md")
FILES = {
    A: a_story_file("It fell.", id="tag:x,2020:a", title="Snow"),
    B: a_story_file("It sails.", id="tag:x,2020:b", title="Ferry", date="2026-05-02"),
}
FEED = """<rss version="2.0"><channel><title>Old</title><link>https://old.example/</link><description/>
<item><guid>{}</guid><title>Snow</title><link>https://gazette.example/stories/a/</link>
<pubDate>Fri, 01 May 2026 00:00:00 GMT</pubDate><description>It fell.</description></item></channel></rss>
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return a_folder(tmp_path / "gazette", FILES)


@pytest.fixture
def built(root: Path) -> Path:
    build(root, root, build_request())
    return root


def rewritten(root: Path, path: str, **fields: str) -> None:
    a_folder(root, {path: a_story_file("It fell.", **{"id": "tag:x,2020:a", "title": "Snow", **fields})})


def compared(root: Path, against: Path | ExternalFeed | None = None, feed: str | None = None) -> DiffReport:
    return diff(root, build_request(), root / "public" if against is None else against, feed)


def of_site(report: DiffReport) -> dict[str, list[str]]:
    found = next(each.difference for each in report.comparisons if each.feed == "atom.xml")
    return {
        "new": [each.id for each in found.new],
        "changed": [pair.after.id for pair in found.changed],
        "gone": [each.id for each in found.gone],
        "again": [pair.after.id for pair in found.again],
    }


NOTHING: dict[str, list[str]] = {"new": [], "changed": [], "gone": [], "again": []}


def test_the_same_content_shows_nothing(built: Path) -> None:
    assert of_site(compared(built)) == NOTHING


def test_stories_come_change_and_go(built: Path) -> None:
    rewritten(built, A, title="Snow again")
    (built / B).unlink()
    a_folder(built, {C: a_story_file("New.", id="tag:x,2020:c")})
    assert of_site(compared(built)) == {
        "new": ["tag:x,2020:c"],
        "changed": ["tag:x,2020:a"],
        "gone": ["tag:x,2020:b"],
        "again": [],
    }


def test_between_two_builds_nothing_is_gone_that_is_in_the_archives(tmp_path: Path) -> None:
    def story(day: int) -> dict[str, str]:
        fields = {"id": f"tag:x,2020:{day}", "title": f"Day {day}", "date": f"2026-04-{day:02}"}
        return {f"content/stories/{day}.md": a_story_file(**fields)}

    root = a_folder(tmp_path, {path: text for day in range(1, 21) for path, text in story(day).items()})
    build(root, root, build_request())
    a_folder(root, {path: text for day in range(21, 26) for path, text in story(day).items()})
    assert of_site(compared(root))["gone"] == []
    (root / "content/stories/1.md").unlink()
    assert of_site(compared(root))["gone"] == ["tag:x,2020:1"]


def test_the_line_that_gives_back_the_old_id_is_told(built: Path) -> None:
    rewritten(built, A, id="tag:x,2020:other")
    report = compared(built)
    assert list(report.again) == ["tag:x,2020:other"]
    assert (report.cures["tag:x,2020:other"].file, report.cures["tag:x,2020:other"].line) == (A, "id: tag:x,2020:a")


@pytest.mark.parametrize(
    ("old", "line"),
    [
        ("https://old.example/?p=1#x", "id: https://old.example/?p=1#x"),
        ("tag:x,2020:", 'id: "tag:x,2020:"'),
        ("123 at old.example", "id: 123 at old.example"),
    ],
)
def test_an_old_id_is_quoted_where_it_must_be_and_is_known_again_once_it_is_written(
    root: Path, old: str, line: str
) -> None:
    document = ExternalFeed("old", FEED.format(old).encode())
    assert compared(root, document).cures["tag:x,2020:a"].line == line
    a_folder(root, {A: FILES[A].replace("id: tag:x,2020:a", line)})
    assert compared(root, document).again == {}


def test_an_old_id_that_atom_cannot_hold_has_no_line_in_an_atom_feed(root: Path) -> None:
    atom = """<feed xmlns="http://www.w3.org/2005/Atom"><title>Old</title><entry><id>123 at old.example</id>
    <title>Snow</title><link href="https://gazette.example/stories/a/"/><updated>2026-05-01T00:00:00Z</updated></entry></feed>"""
    assert compared(root, ExternalFeed("old", atom.encode())).cures["tag:x,2020:a"].line is None


def test_in_toml_the_line_is_toml(root: Path) -> None:
    a_folder(root, {A: '+++\ntitle = "Snow"\ndate = 2026-05-01\n+++\nIt fell.\n'})
    report = compared(root, ExternalFeed("old", FEED.format("https://old.example/1").encode()))
    assert [cure.line for cure in report.cures.values()] == ['id = "https://old.example/1"']


@pytest.mark.parametrize("place", ["feed.xml", "index.xml", "feed/index.xml", "rss.xml", "public/index.xml"])
def test_the_output_of_another_tool_is_found_at_the_usual_places(root: Path, tmp_path: Path, place: str) -> None:
    a_folder(tmp_path / "old", {place: FEED.format("https://old.example/1"), "feed/feed.xml": "<urlset/>"})
    report = compared(root, tmp_path / "old")
    assert list(report.again) == ["tag:x,2020:a"]
    assert report.comparisons[0].against == str(tmp_path / "old" / place)


def test_what_only_looks_like_a_feed_is_passed_over(root: Path, tmp_path: Path) -> None:
    feed = FEED.format("tag:x,2020:a")
    a_folder(tmp_path / "old", {"feed.xml": "<urlset/>", "index.xml": feed, "tags/x/atom.xml": "<x/>"})
    report = compared(root, tmp_path / "old")
    assert [each.difference.again for each in report.comparisons if each.feed == "rss.xml"] == [()]
    assert report.lost_feeds == ("index.xml", "tags/x/atom.xml")


def test_without_a_feed_of_the_whole_site_one_has_to_be_named(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Run, "files", lambda _: [])
    with pytest.raises(NoBaseline, match="name one of its feeds with --feed"):
        compared(root, ExternalFeed("old", FEED.format("1").encode()))


def test_one_feed_can_be_chosen(built: Path) -> None:
    rewritten(built, A, title="Snow again")
    for name in ("rss.xml", "/rss.xml", "public/rss.xml"):
        assert [each.feed for each in compared(built, feed=name).comparisons] == ["rss.xml"]
    document = ExternalFeed("old", FEED.format("tag:x,2020:a").encode())
    assert [each.feed for each in compared(built, document, "feed.json").comparisons] == ["feed.json"]
    with pytest.raises(UnknownFeed, match=r"makes no feed tags/x; it makes atom\.xml"):
        compared(built, feed="tags/x")


def test_feeds_come_and_go_too(built: Path) -> None:
    tagged = {"content/publication.yaml": MASTHEAD + "feeds:\n  - name: snow\n    tags: [snow]\n"}
    a_folder(built, {**tagged, A: FILES[A].replace("title:", "tags: [snow]\ntitle:")})
    assert compared(built).new_feeds == ("feeds/snow/atom.xml",)
    build(built, built, build_request())
    assert [each.feed for each in compared(built).comparisons] == ["atom.xml", "feeds/snow/atom.xml"]
    assert [each.feed for each in compared(built, feed="feeds/snow").comparisons] == ["feeds/snow/atom.xml"]
    a_folder(built, {"content/publication.yaml": MASTHEAD})
    assert "feeds/snow/atom.xml" in compared(built).lost_feeds


def test_a_feed_among_the_static_files_is_somebody_else_s(root: Path) -> None:
    a_folder(root, {"content/static/other/atom.xml": "<x/>"})
    build(root, root, build_request())
    report = compared(root)
    assert [each.feed for each in report.comparisons] == ["atom.xml"]
    assert report.lost_feeds == ()


def test_without_anything_to_compare_with_that_is_told(root: Path, tmp_path: Path) -> None:
    for against in (root / "public", tmp_path):
        with pytest.raises(NoBaseline, match=r"^there is nothing to compare with: "):
            compared(root, against)
    with pytest.raises(NoBaseline, match=r"^old is no feed that could be compared with: it is neither"):
        compared(root, ExternalFeed("old", b"Hello"))


def test_what_is_not_built_is_not_compared(built: Path) -> None:
    a_folder(built, {"templates/story.html": "{{ nothing }}"})
    with pytest.raises(ContentError):
        compared(built)


def test_a_story_with_errors_is_compared_as_a_build_leaves_it(built: Path) -> None:
    rewritten(built, A, date="soon")
    report = compared(built)
    assert all(each.difference.is_empty for each in report.comparisons)
    assert [problem.code for problem in report.problems] == ["story-date"]


# The guard


def refused(root: Path, **changes: object) -> list[Problem]:
    before = (root / "public/atom.xml").read_bytes()
    with pytest.raises(ContentError) as caught:
        build(root, root, build_request(**changes))
    assert (root / "public/atom.xml").read_bytes() == before
    return caught.value.problems


def test_a_build_refuses_to_show_a_story_again(built: Path) -> None:
    rewritten(built, A, id="tag:x,2020:other", title="Snow again")
    (problem,) = refused(built)
    assert (problem.code, problem.position.file, problem.position.line) == ("feed-reflood", A, 2)
    assert "tag:x,2020:a;" in problem.message
    assert "tag:x,2020:other " in problem.message
    assert problem.hint is not None
    assert "id: tag:x,2020:a " in problem.hint
    build(built, built, build_request(), allow_reflood=True)
    build(built, built, build_request())


def test_a_lost_id_is_told_once_and_it_is_the_old_one(built: Path) -> None:
    rewritten(built, A, id="")
    (problem,) = refused(built)
    assert (problem.code, problem.position.line) == ("feed-reflood", 2)
    assert problem.hint is not None
    assert problem.hint.startswith("add a line id: tag:x,2020:a,")


def test_every_story_is_told_of_together_with_other_errors(built: Path) -> None:
    rewritten(built, A, id="tag:x,2020:other")
    a_folder(built, {B: FILES[B].replace("x,2020:b", "x,2020:c"), C: a_story_file(id="tag:x,2020:d", date="soon")})
    assert [each.code for each in refused(built)] == ["feed-reflood", "feed-reflood", "story-date"]


def test_a_story_in_an_archive_only_counts_too(tmp_path: Path) -> None:
    stories = {
        f"content/stories/{day}.md": a_story_file(f"Text {day}.", id=f"tag:x,2020:{day}", date=f"2026-03-{day:02}")
        for day in range(1, 26)
    }
    root = a_folder(tmp_path, stories)
    build(root, root, build_request())
    a_folder(root, {"content/stories/1.md": stories["content/stories/1.md"].replace("x,2020:1\n", "x,2020:one\n")})
    assert [each.position.file for each in refused(root)] == ["content/stories/1.md"]


def swapped(root: Path) -> None:
    rewritten(root, A, title="Ferry")
    a_folder(root, {B: FILES[B].replace("Ferry", "Snow")})


def replaced(root: Path) -> None:
    (root / A).unlink()
    a_folder(root, {C: a_story_file("New.", id="tag:x,2020:c")})


def moved(root: Path) -> None:
    (root / A).rename(root / "content/stories/2026-05-01-elsewhere.md")


@pytest.mark.parametrize(
    "change",
    [
        swapped,
        replaced,
        moved,
        lambda root: rewritten(root, A, title="Snow again"),
        lambda root: rewritten(root, A, date="2026-04-01", slug="elsewhere"),
        lambda root: rewritten(root, A, draft="true"),
        lambda root: a_folder(root, {"content/publication.yaml": MASTHEAD.replace("gazette.example/", "x.example/")}),
        lambda root: a_folder(root, {"content/publication.yaml": MASTHEAD + "pages: false\n"}),
        lambda root: (root / "public/atom.xml").write_bytes(b"<feed>"),
    ],
)
def test_what_readers_would_not_see_again_is_no_alarm(built: Path, change: object) -> None:
    change(built)  # type: ignore[operator]
    codes = {each.code for each in build(built, built, build_request()).problems}
    assert codes <= {"output-changed"}
    build(built, built, build_request())


def test_drafts_and_another_home_page_are_no_alarm(root: Path) -> None:
    a_folder(root, {C: a_story_file("Soon.", id="", title="Draft", draft="true")})
    for changes in ({}, {"drafts": True}, {"home": "http://localhost:8000/"}, {"drafts": True, "future": True}, {}):
        build(root, root, build_request(**changes))


def test_two_unminted_stories_that_swap_their_names_are_changed_and_not_shown_again(root: Path) -> None:
    a_folder(root, {A: a_story_file("It fell.", id=""), B: a_story_file("It sails.", id="")})
    build(root, root, build_request())
    a_folder(root, {B: a_story_file("It fell.", id=""), A: a_story_file("It sails.", id="")})
    build(root, root, build_request())


def test_a_damaged_feed_of_our_own_is_no_baseline(built: Path) -> None:
    feed = built / "public/atom.xml"
    feed.write_bytes(feed.read_bytes()[:-20])
    rewritten(built, A, title="Snow again")
    build(built, built, build_request())


def test_two_stories_with_the_same_words_are_no_alarm_while_others_share_them(tmp_path: Path) -> None:
    def thread(number: int) -> dict[str, str]:
        text = a_story_file("Say it here.", id=f"tag:x,2020:{number}", title="Open thread", date=f"2026-05-0{number}")
        return {f"content/stories/thread-{number}.md": text}

    root = a_folder(tmp_path, {**thread(1), **thread(2), **thread(3)})
    build(root, root, build_request())
    (root / "content/stories/thread-1.md").unlink()
    a_folder(root, thread(4))
    build(root, root, build_request())


def test_a_story_that_leaves_the_feed_for_a_new_one_is_no_alarm(tmp_path: Path) -> None:
    def story(number: int) -> dict[str, str]:
        fields = {"id": f"tag:x,2020:{number}", "title": f"Day {number}", "date": f"2026-0{number}-01"}
        return {f"content/stories/{number}.md": a_story_file(**fields)}

    root = a_folder(tmp_path, {"content/publication.yaml": MASTHEAD + "feeds:\n  - name: site\n    limit: 2\n"})
    for number in (1, 2, 3, 4):
        a_folder(root, story(number))
        build(root, root, build_request())
