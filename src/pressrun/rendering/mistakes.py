"""What goes wrong in templates, in the words that their authors know."""

import difflib
import re
from collections.abc import Callable
from dataclasses import fields

from pressrun.model.edition import RenderedEdition
from pressrun.model.picture import Picture
from pressrun.model.publication import Author, Look, Mailbox, MailSettings, Palette, Publication
from pressrun.model.story import RenderedStory

_FIELDS = {
    noun.__name__: [each.name for each in fields(noun)]
    for noun in (RenderedStory, RenderedEdition, Publication, Look, Palette, MailSettings, Mailbox, Author, Picture)
}
# What templates call the things that Python has names of its own for.
_NOUNS = {
    "None": "nothing",
    "NoneType": "nothing",
    "bool": "true or false",
    "int": "a number",
    "float": "a number",
    "str": "a text",
    "Markup": "a text",
    "list": "a list",
    "tuple": "a list",
    "dict": "a group of fields",
}


def sentence(error: Exception, name: str) -> str:
    """What *error*, met while the template *name* was filled, says to its author."""
    if isinstance(error, RecursionError):
        return f"this template builds on itself; to build on the packaged one, write default/{name}"
    if isinstance(error, MemoryError):
        return "this makes more text than there is room for"
    said = str(error)
    for pattern, words in _SAYINGS:
        if found := pattern.fullmatch(said):
            return words(found)
    return said or type(error).__name__


def _missing(found: re.Match[str]) -> str:
    kind, field = found[1], found[2]
    if kind == "TemplateModule":
        return f'there is no macro "{field}"'
    if kind == "dict":
        return f'there is no "{field}" here; where it may be missing, write {{{{ … | default("") }}}}'
    if kind in _NOUNS:
        noun = _NOUNS[kind]
        return f'there is nothing here that could have a "{field}"' if noun == "nothing" else f'{noun} has no "{field}"'
    close = difflib.get_close_matches(field, _FIELDS.get(kind, ()), n=1, cutoff=0.6)
    guess = f'; did you mean "{close[0]}"?' if close else ""
    return f'{_plain(kind)} has no "{field}"{guess}'


def _plain(kind: str) -> str:
    return kind.removeprefix("Rendered").lower()


def _noun(kind: str) -> str:
    return _NOUNS.get(kind) or f"{'an' if _plain(kind)[0] in 'aeiou' else 'a'} {_plain(kind)}"


# What Jinja and Python say, and what it means.
_SAYINGS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
    (re.compile(r"'(?:[\w.]+\.)?(\w+)(?: object' |' object |' )has no attribute '(\w+)'"), _missing),
    (re.compile(r"(?:tuple|list) object has no element (.+)"), lambda found: f"this list has no element {found[1]}"),
    (
        re.compile(r"'[<>]=?' not supported between instances of '(\w+)' and '(\w+)'"),
        lambda found: f"{_noun(found[1])} and {_noun(found[2])} cannot be compared",
    ),
    (
        re.compile(r"unsupported operand type\(s\) for (\S+): '(\w+)' and '(\w+)'"),
        lambda found: f"{_noun(found[2])} and {_noun(found[3])} do not go together with {found[1]}",
    ),
    (
        re.compile(r'can only concatenate (\w+) \(not "(\w+)"\) to \w+'),
        lambda found: f"{_noun(found[1])} and {_noun(found[2])} do not go together with +; texts are joined with ~",
    ),
    (
        re.compile(r"'(\w+)' object is not iterable"),
        lambda found: f"{_noun(found[1])} stands where a text or a list is wanted",
    ),
    (re.compile(r"object of type '(\w+)' has no len\(\)"), lambda found: f"{_noun(found[1])} has no length"),
    (re.compile(r"'(\w+)' object is not callable"), lambda found: f"{_noun(found[1])} cannot be called"),
)
