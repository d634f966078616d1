"""A letter as the preview shows it."""

import pytest

from pressrun.press.newsletter.compose import Newsletter
from pressrun.press.newsletter.size import CLIPPED_AT, Size
from pressrun.web.preview.letter import Looks, bar_of, cut, inbox_lines, shown_html
from pressrun.web.preview.server import hosts_of


def a_letter(subject: str = "Snow", preheader: str = "It snowed.") -> Newsletter:
    return Newsletter(subject, preheader, "<p>It snowed.</p>", "It snowed.\n")


def test_looks_are_what_the_address_says_and_nothing_else() -> None:
    assert Looks.of({"scheme": "dark", "reader": "everybody", "other": "x"}) == Looks(scheme="dark")
    assert Looks(scheme="dark").query(pictures="blocked") == "scheme=dark&pictures=blocked"
    assert Looks().query() == ""


class TestColours:
    SHEET = "<style>@media (prefers-color-scheme: dark) and (min-width: 1px) {}</style>"

    def test_what_a_letter_asks_of_the_screen_is_answered_for_the_frame(self) -> None:
        assert "@media (min-width: 0) and" in shown_html(self.SHEET, "https://x.example/", Looks(scheme="dark"))
        assert "@media (max-width: 0) and" in shown_html(self.SHEET, "https://x.example/", Looks())

    @pytest.mark.parametrize(
        "text", ['<meta name="color-scheme" content="light dark">', "<style>:root{color-scheme: light dark}</style>"]
    )
    def test_a_letter_for_both_schemes_takes_the_one_of_the_frame(self, text: str) -> None:
        assert shown_html(text, "https://x.example/", Looks(scheme="dark")) == text.replace("light dark", "dark")

    def test_words_about_light_and_dark_stay(self) -> None:
        text = "<p>color-scheme: light dark, and (prefers-color-scheme: dark)</p><pre>a</pre>"
        assert shown_html(text, "https://x.example/", Looks(scheme="dark")) == text


def test_the_strictest_program_leaves_no_style_of_the_head() -> None:
    html = '<head><style>a{}</style><STYLE data-premailer="ignore">b{}\n</STYLE></head><p style="c">d</p>'
    assert shown_html(html, "https://x.example/", Looks(styles="inline")) == '<head></head><p style="c">d</p>'


def test_pictures_come_from_the_preview_and_links_lead_where_they_led() -> None:
    html = '<a href="https://x.example/a"><img alt="x" src="https://x.example/images/a.png"></a>'
    assert shown_html(html, "https://x.example/", Looks()) == (
        '<a href="https://x.example/a"><img alt="x" src="/pictures/images/a.png"></a>'
    )


class TestInbox:
    def test_a_short_subject_is_shown_whole(self) -> None:
        assert [(line.subject, line.preheader, line.is_cut) for line in inbox_lines(a_letter())] == [
            ("Snow", "It snowed.", False)
        ] * 2

    def test_a_long_one_is_cut_where_each_program_cuts_it(self) -> None:
        gmail, phone = inbox_lines(a_letter("word " * 20, "more " * 40))
        assert (len(gmail.subject), len(phone.subject)) == (70, 38)
        assert gmail.subject.endswith("…")
        assert len(gmail.subject + gmail.preheader) <= 110
        assert (gmail.is_cut, phone.is_cut) == (True, True)

    def test_what_has_no_room_is_left_out(self) -> None:
        assert cut("words", 0) == ""
        assert cut("words here", 7) == "words…"


class TestBar:
    def test_parts_follow_one_another_and_the_rest_is_free(self) -> None:
        bar = bar_of(Size(text=10_200, markup=20_400, inline_styles=0, head_styles=0, links=0))
        assert [(part.start, part.width) for part in bar.parts[:2]] == [(0, 100), (100, 200)]
        assert (bar.total, bar.limit) == (30_600, 1000)
        assert bar.share == 0.3

    def test_a_letter_beyond_the_limit_fills_it_and_shows_where_it_is_cut(self) -> None:
        bar = bar_of(Size(CLIPPED_AT * 2, 0, 0, 0, 0))
        assert (bar.parts[0].width, bar.limit) == (1000, 500)


@pytest.mark.parametrize(
    ("port", "host", "known"), [(80, "localhost", True), (80, "127.0.0.1:80", True), (8000, "localhost", False)]
)
def test_a_browser_leaves_out_the_usual_port(port: int, host: str, known: bool) -> None:
    assert (host in hosts_of(port)) is known
