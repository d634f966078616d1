"""The preview's own pages, filled: its door to Jinja2."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from pressrun.model.problems import Problem, shown
from pressrun.rendering.templates import spoken_date
from pressrun.web.preview.state import SavedChange


def excerpt_of(problem: Problem) -> str:
    """The line that *problem* is about and what marks the place in it; empty where there is none."""
    return "\n".join(line for line in problem.details if not line.startswith("  hint: "))


def place_of(problem: Problem) -> str:
    """The address of the page that shows where *problem* is."""
    return f"/files/{quote(problem.position.file)}#line-{problem.position.line}"


def moment(when: datetime | None) -> str:
    """*when* as the desk shows it."""
    return f"{spoken_date(when)}, {when:%H:%M}" if when else ""


def told(moved: SavedChange) -> list[str]:
    """What a save made another, each as a part of a sentence."""
    words = []
    if moved.entries:
        words.append(f"{_first(moved.entries)} in the feed")
    if moved.letters:
        words.append(f"the letter {_first(moved.letters)}")
    if moved.more:
        words.append(f"{moved.more} new finding{'s' if moved.more > 1 else ''}")
    if moved.fewer:
        words.append(f"{moved.fewer} finding{'s' if moved.fewer > 1 else ''} gone")
    return words


def _first(titles: Sequence[str]) -> str:
    return f"“{titles[0]}”" + (f" and {len(titles) - 1} more" if len(titles) > 1 else "")


def marked(html: str) -> Markup:
    """*html* that was made by the program itself."""
    return Markup(html)


class PreviewPages:
    """Fills the packaged templates of the preview."""

    def __init__(self) -> None:
        self._environment = Environment(
            loader=PackageLoader("pressrun", "web/preview/templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters |= {
            "excerpt": excerpt_of,
            "place": place_of,
            "moment": moment,
            "said": shown,
            "told": told,
            "path": lambda text: quote(text),
        }

    def fill(self, name: str, values: Mapping[str, Any]) -> str:
        """The page *name* with *values*."""
        return self._environment.get_template(name).render(values)
