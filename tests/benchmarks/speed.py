"""How fast Pressrun builds, alone or beside other tools: python tests/benchmarks/speed.py --with hugo,pelican

Every tool builds the same stories, in processes of its own, and several times. The tools take turns, work for work, so
that whatever else the machine does falls on all of them; medians are told, and how many times as much as Pressrun's
each is. "Cold" means that a tool has nothing of its own to go by: neither its output nor what it remembers is there.
The stories may well be in the machine's memory. What has to be written to the disk is written (`sync`) before each run,
so that no run pays for the one before it.
"""

import argparse
import os
import platform
import re
import shutil
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from pathlib import Path

from peers import PEERS, Missing, Pressrun, Tool, Work, environment, forget, settle
from processes import Failed, Taken, median_of, taken_by
from produced import Produced, produced_in

COUNTS = (100, 1000, 10_000, 50_000)
RUNS = 3
STARTS = 11
PRACTICE = 10
COLD = (Work.FEEDS, Work.COLD)
WRONG_COMMAND_LINE = 2
NOTHING = "–"
GONE = "gone"


@dataclass
class Results:
    """What each work of one tool took, run after run, and what there was after its cold ones."""

    taken: dict[Work, list[Taken]] = field(default_factory=dict)
    produced: dict[Work, Produced] = field(default_factory=dict)

    def median(self, work: Work) -> Taken | None:
        return median_of(self.taken[work]) if work in self.taken else None


# Running


def able(tools: Iterable[Tool], folder: Path) -> dict[str, tuple[Tool, str]]:
    """Those of *tools* that can be had and can build a few stories in *folder*, with their versions; tells of others.

    What a tool compiles once in its life, as Python does its modules, is compiled by then.
    """
    found = {}
    for tool in tools:
        try:
            version = tool.install()
            taken_by(tool.command(Work.COLD) or [], settle(tool, folder, PRACTICE), environment())
        except (Missing, Failed) as reason:
            tell(f"{tool.name} is left out: {reason}")
        else:
            found[tool.name] = tool, version
    return found


def style_in(page: Path) -> str:
    return page.read_text(encoding="utf-8").partition("<style>")[2].partition("</style>")[0].strip()


def results_of(tools: Sequence[Tool], count: int, runs: int, folder: Path) -> dict[str, Results]:
    """What building *count* stories takes each of *tools*, *runs* times; a peer that fails stops there."""
    tell(f"writing {count:,} stories")
    roots = {tool.name: settle(tool, folder, count) for tool in tools}
    results = {tool.name: Results() for tool in tools}
    left = list(tools)
    for run in range(1, runs + 1):
        for work in Work:
            tell(f"{count:,} stories, run {run} of {runs}, {work.value}")
            for tool in tuple(left):
                try:
                    once(tool, work, roots[tool.name], f"\nSaved once more, in run {run}.\n", results[tool.name])
                except Failed as failed:
                    if isinstance(tool, Pressrun):
                        raise
                    tell(f"{tool.name} is left out: {failed}")
                    left.remove(tool)
    return results


def once(tool: Tool, work: Work, root: Path, sentence: str, results: Results) -> None:
    """Let *tool* do *work* in *root* and add what it took to *results*; nothing if it cannot be asked for that."""
    command = tool.command(work)
    if command is None:
        return
    if work in COLD:
        forget(tool, root, root.parent / GONE)
    if work is Work.SAVED:
        with tool.newest(root).open("a", encoding="utf-8") as file:
            file.write(sentence)
    try:
        taken = taken_by(command, root, environment())
    except Failed as failed:
        # A Pressrun of before there was --only.
        if work is Work.FEEDS and failed.code == WRONG_COMMAND_LINE and isinstance(tool, Pressrun):
            return
        raise
    results.taken.setdefault(work, []).append(taken)
    if work in COLD and work not in results.produced:
        results.produced[work] = produced_in(root / name for name in tool.made)


def starts_of(tools: Sequence[Tool], folder: Path) -> dict[str, float]:
    """Seconds that each of *tools* takes to tell its version, above those that its interpreter takes to do nothing."""
    seconds: dict[str, list[float]] = {tool.name: [] for tool in tools}
    for _ in range(STARTS):
        for tool in tools:
            version, bare = tool.starts()
            above = taken_by(version, folder, environment()).seconds
            if bare:
                above -= taken_by(bare, folder, environment()).seconds
            seconds[tool.name].append(above)
    return {name: statistics.median(each) for name, each in seconds.items()}


# Telling


@dataclass(frozen=True)
class Table:
    """A heading, the names of columns, and rows of which each begins with its name."""

    heading: str
    names: Sequence[str]
    rows: Sequence[Sequence[str]]

    def as_text(self) -> str:
        return "\n".join([self.heading, *("  ".join(line) for line in self._lines())])

    def as_markdown(self) -> str:
        names, *rows = (f"| {' | '.join(line)} |" for line in self._lines())
        rule = re.sub(r"[^|]", "-", names)
        # The first column reads from the left, numbers stand below each other.
        first, *others = rule[1:-1].split("|")
        return "\n".join(
            [f"{self.heading}:", "", names, "|".join(["", first, *(f"{each[:-1]}:" for each in others), ""]), *rows]
        )

    def _lines(self) -> Iterator[list[str]]:
        lines = [["", *self.names], *self.rows]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        for first, *others in lines:
            yield [first.ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True))]


def tables_of(count: int, results: Mapping[str, Results]) -> Iterator[Table]:
    """What *results* of *count* stories say: what each work took, and what it produced."""
    number: Callable[[Taken], float | None]
    for what, number, form in (
        ("seconds", lambda taken: taken.seconds, "{:,.2f}"),
        ("seconds of all processors (user and system)", lambda taken: taken.processor, "{:,.2f}"),
        ("MB of memory at the peak, all processes together", lambda taken: megabytes(taken.memory), "{:,.0f}"),
        ("MB of memory at the peak, the largest process", lambda taken: megabytes(taken.largest), "{:,.0f}"),
    ):
        rows = []
        for work in Work:
            medians = [each.median(work) for each in results.values()]
            rows.append([work.value, *beside([number(taken) if taken else None for taken in medians], form)])
        yield Table(f"{count:,} stories, {what}", list(results), rows)
    for work in COLD:
        made = [each.produced.get(work) for each in results.values()]
        rows = [
            [each.name, *(f"{getattr(one, each.name):,}" if one else NOTHING for one in made)]
            for each in fields(Produced)
        ]
        yield Table(f"{count:,} stories, what “{work.value}” produced", list(results), rows)


def megabytes(size: int | None) -> float | None:
    return None if size is None else size / 1e6


def beside(numbers: Sequence[float | None], form: str) -> list[str]:
    """*numbers* in *form*, each but the first with how many times the first it is."""
    first, *others = numbers
    return [
        NOTHING if first is None else form.format(first),
        *(
            NOTHING if each is None else form.format(each) + (f" ({each / first:.2f}×)" if first else "")
            for each in others
        ),
    ]


def starts_table(starts: Mapping[str, float]) -> Table:
    row = ["--version", *beside(list(starts.values()), "{:.3f}")]
    return Table("Seconds to start, above the bare interpreter", list(starts), [row])


def machine(versions: Mapping[str, str]) -> str:
    tools = ", ".join(f"{name} {version}" for name, version in versions.items())
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{os.cpu_count()} processors ({platform.machine()}), {platform.system()}, {python}; {tools}"


def tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


# The command line


def names_in(text: str) -> list[str]:
    names = [name for name in text.lower().split(",") if name]
    if unknown := set(names) - set(PEERS):
        raise argparse.ArgumentTypeError(f"{', '.join(sorted(unknown))}: known are {', '.join(PEERS)}")
    return names


def counts_in(text: str) -> list[int]:
    return [int(number.replace("_", "")) for number in text.split(",")]


@contextmanager
def folder_at(kept: Path | None) -> Iterator[Path]:
    if kept is not None:
        kept.mkdir(parents=True, exist_ok=True)
        yield kept.resolve()
        return
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def main() -> None:
    assert __doc__ is not None
    parser = argparse.ArgumentParser(description=__doc__.partition(":")[0] + ".")
    parser.add_argument("--stories", type=counts_in, default=COUNTS, metavar="NUMBERS", help="100,1000,10000,50000")
    parser.add_argument("--runs", type=int, default=RUNS, help=f"how often each work is done; {RUNS} if not given")
    parser.add_argument("--with", dest="peers", type=names_in, default=[], metavar="TOOLS", help=",".join(PEERS))
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="where tools and sites are put, and stay")
    parser.add_argument("--markdown", action="store_true", help="print tables for a page of the manual")
    asked = parser.parse_args()
    form: Callable[[Table], str] = Table.as_markdown if asked.markdown else Table.as_text

    with folder_at(asked.keep) as folder:
        practice = folder / str(PRACTICE)
        found = able([Pressrun()], practice)
        if not found:
            sys.exit("Without Pressrun there is nothing to compare with.")
        style = style_in(practice / "pressrun/public/index.html")
        found |= able([PEERS[name](folder / "tools", style) for name in asked.peers], practice)
        tools = [tool for tool, _ in found.values()]
        versions = {name: version for name, (_, version) in found.items()}
        print(f"{machine(versions)}; medians of {asked.runs}\n")
        print(form(starts_table(starts_of(tools, folder))), end="\n\n", flush=True)
        for count in asked.stories:
            for table in tables_of(count, results_of(tools, count, asked.runs, folder / str(count))):
                print(form(table), end="\n\n", flush=True)
            if asked.keep is not None:  # else it goes with the folder, when nothing is timed any more
                shutil.rmtree(folder / str(count) / GONE, ignore_errors=True)


if __name__ == "__main__":
    main()
