"""What git would do with a file: people and keys never enter it."""

import subprocess
from collections.abc import Mapping
from pathlib import Path


def would_enter_git(path: Path, environment: Mapping[str, str]) -> bool:
    """Whether a file at *path*, there already or not, lies in a work tree and is not ignored there.

    Where there is a work tree and no git to ask, it may.
    """
    place = path.resolve()
    tree = work_tree_of(place.parent)
    if tree is None:
        return False
    # A hook of git's own runs with variables that speak of another work tree.
    clean = {name: value for name, value in environment.items() if not name.startswith("GIT_")}
    question = ["git", "check-ignore", "--quiet", "--", str(place)]
    try:
        answer = subprocess.run(question, cwd=tree, env=clean, capture_output=True, check=False)
    except OSError:
        return True
    return answer.returncode != 0


def work_tree_of(folder: Path) -> Path | None:
    """The root of the work tree that *folder* lies in, or is; None where there is none."""
    place = folder.resolve()
    return next((each for each in (place, *place.parents) if (each / ".git").exists()), None)
