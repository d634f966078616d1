"""Letters in one file that mail programs import: whole ones alone, whatever happens, read by their owner alone."""

import mailbox
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.transport_contract import ADA, GRACE, LARGE, MESSAGE, TransportContract, an_envelope
from pressrun.model.problems import DeliveryError
from pressrun.post.delivery.interface import Transport
from pressrun.post.delivery.mbox import MboxTransport, entry_for
from smalldisk import a_small_disk


def letters_in(file: Path) -> list[bytes]:
    """What the standard library finds, its own quoting taken away as mboxrd has it."""
    if not file.exists():
        return []
    box = mailbox.mbox(file, create=False)
    try:
        return [unquoted(box.get_bytes(key)) for key in box.iterkeys()]
    finally:
        box.close()


def unquoted(letter: bytes) -> bytes:
    lines = letter.split(b"\n")
    return b"\n".join(
        line[1:] if line.startswith(b">") and line.lstrip(b">")[:5] == b"From " else line for line in lines
    )


class TestContract(TransportContract):
    @pytest.fixture
    def transport(self, tmp_path: Path) -> Transport:
        self.file = tmp_path / "var/letters.mbox"
        return MboxTransport(self.file)

    def arrived(self) -> Sequence[bytes]:
        return letters_in(self.file)


def test_nobody_else_can_read_them(tmp_path: Path) -> None:
    file = tmp_path / "letters" / "x.mbox"
    with MboxTransport(file) as transport:
        assert transport.send(an_envelope()).text == str(file)
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o077 == 0
    file.chmod(0o644)
    with MboxTransport(file) as transport:
        transport.send(an_envelope())
    assert file.stat().st_mode & 0o777 == 0o600


def test_the_first_line_has_the_sender_and_the_date_of_the_letter() -> None:
    dated = an_envelope(message=b"Date: Tue, 05 May 2026 14:00:00 +0200\r\nSubject: x\r\n\r\nDate: never\r\n")
    assert entry_for(dated).startswith(b"From news@gazette.example Tue May  5 12:00:00 2026\nDate:")
    for message in (MESSAGE, b"Date: soon\r\n\r\n"):
        assert entry_for(an_envelope(message=message)).startswith(
            b"From news@gazette.example Thu Jan  1 00:00:00 1970\n"
        )


@given(st.lists(st.sampled_from(["From me", ">From you", ">>From", "from", "", "x", ">"]), max_size=8))
def test_no_line_of_a_letter_begins_another(tmp_path_factory: pytest.TempPathFactory, lines: list[str]) -> None:
    message = "".join(f"{line}\r\n" for line in ["Subject: x", "", *lines]).encode()
    file = tmp_path_factory.mktemp("box") / "x.mbox"
    with MboxTransport(file) as transport:
        for _ in range(2):
            transport.send(an_envelope(message=message))
    assert letters_in(file) == [message] * 2


@pytest.mark.parametrize("before", [0, 1, 3])
def test_a_letter_that_was_cut_off_is_taken_away_before_the_next(tmp_path: Path, before: int) -> None:
    file = tmp_path / "x.mbox"
    with MboxTransport(file) as transport:
        for _ in range(before):
            transport.send(an_envelope())
    whole = file.read_bytes() if before else b""
    entry = entry_for(an_envelope(GRACE, MESSAGE))
    for cut in range(len(entry)):
        file.write_bytes(whole + entry[:cut])
        with MboxTransport(file) as transport:
            transport.send(an_envelope(ADA, LARGE))
        assert letters_in(file) == [*[MESSAGE] * before, LARGE], cut


def test_also_one_that_is_longer_than_what_is_read_at_once(tmp_path: Path) -> None:
    file = tmp_path / "x.mbox"
    large = LARGE * 8
    with MboxTransport(file) as transport:
        transport.send(an_envelope(message=large))
        file.write_bytes(file.read_bytes() + entry_for(an_envelope(message=large))[:-1])
        transport.send(an_envelope())
    assert letters_in(file) == [large, MESSAGE]


@pytest.mark.parametrize(
    "written", [b"From a@b.example Thu Jan  1 00:00:00 1970\nSubject: x\n\nHello.\n\n", b"Something else", b"\0" * 90]
)
def test_what_somebody_else_wrote_is_not_touched(tmp_path: Path, written: bytes) -> None:
    file = tmp_path / "x.mbox"
    file.write_bytes(written)
    with MboxTransport(file) as transport, pytest.raises(DeliveryError, match="another program wrote to it"):
        transport.send(an_envelope())
    assert file.read_bytes() == written


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "x.mbox").symlink_to(tmp_path / "elsewhere")
    with MboxTransport(tmp_path / "x.mbox") as transport, pytest.raises(DeliveryError, match="cannot write"):
        transport.send(an_envelope())
    assert not (tmp_path / "elsewhere").exists()


def test_a_folder_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "letters").write_text("mine")
    with MboxTransport(tmp_path / "letters/x.mbox") as transport, pytest.raises(DeliveryError, match="cannot write"):
        transport.send(an_envelope())


def test_half_a_letter_does_not_stay(tmp_path: Path) -> None:
    file = tmp_path / "x.mbox"
    with MboxTransport(file) as transport:
        transport.send(an_envelope())
        with a_small_disk(1000), pytest.raises(DeliveryError, match="File too large"):
            transport.send(an_envelope(message=LARGE))
        transport.send(an_envelope(GRACE))
    assert letters_in(file) == [MESSAGE, MESSAGE]


def test_several_write_at_once(tmp_path: Path) -> None:
    file = tmp_path / "x.mbox"

    def write() -> None:
        with MboxTransport(file) as transport:
            for _ in range(20):
                transport.send(an_envelope(message=LARGE))

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert letters_in(file) == [LARGE] * 80


KILLED = """
import sys
from pathlib import Path
from contracts.transport_contract import LARGE, an_envelope
from pressrun.post.delivery.mbox import MboxTransport
from smalldisk import a_small_disk

with MboxTransport(Path(sys.argv[1])) as transport:
    while True:
        transport.send(an_envelope(message=LARGE))
        print(flush=True)
"""


@pytest.mark.slow
@pytest.mark.usefixtures("unmeasured")
def test_killed_at_any_moment_it_has_every_letter_that_was_accepted(tmp_path: Path) -> None:
    file = tmp_path / "x.mbox"
    paths = os.pathsep.join([str(Path(__file__).parents[2]), *sys.path])
    accepted = 0
    for moment in (1, 3, 7, 12):
        writer = subprocess.Popen(
            [sys.executable, "-c", KILLED, str(file)], stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": paths}
        )
        assert writer.stdout is not None
        for _ in range(moment):
            writer.stdout.readline()
        writer.send_signal(signal.SIGKILL)
        accepted += moment + writer.stdout.read().count(b"\n")
        writer.wait()
        writer.stdout.close()
    with MboxTransport(file) as transport:
        transport.send(an_envelope())
    found = letters_in(file)
    assert found[:-1] == [LARGE] * (len(found) - 1)
    assert accepted <= len(found) - 1 <= accepted + 4
