"""How long letters take to compose and inline, and what their bytes are spent on: python tests/benchmarks/letters.py

Each letter is composed three times without a cache and three times from one, and the medians are told. The first
run in a process pays for importing premailer, which is told apart.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from builders import a_publication, a_rendered_story, an_edition, an_outline
from pressrun.model.edition import Layout, RenderedEdition
from pressrun.press.building.cache import Cache, versions
from pressrun.press.newsletter.compose import LetterSurroundings, Memo, Newsletter, Words, compose, make_anew
from pressrun.rendering.templates import Templates

PARAGRAPH = "<p>" + "The council decided, and the ferry sailed on. " * 8 + "</p>\n"


def editions() -> dict[str, RenderedEdition]:
    lead = a_rendered_story(1, html=PARAGRAPH * 12)
    stories = tuple(a_rendered_story(number) for number in range(2, 32))
    return {
        "one story": an_edition(lead=lead),
        "five stories": an_edition(lead=lead, stories=stories[:4]),
        "thirty stories": an_edition(lead=lead, stories=stories[:29]),
        "digest of thirty": an_edition(stories=stories, layout=Layout.DIGEST),
    }


def composed(edition: RenderedEdition, templates: Templates, memo: Memo) -> Newsletter:
    words = Words(an_outline("Words."), an_outline("Words.") if edition.in_full else None)
    around = LetterSurroundings(templates, "https://gazette.example/subscribe/", memo=memo)
    return compose(a_publication(), edition, words, around)


def median_of(run: Callable[[], object]) -> float:
    times = []
    for _ in range(3):
        started = time.perf_counter()
        run()
        times.append(time.perf_counter() - started)
    return statistics.median(times)


def main() -> None:
    started = time.perf_counter()
    import premailer  # noqa: F401  # the import is what is measured

    print(f"importing premailer: {time.perf_counter() - started:.2f} s")
    templates = Templates()
    with tempfile.TemporaryDirectory() as folder:
        cache = Cache(Path(folder))

        def memo(kind: str, key: Sequence[str], make: Callable[[], bytes]) -> bytes:
            return cache.made(kind, (versions("premailer", "cssutils", "cssselect", "lxml"), *key), make)

        print(f"{'letter':>18} {'anew':>8} {'cached':>8}  {'bytes':>8}")
        for name, edition in editions().items():
            size = composed(edition, templates, memo).size
            anew = median_of(partial(composed, edition, templates, make_anew))
            cached = median_of(partial(composed, edition, templates, memo))
            print(f"{name:>18} {anew:>8.3f} {cached:>8.3f}  {size.total:>8,}  {size}")


if __name__ == "__main__":
    main()
