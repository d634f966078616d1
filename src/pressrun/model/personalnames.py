"""Names of people: what is one, which part of it is given, and nothing that was guessed.

A given name is known where a person or a table says so. Of a whole name it is known where the name itself says which
part is which: "Lee, Ann", and names in Chinese, Japanese, and Korean, which begin with the family's. "Nagy Ágnes" and
"Ann Lee" look alike, so neither says.
"""

import re
import unicodedata
from collections.abc import Mapping

# Under these names a person's fields hold the parts of their name, where they are known.
FIRST, LAST = "first_name", "last_name"
LONGEST = 200

_HONORIFICS = frozenset(
    "dr drs prof professor mr mrs ms mx miss sir madam herr frau hr fr dipl ing mag med phil jur rer nat habil "
    "mme mlle m monsieur madame mademoiselle maitre me sr sra srta señor señora señorita don doña dott dottssa "
    "sig sigra signor signora avv geom dra sig.ra dhr mevr mw mevrouw meneer rev reverend fr. capt lt col sgt "
    "hon lic".split()
)
# These are dropped before a given name; the others of the above may be a name ("Don", "Fr").
_SURE_HONORIFICS = _HONORIFICS - set("m me fr don doña miss sir mag med nat ing lic col hon".split())
_SUFFIXES = frozenset("jr sr ii iii iv phd md esq mba msc bsc ma ba cpa dds dvm jd llb llm mag ret fils père".split())
_JAPANESE_TITLES = ("様", "さま", "さん", "殿", "先生", "御中", "님", "씨", "先生", "女士", "小姐")
_NOBODY = frozenset(
    "na none null nil nan undefined unknown unbekannt inconnu inconnue desconocido sconosciuto desconhecido "
    "onbekend anonymous anonym anonyme anonimo test testtest noname nofirstname nolastname unknownname notset "
    "notprovided notavailable notapplicable name firstname lastname fname lname fullname yourname vorname "
    "nachname prenom nom nombre nome naam voornaam subscriber customer guest user friend reader member admin "
    "administrator info keineangabe ka sansnom sinnombre senzanome semnome geennaam true false yes no xxx xx x "
    "asdf abc blank empty deleted default 不明 名無し 匿名 未設定 なし 無し".split()
)
# *|FNAME|*, {{ name }}, {name}, %%name%%, %NAME%, [NAME], [[name]], <name>, ${name}, $name$, #N/A, ##NAME##, __name__.
_PLACEHOLDER = re.compile(r"\*\|.*\|\*|\$?\{.*\}|%+[^%]+%+|\[.*\]|<.*>|\$[^$]+\$|#.*|__.*__|\(.*\)|\?+", re.DOTALL)
_WEB = re.compile(
    r"(?:https?:|ftp:|www\.)|(?<![\w-])[\w-]++\.(?:com|org|net|de|fr|es|it|nl|co|io|uk|jp|example)\b", re.IGNORECASE
)
_COMPANY = re.compile(
    r"\b(?:gmbh|mbh|ag|kg|ohg|ug|inc|llc|ltd|plc|corp|corporation|co|company|sarl|sas|sa|srl|spa|bv|nv|ev|e\.v|ltda|pty|"
    r"foundation|stiftung|verein|university|universität|institute|institut|team|family|familie|familia|famiglia|famille|"
    r"newsletter|marketing|sales|support|office|büro|redaktion)\b|株式会社|有限会社|주식회사",
    re.IGNORECASE,
)
_SEVERAL = re.compile(r"[&+/;|]|\b(?:and|und|et|og|och|en)\b", re.IGNORECASE)


def name_in(text: str) -> str:
    """Return *text* as a name, its spaces made single; empty where it is none, such as "N/A" or `*|FNAME|*`."""
    words = text.split()
    key = "".join(words).casefold()
    if key.isalpha() and len(text) <= LONGEST and key not in _NOBODY and words[0].casefold() not in _HONORIFICS:
        return " ".join(words)  # most names, at a glance
    name = " ".join("".join(each if each.isprintable() else " " for each in text[: 2 * LONGEST]).split())[:LONGEST]
    key = "".join(each for each in name.casefold() if each.isalnum())
    if not any(each.isalpha() for each in name) or "@" in name or _PLACEHOLDER.fullmatch(name) or _WEB.search(name):
        return ""
    if key in _NOBODY and not _may_be_a_name(name):
        return ""
    bare = name.casefold().replace(".", " ").split()
    is_title = all(map(_is_honorific, name.split())) or all(word in _SURE_HONORIFICS for word in bare)
    return "" if is_title else name


def _may_be_a_name(name: str) -> bool:
    """Whether *name* is written as the names that some of those words are, too: "Na", "Guest"."""
    return name in ("Na", "Ba", "Ma", "Ka")


def _is_honorific(word: str) -> bool:
    bare = word.casefold().strip(".,")
    return bare.replace(".", "") in _HONORIFICS and (bare in _SURE_HONORIFICS or word.endswith(".") or len(bare) > 3)


def given_name_in(text: str) -> str:
    """Return what a column of first names holds: whole, without titles; empty where it is no name."""
    name = _untitled(name_in(text))
    return first_name_of(name) if "," in name else name


def first_name_of(name: str) -> str:
    """Return the given name in the whole *name*, where it says which part that is; else nothing."""
    name = name_in(name)
    if not name or _COMPANY.search(name) or _SEVERAL.search(name):
        return ""
    if "," in name or "、" in name:
        parts = [part.strip() for part in re.split("[,、]", name)]
        parts = [part for part in parts if part and not _is_suffix(part)]
        given = _untitled(parts[1]) if len(parts) == 2 else ""
        return given if given and any(each.isalpha() for each in given) and _is_name_like(given) else ""
    words = name.split()
    if words[-1] in _JAPANESE_TITLES:
        words = words[:-1]
    if len(words) == 2 and all(map(_is_family_first, words)):
        return _without_title(words[1])
    return ""


def _is_name_like(text: str) -> bool:
    return not any(each.isdigit() for each in text) and len(text.split()) <= 4


def _is_suffix(part: str) -> bool:
    return all(word.casefold().replace(".", "") in _SUFFIXES or _is_honorific(word) for word in part.split())


def _untitled(name: str) -> str:
    """*name* without the titles before it; empty where nothing else is in it."""
    words = name.split()
    while words and (bare := words[0].casefold().replace(".", "")) and bare in _HONORIFICS:
        if bare not in _SURE_HONORIFICS and not (words[0].endswith(".") and len(bare) > 1):
            break
        words = words[1:]
    return " ".join(words)


def _without_title(word: str) -> str:
    for title in _JAPANESE_TITLES:
        if word.endswith(title) and len(word) > len(title):
            return word.removesuffix(title)
    return word


def _is_family_first(text: str) -> bool:
    """Whether *text* is in Han, Hiragana, or Hangul. Names in Katakana alone are those of foreigners."""
    letters = [each for each in text if each.isalpha()]
    scripts = {unicodedata.name(each, "").partition(" ")[0] for each in letters}
    return bool(scripts & {"CJK", "HIRAGANA", "HANGUL"}) and scripts <= {"CJK", "HIRAGANA", "HANGUL", "KATAKANA"}


def joined_name(given: str, family: str) -> str:
    """Return the whole name of somebody with these two parts, in the order of their script."""
    is_family_first = given and family and _is_family_first(given) and _is_family_first(family)
    return " ".join(part for part in ((family, given) if is_family_first else (given, family)) if part)


def known_first_name(name: str, fields: Mapping[str, str]) -> str:
    """Return the given name of a person called *name*, of whom *fields* may know the parts; else nothing."""
    if FIRST in fields or LAST in fields:
        return given_name_in(fields.get(FIRST, ""))
    return first_name_of(name)


def parts_in(name: str, *, is_family_first: bool) -> tuple[str, str] | None:
    """Return the given and the family name in *name*, whose order is known; None where there are not two parts."""
    name = _untitled(name_in(name))
    words = name.split()
    if len(words) != 2 or "," in name or _COMPANY.search(name) or _SEVERAL.search(name):
        return None
    return (words[1], words[0]) if is_family_first else (words[0], words[1])


def without_parts(fields: Mapping[str, str]) -> dict[str, str]:
    """Return *fields* without the parts of a name."""
    return {key: text for key, text in fields.items() if key not in (FIRST, LAST)}


def with_parts(fields: Mapping[str, str], given: str, family: str) -> dict[str, str]:
    """Return *fields* with these parts of a name; an empty one is left out."""
    return without_parts(fields) | {key: part for key, part in ((FIRST, given), (LAST, family)) if part}
