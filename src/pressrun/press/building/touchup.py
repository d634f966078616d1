"""A few stories touched up: what shows them is made anew, and nothing else is even looked at.

It is what a newsroom does all day, and the plan of the last build holds for it: what is out, where it is read, which
feeds and editions carry it, in which order. As soon as anything else may be different, the whole plan is made anew.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from pressrun.content.load import Content
from pressrun.content.source.files import ContentFolder
from pressrun.model.buildrequest import BuildRequest
from pressrun.model.output import OUTBOX, PUBLIC
from pressrun.model.story import Story
from pressrun.press.building.buildstate import DAMAGED, BuildState
from pressrun.press.building.cache import FOLDER, Cache
from pressrun.press.building.filestates import tick_of
from pressrun.press.building.forms import from_bytes
from pressrun.press.building.kept import KeptOutput, KeptStory
from pressrun.press.building.outputs import Making
from pressrun.press.building.placed import Placed
from pressrun.press.building.plan import Plan
from pressrun.press.building.press import Press
from pressrun.press.building.published import Output
from pressrun.press.building.renderings import Rendered
from pressrun.press.building.report import BuildReport
from pressrun.press.building.stories import FileChanged, StateReader
from pressrun.press.building.timing import Stages
from pressrun.press.building.unchanged import Call, InputFiles, report_of, templates_key, write_again
from pressrun.press.building.workers import ALONE
from pressrun.press.output.stage import Stage
from pressrun.press.output.write import settle, staged
from pressrun.rendering.templates import Templates

# More than that, and a new plan costs little beside them.
MOST = 50
# What of a story's form the plan is made of: id, slug, dates, authors, draft, tags, section, path and addresses.
MINTED = 1  # whoever has no id of their own is told so
PLANNED = (0, MINTED, 3, 4, 5, 6, 7, 9, 10, 11, 17, 18, 19)


class NotMerely(Exception):
    """More has changed than the words of a few stories."""


def touched_up(
    call: Call,
    build_request: BuildRequest,
    seen: InputFiles,
    told: dict[str, Any],
    build_state: BuildState,
    stages: Stages,
) -> BuildReport:
    """Bring the output up to date with the stories that have changed since the build that left *told*.

    Raises NotMerely where more has changed, or anything is wrong that a person shall be told; the stock may then hold
    what is not so, and what was kept has to be forgotten.
    """
    before = report_of(told)
    if before.problems or not call.is_whole:
        raise NotMerely
    with stages.stage("reading"):
        touch = _Touch(call, build_request, seen, build_state)
    with stages.stage("planning"):
        making = touch.making(stages)
    with staged(call.destination) as stage:
        making.placed.stage = stage
        touch.make(making, stages)
        if making.placed.problems or any(each.path not in making.placed.lying for each in making.placed.brought):
            raise NotMerely
        if templates_key(call.source) != making.templates:
            raise FileChanged("templates/")
        with stages.stage("writing"):
            changed = settle(stage, making.placed.brought, (PUBLIC, OUTBOX), is_whole=False).changed
    with stages.stage("remembering"):
        report = touch.report(before, making, changed)
        try:
            touch.remember(making, told, report)
        except (*DAMAGED, OSError):  # all is in its place, and the next build makes again what this one forgets
            build_state.discard()
    return report


class Untouched(Mapping[str, KeptOutput]):
    """The files of the last build by their path, none of which was touched; each is fetched when it is asked for."""

    def __init__(self, build_state: BuildState) -> None:
        self._build_state = build_state

    def __getitem__(self, path: str) -> KeptOutput:
        found = self._build_state.output(path)
        if found is None:
            raise KeyError(path)
        return found

    def __iter__(self) -> Iterator[str]:
        return (each.path for each in self._build_state.outputs())

    def __len__(self) -> int:
        return sum(1 for _ in self._build_state.outputs())


class _Touch:
    """What is known of one touching up before anything is made."""

    def __init__(self, call: Call, build_request: BuildRequest, seen: InputFiles, build_state: BuildState) -> None:
        said = build_state.said("plan")
        if said is None or seen.folder is None or seen.folder[1]:
            raise NotMerely
        self.call, self.build_request, self.seen, self.build_state = call, build_request, seen, build_state
        self.plan = Plan.from_bytes(said)
        self.changed = self._changed()
        self.reader = StateReader(build_state, ALONE, seen)
        self.read: dict[str, KeptStory] = {}  # the changed stories, as they are now
        self.numbers = {number for number, source in enumerate(self.plan.stories) if source in self.changed}
        self.content = self._content(seen.folder[0])

    def _changed(self) -> set[str]:
        """The stories whose files are not as they were; no other file may be so, nor be new or gone."""
        others = dict(self.plan.others)
        known = dict(self.build_state.states())
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
        if self.build_state.said("settings") != self.reader.settings:
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
        kept = self.build_state.story(path)
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
        call, plan, build_state = self.call, self.plan, self.build_state
        press = Press(
            self.content,
            Templates(call.source / "templates"),
            self.build_request,
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
            build_state,
            Placed(Stage(call.destination), Untouched(build_state)),
            ALONE,
            call.parts,
            stages,
            Output(call.destination),
            templates_key(call.source),
        )
        making.prepare()
        making.targets = build_state.said("targets") or b""
        if making.placed.problems or press.evaluation.needs_all_stories or making.look.hex() != plan.look:
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
            return press.stories.get(source) or self._restored(self.build_state.story(source))

        rendered = Rendered(story, press.content.publication, self.build_state)
        with stages.stage("feeds"):
            self._feeds(making, rendered)
        touched = {source for source, numbers in plan.carried.items() if self.numbers & set(numbers)}
        if not touched and self.numbers.isdisjoint(plan.home):
            return
        letters = press.letters(making.named(press.pictures_of_letters()))
        editions = {}
        for source, edition in press.editions.items():
            editions[source], problems = letters.rendered(edition, press.carried[source], rendered)
            making.placed.problems += problems
        concerned = {source: edition for source, edition in editions.items() if source in touched}
        with stages.stage("other pages"):
            making.placed.bring(making.edition_pages(concerned))
            making.placed.bring(making.home_page(rendered, editions))  # it may show what editions carry
        with stages.stage("letters"):
            before = [self._files_of_letter(source) for source in concerned]
            making.make_letters(letters, concerned)
            if before != [self._files_of_letter(source) for source in concerned]:
                raise NotMerely

    def _files_of_letter(self, source: str) -> list[list[str]]:
        """The paths of the files of the letter of the edition *source*, and of the pictures made for it."""
        kept = self.build_state.letter(source)
        if kept is None:
            raise NotMerely
        files: list[list[str]] = from_bytes(kept[1])[2:]
        return files

    def _render(self, making: Making, source: str) -> None:
        before = self.build_state.made(source)
        if before.digest == self.reader.digests[source]:  # the file was touched, and nothing in it
            return
        done = making.rendered(source)
        if done.rendering.problems or before.problems or any(done.failed) or done.rendering.carries != before.carries:
            raise NotMerely
        making.take(done)
        self.build_state.keep_renderings([(done.rendering, done.form, done.html)])
        making.count += 1

    def _feeds(self, making: Making, rendered: Rendered) -> None:
        desk, files = making.press.desk(making.named(making.press.pictures_of_feeds())), making.feed_files()
        for group in self.plan.feeds:
            if self.numbers.isdisjoint(group.numbers):
                continue
            documents = files.to_be_written(self.plan.documents_of(group))
            if documents:
                brought, frames = files.written(desk, rendered, documents)
                making.placed.brought += brought
                self.build_state.keep_frames(frames)

    def report(self, before: BuildReport, making: Making, changed: Sequence[str]) -> BuildReport:
        """What *before* told, with what has *changed* since."""
        letters = {letter.path: letter for letter in (*before.letters, *making.placed.letters)}
        written = before.written
        unchanged = tuple(path for path in written.unchanged if path not in set(changed))
        return replace(
            before,
            written=replace(written, changed=tuple(sorted(changed)), unchanged=unchanged),
            letters=tuple(letters.values()),
        )

    def remember(self, making: Making, told: dict[str, Any], report: BuildReport) -> None:
        """Leave what the next build needs to know."""
        build_state = self.build_state
        build_state.keep_stories(map(self.reader.as_kept, self.read.values()))
        outputs = making.placed.outputs()
        build_state.keep_outputs(outputs)
        write_again(
            build_state,
            told,
            report,
            seen=self.seen,
            outputs=outputs,
            root=self.call.destination,
            tick=tick_of(build_state.path),
        )
        build_state.commit()
