"""Two publications as Hugo and Jekyll have them: a check finds what is known to be wrong in each, and no more.

Each has an id written into every story first, as whoever moves house does: `pressrun check --fix`.
"""

import io
import shutil
from pathlib import Path

import pytest
from PIL import Image

from builders import NEW_YORK, build_request
from pressrun.desk.authoring.new import Beginning, new_publication
from pressrun.desk.checking.check import check
from pressrun.desk.checking.fix import fixes_for, mend

PUBLICATIONS = Path(__file__).parent / "publications"
HERE = Path(__file__).parents[1]

PICTURES = {
    "hugo": (
        *(f"static/images/{name}.png" for name in ("museum", "seals", "isobel", "wedding")),
        "posts/lighthouse/lamp.jpg",
        "posts/recipe-soup/pots.png",
        "posts/northern-lights/lights.png",
    ),
    "jekyll": tuple(f"static/assets/{name}.png" for name in ("mill", "patterns", "black", "spring")),
}
HEAVY = "static/images/isobel.png"

# What is really wrong, by the story's file: the code, and what the finding points at.
KNOWN = {
    "hugo": {
        ("cat.md", "link-broken", "[people of this place](/categories/people/)"),  # no page of Hugo's taxonomies
        ("choir.md", "link-text", "[here](https://choir.example/)"),
        ("harbour-wall.md", "heading-order", "# The first wall"),
        ("harbour-wall.md", "link-insecure", "[a paper of 1911](http://example.org/papers/harbour-walls-1911)"),
        ("northern-lights/index.md", "alt-meaningless", "![IMG_2041](lights.png)"),
        ("observatory.md", "date-implausible", "lastmod"),
        (
            "painting-a-ship.md",
            "picture-oversized",
            '<img src="/images/isobel.png" alt="The Isobel on the slip, half red and half grey" width="640">',
        ),
        ("spring-clean.md", "template-tag", '{{< figure src="/images/sacks.png" alt="Eleven sacks" >}}'),
        ("walking-the-coast.md", "link-fragment", "[the chapel](#the-chapel)"),
        ("walking-the-coast.md", "tag-near", "roads"),
    },
    "jekyll": {
        ("2023-04-03-testing-without-a-loom.md", "template-tag", "{% raw %}"),
        ("2023-04-03-testing-without-a-loom.md", "template-tag", "{% endraw %}"),
        ("2024-06-03-dark-threads.md", "html-removed", '<p align="center">'),
        ("2024-11-04-release-1-2.md", "tag-near", "release"),
        ("2025-01-13-linen.md", "markup-shown", '"Linen &amp; patience"'),
        ("2025-02-10-export.md", "link-shortener", "[three threads of twill](https://bit.ly/twill)"),
        ("2025-03-10-broken-link.md", "relative-reference", "[the sensors](https:/code.example/loom/sensors)"),
        ("2025-05-12-workshop.md", "placeholder-left", "{{ site.baseurl }}"),
        ("2025-06-09-ask.md", "summary-poor", '"What you asked at the fair"'),
        ("2025-10-13-notes-again.md", "link-text", '<a href="/2024/06/03/dark-threads/">read more</a>'),
        ("2025-10-13-notes-again.md", "title-repeated", '"Notes on silk"'),
        ("2026-01-12-next.md", "template-tag", "{% post_url 2023-05-08-a-visit %}"),
    },
}


def a_copy(name: str, root: Path) -> Path:
    """The publication *name* with its pictures made and its ids written, below *root*."""
    shutil.copytree(PUBLICATIONS / name, root, dirs_exist_ok=True)
    for path in PICTURES[name]:
        file = root / "content" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        data = io.BytesIO()
        Image.new("RGB", (640, 360), "#9c2a1f").save(data, "JPEG" if path.endswith(".jpg") else "PNG")
        file.write_bytes(data.getvalue().ljust(1_200_000 if path == HEAVY else 0, b"\0"))
    for fix in fixes_for(root).fixes:
        mend(fix)
    return root


@pytest.mark.slow
@pytest.mark.parametrize("name", KNOWN)
def test_a_check_finds_what_is_wrong_and_no_more(name: str, tmp_path: Path) -> None:
    root = a_copy(name, tmp_path)
    findings = check(root, build_request())

    assert 30 <= findings.stories <= 40
    found = [
        (
            problem.position.file.split("/", 2)[2],
            problem.code,
            problem.position.excerpt[problem.position.column - 1 :][: problem.position.width],
        )
        for problem in findings.problems
    ]
    assert set(found) == KNOWN[name]
    assert len(found) == len(KNOWN[name])


@pytest.mark.slow
def test_a_check_has_nothing_to_say_of_the_sample() -> None:
    assert check(HERE, build_request()).problems == ()


def test_a_check_has_nothing_to_say_of_a_fresh_start(tmp_path: Path) -> None:
    beginning = Beginning("The Gazette", "https://gazette.example/", "en", NEW_YORK, build_request().now)
    new_publication(tmp_path / "news", beginning)

    assert check(tmp_path / "news", build_request()).problems == ()
