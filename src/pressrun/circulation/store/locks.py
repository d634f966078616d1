"""Locks on files: each is free when its holder is dead, and not before; to ask about one takes nothing.

On Linux a holder has an open file description lock, which F_OFD_GETLK tells of (fcntl(2)). Earlier versions of Pressrun
know only flock(2), whose locks are apart from those: they hold one alone, and take a shared one to ask. So a holder has
a shared one besides. It keeps runs of those versions out, and neither refuses a question nor is refused by one.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pressrun.model.problems import StoreError

_MINE_ALONE = 0o600
_UNSUPPORTED = ("EINVAL", "ENOSYS", "EOPNOTSUPP")


def opened(file: Path) -> int:
    """Return the descriptor of *file*, which is created where it is missing; whoever closes it lets go of its lock."""
    try:
        return os.open(file, os.O_RDWR | os.O_CREAT, _MINE_ALONE)
    except OSError as error:
        raise _cannot_lock(file, error) from error


def is_mine(place: int, file: Path) -> bool:
    """Take the lock on *file*, open as *place*, if it is free; whether it was. Questions never refuse it."""
    try:
        return _taken(place)
    except OSError as error:
        raise _cannot_lock(file, error) from error


def is_taken(file: Path) -> bool:
    """Whether somebody has the lock on *file* just now; the question takes no lock and creates no file.

    False where the system has no such question.
    """
    try:
        place = os.open(file, os.O_RDONLY)
    except FileNotFoundError:
        return False
    except OSError as error:
        raise _cannot_lock(file, error) from error
    try:
        return _asked(place)
    finally:
        os.close(place)


@contextmanager
def alone(place: int) -> Iterator[None]:
    """Wait until nobody else is alone with the file that is open as *place*, and be alone with it; raises OSError."""
    _wait(place)
    try:
        yield
    finally:
        _let_go(place)


def _cannot_lock(file: Path, error: OSError) -> StoreError:
    return StoreError(f"cannot lock the store by {file}: {error.strerror or error}")


if sys.platform == "win32":
    import msvcrt

    def _taken(place: int) -> bool:
        try:
            msvcrt.locking(place, msvcrt.LK_NBLCK, 1)
        except PermissionError:
            return False
        if os.fstat(place).st_size == 0:
            os.write(place, b"\0")  # what is locked can be asked for only where it is there
        return True

    def _asked(place: int) -> bool:
        try:
            os.read(place, 1)
        except PermissionError:  # a locked region cannot be read by others
            return True
        return False

    # Far behind all that the file holds, because a locked region cannot be read or written by others.
    _BEHIND = 1 << 30

    def _wait(place: int) -> None:
        os.lseek(place, _BEHIND, os.SEEK_SET)
        msvcrt.locking(place, msvcrt.LK_LOCK, 1)

    def _let_go(place: int) -> None:
        os.lseek(place, _BEHIND, os.SEEK_SET)
        msvcrt.locking(place, msvcrt.LK_UNLCK, 1)
else:
    import errno
    import fcntl
    import struct

    def _flocked(place: int, kind: int) -> bool:
        try:
            fcntl.flock(place, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _wait(place: int) -> None:
        fcntl.flock(place, fcntl.LOCK_EX)

    def _let_go(place: int) -> None:
        fcntl.flock(place, fcntl.LOCK_UN)

    if sys.platform == "linux":
        _LISTED = Path("/proc/locks")
        _RECORD = struct.Struct("hhqqi")  # type, whence, start, length, process (struct flock)
        _WHOLE = _RECORD.pack(fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)

        def _taken(place: int) -> bool:
            try:
                fcntl.fcntl(place, fcntl.F_OFD_SETLK, _WHOLE)
            except (BlockingIOError, PermissionError):
                return False
            except OSError as error:
                if errno.errorcode.get(error.errno or 0) not in _UNSUPPORTED:
                    raise
                return _flocked(place, fcntl.LOCK_EX)
            return _flocked(place, fcntl.LOCK_SH)

        def _asked(place: int) -> bool:
            try:
                answer = fcntl.fcntl(place, fcntl.F_OFD_GETLK, _WHOLE)
            except OSError:
                return _is_listed(place)
            return _RECORD.unpack_from(answer)[0] != fcntl.F_UNLCK or _is_listed(place)

        def _is_listed(place: int) -> bool:
            """Whether the kernel lists a flock(2) that somebody has alone, as runs of earlier versions do."""
            found = os.fstat(place)
            here = f"{os.major(found.st_dev):02x}:{os.minor(found.st_dev):02x}:{found.st_ino}"
            try:
                lines = _LISTED.read_text("ascii").splitlines()
            except (OSError, UnicodeDecodeError):
                return False
            return any(words[1:4:2] == ["FLOCK", "WRITE"] and words[5] == here for words in map(str.split, lines))

    else:

        def _taken(place: int) -> bool:
            return _flocked(place, fcntl.LOCK_EX)

        def _asked(place: int) -> bool:
            # The systems that descend from BSD tell of flock(2), too, when they are asked for locks of fcntl(2).
            if sys.platform != "darwin" and "bsd" not in sys.platform:
                return False
            record = struct.Struct("qqihhi")  # start, length, process, type, whence, system
            answer = fcntl.fcntl(place, fcntl.F_GETLK, record.pack(0, 0, 0, fcntl.F_WRLCK, os.SEEK_SET, 0))
            return bool(record.unpack(answer)[3] != fcntl.F_UNLCK)
