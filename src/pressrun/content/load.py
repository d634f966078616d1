"""The whole content folder, read: the run begins here."""

import posixpath
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from zoneinfo import ZoneInfo

from pressrun.content.plainfields import plain_story
from pressrun.content.source.filenames import FileName
from pressrun.content.source.files import (
    BYTE_ORDER_MARK,
    NOTHING_ELSE,
    STORY_ENDINGS,
    ContentFolder,
    Folders,
    content_folder,
    readable,
    source_file,
    source_of,
    with_line_feeds,
)
from pressrun.model.edition import Edition
from pressrun.model.problems import Position, Problem, Severity
from pressrun.model.publication import Masthead, Publication
from pressrun.model.story import Story

CONTENT = "content"
DEFAULT_FOLDERS = Folders()
MASTHEADS = ("publication.yaml", "publication.yml")


@dataclass(frozen=True, slots=True)
class Content:
    """What a content folder holds, in the order of its paths.

    *unreadable* are the paths of stories that could not be read, or have other errors and no last good version.
    """

    publication: Publication
    folder: ContentFolder
    stories: tuple[Story, ...]
    editions: tuple[Edition, ...]
    unreadable: frozenset[str] = frozenset()
    # The sources of stories and editions with errors; a story among *stories* that is in it is the last good one.
    invalid: frozenset[str] = frozenset()
    folders: Folders = DEFAULT_FOLDERS
    masthead: str = MASTHEADS[0]
    # The stories by the names that somebody asked for: a large newsroom has ten thousands of names that nobody does.
    names: dict[str, list[Story]] = field(default_factory=dict, compare=False, repr=False)

    def stories_named(self, name: str, beside: str = "") -> list[Story]:
        """The stories that *name* can mean: an id, a slug, or a path, also one seen from the file *beside*."""
        seen = _seen(name, beside)
        if name not in self.names or seen not in self.names:
            self._learn({name, seen, *self._names_in_editions()})
        found = {story.source: story for story in self.names[name]}
        found |= {
            story.source: story
            for story in self.names[seen]
            if seen in (story.source, posixpath.splitext(story.source)[0])
        }
        return list(found.values())

    def _learn(self, names: set[str]) -> None:
        """Find out which stories each of *names* can mean."""
        self.names.update((name, []) for name in names)
        for story in self.stories:
            stem = posixpath.splitext(story.source)[0]
            paths = (story.source, stem, posixpath.basename(story.source), posixpath.basename(stem))
            for each in names.intersection((story.id, story.slug, *paths)):
                self.names[each].append(story)

    def _names_in_editions(self) -> Iterator[str]:
        """The names that the editions use, so that all are found in one go."""
        for edition in self.editions:
            named = [*edition.stories, *(reference for section in edition.sections for reference in section.stories)]
            for reference in [*([edition.lead] if edition.lead else []), *named]:
                yield reference.name
                yield _seen(reference.name, edition.source)

    def editions_named(self, name: str) -> list[Edition]:
        """The editions that *name* can mean: an id, a slug, or a path."""
        return [
            edition
            for edition in self.editions
            if name in (edition.id, edition.slug) or _names(name, edition.source, "")
        ]

    def unreadable_named(self, name: str, beside: str = "") -> str | None:
        """Return the path of the unreadable story that *name* means; None if there is none."""
        return next(
            (path for path in sorted(self.unreadable) if name == FileName.of(path).slug or _names(name, path, beside)),
            None,
        )

    def without(self, invalid: frozenset[str], kept: Mapping[str, Story]) -> "Content":
        """Return the same with the stories *invalid* replaced by those *kept*, by source, or left out."""
        if not invalid:
            return self
        stories = {story.source: story for story in self.stories if story.source not in invalid}
        stories |= kept
        order = {path: number for number, path in enumerate(self.folder.stories_below(self.folders.stories))}
        last = len(order)
        return replace(
            self,
            stories=tuple(sorted(stories.values(), key=lambda story: (order.get(story.source, last), story.source))),
            unreadable=frozenset(
                source
                for source in (*self.unreadable, *(story.source for story in self.stories))
                if source in invalid and source not in kept
            ),
            invalid=invalid,
            names={},
        )

    def owner_of(self, problem: Problem) -> str | None:
        """Return the source of the story or edition that *problem* is found in; None if it is found elsewhere."""
        path = problem.position.file.removeprefix(f"{self.folder.name}/")
        if path == problem.position.file or not path.lower().endswith(STORY_ENDINGS):
            return None
        below = (f"{self.folders.stories}/", f"{self.folders.editions}/")
        return path if path.startswith(below) else None


def _names(name: str, path: str, beside: str) -> bool:
    """Whether *name* means the file *path*: whole, seen from *beside*, or by its last part; with its ending or not."""
    stem = posixpath.splitext(path)[0]
    return bool({name, _seen(name, beside)} & {path, stem}) or name in (
        posixpath.basename(path),
        posixpath.basename(stem),
    )


def _seen(name: str, beside: str) -> str:
    """The path that *name* means, seen from the file *beside*."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(beside), name))


def masthead_in(root: Path) -> str | None:
    """The name of the masthead in the content folder *root*, if there is one."""
    return next((name for name in MASTHEADS if (root / name).is_file()), None)


Read = Iterator[tuple[str, Story | None, list[Problem]]]
Reader = Callable[[ContentFolder, Sequence[str], Masthead], Read]


def one_by_one(folder: ContentFolder, paths: Sequence[str], masthead: Masthead) -> Read:
    """The story in each of *paths* of *folder*, None where it cannot be read, and all that is wrong in it."""
    for path in paths:
        story, problems = story_of(path, folder.data(path), masthead, folder.name)
        yield path, story, problems


def load(
    source: Path,
    *,
    home: str | None = None,
    instead: Mapping[str, bytes] = NOTHING_ELSE,
    read: Reader = one_by_one,
    found: tuple[ContentFolder, list[Problem]] | None = None,
) -> tuple[Content | None, list[Problem]]:
    """All that lies below *source*'s content folder; None where there is no usable masthead.

    *home* stands in for the home page that the masthead names, *instead* for the bytes of files, by path. Stories are
    read by *read*. *found* is the content folder where somebody has looked through it already.
    """
    root = source / CONTENT
    name = masthead_in(root)
    if name is None:
        return None, [_no_publication()]
    folder, wrong = found or content_folder(root, CONTENT, instead)
    masthead, folders, problems = _masthead(folder, name)
    problems = [*wrong, *problems]
    if masthead is None:
        return None, [*problems, *_behind(folder, folders)]
    if home is not None:
        masthead = replace(masthead, publication=replace(masthead.publication, home=home))
    content, told = _below(folder, folders, masthead, read)
    return replace(content, masthead=name), [*problems, *told]


def _masthead(folder: ContentFolder, name: str) -> tuple[Masthead | None, Folders, list[Problem]]:
    if name not in folder.files:  # a link that leads out: told already
        return None, Folders(), []
    source, problems = source_file(folder, name)
    if source is None:
        return None, Folders(), problems
    from pressrun.content.masthead.publication import read_masthead  # brings YAML and pydantic along

    masthead, folders, found = read_masthead(source)
    return masthead, folders, [*problems, *found]


def _behind(folder: ContentFolder, folders: Folders) -> list[Problem]:
    """Return what can be told of stories and editions though the masthead has errors, so that nobody finds it later."""
    publication = Publication("", "https://home.invalid/", "en", ZoneInfo("UTC"), "home.invalid,2000", ())
    _, problems = _below(folder, folders, Masthead(publication, {}), one_by_one)
    # Where they are may be what could not be read.
    return [problem for problem in problems if problem.code != "no-stories"]


def publication_in(source: Path) -> tuple[Publication | None, list[Problem]]:
    """The publication that *source* holds, without its stories, and all that is wrong in its masthead."""
    root = source / CONTENT
    name = masthead_in(root)
    if name is None:
        return None, [_no_publication()]
    from pressrun.content.masthead.publication import read_masthead  # brings YAML and pydantic along

    text, problems = source_of(CONTENT, name, (root / name).read_bytes())
    if text is None:
        return None, problems
    masthead, _, found = read_masthead(text)
    return masthead.publication if masthead else None, [*problems, *found]


def _no_publication() -> Problem:
    return Problem(
        Position(f"{CONTENT}/{MASTHEADS[0]}"),
        code="publication-missing",
        message="there is no publication here",
        hint="go to the folder above content/, name it with -C, or start one with: pressrun new DIR",
    )


def _no_stories(folder: str) -> Problem:
    return Problem(
        Position(f"{CONTENT}/{folder}"),
        code="no-stories",
        message=f"there is no story below {CONTENT}/{folder}",
        hint="write one there, or say in publication.yaml where they lie: stories: posts",
        severity=Severity.WARNING,
    )


def _unread(folder: ContentFolder, below: str) -> Iterator[Problem]:
    """Return a warning about the files below *below* that look like stories or editions and are not read."""
    paths = list(folder.unread_below(below))
    if paths:
        counts = Counter(posixpath.splitext(path)[1].lower() for path in paths)
        number = "1 file here is" if len(paths) == 1 else f"{len(paths):,} files here are"
        endings = ", ".join(f"{count:,} {ending}" for ending, count in sorted(counts.items()))
        message = f"{number} not read: {endings}; the first is {posixpath.relpath(paths[0], below)}"
        hint = "save them as Markdown, with the ending .md"
        yield Problem(Position(f"{CONTENT}/{below}"), "format-unread", message, hint, Severity.WARNING)


def story_of(
    path: str, data: bytes, masthead: Masthead, folder_name: str = CONTENT
) -> tuple[Story | None, list[Problem]]:
    """The story that *data*, the bytes of *path* below the content folder, holds, and all that is wrong in it."""
    source, problems = source_of(folder_name, path, data)
    if source is None:
        return None, problems
    story = plain_story(source, masthead)
    if story is not None:
        return story, problems
    from pressrun.content.storyfields import read_story  # brings YAML and pydantic along, which few stories need

    story, found = read_story(source, masthead)
    return story, [*problems, *found]


def body_of(data: bytes, first_line: int) -> str:
    """The text of the story in *data*, which was read before and begins at *first_line*."""
    text = readable(data, with_line_feeds(data.removeprefix(BYTE_ORDER_MARK).decode()))
    start = 0
    for _ in range(first_line - 1):
        start = text.find("\n", start) + 1
        if not start:  # the front matter's end is the file's
            return ""
    return text[start:]


def _editions_below(folder: ContentFolder, below: str, masthead: Masthead) -> tuple[list[Edition], list[Problem]]:
    editions: list[Edition] = []
    problems: list[Problem] = []
    for path in folder.stories_below(below):
        from pressrun.content.editions import read_edition  # brings YAML and pydantic along

        source, found = source_file(folder, path)
        problems += found
        if source is not None:
            edition, found = read_edition(source, masthead)
            problems += found
            if edition is not None:
                editions.append(edition)
    return editions, problems


def _below(folder: ContentFolder, folders: Folders, masthead: Masthead, read: Reader) -> tuple[Content, list[Problem]]:
    stories: list[Story] = []
    unreadable: set[str] = set()
    problems: list[Problem] = []
    for path, story, found in read(folder, list(folder.stories_below(folders.stories)), masthead):
        problems += found
        if story is None:
            unreadable.add(path)
        else:
            stories.append(story)
    editions, found = _editions_below(folder, folders.editions, masthead)
    problems += found
    for name in dict.fromkeys((folders.stories, folders.editions)):
        problems += _unread(folder, name)
    if not stories and not unreadable and not editions:
        problems.append(_no_stories(folders.stories))
    content = Content(
        masthead.publication, folder, tuple(stories), tuple(editions), frozenset(unreadable), folders=folders
    )
    return content, problems
