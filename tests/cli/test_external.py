"""`pressrun check --external`, in a process of its own, against a server on this machine."""

import io
import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from rich.console import Console

from builders import MASTHEAD, NOON, a_folder, a_story_file, build_request
from pressrun.cli import external
from pressrun.cli.external import Outside
from pressrun.desk.checking.check import check
from pressrun.hosts.answers import FINE, Answer
from webserver import Clock, Says, Site, a_site

Run = Callable[..., subprocess.CompletedProcess[str]]
NOW = ("--now", "2026-05-12T12:00Z")
EXTERNAL = ("check", "--external", "--allow-private")


@pytest.fixture
def site() -> Iterator[Site]:
    with a_site(Clock()) as site:
        yield site


def a_publication(root: Path, *urls: str) -> Path:
    body = "\n\n".join(f"[a]({url})" for url in urls)
    return a_folder(root, {"content/publication.yaml": MASTHEAD, "content/stories/thaw.md": a_story_file(body)})


@pytest.mark.slow
def test_a_link_that_is_dead_is_told_at_its_place_and_fails_nothing(pressrun: Run, tmp_path: Path, site: Site) -> None:
    a_publication(tmp_path, site.url("/gone"))
    done = pressrun(*EXTERNAL, *NOW)

    place = f"content/stories/thaw.md:6:1: warning: nothing is at {site.url('/gone')}: the server says 404 Not Found"
    assert (done.returncode, done.stdout) == (0, "1 warning.\n")
    assert done.stderr.startswith(f"1 address on other hosts: 1 asked.\n{place} [link-dead]\n")
    assert [asked.headers["User-Agent"].partition("/")[0] for asked in site.log] == ["Pressrun", "Pressrun"]
    assert site.log[0].headers["User-Agent"].endswith("(link check; +https://gazette.example/)")


@pytest.mark.slow
def test_what_was_answered_is_kept_for_a_time(pressrun: Run, tmp_path: Path, site: Site) -> None:
    site.answers["/a"] = Says()
    a_publication(tmp_path, site.url("/a"))
    runs = [
        pressrun(*EXTERNAL, *NOW).stderr,
        pressrun(*EXTERNAL, "--now", "2026-05-19T11:59Z").stderr,
        pressrun(*EXTERNAL, "--max-age", "1", "--now", "2026-05-14T12:00Z").stderr,
    ]

    assert runs == [
        "1 address on other hosts: 1 asked.\n",
        "1 address on other hosts: 1 known from before.\n",
        "1 address on other hosts: 1 asked.\n",
    ]
    assert len(site.log) == 2
    assert (tmp_path / ".cache/pressrun/.gitignore").exists()


@pytest.mark.slow
def test_without_the_switch_a_private_network_is_refused(pressrun: Run, tmp_path: Path, site: Site) -> None:
    """Also where a check with the switch has asked there before."""
    site.answers["/a"] = Says()
    a_publication(tmp_path, site.url("/a"))
    pressrun(*EXTERNAL, *NOW)
    done = pressrun("check", "--external", *NOW)

    assert "127.0.0.1 is this very machine [link-refused]" in done.stderr
    assert "1 address on other hosts: 1 refused." in done.stderr
    assert len(site.log) == 1


@pytest.mark.slow
def test_nobody_is_asked_unless_that_is_asked_for(pressrun: Run, tmp_path: Path, site: Site) -> None:
    a_publication(tmp_path, site.url("/gone"))
    assert pressrun("check", *NOW).returncode == pressrun("build", *NOW).returncode == 0
    assert site.log == []


@pytest.mark.slow
@pytest.mark.parametrize("arguments", [("--max-age", "3"), ("--allow-private",)])
def test_how_to_ask_without_asking_is_a_wrong_command_line(pressrun: Run, arguments: tuple[str, ...]) -> None:
    done = pressrun("check", *arguments)
    assert done.returncode == 2
    assert "--max-age and --allow-private say how --external asks" in done.stderr


@pytest.mark.slow
def test_where_no_other_host_is_named_that_is_said(pressrun: Run, tmp_path: Path) -> None:
    a_folder(tmp_path, {"content/publication.yaml": MASTHEAD, "content/stories/thaw.md": a_story_file("A text.")})
    done = pressrun("check", "--external", *NOW)
    assert (done.returncode, done.stderr) == (0, "0 addresses on other hosts.\n")


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="there a process gets its signals in another way")
def test_ctrl_c_does_not_wait_for_the_slowest_server(tmp_path: Path, site: Site) -> None:
    site.answers["/slow"] = Says(raw=b"", stays=True)
    arrived = site.when("/slow")
    a_publication(tmp_path, site.url("/slow"))
    command = [sys.executable, "-m", "pressrun", *EXTERNAL, *NOW]
    with subprocess.Popen(command, cwd=tmp_path, stdout=-1, stderr=-1, text=True) as running:
        assert arrived.wait(30)
        running.send_signal(signal.SIGINT)
        _, told = running.communicate(timeout=15)

    assert running.returncode == 130
    assert told == "1 address on other hosts: 1 not asked any more.\nstopped\n"


# In this process


def an_outside(root: Path) -> Outside:
    return Outside(root, NOON, timedelta(days=7), allow_private=True)


def test_a_terminal_is_shown_how_far_it_is(tmp_path: Path, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    screen = io.StringIO()
    terminal = Console(file=screen, force_terminal=True, highlight=False, width=80)
    monkeypatch.setattr(external, "console", lambda **_: terminal)
    check(a_publication(tmp_path, site.url("/gone")), build_request(), beyond=an_outside(tmp_path).problems)

    assert "Asking other hosts" in screen.getvalue()
    assert "1/1" in screen.getvalue()
    assert screen.getvalue().endswith("1 address on other hosts: 1 asked.\n")


def test_what_was_found_until_it_was_stopped_is_kept(tmp_path: Path) -> None:
    outside = an_outside(tmp_path)

    def visit(url: str) -> Answer:
        if url.endswith("/2"):
            while not outside.asked:  # until the first is taken in
                pass
            signal.raise_signal(signal.SIGINT)
        return FINE

    outside.ask(["https://snow.example/1", "https://snow.example/2", "https://snow.example/3"], visit)
    assert outside.stopped
    assert outside.asked.keys() >= {"https://snow.example/1"}


def test_without_a_network_one_line_is_told_and_not_one_for_every_link(
    tmp_path: Path, site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    site.answers["/ill"] = Says(503)
    root = a_publication(tmp_path, *(site.url("/ill", host) for host in ("127.0.0.1", "127.1", "localhost")))

    assert check(root, build_request(), beyond=an_outside(root).problems).problems == ()
    assert "None of them could be reached: is this machine on the network?" in capsys.readouterr().err


def test_a_memory_that_is_damaged_is_begun_anew(tmp_path: Path, site: Site) -> None:
    memory = tmp_path / ".cache/pressrun/links-private.json"
    a_folder(tmp_path, {".cache/pressrun/links-private.json": b"\xff{"})
    root = a_publication(tmp_path, site.url("/gone"))
    found = check(root, build_request(), beyond=an_outside(root).problems).problems

    assert [problem.code for problem in found] == ["link-dead"]
    assert json.loads(memory.read_text())["form"] == 1


def test_a_disk_that_cannot_be_written_is_no_error(tmp_path: Path, site: Site) -> None:
    root = a_publication(tmp_path, site.url("/gone"))
    (root / ".cache").write_text("A file where a folder belongs.\n")
    found = check(root, build_request(), beyond=an_outside(root).problems).problems
    assert [problem.code for problem in found] == ["link-dead"]


def test_two_places_are_told_of_one_answer(tmp_path: Path, site: Site) -> None:
    root = a_publication(tmp_path, site.url("/gone"), site.url("/gone#part"))
    found = check(root, build_request(), beyond=an_outside(root).problems).problems

    assert [problem.position.line for problem in found] == [6, 8]
    assert site.asked() == ["HEAD /gone", "GET /gone"]


def test_a_dead_link_can_be_silenced_and_the_comment_is_no_finding_when_nobody_is_asked(
    tmp_path: Path, site: Site
) -> None:
    body = f"<!-- pressrun: ignore link-dead -->\n\n[a]({site.url('/gone')})"
    a_folder(tmp_path, {"content/publication.yaml": MASTHEAD, "content/stories/thaw.md": a_story_file(body)})

    assert check(tmp_path, build_request(), beyond=an_outside(tmp_path).problems).problems == ()
    assert check(tmp_path, build_request()).problems == ()
    assert site.asked() == ["HEAD /gone", "GET /gone"]
