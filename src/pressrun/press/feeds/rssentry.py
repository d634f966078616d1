"""An item of an RSS document (RSS 2.0, "Elements of <item>"), line by line as it stands there."""

from datetime import UTC, datetime
from html import escape

from pressrun.model.story import Enclosure
from pressrun.press.feeds.entries import Entry
from pressrun.press.feeds.markup import attribute, checked, element, long_text, plain_text, text
from pressrun.press.feeds.mediaentry import media_content

# The endings that podcast directories take.
ITUNES_IMAGES = (".png", ".jpg")
_INDENT = "      "
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def rss_item(entry: Entry) -> bytes:
    """*entry* in UTF-8, with its indentation."""
    short = _short(entry)
    if not (entry.title or short or entry.content):
        raise ValueError("an item of an RSS document has a title or a description")
    full = "content:encoded" if short else "description"
    before = (
        "    <item>\n"
        f"{element(_INDENT, 'title', plain_text(entry.title)) if entry.title else ''}"
        f"{element(_INDENT, 'link', text(entry.link)) if entry.link else ''}"
        f"{element(_INDENT, 'description', text(short)) if short else ''}"
        f"{_begin(full) if entry.content else ''}"
    )
    first = entry.authors[0]
    has_mail = bool(len(entry.authors) == 1 and first.email)
    after = (
        f"{_end(full) if entry.content else ''}"
        f"{_author(first.name, str(first.email)) if has_mail else ''}"
        f"{_guid(entry)}"
        f"{''.join([element(_INDENT, 'category', plain_text(category)) for category in entry.categories])}"
        f"{_enclosure(entry.enclosure) if entry.enclosure else ''}"
        f"      <pubDate>{rfc822(entry.published)}</pubDate>\n"
        f"{media_content(entry.picture, _INDENT) if entry.picture else ''}"
        f"{'' if has_mail else ''.join([_creator(author.name) for author in entry.authors])}"
        f"{_episode(entry, entry.enclosure) if entry.enclosure else ''}"
        "    </item>\n"
    )
    # One join, because each copy of a long text costs as much as escaping it.
    return checked(b"".join((before.encode(), long_text(entry.content or ""), after.encode())))


def rfc822(moment: datetime) -> str:
    """*moment* as RFC 822 has it, with four digits of the year, in UTC.

    "+0000" is the one zone that every reader takes (RSS Best Practices, section 3.2).
    """
    utc = moment.astimezone(UTC)
    written = utc.isoformat()  # 2026-05-12T12:00:00, and more; strftime would ask the locale for its words
    day, month = _DAYS[utc.weekday()], _MONTHS[utc.month - 1]
    return f"{day}, {written[8:10]} {month} {written[:4]} {written[11:19]} +0000"


def _short(entry: Entry) -> str:
    """What stands before the full text, or alone: a description is HTML to every reader."""
    if entry.summary or not entry.content:
        return escape(entry.summary or entry.title, quote=False)
    return ""


def _begin(name: str) -> str:
    return f"      <{name}>"


def _end(name: str) -> str:
    return f"</{name}>\n"


def _author(name: str, email: str) -> str:
    return element(_INDENT, "author", text(f"{email} ({name})" if name else email))


def _creator(name: str) -> str:
    return element(_INDENT, "dc:creator", plain_text(name))


def _guid(entry: Entry) -> str:
    guid = entry.guid or entry.id
    is_permanent = "true" if entry.id == entry.link else "false"
    return f'      <guid isPermaLink="{is_permanent}">{text(guid)}</guid>\n' if guid else ""


def _enclosure(recording: Enclosure) -> str:
    url, media_type = attribute(recording.url), attribute(recording.media_type)
    return f'      <enclosure url="{url}" length="{recording.size}" type="{media_type}"/>\n'


def _episode(entry: Entry, recording: Enclosure) -> str:
    """What podcast directories want to know of a recording, in their own words."""
    if (recording.duration or 0) < 0:
        raise ValueError(f"a recording does not take {recording.duration} seconds")
    authors = ", ".join([author.name for author in entry.authors])
    picture = entry.picture.url if entry.picture is not None else ""
    image = f'      <itunes:image href="{attribute(picture)}"/>\n' if picture.lower().endswith(ITUNES_IMAGES) else ""
    explicit = None if recording.explicit is None else ("true" if recording.explicit else "false")
    return "".join(
        [
            _itunes("author", authors or None),
            image,
            _itunes("duration", recording.duration),
            _itunes("explicit", explicit),
            _itunes("summary", entry.summary or None),
            _itunes("season", recording.season or None),
            _itunes("episode", recording.episode or None),
        ]
    )


def _itunes(name: str, value: str | int | None) -> str:
    return "" if value is None else element(_INDENT, f"itunes:{name}", text(str(value)))
