"""Letters as files: one .eml for each envelope, which only their owner can read."""

import hashlib
import os
from pathlib import Path
from types import TracebackType
from urllib.parse import quote

from pressrun.model.problems import DeliveryError
from pressrun.post.delivery.interface import DeliveryVerdict, Envelope, Outcome

_LONGEST_NAME = 100
_MINE_ALONE = 0o600


class EmlTransport:
    """Puts letters into *folder*, which is made if need be; nothing that lies there is overwritten.

    Whoever calls has seen to it that the folder is not kept in git: the letters name real people.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __enter__(self) -> "EmlTransport":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def send(self, envelope: Envelope) -> Outcome:
        """Accepted, with the file's path as its text. The same envelope is the same file, and there once."""
        path = self._folder / name_of(envelope)
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            _written(path, envelope.message)
        except OSError as error:
            raise DeliveryError(f"cannot write {path}: {error.strerror or error}") from error
        return Outcome(DeliveryVerdict.ACCEPTED, str(path))


def name_of(envelope: Envelope) -> str:
    """The name of the file for *envelope*: its reader's address, and what tells two letters to them apart."""
    # Where small letters and capitals are one, or a name has to be cut, the digest still differs.
    digest = hashlib.sha256(b"\n".join([str(envelope.recipient).encode(), envelope.message])).hexdigest()
    return f"{quote(str(envelope.recipient), safe='@+=')[:_LONGEST_NAME]}-{digest[:12]}.eml"


def _written(path: Path, data: bytes) -> None:
    try:
        place = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _MINE_ALONE)
    except FileExistsError:
        if path.is_symlink() or path.read_bytes() != data:
            raise
        path.chmod(_MINE_ALONE)  # it is there already, perhaps copied by somebody whose files all may read
        return
    try:
        with os.fdopen(place, "wb") as file:
            file.write(data)
    except OSError:
        path.unlink(missing_ok=True)  # half a letter is none
        raise
