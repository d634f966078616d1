"""What once crashed, or took minutes, is read or refused: style sheets, templates, tables, and drawings.

Stories and settings have `test_corpus.py`. A file is added where fuzzing, or somebody, finds another.
"""

from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest

from builders import NOON
from pressrun.circulation.subscribers.columns import columns_of
from pressrun.circulation.subscribers.sheets import parts_of, sheet_in
from pressrun.circulation.subscribers.tokens import Purpose, SignedTokens
from pressrun.model.problems import ContentError
from pressrun.press.newsletter.inline import Unreadable, inlined, style_sheet_faults
from pressrun.rendering import budget
from pressrun.rendering.pictures.drawings import harmless
from pressrun.rendering.pictures.unfit import Unfit
from pressrun.rendering.templates import Templates

TESTS = Path(__file__).parent


def corpus(kind: str) -> list[Path]:
    return sorted((TESTS / f"corpus-{kind}").iterdir())


@pytest.mark.parametrize("file", corpus("css"), ids=lambda file: file.stem)
def test_a_nasty_style_sheet_is_read_or_told(file: Path) -> None:
    css = file.read_text()
    assert all(line >= 1 and column >= 1 and sentence for line, column, sentence in style_sheet_faults(css))
    with suppress(Unreadable):
        inlined(f"<html><head><style>{css}</style></head><body><p>x</p></body></html>")


@pytest.mark.parametrize("file", corpus("templates"), ids=lambda file: file.stem)
def test_a_nasty_template_is_told(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budget, "MOST_TURNS", 10_000)
    (tmp_path / "page.html").write_text(file.read_text())
    with pytest.raises(ContentError) as raised:
        Templates(tmp_path).fill("page.html", {})
    assert [problem.position.file for problem in raised.value.problems] == ["templates/page.html"]


@pytest.mark.parametrize("file", corpus("tables"), ids=lambda file: file.stem)
def test_a_nasty_table_is_read_or_told(file: Path) -> None:
    for part in parts_of(file):
        with suppress(ValueError), sheet_in(part) as sheet:
            columns_of(sheet.labels)
            assert all(line > 0 for line, _ in sheet.rows)


@pytest.mark.parametrize("file", corpus("drawings"), ids=lambda file: file.stem)
def test_a_nasty_drawing_is_made_harmless_or_refused(file: Path) -> None:
    with suppress(Unfit):
        assert harmless(harmless(file.read_bytes()).data).removed == ()


@pytest.mark.parametrize("token", ["", ".", "." * 20_000, "a" * 20_000, "é", "a.b.c", "AAAA.~.0.x", "\n"])
def test_a_nasty_token_grants_nothing(token: str) -> None:
    tokens = SignedTokens(["k" * 32], timedelta(days=2))
    assert [tokens.read(purpose, token, NOON) for purpose in Purpose] == [None] * len(Purpose)
    assert tokens.stamped(token, NOON) is None
