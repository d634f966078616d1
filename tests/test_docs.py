"""The manual is true: what the program knows is on its page, links lead somewhere, and the examples work."""

import configparser
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
import jinja2.defaults
import pytest

import pressrun
from builders import PNG, a_folder, a_masthead, a_source, a_story_file
from pressrun.circulation.claims import WAITS, Ceilings
from pressrun.circulation.confirmations import BETWEEN_LETTERS, LINKS_A_DAY
from pressrun.circulation.subscribers import tokens as tokens_of_links
from pressrun.circulation.subscribers.lifecycle import SOFT_LIMIT
from pressrun.cli import former
from pressrun.cli.exits import MEANINGS, Exit
from pressrun.cli.formats import as_github, as_json
from pressrun.cli.main import COMMANDS, UNLISTED
from pressrun.cli.main import pressrun as program
from pressrun.content.editions import read_edition
from pressrun.content.masthead import look
from pressrun.content.masthead import mailclients as clients
from pressrun.content.masthead.lists import LONGEST
from pressrun.content.masthead.publication import read_masthead
from pressrun.content.source.filenames import HELD_BACK
from pressrun.content.source.names import (
    AUDIO_NAMES,
    AUTHOR_NAMES,
    EDITION_NAMES,
    FEED_NAMES,
    LOOK_NAMES,
    MAIL_NAMES,
    OUTSIDE_LINK_NAMES,
    PALETTE_NAMES,
    PODCAST_NAMES,
    PUBLICATION_NAMES,
    SECTION_NAMES,
    SERVICE_NAMES,
    STORY_NAMES,
    Names,
)
from pressrun.content.source.scalars import FALSE, TRUE
from pressrun.content.storyfields import read_story
from pressrun.desk.authoring.new import new_edition, new_story
from pressrun.desk.checking.check import CodeSelection, check
from pressrun.manual.codes import pages as pages_of_codes
from pressrun.model.addresses import STORY_URL_WORDS
from pressrun.model.buildrequest import BuildRequest
from pressrun.model.contrast import READABLE
from pressrun.model.edition import LeadContent, RenderedEdition
from pressrun.model.mailclients import MailClients
from pressrun.model.picture import Picture
from pressrun.model.problems import Problem
from pressrun.model.publication import (
    Author,
    FeedSettings,
    Look,
    Mailbox,
    MailSettings,
    Masthead,
    Palette,
    Publication,
    ServiceSettings,
)
from pressrun.model.story import RenderedStory
from pressrun.post.delivery.retries import Breaker, Pauses, Schedule
from pressrun.press.building.build import build
from pressrun.press.building.ignored import ignore_comments_in
from pressrun.press.feeds import checks as feed_checks
from pressrun.press.newsletter import checks, colours, inboxline, parts, plaintext, size
from pressrun.press.site import pages
from pressrun.press.site.pages import FeedLink
from pressrun.rendering import checks as text_checks
from pressrun.rendering import pieces, sanitise
from pressrun.rendering.pictures.checks import HEAVIEST, LARGEST
from pressrun.rendering.templates import Templates
from pressrun.web.service import application, forms, limits, requests, server
from pressrun.web.service import pages as service_pages

PACKAGE = Path(pressrun.__file__).parent
MANUAL = PACKAGE / "manual"
TEMPLATES = sorted((PACKAGE / "defaults/templates").iterdir())
# Pages that are written apart from these; until one is there, a link to it is taken on trust.
WRITTEN_APART = ("problems.md", "architecture.md")
PAGES = sorted(MANUAL.rglob("*.md"))

FENCE = re.compile(r"^```(?P<language>\w*)(?: title=(?P<title>\S+))?\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
MASTHEAD = """\
title: The Gazette
home: https://gazette.example/
timezone: Europe/Brussels
ids: gazette.example,2026
"""


# Reading a page


@dataclass(frozen=True)
class Example:
    """A fenced block: what language it is in, the path of the file that it is whole, and the heading above it."""

    page: str
    heading: str
    language: str
    title: str | None
    text: str

    def __str__(self) -> str:
        return f"{self.page}, {self.heading}: {self.title or self.text.splitlines()[0]}"


def name_of(path: Path) -> str:
    return path.relative_to(MANUAL).as_posix()


def page(name: str) -> str:
    return (MANUAL / name).read_text(encoding="utf-8")


def prose(text: str) -> str:
    """*text* without its fenced blocks."""
    return FENCE.sub("", text)


def section(text: str, heading: str) -> str:
    """What stands in *text* below *heading*, up to the next heading of its level or of a higher one."""
    found = re.search(rf"^(#+) {re.escape(heading)}\n", prose(text), re.MULTILINE)
    assert found, f"there is no heading {heading}"
    below = prose(text)[found.end() :]
    end = re.search(rf"^#{{1,{len(found[1])}}} ", below, re.MULTILINE)
    return below[: end.start()] if end else below


def section_with_examples(text: str, heading: str) -> str:
    """The same with its fenced blocks."""
    return text.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


def codes(text: str) -> list[str]:
    """What stands in *text* between backticks."""
    return re.findall(r"`([^`\n]+)`", text)


def tokens(text: str) -> set[str]:
    """Every name in what stands between backticks, dots and hyphens included."""
    return {token for code in codes(text) for token in re.findall(r"[-\w.]+", code)}


def rows(text: str) -> list[dict[str, str]]:
    """The rows of every table in *text*, each by the headings of its columns."""
    found: list[dict[str, str]] = []
    names: list[str] = []
    for line in [*prose(text).split("\n"), ""]:
        if not line.startswith("|"):
            names = []
            continue
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if not names:
            names = cells
        elif not re.fullmatch(r"[-| ]+", line):
            found.append(dict(zip(names, cells, strict=True)))
    return found


def column(text: str, name: str) -> list[str]:
    """What stands between backticks in the column *name* of every table in *text*."""
    return [code for row in rows(text) for code in codes(row.get(name, ""))]


def examples() -> list[Example]:
    found = []
    for path in PAGES:
        text = path.read_text(encoding="utf-8")
        for block in FENCE.finditer(text):
            heading = re.findall(r"^#+ (.*)$", prose(text[: block.start()]), re.MULTILINE)[-1]
            found.append(Example(name_of(path), heading, block["language"], block["title"], block["text"]))
    return found


WHOLE_FILES = [example for example in examples() if example.title]
FRAGMENTS = [
    example
    for example in examples()
    if not example.title
    and example.language == "yaml"
    and example.page not in WRITTEN_APART
    and "/" not in example.page
]


# Commands


def options_of(command: click.Command) -> set[str]:
    """All that *command* and the commands below it list; earlier names of options are hidden."""
    with click.Context(command, help_option_names=["-h", "--help"]) as context:
        found = {
            name
            for parameter in command.get_params(context)
            if isinstance(parameter, click.Option) and not parameter.hidden
            for name in (*parameter.opts, *parameter.secondary_opts)
        }
        if isinstance(command, click.Group):
            for name in command.list_commands(context):
                below = command.get_command(context, name)
                assert below is not None
                found |= options_of(below)
    return found


# editions.md is about their files.
PAGES_OF_COMMANDS = {name: f"{name}.md" for name in COMMANDS} | {"editions": "sent-editions.md"}


def command_named(name: str) -> click.Command:
    with click.Context(program) as context:
        command = program.get_command(context, name)
    assert command is not None
    return command


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_a_page_that_names_all_its_options_and_no_other(name: str) -> None:
    text = page(PAGES_OF_COMMANDS[name])
    assert text.startswith(f"# pressrun {name}\n")
    named = {option for code in codes(prose(text)) for option in re.findall(r"(?<![\w-])--?[a-zA-Z][-\w]*", code)}
    assert named - {"--version"} == options_of(command_named(name))


def test_every_command_below_a_command_is_on_its_page() -> None:
    for name in COMMANDS:
        command = command_named(name)
        for below in getattr(command, "commands", ()):
            assert f"pressrun {name} {below}" in page(PAGES_OF_COMMANDS[name])


def test_every_command_line_in_the_manual_is_one_that_is_understood() -> None:
    for example in examples():
        for line in re.findall(r"^pressrun (.*)$", example.text, re.MULTILINE):
            name, *words = re.sub(r"^-C \S+ ", "", line).split()
            assert name in COMMANDS or name in UNLISTED, example
            options = {word for word in words if word.startswith("-")}
            assert options <= options_of(command_named(name)), example


def test_the_options_of_the_program_itself_are_told() -> None:
    for option in options_of(click.Command("pressrun", params=program.params)):
        assert option in tokens(page("build.md"))


def test_the_table_of_exit_codes_is_the_one_of_the_program() -> None:
    shown = rows(section(page("commands.md"), "Exit codes"))
    assert {int(codes(row["Exit code"])[0]): row["Meaning"] for row in shown} == {
        int(code): meaning for code, meaning in MEANINGS.items()
    }


def test_every_page_gives_the_exit_codes_of_that_table_alone() -> None:
    for path in PAGES:
        for row in rows(path.read_text(encoding="utf-8")):
            if "Exit code" in row:
                assert int(row["Exit code"].strip("`")) in list(Exit), path


def test_every_earlier_name_is_listed_with_what_is_written_today() -> None:
    shown = rows(section(page("commands.md"), "Earlier names"))
    assert [(*codes(row["Earlier"]), *codes(row["Now"])) for row in shown] == [
        (each.old, each.now) for each in former.all_former()
    ]
    for name in (*former.ALIASES, *UNLISTED):
        assert f"pressrun {name}" in page("commands.md")


# Fields

FIELDS = [("stories.md", STORY_NAMES), ("editions.md", EDITION_NAMES), ("publication.md", PUBLICATION_NAMES)]


@pytest.mark.parametrize(("name", "names"), FIELDS)
def test_every_field_is_on_its_page_and_no_other(name: str, names: Names) -> None:
    assert sorted(column(section(page(name), "The fields"), "Field")) == sorted(names.aliases)


@pytest.mark.parametrize(("name", "names"), FIELDS)
def test_every_name_of_another_tool_is_on_the_page_in_the_order_of_preference(name: str, names: Names) -> None:
    understood = {
        code: tuple(codes(row["Also understood"]))
        for row in rows(section(page(name), "Names from other tools"))
        for code in codes(row["Field"])
    }
    assert {canonical: others for canonical, others in understood.items() if others} == {
        canonical: others for canonical, others in names.aliases.items() if others
    }


@pytest.mark.parametrize(
    ("name", "heading", "first", "names"),
    [
        ("publication.md", "authors", "Field of an author", AUTHOR_NAMES),
        ("publication.md", "mail", "Field", MAIL_NAMES),
        ("publication.md", "service", "Field of the service", SERVICE_NAMES),
        ("stories.md", "Episodes", "Field of a recording", AUDIO_NAMES),
        ("editions.md", "Sections", "Field of a section", SECTION_NAMES),
        ("editions.md", "Sections", "Field of a link", OUTSIDE_LINK_NAMES),
    ],
)
def test_every_field_inside_of_a_field_is_there_with_its_other_names(
    name: str, heading: str, first: str, names: Names
) -> None:
    understood = {
        codes(row[first])[0]: tuple(codes(row["Also understood"]))
        for row in rows(section(page(name), heading))
        if first in row
    }
    assert understood == dict(names.aliases)


@pytest.mark.parametrize(("heading", "names"), [("Which feeds there are", FEED_NAMES), ("Episodes", PODCAST_NAMES)])
def test_every_field_of_feeds_and_podcasts_is_there_and_no_other(heading: str, names: Names) -> None:
    assert set(column(section(page("feeds.md"), heading), "Field")) == set(names.aliases)


def test_every_colour_and_font_of_the_look_is_there_with_its_default() -> None:
    text = page("publication.md")
    assert set(column(section(text, "look"), "Field")) == set(LOOK_NAMES.aliases)
    assert set(column(section(text, "look"), "Colour")) == set(PALETTE_NAMES.aliases)

    shown = next(each for each in FRAGMENTS if each.page == "publication.md" and each.heading == "look")
    masthead, _, problems = read_masthead(a_source(MASTHEAD + shown.text, "publication.yaml"))
    assert problems == []
    assert masthead is not None
    assert masthead.publication.look == Look()
    for colour in fields(Palette):
        assert shown.text.count(f"    {colour.name}: ") == 2
    for font in ("heading_font", "text_font", "interface_font"):
        assert f"  {font}: " in shown.text


def test_every_word_that_a_field_takes_is_told() -> None:
    stories = page("stories.md")
    assert tokens(section(stories, "Drafts")) >= HELD_BACK | TRUE | FALSE
    assert {f"{{{word}}}" for word in STORY_URL_WORDS} == set(
        column(section(page("publication.md"), "story_url"), "Placeholder")
    )
    assert {content.value for content in LeadContent} <= tokens(section(page("editions.md"), "The fields"))


# What is removed from a text


def test_all_html_that_may_stand_in_a_story_is_listed_and_no_other() -> None:
    text = section(page("stories.md"), "HTML in the text")
    allowed, _, removed = text.partition("Everything else is removed")
    assert set(codes(allowed)) == set(sanitise.TAGS)
    assert sanitise.EMBEDS | sanitise.SCHEMES | sanitise._ATTRIBUTES["*"] <= set(codes(removed))


# Numbers


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("build.md", f"the newest {FeedSettings().limit} stories in full"),
        ("build.md", f"the newest {pages.NEWEST} stories with their summaries, then titles up to {pages.LISTED}"),
        ("build.md", f"larger than {size.CLIPPED_AT:,} bytes, and from {size.WARNED_AT:,} on"),
        ("editions.md", f"{size.CLIPPED_AT:,} bytes"),
        ("send.md", f"after {Schedule().first.seconds // 60} minutes, then after twice as long each time"),
        ("send.md", f"up to {Schedule().longest.seconds // 3600} hours"),
        ("send.md", f"until it is {Schedule().age.days} days old"),
        ("send.md", f"When {Breaker().limit} letters in a row are not accepted"),
        ("send.md", f"After {Pauses().first / 60:.0f} minute it tries one letter"),
        ("send.md", f"up to {Pauses().longest / 60:.0f} minutes. After {Pauses().total / 60:.0f} minutes of waiting"),
        ("stories.md", f"up to {pieces.SUMMARY_LIMIT} characters"),
        ("templates.md", f"the {pages.NEWEST} newest stories"),
        ("templates.md", f"the next {pages.LISTED - pages.NEWEST}"),
        ("templates.md", f"the newest {pages.LISTED}"),
        ("templates.md", f"{Look().width} and {Look().text_width}"),
        ("templates.md", f"lines of {plaintext.WIDTH} columns"),
        ("publication.md", f"from {look.NARROWEST} to {look.WIDEST}"),
        ("publication.md", f"from {look.SMALLEST_LOGO} to {look.LARGEST_LOGO}"),
        ("subscribers.md", f"{SOFT_LIMIT} times in a row for now"),
        ("publication.md", f"small letters, digits and hyphens, up to {LONGEST}"),
        ("publication.md", f"less than {READABLE}:1"),
        ("problems/look-contrast.md", f"at least {READABLE}:1"),
        ("problems/letter-size.md", f"no more than {size.CLIPPED_AT:,} bytes"),
        ("problems/too-deep.md", f"more than {pieces.DEEPEST} deep"),
        (
            "problems/letter-contrast.md",
            f"{colours.READABLE_LARGE:g}:1 from {colours.LARGE:g} pixels on, or from 19 where it is bold",
        ),
        ("problems/subject-length.md", f"more than {inboxline.SUBJECT_LIMIT} characters"),
        ("problems/letter-preheader-length.md", f"more than {inboxline.PREHEADER_LIMIT} characters"),
        ("problems/letter-links-many.md", f"more than {parts.MOST_LINKS} links"),
        ("problems/letter-link-repeated.md", f"more than {parts.MOST_OF_ONE} times"),
        ("check.md", f"the last {checks.RECENT.days} days"),
        (
            "problems/picture-oversized.md",
            f"more than {HEAVIEST:,} bytes, or the picture is more than {LARGEST:,} pixels",
        ),
        ("problems/feed-size.md", f"more than {feed_checks.LARGEST:,} bytes"),
        ("problems/alt-long.md", f"longer than {text_checks.LONGEST_ALT} characters"),
        ("problems/link-text.md", f"more than {text_checks.LONGEST_ADDRESS} characters"),
    ],
)
def test_the_numbers_in_the_manual_are_those_of_the_program(name: str, words: str) -> None:
    assert words in " ".join(page(name).split())


# The service


def test_the_numbers_of_the_service_are_those_of_the_program() -> None:
    text = " ".join(page("service.md").split())
    for words in (
        *(f"| an IPv4 {'address' if bits == 32 else f'network /{bits}'} | {times} |" for bits, times in limits.IPV4),
        *(f"| an IPv6 network /{bits} | {times} |" for bits, times in limits.IPV6),
        f"| to one mailbox | {Ceilings().each_mailbox} in 24 hours |",
        f"`emails_per_hour` in an hour: {ServiceSettings('').emails_per_hour:,} |",
        f"forgotten after {ServiceSettings('').forget_pending_days} days",
        f"keeps {server.MOST_CONNECTIONS} connections",
        f"and at most {LINKS_A_DAY} times a day",
        f"at most {application.LONGEST_PAUSE.days} days",
        f"at most {forms.LARGEST_BODY:,} bytes, and {forms.BODY_SECONDS} seconds to arrive",
        f"a multiple of {requests.STEP} seconds",
        f"good for {ServiceSettings('').confirm_days} days",
        f"each has {tokens_of_links.SHORTEST_KEY} characters or more",
    ):
        assert words in text
    assert Ceilings().each_hour == ServiceSettings("").emails_per_hour == 4 * Ceilings().each_domain
    assert (application.LEAST_FILL.seconds, server.HEADER_SECONDS) == (2, forms.BODY_SECONDS)
    minutes = [int(wait.total_seconds() // 60) for wait in WAITS]
    assert f"after {', '.join(map(str, minutes[:-2]))} and twice {minutes[-1]} minutes" in text
    assert BETWEEN_LETTERS == tokens_of_links.LINK_LIFE == timedelta(hours=1)


def test_the_unit_of_systemd_and_the_lines_for_proxies_can_be_read() -> None:
    found = {example.language: example.text for example in examples() if example.page == "service.md"}
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment, method-assign]
    unit.read_string(found["ini"])
    assert set(unit) == {"DEFAULT", "Unit", "Service", "Install"}
    _, _, command = unit["Service"]["ExecStart"].partition("/pressrun ")
    name, *words = command.split()
    assert {word for word in words if word.startswith("-")} <= options_of(command_named(name))
    port = next(each for each in command_named("service").params if each.name == "port").default
    for language in ("caddy", "nginx"):
        assert found[language].count("{") == found[language].count("}") > 0
        assert f"127.0.0.1:{port}" in found[language]
        assert "letters.gazette.example" in found[language]
    lines = [line.strip() for line in found["nginx"].splitlines()]
    assert all(line.endswith((";", "{", "}")) for line in lines)


def test_every_page_of_the_service_and_every_name_that_its_templates_are_given_is_told() -> None:
    text = page("templates.md")
    assert set(service_pages.VIEWS) <= tokens(section(text, "service.html"))
    told = tokens(section(text, "service.html")) | tokens(section(text, "subscribe-form.html"))
    assert set(service_pages.NOTHING) <= told
    assert {"kind", "subject", "lists", "link"} <= tokens(section(text, "service-letter.html"))


# Mail clients


def packaged_clients() -> MailClients:
    return clients.read_clients(clients.packaged(clients.PACKAGED), MailClients())[0]


def test_the_table_of_mail_clients_is_the_packaged_one() -> None:
    table, text = packaged_clients(), page("mail-clients.md")
    shown = rows(section(text, "The packaged table"))

    assert f"is of {table.date}" in text
    assert {codes(row["Key"])[0]: row["Mail program"] for row in shown if "Mail program" in row} == table.names
    assert {codes(row["Key"])[0]: (row["What it is"], row["Lacking in"]) for row in shown if "Lacking in" in row} == {
        key: (feature.name, ", ".join(table.names[each] for each in table.without(feature)) or "none, only in parts")
        for key, feature in table.features.items()
    }


def test_every_field_of_a_table_of_ones_own_is_told_and_no_other() -> None:
    text = section(page("mail-clients.md"), "Your own table")
    assert column(text, "Field") == [*clients.TABLE_NAMES.aliases, *clients.FEATURE_NAMES.aliases]
    assert column(text, "Sign") == list(clients.SIGN_NAMES.aliases)


# Templates


def test_every_packaged_template_is_listed_and_no_other() -> None:
    listed = column(section(page("templates.md"), "The packaged templates"), "Template")
    assert sorted(listed) == [template.name for template in TEMPLATES]


def blocks_of(template: Path) -> set[str]:
    return set(re.findall(r"{%-?\s*block\s+(\w+)", template.read_text(encoding="utf-8")))


@pytest.mark.parametrize("template", [each for each in TEMPLATES if blocks_of(each)], ids=lambda each: str(each.name))
def test_every_block_of_a_template_is_in_its_part_of_the_page_and_no_other(template: Path) -> None:
    text = section(page("templates.md"), template.name)
    assert blocks_of(template) <= tokens(text)
    assert set(column(text, "Block")) <= blocks_of(template)


def test_every_macro_is_listed() -> None:
    macros = (PACKAGE / "defaults/templates/macros.html").read_text(encoding="utf-8")
    listed = column(section(page("templates.md"), "macros.html"), "Macro")
    assert listed == re.findall(r"{% macro (.*?\)) %}", macros)


def test_every_filter_is_listed() -> None:
    named = filter(str.isidentifier, Templates()._environment.filters)
    own = set(named) - set(jinja2.defaults.DEFAULT_FILTERS)
    assert set(column(section(page("templates.md"), "Filters"), "Filter")) == own


def test_every_name_that_a_template_is_given_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given: dict[str, set[str]] = {}
    fill = Templates.filled_bytes

    def noticed(self: Templates, name: str, values: Mapping[str, Any]) -> bytes:
        given.setdefault(name, set()).update(values)
        return fill(self, name, values)

    monkeypatch.setattr(Templates, "filled_bytes", noticed)
    edition = "---\ntitle: Spring\ndate: 2026-05-02\nlead: a\n---\n"
    digest = edition.replace("Spring", "Week").replace("lead: a", "lead: a\nlayout: digest")
    editions = {"content/editions/e.md": edition, "content/editions/d.md": digest}
    a_folder(tmp_path, {"content/stories/a.md": a_story_file(aliases="/old/"), **editions})
    build(tmp_path, tmp_path, BuildRequest(now=datetime(2026, 5, 12, tzinfo=UTC)))

    text = page("templates.md")
    everywhere = set(column(section(text, "What templates are given"), "Name"))
    letter = set(column(section(text, "newsletter.html"), "Given") + column(section(text, "newsletter.txt"), "Given"))
    letter = {name.partition("(")[0] for name in letter}
    on_pages = {"canonical", "feeds", "subscribe_url"}
    assert given == {
        "story.html": everywhere | {"story"},
        "edition.html": everywhere | {"edition"},
        "index.html": everywhere | {"newest", "older", "editions"},
        "redirect.html": everywhere | {"target"},
        "subscribe.html": everywhere | {"groups", "opml_url"},
        "feed.css": {"publication", "look"},
        **dict.fromkeys(
            ("newsletter.html", "newsletter-digest.html", "newsletter.txt", "newsletter.css", "newsletter-head.css"),
            everywhere - on_pages | letter,
        ),
    }
    for name in ("story", "edition", "index", "redirect", "subscribe"):
        assert given[f"{name}.html"] - everywhere <= tokens(section(text, f"{name}.html"))


def names_in(kind: type) -> set[str]:
    """Every field, property and method of *kind* that a template can ask for."""
    return {name for name in (*(field.name for field in fields(kind)), *vars(kind)) if not name.startswith("_")}


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("story", RenderedStory),
        ("edition", RenderedEdition),
        ("picture", Picture),
        ("publication", Publication),
        ("publication.mail", MailSettings),
        ("look", Look),
    ],
)
def test_every_field_of_what_templates_are_given_is_told_and_no_other(name: str, kind: type) -> None:
    told = {
        found[1] for token in tokens(page("templates.md")) if (found := re.match(rf"{re.escape(name)}\.(\w+)", token))
    }
    suffixes = {"html", "txt", "css"}  # story.html is a template, too
    assert told - suffixes == names_in(kind) - suffixes


def test_the_smaller_things_that_templates_are_given_are_told_in_full() -> None:
    text = page("templates.md")
    assert names_in(Author) <= tokens(section(text, "Stories"))
    assert names_in(Palette) <= {token.rpartition(".")[2] for token in tokens(section(text, "The look"))}
    assert names_in(Mailbox) <= tokens(section(text, "The publication"))
    assert names_in(FeedLink) <= tokens(section(text, "What templates are given"))


# Links


def anchors(text: str) -> set[str]:
    """The ids that headings get where the manual is read (github.com): small letters, no signs, hyphens for spaces."""
    headings = re.findall(r"^#+ (.*)$", prose(text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def links() -> Iterator[tuple[str, str]]:
    for path in PAGES:
        text = re.sub(r"`[^`\n]+`", "", prose(path.read_text(encoding="utf-8")))
        yield from ((name_of(path), link) for link in re.findall(r"\]\(([^)\s]+)\)", text))


def test_every_link_between_pages_leads_somewhere() -> None:
    broken = []
    for name, link in links():
        if re.match(r"https?:", link):
            continue
        target, _, anchor = link.partition("#")
        path = (MANUAL / name).parent / target if target else MANUAL / name
        if path.is_file():
            whole = not anchor or anchor in anchors(path.read_text(encoding="utf-8"))
        else:
            whole = target in WRITTEN_APART
        if not whole:
            broken.append(f"{name}: {link}")
    assert broken == []


def test_every_page_of_these_is_there() -> None:
    written = {"stories.md", "editions.md", "publication.md", "templates.md", *PAGES_OF_COMMANDS.values()}
    assert written <= {path.name for path in MANUAL.glob("*.md")}


# Examples


def problems_in(path: str, text: str, masthead: Masthead | None = None) -> list[Problem]:
    """All that Pressrun's own readers find wrong in the file *path* of the content folder."""
    source = a_source(text, path.removeprefix("content/"))
    masthead = masthead or a_masthead()
    if path.endswith("publication.yaml"):
        return read_masthead(source)[2]
    if path.endswith("clients.yaml"):
        return clients.read_clients(source, packaged_clients())[1]
    if "/editions/" in path:
        return read_edition(source, masthead)[1]
    return read_story(source, masthead)[1]


@pytest.mark.parametrize("example", [each for each in WHOLE_FILES if str(each.title).startswith("content/")], ids=str)
def test_every_example_of_a_whole_file_is_read_without_a_problem(example: Example) -> None:
    assert problems_in(str(example.title), example.text) == []


FILES = {
    "stories.md": ("content/stories/x.md", "title: First snow\ndate: 2026-05-12\n"),
    "editions.md": ("content/editions/x.md", "title: Snow in May\ndate: 2026-05-15\n"),
    "publication.md": ("content/publication.yaml", MASTHEAD),
    "feeds.md": ("content/publication.yaml", MASTHEAD),
    "dkim.md": ("content/publication.yaml", MASTHEAD),
    "schema.md": ("content/publication.yaml", MASTHEAD),
}


@pytest.mark.parametrize("example", FRAGMENTS, ids=str)
def test_every_example_of_some_fields_is_read_without_a_problem_where_the_needed_ones_stand_beside(
    example: Example,
) -> None:
    path, needed = FILES[example.page]
    here = set(re.findall(r"^\w+(?=:)", example.text, re.MULTILINE))
    needed = "".join(line for line in needed.splitlines(keepends=True) if line.partition(":")[0] not in here)
    text = needed + example.text
    assert problems_in(path, text if path.endswith(".yaml") else f"---\n{text}---\nText.\n") == []


WITH_TEMPLATES = sorted({each.heading for each in WHOLE_FILES if str(each.title).startswith("templates/")})


@pytest.mark.slow
@pytest.mark.parametrize("heading", WITH_TEMPLATES)
def test_the_examples_of_templates_build_without_a_problem_and_are_seen(heading: str, tmp_path: Path) -> None:
    own = {str(each.title): each.text for each in WHOLE_FILES if each.heading == heading}
    edition = "---\nid: tag:x,2026:e\ntitle: Snow in May\ndate: 2026-05-02\nlead: first-snow\n---\nGood morning.\n"
    files = {
        "content/stories/first-snow.md": a_story_file(
            image="../images/snow.png", image_alt="Snow", photographer="Grace"
        ),
        "content/stories/thaw.md": a_story_file(id="tag:x,2026:thaw"),
        "content/images/snow.png": PNG,
        "content/editions/snow-in-may.md": edition,
    }
    plain = a_folder(tmp_path / "plain", files)
    styled = a_folder(tmp_path / "styled", {**files, **own})
    if "content/publication.yaml" in own:  # so that only the templates differ
        mail = "mail:\n  from: letter@gazette.example\n"
        for folder in (plain, styled):
            (folder / "content/publication.yaml").write_text(own["content/publication.yaml"] + mail)

    for folder in (plain, styled):
        assert build(folder, folder, BuildRequest(now=datetime(2026, 5, 12, tzinfo=UTC))).problems == ()

    letter = any("newsletter" in path for path in own)
    made = "outbox/snow-in-may/newsletter.html" if letter else "public/stories/first-snow/index.html"
    assert (styled / made).read_bytes() != (plain / made).read_bytes()


@pytest.mark.parametrize("example", [each for each in examples() if each.page == "new.md" and each.title], ids=str)
def test_what_new_puts_down_is_what_its_page_shows(example: Example, tmp_path: Path) -> None:
    first = a_story_file(date="2026-05-12")
    a_folder(tmp_path, {"content/publication.yaml": MASTHEAD, "content/stories/2026-05-12-first-snow.md": first})
    new = new_edition if "/editions/" in str(example.title) else new_story
    title = re.findall(r"^title: (.*)$", example.text, re.MULTILINE)[0].strip('"')

    made = new(tmp_path, title, datetime(2026, 5, 12, 12, tzinfo=UTC))

    assert made.relative_to(tmp_path).as_posix() == example.title
    assert made.read_text(encoding="utf-8") == example.text


def test_what_a_check_writes_for_machines_is_what_its_page_shows(tmp_path: Path) -> None:
    story = "---\nid: tag:x,2026:1\ntitle: First snow\nauthor: Ada\ndate: 2026-05-12\n---\n\n![](../images/ab.png)\n"
    a_folder(tmp_path, {"content/stories/2026-05-12-first-snow.md": story, "content/images/ab.png": PNG})
    asked = CodeSelection(frozenset({"picture-alt"}))
    findings = check(tmp_path, BuildRequest(now=datetime(2026, 5, 12, 12, tzinfo=UTC)), asked=asked)

    shown = [each.text.rstrip("\n") for each in examples() if (each.page, each.heading) == ("check.md", "For machines")]
    assert shown == [as_json(findings), as_github(findings)]


def test_the_comments_that_the_page_of_check_shows_silence_something() -> None:
    text = section_with_examples(page("check.md"), "Silencing one rule in one place")
    (markdown, whole_file) = FENCE.findall(text)
    front = "---\ntitle: x\ndate: 2026-05-12\n---\n"
    ignore_comments = ignore_comments_in(a_source(front + markdown[2])) + ignore_comments_in(a_source(whole_file[2]))
    assert [ignore_comment.code for ignore_comment in ignore_comments] == [
        "picture-alt",
        "picture-alt",
        "picture-alt",
        "html-removed",
    ]

    paths = ("stories/x.md", "publication.yaml", "templates/story.html", "templates/newsletter.css")
    comments = column(page("check.md"), "How")
    for path, comment in zip(paths, comments, strict=True):
        source = a_source((front if path.endswith(".md") else "") + comment, path)
        assert [ignore_comment.code in pages_of_codes() for ignore_comment in ignore_comments_in(source)] == [True], (
            comment
        )


def test_only_what_is_said_to_be_needed_is_needed() -> None:
    assert problems_in("content/publication.yaml", MASTHEAD) == []
    for line in MASTHEAD.splitlines(keepends=True):
        name = line.partition(":")[0]
        assert [each.code for each in problems_in("content/publication.yaml", MASTHEAD.replace(line, ""))] == [
            "missing-field"
        ]
        assert f"`{name}`" in " ".join(prose(page("publication.md")).split()).partition(" are needed.")[0]
    assert problems_in("content/stories/x.md", "---\ntitle: First snow\ndate: 2026-05-12\n---\n") == []
    assert problems_in("content/stories/2026-05-12-x.md", "---\ntitle: First snow\n---\n") == []
    assert problems_in("content/editions/2026-05-12-x.md", "---\ntitle: Snow in May\n---\n") == []
