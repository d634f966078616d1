"""A few stories touched up: what shows them is made anew, and nothing else is even looked at.

It is what a newsroom does all day, and the plan of the last build holds for it: what is out, where it is read, which
feeds and editions carry it, in which order. As soon as anything else may be different, the whole plan is made anew.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from pressrun.cache import FOLDER, Cache
from pressrun.content.files import ContentFolder
from pressrun.content.load import Content
from pressrun.crew import ALONE
from pressrun.making import Making, Rendered
from pressrun.model.output import OUTBOX, PUBLIC
from pressrun.model.story import Story
from pressrun.output.stage import Stage
from pressrun.output.write import settle, staged
from pressrun.plan import Plan
from pressrun.press import Press
from pressrun.reading import Moved, StockReader
from pressrun.rendering.templates import Templates
from pressrun.report import Report
from pressrun.stages import Stages
from pressrun.stock.forms import from_bytes
from pressrun.stock.glance import Call, Seen, report_of, templates_key, write_again
from pressrun.stock.index import DAMAGED, KeptOutput, KeptStory, Stock
from pressrun.stock.states import tick_of
from pressrun.wanted import Wanted

# More than that, and a new plan costs little beside them.
MOST = 50
# What of a story's form the plan is made of: id, slug, dates, authors, draft, tags, section, path and addresses.
MINTED = 1  # whoever has no id of their own is told so
PLANNED = (0, MINTED, 3, 4, 5, 6, 7, 9, 10, 11, 17, 18, 19)


class NotMerely(Exception):
    """More has changed than the words of a few stories."""


def touched_up(call: Call, wanted: Wanted, seen: Seen, told: dict[str, Any], stock: Stock, stages: Stages) -> Report:
    """Bring the output up to date with the stories that have changed since the build that left *told*.

    Raises NotMerely where more has changed, or anything is wrong that a person shall be told; the stock may then hold
    what is not so, and what was kept has to be forgotten.
    """
    before = report_of(told)
    if before.problems or not call.is_whole:
        raise NotMerely
    with stages.stage("reading"):
        touch = _Touch(call, wanted, seen, stock)
    with stages.stage("planning"):
        making = touch.making(stages)
    with staged(call.destination) as stage:
        making.stage = stage
        touch.make(making, stages)
        if making.press.problems or any(each.path not in making.lying for each in making.brought):
            raise NotMerely
        if templates_key(call.source) != making.templates:
            raise Moved("templates/")
        with stages.stage("writing"):
            changed = settle(stage, making.brought, (PUBLIC, OUTBOX), is_whole=False).changed
    with stages.stage("remembering"):
        report = touch.report(before, making, changed)
        try:
            touch.remember(making, told, report)
        except (*DAMAGED, OSError):  # all is in its place, and the next build makes again what this one forgets
            stock.discard()
    return report


class Untouched(Mapping[str, KeptOutput]):
    """The files of the last build by their path, none of which was touched; each is fetched when it is asked for."""

    def __init__(self, stock: Stock) -> None:
        self._stock = stock

    def __getitem__(self, path: str) -> KeptOutput:
        found = self._stock.output(path)
        if found is None:
            raise KeyError(path)
        return found

    def __iter__(self) -> Iterator[str]:
        return (each.path for each in self._stock.outputs())

    def __len__(self) -> int:
        return sum(1 for _ in self._stock.outputs())


class _Touch:
    """What is known of one touching up before anything is made."""

    def __init__(self, call: Call, wanted: Wanted, seen: Seen, stock: Stock) -> None:
        said = stock.said("plan")
        if said is None or seen.folder is None or seen.folder[1]:
            raise NotMerely
        self.call, self.wanted, self.seen, self.stock = call, wanted, seen, stock
        self.plan = Plan.from_bytes(said)
        self.changed = self._changed()
        self.reader = StockReader(stock, ALONE, seen)
        self.read: dict[str, KeptStory] = {}  # the changed stories, as they are now
        self.numbers = {number for number, source in enumerate(self.plan.stories) if source in self.changed}
        self.content = self._content(seen.folder[0])

    def _changed(self) -> set[str]:
        """The stories whose files are not as they were; no other file may be so, nor be new or gone."""
        others = dict(self.plan.others)
        known = dict(self.stock.states())
        changed = set()
        for name, state in self.seen.states.items():
            if (other := others.pop(name, None)) is not None:
                if name in self.seen.fresh or other != state:
                    raise NotMerely
                continue
            source = name.removeprefix("content/")
            kept = known.pop(source, None) if source != name else None
            if kept is None:
                raise NotMerely
            if kept != state:
                changed.add(source)
        if others or known or len(changed) > MOST:
            raise NotMerely
        return changed

    def _content(self, folder: ContentFolder) -> Content:
        """The content of *folder*, of the stories only those that are needed; YAML is not even imported."""
        plan = self.plan
        self.reader.begin(folder, plan.masthead)
        if self.stock.said("settings") != self.reader.settings:
            raise NotMerely
        carried = (number for group in plan.carried.values() for number in group)
        needed = self.changed | {plan.stories[number] for number in (*plan.home, *carried)}
        return Content(
            plan.masthead.publication,
            folder,
            tuple(self._read(path) for path in folder.files if path in needed),
            plan.editions,
            folders=plan.folders,
            masthead=plan.masthead_name,
        )

    def _read(self, path: str) -> Story:
        """The story in the file *path*."""
        kept = self.stock.story(path)
        if path in self.changed:
            now = self.reader.read({path: kept}, path)
            if now.problems or kept.problems or now.form is None or kept.form is None:
                raise NotMerely
            one, other = from_bytes(now.form), from_bytes(kept.form)
            if not one[MINTED] or any(one[place] != other[place] for place in PLANNED):
                raise NotMerely
            kept = self.read[path] = now
        return self._restored(kept)

    def _restored(self, kept: KeptStory) -> Story:
        story, _ = self.reader.restored(kept)
        assert story is not None  # it was built
        return story

    def making(self, stages: Stages) -> Making:
        """What makes files by the plan of the last build."""
        call, plan, stock = self.call, self.plan, self.stock
        press = Press(
            self.content,
            Templates(call.source / "templates"),
            self.wanted,
            [],
            Cache(call.source / FOLDER),
            whole=self.reader.whole,
        )
        press.targets = replace(
            press.targets,
            documents=plan.documents,
            prefixes=plan.prefixes,
            held_back=plan.held_back,
            paths=frozenset(plan.paths),
        )
        making = Making(
            press,
            self.reader,
            stock,
            Stage(call.destination),
            ALONE,
            Untouched(stock),
            call.parts,
            stages,
            templates_key(call.source),
        )
        making.prepare()
        making.targets = stock.said("targets") or b""
        if press.problems or making.look.hex() != plan.look:
            raise NotMerely
        return making

    def make(self, making: Making, stages: Stages) -> None:
        """Bring everything that shows one of the changed stories to the stage."""
        press, plan = making.press, self.plan
        with stages.stage("rendering"):
            for source in sorted(self.changed):
                if source in plan.documents:
                    self._render(making, source)
            stages.note("rendering", f"{making.count:,} of {len(plan.stories):,} stories")

        def story(source: str) -> Story:
            return press.stories.get(source) or self._restored(self.stock.story(source))

        rendered = Rendered(story, press.content.publication, self.stock)
        with stages.stage("feeds"):
            self._feeds(making, rendered)
        touched = {source for source, numbers in plan.carried.items() if self.numbers & set(numbers)}
        if not touched and self.numbers.isdisjoint(plan.home):
            return
        letters = press.letters_of_run()
        editions = {
            source: letters.rendered(edition, press.carried[source], rendered)
            for source, edition in press.editions.items()
        }
        concerned = {source: edition for source, edition in editions.items() if source in touched}
        with stages.stage("other pages"):
            making.bring(making.edition_pages(concerned))
            making.bring(making.home_page(rendered, editions))  # it may show what editions carry
        with stages.stage("letters"):
            before = [self._files_of_letter(source) for source in concerned]
            making.make_letters(letters, concerned)
            if before != [self._files_of_letter(source) for source in concerned]:
                raise NotMerely

    def _files_of_letter(self, source: str) -> list[list[str]]:
        """The paths of the files of the letter of the edition *source*, and of the pictures made for it."""
        kept = self.stock.letter(source)
        if kept is None:
            raise NotMerely
        files: list[list[str]] = from_bytes(kept[1])[2:]
        return files

    def _render(self, making: Making, source: str) -> None:
        before = self.stock.made(source)
        if before.digest == self.reader.digests[source]:  # the file was touched, and nothing in it
            return
        done = making.rendered(source)
        if done.rendering.problems or before.problems or any(done.failed) or done.rendering.carries != before.carries:
            raise NotMerely
        making.take(done)
        self.stock.keep_renderings([(done.rendering, done.form, done.html)])
        making.count += 1

    def _feeds(self, making: Making, rendered: Rendered) -> None:
        desk = making.press.desk()
        for group in self.plan.feeds:
            if self.numbers.isdisjoint(group.numbers):
                continue
            documents = making.to_be_written(self.plan.documents_of(group))
            if documents:
                brought, frames = making.written(desk, rendered, documents)
                making.brought += brought
                self.stock.keep_frames(frames)

    def report(self, before: Report, making: Making, changed: Sequence[str]) -> Report:
        """What *before* told, with what has *changed* since."""
        letters = {letter.path: letter for letter in (*before.letters, *making.letters)}
        written = before.written
        unchanged = tuple(path for path in written.unchanged if path not in set(changed))
        return replace(
            before,
            written=replace(written, changed=tuple(sorted(changed)), unchanged=unchanged),
            letters=tuple(letters.values()),
        )

    def remember(self, making: Making, told: dict[str, Any], report: Report) -> None:
        """Leave what the next build needs to know."""
        stock = self.stock
        stock.keep_stories(map(self.reader.as_kept, self.read.values()))
        outputs = making.outputs()
        stock.keep_outputs(outputs)
        write_again(
            stock, told, report, seen=self.seen, outputs=outputs, root=self.call.destination, tick=tick_of(stock.path)
        )
        stock.commit()
