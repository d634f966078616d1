"""The web addresses that a file's fields name, each with its place: what a check can ask other hosts for."""

import re
from collections.abc import Iterator

from pressrun.content.source.fields import Field, yaml_fields
from pressrun.content.source.files import ContentFolder, SourceFile, source_file
from pressrun.content.source.frontmatter import page_of
from pressrun.content.source.names import EDITION_NAMES, PUBLICATION_NAMES, STORY_NAMES, Names, chosen
from pressrun.model.problems import Position

# The fields that readers' programs follow. An id may look like an address, and leads nowhere.
OF_STORY = ("image", "audio", "canonical_url", "path", "authors")
OF_EDITION = ("sections",)
OF_MASTHEAD = ("author", "authors", "hub", "icon", "logo", "look", "mail", "podcast")
# An address with a reader's in it is another one for each of them; and one that takes a POST is not to be asked.
_WHOLE = re.compile(r"(?:https?:)?//[^\s{}]+", re.IGNORECASE)
_POSTED = "one_click"


def addresses_of_story(folder: ContentFolder, path: str) -> Iterator[tuple[str, Position]]:
    """Every web address in the front matter of the story *path*, as written, and where."""
    yield from _in_front_matter(folder, path, STORY_NAMES, OF_STORY)


def addresses_of_edition(folder: ContentFolder, path: str) -> Iterator[tuple[str, Position]]:
    """The same for the edition *path*: the links of its sections."""
    yield from _in_front_matter(folder, path, EDITION_NAMES, OF_EDITION)


def addresses_of_masthead(folder: ContentFolder, path: str) -> Iterator[tuple[str, Position]]:
    """The same for the publication's own file."""
    source = _read(folder, path)
    if source is not None:
        yield from _in_fields(yaml_fields(source)[0], PUBLICATION_NAMES, OF_MASTHEAD)


def _in_front_matter(
    folder: ContentFolder, path: str, names: Names, followed: tuple[str, ...]
) -> Iterator[tuple[str, Position]]:
    source = _read(folder, path)
    page = page_of(source)[0] if source is not None else None
    if page is not None:
        yield from _in_fields(page.fields, names, followed)


def _read(folder: ContentFolder, path: str) -> SourceFile | None:
    """The file once more: what was made of it does not know the place of every value. Its faults are told already."""
    return source_file(folder, path)[0]


def _in_fields(fields: Field | None, names: Names, followed: tuple[str, ...]) -> Iterator[tuple[str, Position]]:
    if fields is None or not isinstance(fields.value, dict):
        return
    known = chosen(fields.value, names)[0].known
    for name in followed:
        if name in known:
            yield from _below(known[name])


def _below(field: Field) -> Iterator[tuple[str, Position]]:
    match field.value:
        case dict() as fields:
            for name, each in fields.items():
                if name.casefold() != _POSTED:
                    yield from _below(each)
        case list() as items:
            for each in items:
                yield from _below(each)
        case str(text) if _WHOLE.fullmatch(text.strip()):
            yield text.strip(), field.position
