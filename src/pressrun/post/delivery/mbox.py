"""Letters one behind the other in one file, as mail programs import them: an mbox (RFC 4155), quoted as in mboxrd."""

import os
import re
import sys
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from types import TracebackType

from pressrun.model.problems import DeliveryError
from pressrun.post.delivery.interface import DeliveryVerdict, Envelope, Outcome

NAME = "letters.mbox"
_MINE_ALONE = 0o600
_FROM = re.compile(rb"^(>*From )", re.MULTILINE)
_DATE = re.compile(rb"^Date:([^\r]*)", re.MULTILINE | re.IGNORECASE)
# The lines of a letter end in CRLF, and that between two letters in LF, so this stands behind a whole letter alone.
_END = b"\r\n\n"
_PART = 1 << 16


class MboxTransport:
    """Puts letters behind those that *file* has, each of them on the disk before it counts as accepted.

    Several may write to it at once. What is left of a letter that was cut off by a kill is taken away before the next
    one; a file that somebody else wrote to is not touched. Whoever calls has seen to it that git does not keep it.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._place: int | None = None

    def __enter__(self) -> "MboxTransport":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._place is not None:
            os.close(self._place)
        self._place = None

    def send(self, envelope: Envelope) -> Outcome:
        """Accepted, with the file's path as its text."""
        try:
            if self._place is None:
                self._place = _opened(self._file)
            _lock(self._place)
            try:
                _append(self._place, entry_for(envelope))
            finally:
                _let_go(self._place)
        except OSError as error:
            raise DeliveryError(f"cannot write {self._file}: {error.strerror or error}") from error
        except ValueError as error:
            raise DeliveryError(f"cannot write {self._file}: {error}") from error
        return Outcome(DeliveryVerdict.ACCEPTED, str(self._file))


def entry_for(envelope: Envelope) -> bytes:
    """*envelope* as the file has it: a line with its sender and the letter's date, the letter, and an empty line."""
    moment = _date_of(envelope.message).astimezone(UTC)
    first = f"From {envelope.sender} {moment:%a %b} {moment.day:2} {moment:%H:%M:%S %Y}\n"
    return first.encode() + _FROM.sub(rb">\1", envelope.message) + b"\n"


def _date_of(message: bytes) -> datetime:
    found = _DATE.search(message.partition(b"\r\n\r\n")[0])
    try:
        return parsedate_to_datetime(found[1].decode("ascii")) if found else datetime.fromtimestamp(0, UTC)
    except ValueError:
        return datetime.fromtimestamp(0, UTC)


def _opened(file: Path) -> int:
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    place = os.open(
        file, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0), _MINE_ALONE
    )
    try:
        file.chmod(_MINE_ALONE)
        if sys.platform != "win32":  # a file is there after a power cut when its folder says so
            folder = os.open(file.parent, os.O_RDONLY)
            os.fsync(folder)
            os.close(folder)
    except OSError:
        os.close(place)
        raise
    return place


def _append(place: int, data: bytes) -> None:
    end = _whole(place)
    try:
        os.ftruncate(place, end)
        os.lseek(place, end, os.SEEK_SET)
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(place, rest) :]
        os.fsync(place)
    except OSError:
        os.ftruncate(place, end)  # half a letter is none
        raise


def _whole(place: int) -> int:
    """Where the last whole letter ends; raises ValueError where what follows is nothing that was cut off here."""
    size = os.lseek(place, 0, os.SEEK_END)
    tail, start = b"", size
    while start > 0:
        part = min(_PART, start)
        start -= part
        os.lseek(place, start, os.SEEK_SET)
        tail = os.read(place, part) + tail
        if (found := tail.rfind(_END)) >= 0:
            tail, start = tail[found + len(_END) :], start + found + len(_END)
            break
    first, _, rest = tail.partition(b"\n")
    is_ours = first[:5] == b"From "[: len(first)] and rest.count(b"\n") == rest.count(b"\r\n")
    if not is_ours:
        raise ValueError("another program wrote to it; name another folder")
    return start


if sys.platform == "win32":
    import msvcrt

    # Far behind every letter, for what is locked there cannot be read by others.
    _LOCKED = 1 << 62

    def _lock(place: int) -> None:
        os.lseek(place, _LOCKED, os.SEEK_SET)
        msvcrt.locking(place, msvcrt.LK_LOCK, 1)

    def _let_go(place: int) -> None:
        os.lseek(place, _LOCKED, os.SEEK_SET)
        msvcrt.locking(place, msvcrt.LK_UNLCK, 1)
else:
    import fcntl

    def _lock(place: int) -> None:
        fcntl.flock(place, fcntl.LOCK_EX)

    def _let_go(place: int) -> None:
        fcntl.flock(place, fcntl.LOCK_UN)
