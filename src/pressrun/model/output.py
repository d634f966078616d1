"""What a build makes, before anything is written."""

from dataclasses import dataclass
from pathlib import Path

# The folders of the output: what the web serves, and the letters.
PUBLIC, OUTBOX = "public", "outbox"


@dataclass(frozen=True, slots=True)
class OutputFile:
    """One file of the output: *path* below the destination with forward slashes, and its bytes or the file to copy.

    *origin* names what it was made of, for the day when two things claim one path.
    """

    path: str
    content: bytes | Path
    origin: str
