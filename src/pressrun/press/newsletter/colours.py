"""Whether the colours of a publication's own templates and style sheets can be read, in a letter as it was made."""

import functools
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from html import unescape
from math import floor

from pressrun.model.contrast import READABLE, contrast, luminance
from pressrun.model.problems import Position, Problem, Severity
from pressrun.model.publication import Look
from pressrun.press.newsletter.markup import VOID, Tag, style_sheets_of, tags_of, without_comments, without_jinja
from pressrun.press.newsletter.sheets import CssRule, Declaration, declarations_of, rules_of
from pressrun.rendering.templates import OwnTemplate

LIGHT, DARK = "light", "dark"
# What large text needs, and how large that is in pixels, plain and bold (WCAG 2, success criterion 1.4.3).
READABLE_LARGE = 3.0
LARGE, LARGE_BOLD = 24.0, 18.66

_PALETTE = re.compile(r"\{\{-?\s*look\.(light|dark)\.(\w+)\s*-?\}\}")
_NAMES = {"white": "#ffffff", "black": "#000000"}
_COMPOUND = re.compile(r"(\*|\w[\w-]*)?((?:\.[\w-]+|#[\w-]+|\[[\w-]+(?:=(?:\"[\w-]*\"|[\w-]*))?\])*)")
_BOLD = frozenset({"h1", "h2", "h3", "h4", "h5", "h6", "th", "strong", "b"})
_QUERY = re.compile(r"prefers-color-scheme\s*:\s*dark")


@dataclass(frozen=True, slots=True)
class _Element:
    """An element of a letter, as far as selectors ask."""

    name: str
    classes: frozenset[str] = frozenset()
    attributes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class _Paint:
    """A rule that sets the colour of text, of the ground, or both; None where it does not, or nobody knows to what.

    *path* is its selector, one compound after the other; empty for a style attribute, which paints a *tag*. *place*
    is where the publication wrote it; None for what comes with Pressrun.
    """

    path: tuple[str, ...]
    scheme: str
    text: str | None
    ground: str | None
    important: bool = False
    place: Position | None = None
    tag: str = ""

    @property
    def weight(self) -> tuple[int, int, int]:
        """How much the selector weighs against others."""
        words = " ".join(self.path)
        return words.count("#"), words.count(".") + words.count("["), len(re.findall(r"(?:^| )\w", words))


@dataclass(frozen=True, slots=True)
class _Look:
    """What text looks like at a place of the letter, and the way to the elements that set its colour and its ground."""

    text: str | None = None
    ground: str | None = None
    text_from: tuple[_Element, ...] = ()
    ground_from: tuple[_Element, ...] = ()
    pixels: float = 16.0
    bold: bool = False
    hidden: bool = False

    @property
    def needed(self) -> float:
        """The contrast that text of this size needs."""
        return READABLE_LARGE if self.pixels >= (LARGE_BOLD if self.bold else LARGE) else READABLE


def contrast_findings(templates: Sequence[OwnTemplate], letter: str, look: Look) -> list[Problem]:
    """A warning for each rule of *templates* that makes words of *letter* hard to read, on light or dark screens.

    Rules that set both text and ground are held against themselves, whether this letter uses them or not.
    """
    own = [paint for template in templates for paint in _paints_of(template, look)]
    problems: dict[tuple[Position, str], Problem] = {}
    for paint in own:
        if paint.text and paint.ground and paint.place:
            seen = _Look(paint.text, paint.ground)
            if contrast(paint.text, paint.ground) < READABLE_LARGE:  # how large its words are is not known
                problems[paint.place, paint.scheme] = _faint(paint.place, seen, paint.scheme)
    if own:
        head = [paint for _, css in style_sheets_of(letter) for paint in _paints(css, DARK)]
        for scheme in (LIGHT, DARK) if head else (LIGHT,):
            for seen in _seen(letter, head if scheme == DARK else []):
                if seen.text and seen.ground and contrast(seen.text, seen.ground) < seen.needed:
                    place = _cause(seen, [paint for paint in own if paint.scheme in (LIGHT, scheme)])
                    if place is not None:
                        problems.setdefault((place, scheme), _faint(place, seen, scheme))
    return list(problems.values())


def _faint(place: Position, seen: _Look, scheme: str) -> Problem:
    text, ground = seen.text or "", seen.ground or ""
    # Rounded down: 4.49 is not 4.5.
    ratio = floor(contrast(text, ground) * 100) / 100
    ways = ("darker", "lighter") if luminance(text) < luminance(ground) else ("lighter", "darker")
    hint = f"make the text {ways[0]}, or what is behind it {ways[1]}"
    if scheme == DARK:
        hint += "; rules for dark screens stand in newsletter-head.css, and need !important"
    return Problem(
        place,
        code="letter-contrast",
        message=f"text {text} on {ground} has a contrast of {ratio}:1 on {scheme} screens; it needs {seen.needed:g}:1",
        hint=hint,
        severity=Severity.WARNING,
    )


def _cause(seen: _Look, own: Iterable[_Paint]) -> Position | None:
    """Where the publication set one of the two colours; None where it set neither."""
    for paint in own:
        if paint.text == seen.text and _matches(paint, seen.text_from):
            return paint.place
        if paint.ground == seen.ground and _matches(paint, seen.ground_from):
            return paint.place
    return None


# What the publication wrote


def _paints_of(template: OwnTemplate, look: Look) -> Iterator[_Paint]:
    """What *template* paints, each at its place; colours of the look count as what they are."""
    text = without_jinja(_PALETTE.sub(lambda found: _colour_of_look(found, look), template.text))
    if template.name.endswith(".css"):
        yield from _placed(text, 0, template)
    elif template.name.endswith(".html"):
        for start, css in style_sheets_of(text):
            yield from _placed(css, start, template)
        for tag in tags_of(text):
            if style := tag.attributes.get("style"):
                written = declarations_of(style.raw)
                for paint in _of_declarations((), LIGHT, written):
                    first = next(each for each in written if each.name in ("color", "background", "background-color"))
                    yield replace(
                        paint, place=template.position_at(style.start + first.start, _width(first)), tag=tag.name
                    )


def _colour_of_look(found: re.Match[str], look: Look) -> str:
    colour = getattr(getattr(look, found[1]), found[2], "")
    return str(colour).ljust(len(found.group()))


def _placed(css: str, start: int, template: OwnTemplate) -> Iterator[_Paint]:
    for rule in rules_of(css):
        for paint in _of_rule(rule):
            first = next(each for each in rule.declarations if each.name in ("color", "background", "background-color"))
            yield replace(paint, place=template.position_at(start + first.start, _width(first)))


def _width(declaration: Declaration) -> int:
    return len(f"{declaration.name}: {declaration.value}".split("\n")[0])


def _paints(css: str, scheme: str) -> list[_Paint]:
    return [paint for rule in rules_of(css) for paint in _of_rule(rule) if paint.scheme == scheme]


def _of_rule(rule: CssRule) -> Iterator[_Paint]:
    """What *rule* paints, once for each of its selectors; nothing where that depends on more than light and dark."""
    if rule.prelude.startswith("@") or (rule.within and not all(map(_QUERY.search, rule.within))):
        return
    scheme = DARK if rule.within else LIGHT
    for selector in rule.prelude.split(","):
        path = tuple(selector.replace(">", " ").split())
        if path and all(_COMPOUND.fullmatch(each) for each in path):
            yield from _of_declarations(path, scheme, rule.declarations)


def _of_declarations(path: tuple[str, ...], scheme: str, written: Sequence[Declaration]) -> Iterator[_Paint]:
    text, ground = _colours(written)
    if text or ground:
        important = any(each.important for each in written)
        yield _Paint(path, scheme, text, ground, important)


def _colours(written: Iterable[Declaration]) -> tuple[str | None, str | None]:
    """The colours of text and ground that declarations set; the last word counts."""
    text = ground = None
    for each in written:
        if each.name == "color":
            text = _colour(each.value)
        elif each.name == "background-color":
            ground = _colour(each.value)
        elif each.name == "background":
            # With a picture on it nobody knows what the text stands on.
            words = [] if "(" in each.value else each.value.split()
            ground = _colour(each.value) or next(filter(None, map(_colour, words)), None)
        elif each.name == "background-image" and each.value.lower() != "none":
            ground = None
    return text, ground


def _colour(value: str) -> str | None:
    """*value* as #rrggbb; None where it is no colour, or one that shows what is behind it."""
    word = value.strip().lower()
    if re.fullmatch(r"#[0-9a-f]{3}", word):
        return "#" + "".join(digit * 2 for digit in word[1:])
    if re.fullmatch(r"#[0-9a-f]{6}", word):
        return word
    if found := re.fullmatch(r"rgb\(\s*(\d{1,3})[\s,]+(\d{1,3})[\s,]+(\d{1,3})\s*\)", word):
        return "#" + "".join(f"{min(int(part), 255):02x}" for part in found.groups())
    return _NAMES.get(word)


# What the reader sees


def _seen(letter: str, dark: Sequence[_Paint]) -> Iterator[_Look]:
    """How each piece of text in *letter* looks; with *dark*, where those rules hold over what elements say."""
    # The element at hand last, and beside each what text in it looks like.
    way: list[tuple[_Element, _Look]] = []
    told: set[_Look] = set()
    letter = without_comments(letter)
    end = letter.find("<body")
    for tag in tags_of(letter):
        if tag.start < end:
            continue
        look = way[-1][1] if way else _Look()
        if not look.hidden and look not in told and re.search(r"\w", unescape(letter[end : tag.start])):
            told.add(look)
            yield look
        end = tag.end
        if tag.closes:
            while way and way.pop()[0].name != tag.name:
                pass
        elif tag.name not in VOID:
            element = _element(tag)
            path = (*(each for each, _ in way), element)
            way.append((element, _look_in(tag, path, look, dark)))


def _element(tag: Tag) -> _Element:
    named = [(name, tag.get(name)) for name in tag.attributes if name in ("id", "dir", "lang", "align")]
    return _Element(tag.name, frozenset(tag.get("class").split()), tuple(named))


def _look_in(tag: Tag, path: tuple[_Element, ...], around: _Look, dark: Sequence[_Paint]) -> _Look:
    """What text in the element of *tag* looks like; *around* is what it looks like outside of it."""
    written = declarations_of(tag.get("style"))
    values = {each.name: each.value.lower() for each in written}
    text, ground = _colours(written)
    covered = "background" in values or "background-image" in values or "background" in tag.attributes
    ground = ground or (None if covered else _colour(tag.get("bgcolor")))
    applied = sorted((paint for paint in dark if _matches(paint, path)), key=lambda paint: paint.weight)
    for paint in applied:
        text = paint.text if paint.text and (paint.important or not text) else text
        ground = paint.ground if paint.ground and (paint.important or not ground) else ground
    look = around
    if text:
        look = replace(look, text=text, text_from=path)
    if ground or covered:
        look = replace(look, ground=ground, ground_from=path)
    size = re.fullmatch(r"([\d.]+)px", values.get("font-size", ""))
    weight = values.get("font-weight", "bold" if tag.name in _BOLD else "")
    return replace(
        look,
        pixels=float(size[1]) if size else look.pixels,
        bold=weight in ("bold", "bolder", "700", "800", "900") if weight else look.bold,
        hidden=look.hidden or values.get("display") == "none" or values.get("visibility") == "hidden",
    )


def _matches(paint: _Paint, way: Sequence[_Element]) -> bool:
    """Whether *paint* is for the last element of *way*, the others being around it."""
    if not paint.path:
        return paint.tag == way[-1].name
    *outer, last = paint.path
    if not _is(last, way[-1]):
        return False
    rest = list(way[:-1])
    for compound in reversed(outer):
        while rest and not _is(compound, rest[-1]):
            rest.pop()
        if not rest:
            return False
        rest.pop()
    return True


def _is(compound: str, element: _Element) -> bool:
    name, classes, attributes = _taken_apart(compound)
    if (name and name != element.name) or not classes <= element.classes:
        return False
    known = dict(element.attributes)
    return all(key in known and value in ("", known[key]) for key, value in attributes)


@functools.cache
def _taken_apart(compound: str) -> tuple[str, frozenset[str], tuple[tuple[str, str], ...]]:
    """The name that *compound* asks for, its classes, and its attributes with their values; what is empty is any."""
    name = re.match(r"[\w-]*", compound)
    parts = re.findall(r"\.([\w-]+)|#([\w-]+)|\[([^\]=]+)=?\"?([^\]\"]*)", compound)
    classes = frozenset(part[0] for part in parts if part[0])
    attributes = [("id", part[1]) if part[1] else (part[2], part[3]) for part in parts if not part[0]]
    return (name[0].lower() if name else ""), classes, tuple(attributes)
