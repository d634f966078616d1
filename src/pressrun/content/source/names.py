"""The names of fields: ours, those of other tools that mean the same, and those that are nearly right."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pressrun.model.problems import Problem, Severity

if TYPE_CHECKING:  # names are looked up where nothing of YAML is needed
    from pressrun.content.source.fields import Field


@dataclass(frozen=True, slots=True)
class Names:
    """The canonical names of a file's fields, and for each what other tools call it, the preferred first."""

    aliases: Mapping[str, tuple[str, ...]]

    def by_folded(self) -> dict[str, str]:
        """Every name that is understood, folded, to the canonical one."""
        return {
            _folded(name): canonical
            for canonical, others in reversed(list(self.aliases.items()))
            for name in (*reversed(others), canonical)
        }


@dataclass(frozen=True, slots=True)
class Chosen:
    """Fields sorted: *known* by canonical name, *extra* by the name that was written."""

    known: "Mapping[str, Field]"
    extra: "Mapping[str, Field]"


# Other tools read the same files, and sites have fields of their own: `ignore` alone may mean anything.
IGNORED = "pressrun_ignore"

STORY_NAMES = Names(
    {
        "title": ("linkTitle", "headline"),
        "date": ("pubDate", "published_at", "pub_date", "created"),
        # When a page comes out in Hugo, whose `date` may be older.
        "publish_date": (),
        "updated": ("lastmod", "modified", "last_modified_at", "updatedDate", "updated_at", "last_modified"),
        "draft": (),
        "status": (),
        "published": (),
        "tags": ("tag", "keywords"),
        "section": (),
        "categories": ("category", "primary_tag"),
        "taxonomies": (),
        "summary": ("excerpt", "custom_excerpt", "teaser"),
        "description": ("meta_description",),
        "authors": ("author", "byline"),
        "slug": (),
        "aliases": ("redirect_from",),
        "canonical_url": ("canonical", "canonicalUrl"),
        "path": ("permalink", "url"),
        "image": ("images", "heroImage", "featured_image", "feature_image", "previewimage", "cover_image", "thumbnail"),
        "image_alt": ("imageAlt", "heroImageAlt", "feature_image_alt", "image_description"),
        "lang": ("language", "locale"),
        "audio": (),
        "correction": (),
        "id": ("guid",),
        IGNORED: (),
    }
)

EDITION_NAMES = Names(
    {
        "id": ("guid",),
        "title": (),
        "subject": ("email_subject",),
        "preheader": ("preview_text", "preview"),
        "list": (),
        "date": ("publish_date", "published_at", "pubDate"),
        "draft": (),
        "status": (),
        "published": (),
        "slug": (),
        "lead": ("lead_story",),
        "stories": (),
        "stories_title": (),
        "content": (),
        "layout": (),
        "sections": ("parts",),
        "since": (),
        "tags": ("tag",),
        "section": (),
        "limit": (),
        "min_stories": (),
        "skip_if_empty": (),
        "begin": (),
        "carried": (),
        "allow_clipping": (),
        "sent": (),
        IGNORED: (),
    }
)
RECEIPT_NAMES = Names(dict.fromkeys(("id", "hash", "list", "time", "attempts", "nobody"), ()))
SECTION_NAMES = Names({"title": ("heading",), "text": ("body", "markdown"), "stories": (), "links": ()})
OUTSIDE_LINK_NAMES = Names(
    {
        "title": (),
        "url": ("link", "href"),
        "source": ("publisher", "site"),
        "comment": ("note", "description"),
    }
)

PUBLICATION_NAMES = Names(
    {
        "title": ("name",),
        "subtitle": ("description", "tagline"),
        "home": ("base_url", "baseURL", "url"),
        "language": ("lang", "languageCode", "locale"),
        "timezone": ("time_zone", "tz"),
        "ids": (),
        "author": (),
        "authors": (),
        "rights": ("copyright",),
        "story_url": ("permalink", "permalinks"),
        "pages": (),
        "stories": (),
        "editions": (),
        "look": (),
        "mail": (),
        "feeds": ("feed",),
        "hub": ("websub",),
        "icon": ("favicon",),
        "logo": (),
        "podcast": (),
        "tags": (),
        "lists": (),
        "service": (),
        "privacy": ("privacy_policy", "privacy_url"),
    }
)

AUTHOR_NAMES = Names({"name": (), "email": ("mail",), "uri": ("url", "web", "website")})
LOOK_NAMES = Names(
    dict.fromkeys(("light", "dark", "heading_font", "text_font", "interface_font", "width", "logo", "logo_width"), ())
)
PALETTE_NAMES = Names(dict.fromkeys(("paper", "canvas", "ink", "muted", "accent", "rule"), ()))
FEED_NAMES = Names(
    {
        "name": (),
        "title": (),
        "every": ("per",),
        "tags": ("tag",),
        "section": (),
        "author": (),
        "formats": ("format",),
        "limit": (),
        "content": (),
    }
)
LIST_NAMES = Names(
    {
        "id": (),
        "title": ("name",),
        "description": (),
        "from": ("sender",),
        "reply_to": (),
        "list_id": (),
        "wording": ("consent",),
        "keep": (),
    }
)
SERVICE_NAMES = Names(
    {
        "address": ("url",),
        "proxies": ("proxy",),
        "refuse": (),
        "refuse_domains": (),
        "confirm_days": (),
        "emails_per_hour": (),
        "forget_pending_days": (),
    }
)
PODCAST_NAMES = Names({"category": (), "image": (), "explicit": (), "owner": ()})
AUDIO_NAMES = Names(
    {
        "file": ("path", "src", "url"),
        "size": ("length", "bytes"),
        "type": ("media_type", "mime_type"),
        "duration": (),
        "episode": (),
        "season": (),
        "explicit": (),
    }
)
MAIL_NAMES = Names(
    {
        "from": ("sender",),
        "reply_to": (),
        "postal_address": ("address",),
        "unsubscribe": (),
        "text_links": (),
        "one_click": (),
        "list_id": (),
        "host": (),
        "port": (),
        "tls": (),
        "username": (),
        "dkim_selector": (),
        "dkim_domain": (),
        "dkim_keys": (),
    }
)


def chosen(fields: "Mapping[str, Field]", names: Names) -> tuple[Chosen, list[Problem]]:
    """*fields* under their canonical names.

    Where two names mean the same, the preferred one holds, and the other is kept as extra with a
    hint. What is unknown is kept; what is unknown but nearly right is a warning.
    """
    understood = names.by_folded()
    known: dict[str, Field] = {}
    extra: dict[str, Field] = {}
    written: dict[str, str] = {}
    meant: dict[str, str] = {}
    problems: list[Problem] = []
    for name, field in fields.items():
        canonical = understood.get(_folded(name))
        if canonical is None:
            extra[name] = field
            if nearest := _nearest(_folded(name), understood):
                meant[name] = nearest
        elif canonical not in known:
            known[canonical], written[canonical] = field, name
        else:
            order = [canonical, *names.aliases[canonical]]
            rank = [_folded(each) for each in order]
            other = written[canonical]
            # What is written without a value says nothing, whatever its name.
            if (field.value is None, rank.index(_folded(name))) < (
                known[canonical].value is None,
                rank.index(_folded(other)),
            ):
                extra[other], known[canonical], written[canonical] = known[canonical], field, name
                name, field, other = other, extra[other], name
            extra[name] = field
            if field.value is not None:
                problems += _said_twice(name, other, field)
    rivals = Counter(understood[nearest] for nearest in meant.values())
    for name, nearest in meant.items():
        canonical = understood[nearest]
        alone = canonical not in known and rivals[canonical] == 1
        problems.append(_near_miss(name, extra[name], _spelt(nearest, canonical, names), mends=alone))
    return Chosen(known, extra), problems


def sure_name(name: str, understood: Mapping[str, str]) -> str | None:
    """The canonical name that *name* means; "" where it is nobody's name, None where it is nearly somebody's."""
    folded = _folded(name)
    return understood.get(folded) or (None if _nearest(folded, understood) else "")


def _folded(name: str) -> str:
    return name.replace("-", "_").casefold().replace("_", "")


def _said_twice(unused: str, used: str, field: "Field") -> list[Problem]:
    return [
        Problem(
            field.key or field.position,
            code="two-names",
            message=f'"{unused}" means the same as "{used}", which is used',
            severity=Severity.HINT,
        )
    ]


def _nearest(folded: str, understood: Iterable[str]) -> str | None:
    """The name among *understood* that *folded* is a misspelling of, if any."""
    import difflib  # few files hold a name that nobody knows

    understood = tuple(understood)
    close = difflib.get_close_matches(folded, understood, n=1, cutoff=0.8)
    # Two letters swapped in a short word look less alike to difflib than to a reader.
    close = close or [each for each in understood if sorted(each) == sorted(folded)]
    return close[0] if close else None


def _spelt(folded: str, canonical: str, names: Names) -> str:
    return next(each for each in (canonical, *names.aliases[canonical]) if _folded(each) == folded)


def _near_miss(name: str, field: "Field", meant: str, *, mends: bool) -> Problem:
    """*name* was written, and most likely *meant*; *mends* says that nothing else claims to be that."""
    return Problem(
        field.key or field.position,
        code="near-miss",
        message=f'"{name}" is not a field that Pressrun knows; did you mean "{meant}"?',
        hint=f"write {meant}; what is not known is kept for templates",
        severity=Severity.WARNING,
        instead=meant if mends else None,
    )
