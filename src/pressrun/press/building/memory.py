"""What a run remembers of earlier ones: nothing, or a dictionary. A thing is found by all that it was made of."""

from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Any, Protocol, TypeVar

from pressrun.press.building.cache import FOLDER, Cache, Key

Anything = TypeVar("Anything")


class Memory(Protocol):
    """Things by what they were made of. A key covers everything that went into a thing."""

    @property
    def cache(self) -> Cache:
        """What keeps bytes that take long to make, such as scaled pictures."""

    @property
    def remembers(self) -> bool:
        """Whether it pays to work out a key."""

    def made(self, key: Hashable, make: Callable[[], Anything]) -> Anything:
        """Return what is remembered by *key*, else what *make* gives."""

    def found(self, key: Hashable) -> Any:
        """Return what is remembered by *key*; None where nothing is."""

    def keep(self, key: Hashable, thing: object) -> None:
        """Remember *thing* by *key*."""

    def next_number(self) -> int:
        """Return a number that nothing else has that is remembered."""


class NoMemory:
    """Remembers nothing: everything is made, but for the bytes in *cache*."""

    remembers = False

    def __init__(self, cache: Cache | None = None) -> None:
        self.cache = cache or Cache(None)
        self._count = 0

    @classmethod
    def beside(cls, source: Path) -> "NoMemory":
        """Return one for the publication in *source*, with the cache in its folder."""
        return cls(Cache(source / FOLDER))

    def made(self, _key: Hashable, make: Callable[[], Anything]) -> Anything:
        """Return what *make* gives."""
        return make()

    def found(self, _key: Hashable) -> Any:
        """Return None."""
        return None

    def keep(self, _key: Hashable, _thing: object) -> None:
        """Forget *thing*."""

    def next_number(self) -> int:
        """Return another number each time."""
        self._count += 1
        return self._count


class DictionaryMemory:
    """A memory in this process alone; what two turns in a row did not ask for is forgotten. Nothing is written."""

    remembers = True

    def __init__(self) -> None:
        self._now: dict[Hashable, Any] = {}
        self._before: dict[Hashable, Any] = {}
        self._count = 0
        self.cache: Cache = DictionaryCache(self)

    def made(self, key: Hashable, make: Callable[[], Anything]) -> Anything:
        """Return what is remembered by *key*, else what *make* gives."""
        if key in self._now:
            kept: Anything = self._now[key]
            return kept
        thing: Anything = self._before[key] if key in self._before else make()
        self._now[key] = thing
        return thing

    def found(self, key: Hashable) -> Any:
        """Return what is remembered by *key*; None where nothing is."""
        return self._now.get(key, self._before.get(key))

    def keep(self, key: Hashable, thing: object) -> None:
        """Remember *thing* by *key*."""
        self._now[key] = thing

    def turn(self) -> None:
        """End a turn."""
        self._before, self._now = self._now, {}

    def next_number(self) -> int:
        """Return another number each time."""
        self._count += 1
        return self._count

    def __len__(self) -> int:
        return len(self._now.keys() | self._before.keys())


class DictionaryCache(Cache):
    """A Cache without a folder, whose entries are in *memory*."""

    def __init__(self, memory: DictionaryMemory) -> None:
        super().__init__(None)
        self._memory = memory

    def made(self, kind: str, key: Key, make: Callable[[], bytes]) -> bytes:
        """What *make* gives, or gave before for the same *kind* and *key*."""
        return self._memory.made(("cache", kind, key if isinstance(key, str | bytes) else tuple(key)), make)
