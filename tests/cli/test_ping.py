"""`pressrun ping`, against a hub that listens on this machine."""

import subprocess
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from builders import MASTHEAD, a_folder, a_story_file

Run = Callable[..., subprocess.CompletedProcess[str]]
pytestmark = pytest.mark.slow


class Hub(HTTPServer):
    """Remembers what it was told, and answers with *status*."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Listener)
        self.told: list[dict[str, list[str]]] = []
        self.status = 204


class Listener(BaseHTTPRequestHandler):
    server: Hub

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.told.append(parse_qs(body))
        self.send_response(self.server.status)
        self.end_headers()
        if self.server.status >= 400:
            self.wfile.write(b"topic not allowed")

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the name that it has there
        pass


@pytest.fixture
def hub() -> Iterator[Hub]:
    server = Hub()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def publication(root: Path, port: int) -> Path:
    masthead = MASTHEAD + f"hub: http://127.0.0.1:{port}/\nfeeds:\n- every: tag\n"
    return a_folder(root, {"content/publication.yaml": masthead, "content/stories/a.md": a_story_file(tags="[a]")})


def test_the_hub_is_told_of_every_feed_in_every_format(pressrun: Run, tmp_path: Path, hub: Hub) -> None:
    publication(tmp_path, hub.server_port)
    done = pressrun("ping", "--now", "2026-05-12")

    assert (done.returncode, done.stderr) == (0, "")
    assert hub.told == [
        {
            "hub.mode": ["publish"],
            "hub.url": [
                f"https://gazette.example/{folder}{file}"
                for folder in ("", "tags/a/")
                for file in ("atom.xml", "rss.xml", "feed.json")
            ],
        }
    ]
    assert done.stdout.endswith("was told.\n")


def test_a_hub_that_refuses_leaves_with_3_and_its_own_words(pressrun: Run, tmp_path: Path, hub: Hub) -> None:
    hub.status = 403
    publication(tmp_path, hub.server_port)
    done = pressrun("ping")
    assert done.returncode == 3
    assert "answered 403 Forbidden: topic not allowed" in done.stderr


def test_a_hub_that_is_not_there_leaves_with_3(pressrun: Run, tmp_path: Path) -> None:
    publication(tmp_path, 9)
    done = pressrun("ping")
    assert done.returncode == 3
    assert "does not answer" in done.stderr


def test_without_a_hub_the_line_to_add_is_told(pressrun: Run, tmp_path: Path) -> None:
    a_folder(tmp_path, {"content/stories/a.md": a_story_file()})
    done = pressrun("ping")
    assert done.returncode == 2
    assert "add a line hub:" in done.stderr
