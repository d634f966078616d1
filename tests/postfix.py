"""Postfix for one test: configured, started and stored in a temporary folder, on a port of its own, gone after it."""

import os
import pwd
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mailserver import HOST

NOBODY = pwd.getpwnam("nobody").pw_uid
MAIN = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
command_directory = {commands}
daemon_directory = {daemons}
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
myhostname = mail.test
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = loopback-only
inet_protocols = ipv4
alias_maps =
alias_database =
local_recipient_maps =
smtpd_peername_lookup = no
smtpd_tls_security_level = none
smtpd_relay_restrictions = permit_auth_destination, reject
smtpd_recipient_restrictions = check_recipient_access texthash:{folder}/answers
smtpd_client_connection_count_limit = 0
in_flow_delay = 0
virtual_mailbox_domains = reader.example
virtual_mailbox_base = {folder}/mail
virtual_mailbox_maps = texthash:{folder}/readers
virtual_uid_maps = static:{nobody}
virtual_gid_maps = static:{nobody}
"""
# No service is confined to the queue's folder, which has no libraries.
MASTER = """\
{host}:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""


@dataclass(frozen=True)
class Postfix:
    """A server that is running."""

    folder: Path
    port: int

    def letters(self, count: int) -> list[bytes]:
        """What lies in the mailboxes once *count* letters do, or after a minute: Postfix delivers after its answer."""
        box = self.folder / "mail/all/new"
        until = time.monotonic() + 60
        while len(found := [*box.glob("*")]) < count and time.monotonic() < until:
            time.sleep(0.05)
        return [path.read_bytes() for path in found]


def is_installed() -> bool:
    """Whether there is a Postfix that may be started: only root may."""
    return shutil.which("postfix", path=f"{os.environ.get('PATH', '')}:/usr/sbin") is not None and os.geteuid() == 0


@contextmanager
def postfix(folder: Path, readers: Sequence[str], answers: Mapping[str, str]) -> Iterator[Postfix]:
    """Postfix with mailboxes for *readers*, and *answers* for some of them instead."""
    program = shutil.which("postfix", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    assert program is not None
    folder.chmod(0o755)
    for name, owner in {"queue": "root", "data": "postfix", "mail": "nobody"}.items():
        (folder / name).mkdir()
        shutil.chown(folder / name, owner)
    with socket.create_server((HOST, 0)) as free:
        port = free.getsockname()[1]
    places = {"folder": folder, "commands": Path(program).parent, "daemons": _setting("daemon_directory")}
    (folder / "main.cf").write_text(MAIN.format(**places, nobody=NOBODY))
    (folder / "master.cf").write_text(MASTER.format(host=HOST, port=port))
    (folder / "readers").write_text("".join(f"{each} all/\n" for each in readers))
    (folder / "answers").write_text("".join(f"{each} {answer}\n" for each, answer in answers.items()))
    server = subprocess.Popen(
        [program, "-c", str(folder), "start-fg"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _waited_for(server, folder, port)
        yield Postfix(folder, port)
    finally:
        # A signal would reach what started it, and not the server.
        subprocess.run([program, "-c", str(folder), "stop"], capture_output=True, check=False)
        server.wait(30)


def _setting(name: str) -> str:
    postconf = shutil.which("postconf", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    assert postconf is not None
    return subprocess.run([postconf, "-dh", name], check=True, capture_output=True, text=True).stdout.strip()


def _waited_for(server: "subprocess.Popen[bytes]", folder: Path, port: int) -> None:
    """Return once the server greets."""
    for _ in range(600):
        try:
            with socket.create_connection((HOST, port), timeout=5) as line:
                if line.recv(4) == b"220 ":
                    return
        except OSError:
            pass
        assert server.poll() is None, (folder / "log").read_text() if (folder / "log").exists() else "it did not start"
        time.sleep(0.05)
    raise AssertionError((folder / "log").read_text())
