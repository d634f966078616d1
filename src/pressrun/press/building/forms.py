"""Nouns as plain lists that JSON can hold, and back again, the same as they were."""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import astuple, fields, is_dataclass, replace
from datetime import datetime, tzinfo
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints
from zoneinfo import ZoneInfo

from markupsafe import Markup

from pressrun.model.picture import Picture
from pressrun.model.problems import Position
from pressrun.model.publication import Author, Mailbox, Podcast, Publication
from pressrun.model.story import Audio, Enclosure, RenderedStory, Story, rendered_as
from pressrun.press.feeds.entries import Feed

Form = list[Any]
# What most stories have beside the known fields: one for all of them.
NOTHING_MORE: dict[str, object] = {}


def to_bytes(form: object) -> bytes:
    """*form* as JSON; half a character, which a template tag may have spelled out, is kept as such."""
    return json.dumps(form, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


def from_bytes(data: bytes) -> Any:
    """What `to_bytes` made *data* of."""
    return json.loads(data.decode("utf-8", "surrogatepass"))


# Moments


def _moment_form(moment: datetime, zone: tzinfo) -> str:
    """*moment*; one of *zone* stays one, because a template may ask for the name of its time."""
    if moment.tzinfo is zone:
        return f"{moment.replace(tzinfo=None, fold=0).isoformat()}{'*' if moment.fold else ''}"
    return moment.isoformat()


def _moment_from(form: str, zone: tzinfo) -> datetime:
    moment = datetime.fromisoformat(form.removesuffix("*"))
    if moment.tzinfo is None:
        return moment.replace(tzinfo=zone, fold=int(form[-1] == "*"))
    return moment


# Any noun


def noun_form(noun: Any, zone: tzinfo) -> Any:
    """*noun*, a dataclass whose fields are texts, numbers, moments, enumerations, and tuples and nouns of these."""
    if is_dataclass(noun):
        return [noun_form(getattr(noun, each.name), zone) for each in fields(noun)]
    if isinstance(noun, Enum):
        return noun.value
    if isinstance(noun, ZoneInfo):
        return noun.key
    if isinstance(noun, datetime):
        return _moment_form(noun, zone)
    if isinstance(noun, tuple):
        return [noun_form(each, zone) for each in noun]
    if isinstance(noun, Mapping):
        return {name: noun_form(each, zone) for name, each in noun.items()}
    return noun


def noun_from(kind: Any, form: Any, zone: tzinfo) -> Any:
    """The noun of *form*, which is of *kind*, a class or what a type hint says of a field."""
    if form is None:
        return None
    arguments = get_args(kind)
    if isinstance(kind, UnionType):  # it may be missing, and is not
        (kind,) = (each for each in arguments if each is not NoneType)
        return noun_from(kind, form, zone)
    if get_origin(kind) is tuple:
        return tuple(noun_from(arguments[0], each, zone) for each in form)
    if isinstance(kind, type) and issubclass(kind, tuple):  # a class of its own of several nouns, as Mailboxes is
        (several,) = kind.__orig_bases__  # type: ignore[attr-defined]
        return kind(noun_from(several, form, zone))
    if arguments:
        return {name: noun_from(arguments[1], each, zone) for name, each in form.items()}
    if kind is datetime:
        return _moment_from(form, zone)
    if isinstance(kind, type) and is_dataclass(kind):
        return kind(*(noun_from(hint, each, zone) for hint, each in zip(_hints(kind), form, strict=True)))
    if isinstance(kind, type) and issubclass(kind, Enum | ZoneInfo):
        return kind(form)
    return form


@cache
def _hints(kind: type[Any]) -> tuple[Any, ...]:
    hints = get_type_hints(kind)
    return tuple(hints[each.name] for each in fields(kind))


# Stories

_authors: dict[tuple[Any, ...], tuple[Author, ...]] = {}


def _authors_from(form: Sequence[Sequence[Any]]) -> tuple[Author, ...]:
    """The authors of *form*: few people write much, so each group of them is held once."""
    key = tuple(map(tuple, form))
    if key not in _authors:
        _authors[key] = tuple(Author(*each) for each in form)
    return _authors[key]


def story_form(story: Story, zone: tzinfo) -> Form:
    """*story* without its source, its body and the places of its fields; *zone* is the publication's."""
    return [
        story.id,
        story.id_is_minted,
        story.title,
        story.slug,
        _moment_form(story.published, zone),
        _moment_form(story.updated, zone),
        [[author.name, author.email, author.uri] for author in story.authors],
        story.guid,
        story.body_line,
        story.draft,
        story.tags,
        story.section,
        story.summary,
        story.description,
        story.language,
        story.image,
        story.image_alt,
        story.path,
        story.canonical_url,
        story.aliases,
        story.correction,
        story.audio and astuple(story.audio),
        story.extra,
    ]


def story_from(source: str, form: Form, positions: Mapping[str, Position], zone: tzinfo) -> Story:
    """The story of *form*, its body empty."""
    published = _moment_from(form[4], zone)
    return Story(
        source,
        form[0],
        form[1],
        form[2],
        form[3],
        published,
        published if form[5] == form[4] else _moment_from(form[5], zone),
        _authors_from(form[6]),
        "",
        form[7],
        form[8],
        form[9],
        tuple(map(sys.intern, form[10])),
        form[11] and sys.intern(form[11]),
        form[12],
        form[13],
        form[14],
        form[15],
        form[16],
        form[17],
        form[18],
        tuple(form[19]),
        form[20],
        Audio(*form[21]) if form[21] else None,
        form[22] or NOTHING_MORE,
        positions,
    )


def rendered_form(story: RenderedStory) -> Form:
    """What *story* has beyond the Story that it was made of, its HTML left out."""
    return [
        story.link,
        story.summary,
        story.picture and astuple(story.picture),
        [astuple(picture) for picture in story.pictures],
        story.files,
        story.enclosure and astuple(story.enclosure),
    ]


def rendered_from(story: Story, publication: Publication, form: Form, html: str) -> RenderedStory:
    """The rendered *story* of *form* and its *html*."""
    link, summary, picture, pictures, files, enclosure = form
    return rendered_as(
        story,
        publication,
        link=link,
        summary=summary,
        html=Markup(html),
        picture=Picture(*picture) if picture else None,
        pictures=tuple(Picture(*each) for each in pictures),
        files=tuple(files),
        enclosure=Enclosure(*enclosure) if enclosure else None,
    )


# Feeds


def feed_form(feed: Feed) -> Form:
    """*feed*, one document of one."""
    return list(astuple(feed))


def feed_from(form: Form) -> Feed:
    """The Feed of *form*."""
    *texts, logo, podcast = form
    if podcast:
        category, image, explicit, owner = podcast
        podcast = Podcast(category, image, explicit, Mailbox(*owner) if owner else None)
    return replace(Feed(*texts), logo=Picture(*logo) if logo else None, podcast=podcast)
