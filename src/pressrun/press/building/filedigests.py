"""What the bytes of files in the content folder are known by, read once for many builds."""

import hashlib
from dataclasses import dataclass, field

from pressrun.content.source.files import ContentFolder
from pressrun.press.building.buildstate import BuildState
from pressrun.press.building.filestates import NO_STATE
from pressrun.press.building.stories import FileChanged
from pressrun.press.building.unchanged import InputFiles


@dataclass(slots=True)
class FileDigests:
    """The digests of files in *folder*, by path; *new* are the paths of those that were read since it was cleared."""

    folder: ContentFolder
    seen: InputFiles
    new: list[str] = field(default_factory=list)
    _found: dict[str, str] = field(default_factory=dict)

    def recall(self, build_state: BuildState) -> None:
        """Take over the digests of files that are as the last build found them."""
        states = self.seen.content
        self._found.update((path, digest) for path, state, digest in build_state.files() if state == states.get(path))

    def update(self, found: dict[str, str]) -> None:
        """Take over what another process has *found*."""
        self._found.update(found)

    def of(self, path: str) -> str:
        """Return the SHA-256 of the file *path*, in hexadecimal. Raises FileChanged where it is gone."""
        if path not in self._found:
            try:
                with self.folder.files[path].open("rb") as stream:
                    self._found[path] = hashlib.file_digest(stream, "sha256").hexdigest()
            except FileNotFoundError as error:
                raise FileChanged(f"content/{path}") from error
            self.new.append(path)
        return self._found[path]

    def remember(self, build_state: BuildState) -> None:
        """Leave the digests to the next build; a file that may change without showing it is read again then."""
        states = self.seen.content
        known = ((path, states.get(path, NO_STATE), digest) for path, digest in self._found.items())
        build_state.forget_all("files")
        build_state.keep_files(
            (path, state, digest) for path, state, digest in known if not state.is_fresh(self.seen.tick)
        )
