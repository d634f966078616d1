"""Finds patterns of `re` whose time grows faster than the text they look at, by their structure and not by a clock.

A pattern becomes an automaton (Glushkov's: one state for each character that it names). Two things make `re` slow, and
both can be seen in it (Weideman and others, "Analyzing Matching Time Behavior of Backtracking Regular Expression
Matchers", 2016):

* *exponential*: from a state back to itself there are two ways that read the same text: `(?:a+)*b`, `(?:a|a)*b`;
* *polynomial*: of two loops, one behind the other, both read the same text, which also leads from one to the other, so
  that each place may be where the second begins: `a*a*b`. Looking for a pattern anywhere is such a loop in front of
  it: `<!--.*?-->` begins at each of a thousand `<!--` and goes to the end of the text each time.

Neither matters where whatever comes behind cannot fail. What cannot be decided counts as slow: only a look at the one
character before limits anything, and a possessive repeat ends only where it cannot go on.
"""

import re
import re._constants as op  # type: ignore[import-untyped]
import re._parser as parser  # type: ignore[import-untyped]
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

# A repeat that ends is no loop, unless it ends so late that it makes no difference.
LONGEST_REPEAT = 300
START = -1  # stands for the character before the first
_SOME = "\x85\xa0éßſİΩΩЖא٣\u2003\u200b\u2028中あ\ue000\ue0f0\ue0f1\ufeff\ufffe😀K"

Guard = Callable[[int, int], bool]
Ends = list[tuple[int, tuple[Guard, ...]]]


def nothing_follows(_before: int, _after: int) -> bool:
    """The guard of the end of a text."""
    return False


class Slow(NamedTuple):
    """How a pattern is slow, and the text that shows it when it is repeated."""

    kind: str
    pump: str


@dataclass(slots=True)
class _Part:
    """A part of a pattern: where it begins and ends, and under which guards it may be empty."""

    first: Ends = field(default_factory=list)
    last: Ends = field(default_factory=list)
    empty: list[tuple[Guard, ...]] = field(default_factory=list)


class _Automaton:
    """The positions of a pattern and what follows on what."""

    def __init__(self, pattern: str, flags: int, *, anywhere: bool, whole: bool) -> None:
        tree = parser.parse(pattern, flags)
        self.flags = tree.state.flags
        self.characters = sorted({*map(chr, range(128)), *_SOME, *pattern})
        self.sets: list[frozenset[int]] = []
        self.follow: list[Ends] = []
        self.ignoring = bool(self.flags & re.IGNORECASE)
        self.endings: set[Guard] = set()  # of repeats that end where they cannot go on
        self.looked_back: list[frozenset[int]] = []
        part = self.sequence(tree)
        if whole:
            part.last = [(at, (*guards, nothing_follows)) for at, guards in part.last]
        self.part = part
        everything = frozenset(range(len(self.characters)))
        # What may end anywhere, or reads all there is and may end at the end, matches whatever comes.
        self.unfailing = {at for at, guards in part.last if self.endings.issuperset(guards)}
        for at, guards in part.last:
            if self.sets[at] == everything and set(guards) == {nothing_follows} and (at, ()) in self.follow[at]:
                self.unfailing.add(at)
        self.start: Ends = list(part.first)
        if anywhere:
            before = self.position(everything)
            self.follow[before] = [(before, ()), *part.first]
            self.start.append((before, ()))

    # From the parsed pattern to positions

    def position(self, allowed: frozenset[int]) -> int:
        self.sets.append(allowed)
        self.follow.append([])
        return len(self.sets) - 1

    def leaf(self, allowed: Iterable[int]) -> _Part:
        at = self.position(frozenset(allowed))
        return _Part([(at, ())], [(at, ())])

    def sequence(self, nodes: Iterable[Any]) -> _Part:
        whole = _Part(empty=[()])
        for node in nodes:
            whole = self.joined(whole, self.node(*node))
        return whole

    def joined(self, one: _Part, two: _Part) -> _Part:
        for at, before in one.last:
            self.follow[at] += [(to, (*before, *after)) for to, after in two.first]
        first = one.first + [(to, (*gap, *after)) for gap in one.empty for to, after in two.first]
        last = two.last + [(at, (*before, *gap)) for gap in two.empty for at, before in one.last]
        return _Part(first, last, [(*a, *b) for a in one.empty for b in two.empty][:8])

    def node(self, kind: Any, value: Any) -> _Part:
        if kind in (op.LITERAL, op.NOT_LITERAL, op.ANY, op.IN):
            return self.leaf(self.allowed(kind, value))
        if kind in (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT):
            return self.repeat(*value, possessive=kind is op.POSSESSIVE_REPEAT)
        if kind is op.SUBPATTERN:
            flags, self.flags = self.flags, (self.flags | value[1]) & ~value[2]
            part = self.sequence(value[3])
            self.flags = flags
            return part
        if kind is op.ATOMIC_GROUP:
            return self.sequence(value)
        if kind is op.BRANCH:
            parts = [self.sequence(each) for each in value[1]]
            joined = [[each for part in parts for each in getattr(part, name)] for name in ("first", "last", "empty")]
            return _Part(*joined)
        if kind in (op.ASSERT, op.ASSERT_NOT):
            return self.looked(value[0], value[1], build_request=kind is op.ASSERT)
        if kind is op.AT:
            return _Part(empty=[(self.place(value),)])
        if kind is op.GROUPREF:  # reads what was read before, of which nothing is known
            return _Part(empty=[()])
        raise NotImplementedError(kind)

    def repeat(self, least: int, most: int, body: Any, *, possessive: bool) -> _Part:
        if most == op.MAXREPEAT or most > LONGEST_REPEAT:
            whole = _Part(empty=[()])
            for _ in range(min(least, 2) - 1):
                whole = self.joined(whole, self.sequence(body))
            part = self.sequence(body)
            for at, before in part.last:
                self.follow[at] += [(to, (*before, *after)) for to, after in part.first]
            if least == 0:
                part.empty = [()]
            whole = self.joined(whole, part)
        else:
            # Three stand for all: the second may follow on the first, and the third on the second.
            whole = _Part(empty=[()])
            for number in reversed(range(min(most, 3))):
                whole = self.joined(self.sequence(body), whole)
                if number >= least:
                    whole.empty = [()]
        if possessive:
            goes_on = frozenset().union(*(self.sets[at] for at, _ in whole.first))

            def guard(_before: int, after: int) -> bool:
                return after not in goes_on

            self.endings.add(guard)
            whole.last = [(at, (*guards, guard)) for at, guards in whole.last]
        return whole

    def looked(self, direction: int, body: Any, *, build_request: bool) -> _Part:
        """What looks ahead is a way of its own, which only ends; what looks back at one character is a guard."""
        if direction > 0:
            part = self.sequence(body)
            return _Part(part.first, [], [()])
        nodes = list(body)
        if len(nodes) == 1 and nodes[0][0] is not op.SUBPATTERN and self.is_single(nodes[0]):
            allowed = self.allowed(*nodes[0])
            self.looked_back.append(allowed)
            return _Part(empty=[(lambda before, _after: (before in allowed) is build_request,)])
        return _Part(empty=[()])

    @staticmethod
    def is_single(node: Any) -> bool:
        return node[0] in (op.LITERAL, op.NOT_LITERAL, op.ANY, op.IN)

    def place(self, kind: Any) -> Guard:
        newline = self.characters.index("\n")
        words = self.category(op.CATEGORY_WORD)
        if kind in (op.AT_BEGINNING, op.AT_BEGINNING_STRING):
            several = kind is op.AT_BEGINNING and self.flags & re.MULTILINE
            return lambda before, _after: before == START or bool(several and before == newline)
        if kind in (op.AT_END, op.AT_END_STRING):
            if kind is op.AT_END and self.flags & re.MULTILINE:
                return lambda _before, after: after == newline
            return nothing_follows
        if kind is op.AT_BOUNDARY:
            return lambda before, after: (before in words) is not (after in words)
        return lambda before, after: (before in words) is (after in words)

    # Which characters

    def allowed(self, kind: Any, value: Any) -> frozenset[int]:
        matching = self.matching(kind, value)
        return frozenset(number for number, character in enumerate(self.characters) if matching(character))

    def matching(self, kind: Any, value: Any) -> Callable[[str], bool]:
        if kind is op.ANY:
            everything = bool(self.flags & re.DOTALL)
            return lambda character: everything or character != "\n"
        if kind is op.NOT_LITERAL:
            return lambda character: not self.same(character, value)
        if kind is op.LITERAL:
            return lambda character: self.same(character, value)
        negated = value[0][0] is op.NEGATE
        items = value[1:] if negated else value
        return lambda character: any(self.among(character, *item) for item in items) is not negated

    def same(self, character: str, value: int) -> bool:
        return ord(character) == value or (self.ignoring and character.casefold() == chr(value).casefold())

    def among(self, character: str, kind: Any, value: Any) -> bool:
        if kind is op.LITERAL:
            return self.same(character, value)
        if kind is op.RANGE:
            variants = {character, character.lower(), character.upper()} if self.ignoring else {character}
            return any(len(each) == 1 and value[0] <= ord(each) <= value[1] for each in variants)
        return self.characters.index(character) in self.category(value)

    def category(self, value: Any) -> frozenset[int]:
        sign = {
            op.CATEGORY_DIGIT: r"\d",
            op.CATEGORY_NOT_DIGIT: r"\D",
            op.CATEGORY_SPACE: r"\s",
            op.CATEGORY_NOT_SPACE: r"\S",
            op.CATEGORY_WORD: r"\w",
            op.CATEGORY_NOT_WORD: r"\W",
        }[value]
        one = re.compile(sign, self.flags & re.ASCII)
        return frozenset(number for number, character in enumerate(self.characters) if one.fullmatch(character))


State = tuple[int, int]  # a position, and the character that led to it


class _Search:
    """Looks for the two shapes in an automaton."""

    def __init__(self, automaton: _Automaton) -> None:
        self.automaton = automaton
        signs = {}
        sets = [*{*automaton.sets}, automaton.category(op.CATEGORY_WORD), frozenset([automaton.characters.index("\n")])]
        for number in range(len(automaton.characters)):
            signs.setdefault(tuple(number in each for each in [*sets, *automaton.looked_back]), number)
        self.signs = sorted(signs.values())
        self.steps: dict[State, dict[int, list[int]]] = {}
        self.component = self.components()

    def after(self, state: State) -> dict[int, list[int]]:
        """By character, the positions that *state* leads to, as often as it does."""
        if state not in self.steps:
            at, before = state
            found: dict[int, list[int]] = {}
            for sign in self.signs:
                ways = [
                    to
                    for to, guards in self.automaton.follow[at]
                    if sign in self.automaton.sets[to] and all(guard(before, sign) for guard in guards)
                ]
                if ways:
                    found[sign] = ways
            self.steps[state] = found
        return self.steps[state]

    def successors(self, state: State) -> set[State]:
        return {(to, sign) for sign, ways in self.after(state).items() for to in ways}

    def reached(self, starts: Iterable[State]) -> set[State]:
        seen = set(starts)
        waiting = list(seen)
        while waiting:
            for state in self.successors(waiting.pop()) - seen:
                seen.add(state)
                waiting.append(state)
        return seen

    def components(self) -> dict[State, int]:
        """For every state on a cycle, the number of the strongly connected component that it belongs to."""
        states = self.reached(
            (to, sign)
            for to, guards in self.automaton.start
            for sign in self.signs
            if sign in self.automaton.sets[to] and all(guard(START, sign) for guard in guards)
        )
        self.states = states
        self.reach = {state: self.reached(self.successors(state)) for state in states}
        component: dict[State, int] = {}
        for number, state in enumerate(sorted(states)):
            if state not in component and state in self.reach[state]:
                for other in self.reach[state]:
                    if state in self.reach[other]:
                        component[other] = number
        return component

    def can_fail(self, at: int) -> bool:
        return at not in self.automaton.unfailing

    def found(self) -> Iterator[Slow]:
        """How the pattern is slow, the worst first."""
        for state in sorted(self.component):
            if (word := self.two_ways_back(state)) is not None:
                yield Slow("exponential", self.text(word))
                return
        for first in sorted(self.component):
            for second in sorted(self.component):
                if first[0] == second[0] or first[1] != second[1] or second not in self.reach[first]:
                    continue
                if self.can_fail(second[0]) and (word := self.two_loops(first, second)) is not None:
                    yield Slow("polynomial", self.text(word))
                    return

    def text(self, word: Iterable[int]) -> str:
        return "".join(self.automaton.characters[each] for each in word)

    def two_ways_back(self, state: State) -> list[int] | None:
        """A word that leads from *state* back to it in two ways."""
        home = self.component[state]
        at, sign = state
        waiting = deque([(at, at, sign, False)])
        paths: dict[tuple[int, int, int, bool], list[int]] = {waiting[0]: []}
        while waiting:
            one, two, before, split = waiting.popleft()
            ways, others = self.after((one, before)), self.after((two, before))
            for now in ways.keys() & others.keys():
                inside = [to for to in ways[now] if self.component.get((to, now)) == home]
                beside = [to for to in others[now] if self.component.get((to, now)) == home]
                for to in set(inside):
                    for other in set(beside):
                        parted = split or to != other or (one == two and inside.count(to) > 1)
                        key = (to, other, now, parted)
                        if key in paths:
                            continue
                        paths[key] = [*paths[one, two, before, split], now]
                        if parted and (to, now) == (other, now) == state:
                            return paths[key]
                        waiting.append(key)
        return None

    def two_loops(self, first: State, second: State) -> list[int] | None:
        """A word that leads from *first* to itself and to *second*, and from *second* to itself."""
        home, end = self.component[first], self.component[second]
        start = (first[0], first[0], second[0], first[1])
        goal = (first[0], second[0], second[0], first[1])
        waiting, paths = deque([start]), {start: list[int]()}
        while waiting:
            key = waiting.popleft()
            one, two, three, before = key
            ways, crossing, others = (self.after((at, before)) for at in (one, two, three))
            for now in ways.keys() & crossing.keys() & others.keys():
                for to in {to for to in ways[now] if self.component.get((to, now)) == home}:
                    # Where a match could end, it ends: nothing behind it fails.
                    lasts = {to for to in others[now] if self.component.get((to, now)) == end and self.can_fail(to)}
                    for last in lasts:
                        for middle in {
                            to for to in crossing[now] if (to, now) == second or second in self.reach[to, now]
                        }:
                            new = (to, middle, last, now)
                            if new in paths:
                                continue
                            paths[new] = [*paths[key], now]
                            if new == goal:
                                return paths[new]
                            waiting.append(new)
        return None


def slowness_of(pattern: str | bytes, flags: int = 0, *, anywhere: bool = True, whole: bool = False) -> Slow | None:
    """How *pattern* is slow where it is looked for *anywhere* in a text, at its beginning only, or as the *whole*."""
    text = pattern.decode("latin-1") if isinstance(pattern, bytes) else pattern
    automaton = _Automaton(text, flags & ~re.DEBUG, anywhere=anywhere, whole=whole)
    return next(_Search(automaton).found(), None)
