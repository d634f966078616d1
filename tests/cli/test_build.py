"""`pressrun build`, in a process of its own, as a person runs it."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import feedparser
import pytest

from builders import MASTHEAD, PNG, a_folder, a_story_file

Run = Callable[..., subprocess.CompletedProcess[str]]
pytestmark = pytest.mark.slow

NOW = ("--now", "2026-05-12T12:00Z")
EDITION = "---\nid: tag:gazette.example,2020:e\ntitle: Spring\ndate: 2026-05-02\nlead: a\n---\nDear reader.\n"
FILES: dict[str, str | bytes] = {
    "content/stories/a.md": a_story_file("Text.", image="../images/a.png", image_alt="A dot"),
    "content/editions/spring.md": EDITION,
    "content/images/a.png": PNG,
    "content/static/robots.txt": "User-agent: *\n",
    "content/static/.well-known/x": "x",
}


def outputs(root: Path) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for folder in ("public", "outbox")
        for path in sorted((root / folder).rglob("*"))
        if path.is_file()
    }


def test_a_build_says_what_it_did(pressrun: Run, tmp_path: Path) -> None:
    a_folder(tmp_path, FILES)

    done = pressrun("build", *NOW)

    assert done.returncode == 0
    assert done.stderr == ""
    assert re.fullmatch(
        r"1 story, 1 edition\n  public/ 16 new\n  outbox/ 3 new\n"
        r"  outbox/spring/ [\d,]+ bytes, \d% of the 102,000 at which Gmail clips\n"
        r"    text [\d,]+, markup [\d,]+, inline styles [\d,]+, head styles [\d,]+, links [\d,]+\n"
        r"Done in \d+\.\d\d s\.\n",
        done.stdout,
    )
    assert sorted(path for path in outputs(tmp_path) if "manifest" not in path) == [
        "outbox/spring/newsletter.eml",
        "outbox/spring/newsletter.html",
        "outbox/spring/newsletter.txt",
        "public/.well-known/x",
        "public/_headers",
        "public/archive/2026/05/atom.xml",
        "public/archive/2026/05/feed.json",
        "public/archive/2026/05/rss.xml",
        "public/atom.xml",
        "public/editions/spring/index.html",
        "public/feed.css",
        "public/feed.json",
        "public/feeds.opml",
        "public/images/a-" + next(iter(re.findall(r"images/a-(.{8})", " ".join(outputs(tmp_path))))) + ".png",
        "public/index.html",
        "public/robots.txt",
        "public/rss.xml",
        "public/stories/a/index.html",
        "public/subscribe/index.html",
    ]


def test_a_second_build_changes_nothing_and_says_so(pressrun: Run, tmp_path: Path) -> None:
    a_folder(tmp_path, FILES)
    pressrun("build", *NOW)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}

    done = pressrun("build", *NOW)

    assert "public/ 16 unchanged" in done.stdout
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


def test_the_same_input_gives_the_same_bytes_anywhere(pressrun: Run, tmp_path: Path) -> None:
    source = a_folder(tmp_path / "one", FILES)
    elsewhere = a_folder(tmp_path / "two/deep", FILES)
    runs = [
        pressrun("build", *NOW, cwd=source, PYTHONHASHSEED="1", TZ="Asia/Tokyo"),
        pressrun(
            "build", "-C", elsewhere, "-d", tmp_path / "out", *NOW, cwd=tmp_path, PYTHONHASHSEED="2", TZ="America/Lima",
            LC_ALL="C",
        ),
        pressrun("build", "-C", elsewhere, "-d", tmp_path / "later", "--now", "2031-01-01", cwd=tmp_path),
    ]  # fmt: skip
    assert [run.returncode for run in runs] == [0, 0, 0]
    assert outputs(source) == outputs(tmp_path / "out") == outputs(tmp_path / "later")


def test_drafts_and_the_future_wait_until_they_are_asked_for(pressrun: Run, tmp_path: Path) -> None:
    a_folder(
        tmp_path,
        {
            "content/stories/draft.md": a_story_file(id="tag:x,2020:1", title="Draft", draft="true"),
            "content/stories/future.md": a_story_file(id="tag:x,2020:2", title="Future", date="2027-01-01"),
            "content/stories/now.md": a_story_file(id="tag:x,2020:3", title="Now"),
        },
    )

    def titles(*flags: str) -> list[str]:
        assert pressrun("build", *NOW, *flags).returncode == 0
        return sorted(entry.title for entry in feedparser.parse((tmp_path / "public/atom.xml").read_bytes()).entries)

    assert titles() == ["Now"]
    assert titles("-D") == ["Draft", "Now"]
    assert titles("-F") == ["Future", "Now"]
    assert titles("--drafts", "--future") == ["Draft", "Future", "Now"]
    assert titles() == ["Now"]
    assert not (tmp_path / "public/stories/draft").exists()


def test_a_story_comes_out_at_its_moment(pressrun: Run, tmp_path: Path) -> None:
    a_folder(tmp_path, {"content/stories/a.md": a_story_file(date="2026-05-12T08:30")})  # 12:30 UTC
    assert "0 stories, 0 editions, 1 held back" in pressrun("build", "--now", "2026-05-12T12:29Z").stdout
    assert "1 story, 0 editions\n" in pressrun("build", "--now", "2026-05-12T12:30Z").stdout


def test_the_home_page_can_be_another_one_and_ids_stay(pressrun: Run, tmp_path: Path) -> None:
    a_folder(tmp_path, FILES)
    pressrun("build", *NOW)
    before = feedparser.parse((tmp_path / "public/atom.xml").read_bytes())
    pressrun("build", *NOW, "--base-url", "http://localhost:8000")
    after = feedparser.parse((tmp_path / "public/atom.xml").read_bytes())

    assert after.entries[0].link == "http://localhost:8000/stories/a/"
    assert after.entries[0].id == before.entries[0].id
    assert after.feed.id == before.feed.id
    assert b"gazette.example/" not in (tmp_path / "public/stories/a/index.html").read_bytes()


def test_beside_another_site_no_pages_are_written(pressrun: Run, tmp_path: Path) -> None:
    masthead = MASTHEAD + "story_url: /{year}/{month}/{slug}.html\npages: false\n"
    a_folder(tmp_path, {**FILES, "content/publication.yaml": masthead})

    assert pressrun("build", *NOW).returncode == 0

    assert not (tmp_path / "public/index.html").exists()
    entry = feedparser.parse((tmp_path / "public/atom.xml").read_bytes()).entries[0]
    assert entry.link == "https://gazette.example/2026/05/a.html"
    assert "View in browser" not in (tmp_path / "outbox/spring/newsletter.html").read_text()


def test_old_addresses_redirect(pressrun: Run, tmp_path: Path) -> None:
    a_folder(tmp_path, {"content/stories/a.md": a_story_file(aliases="[/old/, /2009/a.html, /stories/a/]")})
    assert pressrun("build", *NOW).returncode == 0
    for path in ("old/index.html", "2009/a.html"):
        assert 'content="0; url=https://gazette.example/stories/a/"' in (tmp_path / "public" / path).read_text()


def test_a_bundle_brings_its_pictures(pressrun: Run, tmp_path: Path) -> None:
    a_folder(
        tmp_path,
        {
            "content/stories/trip/index.md": a_story_file("![A dot](dot.png) and [the paper](paper.pdf)"),
            "content/stories/trip/dot.png": PNG,
            "content/stories/trip/paper.pdf": b"%PDF",
        },
    )
    assert pressrun("build", *NOW).returncode == 0
    page = (tmp_path / "public/stories/trip/index.html").read_text()
    for found in re.findall(r"https://gazette\.example/((?:images|files)/[^\"]+)", page):
        assert (tmp_path / "public" / found).is_file()
    assert "images/dot-" in page
    assert "files/paper-" in page


def test_a_story_with_errors_is_left_out_and_all_else_is_built(pressrun: Run, tmp_path: Path) -> None:
    a_folder(tmp_path, FILES)
    (tmp_path / "content/stories/b.md").write_text(a_story_file(id="tag:x,2020:b", date="12th May"))

    done = pressrun("build", *NOW)
    again = pressrun("build", *NOW)

    assert (done.returncode, again.returncode) == (1, 1)
    assert (tmp_path / "public/atom.xml").is_file()
    assert not (tmp_path / "public/stories/b").exists()
    assert 'content/stories/b.md:4:7: error: "12th May" is not a date [story-date]' in done.stderr
    assert "content/stories/b.md: invalid and left out" in done.stderr
    assert done.stderr.endswith("1 error; everything else is built.\n")
    assert again.stderr == done.stderr
    assert " unchanged" in again.stdout


def test_a_build_that_keeps_going_exits_with_0_and_says_so(pressrun: Run, tmp_path: Path) -> None:
    a_folder(tmp_path, FILES)
    (tmp_path / "content/stories/b.md").write_text(a_story_file(id="tag:x,2020:b", date="12th May"))

    for done in (pressrun("build", "--keep-going", *NOW), pressrun("build", "--keep-going", *NOW)):
        assert done.returncode == 0
        assert done.stderr.endswith("warning: 1 error; everything else is built, and --keep-going exits with 0.\n")
    assert pressrun("check", *NOW).returncode == 1


def test_to_keep_going_and_to_want_all_or_nothing_are_two_things(pressrun: Run, tmp_path: Path) -> None:
    a_folder(tmp_path, FILES)
    assert pressrun("build", "--keep-going", "--all-or-nothing", *NOW).returncode == 2


def test_all_or_nothing_leaves_the_last_good_build_whole(pressrun: Run, tmp_path: Path) -> None:
    a_folder(tmp_path, FILES)
    pressrun("build", *NOW)
    before = outputs(tmp_path)
    (tmp_path / "content/stories/b.md").write_text(a_story_file(id="tag:x,2020:b", date="12th May"))
    (tmp_path / "content/stories/c.md").write_text(a_story_file("[x](none.md)", id="tag:x,2020:c"))

    done = pressrun("build", "--all-or-nothing", *NOW)

    assert done.returncode == 1
    assert outputs(tmp_path) == before
    assert done.stdout == ""
    assert 'content/stories/b.md:4:7: error: "12th May" is not a date [story-date]' in done.stderr
    assert "content/stories/c.md:6:1: warning: nothing is at none.md [link-broken]" in done.stderr
    assert done.stderr.endswith("1 error and 1 warning; nothing was written.\n")


def test_a_warning_stops_nothing(pressrun: Run, tmp_path: Path) -> None:
    a_folder(tmp_path, {"content/stories/a.md": a_story_file(titel="x")})
    done = pressrun("build", *NOW)
    assert done.returncode == 0
    assert 'did you mean "title"?' in done.stderr
    assert done.stdout.endswith("1 warning.\n")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["biuld"], "Did you mean build?"),
        (["build", "--nwo"], "--now"),
        (["build", "--now", "tomorrow"], "is not a date"),
        (["build", "--base-url", "gazette"], "is not a web address"),
        (["build", "-C", "nowhere"], "does not exist"),
        ([], "Usage: pressrun"),
    ],
)
def test_a_wrong_command_line_is_told_and_leaves_with_2(pressrun: Run, arguments: list[str], words: str) -> None:
    done = pressrun(*arguments)
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_a_disk_that_says_no_leaves_with_3(pressrun: Run, tmp_path: Path) -> None:
    a_folder(tmp_path, FILES)
    done = pressrun("build", *NOW, "-d", "x" * 300)
    assert done.returncode == 3
    assert done.stderr.startswith("pressrun: ")
    assert "Traceback" not in done.stderr


def test_where_there_is_no_publication_the_way_out_is_told(pressrun: Run) -> None:
    done = pressrun("build")
    assert done.returncode == 1
    assert "pressrun new DIR" in done.stderr


def test_colours_are_for_terminals_only(pressrun: Run, tmp_path: Path) -> None:
    a_folder(tmp_path, {"content/stories/a.md": a_story_file(date="soon")})
    assert "\x1b" not in pressrun("build").stderr
    assert "\x1b" in pressrun("build", FORCE_COLOR="1").stderr


def test_a_file_s_name_cannot_colour_the_terminal(pressrun: Run, tmp_path: Path) -> None:
    a_folder(tmp_path, {"content/stories/a.md": a_story_file('[x](<no\x9b31m.md> "y")', id="")})
    (tmp_path / "content/images").mkdir()
    with open(os.fsencode(tmp_path) + b"/content/images/\x1b[31m.png", "wb"):
        pass
    done = pressrun("build", *NOW)
    assert done.returncode == 1
    assert "\x1b" not in done.stderr
    assert "\x9b" not in done.stderr


class TestWhatIsRemembered:
    def test_nothing_of_it_is_read_or_written_without_a_cache(self, pressrun: Run, tmp_path: Path) -> None:
        a_folder(tmp_path, FILES)
        assert pressrun("build", *NOW, "--no-cache").returncode == 0
        fresh = outputs(tmp_path)
        assert not (tmp_path / ".cache").exists()

        pressrun("build", *NOW)
        before = {path: path.stat() for path in (tmp_path / ".cache").rglob("*")}
        assert pressrun("build", *NOW, "--no-cache").returncode == 0

        assert {path: path.stat().st_mtime_ns for path in (tmp_path / ".cache").rglob("*")} == {
            path: found.st_mtime_ns for path, found in before.items()
        }
        assert outputs(tmp_path) == fresh

    def test_a_stock_that_lies_misleads_nobody_who_builds_without_it(self, pressrun: Run, tmp_path: Path) -> None:
        a_folder(tmp_path, FILES)
        pressrun("build", *NOW)
        expected = outputs(tmp_path)
        (tmp_path / "public/index.html").write_text("by hand")
        done = pressrun("build", *NOW, "--no-cache")
        assert "1 changed" in done.stdout
        assert outputs(tmp_path) == expected

    def test_git_leaves_it_out(self, pressrun: Run, tmp_path: Path) -> None:
        a_folder(tmp_path, FILES)
        pressrun("build", *NOW)
        subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
        done = subprocess.run(
            ["git", "status", "--porcelain", "--untracked-files=all"],
            cwd=tmp_path,
            check=True,
            capture_output=True,
            text=True,
        )
        assert ".cache" not in done.stdout
        assert "content/publication.yaml" in done.stdout


class TestOnly:
    @pytest.mark.parametrize(
        ("parts", "folders"),
        [
            (["--only", "newsletter"], {"outbox"}),
            (["--only", "feeds"], {"public"}),
            (["--only", "pages,newsletter"], {"public", "outbox"}),
            (["--only", "pages newsletter"], {"public", "outbox"}),
            (["--only", "pages", "--only", "newsletter"], {"public", "outbox"}),
        ],
    )
    def test_only_what_is_asked_for_is_made(
        self, pressrun: Run, tmp_path: Path, parts: list[str], folders: set[str]
    ) -> None:
        a_folder(tmp_path, FILES)
        done = pressrun("build", *NOW, *parts)
        assert done.returncode == 0
        assert {path.partition("/")[0] for path in outputs(tmp_path)} == folders
        assert (tmp_path / "public/atom.xml").exists() == ("feeds" in str(parts))
        assert (tmp_path / "public/index.html").exists() == ("pages" in str(parts))

    @pytest.mark.parametrize("parts", ["pages", "feeds", "newsletter", "feeds,newsletter"])
    def test_of_the_rest_nothing_is_touched(self, pressrun: Run, tmp_path: Path, parts: str) -> None:
        a_folder(tmp_path, FILES)
        pressrun("build", *NOW)
        before = outputs(tmp_path)
        (tmp_path / "content/stories/a.md").write_text(a_story_file("Other text.", title="Other", tags="new"))
        (tmp_path / "content/static/robots.txt").unlink()

        done = pressrun("build", *NOW, "--only", parts)

        assert done.returncode == 0
        after = outputs(tmp_path)
        assert before.keys() <= after.keys()
        changed = {path for path in before if before[path] != after[path] and "manifest" not in path}
        kinds = {
            "newsletter": lambda path: path.startswith("outbox/"),
            "feeds": lambda path: path.endswith((".xml", ".json", ".opml")),
            "pages": lambda path: path.endswith(".html") and path.startswith("public/"),
        }
        assert changed
        assert all(any(kinds[part](path) for part in parts.split(",")) for path in changed)

        pressrun("build", *NOW)
        pressrun("build", *NOW, "--no-cache", "-d", tmp_path / "fresh")
        assert outputs(tmp_path) == outputs(tmp_path / "fresh")

    def test_a_second_time_there_is_nothing_to_do(self, pressrun: Run, tmp_path: Path) -> None:
        a_folder(tmp_path, FILES)
        first = pressrun("build", *NOW, "--only", "newsletter")
        second = pressrun("build", *NOW, "--only", "newsletter", "--profile")
        assert "outbox/ 3 new" in first.stdout
        assert "outbox/ 3 unchanged" in second.stdout
        assert "public/" not in second.stdout
        assert "rendering" not in second.stdout

    @pytest.mark.parametrize("parts", ["page", "pages,letters", "PAGES", "pages;feeds"])
    def test_a_part_that_there_is_not_is_told(self, pressrun: Run, tmp_path: Path, parts: str) -> None:
        a_folder(tmp_path, FILES)
        done = pressrun("build", *NOW, "--only", parts)
        assert done.returncode == 2
        assert "there is no part" in done.stderr
        assert "pages, feeds, newsletter" in done.stderr
        assert not (tmp_path / "public").exists()


class TestProfile:
    def test_it_tells_where_the_time_went_and_how_much_there_was_to_do(self, pressrun: Run, tmp_path: Path) -> None:
        a_folder(tmp_path, FILES)
        done = pressrun("build", *NOW, "--profile")
        lines = dict(re.findall(r"^  ([a-z ]+?) +\d+\.\d{3} s +\d+%(?:  (.*))?$", done.stdout, re.MULTILINE))
        assert list(lines) == [
            *("looking", "importing", "reading", "planning", "rendering", "feeds", "other pages", "letters"),
            *("judging", "writing", "remembering", "all"),
        ]
        assert lines["reading"] == "1 of 1 stories"
        assert lines["rendering"] == "1 of 1 stories"
        assert lines["feeds"] == "6 of 6 documents"

    def test_where_one_of_many_stories_changed_it_says_so(self, pressrun: Run, tmp_path: Path) -> None:
        stories: dict[str, str | bytes] = {
            f"content/stories/{number}.md": a_story_file(id=f"tag:x,2020:{number}") for number in range(20)
        }
        a_folder(tmp_path, stories)
        pressrun("build", *NOW)
        (tmp_path / "content/stories/7.md").write_text(a_story_file("Other text.", id="tag:x,2020:7"))
        assert "1 of 20 stories" in pressrun("build", *NOW, "--profile").stdout

    def test_without_it_nothing_of_that_is_told(self, pressrun: Run, tmp_path: Path) -> None:
        a_folder(tmp_path, FILES)
        assert "rendering" not in pressrun("build", *NOW).stdout


HEAVY = ("PIL", "feedgen", "feedparser", "idna", "jinja2", "lxml", "nh3", "premailer", "pydantic", "pyromark", "yaml")


def imported(done: subprocess.CompletedProcess[str]) -> set[str]:
    return set(re.findall(r"\| +([\w.]+)$", done.stderr, re.MULTILINE))


@pytest.mark.usefixtures("unmeasured")
@pytest.mark.parametrize("flags", [(), ("--only", "feeds"), ("--only", "newsletter"), ("-d", "elsewhere"), ("-D",)])
def test_where_nothing_has_changed_no_heavy_library_is_loaded(
    pressrun: Run, tmp_path: Path, flags: tuple[str, ...]
) -> None:
    a_folder(tmp_path, FILES)
    first = pressrun("build", *NOW, *flags, PYTHONPROFILEIMPORTTIME="1")
    second = pressrun("build", *NOW, *flags, PYTHONPROFILEIMPORTTIME="1")
    assert (first.returncode, second.returncode) == (0, 0)
    assert {"jinja2", "yaml"} <= imported(first)
    assert not imported(second) & {
        *HEAVY,
        "multiprocessing",
        "pressrun.press.building.build",
        "pressrun.press.building.press",
    }


@pytest.mark.usefixtures("unmeasured")
@pytest.mark.parametrize("argument", ["--version", "--help"])
def test_neither_does_who_only_asks_what_there_is(pressrun: Run, argument: str) -> None:
    done = pressrun(argument, PYTHONPROFILEIMPORTTIME="1")
    assert done.returncode == 0
    assert "click" in imported(done)
    assert not imported(done) & {*HEAVY, "sqlite3", "multiprocessing", "rich"}


@pytest.mark.skipif(sys.platform == "win32", reason="there nobody can be stopped so")
def test_who_stops_it_is_told_once(tmp_path: Path) -> None:
    """Whether one process works or several."""
    stories: dict[str, str | bytes] = {
        f"content/stories/{number}.md": a_story_file("word " * 500, id=f"tag:x,2020:{number}", title=f"Story {number}")
        for number in range(2000)
    }
    a_folder(tmp_path, stories)
    with subprocess.Popen(
        [sys.executable, "-m", "pressrun", "build", *NOW],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        start_new_session=True,
        text=True,
    ) as process:
        while process.poll() is None and not list((tmp_path / "public").glob("*/stories/*")):
            pass
        os.killpg(process.pid, signal.SIGINT)
        _, said = process.communicate()
    assert (process.returncode, said) == (130, "\nstopped\n")
    assert not (tmp_path / "public").exists()
