"""What a publication shows at a moment: everything that readers would get, and all that is wrong, in one value."""

import enum
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from pressrun.check import found
from pressrun.diff import Report, compared
from pressrun.model.edition import Edition, RenderedEdition
from pressrun.model.output import OUTBOX, PUBLIC
from pressrun.model.publication import Publication
from pressrun.model.story import Story
from pressrun.newsletter.changes import Changes, changes
from pressrun.newsletter.compose import Newsletter
from pressrun.output.manifest import NAME as MANIFEST
from pressrun.press import Press
from pressrun.problems import ContentError, Problem, errors_in, in_file_order
from pressrun.recall import Recall, Rerun
from pressrun.rendering.links import PICTURES
from pressrun.send import named_by
from pressrun.silence import without_silenced
from pressrun.wanted import Wanted


class Standing(enum.Enum):
    """How far a story or an edition is."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    PUBLISHED = "published"
    SKIPPED = "skipped"
    UNREADABLE = "cannot be read"


@dataclass(frozen=True, slots=True)
class Piece:
    """A story or an edition on the desk; *words* are those of its own text. Of an unreadable one, its file is known."""

    file: str
    title: str
    slug: str
    standing: Standing
    date: datetime | None = None
    words: int = 0


@dataclass(frozen=True, slots=True)
class Proof:
    """The letter of an edition, its slots still words; *files* are what a build would put into the outbox, by name.

    *made_of* are the files of the edition and of what it carries. *why_not* says why a build would make none yet, as
    the end of a sentence; then it is shown as a test would show it.
    """

    file: str
    rendered: RenderedEdition
    newsletter: Newsletter
    files: Mapping[str, bytes]
    made_of: tuple[str, ...]
    why_not: str | None = None


@dataclass(frozen=True, slots=True)
class Moved:
    """What the latest save made another: the *saved* files, and the titles of *letters* and feed *entries*.

    *more* Problems are told than before it, and *fewer* of those before.
    """

    saved: tuple[str, ...] = ()
    letters: tuple[str, ...] = ()
    entries: tuple[str, ...] = ()
    more: int = 0
    fewer: int = 0


NOTHING_MOVED = Moved()


@dataclass(frozen=True, slots=True)
class State:
    """What is shown, at one moment.

    *problems* are those that a check tells, and those of what is not out yet. *broken* are what keeps the latest save
    from being built: then all else is as it was before that save. *trouble* is a sentence where the disk kept it
    from being read. *texts* are the files that people wrote, by the name that Problems have for them.
    """

    number: int
    publication: Publication | None = None
    stories: tuple[Piece, ...] = ()
    editions: tuple[Piece, ...] = ()
    proofs: Mapping[str, Proof] = field(default_factory=dict)  # by slug
    documents: Mapping[str, bytes] = field(default_factory=dict)  # feeds, by their path below the public folder
    feeds: Mapping[str, str] = field(default_factory=dict)  # the title of each that people subscribe to, by path
    pictures: Mapping[str, bytes | Path] = field(default_factory=dict)  # by their path below the public folder
    texts: Mapping[str, Path] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    broken: tuple[Problem, ...] = ()
    trouble: str | None = None
    entries: Mapping[str, tuple[str, int]] = field(default_factory=dict)  # the title of each story, and its number
    moved: Moved = NOTHING_MOVED
    baseline: tuple[int, ...] = ()  # what tells one last build from another
    due: datetime | None = None  # the moment from which on something else is out
    difference: Callable[[], Report] | None = field(default=None, compare=False)  # for subscribers of the last build

    @property
    def is_good(self) -> bool:
        """Whether the latest save is what is shown."""
        return not self.broken and self.trouble is None

    def says_the_same(self, other: "State") -> bool:
        """Whether nobody would see any difference between the two."""
        return replace(self, number=0, moved=NOTHING_MOVED) == replace(other, number=0, moved=NOTHING_MOVED)

    def problems_in(self, *files: str) -> list[Problem]:
        """The Problems of *files*."""
        return [problem for problem in self.problems if problem.position.file in files]


class Showing:
    """Gives one State after the other of the publication in *source*; *built* is where its last build lies.

    Nothing is written anywhere. What a State is made of is *wanted*, at the moment that each is asked for.
    """

    def __init__(self, source: Path, wanted: Wanted, built: Path) -> None:
        self._source = source
        self._recall = Recall(source)
        self.memory = self._recall.memory
        self._wanted = wanted
        self._built = built
        self._good: State | None = None

    def next(self, now: datetime, latest: State, saved: Collection[str] = ()) -> State:
        """The State after *latest*, once the files *saved* were written; *latest* itself where it says the same."""
        number = latest.number + 1
        try:
            state = self._made(replace(self._wanted, now=now), number)
            self.memory.turn()
        except ContentError as error:
            state = replace(self._good or State(number), number=number, broken=tuple(error.problems))
        except OSError as error:
            state = replace(self._good or State(number), number=number, trouble=f"a file cannot be read: {error}")
        if state.is_good:
            self._good = state
        elif self._good is not None:
            # What can be seen stays the last good state; only what is wrong is that of now.
            state = replace(self._good, number=number, broken=state.broken, trouble=state.trouble)
        # The file at fault may be new, and none of the last good state.
        files = {problem.position.file for problem in state.broken} - state.texts.keys()
        known = {file: place for file in files if (place := self._source / file).is_file()}
        state = replace(state, texts={**state.texts, **known}) if known else state
        if state.says_the_same(latest):
            return latest
        return replace(state, moved=_moved(latest, state, saved)) if latest.number else state

    def _made(self, wanted: Wanted, number: int) -> State:
        now = wanted.now
        rerun = self._recall.press(wanted)
        press = rerun.press
        files = rerun.run()
        held = {each.source: reason for each in press.content.editions if (reason := wanted.why_not(each))}
        stops = press.problems.copy()
        problems = found(press, files, self._built, look=rerun.looked_at)
        stops += [problem for problem in problems if problem.code in ("feed-reflood", "output-clash")]
        proofs = dict(_proofs(rerun, {}))
        shown = list(files)
        if held:
            ahead, told = self._ahead(rerun, wanted, held)
            proofs |= dict(_proofs(ahead, held))
            shown += ahead.pictures()
            problems += told
        stories, editions = tuple(_stories(rerun)), tuple(_editions(press))
        return State(
            number,
            publication=press.content.publication,
            stories=stories,
            editions=editions,
            proofs=proofs,
            documents={
                file.path.removeprefix(f"{PUBLIC}/"): file.content
                for file in files
                if file.origin == "a feed" and isinstance(file.content, bytes)
            },
            feeds={
                link.url.removeprefix(press.addresses.home): feed.title for feed in press.feeds() for link in feed.links
            },
            pictures={
                file.path.removeprefix(f"{PUBLIC}/"): file.content
                for file in shown
                if file.path.startswith(f"{PUBLIC}/") and file.path.lower().endswith(PICTURES)
            },
            texts=_texts(press),
            problems=tuple(in_file_order(problems)),
            broken=tuple(in_file_order(errors_in(without_silenced(press, stops)))),
            entries={source: (story.title, rerun.numbers[source]) for source, story in press.stories.items()},
            due=min((piece.date for piece in (*stories, *editions) if piece.date and piece.date > now), default=None),
            baseline=baseline_of(self._built),
            difference=_once(lambda: compared(press, files, self._built / PUBLIC)),
        )

    def _ahead(self, run: Rerun, wanted: Wanted, held: Collection[str]) -> tuple[Rerun, list[Problem]]:
        """The letters of the editions *held* back, as a test would make them, and what is wrong in what they are of."""
        content = run.press.content
        editions = [edition for edition in content.editions if edition.source in held]
        carried = [story for edition in editions for story in named_by(edition, content)]
        pieces: list[Story | Edition] = [*editions, *carried]
        besides = frozenset(piece.source for piece in pieces)
        rerun = self._recall.ahead(run, replace(wanted, besides=besides))
        press = rerun.press
        press.editions = {source: edition for source, edition in press.editions.items() if source in held}
        shown = {story.source for source in press.editions for story in press.carried[source].all_stories}
        press.stories = {source: story for source, story in press.stories.items() if source in shown}
        press.rendered = {source: rerun.rendered(source) for source in press.stories}
        rerun.make_letters(press.editions)
        problems = found(press, [], self._built, look=rerun.looked_at)
        files = {f"content/{source}" for source in besides if source not in run.press.stories}
        return rerun, [problem for problem in problems if problem.position.file in files]


def baseline_of(built: Path) -> tuple[int, ...]:
    """What tells the last build in *built* from every other."""
    places = (built / root / MANIFEST for root in (PUBLIC, OUTBOX))
    return tuple(place.stat().st_mtime_ns for place in places if place.is_file())


def _once(make: Callable[[], Report]) -> Callable[[], Report]:
    """*make*, which is asked no more than once, unless it fails."""
    made: list[Report] = []

    def asked() -> Report:
        if not made:
            made.append(make())
        return made[0]

    return asked


def _proofs(rerun: Rerun, held: Mapping[str, str]) -> Iterator[tuple[str, Proof]]:
    for source, proof in rerun.proofs.items():
        if proof.letter is None:
            continue
        files = {file.path.rpartition("/")[2]: file.content for file in proof.files if isinstance(file.content, bytes)}
        carried = (f"content/{story.source}" for story in rerun.press.carried[source].all_stories)
        yield (
            proof.edition.slug,
            Proof(
                f"content/{source}",
                proof.edition,
                proof.letter.newsletter,
                files,
                (f"content/{source}", *carried),
                held.get(source),
            ),
        )


def _stories(rerun: Rerun) -> Iterator[Piece]:
    """The stories on the desk, the newest first; those that cannot be read come before all others."""
    content, now = rerun.press.content, rerun.press.wanted.now
    for source in sorted(content.unreadable):
        yield Piece(f"content/{source}", source.rpartition("/")[2], "", Standing.UNREADABLE)
    for story in sorted(content.stories, key=lambda story: (story.published, story.id), reverse=True):
        standing = _standing(story.published, now, draft=story.draft)
        words = rerun.words_of(story)
        yield Piece(f"content/{story.source}", story.title, story.slug, standing, story.published, words)


def _editions(press: Press) -> Iterator[Piece]:
    """The editions on the desk, the newest first."""
    for edition in sorted(press.content.editions, key=lambda edition: (edition.date, edition.id), reverse=True):
        standing = _standing(edition.date, press.wanted.now, draft=edition.draft)
        if press.wanted.why_not(edition) is None and edition.source not in press.editions:
            standing = Standing.SKIPPED
        words = sum(len(text.split()) for text in (edition.body, *(section.text for section in edition.sections)))
        yield Piece(f"content/{edition.source}", edition.title, edition.slug, standing, edition.date, words)


def _standing(moment: datetime, now: datetime, *, draft: bool) -> Standing:
    if draft:
        return Standing.DRAFT
    return Standing.SCHEDULED if moment > now else Standing.PUBLISHED


def _texts(press: Press) -> dict[str, Path]:
    """Every file that a Problem can lead to."""
    files = press.content.folder.files
    texts = {f"content/{path}": files[path] for path in files if path.lower().endswith(TEXTS)}
    return {**texts, **press.templates.own_files()}


TEXTS = (".md", ".markdown", ".yaml", ".yml", ".html", ".txt", ".css")


def _moved(before: State, after: State, saved: Collection[str]) -> Moved:
    letters = [
        proof.rendered.title
        for slug, proof in after.proofs.items()
        if slug not in before.proofs or before.proofs[slug].newsletter != proof.newsletter
    ]
    entries = [
        title for source, (title, number) in after.entries.items() if before.entries.get(source) != (title, number)
    ]
    gone = [title for source, (title, _) in before.entries.items() if source not in after.entries]
    old, new = ({*state.problems, *state.broken} for state in (before, after))
    return Moved(tuple(sorted(saved)), tuple(letters), (*entries, *gone), len(new - old), len(old - new))


def since_last_build(built: Path, proof: Proof) -> Changes | None:
    """What became of the letter of *proof* since the last build, which lies in *built*; None where it made none."""
    folder = built / OUTBOX / proof.rendered.slug
    try:
        html, text = ((folder / name).read_text(encoding="utf-8") for name in ("newsletter.html", "newsletter.txt"))
    except (OSError, UnicodeDecodeError):
        return None
    return changes(html, text, proof.files["newsletter.html"].decode(), proof.files["newsletter.txt"].decode())
