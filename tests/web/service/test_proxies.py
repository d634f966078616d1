"""The lines for nginx, Caddy and systemd in the manual, run by these programs: real proxies before a real service."""

import http.client
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib.resources import files
from pathlib import Path

import pytest

from mailserver import CERTIFICATES, HOST, trusting_context
from pressrun.circulation.dossiers import dossier, find
from pressrun.circulation.store.engine import Store
from pressrun.circulation.subscribers.addresses import address_from
from pressrun.model.subscriber import Confirmed, Unsubscribed
from serviceserver import ADA, PATIENT_SECONDS, House, house

pytestmark = pytest.mark.slow
NAME = "letters.gazette.example"
READER, STRANGER = "127.0.0.2", "127.0.0.3"  # all of 127.0.0.0/8 is this machine
# What gives a command, and what it says once it listens, for a folder, a port to listen on and one to lead to.
Proxy = Callable[[Path, int, int], tuple[list[str], str]]
UPSTREAM = "127.0.0.1:8125"


def snippet(kind: str) -> str:
    """The one block of *kind* in the manual's page on the service."""
    text = (files("pressrun") / "manual/service.md").read_text("utf-8")
    (found,) = re.findall(rf"^```{kind}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    return str(found)


def program(name: str) -> str:
    """Where *name* is; CI has it, and elsewhere the test is left out without it."""
    found = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin")
    if found is None and not os.environ.get("CI"):
        pytest.skip(f"{name} is not installed: apt-get install {name.partition('-')[0]}")
    assert found is not None, name
    return found


def changed(text: str, *changes: tuple[str, str]) -> str:
    """*text* with each of *changes* made, which is about something that is there once."""
    for before, after in changes:
        assert text.count(before) == 1, before
        text = text.replace(before, after)
    return text


def free_port() -> int:
    """One below those that a system hands out by itself, or the service might be given it before the proxy is."""
    for port in range(10_000 + os.getpid() % 10_000, 32_000):
        with suppress(OSError), socket.create_server((HOST, port)):
            return port
    raise AssertionError("no port is free")


def certificate(folder: Path) -> tuple[Path, Path]:
    made = CERTIFICATES.issue_cert(NAME)
    chain, key = folder / "chain.pem", folder / "key.pem"
    for blob in made.cert_chain_pems:
        blob.write_to_path(str(chain), append=True)
    made.private_key_pem.write_to_path(str(key))
    return chain, key


def nginx(folder: Path, port: int, upstream: int) -> tuple[list[str], str]:
    """nginx with the manual's server: on *port* of loopback, with a certificate and a place for its own files."""
    chain, key = certificate(folder)
    server = changed(
        snippet("nginx"),
        ("listen 443 ssl", f"listen {HOST}:{port} ssl"),
        ("/etc/ssl/letters.gazette.example.pem", str(chain)),
        ("/etc/ssl/letters.gazette.example.key", str(key)),
        (UPSTREAM, f"{HOST}:{upstream}"),
    )
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    places = "".join(f"{kind}_temp_path {folder}/{kind};\n" for kind in kinds)
    # Who runs as root would have workers that cannot enter a test's folder.
    user = "user root;\n" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(
        f"{user}daemon off;\npid {folder}/pid;\nerror_log stderr notice;\nevents {{ }}\nhttp {{\n{places}{server}}}\n"
    )
    arguments = ["-p", str(folder), "-e", "stderr", "-c", str(folder / "nginx.conf")]
    return [program("nginx"), *arguments], "start worker process "


def caddy(folder: Path, port: int, upstream: int) -> tuple[list[str], str]:
    """The same of Caddy, which would fetch a certificate by itself."""
    chain, key = certificate(folder)
    site = changed(
        snippet("caddy"),
        (f"{NAME} {{", f"https://{NAME}:{port} {{\n\tbind {HOST}\n\ttls {chain} {key}"),
        (UPSTREAM, f"{HOST}:{upstream}"),
    )
    (folder / "Caddyfile").write_text(f"{{\n\tadmin off\n\tauto_https off\n}}\n{site}")
    arguments = ["run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"]
    return [program("caddy"), *arguments], "serving initial configuration"


class Encrypted(http.client.HTTPConnection):
    """A line from the address *source* to the proxy on *port*, which has to prove that it is NAME."""

    default_port = 443  # as whoever asks believes

    def __init__(self, port: int, source: str) -> None:
        super().__init__(NAME)
        self._place, self._source = (HOST, port), (source, 0)

    def connect(self) -> None:
        line = socket.create_connection(self._place, PATIENT_SECONDS, self._source)
        self.sock = trusting_context().wrap_socket(line, server_hostname=NAME)


@contextmanager
def running(command: list[str], ready: str, folder: Path) -> Iterator[None]:
    """*command* from the moment that it says *ready*."""
    homes = {name: str(folder) for name in ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME")}
    with (
        (folder / "log").open("w+", encoding="utf-8") as log,
        subprocess.Popen(
            command, cwd=folder, env={**os.environ, **homes}, stderr=subprocess.PIPE, stdout=log, text=True
        ) as process,
    ):
        assert process.stderr is not None
        try:
            said = []
            for line in process.stderr:
                said.append(line)
                if ready in line:
                    break
            else:
                raise AssertionError("".join(said))
            yield
        finally:
            process.terminate()
            # What it says to the end would otherwise fill the pipe, and it would wait for ever.
            process.communicate(timeout=PATIENT_SECONDS)


def standing(home: House, address: str = ADA) -> object:
    person = find(home.store, address_from(address))
    return person.standing("weekly") if person else None


def ip_of(home: House, address: str) -> str | None:
    known = dossier(home.store, address_from(address))
    assert known is not None
    return known.entries[0].evidence.ip


@pytest.mark.parametrize("made", [nginx, caddy])
def test_behind_the_manual_s_proxy_people_subscribe_confirm_and_leave(
    store: Store, tmp_path: Path, made: Proxy
) -> None:
    service = {"address": f"https://{NAME}/", "proxies": (f"{HOST}/32",)}
    port = free_port()
    with house(store, service=service) as home, running(*made(tmp_path, port, home.port), tmp_path):
        reader = home.called_by(lambda _: Encrypted(port, READER))
        assert reader.subscribe(X_Forwarded_For="192.0.2.7").headers["Location"] == f"https://{NAME}/asked"
        link = reader.link()
        assert link.startswith(f"https://{NAME}/confirm/")
        assert reader.get(link).heading == "Confirm your subscription"
        assert reader.post(link, {"answer": "yes"}).heading == "You're subscribed"
        assert isinstance(standing(home), Confirmed)
        person = find(store, address_from(ADA))
        assert person is not None
        leave = home.links.leave(person.id, "weekly", home.clock.now)
        assert reader.post(leave, {"List-Unsubscribe": "One-Click"}).status == 200
        assert isinstance(standing(home), Unsubscribed)
        # The proxy says who asks, whatever they say themselves.
        assert ip_of(home, ADA) == READER
        # Whoever goes on sending may find the line closed before they have read why; Caddy says 502 then.
        assert reader.post("/subscribe", b"email=" + b"a" * 20_000).status in (413, 502)

        def from_elsewhere(straight: int) -> http.client.HTTPConnection:
            return http.client.HTTPConnection(HOST, straight, timeout=PATIENT_SECONDS, source_address=(STRANGER, 0))

        # Whoever is no proxy of ours is who they are.
        home.called_by(from_elsewhere).subscribe("grace@reader.example", X_Forwarded_For="192.0.2.7")
        assert ip_of(home, "grace@reader.example") == STRANGER


def test_systemd_has_nothing_to_say_of_the_manual_s_unit(tmp_path: Path) -> None:
    analyze = program("systemd-analyze")
    command = "/srv/gazette/venv/bin/pressrun service -C /srv/gazette"
    unit = tmp_path / "pressrun.web.service"
    # It looks whether the program is there, which is only so where the manual was followed.
    unit.write_text(changed(snippet("ini"), (command, f"{sys.executable} -m pressrun service -C {tmp_path}")))
    done = subprocess.run(
        [analyze, "verify", "--man=no", str(unit)], capture_output=True, text=True, encoding="utf-8", check=False
    )
    assert (done.returncode, [line for line in done.stderr.splitlines() if unit.name in line]) == (0, [])
