"""New files for a writer to begin with: a publication, a story, an edition; each id minted once, here."""

import posixpath
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pressrun.content.chains import Fate, Records, place_in_time
from pressrun.content.freezing import evaluated, unminted
from pressrun.content.load import CONTENT, Content, load
from pressrun.content.references import Evaluation
from pressrun.content.source.fields import quoted
from pressrun.content.source.files import create
from pressrun.desk.authoring.receiptlines import list_lines, moment_text
from pressrun.model.addresses import derived_id, slug_of
from pressrun.model.chain import Chain
from pressrun.model.edition import Edition, Rule
from pressrun.model.problems import ContentError, Position, Problem
from pressrun.model.starter import EDITION_WORDS, STORY_WORDS
from pressrun.model.story import Story


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
        STORY_WORDS,
    )


def new_edition(source: Path, title: str, now: datetime, list_id: str | None = None) -> Path:
    """Create a draft of an edition titled *title*, led by the newest story that is out; return where it is.

    *list_id* is the list that it is for.
    """
    content = _content_of(source)
    path, fields, _ = _begun(content, title, now, list_id)
    out = [story for story in content.stories if not story.draft and story.published <= now]
    newest = max(out, key=lambda story: story.published, default=None)
    lead = quoted(_name_of(newest, content)) if newest else ""
    return _put(source, path, [*fields, f"lead: {lead}".rstrip(), "stories: []"], EDITION_WORDS)


@dataclass(frozen=True, slots=True)
class Opening:
    """How a new edition finds its stories: its *rule*, the *list* that it is for, and where its chain begins.

    Of the last two, each is None where nothing was said. *records* are what the store knows of editions that were sent.
    """

    rule: Rule
    list: str | None = None
    begin: datetime | None = None
    records: Records = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Begun:
    """The *path* of a new edition; *unsent* is an edition before it that counts as gone out, and was not sent."""

    path: Path
    unsent: str | None = None


def new_edition_by(source: Path, title: str, now: datetime, opening: Opening) -> Begun:
    """Create a draft of an edition titled *title* with a rule, and the list of the stories that it finds now.

    Raises ContentError where these are too few, or one has no id of its own.
    """
    content = _content_of(source)
    path, fields, edition = _begun(content, title, now, opening.list)
    edition = replace(edition, rule=opening.rule, begin=opening.begin)
    evaluation = evaluated(content, now, opening.records)
    found, begin = _found_by(edition, opening.rule, evaluation, now)
    carried = list_lines([(story.id, story.title) for story in found])
    zone = content.publication.timezone
    begins = [f"begin: {moment_text(begin, zone)}"] if begin is not None and opening.rule.since_last else []
    place = _put(source, path, [*fields, *_rule_lines(opening.rule), *begins, *carried], EDITION_WORDS)
    return Begun(place, _unsent_before(edition, evaluation))


def _begun(content: Content, title: str, now: datetime, list_id: str | None) -> tuple[str, list[str], Edition]:
    """The path of a new edition, the first of its fields, and the edition as far as these say it."""
    moment = now.astimezone(content.publication.timezone).replace(second=0, microsecond=0)
    path, permanent = _free_place(content, "editions", content.folders.editions, title, moment)
    fields = [
        f"id: {permanent}",
        f"title: {quoted(title)}",
        f"date: {moment.isoformat(timespec='minutes')}",
        "draft: true",
        *([f"list: {quoted(list_id)}"] if list_id else []),
        f"subject: {quoted(title)}",
        "preheader:",
    ]
    return path, fields, Edition(path, permanent, True, title, "", moment, title, "", list=list_id, draft=True)


def _found_by(
    edition: Edition, rule: Rule, evaluation: Evaluation, now: datetime
) -> tuple[list[Story], datetime | None]:
    """The stories that *rule* finds, and where the chain of *edition* begins."""
    begin = evaluation.begin_of(edition)
    found = evaluation.found_by(edition, rule, begin, now)
    if len(found) < rule.minimum:
        raise ContentError([_too_few(rule, len(found), begin)])
    if problems := unminted(found):
        raise ContentError(problems)
    chain = Chain.of(edition, evaluation.content.publication.lists)
    if rule.since_last and begin is None and all(chain not in past.chains for past in evaluation.past):
        begin = _first_begin(found, rule, now, evaluation.content.publication.timezone)
        found = [story for story in found if story.published >= begin]
    return found, begin


def _first_begin(found: Sequence[Story], rule: Rule, now: datetime, zone: ZoneInfo) -> datetime:
    """Where a new chain begins: on the day of the oldest story that its first edition shows.

    Where there are no older ones, it begins a year before at least, so that what is added with an earlier date is new.
    """
    oldest = found[: rule.limit][-1].published
    if len(found) <= rule.limit:
        oldest = min(oldest, now - timedelta(days=365))
    return oldest.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0, fold=0)


def _too_few(rule: Rule, number: int, begin: datetime | None) -> Problem:
    build_request = [f"new since {begin.isoformat(sep=' ', timespec='minutes')}"] if rule.since_last and begin else []
    build_request += [f"with the tag {' or '.join(rule.tags)}"] if rule.tags else []
    build_request += [f"in the section {rule.section}"] if rule.section else []
    found_so_far = f"{number or 'no'} {'story' if number == 1 else 'stories'} {', '.join(build_request)}".rstrip()
    message = f"there {'is' if number == 1 else 'are'} {found_so_far}; {rule.minimum} asked for"
    hint = "wait for more, or ask for fewer: --min-stories" if rule.minimum > 1 else "wait for one, or ask otherwise"
    return Problem(Position("content"), "edition-empty", message, hint)


def _rule_lines(rule: Rule) -> list[str]:
    usual = Rule()
    return [
        *(["since: last-edition"] if rule.since_last else []),
        *([f"tags: [{', '.join(map(quoted, rule.tags))}]"] if rule.tags else []),
        *([f"section: {quoted(rule.section)}"] if rule.section else []),
        *([f"limit: {rule.limit}"] if rule.limit != usual.limit else []),
        *([f"min_stories: {rule.minimum}"] if rule.minimum != usual.minimum else []),
    ]


def _unsent_before(edition: Edition, evaluation: Evaluation) -> str | None:
    """The last edition of the chain of *edition* that counts as gone out though others were sent and it was not."""
    content = evaluation.content
    chain = Chain.of(edition, content.publication.lists)
    if not evaluation.records and all(each.receipt is None for each in content.editions):
        return None
    chained = [each for each in content.editions if Chain.of(each, content.publication.lists) == chain]
    gone = [each for each in chained if evaluation.fates[each.source] is not Fate.NOT_YET]
    last = max(gone, key=place_in_time, default=None)
    return f"content/{last.source}" if last and evaluation.fates[last.source] is Fate.PUBLISHED else None


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
    build_request = slug_of(title)[:60].rstrip("-") or kind
    day = moment.date()
    number = 1
    while True:
        slug = build_request if number == 1 else f"{build_request}-{number}"
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
