"""People and keys never enter git."""

import os
import subprocess
from pathlib import Path

import pytest

from pressrun.settings.git import would_enter_git


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    tree = tmp_path / "news"
    tree.mkdir()
    clean = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    subprocess.run(["git", "init", "--quiet"], cwd=tree, env=clean, check=True)
    (tree / ".gitignore").write_text("/var\n*.key\n!keep.key\n")
    return tree


@pytest.mark.parametrize(
    ("path", "enters"),
    [
        ("letters/a.eml", True),
        ("a.eml", True),
        ("var/letters/spring/a.eml", False),
        ("letters/var/a.eml", True),
        ("some.key", False),
        ("keep.key", True),
        ("../elsewhere/a.eml", False),
        ("var/../letters/a.eml", True),
    ],
)
def test_git_itself_is_asked(tree: Path, path: str, enters: bool) -> None:
    assert would_enter_git(tree / path, os.environ) == enters


def test_where_a_link_leads_is_what_counts(tree: Path) -> None:
    (tree / "letters").mkdir()
    (tree.parent / "var").symlink_to(tree / "letters")
    assert would_enter_git(tree.parent / "var/a.eml", os.environ)


def test_a_hook_of_another_work_tree_does_not_confuse_it(tree: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "GIT_DIR": str(tmp_path / "other/.git"), "GIT_WORK_TREE": str(tmp_path)}
    assert not would_enter_git(tree / "var/a.eml", environment)
    assert would_enter_git(tree / "a.eml", environment)


def test_where_there_is_no_git_to_ask_it_may(tree: Path, tmp_path: Path) -> None:
    environment = {"PATH": str(tmp_path)}
    assert would_enter_git(tree / "var/a.eml", environment)
    assert not would_enter_git(tmp_path / "a.eml", environment)
