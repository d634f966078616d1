"""What readers and inboxes would stumble over, beyond what a build tells: each room's rules, over one publication.

A rule looks at what a person wrote and at what the press made of it, and tells the place in the source. Only a
check asks for them: a build that is late has no time for advice.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

from pressrun.diff import refloods
from pressrun.model.output import OutputFile
from pressrun.press import Press
from pressrun.problems import Problem


def findings(press: Press, files: Sequence[OutputFile], built: Path) -> Iterable[Problem]:
    """Every finding about what *press* has made, its *files*; *built* is where the last build lies, if there is one."""
    yield from refloods(press, files, built)
