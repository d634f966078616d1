"""The probe that a send makes before its first email, against a real service, and against what only looks like one."""

import socket
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import ClassVar

import pytest

from builders import a_publication
from pressrun.circulation.linkkeys import SigningKey, register
from pressrun.circulation.store.engine import Store
from pressrun.circulation.subscribers.probe import probe
from pressrun.model.publication import ServiceSettings
from pressrun.post.sending.unsubscribing import Unsubscribing, unsubscribing
from serviceserver import KEYS, Clock, House, house

pytestmark = pytest.mark.slow


def seen_from_here(home: House, *keys: str) -> Unsubscribing:
    """The links of a run in the house's store that has *keys*, all of them registered."""
    register(home.store, keys, home.clock())
    found = unsubscribing(home.service.pages.publication, home.store, [*keys])
    assert found is not None
    return found


def test_links_open_where_the_service_has_the_key_wherever_it_stands(store: Store) -> None:
    with house(store) as home:
        for key in KEYS:
            assert seen_from_here(home, key).fault(home.clock()) is None


def test_a_key_that_only_the_sender_has_is_found_out_before_anybody_gets_a_dead_link(store: Store) -> None:
    with house(store) as home:
        found = seen_from_here(home, "x" * 40, *KEYS)
        fault = found.fault(home.clock())
    assert fault is not None
    assert found.key.fingerprint in fault
    assert "the service does not have the key" in fault


def test_a_service_with_another_store_is_found_out(store: Store) -> None:
    """Its links open, and unsubscribe nobody from the list that is sent to."""
    with house(store) as home:
        found = seen_from_here(home, KEYS[0])
        key = replace(found.key, mark=b"another store")
        links = replace(found.links, tokens=type(found.links.tokens)([key.key], home.clock() - home.clock(), key.mark))
        fault = replace(found, key=key, links=links).fault(home.clock())
    assert fault is not None
    assert "another store" in fault


def test_a_service_that_is_down_is_found_out(store: Store) -> None:
    with house(store) as home:
        found = seen_from_here(home, KEYS[0])
    fault = found.fault(home.clock())
    assert fault is not None
    assert "does not answer" in fault


Said = tuple[int, dict[str, str]]


class Pretender(BaseHTTPRequestHandler):
    """Answers as a proxy, a CDN, or a site's own page does; *said* by method."""

    said: ClassVar[dict[str, Said]] = {}

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self._answer()

    def _answer(self) -> None:
        status, headers = self.said[self.command]
        self.send_response(status)
        for name, value in {"Content-Length": "0", **headers}.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
        """Nothing."""


ELSEWHERE = {"Location": "https://gazette.example/"}


@pytest.mark.parametrize(
    ("get", "post", "words"),
    [
        ((200, {}), (200, {}), "something else answers (status 200)"),
        ((404, {}), (404, {}), "does not open"),
        ((301, ELSEWHERE), (301, ELSEWHERE), "leads elsewhere"),
        ((502, {}), (502, {}), "gets status 502"),
        ((200, {"Pressrun-Probe": "made up"}), (200, {}), "something else answers"),
        (None, (405, {}), "posted to as mail programs do, gets status 405"),
        (None, (302, ELSEWHERE), "posted to as mail programs do, leads elsewhere"),
        (None, (200, {}), "posted to as mail programs do, does not open"),
    ],
)
def test_whatever_only_looks_like_the_service_is_found_out(
    monkeypatch: pytest.MonkeyPatch,
    get: tuple[int, dict[str, str]] | None,
    post: tuple[int, dict[str, str]],
    words: str,
) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Pretender)
    settings = ServiceSettings(f"http://127.0.0.1:{server.server_port}/")
    publication, clock = a_publication(service=settings), Clock()
    key = SigningKey(KEYS[0], "abc", b"mark", is_proven=True)
    found = Unsubscribing.of(publication, settings, key)
    proof = {"Pressrun-Probe": probe(found.links, clock()).proof}
    monkeypatch.setattr(Pretender, "said", {"GET": get or (200, proof), "POST": post})
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        fault = found.fault(clock())
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    assert fault is not None
    assert words in fault


def test_what_speaks_no_http_is_found_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        settings = ServiceSettings(f"http://127.0.0.1:{listener.getsockname()[1]}/")
        found = Unsubscribing.of(
            a_publication(service=settings), settings, SigningKey(KEYS[0], "abc", b"", is_proven=True)
        )

        def talk() -> None:
            line, _ = listener.accept()
            with line:
                line.sendall(b"220 mail.test ESMTP\r\n")

        thread = Thread(target=talk)
        thread.start()
        fault = found.fault(Clock()())
        thread.join()
    assert fault is not None
    assert "does not answer" in fault
