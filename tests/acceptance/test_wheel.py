"""The wheel that users install: it carries its templates and its starter, and builds with nothing else."""

import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder, REPOSITORY], check=True
    )
    (found,) = folder.glob("*.whl")
    return found


def test_it_carries_templates_starter_manual_and_types(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {
        "pressrun/defaults/templates/newsletter.html",
        "pressrun/defaults/templates/page.css",
        "pressrun/defaults/starter/gitignore",
        "pressrun/defaults/starter/content/publication.yaml",
        "pressrun/defaults/starter/content/images/hello.png",
        "pressrun/manual/architecture.md",
        "pressrun/manual/problems/picture-alt.md",
        "pressrun/py.typed",
    } <= names
    assert not any("__pycache__" in name or name.startswith("tests") for name in names)


def test_a_publication_that_it_starts_builds(wheel: Path, tmp_path: Path) -> None:
    """Installed beside the libraries of this environment, but away from the source."""
    home = tmp_path / "environment"
    venv.create(home, with_pip=False)
    python = home / "bin/python"
    site = subprocess.run(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        check=True, capture_output=True, text=True,
    ).stdout.strip()  # fmt: skip
    zipfile.ZipFile(wheel).extractall(site)
    # The libraries, but not the editable install: its folder comes after the wheel's.
    libraries = [path for path in sys.path if path.endswith("site-packages")]
    (Path(site) / "libraries.pth").write_text("\n".join(libraries))

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "COV"))}
        return subprocess.run(
            [python, "-m", "pressrun", *arguments], cwd=tmp_path, env=environment, capture_output=True, text=True,
            check=False,
        )  # fmt: skip

    where = subprocess.run(
        [python, "-c", "import pressrun; print(pressrun.__file__)"],
        check=True,
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert where.stdout.startswith(site)
    assert run("new", "paper").returncode == 0
    built = run("build", "-C", "paper")
    assert (built.returncode, built.stderr) == (0, "")
    assert (tmp_path / "paper/public/atom.xml").is_file()
    assert (tmp_path / "paper/outbox/first-edition/newsletter.eml").is_file()
    assert run("explain", "picture-alt").stdout.startswith("# picture-alt\n")
