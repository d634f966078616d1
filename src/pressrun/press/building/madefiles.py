"""What a maker returns: files and problems. Only the run collects them."""

from collections.abc import Iterable
from typing import NamedTuple

from pressrun.model.output import OutputFile
from pressrun.model.problems import ContentError, Problem


class MadeFiles(NamedTuple):
    """Files of the output, not written yet, and the problems that were found while they were made."""

    files: tuple[OutputFile, ...] = ()
    problems: tuple[Problem, ...] = ()

    @classmethod
    def all_of(cls, parts: "Iterable[MadeFiles]") -> "MadeFiles":
        """Return all *parts* as one, in their order."""
        files: list[OutputFile] = []
        problems: list[Problem] = []
        for part in parts:
            files += part.files
            problems += part.problems
        return cls(tuple(files), tuple(problems))

    @classmethod
    def from_template(cls, files: Iterable[OutputFile]) -> "MadeFiles":
        """Return *files* up to the first that its template fails to make: one template makes many."""
        made: list[OutputFile] = []
        try:
            for file in files:
                made.append(file)  # an error keeps what came before it
        except ContentError as error:
            return cls(tuple(made), tuple(error.problems))
        return cls(tuple(made))
