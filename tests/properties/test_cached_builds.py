"""The law of the stock: what a build comes to does not hang on what earlier builds left behind.

A machine changes one publication in every way that a publisher, a disk and a clock do, and after each few steps
builds it twice: with what earlier builds kept, and from nothing. Files, problems and counts have to be the same. Builds
write all or nothing here; what becomes of stories with errors is the law of `test_invalid_stories.py`.
"""

import contextlib
import json
import os
import random
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from builders import NOON, PNG, a_story_file, build_request
from drawn import drawing, file_of
from pressrun.model.buildrequest import BuildRequest
from pressrun.model.problems import ContentError, Problem, errors_in
from pressrun.model.severities import Command, all_judged
from pressrun.press.building import feedfiles
from pressrun.press.building.build import How, Terms, build, make
from pressrun.press.building.buildstate import NAME
from pressrun.press.building.cache import FOLDER
from pressrun.press.building.filestates import FileState
from pressrun.press.building.report import WHOLE, BuildReport
from pressrun.press.building.run import Run
from pressrun.press.building.timing import untimed
from pressrun.press.building.unchanged import NOTHING_KNOWN, Call, look
from pressrun.press.building.workers import ALONE, Workers
from pressrun.press.output.manifest import Manifest

pytestmark = pytest.mark.slow
# A minute finds what is plainly wrong; who changes how builds are remembered lets it run for an hour.
EXAMPLES = int(os.environ.get("CACHED_BUILDS", "8"))

Task = TypeVar("Task")
Result = TypeVar("Result")


class Eager(Workers):
    """A crew that shares out whatever little there is to do."""

    def work(self, do: Callable[[Task], Result], tasks: Sequence[Task], **_: int) -> Iterator[Result]:
        return Workers.work(self, do, tasks, least=1, chunk=1)


# What is written

STORIES = (
    *("a.md", "b.md", "2026-05-01-c.md", "2026-05-04-c.md", "deep/er/d.md", "2026-04-30-d.md", "bundle/index.md"),
    *("e.markdown", "_drafts/f.md", "2026-05-02-Ünïcode.md", "_index.md", "deep/a.md"),
)
EDITIONS = ("e.md", "2026-05-03-f.md", "g.md", "2026-05-06-f.md")
PICTURES = ("images/p.png", "images/q.png", "images/large.png", "stories/r.png", "static/s.png", "images/v.svg")
FILES = ("files/f.pdf", "files/x.mp3", "files/note.md", "static/robots.txt", "static/sound.mp3", "static/_headers")
CLASHING = ("static/stories/a/index.html", "static/index.html", "static/feed.css", "static/Robots.txt", "static/old")

PARAGRAPHS = (
    *("Plain words.", "Other words, *and* more.", "# Heading\n\nBelow.", "<!--more-->", "a[^1]\n\n[^1]: note"),
    *("| a | b |\n|---|---|\n| 1 | 2 |", "<div onclick='x'>raw</div>", "<script>1</script>", "{{< code >}}"),
    *("[x](/stories/a/)", "[x](/stories/b/)", "[x](/stories/a/#heading)", "[x](/stories/c/)", "[h](/)", "&amp;"),
    *("[x](a.md)", "[x](../stories/2026-05-01-c.md#h)", "[feed](/atom.xml)", "[old](/old/)", "[own](#here)"),
    *("![P](/images/p.png)", "![](/images/q.png)", "![S](/s.png)", "![large](/images/large.png)"),
    *("![R](r.png)", "![v](/images/v.svg)", "![w](https://elsewhere.example/w.png)", "<img src='/s.png'>"),
    *("[f](/files/f.pdf)", "[note](/files/x.mp3)", "[robots](/robots.txt)", "[e](/editions/e/)"),
    *("[g](/editions/g/)", "<!-- pressrun: ignore link-broken -->", "[gone](/nowhere/)", "[g](/stories/aa/)"),
    *("[feed](/tags/news/atom.xml)", "[x](/stories/d/)", "[x](/own/4/)", "[x](b.md) [y](/b.md)"),
)
BODIES = st.lists(st.sampled_from(PARAGRAPHS), max_size=4).map("\n\n".join)
BROKEN = ("[gone](nowhere.md)", "![gone](gone.png)", "![not](/files/f.pdf)", "&#1;")
FIELDS: dict[str, tuple[str, ...]] = {
    "title": ("One", "Two", "Three & more", '"Said: so"'),
    "date": (
        "2026-05-01",
        "2026-05-05T09:00:00",
        "2026-05-12T11:59:00Z",
        "2026-05-12T12:30:00Z",
        "2026-06-01",
        "",
        "",
        "",
    ),
    "updated": ("", "", "2026-05-12T10:00:00Z", "2026-05-13"),
    "draft": ("", "", "", "true"),
    "tags": ("", "[news]", "[news, Town Hall]", "[C++, Town Hall]"),
    "section": ("", "World", "Town"),
    "authors": ("", "Ada", "[Ada, Bob]", "Eve"),
    "aliases": ("", "", "/old/", "/Old/", "[/older/, /old]", "/robots.txt"),
    "path": ("", "", "", "/own/{}/", "/own/{}.html"),
    "slug": ("", "", "", "slug-{}", "a"),
    "language": ("", "", "fr", "he"),
    "image": ("", "", "/images/p.png", "/images/large.png", "/s.png", "https://elsewhere.example/w.png"),
    "image_alt": ("", "A picture"),
    "audio": ("", "", "", "/files/x.mp3", "{{file: /files/x.mp3, duration: 12:30}}", "/sound.mp3"),
    "correction": ("", "", "It was Tuesday."),
    "summary": ("", "", '""', "In a word."),
    "canonical_url": ("", "", "https://elsewhere.example/a"),
    "mood": ("", "", "glad", "[1, yes, null]", "2026-05-01"),
    "pressrun_ignore": ("", "", "[picture-alt, link-broken]"),
}
ODD_TOML = ("", "when = 2026-05-01", "when = 10:30:00", "x = nan", 'x = {y = [1.5, {z = "w"}]}')
EDITION_FIELDS: dict[str, tuple[str, ...]] = {
    "title": ("Spring", "Summer for {first_name}", "Three"),
    "date": ("2026-05-02", "2026-05-06", "2026-05-12T12:15:00Z", "2026-06-01"),
    "lead": ("", "", "a", "a", "c", "stories/2026-05-01-c.md"),
    "stories": ("", "", "", "", "[b]", "[d, b]"),
    "since": ("", "last-edition", "2026-01-01"),
    "tags": ("", "", "news"),
    "limit": ("", "2"),
    "min_stories": ("", "2"),
    "skip_if_empty": ("", "true"),
    "draft": ("", "", "true"),
    "content": ("", "summary"),
    "layout": ("", "", "digest"),
    "slug": ("", "", "", "spring"),
    "sections": (
        "",
        "",
        "",
        "[{text: '[x](/stories/a/)'}]",
        "[{title: More, text: '[x](/stories/a/) ![P](/images/p.png)', stories: [e]}]",
    ),
}
EDITION_BODIES = (
    *("", "Dear {first_name|reader}.", "![large](/images/large.png)", "[robots](/robots.txt) [f](/files/f.pdf)"),
    *("[page]({browser_url}) [away]({unsubscribe_url})", "![v](/images/v.svg)", "[x](/stories/b/)"),
)
SETTINGS: dict[str, tuple[str, ...]] = {
    "title": ("The Gazette", "Another"),
    "subtitle": ("", "Every day"),
    "home": ("https://gazette.example/", "https://gazette.example/news/"),
    "timezone": ("America/New_York", "Asia/Tokyo"),
    "ids": ("gazette.example,2020",),
    "language": ("", "de"),
    "authors": ("", "[{name: Ada, email: ada@gazette.example}]"),
    "author": ("", "Bob"),
    "feeds": (
        *("", "[{every: tag}, {every: section, formats: [atom]}]", "[{limit: 2}, {every: author, content: summary}]"),
        "[{name: town, title: Town, tags: [news], content: summary}]",
    ),
    "story_url": ("", "", "/{year}/{slug}/", "/{section}/{slug}", "/{slug}.html"),
    "pages": ("", "", "false"),
    "look": ("", "{light: {accent: '#0000aa'}}", "{logo: images/large.png}", "{width: 700}"),
    "hub": ("", "https://hub.example/"),
    "icon": ("", "images/p.png"),
    "podcast": ("", "", "{category: News, image: images/large.png}"),
    "mail": (
        "{from: The Gazette <news@gazette.example>, unsubscribe: 'mailto:x@gazette.example'}",
        "{postal_address: 1 Example Street}",
        "",
    ),
    "weather": ("", "fine"),
}
TEMPLATES: dict[str, tuple[str, ...]] = {
    "story.html": (
        '{% extends "default/story.html" %}{% block title %}{{ story.title }} {{ story.extra }}{% endblock %}',
        '{% extends "default/story.html" %}{% block title %}{{ story.picture.url }}{% endblock %}',
        "{{ story.published }} {{ story.published.tzinfo }} {{ story.tags }} {{ story.id }} {% include 'part.html' %}",
    ),
    "part.html": ("part of {{ publication.title }}", "another part", "{{ nobody }}"),
    "redirect.html": ("to {{ target }}",),
    "page.html": ('{% extends "default/page.html" %}{% block footer %}{{ publication.extra }}{% endblock %}',),
    "newsletter.html": (
        '{% extends "default/newsletter.html" %}{% block footer %}Bye.{% endblock %}',
        '{% extends "default/newsletter.html" %}{% block footer %}{% include "part.html" %}{% endblock %}',
    ),
    "newsletter.css": ("p { color: red }",),
    "feed.css": ("feed { color: {{ look.light.accent }} }",),
    "stroy.html": ("",),
}


LONELY = a_story_file("Text.", id="tag:x,2020:z", date="2026-05-05")
FLAGS: tuple[dict[str, Any], ...] = (
    {"drafts": True},
    {"future": True},
    {"home": "https://moved.example/"},
    {"slots": "mailchimp"},
)
PARTS = ({"feeds", "newsletter"}, {"pages"}, {"newsletter"}, {"feeds"}, {"pages", "feeds"})


def chosen(pools: dict[str, tuple[str, ...]], number: int) -> dict[str, str]:
    """One value for each field; another *number* makes other choices."""
    chance = random.Random(number)
    return {name: chance.choice(pool) for name, pool in pools.items()}


def front_matter(pools: dict[str, tuple[str, ...]]) -> st.SearchStrategy[dict[str, str]]:
    # Left to itself, Hypothesis would mostly choose what stands first.
    return st.integers(0, 10**6).map(lambda number: chosen(pools, number))


def few(pools: dict[str, tuple[str, ...]]) -> st.SearchStrategy[tuple[str, str]]:
    """One field with a value."""
    return st.sampled_from([(name, value) for name, pool in pools.items() for value in dict.fromkeys(pool)])


def picture(number: int, width: int = 8, height: int = 6) -> bytes:
    """A picture; one of another number has as many bytes."""
    return file_of(drawing(width, height).point(lambda shade: shade ^ number), "PNG", compress_level=0)


def as_yaml(fields: dict[str, str]) -> str:
    return "---\n" + "".join(f"{name}: {value}\n" for name, value in fields.items() if value) + "---\n"


def as_toml(fields: dict[str, str], odd: str) -> str:
    lines = [odd] if odd else []
    for name, value in fields.items():
        if value.startswith(("[", "{")):
            items = [each.strip() for each in value.strip("[]").split(",")]
            lines += [f"{name} = {json.dumps(items)}"] if value.startswith("[") else []
        elif value in ("true", '""') or name == "date":
            lines += [f"{name} = {value}"] if value else []
        elif value:
            lines.append(f"{name} = {json.dumps(value.strip(chr(34)))}")
    return "+++\n" + "\n".join(lines) + "\n+++\n"


@dataclass
class Piece:
    """A story or an edition as it was written last."""

    number: int
    fields: dict[str, str]
    body: str
    toml: str | None = None  # the odd line of one in TOML

    def text(self) -> str:
        fields = {name: value.replace("{}", str(self.number)) for name, value in self.fields.items()}
        fields = {name: value.replace("{{", "{").replace("}}", "}") for name, value in fields.items()}
        head = as_yaml(fields) if self.toml is None else as_toml(fields, self.toml)
        return f"{head}{self.body}\n"


# What lies there


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below *folder*'s two roots, with its bytes."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for root in ("public", "outbox")
        for path in sorted((folder / root).rglob("*"))
        if path.is_file()
    }


def times(folder: Path) -> dict[str, tuple[int, int]]:
    """What shows whether anybody wrote to a file below *folder*'s two roots."""
    places = (folder / path for path in tree(folder))
    return {str(place): (place.stat().st_mtime_ns, place.stat().st_ino) for place in places}


def listed(folder: Path) -> set[str]:
    """Every file that the manifests in *folder* speak of, and the manifests themselves."""
    found = set()
    for root in ("public", "outbox"):
        files = Manifest.read(folder / root).files
        found |= {f"{root}/{path}" for path in files}
        found |= {f"{root}/.pressrun-manifest.json"} if files else set()  # an empty one tells that there were some
    return found


Outcome = BuildReport | list[Problem]


def outcome(do: Callable[[], BuildReport]) -> Outcome:
    try:
        return do()
    except ContentError as error:
        return error.problems


def told(problems: Sequence[Problem], *but: str) -> list[str]:
    return [f"{problem} {problem.position.width} {problem.instead}" for problem in problems if problem.code not in but]


def same(ours: dict[str, bytes], theirs: dict[str, bytes]) -> None:
    for path in sorted(ours.keys() | theirs.keys()):
        assert ours.get(path) == theirs.get(path), path


def made_of(report: BuildReport) -> tuple[Any, ...]:
    return report.stories, report.editions, report.held_back, dict(report.letters)


class Publications(RuleBasedStateMachine):
    """One publication, whose builds are cached, held against builds of the same that are not."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.root = Path(self.folder.name)
        self.source = self.root / "site"
        self.out = self.root / "out"
        self.number = 0
        self.pieces: dict[str, Piece] = {}
        self.settings = {name: pool[0] for name, pool in SETTINGS.items()}
        self.now = NOON
        self.good: dict[str, bytes] = {}  # the sources of the last build that went well
        self.is_failing = False
        self.earlier: list[bytes] = []  # stocks
        self.has_pressed = False
        self.has_failed = True
        self.stack = contextlib.ExitStack()
        self.stack.enter_context(patch.object(feedfiles, "MANY_ENTRIES", 0))

    def teardown(self) -> None:
        try:
            if not self.has_failed:
                self.compare()
        finally:
            self.stack.close()
            self.folder.cleanup()

    # Helpers

    @property
    def content(self) -> Path:
        return self.source / "content"

    def paths(self, *below: str, root: str = "content") -> list[str]:
        folder = self.source / root
        found = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
        return [path for path in found if not below or path.startswith(below)]

    def put(self, path: str, data: bytes | str, *, root: str = "content") -> None:
        place = self.source / root / path
        # A file where a folder is, or a link that leads in circles.
        with contextlib.suppress(OSError):
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data if isinstance(data, bytes) else data.encode())

    def write(self, path: str, piece: Piece) -> None:
        self.pieces[path] = piece
        self.put(path, piece.text())

    def masthead(self) -> None:
        lines = [f"{name}: {value}" for name, value in self.settings.items() if value]
        self.put("publication.yaml", "\n".join(lines) + "\n")

    # Rules: where it begins

    @initialize(is_coarse=st.booleans())
    def begin(self, is_coarse: bool) -> None:
        if is_coarse:  # a clock that has stood still: whatever was written counts as written just now
            of = FileState.of
            still = patch.object(FileState, "of", lambda found: of(found)._replace(mtime=7, changed=7))
            self.stack.enter_context(still)
            for module in ("build", "touchup", "unchanged"):
                self.stack.enter_context(patch(f"pressrun.press.building.{module}.tick_of", lambda _: 7))
        self.masthead()
        for name in ("a", "b", "2026-05-01-c"):
            self.write(f"stories/{name}.md", self.a_piece({"title": name, "date": "2026-05-01", "tags": "[news]"}))
        edition = {"title": "Spring", "date": "2026-05-02", "lead": "a"}
        self.write("editions/e.md", self.a_piece(edition, "Dear reader."))
        for number, path in enumerate(PICTURES):
            self.put(path, self.a_picture(path, number))
        for path in FILES[:-1]:
            self.put(path, f"the file {path}")
        self.put("stories/z.md", LONELY)
        self.has_failed = False

    def a_piece(
        self, fields: dict[str, str], body: str = "Text.", toml: str | None = None, *, minted: bool = True
    ) -> Piece:
        self.number += 1
        if minted:
            fields = {"id": f"tag:x,2020:{self.number}", **fields}
        return Piece(self.number, fields, body, toml)

    def a_picture(self, path: str, number: int) -> bytes:
        if path.endswith(".svg"):
            return f'<svg xmlns="http://www.w3.org/2000/svg" width="{number % 10}"/>'.encode()
        return picture(number, 1300, 10) if "large" in path else picture(number)

    # Rules: stories and editions

    @rule(
        name=st.sampled_from(STORIES),
        fields=front_matter(FIELDS),
        body=BODIES,
        minted=st.booleans(),
        toml=st.none() | st.none() | st.sampled_from(ODD_TOML),
    )
    def write_story(self, name: str, fields: dict[str, str], body: str, minted: bool, toml: str | None) -> None:
        if not fields["date"] and not name.startswith("2026"):
            fields = {**fields, "date": "2026-05-01"}
        self.write(f"stories/{name}", self.a_piece(fields, body, toml, minted=minted))

    @rule(
        name=st.sampled_from(EDITIONS),
        fields=front_matter(EDITION_FIELDS),
        body=st.sampled_from(EDITION_BODIES),
        minted=st.booleans(),
    )
    def write_edition(self, name: str, fields: dict[str, str], body: str, minted: bool) -> None:
        self.write(f"editions/{name}", self.a_piece(fields, body, minted=minted))

    @rule(pick=st.integers(0, 99), body=BODIES)
    def edit_body(self, pick: int, body: str) -> None:
        self._edit(pick, body)

    @rule(pick=st.integers(0, 99), body=st.sampled_from(BROKEN))
    def break_body(self, pick: int, body: str) -> None:
        self._edit(pick, body)

    def _edit(self, pick: int, body: str) -> None:
        paths = [path for path in self.paths("stories/") if path in self.pieces]
        if paths:
            path = paths[pick % len(paths)]
            self.write(path, replace(self.pieces[path], body=body))

    @rule()
    def build_while_something_is_broken(self) -> None:
        """A story that nothing hangs on is broken and mended: what else has changed waits for the next build."""
        self.put("stories/z.md", LONELY.replace("Text.", "[gone](nowhere.md)"))
        with contextlib.suppress(ContentError):  # some day it is not out yet
            build(self.source, self.out, self.build_request({}), allow_reflood=True, all_or_nothing=True)
        self.put("stories/z.md", LONELY)

    @rule(pick=st.integers(0, 99), known_by=st.integers(1, 10))
    def give_another_id(self, pick: int, known_by: int) -> None:
        self._edit_field(self.paths("stories/"), pick, ("id", f"tag:x,2020:id-{known_by}"))

    @rule(pick=st.integers(0, 99), field=few({**FIELDS, "id": ("", "tag:x,2020:other", "not an iri")}))
    def edit_story_field(self, pick: int, field: tuple[str, str]) -> None:
        self._edit_field(self.paths("stories/"), pick, field)

    @rule(pick=st.integers(0, 99), field=few({**EDITION_FIELDS, "id": ("", "tag:x,2020:edition")}))
    def edit_edition_field(self, pick: int, field: tuple[str, str]) -> None:
        self._edit_field(self.paths("editions/"), pick, field)

    def _edit_field(self, paths: list[str], pick: int, field: tuple[str, str]) -> None:
        paths = [path for path in paths if path in self.pieces]
        if paths:
            path = paths[pick % len(paths)]
            piece = self.pieces[path]
            self.write(path, replace(piece, fields={**piece.fields, field[0]: field[1]}))

    @rule(pick=st.integers(0, 99), name=st.sampled_from(STORIES))
    def rename_story(self, pick: int, name: str) -> None:
        self._rename(self.paths("stories/"), pick, f"stories/{name}")

    @rule(pick=st.integers(0, 99), name=st.sampled_from(EDITIONS))
    def rename_edition(self, pick: int, name: str) -> None:
        self._rename(self.paths("editions/"), pick, f"editions/{name}")

    @rule(pick=st.integers(0, 99), name=st.sampled_from((*PICTURES, *FILES, *CLASHING)))
    def rename_file(self, pick: int, name: str) -> None:
        self._rename(self.paths("images/", "static/", "files/"), pick, name)

    def _rename(self, paths: list[str], pick: int, name: str) -> None:
        if paths:
            old = paths[pick % len(paths)]
            with contextlib.suppress(FileExistsError, NotADirectoryError, IsADirectoryError, FileNotFoundError):
                (self.content / name).parent.mkdir(parents=True, exist_ok=True)
                (self.content / old).rename(self.content / name)
                if old in self.pieces:
                    self.pieces[name] = self.pieces.pop(old)

    @rule(pick=st.integers(0, 99), other=st.integers(0, 99))
    def swap_two_files(self, pick: int, other: int) -> None:
        if paths := self.paths("stories/", "images/"):
            one, two = paths[pick % len(paths)], paths[other % len(paths)]
            if one.endswith((".md", ".markdown")) == two.endswith((".md", ".markdown")) and one != two:
                aside = self.root / "aside"
                (self.content / one).rename(aside)
                (self.content / two).rename(self.content / one)
                aside.rename(self.content / two)
                swapped = {two: self.pieces.pop(one, None), one: self.pieces.pop(two, None)}
                self.pieces.update({path: piece for path, piece in swapped.items() if piece})

    @rule(pick=st.integers(0, 99))
    def delete_something(self, pick: int) -> None:
        if paths := self.paths("stories/", "editions/", "images/", "static/", "files/"):
            (self.content / paths[pick % len(paths)]).unlink()

    @rule(pick=st.integers(0, 99))
    def touch_something(self, pick: int) -> None:
        paths = self.paths()
        place = self.content / paths[pick % len(paths)]
        place.write_bytes(place.read_bytes())

    @rule(pick=st.integers(0, 99), back=st.booleans())
    def change_letters_in_their_place(self, pick: int, back: bool) -> None:
        """As many bytes as before, and where somebody hides it, no other time."""
        paths = self.paths("stories/", "editions/", "files/", "static/")
        if not paths:
            return
        place = self.content / paths[pick % len(paths)]
        data, before = place.read_bytes(), place.stat()
        if place.suffix in (".png", ".svg"):
            return
        for old, new in ((b"Words", b"wOrds"), (b"words", b"Words"), (b"the file", b"The file")):
            data = data.replace(old, new)
        place.write_bytes(data)
        if back:
            os.utime(place, ns=(before.st_atime_ns, before.st_mtime_ns))

    # Rules: everything else

    @rule(path=st.sampled_from(PICTURES), number=st.integers(0, 5), back=st.booleans())
    def put_picture(self, path: str, number: int, back: bool) -> None:
        place = self.content / path
        before = place.stat() if place.is_file() else None
        self.put(path, self.a_picture(path, number))
        if before and back:
            os.utime(place, ns=(before.st_atime_ns, before.st_mtime_ns))

    @rule(path=st.sampled_from(("images/p.png", "static/s.png", "images/q.png")), to=st.sampled_from(PICTURES))
    def link_picture(self, path: str, to: str) -> None:
        place = self.content / path
        place.unlink(missing_ok=True)
        place.symlink_to(self.content / to)

    @rule(path=st.sampled_from(("images/p.png", "static/s.png")))
    def put_what_is_no_picture(self, path: str) -> None:
        self.put(path, PNG[:30])

    @rule(path=st.sampled_from((*FILES, *CLASHING)), number=st.integers(0, 3))
    def put_file(self, path: str, number: int) -> None:
        self.put(path, f"the file {path}{'!' * number}")

    @rule(field=few(SETTINGS))
    def change_settings(self, field: tuple[str, str]) -> None:
        self.settings[field[0]] = field[1]
        self.masthead()

    @rule(template=few(TEMPLATES))
    def put_template(self, template: tuple[str, str]) -> None:
        self.put(*template, root="templates")

    @rule(path=st.sampled_from(["story.html", "newsletter.html", "index.html"]))
    def break_template(self, path: str) -> None:
        self.put(path, "{% if %}", root="templates")

    @rule(pick=st.integers(0, 99))
    def delete_template(self, pick: int) -> None:
        if paths := self.paths(root="templates"):
            (self.source / "templates" / paths[pick % len(paths)]).unlink()

    # Rules: the output and the stock

    @rule(pick=st.integers(0, 999), what=st.sampled_from(["delete", "change", "replace", "touch"]))
    def meddle_with_output(self, pick: int, what: str) -> None:
        places = [self.out / path for path in sorted(tree(self.out))]
        if not places:
            return
        place = places[pick % len(places)]
        if what == "delete":
            place.unlink()
        elif what == "change":
            place.write_bytes(b"changed")
        elif what == "replace":
            data = place.read_bytes()
            place.unlink()
            place.write_bytes(data[::-1])
        else:
            os.utime(place)

    @rule(what=st.sampled_from(["public", "outbox", "public/stories", "public/images"]))
    def delete_output(self, what: str) -> None:
        shutil.rmtree(self.out / what, ignore_errors=True)

    @rule(path=st.sampled_from(["public/stories/a/index.html", "public/robots.txt", "public/mine.txt", "outbox/x/y"]))
    def put_into_output(self, path: str) -> None:
        with contextlib.suppress(FileExistsError, NotADirectoryError, IsADirectoryError):
            (self.out / path).parent.mkdir(parents=True, exist_ok=True)
            (self.out / path).write_text("from somewhere else")

    @property
    def build_state(self) -> Path:
        return self.source / FOLDER / NAME

    @precondition(lambda self: self.build_state.is_file())
    @rule()
    def keep_stock(self) -> None:
        self.earlier.append(self.build_state.read_bytes())

    @precondition(lambda self: self.build_state.is_file())
    @rule(
        how=st.sampled_from(["truncate", "flip", "flip", "flip", "garbage", "delete", "earlier", "earlier", "earlier"]),
        at=st.lists(st.floats(0, 0.999), min_size=1, max_size=40),
        bit=st.integers(0, 7),
    )
    def damage_stock(self, how: str, at: list[float], bit: int) -> None:
        data = bytearray(self.build_state.read_bytes())
        if how == "truncate":
            data = data[: int(at[0] * len(data))]
        elif how == "flip":
            for each in at:
                data[int(each * len(data))] ^= 1 << bit
        elif how == "garbage":
            data = bytearray(b"garbage" * 1000)
        elif how == "earlier" and self.earlier:
            data = bytearray(self.earlier[int(at[0] * len(self.earlier))])
        self.build_state.unlink()
        if how != "delete":
            self.build_state.write_bytes(bytes(data))

    # Rules: time, builds

    @rule(hours=st.sampled_from([-1000, -24, -1, 0.25, 1, 24, 1000]))
    def move_time(self, hours: float) -> None:
        self.now = NOON + timedelta(hours=hours)

    @precondition(lambda self: self.is_failing and self.good)
    @rule()
    def go_back_to_what_was_good(self) -> None:
        for root in ("content", "templates"):
            for path in self.paths(root=root):
                if f"{root}/{path}" not in self.good:
                    (self.source / root / path).unlink()
        for path, data in self.good.items():
            place = self.source / path
            if not place.is_file() or place.read_bytes() != data:
                self.put(path, data, root=".")
        self.is_failing = False

    @rule(is_spread=st.booleans(), is_copied=st.booleans())
    def build(self, is_spread: bool, is_copied: bool) -> None:
        self.compare(workers=Eager(2) if is_spread else ALONE, is_copied=is_copied)

    @rule(is_copied=st.booleans())
    def build_once_more(self, is_copied: bool) -> None:
        self.compare(is_copied=is_copied)

    @rule(flags=st.sampled_from(FLAGS), is_spread=st.booleans(), is_copied=st.booleans())
    def build_with_flags(self, flags: dict[str, Any], is_spread: bool, is_copied: bool) -> None:
        self.compare(flags, workers=Eager(2) if is_spread else ALONE, is_copied=is_copied)

    @rule(parts=st.sampled_from(PARTS), flags=st.just({}) | st.sampled_from(FLAGS))
    def build_parts(self, parts: set[str], flags: dict[str, Any]) -> None:
        self.compare(flags, frozenset(parts))

    @rule()
    def build_if_nothing_comes_again(self) -> None:
        self.compare(allow=False)

    @rule()
    def build_to_another_place(self) -> None:
        with contextlib.suppress(ContentError):
            build(self.source, self.root / "elsewhere", self.build_request({}), allow_reflood=True, all_or_nothing=True)

    @rule()
    def build_without_the_stock(self) -> None:
        with contextlib.suppress(ContentError):
            build(
                self.source,
                self.out,
                self.build_request({}),
                allow_reflood=True,
                all_or_nothing=True,
                how=How(cached=False),
            )

    @precondition(lambda self: self.build_state.is_file())
    @rule()
    def build_while_another_has_the_stock(self) -> None:
        line = sqlite3.connect(self.build_state, isolation_level=None)
        try:
            with contextlib.suppress(sqlite3.DatabaseError):  # it may be damaged
                line.execute("BEGIN IMMEDIATE")
            self.compare(is_alone=False)
        finally:
            line.close()

    def build_request(self, flags: dict[str, Any]) -> BuildRequest:
        return build_request(now=self.now, **flags)

    def compare(
        self,
        flags: dict[str, Any] | None = None,
        parts: frozenset[str] = WHOLE,
        *,
        workers: Workers = ALONE,
        is_copied: bool = True,
        allow: bool = True,
        is_alone: bool = True,
    ) -> None:
        self.has_failed = True
        wish = self.build_request(flags or {})
        fresh = self.root / "fresh"
        is_copied = is_copied or parts != WHOLE or not allow
        if is_copied and self.out.exists():
            shutil.copytree(self.out, fresh)
        before = times(self.out)
        cached, plain = (
            outcome(
                lambda: build(
                    self.source,
                    place,  # noqa: B023
                    wish,
                    allow_reflood=allow,
                    all_or_nothing=True,
                    only=parts,
                    how=how,  # noqa: B023
                )
            )
            for place, how in ((self.out, How(workers=workers)), (fresh, How(cached=False)))
        )
        if isinstance(cached, list) or isinstance(plain, list):
            self.is_failing = True
            if not is_copied and isinstance(cached, list) and isinstance(plain, BuildReport):
                assert {problem.code for problem in errors_in(cached)} == {"output-foreign"}
            else:
                assert isinstance(cached, list), f"only the plain build fails:\n{told(plain)}"
                assert isinstance(plain, list), f"only the cached build fails:\n{told(cached)}"
                but = () if is_copied else ("output-foreign",)
                assert told(cached, *but) == told(plain, *but)
            assert times(self.out) == before
        else:
            self._hold(cached, plain, fresh, is_copied=is_copied)
            if is_alone:
                self._again(wish, parts, cached, workers)
            if parts == WHOLE and not self.has_pressed:
                self._press(wish)
            self.is_failing = False
            self.good = {
                f"{root}/{path}": (self.source / root / path).read_bytes()
                for root in ("content", "templates")
                for path in self.paths(root=root)
            }
        shutil.rmtree(fresh, ignore_errors=True)
        self.has_failed = False

    def _hold(self, cached: BuildReport, plain: BuildReport, fresh: Path, *, is_copied: bool) -> None:
        assert made_of(cached) == made_of(plain)
        if is_copied:
            assert told(cached.problems) == told(plain.problems)
            assert cached.written == plain.written
            same(tree(self.out), tree(fresh))
        else:
            assert told(cached.problems, "output-changed") == told(plain.problems, "output-changed")
            ours, theirs = tree(self.out), tree(fresh)
            same({path: ours[path] for path in listed(self.out)}, theirs)

    def _again(self, wish: BuildRequest, parts: frozenset[str], cached: BuildReport, workers: Workers) -> None:
        before = times(self.out)
        call = Call.of(self.source, self.out, wish, parts)
        glance = look(call, wish.now).report
        # Where a damage shows at the very end, nothing is left to glance at.
        assert glance is not None or not self.build_state.exists(), "nothing has changed, and a glance does not show it"
        fully = make(
            call, wish, NOTHING_KNOWN, how=How(workers=workers), stages=untimed(), terms=Terms(allow_reflood=True)
        )
        for report in filter(None, (glance, fully)):
            assert made_of(report) == made_of(cached)
            assert told(report.problems) == told(cached.problems, "output-changed")
            written = report.written
            assert (written.new, written.changed, written.removed, written.left_alone) == ((), (), (), ())
            assert sorted(written.unchanged) == sorted(
                (*cached.written.new, *cached.written.changed, *cached.written.unchanged)
            )
        assert times(self.out) == before

    def _press(self, wish: BuildRequest) -> None:
        self.has_pressed = True
        run = Run.of(self.source, wish)
        files = {
            file.path: file.content if isinstance(file.content, bytes) else file.content.read_bytes()
            for file in run.files()
        }
        assert not errors_in(all_judged(run.problems, Command.BUILD))
        ours = tree(self.out)
        manifests = {"public/.pressrun-manifest.json", "outbox/.pressrun-manifest.json"}
        same({path: ours[path] for path in listed(self.out) - manifests}, files)


def test_a_build_comes_to_the_same_whatever_earlier_builds_left() -> None:
    run_state_machine_as_test(
        Publications,
        settings=settings(
            max_examples=EXAMPLES, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
