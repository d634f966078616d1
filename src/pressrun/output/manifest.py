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

    A file has two digests while a build is under way: the one it had, and the one it is getting.
    """

    files: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def read(cls, folder: Path) -> "Manifest":
        """The manifest in *folder*; an empty one where there is none or it cannot be understood."""
        try:
            data = json.loads((folder / NAME).read_text(encoding="utf-8"))
            if data["format"] != FORMAT:
                return cls()
            return cls({str(path): tuple(map(str, digests)) for path, digests in data["files"].items()})
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
        return f'{{\n "format": {FORMAT},\n "files": {{{inside}}}\n}}\n'.encode()

    def joined(self, other: "Manifest") -> "Manifest":
        """What may lie there while *other* takes this one's place."""
        files = dict(self.files)
        for path, digests in other.files.items():
            known = files.get(path, digests)  # of ten thousand files, nearly all have one and the same
            files[path] = digests if known == digests else tuple(dict.fromkeys((*known, *digests)))
        return Manifest(files)


def digest_of(data: bytes) -> str:
    """What a file's bytes are known by."""
    return hashlib.sha256(data).hexdigest()
