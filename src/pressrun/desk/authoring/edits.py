"""An edit of a content file: a place in its text, what stands there, and what shall; all else stays byte for byte."""

import re
from dataclasses import dataclass

from pressrun.content.source.files import SourceFile, with_line_feeds

BYTE_ORDER_MARK = "\ufeff"
_LINE = re.compile(r"[^\r\n]+(?:\r\n|\r|\n)?|\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class Edit:
    """At *line* and *column* of a file, both as a Position counts them, *new* in the place of *old*."""

    line: int
    column: int
    old: str
    new: str

    def made_in(self, text: str) -> str:
        """*text*, the whole of a file as it lies on disk, with this edit; as it is where *old* does not stand there."""
        lines = lines_of(text)
        if self.line > len(lines):
            return text
        line = lines[self.line - 1]
        start = self.column - 1 + (self.line == 1 and text.startswith(BYTE_ORDER_MARK))
        if not line.startswith(self.old, start):
            return text
        lines[self.line - 1] = line[:start] + self.new + line[start + len(self.old) :]
        return "".join(lines)


def lines_of(text: str) -> list[str]:
    """The lines of *text*, each with its end. Not splitlines(): it also ends them at signs where no editor does."""
    lines: list[str] = _LINE.findall(text)
    return lines


def source_of(text: str, path: str, file: str) -> SourceFile:
    """The file *path* as it would be read if *text* were the whole of it on disk."""
    return SourceFile(path, file, with_line_feeds(text.removeprefix(BYTE_ORDER_MARK)))
