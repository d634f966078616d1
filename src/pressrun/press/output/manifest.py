"""The manifest: which files in an output folder are Pressrun's own, so that nothing else is ever deleted."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

NAME = ".pressrun-manifest.json"
FORMAT = 1


@dataclass(frozen=True, slots=True)
class Manifest:
    """The files that Pressrun wrote below a folder, by path, each with the digests that it may have.

    A file has two digests while a build is under way: the one it had, and the one it is getting. *stories* and
    *editions* are what is published there, by their files in content: the id of each, what else there is to know of it,
    and the paths of its pages.
    """

    files: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    stories: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    editions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def read(cls, folder: Path) -> "Manifest":
        """The manifest in *folder*; an empty one where there is none or it cannot be understood."""
        try:
            data = json.loads((folder / NAME).read_text(encoding="utf-8"))
            if data["format"] != FORMAT:
                return cls()
            found = (data["files"], data.get("stories", {}), data.get("editions", {}))
            return cls(*({str(name): tuple(map(str, each)) for name, each in part.items()} for part in found))
        except (OSError, ValueError, LookupError, TypeError, AttributeError):
            # Without it nothing counts as ours: the careful side.
            return cls()

    def to_bytes(self) -> bytes:
        """The manifest as it lies in the folder, sorted, so that the same output is the same bytes."""
        # By hand, because the standard library's encoder is slow where it indents, and a large site has many files.
        said = json.encoder.encode_basestring
        files = (
            f"  {said(path)}: [\n   {(',' + chr(10) + '   ').join(map(said, digests))}\n  ]"
            for path, digests in sorted(self.files.items())
        )
        listed = ",\n".join(files)
        inside = f"\n{listed}\n " if listed else ""
        pieces = "".join(
            f',\n "{name}": {{\n{_lines(found)}\n }}'
            for name, found in (("stories", self.stories), ("editions", self.editions))
            if found
        )
        return f'{{\n "format": {FORMAT},\n "files": {{{inside}}}{pieces}\n}}\n'.encode()

    def joined(self, other: "Manifest") -> "Manifest":
        """What may lie there while *other* takes this one's place."""
        files = dict(self.files)
        for path, digests in other.files.items():
            known = files.get(path, digests)  # of ten thousand files, nearly all have one and the same
            files[path] = digests if known == digests else tuple(dict.fromkeys((*known, *digests)))
        return Manifest(files, self.stories, self.editions)


def _lines(pieces: Mapping[str, tuple[str, ...]]) -> str:
    said = json.encoder.encode_basestring
    return ",\n".join(f"  {said(source)}: [{', '.join(map(said, each))}]" for source, each in sorted(pieces.items()))


def digest_of(data: bytes) -> str:
    """What a file's bytes are known by."""
    return hashlib.sha256(data).hexdigest()
