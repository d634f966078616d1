"""What a record of subscribers has to be: a file may have been cut short, or saved by a program that knew better."""

import enum
from collections.abc import Callable, Hashable, Iterable
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from pressrun.circulation.subscribers.addresses import address_from, plain_address
from pressrun.circulation.subscribers.moments import FORMAT, moment_kept
from pressrun.circulation.subscribers.suppression import LENGTH
from pressrun.model.consent import ConsentSource, Event, Reason
from pressrun.model.notice import Notice
from pressrun.model.subscriber import SubscriptionState

# No database takes a text with a zero in it.
Text = Annotated[str, StringConstraints(pattern=r"^[^\x00]*\z")]
Mark = Annotated[str, StringConstraints(pattern=rf"^[0-9a-f]{{{2 * LENGTH}}}\z")]
Key = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}\z")]
Count = Annotated[int, Field(ge=0, lt=2**31)]


def _moment(text: str) -> str:
    moment_kept(text)
    return text


def _address(text: str) -> str:
    if plain_address(text) != text and address_from(text).shown != text:
        raise ValueError(f'"{text}" is not written as Pressrun writes it')
    return text


Moment = Annotated[str, AfterValidator(_moment)]
Address = Annotated[Text, AfterValidator(_address)]


class _Shape(BaseModel):
    # What a newer version adds within a format may be left out.
    model_config = ConfigDict(strict=True, extra="ignore")


def _each_once(name: Callable[[Any], Hashable]) -> AfterValidator:
    """A check that no two of a list have the same *name*."""

    def checked(rows: list[Any]) -> list[Any]:
        if len({name(row) for row in rows}) < len(rows):
            raise ValueError("one list is named twice")
        return rows

    return AfterValidator(checked)


def _among(kinds: Iterable[enum.Enum]) -> AfterValidator:
    """A check that a word is that of one of *kinds*."""
    words = [each.value for each in kinds]

    def checked(word: str) -> str:
        if word not in words:
            raise ValueError(f'"{word}" is none of {", ".join(words)}')
        return word

    return AfterValidator(checked)


class SubscriptionShape(_Shape):
    """How a person stands to a list."""

    list: Text
    state: Annotated[str, _among(SubscriptionState)]
    since: Moment
    bounces: Count = 0
    bounced: Moment | None = None
    preferences: dict[Text, Text] = {}


class LedgerShape(_Shape):
    """A line of the ledger."""

    list: Text
    event: Annotated[str, _among(Event)]
    at: Moment
    recorded: Moment
    way: Annotated[str, _among(ConsentSource)]
    wording: Text | None = None
    note: Text | None = None
    ip: Text | None = None
    agent: Text | None = None


class KeptOff(_Shape):
    """A suppression."""

    list: Text
    reason: Annotated[str, _among(Reason)]
    since: Moment


class ConfirmationShape(_Shape):
    """A letter that waits, or went out."""

    kind: Annotated[str, _among(Notice)]
    lists: list[Text]
    queued: Moment
    attempts: Count
    next_try: Moment | None = None
    posted: Moment | None = None


class ErasedShape(_Shape):
    """Somebody of whom a mark is left."""

    mark: Mark
    rule: Literal["folded"] | None = None
    consent: list[LedgerShape]
    suppressions: Annotated[list[KeptOff], _each_once(lambda each: each.list)]


class PersonShape(ErasedShape):
    """Somebody who is here."""

    address: Address
    name: Text
    id: Mark
    since: Moment
    tags: list[Text]
    fields: dict[Text, Text]
    lists: Annotated[list[SubscriptionShape], _each_once(lambda each: each.list)]
    letters: list[ConfirmationShape]


class StoreShape(_Shape):
    """What begins every export."""

    format: int
    keys: Annotated[list[Key], Field(min_length=1)]
    wordings: dict[Text, Text]


SHAPES: dict[str, type[_Shape]] = {"store": StoreShape, "person": PersonShape, "erased": ErasedShape}


def fault_of(record: Any) -> str | None:
    """What is wrong with *record*, as the end of a sentence; None where it is one."""
    kind = record.get("record") if isinstance(record, dict) else None
    shape = SHAPES.get(kind) if isinstance(kind, str) else None
    if shape is None:
        return "is no record of subscribers"
    if kind == "store" and isinstance(record.get("format"), int) and record["format"] > FORMAT:
        return "was written by a newer Pressrun, which this one does not understand"
    try:
        shape.model_validate(record)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        place = ".".join(str(each) for each in first["loc"])
        return f"is no record of subscribers: {place}: {first['msg'].removeprefix('Value error, ')}"
    return None
