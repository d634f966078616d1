"""Freezing a rule: when the stories that an edition's rule found can be written down, and where that was forgotten."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from pressrun.content.chains import NO_RECORDS, Fate, Records, day_of, place_in_time
from pressrun.content.checks import place_of
from pressrun.content.load import Content
from pressrun.content.references import Evaluation, carried_twice
from pressrun.content.source.fields import quoted
from pressrun.model.chain import Chain
from pressrun.model.edition import Edition
from pressrun.model.problems import Problem, Severity
from pressrun.model.story import Story


@dataclass(frozen=True, slots=True)
class Forgotten:
    """An edition that went out and has no list, and the *stories* that its rule found: the id and title of each.

    *begin* is that of its chain, where this is the file to write it into.
    """

    edition: Edition
    stories: tuple[tuple[str, str], ...]
    begin: datetime | None = None


def evaluated(content: Content, now: datetime, records: Records = NO_RECORDS) -> Evaluation:
    """Return the evaluation of all editions of *content* that are out at *now*."""
    held_back = {story.source: "is not out" for story in content.stories if story.draft or story.published > now}
    due = (edition for edition in content.editions if not edition.draft and edition.date <= now)
    return Evaluation.of(due, content, held_back, records, needs_past=True)


def without_list(evaluation: Evaluation) -> Iterator[Edition]:
    """Yield every edition that went out before what its rule found was written down, in the order of their dates.

    An edition that was never sent with Pressrun counts as gone out once another one of its chain is due.
    """
    lists = evaluation.content.publication.lists
    editions = sorted(evaluation.content.editions, key=place_in_time)
    last = {
        Chain.of(edition, lists): edition.source
        for edition in editions
        if evaluation.fates[edition.source] is not Fate.NOT_YET
    }
    for edition in editions:
        fate, rule = evaluation.fates[edition.source], edition.rule
        if rule is None or evaluation.list_of(edition) is not None:
            continue
        carried = evaluation.carried.get(edition.source)
        if carried is not None and carried.skipped:
            continue
        has_successor = rule.since_last and last.get(Chain.of(edition, lists)) != edition.source
        if fate is Fate.SENT or (fate is Fate.PUBLISHED and has_successor):
            yield edition


def forgotten(evaluation: Evaluation) -> Iterator[Forgotten]:
    """Yield what is to be written into each edition that went out and has no list in its file."""
    content, records = evaluation.content, evaluation.records
    for edition in content.editions:
        record = records.get(edition.id)
        if edition.rule is not None and edition.carried is None and record is not None and record.found is not None:
            titles = {story.id: story.title for story in content.stories}
            yield Forgotten(edition, tuple((each, titles.get(each, "")) for each in record.found))
    editions = list(without_list(evaluation))
    lists = content.publication.lists
    last = {
        Chain.of(edition, lists): edition.source for edition in editions if edition.rule and edition.rule.since_last
    }
    for edition in editions:
        if evaluation.fates[edition.source] is Fate.SENT:
            stories: Sequence[Story] = evaluation.by_the_old_rule(edition)
        else:
            stories = evaluation.carried[edition.source].found
        is_last = last.get(Chain.of(edition, lists)) == edition.source and edition.begin is None
        begin = day_of(edition, content.publication.timezone) if is_last else None
        yield Forgotten(edition, tuple((story.id, story.title) for story in stories), begin)


def findings(evaluation: Evaluation) -> Iterator[Problem]:
    """Yield a warning for every edition that went out without a list."""
    for edition in without_list(evaluation):
        yield Problem(
            place_of(edition, "sent", "since", "tags", "section"),
            "carried-missing",
            "this edition went out without a list of the stories that its rule found, so a new story may change it",
            "pressrun check --fix writes it",
            Severity.WARNING,
        )


def differences(evaluation: Evaluation, records: Records) -> Iterator[Problem]:
    """Yield a warning for every edition whose file lists other stories than the store, which knows *records*."""
    for edition in evaluation.content.editions:
        record = records.get(edition.id)
        if edition.rule is None or record is None or record.found is None:
            continue
        listed = evaluation.list_of(edition)
        if listed == record.found:
            continue
        place = place_of(edition, "carried", "sent", "since", "tags", "section")
        if listed is None:
            message = "the store that sent this edition has a list of its stories, and this file has none"
            yield Problem(place, "carried-differs", message, "pressrun check --fix writes it", Severity.WARNING)
            continue
        other = [*(f"without {each}" for each in record.found if each not in listed)]
        other += [f"with {each}" for each in listed if each not in record.found]
        message = "the store that sent this edition has another list of its stories; this one is "
        message += " and ".join(other or ["in another order"])
        hint = f"restore it: carried: [{', '.join(map(quoted, record.found))}]"
        yield Problem(place, "carried-differs", message, hint, Severity.WARNING)


def why_not_frozen(edition: Edition, evaluation: Evaluation) -> list[Problem]:
    """Return every reason why the stories that the rule of *edition* found cannot be written down for good."""
    carried = evaluation.carried.get(edition.source)
    if edition.rule is None or carried is None or evaluation.fates[edition.source] is Fate.SENT:
        return []
    problems = unminted(carried.found)
    for place, story in evaluation.repeated.get(edition.source, ()):
        problems.append(carried_twice(place, story, Severity.ERROR))
    if edition.rule.since_last and evaluation.list_of(edition) is None:
        problems += _unsure(edition, evaluation)
    return problems


def unminted(stories: Iterable[Story]) -> list[Problem]:
    """Return an error for each of *stories* that has no id of its own: under another one it would be new again."""
    return [
        Problem(
            place_of(story, "title"),
            code="id-not-minted",
            message="this has no id of its own yet, and editions remember stories by their ids",
            hint=f"add a line id: {story.id} (pressrun check --fix does)",
        )
        for story in stories
        if not story.id_is_minted
    ]


def _unsure(edition: Edition, evaluation: Evaluation) -> list[Problem]:
    """Return an error for each edition before *edition* of which nobody knows whether its readers got it."""
    lists = evaluation.content.publication.lists
    chain = Chain.of(edition, lists)
    return [
        Problem(
            place_of(each, "since"),
            "carried-missing",
            "this edition is due and was not sent from here, so nobody knows whether its stories are new for the next",
            "did it go out? pressrun check --fix writes its list. Did it not? Send it first, or write draft: true",
        )
        for each in without_list(evaluation)
        if evaluation.fates[each.source] is Fate.PUBLISHED
        and Chain.of(each, lists) == chain
        and place_in_time(each) < place_in_time(edition)
    ]
