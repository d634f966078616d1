"""`pressrun check --external`: other hosts are asked, what they said is kept, and a bar shows how far it is."""

import time
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from pressrun.cli.show import console, counted
from pressrun.desk.checking.outside import named_by
from pressrun.hosts.answers import OURS, AddressVerdict, Answer, is_offline, problems
from pressrun.hosts.client import Client, user_agent
from pressrun.hosts.memory import Remembered, is_fresh, read, written
from pressrun.hosts.networks import anywhere, why_not
from pressrun.hosts.rounds import answers_of
from pressrun.hosts.visits import Visitor
from pressrun.model.problems import Problem
from pressrun.press.building.cache import FOLDER, note, noted
from pressrun.press.building.press import Press


@dataclass(slots=True)
class Outside:
    """Asks all that a publication in *source* names on other hosts, as of *now*; *stopped* if a person had enough.

    What earlier checks were answered holds for *max_age*. In private networks nobody is asked unless *allow_private*.
    *asked* fills with what is answered, by address.
    """

    source: Path
    now: datetime
    max_age: timedelta
    allow_private: bool = False
    stopped: bool = False
    asked: dict[str, Answer] = field(default_factory=dict)

    def problems(self, press: Press) -> Iterable[Problem]:
        """What is wrong with the addresses that *press* names; a last line on standard error sums up."""
        named = named_by(press)
        urls = list(dict.fromkeys(each.url for each in named))
        # What answers in a private network would hide from the next check that other readers cannot get there.
        file = "links-private.json" if self.allow_private else "links.json"
        memory = read(noted(self.source / FOLDER, file))
        known = {url for url in urls if url in memory and is_fresh(memory[url], self.now, self.max_age)}
        agent = user_agent(press.content.publication.home, "link check")
        visitor = Visitor(
            Client(agent, anywhere if self.allow_private else why_not), time.monotonic, time.sleep, self.now
        )
        self.ask([url for url in urls if url not in known], visitor.visit)
        memory |= {url: Remembered(answer, self.now) for url, answer in self.asked.items()}
        if self.asked:
            note(self.source / FOLDER, file, written(memory, urls, self.now, self.max_age))
        answers = {url: memory[url].answer for url in known} | self.asked
        console(stderr=True).print(_summary(urls, known, self.asked, answers))
        if is_offline(self.asked):
            console(stderr=True).print("None of them could be reached: is this machine on the network?")
            answers = {url: answer for url, answer in answers.items() if url in known}
        return problems(named, answers)

    def ask(self, urls: list[str], visit: Callable[[str], Answer]) -> None:
        """Have *visit* see to each of *urls*, until a person stops it."""
        screen = console(stderr=True)
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        bar = Progress(*columns, console=screen, transient=True, disable=not screen.is_terminal)
        try:
            with bar, closing(answers_of(urls, visit)) as coming:
                task = bar.add_task("Asking other hosts", total=len(urls))
                for url, answer in coming:
                    self.asked[url] = answer
                    bar.advance(task)
        except KeyboardInterrupt:
            self.stopped = True


def _summary(urls: list[str], known: set[str], asked: dict[str, Answer], answers: dict[str, Answer]) -> str:
    left = {url for url, answer in answers.items() if answer.verdict is AddressVerdict.LEFT}
    refused = {url for url, answer in asked.items() if answer.verdict in OURS}
    counts = {
        "asked": len(asked.keys() - left - refused),
        "refused": len(refused),
        "known from before": len(known - left),
        "left for another time": len(left),
        "not asked any more": len(urls) - len(answers),
    }
    told = [f"{number:,} {what}" for what, number in counts.items() if number]
    return f"{counted(len(urls), 'address', 'addresses')} on other hosts{': ' if told else ''}{', '.join(told)}."
