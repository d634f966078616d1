"""The file outside of a store that knows how far the store has come; a backup of the store does not bring it back."""

import hashlib
import os
from pathlib import Path

from pressrun.circulation.store import locks
from pressrun.circulation.store.history import Point
from pressrun.model.problems import StoreError

_MINE_ALONE = 0o600
_SIZE = 128  # one write, within one sector of every disk
_FIRST_WORD = "pressrun-counter"
_DIGITS = 16


class CounterFile:
    """The counter in the file *path*; nothing is created before something is written. Close it when you are done."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._place: int | None = None

    def read(self) -> Point | None:
        """Return what was written last; None where there is no such file. Raises StoreError where it is damaged."""
        try:
            place = os.open(self.path, os.O_RDONLY)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._failed("read", error) from error
        try:
            with locks.alone(place):
                return self._read(place)
        except OSError as error:
            raise self._failed("read", error) from error
        finally:
            os.close(place)

    def write(self, point: Point, *, anew: bool = False) -> None:
        """Have the file know of *point*, whatever happens to the machine after this returns.

        Of two points with one token the later one stays; *anew*, nothing stays of what was there, not even if it is
        damaged. Raises StoreError where it cannot be written.
        """
        try:
            if self._place is None:
                self._place = self._opened()
            with locks.alone(self._place):
                known = None if anew else self._read(self._place)
                if known is None or known.token != point.token or known.claims < point.claims:
                    self._write(self._place, _written(point))
        except OSError as error:
            raise self._failed("write", error) from error

    def close(self) -> None:
        """Let go of the file."""
        if self._place is not None:
            os.close(self._place)
        self._place = None

    def _opened(self) -> int:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        is_new = not self.path.exists()
        place = os.open(self.path, os.O_RDWR | os.O_CREAT, _MINE_ALONE)
        if is_new and os.name == "posix":  # a file that was created outlives a power cut when its folder is on the disk
            folder = os.open(self.path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        return place

    def _write(self, place: int, record: bytes) -> None:
        os.lseek(place, 0, os.SEEK_SET)
        if os.write(place, record) != len(record):
            raise OSError(None, "no space left")
        # Its size does not change, so that its data alone has to be waited for, where the system knows the difference.
        getattr(os, "fdatasync", os.fsync)(place)

    def _read(self, place: int) -> Point | None:
        os.lseek(place, 0, os.SEEK_SET)
        record = os.read(place, _SIZE)
        if not record:
            return None  # whoever created it was killed before the first word, and has sent nothing
        words = record.decode("ascii", "replace").split()
        if len(words) == 5 and words[3].isdecimal():
            point = Point(words[2], int(words[3]))
            if record == _written(point):
                return point
        raise StoreError(
            f"{self.path} is damaged, so it cannot tell whether this store is a backup that was restored. "
            "If it is, accept it: pressrun store accept-backup. If it is not, delete that file"
        )

    def _failed(self, doing: str, error: OSError) -> StoreError:
        return StoreError(f"cannot {doing} the counter {self.path}: {error.strerror or error}")


def _written(point: Point) -> bytes:
    words = f"{_FIRST_WORD} 1 {point.token} {point.claims}"
    return f"{words} {hashlib.sha256(words.encode()).hexdigest()[:_DIGITS]}".ljust(_SIZE - 1).encode() + b"\n"
