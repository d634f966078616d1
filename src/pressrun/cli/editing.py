"""`pressrun subscribers edit`: the name, the tags, and the fields of one person."""

from dataclasses import replace
from pathlib import Path

import click

from pressrun.cli.options import source_option
from pressrun.cli.person import somebody
from pressrun.cli.show import console
from pressrun.model.personalnames import FIRST, LAST, joined_name, with_parts, without_parts
from pressrun.model.problems import shown
from pressrun.model.subscriber import Person
from pressrun.settings.database import opened_store


@click.command("edit", short_help="Change the name, the tags, or the fields of somebody.")
@click.argument("address")
@click.option("--name", metavar="NAME", help="The whole name. What was known of its parts is forgotten.")
@click.option("--first-name", "given", metavar="NAME", help="The given name, as {first_name} shows it.")
@click.option("--last-name", "family", metavar="NAME", help="The family name.")
@click.option("--tag", "added", multiple=True, metavar="TAG", help="Add this tag. Can be repeated.")
@click.option("--untag", "removed", multiple=True, metavar="TAG", help="Remove this tag. Can be repeated.")
@click.option("--field", "fields", multiple=True, metavar="KEY=VALUE", help="Set this field. Can be repeated.")
@click.option("--remove-field", "gone", multiple=True, metavar="KEY", help="Remove this field. Can be repeated.")
@source_option
def edit(
    address: str,
    name: str | None,
    given: str | None,
    family: str | None,
    added: tuple[str, ...],
    removed: tuple[str, ...],
    fields: tuple[str, ...],
    gone: tuple[str, ...],
    source: Path,
) -> None:
    """Change what is kept of ADDRESS. Lists and consent stay as they are.

    An empty name removes it: --first-name "".
    """
    changes = (name, given, family)
    if all(each is None for each in changes) and not (added or removed or fields or gone):
        raise click.UsageError("Say what to change: --name, --first-name, --last-name, --tag, --untag, or --field.")
    build_request = dict(_pair(each) for each in fields)

    def changed(person: Person) -> Person:
        person = _renamed(person, *(None if each is None else _plain(each) for each in changes))
        unwanted = {_plain(tag) for tag in removed}
        tags = [tag for tag in dict.fromkeys((*person.tags, *map(_plain, added))) if tag and tag not in unwanted]
        kept = {key: text for key, text in (dict(person.fields) | build_request).items() if key not in gone}
        return replace(person, tags=tuple(tags), fields=kept)

    with opened_store(source) as store:
        person = somebody(store, address)
        if unknown := next((key for key in gone if key not in person.fields), None):
            known = ", ".join(person.fields) or "none"
            raise click.UsageError(f'{address} has no field "{unknown}"; there are: {known}.')
        from pressrun.circulation.consent import edit as edited_by

        after = edited_by(store, person.id, changed)
    assert after is not None
    out = console()
    out.print(shown(f"{after.name} <{after.address}>" if after.name else after.address))
    if after.tags:
        out.print(shown(f"  tags: {', '.join(after.tags)}"))
    for key, text in after.fields.items():
        out.print(shown(f"  {key}: {text}"))


def _renamed(person: Person, name: str | None, given: str | None, family: str | None) -> Person:
    """*person* with what of their name is given."""
    fields = person.fields if name is None else without_parts(person.fields)
    if given is None and family is None:
        return replace(person, name=person.name if name is None else name, fields=fields)
    given = fields.get(FIRST, "") if given is None else given
    family = fields.get(LAST, "") if family is None else family
    whole = joined_name(given, family) if name is None else name
    return replace(person, name=whole, fields=with_parts(fields, given, family))


def _plain(text: str) -> str:
    """*text* as one line, without what cannot be printed."""
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())


def _pair(text: str) -> tuple[str, str]:
    key, is_given, value = text.partition("=")
    if not is_given or not key.strip():
        raise click.UsageError(f'--field "{text}": write KEY=VALUE.')
    return key.strip(), value.replace("\0", "").strip()
