"""What the pages and emails of the service say, in its own words and in a publication's."""

import re
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest

from builders import a_publication
from people import DAILY, WEEKLY
from pressrun.circulation.subscribers.links import ServiceLinks
from pressrun.circulation.subscribers.tokens import LINK_LIFE, SignedTokens
from pressrun.model.moments import EPOCH
from pressrun.model.notice import Notice
from pressrun.model.publication import Mailbox, MailSettings, Publication, ServiceSettings
from pressrun.model.subscriber import Person
from pressrun.rendering.templates import Templates
from pressrun.web.service.notices import Notices
from pressrun.web.service.pages import VIEWS, ServicePages

ADDRESS = "https://letters.gazette.example/"
SENDER = Mailbox("The Gazette", "letters@gazette.example")
# The list of words of an earlier version, as a publication may have copied it.
EARLIER = Path(__file__).parent / "earlier-service-words.html"
ADA = Person("", "ada@reader.example", EPOCH)


def a_served(days: int = 7, **changes: object) -> Publication:
    service = ServiceSettings(address=ADDRESS, confirm_days=days)
    publication = a_publication(service=service, lists=(WEEKLY, DAILY), mail=MailSettings(sender=SENDER))
    return replace(publication, **changes)  # type: ignore[arg-type]


def shown(view: str, publication: Publication | None = None, templates: Path | None = None, **values: object) -> str:
    """The text of the page *view*, its tags taken out."""
    publication = publication or a_served()
    assert publication.service is not None
    pages = ServicePages(publication, publication.service, Templates(templates), "https://gazette.example/subscribe/")
    main = re.search(r"<main.*</main>", pages.html(view, **values), re.DOTALL)
    assert main is not None
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", main[0])).split())


def noted(kind: Notice, publication: Publication, templates: Path | None = None) -> tuple[str, str, str]:
    """The subject, text and HTML of an email of *kind*, the text and HTML without tags and line breaks."""
    links = ServiceLinks(ADDRESS, SignedTokens(["k" * 32], LINK_LIFE))
    note = Notices(publication, Templates(templates), links, SENDER).note(kind, publication.lists[:1])
    return note.subject, " ".join(note.text.split()), " ".join(unescape(re.sub(r"<[^>]*>", " ", note.html)).split())


@pytest.fixture
def earlier(tmp_path: Path) -> Path:
    """A folder of templates with an earlier version's words, in a language that the packaged ones do not have."""
    words = EARLIER.read_text("utf-8").replace('"de": {', '"nl": {')
    (tmp_path / "service-words.html").write_text(words, "utf-8")
    return tmp_path


@pytest.mark.parametrize("view", VIEWS)
def test_an_earlier_list_of_words_still_fills_every_page(earlier: Path, view: str) -> None:
    person = ADA if view in ("manage", "data") else None
    text = shown(view, a_served(language="nl"), earlier, person=person, lists=(WEEKLY,), list=WEEKLY)
    titles = dict(re.findall(r'"(\w+_title)": "(.*)"', (earlier / "service-words.html").read_text("utf-8")))
    assert titles[f"{view}_title"].replace("{title}", "The Gazette") in text
    assert not re.search(r"\{\w+\}", text)


def test_an_earlier_list_of_words_says_what_it_said(earlier: Path) -> None:
    publication = a_served(language="nl")
    left = shown("left", publication, earlier, list=WEEKLY, again=ADDRESS)
    assert left == "Abbestellt Sie bekommen keine Briefe von The Gazette mehr."
    assert "Changed your mind" not in left
    left_all = shown("left", publication, earlier, list=WEEKLY, left_all=True, again=ADDRESS)
    assert left_all == "Abbestellt Sie bekommen keine Briefe von The Gazette mehr."
    assert "zu alt" in shown("expired", publication, earlier, again=ADDRESS)
    assert "als Spam gemeldet" in shown("manage", publication, earlier, person=ADA, told="complained")


@pytest.mark.parametrize("kind", list(Notice))
def test_an_earlier_list_of_words_still_fills_every_email(earlier: Path, kind: Notice) -> None:
    subject, text, html = noted(kind, a_served(days=1, language="nl"), earlier)
    assert "The Gazette" in subject
    assert "Sie" in text
    assert not re.search(r"\{\w+\}", f"{subject} {text} {html}")


@pytest.mark.parametrize(
    ("language", "sentence"), [("en", "{list} at this address."), ("de", "{list} an diese Adresse.")]
)
def test_no_page_or_email_shows_a_placeholder(language: str, sentence: str) -> None:
    publication = a_served(language=language)
    assert sentence.replace("{list}", "The Gazette") in shown("confirm", publication, lists=(WEEKLY,))
    given = {"list": WEEKLY, "lists": (WEEKLY, DAILY), "senders": ("a@b.example",), "person": ADA}
    pages = [shown(view, publication, **given) for view in VIEWS]
    emails = [" ".join(noted(kind, publication)) for kind in Notice]
    for text in [
        *pages,
        *emails,
        shown("manage", publication),
        shown("manage", publication, person=ADA, told="complained"),
    ]:
        assert not re.search(r"\{\w+\}", text), text


@pytest.mark.parametrize(("days", "words"), [(1, "work for one day."), (7, "work for 7 days.")])
def test_a_link_that_is_too_old_says_how_long_it_works(days: int, words: str) -> None:
    assert f"Confirmation links {words}" in shown("expired", a_served(days), again=ADDRESS)
    assert "work for one hour." in shown("expired", a_served(days), again=f"{ADDRESS}manage", is_own_link=True)
    _, text, html = noted(Notice.CONFIRM, a_served(days))
    assert f"The link {words.replace('work', 'works')}" in text
    assert f"The link {words.replace('work', 'works')}" in html


def test_who_complained_by_mistake_reads_where_to_write() -> None:
    mail = MailSettings(sender=SENDER, reply_to=(Mailbox("", "editor@gazette.example"),))
    for publication, words in (
        (a_served(), "write to letters@gazette.example."),
        (a_served(mail=mail), "write to editor@gazette.example."),
        (a_served(mail=MailSettings()), "write to us."),
    ):
        assert words in shown("manage", publication, person=ADA, told="complained")


def test_a_confirmed_reader_is_shown_whom_to_add_to_their_contacts() -> None:
    assert "Add a@b.example, c@d.example to your contacts" in shown("confirmed", senders=("a@b.example", "c@d.example"))
    assert "contacts" not in shown("confirmed")


def test_who_asks_reads_the_same_whether_the_address_is_known_or_not() -> None:
    assert "unless it's already subscribed or blocked" in shown("asked")
    assert "If this address is on our list" in shown("sent")
