"""The pages that feed and letter link to."""

from dataclasses import replace

from lxml import html as lxml_html

from builders import a_picture, a_publication, a_rendered_story, an_edition
from pressrun.model.output import OutputFile
from pressrun.model.publication import MailingList, ServiceSettings
from pressrun.press.site.pages import LISTED, NEWEST, FeedLink, SitePages
from pressrun.rendering.templates import Templates

FEED = FeedLink("The Gazette", "https://gazette.example/atom.xml", "application/atom+xml")


def pages() -> SitePages:
    return SitePages(a_publication(), Templates(), [FEED], "https://gazette.example/subscribe/")


def tree(file: OutputFile) -> lxml_html.HtmlElement:
    assert isinstance(file.content, bytes)
    return lxml_html.document_fromstring(file.content.decode())


STORY = a_rendered_story(title="A <b> & c", section="World", tags=("a", "b"), picture=a_picture())


class TestAutodiscovery:
    """A page announces its feed by link rel="alternate" with type, title and an absolute address in its head."""

    def test_every_page_does(self) -> None:
        for file in (
            pages().story(STORY, "/stories/x/", "x"),
            pages().edition(an_edition(), "/editions/x/", "x"),
            pages().home([STORY], []),
        ):
            (link,) = tree(file).xpath("/html/head/link[@rel='alternate']")
            assert dict(link.attrib) == {
                "rel": "alternate",
                "type": "application/atom+xml",
                "title": "The Gazette",
                "href": "https://gazette.example/atom.xml",
            }


def test_a_story_s_page_lies_where_its_address_leads() -> None:
    assert pages().story(STORY, "/stories/x/", "x").path == "public/stories/x/index.html"
    assert pages().story(STORY, "/2014/x.html", "x").path == "public/2014/x.html"
    assert pages().story(STORY, "/2014/x", "x").path == "public/2014/x/index.html"


def test_a_story_s_page_shows_the_story() -> None:
    page = tree(pages().story(STORY, "/stories/x/", "x"))

    assert page.findtext(".//h1") == "A <b> & c"
    assert page.findtext("head/title") == "A <b> & c · The Gazette"
    assert "The text of story 0." in page.text_content()
    (picture,) = page.iter("img")
    assert (picture.get("width"), picture.get("alt")) == ("1200", "A house")


def test_the_canonical_address_may_be_elsewhere() -> None:
    story = replace(STORY, canonical_url="https://first.example/x")
    (link,) = tree(pages().story(story, "/x/", "x")).xpath("/html/head/link[@rel='canonical']")
    assert link.get("href") == "https://first.example/x"


def test_no_page_has_a_script() -> None:
    for file in (
        pages().story(STORY, "/x/", "x"),
        pages().edition(an_edition(lead=STORY, stories=(STORY,)), "/x/", "x"),
        pages().home([STORY], [an_edition()]),
        pages().redirect("/x/", STORY.link, "x"),
    ):
        page = tree(file)
        assert list(page.iter("script", "iframe")) == []
        assert not [name for element in page.iter() for name in element.attrib if name.startswith("on")]


def test_an_edition_s_page_carries_the_words_of_the_letter() -> None:
    edition = an_edition(opening="<p>Dear reader.</p>", lead=STORY, stories=(a_rendered_story(2),))
    text = tree(pages().edition(edition, "/x/", "x")).text_content()
    for words in ("Dear reader.", "A <b> & c", "The text of story 0.", "More Stories", "What story 2 is about."):
        assert words in text


def test_the_home_page_shows_the_newest_and_then_titles() -> None:
    stories = [a_rendered_story(number) for number in range(LISTED + 5, 0, -1)]
    page = tree(pages().home(stories, [an_edition()]))

    assert len(page.find_class("item")) == NEWEST
    assert len(page.xpath("//ul[1]/li")) >= LISTED - NEWEST
    assert "Spring" in page.text_content()


def test_a_home_page_without_stories_says_so() -> None:
    assert "Nothing has been published yet." in tree(pages().home([], [])).text_content()


def test_an_old_address_leads_to_the_new_one() -> None:
    page = tree(pages().redirect("/old/", "https://gazette.example/a?b&c", "x"))
    (refresh,) = page.xpath("//meta[@http-equiv='refresh']")
    assert refresh.get("content") == "0; url=https://gazette.example/a?b&c"


class TestTheFormToSubscribe:
    def page(self, *lists: MailingList) -> lxml_html.HtmlElement:
        service = ServiceSettings("https://letters.gazette.example/")
        made = replace(pages(), publication=a_publication(service=service, lists=lists))
        return tree(made.subscribe("/subscribe/", [], "https://gazette.example/feeds.opml"))

    def test_it_is_there_where_there_is_a_service(self) -> None:
        page = self.page(MailingList("weekly", "The Gazette", wording="Send me The Gazette."))
        (form,) = page.forms
        assert (form.method, form.action) == ("POST", "https://letters.gazette.example/subscribe")
        assert {name: value or "" for name, value in form.fields.items()} == {
            "list": "weekly",
            "email": "",
            "website": "",
        }
        assert "Send me The Gazette." in form.text_content()
        assert page.xpath("//script") == []

    def test_each_of_several_lists_can_be_chosen(self) -> None:
        (form,) = self.page(MailingList("weekly", "Weekly"), MailingList("daily", "Daily")).forms
        boxes = form.xpath(".//input[@type='checkbox']")
        assert [(each.get("value"), each.checked) for each in boxes] == [("weekly", False), ("daily", False)]

    def test_a_page_without_lists_has_no_form(self) -> None:
        assert tree(pages().subscribe("/subscribe/", [], "https://gazette.example/feeds.opml")).forms == []
