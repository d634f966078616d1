"""`pressrun preview` in a process of its own, on whatever port is free."""

import http.client
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

NOW = ("--now", "2026-05-12T12:00Z")


@dataclass(frozen=True)
class Server:
    """A preview that runs: its *address*, and the process."""

    address: str
    process: "subprocess.Popen[str]"
    open: list[http.client.HTTPResponse | http.client.HTTPConnection] = field(default_factory=list)

    @property
    def host(self) -> str:
        return urlsplit(self.address).netloc

    def ask(
        self, path: str, method: str = "GET", body: str | None = None, **headers: str
    ) -> tuple[int, dict[str, str], str]:
        """The status, the headers and the text of the answer to *method* *path*."""
        line = http.client.HTTPConnection(self.host, timeout=30)
        line.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        answer = line.getresponse()
        text = answer.read().decode()
        line.close()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, text

    def wait_for(self, path: str, holds: Callable[[str], bool]) -> None:
        """Wait until *holds* is true of the page at *path*; a save may be seen half done, and then whole."""
        for _ in self.numbers():
            if holds(self.ask(path)[2]):
                return

    def numbers(self) -> Iterator[int]:
        """The numbers of the states, as they come, the one of now first."""
        line = http.client.HTTPConnection(self.host, timeout=30)
        line.request("GET", "/events")
        answer = line.getresponse()
        self.open.extend([answer, line])
        while data := answer.readline():
            if data.startswith(b"data: "):
                yield int(data[6:])


@contextmanager
def preview(root: Path, *options: str, **environment: str) -> Iterator[Server]:
    """The preview of the publication in *root*; nobody's mail settings but those of *environment*."""
    server: Server | None = None
    clean = {
        name: value for name, value in os.environ.items() if name.split("_")[0] not in ("SMTP", "DKIM", "PRESSRUN")
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "pressrun", "preview", "--port", "0", "-C", str(root), *NOW, *options],
        stdout=subprocess.PIPE,
        text=True,
        env={**clean, **environment},
    )
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        assert "http://" in line, line
        server = Server(next(word for word in line.split() if word.startswith("http://")), process)
        yield server
    finally:
        for each in server.open if server else ():
            each.close()
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
