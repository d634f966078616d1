"""From the names in an edition, and from its rule, to the stories that they mean."""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from pressrun.content.checks import place_of
from pressrun.content.load import Content
from pressrun.model.edition import Edition, Layout, Reference, Rule
from pressrun.model.story import Story
from pressrun.problems import Problem, Severity


@dataclass(frozen=True, slots=True)
class Carried:
    """The stories that an edition carries, each once, as far as they could be found.

    *sections* has those of each of the edition's sections. *skipped* says why there is no such edition
    this time, as the end of a sentence.
    """

    lead: Story | None
    stories: tuple[Story, ...]
    sections: tuple[tuple[Story, ...], ...] = ()
    skipped: str | None = None

    @property
    def all_stories(self) -> list[Story]:
        """All of them, the lead first."""
        inside = (story for section in self.sections for story in section)
        return [*([self.lead] if self.lead else []), *self.stories, *inside]


def carried_by_all(
    editions: Iterable[Edition], content: Content, held_back: Mapping[str, str]
) -> tuple[dict[str, Carried], list[Problem]]:
    """What each of *editions* carries, by its source, and all that is wrong with what they name.

    *held_back* says of stories that are not out why not, by their source. The last edition that a rule
    speaks of is the one before it among *editions*; one that was skipped is none.
    """
    carried: dict[str, Carried] = {}
    problems: list[Problem] = []
    last: datetime | None = None
    for edition in sorted(editions, key=lambda edition: (edition.date, edition.source)):
        carried[edition.source], found = _carried_by(edition, content, held_back, last)
        problems += found
        if carried[edition.source].skipped is None:
            last = edition.date
    return carried, problems


def _carried_by(
    edition: Edition, content: Content, held_back: Mapping[str, str], last: datetime | None
) -> tuple[Carried, list[Problem]]:
    search = _Search(edition, content, held_back)
    lead = search.stories([edition.lead])[0] if edition.lead else None
    stories = search.stories(edition.stories)
    sections = tuple(tuple(filter(None, search.stories(section.stories))) for section in edition.sections)
    carried = Carried(lead, tuple(filter(None, stories)), sections)
    if edition.rule is None:
        return carried, search.problems
    rule = replace(edition.rule, since=last) if edition.rule.since_last else edition.rule
    out = [story for story in content.stories if story.source not in held_back and story.source not in search.met]
    fitting = stories_by(rule, out, edition.date)
    found = fitting[: rule.limit]
    if rule.since_last and len(fitting) > len(found):
        search.problems.append(_left_out(edition, fitting[rule.limit :]))
    if len(found) < rule.minimum:
        words = "story fits" if len(found) == 1 else "stories fit"
        reason = f"{len(found) or 'no'} {words} its rule, and min_stories is {rule.minimum}"
        if rule.skip_if_empty:
            message = f"this edition is skipped: {reason}"
            search.problems.append(_too_few(edition, message, None, Severity.HINT))
            return replace(carried, skipped=f"is skipped: {reason}"), search.problems
        hint = "wait for more, or write skip_if_empty: true, or a lower min_stories"
        if rule.limit < rule.minimum:
            hint = "limit lets in fewer than min_stories asks for: raise the one, or lower the other"
        search.problems.append(_too_few(edition, reason, hint, Severity.ERROR))
        return carried, search.problems
    if lead is None and edition.lead is None and not edition.stories and edition.layout is Layout.EDITION:
        lead, *found = found
    return replace(carried, lead=lead, stories=(*carried.stories, *found)), search.problems


def stories_by(rule: Rule, stories: Iterable[Story], until: datetime) -> list[Story]:
    """Those of *stories* that *rule* finds for an edition of the moment *until*, newest first, whatever its limit."""
    tags = {tag.casefold() for tag in rule.tags}
    section = rule.section.casefold() if rule.section else None
    found = [
        story
        for story in stories
        if story.published <= until
        and (
            rule.since is None
            or story.published > rule.since
            or (story.published == rule.since and not rule.since_last)
        )
        and (not tags or tags & {tag.casefold() for tag in story.tags})
        and (section is None or section == (story.section or "").casefold())
    ]
    found.sort(key=lambda story: (story.published, story.id), reverse=True)
    return found


def last_edition(editions: Iterable[Edition], content: Content, held_back: Mapping[str, str]) -> datetime | None:
    """When the last of *editions* is dated, those left out that were skipped; None where there is none."""
    due = list(editions)
    carried, _ = carried_by_all(due, content, held_back)
    return max((edition.date for edition in due if carried[edition.source].skipped is None), default=None)


def _left_out(edition: Edition, stories: Sequence[Story]) -> Problem:
    number = f"{len(stories)} more {'story fits' if len(stories) == 1 else 'stories fit'}"
    message = f"{number} the rule than limit lets in, and no later edition finds them: {stories[0].slug} is the first"
    hint = "raise limit, or name them in the next edition"
    return Problem(place_of(edition, "limit", "since"), "edition-limit", message, hint, Severity.WARNING)


def _too_few(edition: Edition, message: str, hint: str | None, severity: Severity) -> Problem:
    place = place_of(edition, "since", "tags", "section")
    return Problem(place, "edition-empty", message, hint, severity)


@dataclass(slots=True)
class _Search:
    """Finds the stories that *edition* names, each once."""

    edition: Edition
    content: Content
    held_back: Mapping[str, str]
    problems: list[Problem] = field(default_factory=list)
    met: dict[str, Story] = field(default_factory=dict)  # by source

    def stories(self, references: Sequence[Reference]) -> list[Story | None]:
        """What *references* mean, one for one; None, with a Problem, where that is no story, or one met before."""
        return [self.story(reference) for reference in references]

    def story(self, reference: Reference) -> Story | None:
        story = self.named(reference)
        if story is not None and story.source in self.met:
            message = f'"{reference.name}" is in this edition already'
            self.problems.append(Problem(reference.position, "edition-story", message, "delete one of the two"))
            return None
        if story is not None:
            self.met[story.source] = story
        return story

    def named(self, reference: Reference) -> Story | None:
        found = self.content.stories_named(reference.name, beside=self.edition.source)
        if len(found) == 1 and found[0].source not in self.held_back:
            return found[0]
        if not found and self.content.is_unreadable(reference.name, beside=self.edition.source):
            return None  # its own Problem is told already
        if not found:
            message, hint = f'there is no story "{reference.name}"', _nearest(reference.name, self.content)
        elif len(found) > 1:
            message = f'"{reference.name}" can mean {" or ".join(story.source for story in found)}'
            hint = "name the one that you mean by its file"
        else:
            message = f'"{reference.name}" {self.held_back[found[0].source]}'
            hint = "publish it first, or take it out of this edition"
        self.problems.append(Problem(reference.position, "edition-story", message, hint))
        return None


def _nearest(name: str, content: Content) -> str:
    slugs = {word: story.slug for story in content.stories for word in (story.slug, story.title)}
    close = difflib.get_close_matches(name, slugs, n=1, cutoff=0.6)
    return f"did you mean {slugs[close[0]]}?" if close else "name a story by its slug, or by its file"
