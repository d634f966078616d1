"""What a publication shows at a moment: everything that readers would get, and all that is wrong, in one value."""

import enum
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from pressrun.desk.checking.check import found
from pressrun.desk.checking.diff import DiffReport, compared
from pressrun.model.buildrequest import BuildRequest
from pressrun.model.edition import Edition, RenderedEdition
from pressrun.model.output import OUTBOX, PUBLIC
from pressrun.model.problems import ContentError, Problem, errors_in, in_file_order
from pressrun.model.publication import Publication
from pressrun.model.severities import Command, all_judged
from pressrun.model.story import Story
from pressrun.post.sending.letter import named_by
from pressrun.press.building.ignored import without_ignored
from pressrun.press.building.press import Press
from pressrun.press.building.published import Output
from pressrun.press.building.run import Run
from pressrun.press.building.validity import stopping
from pressrun.press.newsletter.changes import Changes, changes
from pressrun.press.newsletter.compose import Newsletter
from pressrun.press.output.manifest import NAME as MANIFEST
from pressrun.rendering.links import PICTURES
from pressrun.web.preview.recall import Recall


class PieceStatus(enum.Enum):
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
    standing: PieceStatus
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
class SavedChange:
    """What the latest save made another: the *saved* files, and the titles of *letters* and feed *entries*.

    *more* Problems are told than before it, and *fewer* of those before.
    """

    saved: tuple[str, ...] = ()
    letters: tuple[str, ...] = ()
    entries: tuple[str, ...] = ()
    more: int = 0
    fewer: int = 0


NOTHING_MOVED = SavedChange()


@dataclass(frozen=True, slots=True)
class PreviewState:
    """What is shown, at one moment.

    *problems* are those that a check tells, and those of what is not out yet. *invalid* are the errors of stories and
    editions that are shown as they were before, or not at all. *broken* are what keeps the latest save from being
    built: then all else is as it was before that save. *trouble* is a sentence where the disk kept it from being read.
    *texts* are the files that people wrote, by the name that Problems have for them.
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
    invalid: tuple[Problem, ...] = ()
    broken: tuple[Problem, ...] = ()
    trouble: str | None = None
    entries: Mapping[str, tuple[str, int]] = field(default_factory=dict)  # the title of each story, and its number
    moved: SavedChange = NOTHING_MOVED
    baseline: tuple[int, ...] = ()  # what tells one last build from another
    due: datetime | None = None  # the moment from which on something else is out
    difference: Callable[[], DiffReport] | None = field(
        default=None, compare=False
    )  # for subscribers of the last build

    @property
    def is_good(self) -> bool:
        """Whether the latest save is what is shown."""
        return not self.broken and self.trouble is None

    def says_the_same(self, other: "PreviewState") -> bool:
        """Whether nobody would see any difference between the two."""
        return replace(self, number=0, moved=NOTHING_MOVED) == replace(other, number=0, moved=NOTHING_MOVED)

    def problems_in(self, *files: str) -> list[Problem]:
        """The Problems of *files*."""
        return [problem for problem in self.problems if problem.position.file in files]


class Showing:
    """Gives one State after the other of the publication in *source*; *built* is where its last build lies.

    Nothing is written anywhere. What a State is made of is *build_request*, at the moment that each is asked for.
    """

    def __init__(self, source: Path, build_request: BuildRequest, built: Path) -> None:
        self._source = source
        self._recall = Recall(source)
        self.memory = self._recall.memory
        self._build_request = build_request
        self._built = built
        self._good: PreviewState | None = None

    def next(self, now: datetime, latest: PreviewState, saved: Collection[str] = ()) -> PreviewState:
        """The State after *latest*, once the files *saved* were written; *latest* itself where it says the same."""
        number = latest.number + 1
        try:
            state = self._made(replace(self._build_request, now=now), number)
            self.memory.turn()
        except ContentError as error:
            state = replace(self._good or PreviewState(number), number=number, broken=tuple(error.problems))
        except OSError as error:
            state = replace(
                self._good or PreviewState(number), number=number, trouble=f"a file cannot be read: {error}"
            )
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

    def _made(self, build_request: BuildRequest, number: int) -> PreviewState:
        now = build_request.now
        run, files = self._recall.settled(build_request, Output(self._built))
        press = run.press
        held = {each.source: reason for each in press.content.editions if (reason := build_request.why_not(each))}
        stops = all_judged(run.problems, Command.BUILD)
        problems = found(run, files, self._built, look=self._recall.looked_at)
        stops += [problem for problem in problems if problem.code in ("feed-reflood", "output-clash")]
        proofs = dict(_proofs(run, {}))
        shown = list(files)
        if held:
            ahead, told = self._ahead(run, build_request, held)
            proofs |= dict(_proofs(ahead, held))
            shown += ahead.pictures()
            problems += told
        # A letter that cannot be made is shown as it was made last.
        at_fault = {f"content/{source}" for source in press.validity.invalid}
        before = self._good.proofs if self._good else {}
        proofs |= {slug: proof for slug, proof in before.items() if proof.file in at_fault and slug not in proofs}
        stories, editions = tuple(_stories(run, self._recall.words_of)), tuple(_editions(press))
        return PreviewState(
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
            invalid=tuple(in_file_order(each for each in errors_in(stops) if press.content.owner_of(each))),
            broken=tuple(in_file_order(stopping(without_ignored(press, stops), press.content))),
            entries={source: (story.title, run.numbers[source]) for source, story in press.stories.items()},
            due=min((piece.date for piece in (*stories, *editions) if piece.date and piece.date > now), default=None),
            baseline=baseline_of(self._built),
            difference=_once(lambda: compared(press, files, self._built / PUBLIC)),
        )

    def _ahead(self, run: Run, build_request: BuildRequest, held: Collection[str]) -> tuple[Run, list[Problem]]:
        """The letters of the editions *held* back, as a test would make them, and what is wrong in what they are of."""
        content = run.press.content
        editions = [edition for edition in content.editions if edition.source in held]
        carried = [story for edition in editions for story in named_by(edition, content)]
        pieces: list[Story | Edition] = [*editions, *carried]
        besides = frozenset(piece.source for piece in pieces)
        ahead = self._recall.ahead(run, replace(build_request, besides=besides))
        press = ahead.press
        press.editions = {source: edition for source, edition in press.editions.items() if source in held}
        shown = {story.source for source in press.editions for story in press.carried[source].all_stories}
        press.stories = {source: story for source, story in press.stories.items() if source in shown}
        for source in press.stories:
            ahead.render(source)
        ahead.make_letters(press.editions)
        problems = found(ahead, [], self._built, look=self._recall.looked_at)
        files = {f"content/{source}" for source in besides if source not in run.press.stories}
        return ahead, [problem for problem in problems if problem.position.file in files]


def baseline_of(built: Path) -> tuple[int, ...]:
    """What tells the last build in *built* from every other."""
    places = (built / root / MANIFEST for root in (PUBLIC, OUTBOX))
    return tuple(place.stat().st_mtime_ns for place in places if place.is_file())


def _once(make: Callable[[], DiffReport]) -> Callable[[], DiffReport]:
    """*make*, which is asked no more than once, unless it fails."""
    made: list[DiffReport] = []

    def asked() -> DiffReport:
        if not made:
            made.append(make())
        return made[0]

    return asked


def _proofs(run: Run, held: Mapping[str, str]) -> Iterator[tuple[str, Proof]]:
    for source, proof in run.proofs.items():
        if proof.letter is None:
            continue
        files = {file.path.rpartition("/")[2]: file.content for file in proof.files if isinstance(file.content, bytes)}
        carried = (f"content/{story.source}" for story in run.press.carried[source].all_stories)
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


def _stories(run: Run, words_of: Callable[[Run, Story], int]) -> Iterator[Piece]:
    """The stories on the desk, the newest first; those that cannot be read come before all others."""
    content, now = run.press.content, run.press.build_request.now
    for source in sorted(content.unreadable):
        yield Piece(f"content/{source}", source.rpartition("/")[2], "", PieceStatus.UNREADABLE)
    for story in sorted(content.stories, key=lambda story: (story.published, story.id), reverse=True):
        standing = _standing(story.published, now, draft=story.draft)
        words = words_of(run, story)
        yield Piece(f"content/{story.source}", story.title, story.slug, standing, story.published, words)


def _editions(press: Press) -> Iterator[Piece]:
    """The editions on the desk, the newest first."""
    for edition in sorted(press.content.editions, key=lambda edition: (edition.date, edition.id), reverse=True):
        standing = _standing(edition.date, press.build_request.now, draft=edition.draft)
        if press.build_request.why_not(edition) is None and edition.source not in press.editions:
            standing = PieceStatus.SKIPPED
        words = sum(len(text.split()) for text in (edition.body, *(section.text for section in edition.sections)))
        yield Piece(f"content/{edition.source}", edition.title, edition.slug, standing, edition.date, words)


def _standing(moment: datetime, now: datetime, *, draft: bool) -> PieceStatus:
    if draft:
        return PieceStatus.DRAFT
    return PieceStatus.SCHEDULED if moment > now else PieceStatus.PUBLISHED


def _texts(press: Press) -> dict[str, Path]:
    """Every file that a Problem can lead to."""
    files = press.content.folder.files
    texts = {f"content/{path}": files[path] for path in files if path.lower().endswith(TEXTS)}
    return {**texts, **press.templates.own_files()}


TEXTS = (".md", ".markdown", ".yaml", ".yml", ".html", ".txt", ".css")


def _moved(before: PreviewState, after: PreviewState, saved: Collection[str]) -> SavedChange:
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
    return SavedChange(tuple(sorted(saved)), tuple(letters), (*entries, *gone), len(new - old), len(old - new))


def since_last_build(built: Path, proof: Proof) -> Changes | None:
    """What became of the letter of *proof* since the last build, which lies in *built*; None where it made none."""
    folder = built / OUTBOX / proof.rendered.slug
    try:
        html, text = ((folder / name).read_text(encoding="utf-8") for name in ("newsletter.html", "newsletter.txt"))
    except (OSError, UnicodeDecodeError):
        return None
    return changes(html, text, proof.files["newsletter.html"].decode(), proof.files["newsletter.txt"].decode())
