"""What filling one template may cost: turns of loops, calls, and characters made. Counted, so that no clock decides."""

from collections.abc import Generator, Iterable, Iterator, Sized
from contextvars import ContextVar
from typing import Any

MOST_TURNS = 1_000_000
MOST_CHARACTERS = 10_000_000
# All texts together that are made on the way, of which the page is the last.
MOST_MADE = 50_000_000
# A column, an indent, a number of digits.
WIDEST = 10_000
MOST_BITS = 10_000


class BeyondBudgetError(Exception):
    """A template does more than it may; the message says what."""


class Budget:
    """What is left for filling one template."""

    def __init__(self) -> None:
        self.turns = MOST_TURNS
        self.characters = MOST_MADE

    def turn(self, number: int = 1) -> None:
        """Count *number* more turns of a loop, calls of a macro, or included templates."""
        self.turns -= number
        if self.turns < 0:
            raise BeyondBudgetError(f"this template takes more than {MOST_TURNS:,} turns of its loops")

    def characters_made(self, number: int) -> None:
        """Count *number* more characters, which are about to be made."""
        self.characters -= number
        if number > MOST_CHARACTERS or self.characters < 0:
            raise BeyondBudgetError("this makes more text than there is room for")


_budget: ContextVar[Budget] = ContextVar("budget")


def begin() -> None:
    """Give the template that is filled next a budget of its own."""
    _budget.set(Budget())


def budget() -> Budget:
    """What is left for the template that is being filled."""
    found = _budget.get(None)
    if found is None:
        _budget.set(found := Budget())
    return found


class CountedTurns:
    """An iterable whose every item counts as a turn; as long as *items*, where that is known."""

    def __init__(self, items: Iterable[Any]) -> None:
        self.items = items

    def __iter__(self) -> Iterator[Any]:
        left = budget()
        for item in self.items:
            left.turn()
            yield item

    def __len__(self) -> int:
        if isinstance(self.items, Sized):
            return len(self.items)
        raise TypeError("the length is not known")


def joined(pieces: Iterable[Any]) -> str:
    """All *pieces* as one text."""
    texts = pieces if isinstance(pieces, list) else _until_too_many(pieces)
    budget().characters_made(sum(map(len, texts)))
    return "".join(texts)


def _until_too_many(pieces: Iterable[str]) -> list[str]:
    """*pieces* as a list, as long as there is room; a template may print for ever."""
    texts: list[str] = []
    room = min(MOST_CHARACTERS, budget().characters)
    for piece in pieces:
        texts.append(piece)
        room -= len(piece)
        if room < 0:
            error = BeyondBudgetError("this makes more text than there is room for")
            if isinstance(pieces, Generator):  # so that the error knows the template's line
                pieces.throw(error)
            raise error
    return texts


def narrow(*numbers: Any) -> None:
    """Refuse any of *numbers* that is wider than a column of text."""
    if any(isinstance(number, int) and abs(number) > WIDEST for number in numbers):
        raise BeyondBudgetError(f"{WIDEST:,} is the most columns, places, or digits that there is room for")


def whole(thing: Any) -> None:
    """Refuse *thing* if with all that it holds, each as often as it holds it, it is more than there is room for."""
    left = budget()
    waiting = [thing]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            waiting += [*each.keys(), *each.values()]
        elif isinstance(each, (list, tuple, set, frozenset)):
            waiting += each
        else:
            continue
        left.turn(len(each))
