"""From the names in an edition to the stories that they mean."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass

from pressrun.content.load import Content
from pressrun.model.edition import Edition, Reference
from pressrun.model.story import Story
from pressrun.problems import Problem


@dataclass(frozen=True, slots=True)
class Carried:
    """The stories that an edition carries, each once, as far as they could be found."""

    lead: Story | None
    stories: tuple[Story, ...]


def carried_by(edition: Edition, content: Content, held_back: Mapping[str, str]) -> tuple[Carried, list[Problem]]:
    """What *edition* carries, and a Problem at every name that means no story, or one that is not out.

    *held_back* says of stories that are not out why not, by their source.
    """
    problems: list[Problem] = []
    lead = None
    if edition.lead:
        lead, problems = _named(edition.lead, edition, content, held_back)
    stories: list[Story] = []
    for reference in edition.stories:
        story, found = _named(reference, edition, content, held_back)
        problems += found
        if story is None:
            continue
        if story is lead or story in stories:
            message = f'"{reference.name}" is in this edition already'
            problems.append(Problem(reference.position, "edition-story", message, "delete one of the two"))
        else:
            stories.append(story)
    return Carried(lead, tuple(stories)), problems


def _named(
    reference: Reference, edition: Edition, content: Content, held_back: Mapping[str, str]
) -> tuple[Story | None, list[Problem]]:
    found = content.stories_named(reference.name, beside=edition.source)
    if len(found) == 1 and found[0].source not in held_back:
        return found[0], []
    if not found and content.is_unreadable(reference.name, beside=edition.source):
        return None, []  # its own Problem is told already
    if not found:
        message, hint = f'there is no story "{reference.name}"', _nearest(reference.name, content)
    elif len(found) > 1:
        message = f'"{reference.name}" can mean {" or ".join(story.source for story in found)}'
        hint = "name the one that you mean by its file"
    else:
        message = f'"{reference.name}" {held_back[found[0].source]}'
        hint = "publish it first, or take it out of this edition"
    return None, [Problem(reference.position, "edition-story", message, hint)]


def _nearest(name: str, content: Content) -> str:
    slugs = {word: story.slug for story in content.stories for word in (story.slug, story.title)}
    close = difflib.get_close_matches(name, slugs, n=1, cutoff=0.6)
    return f"did you mean {slugs[close[0]]}?" if close else "name a story by its slug, or by its file"
