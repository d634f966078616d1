"""The letters that proofs look at: the sample, and one for each thing that letters can hold. Each is made once."""

import functools
import io
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from PIL import Image, ImageDraw

from builders import NOON, a_picture, a_publication, a_rendered_story, an_edition, an_outline, some_targets
from pressrun.model.buildrequest import BuildRequest
from pressrun.model.edition import Layout, LeadContent, OutsideLink, RenderedEdition, RenderedSection
from pressrun.model.picture import Picture
from pressrun.model.publication import Author, Look, Mailbox, MailSettings, Publication
from pressrun.model.story import RenderedStory
from pressrun.press.building.run import Run
from pressrun.press.newsletter.compose import LetterSurroundings, Words, compose
from pressrun.rendering.links import Resolver
from pressrun.rendering.pieces import document_of, rendered_body
from pressrun.rendering.templates import Templates

REPOSITORY = Path(__file__).parents[1]


@dataclass(frozen=True)
class Letter:
    """A letter as a reader's program gets it, and the pictures of its publication by their path on the web."""

    html: str
    pictures: Mapping[str, bytes]


ADDRESSES = {
    "unsubscribe_url": "https://gazette.example/leave/1",
    "preferences_url": "https://gazette.example/preferences/1",
}


def _png(size: tuple[int, int], *, is_logo: bool = False) -> bytes:
    """A picture that can be told from its frame; a logo is dark letters on a transparent ground."""
    image = Image.new("RGBA", size, (0, 0, 0, 0) if is_logo else (47, 93, 98, 255))
    draw = ImageDraw.Draw(image)
    if is_logo:
        draw.text((8, 4), "GAZETTE", fill=(29, 31, 36, 255), font_size=size[1] * 0.7)
    else:
        draw.ellipse((size[0] * 0.6, size[1] * 0.1, size[0] * 0.85, size[1] * 0.55), fill=(232, 178, 92, 255))
        draw.rectangle((0, size[1] * 0.7, *size), fill=(25, 48, 58, 255))
    data = io.BytesIO()
    image.save(data, "PNG", optimize=True)
    return data.getvalue()


HOUSE = a_picture(alt="A house with a green door, seen from the other side of the street in the evening")
LOGO = a_picture(url="https://gazette.example/images/logo.png", width=320, height=80, alt="")
MAIL = MailSettings(
    sender=Mailbox("The Gazette", "news@gazette.example"),
    postal_address="The Gazette\n1 Example Street\nExampletown",
    unsubscribe="https://gazette.example/leave",
)


@functools.cache
def _pictures() -> dict[str, bytes]:
    house = _png((1200, 675))
    names = ("house-0a1b2c3d.png", "map.png", "chart.png")
    return {
        **{f"/images/{name}": house for name in names},
        urlsplit(LOGO.url).path: _png((320, 80), is_logo=True),
    }


def _html(body: str, slug: str = "x") -> Any:
    resolver = Resolver(some_targets(files=("images/map.png", "images/chart.png")), f"stories/{slug}.md", "", slug)
    rendered, problems = rendered_body(document_of(f"stories/{slug}.md", body, 1), resolver)
    assert problems == []
    return rendered.html


def _letter(
    edition: RenderedEdition,
    publication: Publication | None = None,
    *,
    templates: Path | None = None,
    logo: Picture | None = None,
) -> Letter:
    outline = an_outline("Words.")
    words = Words(outline, outline if edition.in_full else None, [outline] * len(edition.sections))
    publication = publication or a_publication(
        subtitle="News from both sides of the pass", mail=MAIL, rights="© The Gazette"
    )
    feed = f"{publication.home}subscribe/"
    around = LetterSurroundings(Templates(templates), feed, offered=["unsubscribe_url", "preferences_url"], logo=logo)
    newsletter = compose(publication, edition, words, around)
    return Letter(newsletter.filled(ADDRESSES).html, _pictures())


def _stories(count: int, **changes: Any) -> tuple[RenderedStory, ...]:
    """*count* stories with the length of real ones, every third without a picture."""
    return tuple(
        a_rendered_story(
            number,
            title=f"What the council decided about bridge number {number}, and what it will cost",
            summary="Two winters of repairs lie ahead. The ferry sails until then, and on Sundays it sails twice. "
            "People on the far bank will wait the longest.",
            picture=HOUSE if number % 3 else None,
            **changes,
        )
        for number in range(2, count + 2)
    )


PROSE = """\
The bridge has been shut since **Tuesday**, and *nobody* knows [for how long](https://council.example/plan).

## What is broken

> Two of nine bearings have moved. They do not move back by themselves.

1. The bearings of the second pier
2. The railing on the north side
   - which was painted last year
   - and has rusted since

![A map of both banks](../images/map.png)

- [x] The report is written
- [ ] The money is found

---

### What remains open

The ferry sails.[^1] Nobody has ~~promised~~ planned more than that.

[^1]: Every hour from six to nine, with a rest at noon.
"""

LEAD = a_rendered_story(
    1,
    title="The bridge is shut, and the ferry sails again",
    section="North bank",
    picture=HOUSE,
    authors=(Author("Ada Lovelace"), Author("Grace Hopper")),
    html=_html(PROSE, "bridge"),
    correction="The ferry sails on Sundays, too.",
)
OPENING = _html("Good morning. We had put the *shovels* away, and [the pass](https://pass.example/) is closed.")


def _sample() -> Letter:
    run = Run.of(REPOSITORY, BuildRequest(now=NOON))
    files = {file.path: file.content for file in run.files()}
    letter = next(content for path, content in files.items() if path.endswith("newsletter.html"))
    assert isinstance(letter, bytes)
    pictures = {path.removeprefix("public"): content for path, content in files.items() if path.endswith(".png")}
    return Letter(
        letter.decode(),
        {path: content if isinstance(content, bytes) else content.read_bytes() for path, content in pictures.items()},
    )


def _one_story() -> Letter:
    return _letter(an_edition(lead=LEAD))


def _thirty_stories() -> Letter:
    return _letter(an_edition(opening=OPENING, lead=LEAD, stories=_stories(29)))


def _digest() -> Letter:
    edition = an_edition(
        title="Six stories of the week", opening=OPENING, lead=LEAD, stories=_stories(5), layout=Layout.DIGEST
    )
    return _letter(edition)


def _sections() -> Letter:
    links = (
        OutsideLink(
            "How other towns mend their bridges",
            "https://bridges.example/mending",
            "Bridges Quarterly",
            "A long read with drawings; begin with the second half.",
        ),
        OutsideLink("The ferry's timetable", "https://ferry.example/timetable"),
    )
    sections = (
        RenderedSection("From the far bank", _html("Three stories that came by *ferry*.\n\n### By boat"), _stories(2)),
        RenderedSection("Elsewhere", "", (), links),
        RenderedSection(None, _html("A last word, under no heading.\n\n> And a quotation.")),
    )
    return _letter(an_edition(opening=OPENING, lead=LEAD, content=LeadContent.SUMMARY, sections=sections))


def _wide() -> Letter:
    columns = 9
    table = "\n".join(
        "|" + "|".join(cells) + "|"
        for cells in (
            [f"Measurement {number}" for number in range(columns)],
            ["---", ":-:", "--:", *["---"] * (columns - 3)],
            *[[f"{row * number},000.5" for number in range(columns)] for row in range(1, 4)],
        )
    )
    word = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
    address = "https://gazette.example/" + "a-very-long-path-without-any-break/" * 4
    code = "def crossing(" + ", ".join(f"passenger_number_{number}: Passenger" for number in range(9)) + "): ..."
    body = f"{table}\n\n{word} {word}\n\n<{address}>\n\n```python\n{code}\n```\n\nAnd `{code}`.\n"
    lead = replace(LEAD, title=f"The {word} reports", html=_html(body), correction=None)
    stories = (a_rendered_story(2, title=word, summary=address, picture=HOUSE),)
    publication = a_publication(title=f"The Gazette of the {word}", mail=MAIL)
    return _letter(an_edition(lead=lead, stories=stories), publication)


def _right_to_left() -> Letter:
    arabic = {"language": "ar", "direction": "rtl"}
    body = """\
أُغلق الجسر منذ **يوم الثلاثاء**، ولا أحد يعرف [إلى متى](https://council.example/plan).

## ما الذي تعطّل

> تحرّكت دعامتان من تسع، ولن تعودا إلى مكانهما وحدهما.

1. دعامات العمود الثاني
2. الحاجز في الجهة الشمالية

| اليوم | الرحلات |
|---|---|
| الاثنين | 12 |
| الأحد | 24 |

```
ferry --sundays
```
"""
    lead = replace(LEAD, title="أُغلق الجسر وعادت العبّارة", section="الضفة الشمالية", html=_html(body), **arabic)
    lead = replace(lead, authors=(Author("ليلى"),), correction="تبحر العبّارة يوم الأحد أيضًا.")
    stories = (
        a_rendered_story(
            2, title="السوق يفتح أبوابه", summary="خبز وجبن وزيتون، من الصباح حتى الظهر.", picture=HOUSE, **arabic
        ),
        a_rendered_story(
            3, title="הגשר נסגר", summary="המעבורת שטה שוב, כל שעה.", language="he", direction="rtl", picture=HOUSE
        ),
        a_rendered_story(4, title="The ferry sails", summary="Every hour, in English.", picture=HOUSE),
    )
    sections = (
        RenderedSection(
            "من أماكن أخرى",
            _html("كلمات قليلة قبل الروابط."),
            (),
            (OutsideLink("Mending bridges", "https://bridges.example/", "Bridges Quarterly", "بالإنجليزية، مع رسوم."),),
        ),
    )
    edition = an_edition(
        title="الجسر",
        subject="أُغلق الجسر",
        preheader="ثلاث قصص من الضفتين",
        opening=_html("صباح الخير."),
        lead=lead,
        stories=stories,
        stories_title="قصص أخرى",
        sections=sections,
    )
    look = Look(width=800, logo="images/logo.png", logo_width=400)
    publication = a_publication(title="الجريدة", subtitle="أخبار الضفتين", language="ar", look=look, mail=MAIL)
    return _letter(edition, publication, logo=LOGO)


# Every macro that the packaged letter does not use itself.
PARTS = """\
{% extends "default/newsletter.html" %}
{% block lead %}
{{ super() }}
<tr>
<td class="section prose">
{{ parts.picture(edition.lead.picture, text_width, caption="The house on the other side, in the evening.") }}
{{ parts.picture(edition.lead.picture, 300, link=edition.lead.link, finest=200) }}
{{ parts.quote("Nobody had put the shovels away.", "Ada Lovelace") }}
{{ parts.divider() }}
{{ parts.button(publication.home, "All stories") }}
</td>
</tr>
<tr>
<td class="section">
{{ parts.quote("And a second one, without a name.") }}
{{ parts.button(publication.home, "All stories") }}
</td>
</tr>
{% endblock %}
"""


def _parts() -> Letter:
    look = Look(width=720, logo="images/logo.png")
    publication = a_publication(look=look, mail=replace(MAIL, unsubscribe=None), pages=False)
    edition = an_edition(link=None, lead=LEAD, content=LeadContent.SUMMARY, stories=_stories(2))
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "newsletter.html").write_text(PARTS, encoding="utf-8")
        return _letter(edition, publication, templates=Path(folder), logo=LOGO)


_MAKERS: dict[str, Callable[[], Letter]] = {
    "sample": _sample,
    "digest": _digest,
    "right-to-left": _right_to_left,
    "one-story": _one_story,
    "thirty-stories": _thirty_stories,
    "sections": _sections,
    "wide": _wide,
    "parts": _parts,
}
LETTERS = tuple(_MAKERS)


@functools.cache
def letter_of(name: str) -> Letter:
    """The letter *name*, one of LETTERS."""
    return _MAKERS[name]()
