"""The receipt in an edition's file: written without touching anything else, read again, and believed."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import NEW_YORK, a_folder, a_masthead, a_source
from builders import an_edition_as_read as read
from people import NOON
from pressrun.content.editions import read_edition
from pressrun.desk.authoring.receiptlines import Entries, receipted, with_entries
from pressrun.model.delivery import DeliveryState, Mailing, Tally
from pressrun.model.edition import Edition, Receipt
from pressrun.post.sending.dispatch import NotSent, Status
from pressrun.post.sending.receipts import receipt_for, why_not, with_attempts, with_receipt

ID = "tag:gazette.example,2020:editions/spring"
MAILING = Mailing(ID, "0123456789abcdef" * 2, ("weekly", "daily"), NOON + timedelta(microseconds=7))
PATH = "editions/spring.md"
YAML = f"---\nid: {ID}\ntitle: Spring\ndate: 2026-05-08\n---\nHello.\n"
TOML = f'+++\nid = "{ID}"\ntitle = "Spring"\ndate = "2026-05-08"\n[more]\nx = 1\n+++\nHello.\n'


@pytest.mark.parametrize(
    "text", [YAML, TOML, YAML.replace("\n", "\r\n"), YAML.replace("---\nid", "---\n# Ours\nid", 1)]
)
def test_a_receipt_is_one_line_and_all_else_stays(text: str) -> None:
    after = receipted(text, read(text), receipt_for(MAILING), a_masthead())
    assert after is not None
    first, line, *rest = after.splitlines(keepends=True)
    assert first + "".join(rest) == text
    assert line.startswith("sent")
    assert read(after).sent == Receipt(ID, "0123456789abcdef", ("weekly", "daily"), NOON)


@pytest.mark.parametrize(
    "text",
    [
        '---\n{id: "' + ID + '", title: Spring, date: 2026-05-08}\n---\nHello.\n',
        YAML.replace("---\nid", "---\nsent: {}\nid", 1),
    ],
)
def test_where_it_would_change_something_else_it_is_not_written(text: str, tmp_path: Path) -> None:
    edition, _ = read_edition(a_source(text, PATH), a_masthead())
    assert edition is not None
    assert receipted(text, edition, receipt_for(MAILING), a_masthead()) is None
    a_folder(tmp_path, {f"content/{PATH}": text})
    with pytest.raises(NotSent, match="has no place for the line"):
        with_receipt(tmp_path, edition, a_masthead().publication, MAILING)


def test_a_receipt_is_written_into_the_file_of_its_edition(tmp_path: Path) -> None:
    a_folder(tmp_path, {f"content/{PATH}": YAML})
    change = with_receipt(tmp_path, read(YAML), a_masthead().publication, MAILING)
    file = tmp_path / "content" / PATH
    assert file.read_text() == YAML
    change.write()
    assert read(file.read_text()).sent == receipt_for(MAILING)


@pytest.mark.parametrize("text", [YAML, TOML, YAML.replace("\n", "\r\n")])
def test_once_nobody_is_left_it_says_how_many_attempts_that_took(text: str, tmp_path: Path) -> None:
    a_folder(tmp_path, {f"content/{PATH}": ""})
    file = tmp_path / "content" / PATH
    publication = a_masthead().publication
    begun = receipted(text, read(text), receipt_for(MAILING), a_masthead())
    assert begun is not None
    file.write_bytes(begun.encode())
    with_attempts(tmp_path, read(begun), publication, replace(a_status(), tally=Tally({DeliveryState.DEFERRED: 1}, {})))
    assert file.read_bytes() == begun.encode()
    for attempts in (1_204, 1_205):
        with_attempts(tmp_path, read(begun), publication, replace(a_status(), attempts=attempts))
        after = file.read_bytes().decode()
        assert read(after).sent == replace(receipt_for(MAILING), attempts=attempts)
        first, _, *rest = after.splitlines(keepends=True)
        assert first + "".join(rest) == text
    with_attempts(tmp_path, read(after), publication, replace(a_status(), attempts=7))
    assert file.read_bytes() == after.encode()


@pytest.mark.parametrize(
    "now",
    [
        YAML.replace("---\nid", "---\nsent:\n  id: x\n  hash: y\n  list: [weekly]\n  time: 2026-05-12\nid", 1),
        "gone",
        "no front matter",
        "",
    ],
)
def test_a_file_that_was_changed_meanwhile_is_left_alone(now: str, tmp_path: Path) -> None:
    a_folder(tmp_path, {f"content/{PATH}": now})
    file = tmp_path / "content" / PATH
    if now == "gone":
        file.unlink()
    with_attempts(tmp_path, read(YAML), a_masthead().publication, replace(a_status(), attempts=3))
    assert not file.exists() if now == "gone" else file.read_text() == now


def test_half_a_receipt_is_an_error() -> None:
    text = YAML.replace("---\nid", "---\nsent: {id: x}\nid", 1)
    _, problems = read_edition(a_source(text, PATH), a_masthead())
    assert {problem.code for problem in problems} == {"missing-field"}


def a_status(mailing: Mailing = MAILING) -> Status:
    return Status(1, mailing, Tally({DeliveryState.ACCEPTED: 1}, {}), None)


def test_what_a_receipt_says_is_held_against_the_store() -> None:
    fresh = read(YAML)
    sent = replace(fresh, sent=receipt_for(MAILING))
    assert why_not(fresh, None) is None
    assert why_not(fresh, a_status()) is None
    assert why_not(sent, a_status()) is None
    assert "this store knows nothing of that" in (why_not(sent, None) or "")
    other = replace(MAILING, frozen=NOON - timedelta(days=1))
    assert "this store knows of another sending, on 2026-05-11" in (why_not(sent, a_status(other)) or "")
    ended = replace(fresh, sent=replace(receipt_for(MAILING), attempts=5))
    left = replace(a_status(), tally=Tally({DeliveryState.PLANNED: 1}, {}), attempts=4)
    assert "by 5 attempts, and this store knows of 4: it is older" in (why_not(ended, left) or "")
    for fine in (replace(left, attempts=5), replace(left, is_settled=True), replace(a_status(), attempts=4)):
        assert why_not(ended, fine) is None
    copied = replace(sent, id="tag:gazette.example,2020:editions/summer")
    assert "If this file was copied" in (why_not(copied, None) or "")


RULES = [
    YAML.replace("2026-05-08\n", "2026-05-08\nsince: last-edition\ntags:\n  - a\nlimit: 3\n"),
    YAML.replace("2026-05-08\n", "2026-05-08\nsince: last-edition\nbegin:\n").replace("\n", "\r\n"),
    TOML.replace("[more]", 'since = "last-edition"\ntags = [\n  "a",\n]\n[more]'),
]


@pytest.mark.parametrize("text", RULES)
@given(
    titles=st.lists(st.text(max_size=20), max_size=3),
    ids=st.lists(
        st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=9), min_size=3, unique=True
    ),
)
def test_any_list_is_written_beside_the_rule_and_read_again(text: str, titles: list[str], ids: list[str]) -> None:
    # Whatever is read is in one form (NFC), also the ids of stories.
    carried = list(zip(dict.fromkeys(normalize("NFC", each) for each in ids), titles, strict=False))
    edition = read(text)
    begin = datetime(2026, 5, 1, tzinfo=NEW_YORK)

    after = with_entries(text, edition, Entries(receipt_for(MAILING), carried, begin), a_masthead())

    assert after is not None
    found = read(after)
    assert [reference.name for reference in found.carried or ()] == [story for story, _ in carried]
    assert (found.begin, found.sent, found.rule) == (begin, receipt_for(MAILING), edition.rule)
    again = with_entries(after, found, Entries(replace(receipt_for(MAILING), nobody=True)), a_masthead())
    assert again is not None
    assert read(again) == replace(found, sent=replace(receipt_for(MAILING), nobody=True), **same_places(read(again)))


def same_places(edition: Edition) -> dict[str, Any]:
    return {"carried": edition.carried, "body_line": edition.body_line}
