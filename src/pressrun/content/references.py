"""From the names in an edition, and from its rule, to the stories that they mean."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from pressrun.content.chains import (
    NO_RECORDS,
    Fate,
    Records,
    SentEdition,
    Taken,
    begin_of,
    chains_of,
    day_of,
    fates_of,
    new_stories,
    place_in_time,
    readers_of,
    start_of,
    stories_by,
)
from pressrun.content.checks import place_of
from pressrun.content.load import Content
from pressrun.content.named import Search
from pressrun.model.chain import Chain, lists_of
from pressrun.model.edition import Edition, Layout, Reference, Rule
from pressrun.model.problems import Position, Problem, Severity
from pressrun.model.story import Story


@dataclass(frozen=True, slots=True)
class Carried:
    """The stories that an edition carries, each once, as far as they could be found.

    *sections* has those of each of the edition's sections, *also* those beyond its limit. *found* are those that its
    rule found, in order, and *begin* is the moment before which none was new. *skipped* says why there is no such
    edition this time, as the end of a sentence.
    """

    lead: Story | None
    stories: tuple[Story, ...]
    sections: tuple[tuple[Story, ...], ...] = ()
    also: tuple[Story, ...] = ()
    found: tuple[Story, ...] = ()
    begin: datetime | None = None
    skipped: str | None = None

    @property
    def all_stories(self) -> list[Story]:
        """All of them, the lead first."""
        inside = (story for section in self.sections for story in section)
        return [*([self.lead] if self.lead else []), *self.stories, *inside, *self.also]


def carried_by_all(
    editions: Iterable[Edition], content: Content, held_back: Mapping[str, str], records: Records = NO_RECORDS
) -> tuple[dict[str, Carried], list[Problem]]:
    """What each of *editions* carries, by its source, and all that is wrong with what they name.

    *held_back* says of stories that are not out why not, by their source. Editions of the content that were sent count
    for the others also where they are not among *editions*. *records* are what a store knows of those that were sent,
    by their ids.
    """
    evaluation = Evaluation.of(editions, content, held_back, records)
    return evaluation.carried, evaluation.problems


@dataclass(slots=True)
class Evaluation:
    """What all *editions* carry, and which of them went out; make one with `of`."""

    editions: Mapping[str, Edition]  # by source
    content: Content
    held_back: Mapping[str, str]
    records: Records
    fates: Mapping[str, Fate]
    carried: dict[str, Carried] = field(default_factory=dict)  # by source
    problems: list[Problem] = field(default_factory=list)
    past: list[SentEdition] = field(default_factory=list)  # in the order in which they went out
    known: Taken = field(default_factory=Taken)
    repeated: dict[str, list[tuple[Position, str]]] = field(default_factory=dict)  # ids, by source
    begins: dict[str, datetime | None] = field(default_factory=dict)  # of those that went out, by source
    starts: dict[Chain, datetime | None] = field(default_factory=dict)  # where chains begin of which none went out
    _by_id: dict[str, Story] = field(default_factory=dict)
    _out: list[Story] = field(default_factory=list)
    _lasts: dict[str, datetime | None] | None = None
    _old: dict[str, list[Story]] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        editions: Iterable[Edition],
        content: Content,
        held_back: Mapping[str, str],
        records: Records = NO_RECORDS,
        *,
        needs_past: bool | None = None,
    ) -> "Evaluation":
        """Return the evaluation of *editions*, which are those that are out; the rest as in `carried_by_all`.

        With *needs_past*, what went out is known even where no edition has a rule yet.
        """
        by_source = {edition.source: edition for edition in editions}
        every = {edition.source: edition for edition in (*content.editions, *by_source.values())}
        fates = fates_of(every.values(), by_source, records, content.publication.lists)
        made = cls(by_source, content, held_back, records, fates)
        in_order = sorted(every.values(), key=place_in_time)
        if needs_past is None:  # without rules, what went out makes no difference
            needs_past = any(edition.rule is not None for edition in in_order)
        if needs_past:
            made._by_id = {story.id: story for story in reversed(content.stories)}
            # A last good version is published, and goes into no newsletter that was not made of it.
            left_out = {*held_back, *content.invalid}
            made._out = [story for story in content.stories if story.source not in left_out]
            made._learn_what_was_sent(in_order)
        for edition in in_order:
            if needs_past:
                made._start(edition)
            if edition.source in by_source:
                made.carried[edition.source] = made._carried_by(edition)
            if needs_past:
                made._remember(edition)
        return made

    @property
    def needs_all_stories(self) -> bool:
        """Whether an edition that is not out any more was sent without a list: then every story may have been in it."""
        return any(
            fate is Fate.SENT and edition.source not in self.editions and edition.rule and self.list_of(edition) is None
            for edition in self.content.editions
            if (fate := self.fates[edition.source])
        )

    def list_of(self, edition: Edition) -> tuple[str, ...] | None:
        """Return the ids of the stories that the rule of *edition* found when it was frozen; None if it is not."""
        record = self.records.get(edition.id)
        if record is not None and record.found is not None:
            return record.found
        if edition.carried is None:
            return None
        ids = (self._id_of(reference, edition) for reference in edition.carried)
        return tuple(dict.fromkeys(ids))

    def _id_of(self, reference: Reference, edition: Edition) -> str:
        if reference.name in self._by_id:
            return reference.name
        stories = self.content.stories_named(reference.name, beside=edition.source)
        return stories[0].id if len(stories) == 1 else reference.name

    # What went out

    def _learn_what_was_sent(self, editions: Iterable[Edition]) -> None:
        """Learn what every edition that was sent has carried, whichever came first."""
        ids = set()
        for edition in editions:
            ids.add(edition.id)
            if self.fates[edition.source] is Fate.SENT:
                self.known.add(self._past_of(edition))
        for record in self.records.values():  # the files of some may be gone
            if record.reached and record.id not in ids:
                found, named = frozenset(record.found or ()), frozenset(record.named or ())
                self.known.add(SentEdition(chains_of(record.chain, record.lists), record.lists, found, named))

    def _past_of(self, edition: Edition) -> SentEdition:
        """Return what is known of *edition*, which went out."""
        lists = self.content.publication.lists
        record = self.records.get(edition.id)
        found = self.list_of(edition)
        has_list = found is not None
        if found is None and edition.rule is not None:
            if self.fates[edition.source] is Fate.SENT:
                found = tuple(story.id for story in self.by_the_old_rule(edition))
            else:
                found = tuple(story.id for story in self.carried[edition.source].found)
        if record is not None and record.named is not None:
            named = frozenset(record.named)
        else:
            named = frozenset(self.named_by(edition))
        readers = readers_of(edition, self.records)
        return SentEdition(
            chains_of(Chain.of(edition, lists), readers),
            readers | lists_of(edition, lists),
            frozenset(found or ()),
            named,
            day_of(edition, self.content.publication.timezone),
            self.begins.get(edition.source),
            has_list or edition.rule is None,
        )

    def _remember(self, edition: Edition) -> None:
        """Have those that follow know of *edition*, if it went out."""
        fate = self.fates[edition.source]
        carried = self.carried.get(edition.source)
        if fate is Fate.NOT_YET or (carried is not None and carried.skipped):
            return
        self.begins[edition.source] = self.begin_of(edition)
        past = self._past_of(edition)
        self.past.append(past)
        if fate is Fate.PUBLISHED:
            self.known.add(past)

    def begin_of(self, edition: Edition) -> datetime | None:
        """Return the moment before which no story is new for *edition*, which comes after all that went out so far."""
        chain = Chain.of(edition, self.content.publication.lists)
        if chain is None:
            return None
        if edition.begin is None and chain in self.starts and all(chain not in past.chains for past in self.past):
            return self.starts[chain]
        return begin_of(chain, edition.begin, self.past)

    def _start(self, edition: Edition) -> None:
        """Have the chain of *edition* begin here if this is its first, even if it is skipped or never sent."""
        chain = Chain.of(edition, self.content.publication.lists)
        if chain is not None and not edition.draft and chain not in self.starts:
            self.starts[chain] = edition.begin or start_of(chain, self.past)

    # What an edition carries

    def _carried_by(self, edition: Edition) -> Carried:
        search = Search(edition, self.content, self.held_back)
        lead = search.stories([edition.lead])[0] if edition.lead else None
        stories = search.stories(edition.stories)
        sections = tuple(tuple(filter(None, search.stories(section.stories))) for section in edition.sections)
        self.problems += search.problems
        carried = Carried(lead, tuple(filter(None, stories)), sections)
        rule = edition.rule
        if rule is None:
            return carried
        begin = self.begin_of(edition)
        frozen = self.list_of(edition)
        if frozen is not None:
            found = self._listed(edition, frozen)
            self._tell_of_repeated(edition, frozen)
        elif self.fates[edition.source] is Fate.SENT:
            found = [story for story in self.by_the_old_rule(edition) if story.source not in self.held_back]
        else:
            fitting = self.found_by(edition, rule, begin, edition.date)
            found = [story for story in fitting if story.source not in search.met]
            if len(found) < rule.minimum:
                skipped = self._too_few(edition, rule, len(found))
                return replace(carried, begin=begin, skipped=skipped)
        shown = [story for story in found if story.source not in search.met]
        first, also = shown[: rule.limit], shown[rule.limit :]
        if first and edition.lead is None and not edition.stories and edition.layout is Layout.EDITION:
            lead, *first = first
        return replace(
            carried,
            lead=lead,
            stories=(*carried.stories, *first),
            also=tuple(also),
            found=tuple(found),
            begin=begin,
        )

    def found_by(self, edition: Edition, rule: Rule, begin: datetime | None, until: datetime) -> list[Story]:
        """Return the stories that are out, and that *rule* finds for *edition* until *until*, newest first."""
        if not rule.since_last:
            return stories_by(rule, self._out, until)
        chain = Chain.of(edition, self.content.publication.lists)
        assert chain is not None  # it has a rule
        return new_stories(rule, self._out, until, begin, self.known.by(chain))

    def _too_few(self, edition: Edition, rule: Rule, number: int) -> str | None:
        """Why there is no such edition, where it is skipped; else it is a Problem."""
        words = "story fits" if number == 1 else "stories fit"
        reason = f"{number or 'no'} {words} its rule, and min_stories is {rule.minimum}"
        if rule.skip_if_empty:
            self.problems.append(_too_few(edition, f"this edition is skipped: {reason}", None, Severity.HINT))
            return f"is skipped: {reason}"
        hint = "wait for more, or write skip_if_empty: true, or a lower min_stories"
        self.problems.append(_too_few(edition, reason, hint, Severity.ERROR))
        return None

    def _listed(self, edition: Edition, ids: Sequence[str]) -> list[Story]:
        """Return the stories with *ids*; of those that are missing or held back it is told."""
        places = {self._id_of(each, edition): each.position for each in edition.carried or ()}
        was_begun = self._was_begun(edition)
        found = []
        for each in ids:
            story = self._by_id.get(each)
            reason = self.held_back.get(story.source) if story is not None else "is missing"
            if story is not None and reason is None:
                found.append(story)
                continue
            message = f'"{each}" {reason}'
            hint = "publish it first, or take it out of carried"
            if was_begun:
                # What was sent cannot be changed, and one story must not keep everything else from being built.
                message += ", so this edition is shown without it"
                hint = "publish it again, or ignore this: its readers have got it"
            severity = Severity.WARNING if was_begun else Severity.ERROR
            place = places.get(each) or place_of(edition, "carried", "since", "tags", "section")
            self.problems.append(Problem(place, "edition-story", message, hint, severity))
        return found

    def _was_begun(self, edition: Edition) -> bool:
        """Whether somebody began to send *edition*, even if it reached nobody: then its list is what it is."""
        return edition.receipt is not None or edition.id in self.records

    def _tell_of_repeated(self, edition: Edition, ids: Sequence[str]) -> None:
        """Tell of stories in the list of *edition* that another edition has carried since it was written."""
        chain = Chain.of(edition, self.content.publication.lists)
        if self._was_begun(edition) or chain is None or edition.rule is None or not edition.rule.since_last:
            return
        places = {self._id_of(each, edition): each.position for each in edition.carried or ()}
        known = self.known.by(chain)
        repeated = [(places[each], each) for each in ids if each in known and each in places]
        self.problems += [carried_twice(place, each, Severity.WARNING) for place, each in repeated]
        self.repeated[edition.source] = repeated

    def named_by(self, edition: Edition) -> dict[str, str]:
        """Return the stories that *edition* names itself: the source of each, by its id."""
        meant = (self.content.stories_named(each.name, edition.source) for each in edition.named)
        return {stories[0].id: stories[0].source for stories in meant if len(stories) == 1}

    def by_the_old_rule(self, edition: Edition) -> list[Story]:
        """Return what the rule of *edition* found when it was sent, before there were lists: by dates alone."""
        assert edition.rule is not None  # others find nothing
        if self._lasts is None:
            self._lasts = self._last_editions()
        if edition.source in self._old:
            return self._old[edition.source]
        until = edition.date
        moment = edition.receipt.time if edition.receipt is not None else until
        rule = replace(edition.rule, since=self._lasts[edition.source]) if edition.rule.since_last else edition.rule
        named = set(self.named_by(edition).values())
        out = [
            story
            for story in self.content.stories
            if not story.draft and story.published <= moment and story.source not in named
        ]
        self._old[edition.source] = stories_by(rule, out, until)[: rule.limit]
        return self._old[edition.source]

    def _last_editions(self) -> dict[str, datetime | None]:
        """Return the date of the edition before each, by its source, as it counted before there were chains."""
        lasts: dict[str, datetime | None] = {}
        last: datetime | None = None
        for edition in sorted(self.content.editions, key=place_in_time):
            lasts[edition.source] = last
            if edition.receipt is not None or not (edition.draft or self._was_skipped(edition, last)):
                last = edition.date
        return lasts

    def _was_skipped(self, edition: Edition, last: datetime | None) -> bool:
        rule = edition.rule
        if rule is None or not rule.skip_if_empty:
            return False
        rule = replace(rule, since=last) if rule.since_last else rule
        return len(stories_by(rule, self._out, edition.date)[: rule.limit]) < rule.minimum


def carried_twice(place: Position, story: str, severity: Severity) -> Problem:
    """Return the Problem of a *story*, an id, that is listed at *place* and that the same readers have got already."""
    message = f'"{story}" was in an earlier edition for the same readers'
    hint = "take it out of carried, so that nobody gets it twice"
    return Problem(place, "carried-twice", message, hint, severity)


def _too_few(edition: Edition, message: str, hint: str | None, severity: Severity) -> Problem:
    place = place_of(edition, "since", "tags", "section")
    return Problem(place, "edition-empty", message, hint, severity)
