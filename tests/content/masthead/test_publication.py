"""From publication.yaml to the Publication."""

import pytest

from builders import MASTHEAD, a_source
from pressrun.content.masthead.publication import read_masthead
from pressrun.model.mailserver import MailServer, Tls
from pressrun.model.publication import DARK, LIGHT, Author, FeedSettings, Mailbox, Masthead, Podcast

SMALLEST = "title: T\nhome: https://t.example\ntimezone: UTC\nids: t.example,2020\n"


def read(text: str) -> Masthead:
    masthead, _, problems = read_masthead(a_source(text, "publication.yaml"))
    assert [str(problem) for problem in problems] == []
    assert masthead is not None
    return masthead


def problems_of(text: str) -> list[tuple[str, int]]:
    return [(problem.code, problem.position.line) for problem in read_masthead(a_source(text, "publication.yaml"))[2]]


def test_the_smallest_masthead() -> None:
    publication = read(SMALLEST).publication

    assert publication.home == "https://t.example/"
    assert publication.language == "en"
    assert publication.direction == "ltr"
    assert publication.authors == (Author("T", uri="https://t.example/"),)
    assert publication.pages
    assert publication.look.light == LIGHT


def test_the_names_of_other_tools() -> None:
    publication = read(
        "title: T\nbaseURL: https://t.example/news\ntime_zone: UTC\nids: t.example,2020\n"
        "description: What it is\nlanguageCode: ar-EG\ncopyright: Ours\n"
    ).publication

    assert publication.home == "https://t.example/news/"
    assert publication.subtitle == "What it is"
    assert publication.rights == "Ours"
    assert publication.direction == "rtl"


def test_mail_says_who_sends() -> None:
    mail = read(MASTHEAD).publication.mail

    assert mail.sender == Mailbox("The Gazette", "news@gazette.example")
    assert mail.postal_address == "1 Example Street"
    assert mail.unsubscribe == "mailto:news@gazette.example?subject=unsubscribe"


def test_authors_are_known_by_a_short_name() -> None:
    masthead = read(
        SMALLEST
        + "author: ada\nauthors:\n  ada: {name: Ada, email: ada@t.example, url: 'https://ada.example'}\n  bob: Bob B\n"
    )

    assert masthead.publication.authors == (Author("Ada", "ada@t.example", "https://ada.example"),)
    assert masthead.authors["bob"] == Author("Bob B")


@pytest.mark.parametrize("written", ["author: Ada", "author: {name: Ada}", "author: [Ada]"])
def test_the_default_author_may_be_written_out(written: str) -> None:
    assert read(SMALLEST + written).publication.authors == (Author("Ada"),)


def test_the_look_changes_what_it_names() -> None:
    look = read(
        SMALLEST + 'look:\n  light: {accent: "#A20"}\n  dark: {ink: "ffffff"}\n  text_font: Verdana, sans-serif\n'
        "  width: 640px\n  logo: images/logo.png\n  logo_width: 200\n"
    ).publication.look

    assert look.light.accent == "#aa2200"
    assert (look.width, look.text_width, look.logo, look.logo_width) == (640, 576, "images/logo.png", 200)
    assert look.light.ink == LIGHT.ink
    assert look.dark.ink == "#ffffff"
    assert look.dark.paper == DARK.paper
    assert look.text_font == "Verdana, sans-serif"


def test_a_home_of_another_script_is_written_as_idna() -> None:
    text = SMALLEST.replace("https://t.example", "https://bücher.example/nachrichten")
    assert read(text).publication.home == "https://xn--bcher-kva.example/nachrichten/"


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("home: t.example", "bad-value"),
        ("home: ftp://t.example", "bad-value"),
        ("home: https://t.example/?x", "bad-value"),
        ("home: 'https://t.example:port/'", "bad-value"),
        ("timezone: New York", "bad-value"),
        ("timezone: ../../etc/passwd", "bad-value"),
        ("timezone: America", "bad-value"),
        ("timezone: " + "a/" * 2000, "bad-value"),
        ("ids: t.example", "bad-value"),
        ("ids: T.example,2020", "bad-value"),
        ("ids: t.example,2020-13", "bad-value"),
        ("ids: t.example,0000", "bad-value"),
        ("ids: t.example,2026-02-31", "bad-value"),
        ('look: {text_font: "Georgia, \'Times"}', "bad-value"),
        ("look: {text_font: 'Georgia,, serif'}", "bad-value"),
        ("language: English please", "language-unknown"),
        ("story_url: /stories/", "bad-value"),
        ("story_url: /{slug}/{author}/", "bad-value"),
        ("story_url: /../{slug}/", "bad-value"),
        ("pages: sometimes", "wrong-type"),
        ("title: [a]", "wrong-type"),
        ("authors: [Ada]", "wrong-type"),
        ("authors: {ada: {email: ada@t.example}}", "missing-field"),
        ("author: {email: ada@t.example}", "missing-field"),
        ("mail: news@t.example", "wrong-type"),
        ("mail: {from: 'News <news>'}", "bad-value"),
        ("mail: {from: 'News'}", "bad-value"),
        ("mail: {from: 'Ünï <ü@t.example>'}", "bad-value"),
        ("mail: {unsubscribe: 'javascript:alert(1)'}", "bad-value"),
        ("mail: {form: x}", "near-miss"),
        ("editions: stories/letters", "bad-value"),
        ("mail: {server: x}", "unknown-field"),
        ("feeds: [{formats: [atom, gopher]}]", "bad-value"),
        ("feeds: [{limit: 0}]", "wrong-type"),
        ("feeds: [{limit: many}]", "wrong-type"),
        ("feeds: [{every: day}]", "bad-value"),
        ("feeds: [{content: some}]", "bad-value"),
        ("feeds: [{tags: a}]", "bad-value"),
        ("feeds: [{name: a}, {name: a}]", "bad-value"),
        ("feeds: [{name: a, tgas: b}]", "near-miss"),
        ("feeds: [atom]", "wrong-type"),
        ("hub: hub.example", "bad-value"),
        ("podcast: {image: a.png}", "missing-field"),
        ('author: ""', "missing-field"),
        ("author: [Ada, {name: ''}]", "missing-field"),
        ("authors: {ada: ''}", "missing-field"),
        ("authors: {ada: [x]}", "wrong-type"),
        ("authors: {ada: {name: Ada, emial: x}}", "near-miss"),
        ("look: {light: {accent: red}}", "bad-value"),
        ("look: {light: {accent: '#1234'}}", "bad-value"),
        ("look: {text_font: 'x; } body { display: none'}", "bad-value"),
        ("look: {width: 479}", "bad-value"),
        ("look: {width: 801}", "bad-value"),
        ("look: {width: 60%}", "bad-value"),
        ("look: {logo_width: 15}", "bad-value"),
        ("look: {logo_width: 99999999999999}", "bad-value"),
        ("look: {lgo: x.png}", "near-miss"),
        ("look: {light: {accent: '#888888'}}", "look-contrast"),
        ("tagine: x", "near-miss"),
    ],
)
def test_what_can_be_wrong_in_a_masthead(line: str, code: str) -> None:
    name = line.partition(":")[0]
    lines = [each for each in SMALLEST.splitlines() if not each.startswith(f"{name}:")]
    assert [found for found, _ in problems_of("\n".join([*lines, line]) + "\n")] == [code]


def test_a_colour_without_quotes_is_a_comment_to_yaml_and_told() -> None:
    problems = read_masthead(a_source(SMALLEST + "look:\n  light:\n    accent: #9c2a1f\n", "publication.yaml"))[2]

    assert [(problem.code, problem.position.line) for problem in problems] == [("bad-value", 7)]
    assert "quotes" in str(problems[0].hint)


def test_everything_that_is_missing_is_told_at_once() -> None:
    assert problems_of("subtitle: x\n") == [("missing-field", 1)] * 4


def test_the_folders_of_stories_and_editions_may_have_other_names() -> None:
    _, folders, problems = read_masthead(a_source(SMALLEST + "stories: posts\neditions: letters/weekly\n"))

    assert problems == []
    assert (folders.stories, folders.editions) == ("posts", "letters/weekly")


def test_what_is_unknown_is_kept_for_templates() -> None:
    assert read(SMALLEST + "mastodon: '@t@social.example'\nsince: 1999\n").publication.extra == {
        "mastodon": "@t@social.example",
        "since": 1999,
    }


def test_the_feed_of_everything_is_there_in_any_case_and_comes_first() -> None:
    feeds = read(
        SMALLEST
        + "feeds:\n- every: tag\n- {name: ada, author: ada}\n- {limit: 5, formats: json}\nauthors: {ada: Ada L}\n"
    ).publication.feeds
    assert [feed.name for feed in feeds] == ["site", "every-tag", "ada"]
    assert (feeds[0].limit, feeds[0].formats) == (5, ("json",))
    assert feeds[2].author == "Ada L"
    assert read(SMALLEST + "feeds:\n- every: tag\n").publication.feeds[0] == FeedSettings()


def test_one_feed_needs_no_list() -> None:
    assert read(SMALLEST + "feeds: {limit: 7}\n").publication.feeds[0].limit == 7


def test_a_podcast_says_what_directories_ask_for() -> None:
    podcast = read(
        SMALLEST + "podcast: {category: News, image: a.png, explicit: no, owner: Ada <a@t.example>}\n"
    ).publication.podcast
    assert podcast == Podcast("News", "a.png", False, Mailbox("Ada", "a@t.example"))


class TestMailServer:
    def test_it_is_written_below_mail_and_each_value_knows_its_line(self) -> None:
        server = read(
            SMALLEST + "mail:\n  host: Mail.T.example\n  port: 2525\n  tls: NONE\n  username: letter\n"
        ).publication.mail.server

        assert server == MailServer("mail.t.example", 2525, Tls.NONE, "letter")
        assert server.origins == {
            name: f"content/publication.yaml:{line}"
            for line, name in enumerate(("host", "port", "tls", "username"), start=6)
        }

    @pytest.mark.parametrize(
        ("written", "port", "encryption"),
        [
            ("", 587, Tls.STARTTLS),
            ("tls: tls", 465, Tls.TLS),
            ("tls: none", 25, Tls.NONE),
            ("port: 465", 465, Tls.TLS),
            ("port: 25", 25, Tls.STARTTLS),
            ("{port: 465, tls: starttls}", 465, Tls.STARTTLS),
        ],
    )
    def test_port_and_encryption_go_together(self, written: str, port: int, encryption: Tls) -> None:
        server = read(f"{SMALLEST}mail:\n  {written or 'from: a@t.example'}\n").publication.mail.server
        assert (server.door, server.encryption) == (port, encryption)

    @pytest.mark.parametrize(
        ("written", "host"),
        [
            ("localhost", "localhost"),
            ("127.0.0.1", "127.0.0.1"),
            ("[::1]", "::1"),
            ("bücher.example", "xn--bcher-kva.example"),
        ],
    )
    def test_a_host_is_a_name_or_an_ip_address(self, written: str, host: str) -> None:
        assert read(f'{SMALLEST}mail: {{host: "{written}"}}\n').publication.mail.server.host == host

    @pytest.mark.parametrize("name", ["password", "Password", "smtp_password"])
    def test_a_password_is_an_error_that_does_not_show_it(self, name: str) -> None:
        masthead, _, problems = read_masthead(a_source(f"{SMALLEST}mail: {{{name}: hunter2}}\n", "publication.yaml"))
        assert masthead is not None
        assert [problem.code for problem in problems] == ["password-in-file"]
        assert "hunter2" not in str(problems[0])


class TestWaysOut:
    @pytest.mark.parametrize(
        "way", ["https://t.example/out?who={email}", "mailto:out@t.example?body={email}", "https://t.example/{email}/"]
    )
    def test_the_reader_s_address_may_stand_in_it(self, way: str) -> None:
        assert read(f'{SMALLEST}mail: {{unsubscribe: "{way}"}}\n').publication.mail.unsubscribe == way

    def test_an_address_in_another_script_keeps_the_place_of_the_reader_s(self) -> None:
        mail = read(f'{SMALLEST}mail: {{one_click: "https://bücher.example/größe?e={{email}}"}}\n').publication.mail
        assert mail.one_click == "https://xn--bcher-kva.example/gr%C3%B6%C3%9Fe?e={email}"

    @pytest.mark.parametrize(
        "written",
        [
            'one_click: "https://{email}.t.example/"',
            'one_click: "http://t.example/?e={email}"',
            'one_click: "mailto:out@t.example?body={email}"',
            "one_click: https://t.example/out",
            'unsubscribe: "https://t.example/{name}"',
            f"unsubscribe: https://t.example/{'x' * 600}",
            f"unsubscribe: mailto:out@t.example?subject={'x' * 600}",
        ],
    )
    def test_other_things_are_refused(self, written: str) -> None:
        assert problems_of(f"{SMALLEST}mail:\n  {written}\n") == [("bad-value", 6)]


@pytest.mark.parametrize("written", ["Pass-Word: geheim", "smtp: {host: x, password: geheim}", "api_key: geheim"])
def test_no_password_under_mail_is_shown_whatever_it_is_called(written: str) -> None:
    _, _, problems = read_masthead(a_source(f"{MASTHEAD}  {written}\n", "publication.yaml"))

    assert "password-in-file" in {problem.code for problem in problems}
    assert not any("geheim" in str(problem) for problem in problems)


def test_who_sends_is_known_where_another_line_is_wrong() -> None:
    masthead, _, problems = read_masthead(a_source(f"{MASTHEAD}  port: 70000\n", "publication.yaml"))

    assert len(problems) == 1
    assert masthead is not None
    assert masthead.publication.mail.sender is not None


@pytest.mark.parametrize(
    ("colours", "hints"),
    [
        ("ink: '#fff'", ["make ink darker", "make ink darker"]),
        ("ink: '#fefefe', paper: '#fdfdfd'", ["make ink darker", "make ink darker"]),
        ("ink: '#666666', paper: '#999999'", ["make ink darker, or paper lighter"]),
    ],
)
def test_the_hint_about_faint_text_leads_to_text_that_can_be_read(colours: str, hints: list[str]) -> None:
    _, _, problems = read_masthead(a_source(f"{MASTHEAD}look: {{light: {{{colours}}}}}\n", "publication.yaml"))
    assert [problem.hint for problem in problems if problem.message.startswith("ink")][: len(hints)] == hints


ANN, BOB = Mailbox("Ann", "ann@gazette.example"), Mailbox("Bob", "bob@gazette.example")


@pytest.mark.parametrize(
    ("written", "mailboxes"),
    [
        ("Ann <ann@gazette.example>", [ANN]),
        ("Ann <ann@gazette.example>, Bob <bob@gazette.example>", [ANN, BOB]),
        ("Ann <ann@gazette.example>;Bob <bob@gazette.example>,", [ANN, BOB]),
        ("[Ann <ann@gazette.example>, Bob <bob@gazette.example>]", [ANN, BOB]),
        ("[ann@gazette.example]", [Mailbox("", "ann@gazette.example")]),
        ("ann@gazette.example,bob@gazette.example", [Mailbox("", ANN.address), Mailbox("", BOB.address)]),
        ("ann@gazette.example, ann@gazette.example", [Mailbox("", ANN.address)]),
        (
            "'\"Byron, Ann\" <ann@gazette.example>, Desk, Night; Bob <bob@gazette.example>'",
            [Mailbox("Byron, Ann", ANN.address), Mailbox("Desk, Night; Bob", BOB.address)],
        ),
    ],
)
@pytest.mark.parametrize("place", ["mail: {{reply_to: {0}}}", "lists: [{{id: weekly, reply_to: {0}}}]"])
def test_answers_go_to_everybody_who_is_named(written: str, mailboxes: list[Mailbox], place: str) -> None:
    quoted = written if written[0] in "['" else f"'{written}'"
    masthead, _, problems = read_masthead(a_source(f"{SMALLEST}{place.format(quoted)}\n", "publication.yaml"))
    assert problems == []
    assert masthead is not None
    publication = masthead.publication
    found = publication.mail.reply_to or publication.lists[0].reply_to
    assert list(found) == mailboxes
    # As templates know it that were written when there was one alone.
    assert (found.name, found.address) == (mailboxes[0].name, mailboxes[0].address)


@pytest.mark.parametrize(
    "written", ["Ann", "'ann@gazette.example, Bob'", "a@gazette.example b@gazette.example", "[Ann, Bob]", "','"]
)
def test_an_answer_that_goes_nowhere_is_an_error(written: str) -> None:
    _, _, problems = read_masthead(a_source(f"{SMALLEST}mail: {{reply_to: {written}}}\n", "publication.yaml"))
    assert [problem.code for problem in problems] == ["bad-value"]


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("/privacy/", "https://t.example/news/privacy/"),
        ("privacy", "https://t.example/news/privacy"),
        ("privacy.html", "https://t.example/news/privacy.html"),
        ("https://law.example/p?lang=de#x", "https://law.example/p?lang=de#x"),
    ],
)
@pytest.mark.parametrize("name", ["privacy", "privacy_policy"])
def test_the_page_on_privacy_is_a_path_or_an_address(name: str, written: str, address: str) -> None:
    text = f"{SMALLEST}{name}: {written}\n".replace("https://t.example\n", "https://t.example/news\n")
    masthead, _, problems = read_masthead(a_source(text, "publication.yaml"))
    assert problems == []
    assert masthead is not None
    assert masthead.publication.privacy == address


@pytest.mark.parametrize(
    "written",
    [
        "mailto:ann@law.example",
        "javascript:alert(1)",
        "law.example/privacy",
        "//law.example/p",
        "/",
        "https://",
        "/../p",
    ],
)
def test_what_is_no_page_on_privacy_is_an_error(written: str) -> None:
    _, _, problems = read_masthead(a_source(f"{SMALLEST}privacy: {written}\n", "publication.yaml"))
    assert [problem.code for problem in problems] == ["bad-value"]
