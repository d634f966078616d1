"""The file whose name is nearest to one that leads nowhere: looked for once per name, among few of many files."""

import posixpath
from collections import Counter, defaultdict
from collections.abc import Iterable
from functools import cached_property

CLOSE = 0.6
# So many names that share pieces with the one that is looked for are held against it letter by letter.
CANDIDATES = 8
# A piece that so many names have says little about any of them, and to count it takes long.
COMMON = 64


class Nearest:
    """Finds the nearest of *files*, which are paths; nothing is done before it is asked."""

    def __init__(self, files: Iterable[str]) -> None:
        self._files = files
        self._known: dict[str, str | None] = {}

    def __call__(self, name: str) -> str | None:
        """Return the path of the file whose name, with its ending or without, is nearest to *name*; None if none is."""
        if name not in self._known:
            self._known[name] = self._found(name)
        return self._known[name]

    @cached_property
    def _stems(self) -> dict[str, str]:
        stems = {posixpath.basename(each): each for each in sorted(self._files)}
        return stems | {posixpath.splitext(stem)[0]: each for stem, each in stems.items() if each.endswith(".md")}

    @cached_property
    def _by_piece(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for stem in self._stems:
            for piece in _pieces(stem):
                found[piece].append(stem)
        return found

    def _found(self, name: str) -> str | None:
        import difflib

        pieces = sorted(_pieces(name), key=lambda piece: len(self._by_piece.get(piece, ())))
        shared: Counter[str] = Counter()
        for piece in pieces:
            stems = self._by_piece.get(piece, [])
            if len(stems) > COMMON and shared:
                break
            shared.update(stems[:COMMON] if len(stems) > COMMON else stems)
        # How much of both names is the same, as far as their pieces tell; then by name, so that the answer is one.
        ranked = sorted(shared, key=lambda stem: (-shared[stem] / (len(pieces) + len(stem) + 1), stem))
        close = difflib.get_close_matches(name, ranked[:CANDIDATES], n=1, cutoff=CLOSE)
        return self._stems[close[0]] if close else None


def _pieces(name: str) -> set[str]:
    """Return every two letters of *name* that follow one another, its beginning and its end among them."""
    framed = f"\n{name.casefold()}\n"
    return {framed[start : start + 2] for start in range(len(framed) - 1)}
