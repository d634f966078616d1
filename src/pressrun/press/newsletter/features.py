"""What a publication's own templates and style sheets ask for, held against what mail programs understand."""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from pressrun.model.mailclients import Feature, MailClients, Sign
from pressrun.model.problems import Problem, Severity
from pressrun.press.newsletter.markup import Tag, style_sheets_of, tags_of, without_jinja
from pressrun.press.newsletter.sheets import CssRule, Declaration, declarations_of, rules_of, without_words
from pressrun.rendering.templates import OwnTemplate

# At-rules that hold others. Whoever does not know one passes over all that is in it, and nothing else is lost.
_HOLDING = frozenset({"media", "supports", "container", "layer", "scope"})
_ADDRESSES = ("src", "srcset", "background", "poster", "data", "href")
# So many mail programs have to lack something for it to be more than a hint.
_MANY = 2


@dataclass(frozen=True, slots=True)
class Use:
    """A feature that is used, where, in how many characters; *readers* are the mail programs that read that far."""

    feature: Feature
    start: int
    width: int
    readers: Collection[str]


def client_findings(templates: Iterable[OwnTemplate], clients: MailClients) -> list[Problem]:
    """Each feature that some mail program lacks, once for each of *templates*, at the first place that asks for it."""
    problems = []
    for template in templates:
        if template.name.endswith(".txt"):
            continue
        text = without_jinja(template.text)
        uses = uses_in_sheet(text, clients) if template.name.endswith(".css") else uses_in_page(text, clients)
        found: dict[tuple[str, tuple[str, ...]], list[Use]] = {}
        for use in uses:
            if lacking := clients.without(use.feature, use.readers):
                found.setdefault((use.feature.name, tuple(lacking)), []).append(use)
        for (name, lacking_keys), places in found.items():
            names = [clients.names[key] for key in lacking_keys]
            problems.append(_lacking(template, name, names, sorted(places, key=lambda use: use.start)))
    return problems


def _lacking(template: OwnTemplate, name: str, lacking: Sequence[str], uses: Sequence[Use]) -> Problem:
    others = f" (here, and {len(uses) - 1} more in this file)" if len(uses) > 1 else ""
    return Problem(
        template.position_at(uses[0].start, uses[0].width),
        code="letter-client",
        message=f"{name} does not hold in {_listed(lacking)}{others}",
        hint=uses[0].feature.instead,
        severity=Severity.WARNING if len(lacking) >= _MANY else Severity.HINT,
    )


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def uses_in_sheet(css: str, clients: MailClients, start: int = 0) -> Iterator[Use]:
    """The features that a style sheet uses; it begins *start* characters into its file.

    What an at-rule holds is read by those alone who know that at-rule, and the rule itself is no loss to others.
    """
    for rule in rules_of(css):
        readers = _readers(rule, clients)
        if rule.prelude.startswith("@") and _at_name(rule.prelude) not in _HOLDING:
            for feature in clients.features.values():
                if any(_is_at_rule(sign, rule.prelude) for sign in feature.signs):
                    yield Use(feature, start + rule.start, len(rule.prelude.split("\n")[0]), readers)
        yield from _uses_in_declarations(rule.declarations, clients, start, readers)


def uses_in_page(html: str, clients: MailClients) -> Iterator[Use]:
    """The features that a page uses: its elements, its attributes, its styles and style sheets."""
    everyone = clients.names.keys()
    for tag in tags_of(html):
        if tag.closes:
            continue
        for feature in clients.features.values():
            if any(_is_tag(sign, tag) for sign in feature.signs):
                yield Use(feature, tag.start, len(html[tag.start : tag.end].split("\n")[0]), everyone)
        if style := tag.attributes.get("style"):
            # Unescaped it would be shorter, and its places would be wrong; what is escaped there are quotes.
            yield from _uses_in_declarations(declarations_of(style.raw), clients, style.start, everyone)
    for start, css in style_sheets_of(html):
        yield from uses_in_sheet(css, clients, start)


def _readers(rule: CssRule, clients: MailClients) -> Collection[str]:
    """The keys of the mail programs that read what stands in *rule*."""
    lost = {
        key
        for prelude in rule.within
        for feature in clients.features.values()
        if any(_is_at_rule(sign, prelude) for sign in feature.signs)
        for key in clients.without(feature)
    }
    return clients.names.keys() - lost


def _uses_in_declarations(
    declarations: Sequence[Declaration], clients: MailClients, start: int, readers: Collection[str]
) -> Iterator[Use]:
    has_ground = any(declaration.name == "background-color" for declaration in declarations)
    for declaration in declarations:
        if has_ground and declaration.name in ("background", "background-image"):
            continue  # whoever does not see the picture sees the colour
        width = len(f"{declaration.name}: {declaration.value}".split("\n")[0])
        for feature in clients.features.values():
            if any(_is_declaration(sign, declaration) for sign in feature.signs):
                yield Use(feature, start + declaration.start, width, readers)


def _is_declaration(sign: Sign, declaration: Declaration) -> bool:
    if sign.at_rules or sign.elements or sign.attributes:
        return False
    if sign.pictures and not any(_is_picture(sign, url) for url in _addresses_in(declaration.value)):
        return False
    if sign.properties and not any(fnmatchcase(declaration.name, name) for name in sign.properties):
        return False
    value = without_words(declaration.value).lower()
    return (
        (not sign.values or any(_has_word(value, word) for word in sign.values))
        and (not sign.functions or any(re.search(rf"(?<![\w-]){re.escape(name)}\(", value) for name in sign.functions))
        and (not sign.units or any(re.search(rf"[\d.]{re.escape(unit)}(?![\w%])", value) for unit in sign.units))
    )


def _is_at_rule(sign: Sign, prelude: str) -> bool:
    words = prelude.lower()
    return _at_name(words) in sign.at_rules and (not sign.values or any(_has_word(words, word) for word in sign.values))


def _at_name(prelude: str) -> str:
    found = re.match(r"@([\w-]+)", prelude)
    return found[1].lower() if found else ""


def _is_tag(sign: Sign, tag: Tag) -> bool:
    if sign.properties or sign.functions or sign.units or sign.at_rules:
        return False
    if sign.elements and tag.name not in sign.elements:
        return False
    if sign.attributes and not any(name in tag.attributes for name in sign.attributes):
        return False
    if sign.pictures:
        # A link to a picture shows none.
        names = [name for name in _ADDRESSES if name != "href" or tag.name in ("link", "image", "use")]
        return any(_is_picture(sign, tag.get(name).split(" ")[0]) for name in names)
    return bool(sign.elements or sign.attributes) and not sign.values


def _is_picture(sign: Sign, url: str) -> bool:
    path = re.split(r"[?#]", url.strip().lower())[0]
    return any(path.endswith(f".{ending}") or path.startswith(f"data:image/{ending}") for ending in sign.pictures)


def _addresses_in(value: str) -> list[str]:
    return [found[1].strip(" \"'") for found in re.finditer(r"url\(([^()]*)\)", value, re.IGNORECASE)]


def _has_word(text: str, word: str) -> bool:
    return re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", text) is not None
