"""`pressrun diff`, in a process of its own, against real files and a real web server."""

import contextlib
import gzip
import json
import subprocess
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from builders import MASTHEAD, a_folder, a_story_file
from pressrun.hosts.client import Client
from pressrun.hosts.fetch import FetchError, fetched
from pressrun.hosts.networks import anywhere

Run = Callable[..., subprocess.CompletedProcess[str]]

NOW = ("--now", "2026-05-12T12:00Z")
STORY = "content/stories/a.md"
OLD = b"""<rss version="2.0"><channel><title>Old</title><link>https://old.example/</link><description/>
<item><guid>https://old.example/1</guid><title>Moving\x1b house</title><link>https://gazette.example/stories/a</link>
<pubDate>Fri, 01 May 2026 00:00:00 GMT</pubDate><description>Text.</description></item></channel></rss>
""".replace(b"\x1b", b"&#xad;")


class Site(BaseHTTPRequestHandler):
    """The site as it was: a feed, and everything that can be wrong with one."""

    def do_GET(self) -> None:
        self.server.agents.append(self.headers["User-Agent"])  # type: ignore[attr-defined]
        name = self.path.strip("/")
        if name.startswith("to-"):
            self.send_response(302)
            self.send_header("Location", {"to-feed": "/feed.xml"}.get(name, f"{name[3:]}:///etc/passwd"))
            self.end_headers()
        elif name == "drop":
            self.close_connection = True
        else:
            self.answer(name)

    def answer(self, name: str) -> None:
        bodies = {
            "feed.xml": OLD,
            "packed.xml": gzip.compress(OLD),
            "cut.xml": gzip.compress(OLD)[:-20],
            "unpacked.xml": OLD,
            "bomb.xml": gzip.compress(bytes(30_000_000)),
            "large.xml": bytes(21_000_000),
            "page.html": b"<!doctype html><p>Hello",
            "short.xml": OLD,
        }
        data = bodies.get(name, b"Gone")
        self.send_response(200 if name in bodies else 404)
        if name in ("packed.xml", "cut.xml", "bomb.xml", "unpacked.xml"):
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(data) + (9 if name == "short.xml" else 0)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *values: object) -> None:  # noqa: A002  # its name in the standard library
        pass

    def handle(self) -> None:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # whoever asked had enough
            super().handle()


@pytest.fixture
def server() -> Iterator[ThreadingHTTPServer]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Site) as server:
        server.agents = []  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def site(server: ThreadingHTTPServer, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    return f"http://127.0.0.1:{server.server_port}"


# Fetching


@pytest.mark.parametrize("name", ["feed.xml", "packed.xml", "to-feed"])
def test_a_feed_is_fetched_packed_or_not_and_where_it_leads(site: str, server: ThreadingHTTPServer, name: str) -> None:
    assert fetched(f"{site}/{name}") == OLD
    assert {agent.partition("/")[0] for agent in server.agents} == {"Pressrun"}  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("nothing.xml", "the server says 404 Not Found"),
        ("to-file", "file:///etc/passwd"),
        ("to-ftp", "ftp:///etc/passwd, outside of the web"),
        ("large.xml", "it is larger than 20 MB"),
        ("bomb.xml", "it is larger than 20 MB"),
        ("cut.xml", "the answer ends too early"),
        ("short.xml", "the answer ends too early"),
        ("unpacked.xml", "the answer is not packed as it says"),
        ("drop", "the server closed the connection without an answer"),
    ],
)
def test_everything_wrong_with_an_answer_is_a_sentence(site: str, name: str, words: str) -> None:
    with pytest.raises(FetchError, match=f"^cannot fetch {site}/{name}: .*{words}"):
        fetched(f"{site}/{name}")


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("file:///etc/passwd", "only http and https are understood"),
        ("http://127.0.0.1:1/feed.xml", "connection refused"),
        ("http://127.0.0.1:port/", "its port is not valid"),
        ("http:///feed.xml", "its host is missing"),
        ("http://[x/feed.xml", "Invalid IPv6 URL"),
        ("http://ex\u00adam\u2024ple..com/", "."),
    ],
)
def test_everything_wrong_with_an_address_is_a_sentence(url: str, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "*")
    with pytest.raises(FetchError, match=r"^cannot fetch (?s:.)*" + words):
        fetched(url)


def test_a_server_that_never_ends_is_not_waited_for(site: str) -> None:
    """Each look at the clock takes two of the twenty seconds."""
    clock = iter(range(0, 1000, 2))
    client = Client("x", anywhere, clock=lambda: next(clock))
    with pytest.raises(FetchError, match="no answer in time"):
        fetched(f"{site}/large.xml", client=client)


# The command


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return a_folder(tmp_path, {STORY: a_story_file()})


@pytest.mark.slow
def test_nothing_to_notice_is_one_line_and_writes_nothing(pressrun: Run, root: Path) -> None:
    pressrun("build", *NOW)
    before = {path: path.stat().st_mtime_ns for path in root.rglob("*")}

    done = pressrun("diff", *NOW)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "0 new, 0 changed, 0 gone; nothing would be shown again.\n"
    assert {path: path.stat().st_mtime_ns for path in root.rglob("*")} == before


@pytest.mark.slow
def test_what_would_be_noticed_is_shown_feed_by_feed(pressrun: Run, root: Path) -> None:
    a_folder(root, {"content/stories/b.md": a_story_file("Old.", id="tag:x,2020:b", title="Market", date="2026-05-02")})
    pressrun("build", *NOW)
    (root / "content/stories/b.md").unlink()
    a_folder(
        root,
        {
            STORY: a_story_file(title="We have moved"),
            "content/stories/c.md": a_story_file("New.", id="tag:x,2020:c", title="Ferry", draft="true"),
            "content/stories/d.md": a_story_file("New.", id="tag:x,2020:d", title="Bridge", date="2027-01-01"),
        },
    )
    done = pressrun("diff", *NOW, "--drafts", "--future")
    assert done.stdout == (
        "public/atom.xml\n"
        "  + Bridge\n"
        "  + Ferry\n"
        "  ~ We have moved (was: Moving house)\n"
        "  - Market\n"
        "\n"
        "2 new, 1 changed, 1 gone; nothing would be shown again.\n"
    )
    assert done.returncode == 0
    assert pressrun("diff", *NOW).stdout.endswith("\n0 new, 1 changed, 1 gone; nothing would be shown again.\n")


@pytest.mark.slow
def test_what_would_be_shown_again_leaves_with_1_and_says_which_line_helps(
    pressrun: Run, root: Path, site: str
) -> None:
    done = pressrun("diff", *NOW, "--against", f"{site}/packed.xml")
    assert done.returncode == 1
    assert done.stdout == (
        f"public/rss.xml, compared with {site}/packed.xml\n"
        "  ! Moving house: shown again as new\n"
        "      readers know it as https://old.example/1\n"
        "      it would come as   tag:gazette.example,2020:stories/1\n"
        "      write into content/stories/a.md:\n"
        "        id: https://old.example/1\n"
        "\n"
        "0 new, 0 changed, 0 gone; 1 would be shown again as new.\n"
    )

    a_folder(root, {STORY: a_story_file(id="https://old.example/1", title="Moving")})
    done = pressrun("diff", *NOW, "--against", f"{site}/feed.xml")
    assert done.returncode == 0
    assert "  ~ Moving (was: Moving\\u00ad house)\n" in done.stdout


@pytest.mark.slow
def test_feeds_that_come_and_go_are_told_and_ids_of_rss_can_be_kept(pressrun: Run, root: Path) -> None:
    old = OLD.replace(b"<guid>https://old.example/1", b"<guid>1 at old.example")
    a_folder(root, {"old/index.xml": old, "content/publication.yaml": MASTHEAD + "feeds: [{name: a, tags: [b]}]\n"})
    done = pressrun("diff", *NOW, "--against", "old")
    assert done.returncode == 1
    assert "        id: 1 at old.example\n" in done.stdout
    assert "\nNew feeds:\n  feeds/a/atom.xml\n\nFeeds that are not made any more:\n  index.xml\n\n" in done.stdout


@pytest.mark.slow
def test_the_same_facts_are_there_for_programs(pressrun: Run, root: Path) -> None:
    (root / "old.xml").write_bytes(OLD)
    done = pressrun("diff", *NOW, "--json", "--against", "old.xml")
    facts = json.loads(done.stdout)
    assert done.returncode == 1
    (feed,) = facts["feeds"]
    (again,) = feed["again"]
    assert (feed["feed"], feed["against"]) == ("public/rss.xml", "old.xml")
    assert again["before"]["id"] == "https://old.example/1"
    assert again["after"] == {
        "id": "tag:gazette.example,2020:stories/1",
        "link": "https://gazette.example/stories/a/",
        "title": "Moving house",
        "published": "2026-05-01T04:00:00+00:00",
        "updated": None,
    }
    assert (again["file"], again["line"]) == (STORY, "id: https://old.example/1")
    assert facts["counts"] == {"new": 0, "changed": 0, "gone": 0, "again": 1}
    assert (feed["new"], feed["changed"], feed["gone"]) == ([], [], [])
    assert facts["new_feeds"] == facts["lost_feeds"] == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ((), 3, "there is nothing to compare with: there is no folder public"),
        (("--against", "nowhere.xml"), 3, "there is nothing to compare with: nowhere.xml is not there"),
        (("--against", "content"), 3, "there is nothing to compare with: no feed lies in content"),
        (("--against", STORY), 3, f"{STORY} is no feed that could be compared with"),
        (("--against", "ftp://x.example/"), 3, "only http and https are understood"),
        (("--against", "SITE/nothing.xml"), 3, "the server says 404"),
        (("--against", "SITE/page.html"), 3, "it is neither Atom, RSS nor JSON Feed"),
        (("--against", "SITE/feed.xml", "--feed", "tags/x"), 2, "this build makes no feed tags/x; it makes atom.xml"),
    ],
)
def test_without_a_baseline_it_leaves_with_3(
    pressrun: Run, root: Path, site: str, arguments: tuple[str, ...], code: int, words: str
) -> None:
    done = pressrun("diff", *NOW, *(argument.replace("SITE", site) for argument in arguments))
    assert (done.returncode, done.stdout) == (code, "")
    assert words in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_content_with_errors_is_told_as_everywhere(pressrun: Run, root: Path) -> None:
    pressrun("build", *NOW)
    a_folder(root, {STORY: a_story_file(date="soon")})
    for _ in range(2):
        done = pressrun("diff", *NOW)
        assert done.returncode == 1
        assert "[story-date]" in done.stderr
        assert "0 gone" in done.stdout
        pressrun("build", *NOW)  # then it has nothing to do, and repeats what the build reported


@pytest.mark.slow
def test_a_build_refuses_a_flood_unless_it_is_allowed(pressrun: Run, root: Path) -> None:
    pressrun("build", *NOW)
    a_folder(root, {STORY: a_story_file(id="tag:x,2020:other")})
    done = pressrun("build", *NOW)
    assert done.returncode == 1
    assert "[feed-reflood]" in done.stderr
    assert pressrun("build", *NOW, "--allow-reflood").returncode == 0
    assert pressrun("build", *NOW).returncode == 0
