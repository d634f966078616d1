"""Letters as files, which only their owner can read."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from contracts.transport_contract import ADA, GRACE, LARGE, MESSAGE, TransportContract, an_envelope
from pressrun.model.mailaddress import EmailAddress
from pressrun.model.problems import DeliveryError
from pressrun.post.delivery.eml import EmlTransport, name_of
from pressrun.post.delivery.interface import Transport
from smalldisk import a_small_disk


class TestContract(TransportContract):
    @pytest.fixture
    def transport(self, tmp_path: Path) -> Transport:
        self.folder = tmp_path / "var/letters"
        return EmlTransport(self.folder)

    def arrived(self) -> Sequence[bytes]:
        return [path.read_bytes() for path in self.folder.glob("*.eml")]


def test_nobody_else_can_read_them(tmp_path: Path) -> None:
    folder = tmp_path / "letters"
    with EmlTransport(folder) as transport:
        outcome = transport.send(an_envelope())
    path = Path(outcome.text)
    assert path.parent == folder
    assert path.stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o077 == 0


def test_the_same_letter_is_the_same_file_and_there_once(tmp_path: Path) -> None:
    with EmlTransport(tmp_path) as transport:
        paths = {transport.send(an_envelope()).text for _ in range(2)}
    assert len(paths) == len(list(tmp_path.iterdir())) == 1


def test_one_that_all_may_read_is_closed_to_them(tmp_path: Path) -> None:
    with EmlTransport(tmp_path) as transport:
        path = Path(transport.send(an_envelope()).text)
        path.chmod(0o644)
        transport.send(an_envelope())
    assert path.stat().st_mode & 0o777 == 0o600


def test_names_tell_readers_and_letters_apart() -> None:
    envelopes = [an_envelope(ADA), an_envelope(GRACE), an_envelope(ADA, MESSAGE + b"\r\n")]
    envelopes.append(an_envelope(EmailAddress.parse("Ada@reader.example")))
    assert len({name_of(envelope).casefold() for envelope in envelopes}) == 4
    assert name_of(envelopes[0]).startswith("ada@reader.example-")


def test_an_address_cannot_lead_out_of_the_folder() -> None:
    name = name_of(an_envelope(EmailAddress.parse("a/../../b@reader.example".replace("..", "."))))
    assert "/" not in name
    long = name_of(an_envelope(EmailAddress.parse(f"{'/' * 64}@{'x' * 60}.{'y' * 60}.example")))
    assert len(long) < 140


def test_what_lies_there_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / name_of(an_envelope())
    path.write_text("mine")
    with EmlTransport(tmp_path) as transport, pytest.raises(DeliveryError, match=r"cannot write .*exists"):
        transport.send(an_envelope())
    assert path.read_text() == "mine"


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / name_of(an_envelope())).symlink_to(tmp_path / "elsewhere")
    with EmlTransport(tmp_path) as transport, pytest.raises(DeliveryError, match="exists"):
        transport.send(an_envelope())
    assert not (tmp_path / "elsewhere").exists()


def test_a_folder_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "letters").write_text("mine")
    with EmlTransport(tmp_path / "letters") as transport, pytest.raises(DeliveryError, match="cannot write"):
        transport.send(an_envelope())


def test_half_a_letter_does_not_stay(tmp_path: Path) -> None:
    transport = EmlTransport(tmp_path)
    with a_small_disk(1000), pytest.raises(DeliveryError, match="File too large"):
        transport.send(an_envelope(message=LARGE))
    assert list(tmp_path.iterdir()) == []
