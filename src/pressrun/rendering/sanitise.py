"""The door to nh3: what of a story's HTML may reach a feed, a page and a letter.

The list holds what CommonMark and GitHub's extensions make, and the harmless rest of HTML that
people write for text. Everything else goes, and `removals` tells where it stood.
"""

import re
from collections.abc import Callable, Iterator
from html import unescape
from html.parser import HTMLParser
from urllib.parse import unquote

from markupsafe import Markup

from pressrun.model.addresses import ascii_url
from pressrun.model.scripts import beginning_of
from pressrun.model.spans import COMMENTS, Spans
from pressrun.rendering.plainhtml import cleaned_plain, plain_words

TAGS = frozenset(
    "a abbr b bdi bdo blockquote br caption cite code col colgroup dd del details dfn div dl dt em figcaption figure "
    "h1 h2 h3 h4 h5 h6 hr i img input ins kbd li mark ol p pre q rp rt ruby s samp small span strong sub summary sup "
    "table tbody td tfoot th thead time tr tt u ul var wbr".split()
)
_ATTRIBUTES = {
    "*": {"id", "lang", "dir", "title", "class"},
    "a": {"href"},
    "img": {"src", "alt", "width", "height"},
    "ol": {"start", "type", "reversed"},
    "li": {"value"},
    "td": {"style", "colspan", "rowspan", "headers", "align"},
    "th": {"style", "colspan", "rowspan", "headers", "scope", "align"},
    "col": {"span"},
    "colgroup": {"span"},
    "input": {"type", "checked", "disabled"},
    "time": {"datetime"},
    "q": {"cite"},
    "blockquote": {"cite"},
    "details": {"open"},
}
SCHEMES = frozenset({"http", "https", "mailto", "tel", "sms", "xmpp", "geo", "magnet"})
_ADDRESSES = frozenset({"href", "src", "cite"})
_FOREIGN_HOST = re.compile(r"https?://[^/?#]*(%[0-9A-Fa-f]{2}|[^\x00-\x7f])[^/?#]*")
_CLASS = re.compile(r"language-[\w+#.-]+|footnote-(reference|definition|definition-label)|markdown-alert-[a-z]+")
# Neither feeds nor mail show these; each becomes a link to what it would have shown.
EMBEDS = frozenset({"iframe", "video", "audio", "embed", "object"})
_EMBED = [Spans((rf"<{tag}\b", rf"</{tag}\s*>"), ignore_case=True) for tag in ("iframe", "video", "audio", "object")]
_SECTIONS = Spans((r"<!\[", r"(?:\]\])?>"))
_EMBED_START = re.compile(r"<(?:iframe|video|audio|object|embed)\b[^<>]*>", re.IGNORECASE)
_EMBEDDED = re.compile(r"""\b(?:src|data)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE)
_WITHOUT_ADDRESS = re.compile(r"<a(?![^<>]* href=)[ >]|<img(?![^<>]* src=)[ >]")


def sanitised(html: str, resolve: Callable[[str], str | None], prefix: str) -> Markup:
    """*html* with only what is allowed: markup that may stand in any page as it is.

    *resolve* makes an address that is not absolute into one that is, or None to drop it. *prefix* is
    put before every id, because two stories may share one letter.
    """
    plain = cleaned_plain(html, resolve)
    # The one place where text becomes trusted.
    return Markup(_cleaned(html, resolve, prefix) if plain is None else plain)


def _cleaned(html: str, resolve: Callable[[str], str | None], prefix: str) -> str:
    import nh3

    return nh3.clean(
        _with_links_for_embeds(html),
        tags=TAGS,
        attributes=_ATTRIBUTES,
        attribute_filter=_allowed_value,
        url_schemes=SCHEMES,
        url_relative=resolve,
        filter_style_properties={"text-align"},
        # An input that is not a task's box would be a form field.
        set_tag_attribute_values={"input": {"type": "checkbox", "disabled": ""}},
        id_prefix=prefix,
        link_rel=None,
    )


def _allowed_value(_tag: str, attribute: str, value: str) -> str | None:
    if attribute in _ADDRESSES and (host := _FOREIGN_HOST.match(value)):
        # Markdown percent-encodes what is not ASCII, in host names too, where few programs understand it.
        try:
            return ascii_url(unquote(host.group()) + value[host.end() :])
        except ValueError:
            return value
    if attribute != "class":
        return value
    return " ".join(name for name in value.split() if _CLASS.fullmatch(name)) or None


def _with_links_for_embeds(html: str) -> str:
    for embeds in _EMBED:
        html = embeds.sub(lambda embed: _as_link(embed.whole), html)
    return _EMBED_START.sub(lambda start: _as_link(start.group()), html)


def _as_link(embed: str) -> str:
    address = _EMBEDDED.search(embed)
    if address is None:
        return ""
    url = address[1] or address[2] or address[3] or ""
    return f'<p><a href="{url}">{url}</a></p>'


def has_lost_address(html: Markup) -> bool:
    """Whether a link or picture in sanitised *html* lost the address that Markdown always writes."""
    return _WITHOUT_ADDRESS.search(html) is not None


def text_of(html: str) -> str:
    """The words of *html* on one line."""
    words = plain_words(str(html))
    return " ".join(_words_of(html) if words is None else words)


def _words_of(html: str) -> list[str]:
    import nh3

    return unescape(nh3.clean(_EDGE.sub(r" \g<0>", str(html)), tags=set())).split()


# Where one piece of text ends and another begins, whatever stands between them.
_EDGE = re.compile(
    r"</?(?:p|div|li|ul|ol|dl|dt|dd|tr|td|th|table|h[1-6]|br|hr|blockquote|pre|figure|figcaption|section)\b", re.I
)


def removals(html: str) -> Iterator[tuple[int, int, str]]:
    """What `sanitised` takes out of raw *html*: offset, width, and a sentence for each."""
    # The parser goes to the end of the text from every comment and section that is never closed, and stops at some
    # sections with an error; so it gets neither. Without a ">" behind it, nothing is a tag.
    quiet = COMMENTS.sub(lambda comment: _blank(comment.whole), html)
    opened = quiet.find("<!--")
    whole = quiet[:opened] if opened >= 0 else quiet
    for section in _SECTIONS.finditer(whole):
        yield section.start, section.last - section.start, "<![ … is removed"
    parser = _Removals(html)
    parser.feed(_SECTIONS.sub(lambda section: _blank(section.whole), whole).rpartition(">")[0] + ">")
    parser.close()
    yield from parser.found
    if opened >= 0:
        yield opened, 4, "this comment is never closed, and takes all that follows with it"


def _blank(text: str) -> str:
    return re.sub(r"[^\n]", " ", text)


def is_allowed(url: str) -> bool:
    """Whether an address as written has a scheme that may pass, or none."""
    scheme = re.match(r"([a-zA-Z][a-zA-Z0-9+.-]*):", re.sub(r"[\x00-\x20]", "", url))
    return scheme is None or scheme[1].lower() in SCHEMES


class _Removals(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.starts = [0, *(end.end() for end in re.finditer("\n", html))]
        self.found: list[tuple[int, int, str]] = []

    def handle_pi(self, data: str) -> None:
        self._found(f"<?{data[:20].rstrip('?>')} … is removed", len(data) + 3)

    def _found(self, sentence: str, width: int) -> None:
        line, column = self.getpos()
        self.found.append((self.starts[line - 1] + column, width, sentence))

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        line, column = self.getpos()
        offset = self.starts[line - 1] + column
        width = len((self.get_starttag_text() or "<").split("\n")[0])
        if tag in EMBEDS:
            self.found.append((offset, width, f"<{tag}> is shown as a link to its address"))
            return
        if tag not in TAGS:
            if tag not in ("source", "track", "param"):  # inside of what became a link
                self.found.append((offset, width, f"<{tag}> is removed"))
            return
        if tag == "input" and dict(attributes).get("type", "text") != "checkbox":
            self.found.append((offset, width, "<input> is shown as a box that cannot be ticked"))
        for name, value in attributes:
            if sentence := _removed_attribute(tag, name, value or ""):
                self.found.append((offset, width, sentence))


def _removed_attribute(tag: str, name: str, value: str) -> str | None:
    if name not in _ATTRIBUTES["*"] | _ATTRIBUTES.get(tag, set()):
        return f"the attribute {name} of <{tag}> is removed"
    if name in _ADDRESSES and not is_allowed(value):
        return f"the address {beginning_of(value, 40)} of <{tag}> is removed"
    if name == "class" and any(not _CLASS.fullmatch(each) for each in value.split()):
        return f'class="{value}" of <{tag}> is removed'
    if name == "style" and any(
        part.split(":")[0].strip().lower() not in ("text-align", "") for part in value.split(";")
    ):
        return f"all of <{tag}>'s style but text-align is removed"
    return None
