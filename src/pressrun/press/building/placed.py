"""What a build puts in its place: what is brought to the stage, and what is kept as it is."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from pressrun.model.output import OutputFile
from pressrun.model.problems import Problem
from pressrun.press.building.kept import KeptOutput
from pressrun.press.building.madefiles import MadeFiles
from pressrun.press.building.report import MadeLetter
from pressrun.press.output.stage import Brought, Stage


@dataclass(slots=True)
class Placed:
    """The files of one build: those *brought* to *stage*, and those *kept* where they are; and its *problems*.

    *lying* are the files of the last build that nobody has touched since, by path. *feeds* and *others* are what wants
    a place beside the pages of stories, without its bytes.
    """

    stage: Stage
    lying: Mapping[str, KeptOutput]
    problems: list[Problem] = field(default_factory=list)
    brought: list[Brought] = field(default_factory=list)
    kept: dict[str, str] = field(default_factory=dict)  # the digest of each, by path
    keys: dict[str, bytes] = field(default_factory=dict)  # what each file is made of, by path, where that is known
    letters: list[MadeLetter] = field(default_factory=list)
    feeds: list[OutputFile] = field(default_factory=list)
    others: list[OutputFile] = field(default_factory=list)

    def bring(self, made: MadeFiles) -> None:
        """Bring the files of *made* to the stage, and take in its problems."""
        self.problems += made.problems
        for file in made.files:
            self.brought.append(self.stage.put(file))
            self.others.append(replace(file, content=b""))

    def is_up_to_date(self, path: str, key: bytes) -> bool:
        """Whether *path* is in its place, made of what *key* says."""
        lying = self.lying.get(path)
        return lying is not None and lying.key == key

    def keep(self, path: str) -> None:
        """Keep the file of the last build that is at *path*."""
        self.kept[path] = self.lying[path].digest

    def keep_as_found(self, path: str, digest: str, source: str) -> None:
        """Keep the file at *path*, which the last good version of *source* needs; no build has to know it."""
        self.kept[path] = digest
        self.others.append(OutputFile(path, b"", f"content/{source}"))
        if path in self.lying and (key := self.lying[path].key) is not None:
            self.keys[path] = key

    def outputs(self) -> list[KeptOutput]:
        """Return what the next build has to know of all that was brought."""
        return [
            KeptOutput(each.path, self.keys.get(each.path), each.digest, *each.state)
            for each in self.brought
            if each.state is not None
        ]
