"""Plain HTML, as Markdown writes it of plain text: what sanitising would leave of it is known at a glance.

What may stand in a page is for `sanitise` to say; this knows a part of it where nothing has to go. The answer
is the same whatever made the HTML, and in doubt there is none.
"""

import re
from collections.abc import Callable, Iterable
from html import unescape

# Of each tag that may stand in an element, what may stand in the one that it opens.
_Inside = dict[str, "_Inside"]

_ENDED: _Inside = {}  # the element ends here
_EMPTY: _Inside = {}  # an element that holds nothing and has no end
_TAG = re.compile(r"<([^<>]*)>")
_SAFE = "A-Za-z0-9._~!$()*+,;=:@/?#%&-"
# The URL Standard refuses some hosts: labels that IDNA knows nothing of, and numbers that are no IPv4 address.
_HOST = r"(?:[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*\.)*[A-Za-z][A-Za-z0-9]*(?:-[A-Za-z0-9]+)*(?::[0-9]{1,4})?"
_WITH_ATTRIBUTE = re.compile(
    rf'a href="(?:https?://{_HOST}(?:[/?#][{_SAFE}]*)?|mailto:[A-Za-z0-9.+_@%?=&;,-]+'
    rf'|(?P<relative>[{_SAFE.replace(":", "")}]+))"'
    r'|ol start="[0-9]{1,9}"'
    r'|code class="language-[A-Za-z0-9_+#.-]+"'
)
_RELATIVE = re.compile(r'<a href="([^":]*)">')  # as _WITH_ATTRIBUTE has it, where that has taken it for one
# What a relative address became is not looked at again, only written down.
_RESOLVED = re.compile(rf"https?://[A-Za-z0-9.-]+(?::[0-9]+)?(?:[/?#][{_SAFE}]*)?")


def _flow() -> _Inside:
    """What may stand in a page, nested only as HTML's parser leaves it: no link in a link, no block in a line."""
    code: _Inside = {"/code": _ENDED}
    linked: _Inside = {"br /": _EMPTY, "code": code}
    link: _Inside = {"/a": _ENDED}
    phrasing: _Inside = {**linked, "a": link}
    for around in (linked, phrasing):
        forms: _Inside = {name: {f"/{name}": _ENDED} for name in ("em", "strong", "del")}
        around |= forms
        for inside in forms.values():
            inside |= around
    link |= linked
    flow: _Inside = {**phrasing, "hr /": _EMPTY, "pre": {"code": code, "/pre": _ENDED}}
    for name in ("p", "h1", "h2", "h3", "h4", "h5", "h6"):
        flow[name] = {**phrasing, f"/{name}": _ENDED}
    item: _Inside = {"/li": _ENDED}
    quote: _Inside = {"/blockquote": _ENDED}
    flow |= {"blockquote": quote} | {name: {"li": item, f"/{name}": _ENDED} for name in ("ul", "ol")}
    item |= flow
    quote |= flow
    return flow


_FLOW = _flow()


def cleaned_plain(html: str, resolve: Callable[[str], str | None]) -> str | None:
    """What sanitising leaves of *html* where that is plain; None where it is not.

    *resolve* is asked for each relative address, in order, once everything else is known to be plain.
    """
    tags = _TAG.findall(html)
    if html.count("<") != len(tags) or html.count(">") != len(tags) or not _says_what_it_means(html, _REFERENCES):
        return None
    relative: dict[str, None] = {}
    inside = _FLOW
    around: list[_Inside] = []
    for tag in tags:
        opened = inside.get(tag)
        if opened is None:
            found = _WITH_ATTRIBUTE.fullmatch(tag)
            opened = inside.get(tag.partition(" ")[0])
            if found is None or opened is None or ("&" in tag and tag.count("&") != tag.count("&amp;")):
                return None
            if found["relative"]:
                relative[found["relative"]] = None
        if opened is _ENDED:
            inside = around.pop()
        elif opened is not _EMPTY:
            around.append(inside)
            inside = opened
    kinds = set(tags)
    if around or ("pre" in kinds and html.count("<pre><code") != tags.count("pre")):  # behind <pre>, a line break goes
        return None
    resolved = _all_resolved(relative, resolve)
    if resolved is None:
        return None
    if resolved:
        html = _RELATIVE.sub(lambda found: f'<a href="{resolved[found[1]]}">', html)
    if "br /" in kinds or "hr /" in kinds:
        html = html.replace("<br />", "<br>").replace("<hr />", "<hr>")
    return html.replace("\xa0", "&nbsp;")


def _all_resolved(addresses: Iterable[str], resolve: Callable[[str], str | None]) -> dict[str, str] | None:
    """Each of *addresses*, as HTML writes it, with what it becomes, likewise; None where one is nothing plain."""
    resolved = {}
    for written in addresses:
        try:
            url = resolve(written.replace("&amp;", "&"))
        except Exception:  # of which the sanitiser knows what to make
            return None
        if url is None or not _RESOLVED.fullmatch(url):
            return None
        resolved[written] = url.replace("&", "&amp;")
    return resolved


_REFERENCES = ("&amp;", "&lt;", "&gt;")


def _says_what_it_means(html: str, references: Iterable[str]) -> bool:
    """Whether HTML's parser takes the text in *html* as it stands, but for some character *references*."""
    if "\0" in html or "\r" in html or html.startswith("\ufeff"):
        return False
    count = html.count("&")
    return not count or count == sum(html.count(reference) for reference in references)


# Where one piece of text ends and another begins, and what has no meaning for the text.
_BLOCK = re.compile(
    r'</?(?:p|h[1-6]|ul|ol|li|blockquote|pre)>|<[bh]r(?: /)?>|<ol start="[0-9]*">|<h[1-6] id="[^"<>]*">'
)
_FORM = re.compile(r'</?(?:code|em|strong|del|b|i|s|sub|sup|a)>|<(?:a href|code class)="[^"<>\r]*">')


def plain_words(html: str) -> list[str] | None:
    """The words of *html*, references resolved, where that is plain or what sanitising makes of it; else None."""
    if not _says_what_it_means(html, (*_REFERENCES, "&nbsp;")):
        return None
    # There is no other "\r", and none in what counts as a tag: nothing that only looks like one comes about.
    text = _FORM.sub("", _BLOCK.sub("\r", html)) if "<" in html else html
    return None if "<" in text or ">" in text else unescape(text).split()
