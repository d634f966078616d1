"""The receipt in an edition's file: written without touching anything else, read again, and believed."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from builders import a_folder, a_masthead, a_source
from people import NOON
from pressrun.content.editions import read_edition
from pressrun.content.receipts import receipted
from pressrun.dispatch import NotSent, Status
from pressrun.model.delivery import Mailing, State, Tally
from pressrun.model.edition import Edition, Receipt
from pressrun.receipts import receipt_for, why_not, with_receipt

ID = "tag:gazette.example,2020:editions/spring"
MAILING = Mailing(ID, "0123456789abcdef" * 2, ("weekly", "daily"), NOON + timedelta(microseconds=7))
PATH = "editions/spring.md"
YAML = f"---\nid: {ID}\ntitle: Spring\ndate: 2026-05-08\n---\nHello.\n"
TOML = f'+++\nid = "{ID}"\ntitle = "Spring"\ndate = "2026-05-08"\n[more]\nx = 1\n+++\nHello.\n'


def read(text: str) -> Edition:
    edition, problems = read_edition(a_source(text.replace("\r\n", "\n"), PATH), a_masthead())
    assert problems == []
    assert edition is not None
    return edition


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


def test_it_is_written_into_the_file(tmp_path: Path) -> None:
    a_folder(tmp_path, {f"content/{PATH}": YAML})
    change = with_receipt(tmp_path, read(YAML), a_masthead().publication, MAILING)
    file = tmp_path / "content" / PATH
    assert file.read_text() == YAML
    change.write()
    assert read(file.read_text()).sent == receipt_for(MAILING)


def test_half_a_receipt_is_an_error() -> None:
    text = YAML.replace("---\nid", "---\nsent: {id: x}\nid", 1)
    _, problems = read_edition(a_source(text, PATH), a_masthead())
    assert {problem.code for problem in problems} == {"missing-field"}


def a_status(mailing: Mailing = MAILING) -> Status:
    return Status(1, mailing, Tally({State.ACCEPTED: 1}, {}), None)


def test_what_a_receipt_says_is_held_against_the_store() -> None:
    fresh = read(YAML)
    sent = replace(fresh, sent=receipt_for(MAILING))
    assert why_not(fresh, None) is None
    assert why_not(fresh, a_status()) is None
    assert why_not(sent, a_status()) is None
    assert "this store knows nothing of that" in (why_not(sent, None) or "")
    other = replace(MAILING, frozen=NOON - timedelta(days=1))
    assert "this store knows of another sending, on 2026-05-11" in (why_not(sent, a_status(other)) or "")
    copied = replace(sent, id="tag:gazette.example,2020:editions/summer")
    assert "If this file was copied" in (why_not(copied, None) or "")
