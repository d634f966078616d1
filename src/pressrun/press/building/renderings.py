"""Rendered stories of a build: fetched from the build state when they are asked for, or made by a worker."""

import functools
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import NamedTuple

from pressrun.model.problems import Problem
from pressrun.model.publication import Publication
from pressrun.model.story import RenderedStory, Story
from pressrun.press.building.buildstate import BuildState
from pressrun.press.building.forms import from_bytes, rendered_from
from pressrun.press.building.kept import KeptRendering
from pressrun.press.output.stage import Brought

NO_LINKS: Mapping[str, str] = {}


class Done(NamedTuple):
    """A story rendered by a worker, and its pages brought to the stage."""

    rendering: KeptRendering
    form: bytes
    html: bytes
    brought: tuple[Brought, ...]
    failed: tuple[tuple[Problem, ...], ...]  # what each of the templates of its pages ran into
    digests: tuple[tuple[str, str], ...]  # of files that nobody had read before


class Rendered:
    """The rendered stories of a run by their source, each fetched from the build state when it is asked for."""

    def __init__(
        self,
        story: Callable[[str], Story],
        publication: Publication,
        build_state: BuildState,
        links: Mapping[str, str] = NO_LINKS,
    ) -> None:
        self._story = story
        self._publication = publication
        self._build_state = build_state
        self._links = links  # of last good versions, which may have been made for another home page
        self._remembered = functools.lru_cache(maxsize=256)(self.fetched)

    def __getitem__(self, source: str) -> RenderedStory:
        return self._remembered(source)

    def fetched(self, source: str) -> RenderedStory:
        """The rendered story *source*, not to be remembered."""
        form, html = self._build_state.rendering(source)
        story = rendered_from(self._story(source), self._publication, from_bytes(form), html.decode())
        return replace(story, link=self._links[source]) if source in self._links else story
