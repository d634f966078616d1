"""The name of a test is a sentence that states a fact, and names what it is about."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
# A sentence that begins with one of these leans on what stands before it, and a report of failures shows only the name.
LEANING = {"and", "are", "both", "but", "has", "have", "is", "it", "nothing_else", "so", "that", "they", "this"}
FEWEST_WORDS = 5


def names_in(text: str) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            yield node.name, node.lineno


def is_vague(name: str) -> bool:
    """Whether *name* begins with a word that stands for something else, and has too few others to say what it means."""
    words = name.removeprefix("test_")
    leans = any(words == each or words.startswith(f"{each}_") for each in LEANING)
    return leans and len(words.split("_")) < FEWEST_WORDS


def test_no_test_has_a_vague_name() -> None:
    found = [
        f"{path.relative_to(TESTS)}:{number} {name}"
        for path in sorted(TESTS.rglob("test_*.py"))
        for name, number in names_in(path.read_text("utf-8"))
        if is_vague(name)
    ]
    assert found == []


@pytest.mark.parametrize("name", ["test_they_do", "test_it_is", "test_so_is_one", "test_nothing_else_is", "test_are"])
def test_a_name_that_leans_on_its_class_is_vague(name: str) -> None:
    assert is_vague(name)


@pytest.mark.parametrize("name", ["test_a_feed_links_to_itself", "test_italics_stay", "test_they_keep_the_order_given"])
def test_a_name_that_states_a_fact_is_not_vague(name: str) -> None:
    assert not is_vague(name)
