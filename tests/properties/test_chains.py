"""A chain carries each published story exactly once, whatever is written, renamed, corrected, skipped, or withdrawn."""

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from hypothesis import event, given, settings
from hypothesis import strategies as st

from builders import NOON, a_publication, a_story, an_empty_folder
from pressrun.content.freezing import evaluated, forgotten, why_not_frozen
from pressrun.content.load import Content
from pressrun.content.references import Evaluation
from pressrun.model.chain import Chain, Record, lists_of
from pressrun.model.edition import Edition, Layout, Receipt, Reference, Rule
from pressrun.model.problems import Position
from pressrun.model.publication import MailingList
from pressrun.model.story import Story

LISTS = (MailingList("weekly"), MailingList("daily"))
ZONES = ("UTC", "America/New_York", "Pacific/Kiritimati", "Asia/Kolkata")
NOWHERE = Position("content/x.md")
DAYS = st.integers(-40, 40).map(lambda number: timedelta(days=number))
# Bare days, and moments that an edition has, too.
HOURS = st.sampled_from([0, 0, 7, 12, 23]).map(lambda number: timedelta(hours=number))
TAGS = st.sampled_from([(), ("snow",), ("Snow", "ice")])
RULES = st.builds(
    Rule,
    since_last=st.just(True),
    tags=st.sampled_from([(), ("snow",)]),
    limit=st.integers(1, 3),
    minimum=st.integers(1, 3),
    skip_if_empty=st.booleans(),
)
NAMES = ("weekly", "daily")
NOBODY = st.sampled_from([False, False, False, True])
WHERE = st.sampled_from(["file", "store", "both"])
OPERATIONS = st.one_of(
    st.tuples(st.just("write"), DAYS, HOURS, TAGS, st.booleans()),
    st.tuples(st.sampled_from(["correct", "rename", "publish", "take out"]), st.integers(0, 20)),
    st.tuples(st.just("edition"), RULES, st.sampled_from(NAMES), st.booleans(), st.integers(-3, 3)),
    st.tuples(st.just("issue"), RULES, st.sampled_from(NAMES), st.booleans(), NOBODY, WHERE),
    st.tuples(st.just("name"), st.integers(0, 20), st.integers(0, 20)),
    st.tuples(st.sampled_from(["freeze", "undraft"]), st.integers(0, 20)),
    st.tuples(st.just("drafts"), RULES, st.sampled_from(NAMES), WHERE),
    st.tuples(st.just("send"), st.integers(0, 20), NOBODY, WHERE),
    st.tuples(st.just("move"), st.sampled_from(ZONES)),
    st.tuples(st.just("wait"), st.integers(1, 10)),
)


def an_edition(number: int, rule: Rule, name: str, date: datetime, **changes: object) -> Edition:
    plain = Edition(
        source=f"editions/{number}.md",
        id=f"tag:x,2020:e{number}",
        id_is_minted=True,
        title="x",
        slug=f"e{number}",
        date=date,
        subject="x",
        body="",
        list=name,
        layout=Layout.DIGEST,
        rule=rule,
    )
    return replace(plain, **changes)  # type: ignore[arg-type]  # each caller names fields that there are


@dataclass
class Desk:
    """A newsroom: its files, its store, and what its readers got, by chain."""

    now: datetime = NOON
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    stories: list[Story] = field(default_factory=list)
    editions: list[Edition] = field(default_factory=list)
    store: dict[str, Record] = field(default_factory=dict)
    got: dict[Chain, Counter[str]] = field(default_factory=dict)
    named: dict[frozenset[str], set[str]] = field(default_factory=dict)
    sent: list[str] = field(default_factory=list)
    number: int = 0

    def content(self) -> Content:
        """The files as they are read now."""
        publication = a_publication(lists=LISTS, timezone=self.zone)
        return Content(publication, an_empty_folder(Path()), tuple(self.stories), tuple(self.editions))

    def evaluation(self) -> Evaluation:
        """What a command that knows the store makes of them."""
        return evaluated(self.content(), self.now, self.store)

    def act(self, name: str, *values: object) -> None:
        """Do what one operation says."""
        getattr(self, name.replace(" ", "_"))(*values)

    # What writers do

    def write(self, day: timedelta, hour: timedelta, tags: tuple[str, ...], draft: bool) -> None:
        self.number += 1
        local = (self.now + day).astimezone(self.zone).replace(hour=0, minute=0, second=0, microsecond=0) + hour
        self.stories.append(
            a_story(
                source=f"stories/{self.number}.md",
                id=f"tag:x,2020:{self.number}",
                slug=f"s{self.number}",
                published=local,
                updated=local,
                tags=tags,
                draft=draft,
            )
        )

    def correct(self, which: int) -> None:
        self.change(which, lambda story: replace(story, title="Corrected", updated=self.now, body="Better."))

    def rename(self, which: int) -> None:
        self.number += 1
        new = {"source": f"stories/0-{self.number}.md", "slug": f"renamed-{self.number}"}
        self.change(which, lambda story: replace(story, **new))

    def publish(self, which: int) -> None:
        self.change(which, lambda story: replace(story, draft=False))

    def change(self, which: int, change) -> None:  # type: ignore[no-untyped-def]
        if self.stories:
            place = which % len(self.stories)
            self.stories[place] = change(self.stories[place])

    # What editors do

    def edition(self, rule: Rule, name: str, draft: bool, days: int) -> None:
        self.number += 1
        self.editions.append(an_edition(self.number, rule, name, self.now + timedelta(days=days), draft=draft))

    def issue(self, rule: Rule, name: str, frozen: bool, nobody: bool, where: str) -> None:
        """An edition that is made and sent at once."""
        self.edition(rule, name, False, 0)
        last = sum(edition.id not in self.sent for edition in self.editions) - 1
        if frozen:
            self.freeze(last)
        self.send(last, nobody, where)

    def drafts(self, rule: Rule, name: str, where: str) -> None:
        """Two editions with lists of the same stories, and both are sent."""
        for _ in range(2):
            self.edition(rule, name, False, 0)
            self.freeze(sum(edition.id not in self.sent for edition in self.editions) - 1)
        self.send(sum(edition.id not in self.sent for edition in self.editions) - 2, False, where)
        self.send(sum(edition.id not in self.sent for edition in self.editions) - 1, False, where)

    def unsent(self, which: int) -> int | None:
        places = [place for place, edition in enumerate(self.editions) if edition.id not in self.sent]
        return places[which % len(places)] if places else None

    def name(self, which: int, story: int) -> None:
        place = self.unsent(which)
        if place is not None and self.stories:
            slug = self.stories[story % len(self.stories)].id
            self.editions[place] = replace(self.editions[place], stories=(Reference(slug, NOWHERE),))

    def undraft(self, which: int) -> None:
        place = self.unsent(which)
        if place is not None:
            self.editions[place] = replace(self.editions[place], draft=False)

    def freeze(self, which: int) -> None:
        """What `new edition` does."""
        place = self.unsent(which)
        if place is None or self.editions[place].carried is not None:
            return
        edition, evaluation = self.editions[place], self.evaluation()
        assert edition.rule is not None
        found = evaluation.found_by(edition, edition.rule, evaluation.begin_of(edition), self.now)
        self.editions[place] = replace(edition, carried=tuple(Reference(story.id, NOWHERE) for story in found))

    def take_out(self, which: int) -> None:
        place = self.unsent(which)
        if place is not None and self.editions[place].carried:
            self.editions[place] = replace(self.editions[place], carried=self.editions[place].carried[1:])  # type: ignore[index]

    # What operators do

    def send(self, which: int, nobody: bool, where: str) -> None:
        place = self.unsent(which)
        if place is None or self.editions[place].draft or self.editions[place].date > self.now:
            return
        for _ in range(3):
            edition, evaluation = self.editions[place], self.evaluation()
            carried = evaluation.carried[edition.source]
            why_not = why_not_frozen(edition, evaluation)
            if not why_not:
                break
            self.heed(place, why_not)
        if carried.skipped or any(
            problem.severity.value == "error"
            for problem in evaluation.problems
            if problem.position.file == f"content/{edition.source}"
        ):
            return
        ids = evaluation.list_of(edition)
        found = ids if ids is not None else tuple(story.id for story in carried.found)
        chain = Chain.of(edition, LISTS)
        assert chain is not None
        self.expect(edition, found, evaluation, frozen=ids is not None)
        lists = lists_of(edition, LISTS)
        named = tuple(evaluation.named_by(edition))
        if where != "file":
            self.store[edition.id] = Record(edition.id, lists, not nobody, found, named, chain)
        if where != "store":
            receipt = Receipt(edition.id, "0", tuple(lists), self.now, nobody=nobody)
            self.editions[place] = replace(
                edition, sent=receipt, carried=tuple(Reference(each, NOWHERE) for each in found)
            )
        self.sent.append(edition.id)
        if not nobody:
            self.got.setdefault(chain, Counter()).update(found)
            self.named.setdefault(lists, set()).update(named)
        event(f"sent, {'frozen' if ids is not None else 'evaluated'}, to {'nobody' if nobody else 'somebody'}")

    def heed(self, place: int, why_not: list) -> None:  # type: ignore[type-arg]
        """Do what a refusal asks for: take out what others carried, and make drafts of editions that were not sent."""
        for problem in why_not:
            event(f"refused: {problem.code}")
            if problem.code == "carried-missing":
                source = problem.position.file.removeprefix("content/")
                at = next(number for number, each in enumerate(self.editions) if each.source == source)
                self.editions[at] = replace(self.editions[at], draft=True)
        edition = self.editions[place]
        if edition.carried is not None:
            twice = [story for _, story in self.evaluation().repeated.get(edition.source, ())]
            left = tuple(each for each in edition.carried if each.name not in twice)
            self.editions[place] = replace(edition, carried=left)

    def expect(self, edition: Edition, found: tuple[str, ...], evaluation: Evaluation, *, frozen: bool) -> None:
        """The simple model: what was not got yet, and nothing else."""
        chain = Chain.of(edition, LISTS)
        assert chain is not None
        got = {*self.got.get(chain, ()), *self.named.get(chain.lists, ())}
        assert not got & set(found)
        assert len(set(found)) == len(found)
        if frozen:
            return
        begin = (
            evaluation.begin_of(edition)
            if edition.source not in evaluation.begins
            else evaluation.begins[edition.source]
        )
        named = set(evaluation.named_by(edition))
        assert set(found) == {
            story.id
            for story in self.stories
            if not story.draft
            and story.published <= edition.date
            and (begin is None or story.published >= begin)
            and story.id not in got | named
            and (not chain.tags or chain.tags & {tag.casefold() for tag in story.tags})
        }

    def move(self, zone: str) -> None:
        self.zone = ZoneInfo(zone)

    def wait(self, days: int) -> None:
        self.now += timedelta(days=days)


def chains() -> list[tuple[Rule, str]]:
    """A rule and a list for each chain that the operations know."""
    return [(Rule(since_last=True, tags=tags), name) for tags in ((), ("snow",)) for name in NAMES]


def begun(desk: Desk, begin: datetime | None) -> None:
    """Have an edition of every chain be sent long ago, so that no other counts that was not sent."""
    for number, (rule, name) in enumerate(chains()):
        receipt = Receipt(f"tag:x,2020:e-{number}", "0", (name,), NOON - timedelta(days=60))
        old = an_edition(-number, rule, name, receipt.time, id=receipt.id, sent=receipt, carried=(), begin=begin)
        desk.editions.append(old)
        desk.sent.append(old.id)


@settings(max_examples=300)
@given(st.lists(OPERATIONS, min_size=10, max_size=40), st.sampled_from([None, NOON - timedelta(days=10)]))
def test_a_chain_carries_each_published_story_exactly_once(
    operations: list[tuple[object, ...]], begin: datetime | None
) -> None:
    desk = Desk()
    begun(desk, begin)
    for name, *values in operations:
        desk.act(str(name), *values)
    desk.wait(100)
    for rule, name in chains():
        desk.issue(rule, name, False, False, "both")

    for rule, name in chains():
        chain = Chain.of(an_edition(0, rule, name, NOON), LISTS)
        assert chain is not None
        got, named = desk.got.get(chain, Counter()), desk.named.get(chain.lists, set())
        assert all(count == 1 for count in got.values())
        fitting = {
            story.id
            for story in desk.stories
            if not story.draft
            and (begin is None or story.published >= begin)
            and (not chain.tags or chain.tags & {tag.casefold() for tag in story.tags})
        }
        assert fitting <= {*got, *named}


@settings(max_examples=200)
@given(
    st.lists(st.tuples(DAYS, HOURS, TAGS), max_size=15),
    st.lists(st.tuples(st.integers(-20, 20), RULES, st.booleans()), min_size=1, max_size=6),
    st.sampled_from(ZONES),
)
def test_where_others_send_each_edition_counts_from_its_date_on(
    stories: list[tuple[timedelta, timedelta, tuple[str, ...]]], plans: list[tuple[int, Rule, bool]], zone: str
) -> None:
    """Every story up to the last date is in exactly one of the editions of each chain; their lists may be written."""
    desk = Desk(zone=ZoneInfo(zone))
    for day, hour, tags in stories:
        desk.write(day, hour, tags, draft=False)
    for number, (day, rule, _) in enumerate(plans):
        plain = replace(rule, minimum=1, skip_if_empty=True)
        desk.editions.append(an_edition(number, plain, "weekly", NOON + timedelta(days=day)))
    for day, _, is_listed in plans:
        if is_listed:
            desk.now = NOON + timedelta(days=day)
            for each in forgotten(desk.evaluation()):
                at = desk.editions.index(each.edition)
                carried = tuple(Reference(story, NOWHERE) for story, _ in each.stories)
                desk.editions[at] = replace(each.edition, carried=carried, begin=each.begin)
                event("a list was written")
    desk.now = NOON + timedelta(days=50)

    evaluation = desk.evaluation()

    for chain in {Chain.of(edition, LISTS) for edition in desk.editions}:
        assert chain is not None
        editions = [edition for edition in desk.editions if Chain.of(edition, LISTS) == chain]
        times = Counter(story.id for each in editions for story in evaluation.carried[each.source].found)
        assert all(count == 1 for count in times.values())
        last = max(edition.date for edition in editions)
        begins = [edition.begin for edition in editions if edition.begin is not None]
        fitting = {
            story.id
            for story in desk.stories
            if story.published <= last
            and (not begins or story.published >= max(begins))
            and (not chain.tags or chain.tags & {tag.casefold() for tag in story.tags})
        }
        first = min(editions, key=lambda edition: (edition.date, edition.source))
        others = [edition.date for edition in desk.editions if edition.date <= first.date and edition not in editions]
        if not others:  # else the chain begins with an edition of another one
            assert fitting <= times.keys()
