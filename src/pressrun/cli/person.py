"""Which person an address on the command line means."""

from typing import TYPE_CHECKING

import click

from pressrun.model.problems import StoreError
from pressrun.model.subscriber import Person
from pressrun.settings.database import MISSING

if TYPE_CHECKING:
    from pressrun.circulation.store.engine import Store
    from pressrun.model.mailaddress import EmailAddress


def address_option_text(text: str) -> "EmailAddress":
    """The address that somebody typed; raises UsageError where it is none."""
    try:
        from pressrun.circulation.subscribers.addresses import address_from

        return address_from(text)
    except ImportError as error:
        raise StoreError(MISSING) from error
    except ValueError as error:
        raise click.UsageError(f"{error}.") from error


def somebody(store: "Store", text: str) -> Person:
    """The person with the address *text*; raises UsageError where there is none."""
    from pressrun.circulation.dossiers import find

    person = find(store, address_option_text(text))
    if person is None:
        raise click.UsageError(f"{text} is not here.")
    return person
