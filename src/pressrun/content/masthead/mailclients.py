"""The table of mail programs: the one that comes with Pressrun, and what a publication's `clients.yaml` says of it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated

from pydantic import PlainValidator

from pressrun.content.source.fields import Field, yaml_fields
from pressrun.content.source.files import ContentFolder, SourceFile, packaged, source_file
from pressrun.content.source.groups import ReadFields
from pressrun.content.source.kinds import FilledLine, Words
from pressrun.content.source.names import Names
from pressrun.content.source.shapes import Shape
from pressrun.content.source.values import kind_of, words_from
from pressrun.model.mailclients import Feature, MailClients, Sign, Support
from pressrun.model.problems import Position, Problem

PACKAGED = "press/newsletter/clients.yaml"
OWN = ("clients.yaml", "clients.yml")

TABLE_NAMES = Names(dict.fromkeys(("date", "clients", "without", "features"), ()))
FEATURE_NAMES = Names(dict.fromkeys(("name", "found_by", "holds", "instead"), ()))
SIGN_NAMES = Names(
    dict.fromkeys(("property", "value", "function", "unit", "at_rule", "element", "attribute", "picture"), ())
)


class TableFields(Shape):
    """The top of `clients.yaml` (manual: mail clients), but for what stands under names of its own."""

    date: FilledLine | None = None
    without: Words = ()


class FeatureFields(Shape):
    """One of `features:`, but for how it is found and where it holds."""

    name: FilledLine | None = None
    instead: FilledLine | None = None


def _folded_from(value: object) -> tuple[str, ...]:
    # CSS and HTML know no difference between small letters and capitals.
    return tuple(word.lower().lstrip("@.").removesuffix("()") for word in words_from(value))


Folded = Annotated[tuple[str, ...], PlainValidator(_folded_from)]


class SignFields(Shape):
    """One of a feature's signs."""

    property: Folded = ()
    value: Folded = ()
    function: Folded = ()
    unit: Folded = ()
    at_rule: Folded = ()
    element: Folded = ()
    attribute: Folded = ()
    picture: Folded = ()


def clients_of(folder: ContentFolder) -> tuple[MailClients, list[Problem]]:
    """The packaged table as the publication's own has it, where there is one in *folder*; and what is wrong in that."""
    table, problems = read_clients(packaged(PACKAGED), MailClients())
    name = next((name for name in OWN if name in folder.files), None)
    if name is None:
        return table, problems
    source, problems = source_file(folder, name)
    if source is None:
        return table, problems
    known, found = read_clients(source, table)
    return known, [*problems, *found]


def read_clients(source: SourceFile, known: MailClients) -> tuple[MailClients, list[Problem]]:
    """*known* with all that *source* adds or corrects, and what is wrong in it."""
    root, problems = yaml_fields(source)
    if root is None:
        return known, problems
    reader = ReadFields()
    fields = reader.group(root, TABLE_NAMES) or {}
    clients, features = fields.pop("clients", None), fields.pop("features", None)
    top = reader.read(TableFields, fields, source.position()) or TableFields()
    names = {**known.names, **_names(reader, clients)}
    table = _Features(reader, names, known.features)
    read = {key: table.feature(key, each) for key, each in _named(reader, features).items()}
    added = {key: feature for key, feature in read.items() if feature is not None}
    for name in top.without:
        if name not in names:
            place = fields["without"].position
            reader.problems.append(_no_client(name, place, names))
    kept = {key: name for key, name in names.items() if key not in top.without}
    result = MailClients(top.date or known.date, kept, {**known.features, **added})
    return result, [*problems, *reader.problems]


def _named(reader: ReadFields, field: Field | None) -> dict[str, Field]:
    """The fields inside of *field*, whose names the writer chooses."""
    if field is None or field.value is None:
        return {}
    if not isinstance(field.value, dict):
        message = f"named fields are expected here, not {kind_of(field.text_tree())}"
        reader.problems.append(Problem(field.position, "wrong-type", message, "indent them below this name"))
        return {}
    return dict(field.value)


def _names(reader: ReadFields, field: Field | None) -> dict[str, str]:
    names = {}
    for key, each in _named(reader, field).items():
        if isinstance(each.value, str) and each.value.strip():
            names[key] = " ".join(each.value.split())
        else:
            message = f"a name is expected here, not {kind_of(each.text_tree())}"
            hint = "write it as people know it: thunderbird: Thunderbird"
            reader.problems.append(Problem(each.position, "wrong-type", message, hint))
    return names


def _no_client(name: str, place: Position, names: Mapping[str, str]) -> Problem:
    message = f'no mail program is called "{name}" here'
    return Problem(place, "bad-value", message, f"known are {', '.join(names)}; add others under clients:")


class _Features:
    """Reads features: *names* are the mail programs that are known, *known* the features so far."""

    def __init__(self, reader: ReadFields, names: Mapping[str, str], known: Mapping[str, Feature]) -> None:
        self.reader = reader
        self.names = names
        self.known = known

    def feature(self, key: str, field: Field) -> Feature | None:
        """The feature *key* as *field* has it: a new one, or a known one corrected; None where it is of no use."""
        fields = self.reader.group(field, FEATURE_NAMES)
        if fields is None:
            return None
        place = field.key or field.position
        before = self.known.get(key, Feature(key, (), "do without it, or make sure that the letter is whole", {}))
        signs, support = self.signs(fields.pop("found_by", None)), self.support(fields.pop("holds", None))
        read = self.reader.read(FeatureFields, fields, place) or FeatureFields()
        feature = replace(
            before,
            name=read.name or before.name,
            signs=signs or before.signs,
            instead=read.instead or before.instead,
            support={**before.support, **support},
        )
        if not feature.signs or not feature.support:
            missing = "holds" if feature.signs else "found_by"
            hint = "write found_by: {property: zoom}, and holds: {gmail-web: n}"
            self.reader.problems.append(Problem(place, "missing-field", f'"{missing}" is missing', hint))
            return None
        return feature

    def signs(self, field: Field | None) -> tuple[Sign, ...]:
        """How a feature is found: one sign, or a list of them."""
        written = [] if field is None else field.value if isinstance(field.value, list) else [field]
        groups = [(each, self.reader.group(each, SIGN_NAMES)) for each in written]
        read = [self.reader.read(SignFields, group, each.position) for each, group in groups if group]
        return tuple(_sign(each) for each in read if each)

    def support(self, field: Field | None) -> dict[str, Support]:
        """Where a feature holds, by the key of the mail program."""
        support = {}
        for key, each in _named(self.reader, field).items():
            place = each.key or each.position
            if key not in self.names:
                self.reader.problems.append(_no_client(key, place, self.names))
                continue
            value = each.value.lower() if isinstance(each.value, str) else ""
            if value not in {support.value for support in Support}:
                message = f'"{value}" does not say whether it holds'
                self.reader.problems.append(Problem(each.position, "bad-value", message, "write y, a (partly) or n"))
                continue
            support[key] = Support(value)
        return support


def _sign(read: SignFields) -> Sign:
    return Sign(
        properties=read.property,
        values=read.value,
        functions=read.function,
        units=read.unit,
        at_rules=read.at_rule,
        elements=read.element,
        attributes=read.attribute,
        pictures=read.picture,
    )
