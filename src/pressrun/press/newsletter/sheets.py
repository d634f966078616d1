"""A style sheet taken apart: its rules and declarations, each with the offset where it stands."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from pressrun.model.spans import Spans

STYLE_COMMENTS = Spans((r"/\*", r"\*/"))
_QUIET = Spans((r"/\*", r"\*/"), (r"\"[^\"\n]*\"",), (r"'[^'\n]*'",))
_URL = re.compile(r"url\([^()\"'\n]*\)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Declaration:
    """What a property is set to: *name* in small letters, *value* as written, without comments and !important."""

    name: str
    value: str
    start: int
    important: bool = False


@dataclass(frozen=True, slots=True)
class CssRule:
    """What stands before a `{`, or before the `;` of an at-rule without one; *within* are the at-rules around it."""

    prelude: str
    start: int
    within: tuple[str, ...] = ()
    declarations: list[Declaration] = field(default_factory=list)


def without_words(css: str) -> str:
    """*css* with comments and quoted text blanked out, so that what is left is grammar; offsets stay."""
    return _QUIET.sub(lambda span: _blank(span.whole), css)


def rules_of(css: str) -> Iterator[CssRule]:
    """The rules of *css* in order, at-rules before what they hold; what no browser could read is passed over."""
    # A semicolon may stand in the address of a picture.
    grammar = _URL.sub(lambda found: re.sub(r"[{};:]", "_", found.group()), without_words(css))
    around: list[CssRule] = []
    start = 0
    for sign in re.finditer(r"[{};]", grammar):
        begin, end = _trimmed(grammar, start, sign.start())
        start = sign.end()
        if sign.group() == "{":
            prelude = STYLE_COMMENTS.sub(" ", css[begin:end]).strip()
            within = tuple(rule.prelude for rule in around)
            around.append(CssRule(prelude, begin, within))
            if prelude.startswith("@"):
                yield around[-1]
            continue
        if around:
            around[-1].declarations.extend(_declaration(css, grammar, begin, end))
        elif grammar[begin:end].startswith("@"):
            yield CssRule(STYLE_COMMENTS.sub(" ", css[begin:end]).strip(), begin)
        if sign.group() == "}" and around:
            done = around.pop()
            if not done.prelude.startswith("@"):
                yield done


def declarations_of(css: str) -> list[Declaration]:
    """The declarations of *css*, which is the value of a style attribute."""
    return [declaration for rule in rules_of("{" + css + "}") for declaration in _moved(rule.declarations, -1)]


def _moved(declarations: list[Declaration], by: int) -> Iterator[Declaration]:
    for each in declarations:
        yield Declaration(each.name, each.value, each.start + by, each.important)


def _declaration(css: str, grammar: str, begin: int, end: int) -> Iterator[Declaration]:
    colon = grammar.find(":", begin, end)
    name = grammar[begin:colon].strip().lower() if colon >= 0 else ""
    if re.fullmatch(r"-{0,2}[a-z][a-z0-9-]*", name):
        value = STYLE_COMMENTS.sub(" ", css[colon + 1 : end]).strip()
        plain = re.sub(r"(?<!\s)\s*!\s*important$", "", value, flags=re.IGNORECASE)
        yield Declaration(name, plain, begin, important=plain != value)


def _trimmed(grammar: str, begin: int, end: int) -> tuple[int, int]:
    """What is left between *begin* and *end* without white space and comments before it."""
    return begin + len(grammar[begin:end]) - len(grammar[begin:end].lstrip()), end


def _blank(text: str) -> str:
    return re.sub(r"[^\n]", " ", text)
