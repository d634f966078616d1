"""New files for a writer to begin with: a publication, a story, an edition; each id minted once, here."""

import posixpath
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pressrun.content.fields import quoted
from pressrun.content.files import create
from pressrun.content.load import CONTENT, Content, load
from pressrun.content.references import last_edition, stories_by
from pressrun.model.addresses import derived_id, slug_of
from pressrun.model.edition import Edition, Rule
from pressrun.model.story import Story
from pressrun.problems import ContentError, Position, Problem


@dataclass(frozen=True, slots=True)
class Beginning:
    """What a new publication is told about itself."""

    title: str
    home: str
    language: str
    timezone: ZoneInfo
    now: datetime


def new_publication(directory: Path, beginning: Beginning) -> list[Path]:
    """Put a small publication down in *directory*; the files made, in order.

    Raises FileExistsError where one of them is there, and then makes none.
    """
    host = urlsplit(beginning.home).hostname or "example.org"
    today = beginning.now.astimezone(beginning.timezone).date()
    authority = f"{host},{today.year}"
    words = {
        "@TITLE@": quoted(beginning.title),
        "@HELLO@": quoted(f"Hello from {beginning.title}"),
        "@HOME@": beginning.home,
        "@LANGUAGE@": beginning.language,
        "@TIMEZONE@": beginning.timezone.key,
        "@AUTHORITY@": authority,
        "@SENDER@": quoted(f"{_header_name(beginning.title)} <newsletter@{host}>"),
        "@UNSUBSCRIBE@": f"mailto:newsletter@{host}?subject=unsubscribe",
        "@DATE@": today.isoformat(),
        "@STORY_ID@": derived_id(authority, "stories", today, "hello"),
        "@EDITION_ID@": derived_id(authority, "editions", today, "first-edition"),
    }
    starter = resources.files("pressrun") / "defaults" / "starter"
    files = {directory / _filled(path, words): _content(file, words) for path, file in _below(starter)}
    if taken := [path for path in files if path.exists()]:
        raise FileExistsError(f"{taken[0]} is there already")
    for path, data in files.items():
        create(path, data)
    return list(files)


def new_story(source: Path, title: str, now: datetime) -> Path:
    """A draft titled *title* in the publication in *source*, with its id; where it was put."""
    content = _content_of(source)
    moment = now.astimezone(content.publication.timezone).replace(second=0, microsecond=0)
    path, permanent = _free_place(content, "stories", content.folders.stories, title, moment)
    return _put(
        source,
        path,
        [
            f"id: {permanent}",
            f"title: {quoted(title)}",
            f"date: {moment.isoformat(timespec='minutes')}",
            "draft: true",
            "tags: []",
            "summary:",
        ],
        "Write here.",
    )


def new_edition(source: Path, title: str, now: datetime, rule: Rule | None = None) -> Path:
    """A draft of an edition titled *title*; where it was put.

    It is led by the newest story that is out; with a *rule*, it names those that this finds. Raises
    ContentError where these are too few.
    """
    content = _content_of(source)
    moment = now.astimezone(content.publication.timezone).replace(second=0, microsecond=0)
    path, permanent = _free_place(content, "editions", content.folders.editions, title, moment)
    out = [story for story in content.stories if not story.draft and story.published <= now]
    newest = sorted(out, key=lambda story: story.published)[-1:]
    fitting = _found_by(rule, content, out, now) if rule else newest
    limit = rule.limit if rule else 1
    found = fitting[:limit]
    return _put(
        source,
        path,
        [
            f"id: {permanent}",
            f"title: {quoted(title)}",
            f"date: {moment.isoformat(timespec='minutes')}",
            "draft: true",
            f"subject: {quoted(title)}",
            "preheader:",
            f"lead: {quoted(_name_of(found[0], content)) if found else ''}".rstrip(),
            *_listed(found[1:], content),
            *_left_out(fitting[limit:], content),
        ],
        "The opening words.",
    )


def _found_by(rule: Rule, content: Content, out: Sequence[Story], now: datetime) -> list[Story]:
    if rule.since_last:
        held_back = dict.fromkeys({story.source for story in content.stories} - {story.source for story in out}, "")
        due = [edition for edition in content.editions if not edition.draft and edition.date <= now]
        rule = replace(rule, since=last_edition(due, content, held_back))
    found = stories_by(rule, out, now)
    if len(found) < rule.minimum:
        wanted = [f"since {rule.since.isoformat(sep=' ', timespec='minutes')}"] if rule.since else []
        wanted += [f"with the tag {' or '.join(rule.tags)}"] if rule.tags else []
        wanted += [f"in the section {rule.section}"] if rule.section else []
        found_so_far = f"{len(found) or 'no'} {'story' if len(found) == 1 else 'stories'} {', '.join(wanted)}".rstrip()
        message = f"there {'is' if len(found) == 1 else 'are'} {found_so_far}; {rule.minimum} asked for"
        hint = (
            "wait for more, or ask for fewer: --min-stories" if rule.minimum > 1 else "wait for one, or ask otherwise"
        )
        raise ContentError([Problem(Position("content"), "edition-empty", message, hint)])
    return found


def _listed(stories: Sequence[Story], content: Content) -> list[str]:
    """The field `stories`, one story on a line, each with its title for whoever puts them in order."""
    if not stories:
        return ["stories: []"]
    lines = [(quoted(_name_of(story, content)), " ".join(story.title.split())) for story in stories]
    return ["stories:", *(f"  - {name}  # {title}" for name, title in lines)]


def _left_out(stories: Sequence[Story], content: Content) -> list[str]:
    """Those beyond the limit as a comment, for no later edition would find them since the last one."""
    if not stories:
        return []
    return ["# Beyond the limit:", *(f"# {line.strip()}" for line in _listed(stories, content)[1:])]


def _name_of(story: Story, content: Content) -> str:
    """What names *story* and no other: its slug, or its file."""
    return story.slug if len(content.stories_named(story.slug)) == 1 else story.source


def _content_of(source: Path) -> Content:
    content, problems = load(source)
    if content is None:
        raise ContentError(problems)
    return content


def _free_place(content: Content, kind: str, folder: str, title: str, moment: datetime) -> tuple[str, str]:
    """A path and an id for *title* that nothing has yet."""
    pieces: list[Story | Edition] = [*content.stories] if kind == "stories" else [*content.editions]
    taken = {piece.id for piece in pieces} | {piece.slug for piece in pieces}
    wanted = slug_of(title)[:60].rstrip("-") or kind
    day = moment.date()
    number = 1
    while True:
        slug = wanted if number == 1 else f"{wanted}-{number}"
        path = f"{folder}/{day.isoformat()}-{slug}.md"
        permanent = derived_id(content.publication.authority, kind, day, slug)
        if path not in content.folder.files and not {permanent, slug} & taken:
            return path, permanent
        number += 1


def _put(source: Path, path: str, fields: Iterable[str], body: str) -> Path:
    text = "\n".join(["---", *fields, "---", "", body, ""])
    place = source / CONTENT / path
    create(place, text.encode())
    return place


def _header_name(title: str) -> str:
    return " ".join(title.replace("<", " ").replace(">", " ").replace('"', " ").split())


def _below(folder: Traversable, prefix: str = "") -> Iterable[tuple[str, Traversable]]:
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        path = posixpath.join(prefix, entry.name)
        if entry.is_dir():
            yield from _below(entry, path)
        else:
            yield (".gitignore" if path == "gitignore" else path), entry


def _content(file: Traversable, words: Mapping[str, str]) -> bytes:
    data = file.read_bytes()
    if not file.name.endswith((".md", ".yaml")):
        return data
    return _filled(data.decode(), words).encode()


def _filled(text: str, words: Mapping[str, str]) -> str:
    # In one pass: a title may itself look like one of the marks.
    return re.sub("|".join(words), lambda found: words[found.group()], text)
