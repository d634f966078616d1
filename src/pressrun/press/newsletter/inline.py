"""The door to premailer and cssutils: a letter's style sheet moved into its elements."""

import logging
import re
import sys
from collections.abc import Iterator, Sequence
from types import ModuleType
from typing import Any

from pressrun.press.newsletter.markup import style_sheets_of
from pressrun.press.newsletter.sheetlimits import beyond_limits
from pressrun.press.newsletter.sheets import STYLE_COMMENTS, without_words

# Properties of CSS and their values, as premailer hands them about.
Pairs = Sequence[tuple[str, str]]
DOCTYPE = "<!DOCTYPE html>"
NO_CSS = "this cannot be read as CSS"
# Attributes that premailer would set from CSS over those that the template wrote; "height: auto" became height="auto".
_FORCED = ["width", "height", "bgcolor", "align", "valign"]
# What premailer would drop without a word; it belongs into the sheet that is left alone.
_LOST = re.compile(r"@(?!media\b|charset\b)-?[a-z][a-z-]*", re.IGNORECASE)
# How cssutils ends a complaint that knows its place: "[2:1: }]", or "('HASH', '#12', 2, 12)".
_PLACE = re.compile(r"\[(\d{1,9}):(\d{1,9}): |: \('[A-Z]+', '")
_PLACE_AT_THE_END = re.compile(r"', (\d{1,9}), (\d{1,9})\)\Z")
# What it says last of a mistake, when it has gone up its grammar.
_LAST_WORD = re.compile(r"CSSStyleDeclaration|SelectorList|CSSStyleRule|CSSMediaRule")

# What depends on what the reader does cannot stand in an element; premailer leaves it in a style element of the head.
_LEFT_IN_HEAD = re.compile(r":(?:root|hover|active|focus|visited|link)\b|::")
# The only other pseudo-classes that premailer moves into elements, and only where they stand last.
_POSITION = re.compile(r"[^:]*:(?:first|last)-child")


# HTML knows no capitals in names, and what selects in HTML here does.
_CAPITALS = re.compile(r"(?:^|[\s>+~])[a-z0-9]*[A-Z]|\[[^\[\]=]*[A-Z]")


def _premailer() -> tuple[Any, Any]:
    """The class of premailer, and the module that it is in, loaded without what it would go to the network with.

    It imports requests at once, which takes as long as inlining a letter, and which nothing here ever calls.
    """
    known = sys.modules.get("requests")
    sys.modules["requests"] = ModuleType("requests")
    try:
        from premailer import Premailer, premailer
    finally:
        if known is None:
            del sys.modules["requests"]
        else:
            sys.modules["requests"] = known
    return Premailer, premailer


class Unreadable(ValueError):
    """A style element that cannot be read, with the reason as a sentence."""


def inlined(html: str) -> str:
    """*html* with the rules of its style elements written into the elements that they style.

    A style element marked `data-premailer="ignore"` stays as it is: what depends on the screen (media
    queries, dark mode) lives there. No network, no file, no attribute that the template did not write.

    Raises Unreadable where a style element is beyond the limits, or not CSS.
    """
    for _, css in style_sheets_of(html):
        if beyond := beyond_limits(css):
            raise Unreadable(beyond[1])
    try:
        return _pressed(html)
    except Exception as error:  # cssutils and premailer raise whatever their code stumbles over
        raise Unreadable(NO_CSS) from error


def _pressed(html: str) -> str:
    from cssutils import ser

    base, premailer = _premailer()

    # It leaves a property where it was first set: "margin: 0" between would win over the "margin-top" that comes last.
    premailer.merge_styles = _merged

    class Press(base):  # type: ignore[misc, valid-type]  # premailer has no types
        def _parse_css_string(self, css_body: str, validate: bool = True) -> Any:
            # premailer's own would let cssutils fetch what @import names, allow_network or not.
            return _parser(logging.CRITICAL).parseString(css_body, validate=validate)

        def _parse_style_rules(self, css_body: str, ruleset_index: int) -> Any:
            # premailer's own count takes no attribute, no pseudo-class and nothing behind a ">" for anything.
            rules, leftover = super()._parse_style_rules(css_body, ruleset_index)
            weighed = [
                ((weight[0], *_specificity(selector), *weight[4:]), selector, bulk) for weight, selector, bulk in rules
            ]
            return weighed, leftover

    # A process-wide setting of cssutils: colours stay six digits, which every mail program knows.
    ser.prefs.minimizeColorHash = False
    result: str = Press(
        html,
        allow_network=False,
        strip_important=False,
        disable_basic_attributes=_FORCED,
        align_floating_images=False,
        disable_validation=True,
        cssutils_logging_level=logging.CRITICAL,
    ).transform(pretty_print=False)
    # premailer gives the doctype back only where libxml2 spells it the same way.
    if not result.startswith("<!DOCTYPE"):
        result = f"{DOCTYPE}\n{result}"
    return result.rstrip("\n") + "\n"


def _merged(
    inline_style: str, new_styles: Sequence[Pairs], _classes: Sequence[str], remove_unset_properties: bool = False
) -> str:
    """The styles of one element as one, each property where it was set last; stands in for premailer's own function.

    *new_styles* come in the order of their weight, and *inline_style* is what the element had before, which wins.
    Pseudo-classes, which premailer names beside, are left in the head before it comes to that.
    """
    from premailer.merge_style import csstext_to_pairs

    styles: dict[str, str] = {}
    own = csstext_to_pairs(inline_style, validate=False) if inline_style else []
    for name, value in (pair for style in (*new_styles, own) for pair in style):
        styles.pop(name, None)
        styles[name] = value
    return "; ".join(
        f"{name}:{value}" for name, value in styles.items() if not remove_unset_properties or value.lower() != "unset"
    )


def _specificity(selector: str) -> tuple[int, int, int]:
    """How much *selector* weighs against others: its ids, its classes and the like, its elements."""
    from cssselect import SelectorError, parse

    try:
        weight: tuple[int, int, int] = parse(selector)[0].specificity()
    except SelectorError:  # what it cannot read, premailer cannot either, and says so
        return 0, 0, 0
    return weight


def style_sheet_faults(css: str, *, inlines: bool = True) -> list[tuple[int, int, str]]:
    """What does not parse in *css*: line, column and a sentence for each place, from top to bottom.

    *inlines* says that the sheet will be moved into elements; then rules that cannot be are faults too.
    """
    if beyond := beyond_limits(css):
        return [(*_place(css, beyond[0]), beyond[1])]
    blank = without_words(css)
    faults = _complaints(css)
    # cssutils forgives it, and the rules that follow are lost.
    if not faults and (brace := _unclosed_brace(blank)) is not None:
        faults = [(*_place(css, brace), "this { is never closed")]
    if inlines:
        for rule in _LOST.finditer(blank):
            message = f"{rule.group()} is lost when rules move into elements; write it into newsletter-head.css"
            if blank[: rule.start()].rstrip()[-1:] not in ("", "{", "}", ";"):
                message = f"{rule.group()} is in the middle of something else"
            line, column = _place(css, rule.start())
            faults = [(line, column, message), *(fault for fault in faults if fault[0] != line)]
        told = {line for line, _, _ in faults}
        faults += [fault for fault in _selector_faults(css, blank) if fault[0] not in told]
    return sorted(faults)


def style_element_faults(html: str) -> list[tuple[int, int, str]]:
    """The same for what cannot be read at all of the style elements of *html*; lines are those of *html*."""
    faults = []
    for start, css in style_sheets_of(html):
        if beyond := beyond_limits(css):
            faults.append((*_place(html, start + beyond[0]), beyond[1]))
        elif (stumbling := _stumbling(css)) is not None:
            faults.append((*_place(html, start + stumbling), NO_CSS))
    return faults


def _selector_faults(css: str, blank: str) -> list[tuple[int, int, str]]:
    """Selectors of *css* that premailer would misread or leave out, where they stand; within @media nothing is moved.

    *blank* is the same text with comments and quoted text blanked out.
    """
    faults = []
    depth = start = 0
    for sign in re.finditer(r"[{};]", blank):
        if sign.group() == "{":
            if depth == 0 and not blank[start : sign.start()].lstrip().startswith("@"):
                selectors = css[start : sign.start()], blank[start : sign.start()]
                faults += [(*_place(css, start + at), message) for at, message in _misread(*selectors)]
            depth += 1
        elif sign.group() == "}":
            depth = max(depth - 1, 0)
        if depth == 0:
            start = sign.end()
    return faults


def _misread(selectors: str, blank: str) -> Iterator[tuple[int, str]]:
    """What premailer would misread in a list of *selectors*: how far into it, and a sentence."""
    at = len(blank) - len(blank.lstrip())
    inner = re.sub(r"\([^()]*\)|\[[^\[\]]*\]", lambda found: found.group().replace(",", " "), blank)
    if inner.count(",") != selectors.count(",") - _commas_in_comments(selectors):
        yield at, "Selector with a comma inside of brackets or quotes"
        return
    for selector in re.finditer(r"[^,]+|(?<=,)(?=,|$)", inner):
        words = selector.group().strip()
        place = selector.start() + len(selector.group()) - len(selector.group().lstrip())
        if "*" in words:
            yield place, f"Selector {words} would be left out"
        elif _CAPITALS.search(words):
            yield place, f"Selector {words} would match nothing: write elements and attributes in small letters"
        elif not _is_selector(selectors[selector.start() : selector.end()].strip()):
            yield place, f"Selector {words or '(nothing)'} cannot be read"
        elif ":" in words and not _LEFT_IN_HEAD.search(words) and not _POSITION.fullmatch(words):
            yield place, f"Selector {words} would not be moved"


def _is_selector(words: str) -> bool:
    from cssselect import SelectorError, parse

    try:
        parse(words)
    except SelectorError:
        return False
    return True


def _commas_in_comments(selectors: str) -> int:
    return sum(comment.whole.count(",") for comment in STYLE_COMMENTS.finditer(selectors))


def _complaints(css: str) -> list[tuple[int, int, str]]:
    """Cssutils' complaints, one for each mistake.

    One mistake makes it complain at every level of its grammar; the last complaint of such a run names
    no place, and the first place in the text is the nearest to the mistake.
    """
    from cssutils import log

    faults: list[tuple[int, int, str]] = []
    run: list[tuple[int, int, str]] = []

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            message = record.getMessage()
            if found := _placed(message):
                run.append(found)
            elif run and _LAST_WORD.match(message):
                faults.append(min(run))
                run.clear()
            elif message.startswith(("CSSStyleDeclaration", "Property: No CSS priority")):
                faults.append((*_place_of_words(css, message.partition(": ")[2].partition(": ")[2]), message))

    others = list(log._log.handlers)
    listener = Listener(level=logging.ERROR)
    for handler in others:
        log.removeHandler(handler)
    log.setLevel(logging.ERROR)
    log.addHandler(listener)
    try:
        _parser(logging.ERROR).parseString(css)
    except Exception:  # cssutils raises whatever its code stumbles over: at rgb(1,2), at co@lor, in a thousand values
        faults.append((*_place(css, _stumbling(css) or 0), NO_CSS))
    finally:
        log.removeHandler(listener)
        for handler in others:
            log.addHandler(handler)
    if run:
        faults.append(min(run))
    return faults


def _placed(message: str) -> tuple[int, int, str] | None:
    """The line, the column and the words of a complaint that knows its place."""
    begins = _PLACE.search(message)
    if begins is None:
        return None
    numbers = (
        begins
        if begins[1] and message.endswith("]")
        else _PLACE_AT_THE_END.search(message, max(begins.start(), len(message) - 40))
    )
    return (int(numbers[1]), int(numbers[2]), message[: begins.start()].rstrip()) if numbers else None


def _parser(level: int) -> Any:
    from cssutils import CSSParser

    # *level* is set for the whole process, by cssutils itself.
    return CSSParser(validate=False, raiseExceptions=False, loglevel=level, fetcher=_fetch_nothing)


def _fetch_nothing(_url: str) -> tuple[str, bytes]:
    return "utf-8", b""


def _unclosed_brace(blank: str) -> int | None:
    """Where the last `{` without its `}` stands."""
    open_braces: list[int] = []
    for brace in re.finditer(r"[{}]", blank):
        if brace.group() == "{":
            open_braces.append(brace.start())
        elif open_braces:
            open_braces.pop()
    return open_braces[-1] if open_braces else None


def _place_of_words(css: str, words: str) -> tuple[int, int]:
    """Where cssutils' quotation *words* stands; it has put the white space in order."""
    parts = [re.escape(part) for part in re.findall(r"[\w#%.-]+|[^\w\s]", words)]
    found = re.search(r"\s*".join(parts) + r"\s*[;}]", css) if parts else None
    return _place(css, found.start() if found else 0)


def _stumbling(css: str) -> int | None:
    """Where the first rule begins at which cssutils stumbles; None where it reads all of *css*."""
    if _is_read(css):
        return None
    rules = re.finditer(r"(?<![^{}])[^{}]*\{[^{}]*\}", without_words(css))
    rule = next((rule for rule in rules if not _is_read(css[rule.start() : rule.end()])), None)
    return rule.start() + len(rule.group()) - len(rule.group().lstrip()) if rule else 0


def _is_read(css: str) -> bool:
    try:
        _parser(logging.CRITICAL).parseString(css)
    except Exception:  # see _complaints
        return False
    return True


def _place(css: str, offset: int) -> tuple[int, int]:
    return css.count("\n", 0, offset) + 1, offset - css.rfind("\n", 0, offset)
