"""An entry of an Atom document (RFC 4287, section 4.1.2), line by line as it stands there."""

from pressrun.model.addresses import rfc3339
from pressrun.model.publication import Author
from pressrun.press.feeds.entries import Entry
from pressrun.press.feeds.markup import attribute, checked, element, long_text, text
from pressrun.press.feeds.mediaentry import media_content

_CONTENT, _END_OF_CONTENT = '    <content type="html">', "</content>\n"
_NO_CONTENT = '    <content type="html"/>\n'


def atom_entry(entry: Entry, language: str) -> bytes:
    """*entry* in UTF-8, with its indentation, in a document whose language is *language*."""
    if not (entry.id and entry.title):
        raise ValueError("an entry of an Atom document has an id and a title")
    content = entry.content
    updated = rfc3339(entry.updated).isoformat()
    published = updated if entry.published is entry.updated else rfc3339(entry.published).isoformat()
    is_foreign = entry.language != language
    before = (
        f"  <entry{_lang(entry.language) if is_foreign else ''}>\n"
        f"    <id>{text(entry.id)}</id>\n"
        f"    <title>{text(entry.title)}</title>\n"
        f"    <updated>{updated}</updated>\n"
        f"{''.join(map(_person, entry.authors))}"
        f"{'' if content is None else _CONTENT if content else _NO_CONTENT}"
    )
    after = (
        f"{_END_OF_CONTENT if content else ''}"
        f"{_links(entry, is_foreign=is_foreign)}"
        f"{_summary(entry)}"
        f"{''.join([_category(category) for category in entry.categories])}"
        f"    <published>{published}</published>\n"
        f"{media_content(entry.picture) if entry.picture else ''}"
        "  </entry>\n"
    )
    # One join, because each copy of a long text costs as much as escaping it.
    return checked(b"".join((before.encode(), long_text(content or ""), after.encode())))


def _lang(language: str) -> str:
    return f' xml:lang="{attribute(language)}"' if language else ""


def _person(author: Author) -> str:
    if not author.name:  # a person has a name (RFC 4287, section 3.2.1)
        return ""
    email = element("      ", "email", text(author.email)) if author.email else ""
    uri = element("      ", "uri", text(author.uri)) if author.uri else ""
    return f"    <author>\n      <name>{text(author.name)}</name>\n{email}{uri}    </author>\n"


def _links(entry: Entry, *, is_foreign: bool) -> str:
    language = f' hreflang="{attribute(entry.language)}"' if is_foreign else ""
    link = f'    <link href="{attribute(entry.link)}" rel="alternate" type="text/html"{language}/>\n'
    if recording := entry.enclosure:
        address, media_type = attribute(recording.url), attribute(recording.media_type)
        size = f' length="{recording.size}"' if recording.size else ""
        link += f'    <link href="{address}" rel="enclosure" type="{media_type}"{size}/>\n'
    return link


def _summary(entry: Entry) -> str:
    if entry.summary:
        return element("    ", "summary", text(entry.summary))
    return "    <summary/>\n" if entry.content is None else ""


def _category(category: str) -> str:
    return f'    <category term="{attribute(category)}"/>\n'
