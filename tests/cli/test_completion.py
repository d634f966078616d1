"""Completion in bash, zsh, and fish: each runs the script that the manual says, and shows what it would offer."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

# Zsh hands what it offers to `_describe`, which needs a line editor; here it prints it.
SHELLS = {
    "bash": """
        eval "$(_PRESSRUN_COMPLETE=bash_source pressrun)"
        COMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
        _pressrun_completion pressrun
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """,
    "zsh": """
        compdef() {{ }}
        _describe() {{ print -l -- ${{completions_with_descriptions%%:*}} }}
        compadd() {{ print -l -- $completions }}
        eval "$(_PRESSRUN_COMPLETE=zsh_source pressrun)"
        words=({words}); CURRENT=$#words
        _pressrun_completion
    """,
    "fish": """
        _PRESSRUN_COMPLETE=fish_source pressrun | source
        complete -C "{words}" | string replace -r '\\t.*' ''
    """,
}
pytestmark = pytest.mark.slow


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("pressrun st", {"status", "store"}),
        ("pressrun store u", {"upgrade"}),
        ("pressrun subscribers ex", {"export"}),
        ("pressrun check --st", {"--strict"}),
        ("pressrun -C . check --st", {"--strict"}),
    ],
)
def test_a_shell_offers_commands_and_options(shell: str, words: str, expected: set[str], tmp_path: Path) -> None:
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"{shell} is not installed")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
    quiet = {"bash": ["--norc"], "zsh": ["-f"], "fish": ["--no-config"]}[shell]
    done = subprocess.run(
        [program, *quiet, "-c", SHELLS[shell].format(words=words)],
        cwd=tmp_path, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert set(done.stdout.split()) == expected, done.stderr
