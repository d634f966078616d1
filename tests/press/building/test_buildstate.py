"""The file that holds it all: what it gives back, and what it says when it is damaged."""

import contextlib
import random
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import a_folder, a_story_file, build_request
from pressrun.press.building.build import How, build
from pressrun.press.building.buildstate import DAMAGED, NAME, BuildState, LostState, Spoilt
from pressrun.press.building.cache import FOLDER
from pressrun.press.building.filestates import FileState
from pressrun.press.building.kept import KeptFrame, KeptOutput, KeptRendering, KeptStory, key_of, made_of

STATE = FileState(10, 20, 30, 40)
SOURCES = [f"stories/{number}.md" for number in range(12)]
EDITION = "---\nid: tag:gazette.example,2020:e\ntitle: Spring\ndate: 2026-05-02\nlead: 1\n---\nDear reader.\n"


def digest(word: str) -> bytes:
    return key_of(word)


def a_rendering(source: str) -> tuple[KeptRendering, bytes, bytes]:
    form, html = f'["{source}"]'.encode(), f"<p>{source}</p>".encode() * 9
    return KeptRendering(source, digest(source), made_of(form, html), b"[1]", None, b"[]"), form, html


def a_full_stock(place: Path) -> BuildState:
    build_state = BuildState(place)
    build_state.open("program")
    build_state.say("report", b'{"a": 1}')
    build_state.say("settings", b"settings")
    build_state.keep_stories(KeptStory(each, STATE, digest(each), f'["{each}"]'.encode(), None) for each in SOURCES)
    build_state.keep_renderings(map(a_rendering, SOURCES))
    build_state.keep_outputs(KeptOutput(f"public/{each}", digest(each), "0f" * 32, 1, 2, 3) for each in SOURCES)
    build_state.keep_files((each, STATE, "0f" * 32) for each in SOURCES)
    for each in SOURCES[:3]:
        build_state.keep_letter(each, digest(each), b"[]")
        build_state.keep_frames([KeptFrame(digest(each), each, b"above", b"below", b"")])
    build_state.commit()
    return build_state


def all_of(build_state: BuildState) -> Iterator[tuple[Any, ...]]:
    """Everything that can be asked, with what *build_state* answers; what is said to be lost is left out."""
    lists: list[Callable[[], Any]] = [
        build_state.stories,
        build_state.renderings,
        build_state.outputs,
        build_state.files,
    ]
    for whole in lists:
        try:
            for row in whole():
                yield whole.__name__, repr(row)
        except DAMAGED:
            yield from ()
    questions: list[tuple[Callable[[Any], Any], list[Any]]] = [
        (build_state.said, ["report", "settings"]),
        (build_state.story, SOURCES),
        (build_state.made, SOURCES),
        (build_state.rendering, SOURCES),
        (build_state.output, [f"public/{each}" for each in SOURCES]),
        (build_state.letter, SOURCES[:3]),
        (build_state.frame, [digest(each) for each in SOURCES[:3]]),
    ]
    for ask, names in questions:
        for name in names:
            try:
                answer = ask(name)
            except DAMAGED:
                continue
            if answer is not None:
                yield ask.__name__, name, repr(answer)


def test_what_was_kept_is_there_the_next_time(tmp_path: Path) -> None:
    build_state = a_full_stock(tmp_path / NAME)
    before = set(all_of(build_state))
    build_state.leave()
    again = BuildState(tmp_path / NAME)
    again.open("program")
    assert set(all_of(again)) == before
    assert len(before) == 4 * 12 + 2 + 4 * 12 + 3 + 3
    again.leave()


def test_what_was_not_committed_is_not(tmp_path: Path) -> None:
    build_state = a_full_stock(tmp_path / NAME)
    build_state.leave()
    build_state.open("program")
    build_state.say("report", b"new")
    build_state.forget_all("stories", "outputs")
    build_state.leave()
    build_state.open("program")
    assert build_state.said("report") == b'{"a": 1}'
    assert len(list(build_state.stories())) == len(SOURCES)
    build_state.leave()


def test_what_is_kept_again_takes_the_place_of_what_was(tmp_path: Path) -> None:
    build_state = a_full_stock(tmp_path / NAME)
    build_state.keep_frames([KeptFrame(digest("new"), SOURCES[0], b"a", b"b", b"c")])
    assert build_state.frame(digest(SOURCES[0])) is None
    assert build_state.frame(digest("new")) == (b"a", b"b", b"c")
    build_state.keep_stories([KeptStory(SOURCES[0], STATE, b"", None, b"[]")])
    assert len(list(build_state.stories())) == len(SOURCES)
    assert build_state.story(SOURCES[0]).problems == b"[]"
    build_state.leave()


def test_what_is_forgotten_is_gone(tmp_path: Path) -> None:
    build_state = a_full_stock(tmp_path / NAME)
    build_state.forget("stories", SOURCES[1:])
    build_state.forget("renderings", SOURCES[:1])
    build_state.retract("report")
    assert [each.source for each in build_state.stories()] == SOURCES[:1]
    assert build_state.said("report") is None
    with pytest.raises(LostState):
        build_state.rendering(SOURCES[0])
    build_state.leave()


def test_another_program_s_is_begun_anew(tmp_path: Path) -> None:
    a_full_stock(tmp_path / NAME).leave()
    build_state = BuildState(tmp_path / NAME)
    assert build_state.last_word("another") is None
    assert build_state.last_word("program") == b'{"a": 1}'
    build_state.open("another")
    assert not list(all_of(build_state))
    build_state.leave()


def test_one_build_at_a_time_has_it(tmp_path: Path) -> None:
    build_state = a_full_stock(tmp_path / NAME)
    build_state.leave()
    build_state.open("program")
    with pytest.raises(Spoilt, match="locked"):
        BuildState(tmp_path / NAME).open("program")
    build_state.leave()


def noticed(place: Path, before: set[tuple[Any, ...]]) -> None:
    """Whatever the damaged file at *place* says is one of what it said *before*."""
    build_state = BuildState(place)
    try:
        build_state.open("program")
        assert set(all_of(build_state)) <= before
    except (*DAMAGED, Spoilt):
        pass
    finally:
        build_state.leave()
    with contextlib.suppress(*DAMAGED):
        assert BuildState(place).last_word("program") in (b'{"a": 1}', None)


@pytest.mark.slow
@settings(max_examples=20)
@given(seed=st.integers(0, 2**32), count=st.sampled_from([1, 1, 1, 2, 50]))
def test_no_damaged_bit_makes_a_wrong_row(seed: int, count: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    place = tmp_path_factory.mktemp("stock") / NAME
    build_state = a_full_stock(place)
    before = set(all_of(build_state))
    build_state.leave()
    data = place.read_bytes()
    chance = random.Random(seed)
    # Most of it is empty, and there a bit is nobody's.
    filled = [offset for offset, byte in enumerate(data) if byte]
    for _ in range(20):
        damaged = bytearray(data)
        for _ in range(count):
            damaged[chance.choice(filled)] ^= 1 << chance.randrange(8)
        place.write_bytes(damaged)
        noticed(place, before)


@pytest.mark.slow
@pytest.mark.parametrize("part", [0, 0.1, 0.3, 0.5, 0.9, 0.99])
def test_one_that_was_cut_makes_no_wrong_row(tmp_path: Path, part: float) -> None:
    build_state = a_full_stock(tmp_path / NAME)
    before = set(all_of(build_state))
    build_state.leave()
    data = (tmp_path / NAME).read_bytes()
    for length in (int(len(data) * part), int(len(data) * part) // 4096 * 4096):
        for rest in (b"", b"\0" * (len(data) - length)):
            (tmp_path / NAME).write_bytes(data[:length] + rest)
            noticed(tmp_path / NAME, before)


def test_two_rows_that_the_index_mixes_up_are_noticed(tmp_path: Path) -> None:
    """One bit in it leads from one story's name to another's text."""
    build_state = a_full_stock(tmp_path / NAME)
    for each in SOURCES:
        row, form, html = a_rendering(SOURCES[0])
        build_state.keep_renderings([(row._replace(source=each), form, html)])
    build_state.line.execute(
        "UPDATE renderings SET made = ?, form = ?, html = ? WHERE source = ?", (*swapped(), SOURCES[0])
    )
    with pytest.raises(LostState):
        build_state.rendering(SOURCES[0])
    build_state.leave()


def swapped() -> tuple[bytes, bytes, bytes]:
    row, form, html = a_rendering(SOURCES[1])
    return row.made, form, html


def tree(root: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(root)): path.read_bytes()
        for folder in ("public", "outbox")
        for path in sorted((root / folder).rglob("*"))
        if path.is_file()
    }


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_whatever_is_damaged_a_build_is_right(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)
    root = tmp_path
    a_folder(
        root,
        {
            "content/editions/e.md": EDITION,
            **{
                f"content/stories/{number}.md": a_story_file(f"Text {number}.", id=f"tag:x,2020:{number}")
                for number in range(5)
            },
        },
    )
    place = root / FOLDER / NAME
    for turn in range(6):
        number = chance.randrange(5)
        story = a_story_file(f"Turn {turn}.", id=f"tag:x,2020:{number}", summary=f"{turn}", tags=f"[t{turn % 2}]")
        (root / f"content/stories/{number}.md").write_text(story)
        build(root, root, build_request())
        build(root, root / "fresh", build_request(), how=How(cached=False))
        assert tree(root) == tree(root / "fresh")
        data = bytearray(place.read_bytes())
        filled = [offset for offset, byte in enumerate(data) if byte]
        for _ in range(chance.choice([1, 1, 5])):
            data[chance.choice(filled)] ^= 1 << chance.randrange(8)
        place.write_bytes(data)


def test_no_statement_is_made_of_what_somebody_wrote(tmp_path: Path) -> None:
    build_state = a_full_stock(tmp_path / NAME)
    name = "x'; DROP TABLE stories; --"
    build_state.keep_stories([KeptStory(name, STATE, b"", None, None)])
    build_state.say(name, b"x")
    assert build_state.story(name).source == name
    assert build_state.said(name) == b"x"
    assert len(list(build_state.stories())) == len(SOURCES) + 1
    build_state.leave()


def test_sqlite_is_what_its_errors_say() -> None:
    """All that can go wrong in the middle is one kind of error, or a build would end in a traceback."""
    for error in (sqlite3.OperationalError, sqlite3.IntegrityError, sqlite3.DataError, sqlite3.InternalError):
        assert issubclass(error, DAMAGED)
