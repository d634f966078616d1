"""Which letters a check looks at, what it says of their sender, and that it is silent where all is well."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from builders import MASTHEAD, NOON, a_folder, a_publication, a_source, a_story_file, build_request
from letters import REPOSITORY
from pressrun.content.masthead.publication import places_in
from pressrun.desk.authoring.new import Beginning, new_publication
from pressrun.desk.checking.check import check
from pressrun.model.edition import Edition
from pressrun.model.problems import Position, Problem, Severity
from pressrun.model.publication import Mailbox, MailSettings
from pressrun.press.newsletter.checks import findings_about_sender, to_look_at

DAY = timedelta(days=1)
SENDER = Mailbox("", "news@gazette.example")
WHOLE = MailSettings(sender=SENDER, postal_address="1 Long Road", unsubscribe="mailto:news@gazette.example")


def an_edition_of(name: str, days: int) -> Edition:
    """An edition that is dated so many days before NOON, or after it."""
    return Edition(f"editions/{name}.md", f"tag:x,2020:{name}", True, name, name, NOON + days * DAY, name, "")


def looked_at(**days: int) -> list[str]:
    editions = [an_edition_of(name, each) for name, each in days.items()]
    chosen = to_look_at({edition.source: edition for edition in editions}, NOON)
    return [source.removeprefix("editions/").removesuffix(".md") for source in chosen]


def told_of(**changes: object) -> list[Problem]:
    publication = a_publication(mail=replace(WHOLE, **changes))  # type: ignore[arg-type]
    return list(findings_about_sender(publication, places_in(a_source(MASTHEAD, "publication.yaml"))))


# Which letters


def test_old_letters_have_gone_out_but_the_newest_is_looked_at_however_old_it_is() -> None:
    assert looked_at(old=-90, older=-400) == ["old"]
    assert looked_at(old=-90, recent=-30, new=-1, soon=5) == ["recent", "new", "soon"]
    assert looked_at(old=-90, soon=5) == ["old", "soon"]
    assert looked_at() == []


@pytest.mark.slow
def test_what_is_held_back_is_not_looked_at(tmp_path: Path) -> None:
    shouting = (
        "---\nid: tag:x,2020:e\ntitle: Spring\ndate: 2026-05-10\ndraft: true\nsubject: Now!!\n---\nGood morning.\n"
    )
    a_folder(tmp_path, {"content/editions/e.md": shouting, "content/stories/a.md": a_story_file()})

    assert check(tmp_path, build_request()).problems == ()
    assert {problem.code for problem in check(tmp_path, build_request(drafts=True)).problems} == {
        "subject-shouting",
        "letter-preheader-missing",
    }


@pytest.mark.slow
def test_what_a_template_is_at_fault_for_is_told_once_for_all_letters(tmp_path: Path) -> None:
    edition = "---\nid: tag:x,2020:{0}\ntitle: Letter {0}\ndate: 2026-05-0{0}\npreheader: More.\n---\nGood morning.\n"
    a_folder(
        tmp_path,
        {
            **{f"content/editions/letter-{number}.md": edition.format(number) for number in (1, 2)},
            "content/stories/a.md": a_story_file(),
            "templates/newsletter-digest.html": '{% extends "newsletter.html" %}\n{% block head %}<h4>{% endblock %}\n',
            "templates/newsletter.html": '{% extends "default/newsletter.html" %}\n{% block opening %}\n'
            '{{ super() }}\n<tr><td class="section"><h4>On</h4></td></tr>\n{% endblock %}\n',
        },
    )
    assert [(each.code, each.position.file) for each in check(tmp_path, build_request()).problems] == [
        ("letter-headings", "templates/newsletter.html")
    ]


# The sender


def test_a_sender_who_says_all_gives_no_finding() -> None:
    assert told_of() == []


@pytest.mark.parametrize("domain", ["gmail.com", "GMAIL.com", "yahoo.co.uk", "web.de"])
def test_free_mail_may_not_be_sent_from_elsewhere(domain: str) -> None:
    (problem,) = told_of(sender=Mailbox("", f"the.gazette@{domain}"))
    assert (problem.code, problem.position.line) == ("letter-from", 6)
    assert "the.gazette" not in problem.message


def test_an_address_of_ones_own_domain_is_no_free_mail_and_no_reply_to_is_no_finding() -> None:
    assert told_of(sender=Mailbox("", "news@mygmail.com.gazette.example")) == []


def test_letters_say_where_their_sender_can_be_reached() -> None:
    (problem,) = told_of(postal_address=None)
    assert (problem.code, problem.severity) == ("letter-postal-address", Severity.WARNING)


def test_the_address_of_the_starter_is_nobodys_once_the_domain_is_somebodys() -> None:
    example = "1 Example Street, Exampletown"
    assert told_of(postal_address=example) == []
    (problem,) = told_of(postal_address=example, sender=Mailbox("", "news@gazette.test"))
    assert (problem.code, problem.message) == ("letter-postal-address", "this is an example's address")


def test_letters_show_a_way_out() -> None:
    (problem,) = told_of(unsubscribe=None)
    assert (problem.code, problem.position.line) == ("letter-way-out", 5)


def test_without_mail_the_beginning_of_the_file_is_named() -> None:
    publication = a_publication(mail=MailSettings())
    places = places_in(a_source("title: The Gazette\nmail:\n", "publication.yaml"))
    assert places["title"] == Position("content/publication.yaml", 1, 1, 5, "title: The Gazette")
    problems = list(findings_about_sender(publication, {"": places[""]}))
    assert [(problem.code, problem.position.line) for problem in problems] == [
        ("letter-postal-address", 1),
        ("letter-way-out", 1),
    ]
    assert places_in(a_source("{", "publication.yaml")).keys() == {""}


# Where all is well


@pytest.mark.slow
def test_the_sample_gives_no_finding() -> None:
    assert check(REPOSITORY, build_request()).problems == ()


@pytest.mark.slow
def test_a_fresh_starter_gives_no_finding(tmp_path: Path) -> None:
    new_publication(tmp_path, Beginning("News", "https://news.example/", "en", ZoneInfo("UTC"), NOON))
    findings = check(tmp_path, build_request())
    assert (findings.editions, findings.problems) == (1, ())


def test_a_table_of_mail_programs_with_a_mistake_is_told_at_its_line(tmp_path: Path) -> None:
    a_folder(tmp_path, {"content/clients.yaml": "without: [pine]\n", "content/stories/a.md": a_story_file()})
    (problem,) = check(tmp_path, build_request()).problems
    assert (problem.code, problem.position.file) == ("bad-value", "content/clients.yaml")
