"""The stories that an edition names, found."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pressrun.content.load import Content
from pressrun.model.edition import Edition, Reference
from pressrun.model.problems import Problem
from pressrun.model.story import Story


@dataclass(slots=True)
class Search:
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
        invalid = self._invalid(reference, found)
        if len(found) == 1 and found[0].source not in self.held_back and invalid is None:
            return found[0]
        if invalid is not None:
            message = f'"{reference.name}" has errors, so this edition cannot be made'
            hint = f"fix content/{invalid} first, or take it out of this edition"
        elif not found:
            message, hint = f'there is no story "{reference.name}"', _nearest(reference.name, self.content)
        elif len(found) > 1:
            message = f'"{reference.name}" can mean {" or ".join(story.source for story in found)}'
            hint = "name the one that you mean by its file"
        else:
            message = f'"{reference.name}" {self.held_back[found[0].source]}'
            hint = "publish it first, or take it out of this edition"
        self.problems.append(Problem(reference.position, "edition-story", message, hint))
        return None

    def _invalid(self, reference: Reference, found: Sequence[Story]) -> str | None:
        """Return the source of the invalid story that *reference* means; *found* are those of its name."""
        if not found:
            return self.content.unreadable_named(reference.name, beside=self.edition.source)
        return found[0].source if len(found) == 1 and found[0].source in self.content.invalid else None


def _nearest(name: str, content: Content) -> str:
    slugs = {word: story.slug for story in content.stories for word in (story.slug, story.title)}
    close = difflib.get_close_matches(name, slugs, n=1, cutoff=0.6)
    return f"did you mean {slugs[close[0]]}?" if close else "name a story by its slug, or by its file"
