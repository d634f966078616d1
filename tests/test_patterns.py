"""No pattern of the package takes more time than its text is long: shown by its structure, not by a clock."""

import ast
import importlib
import inspect
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import pytest

import pressrun
from backtracking import slowness_of

ROOT = Path(pressrun.__file__).parent
FUNCTIONS = {"compile", "search", "match", "fullmatch", "split", "findall", "finditer", "sub", "subn"}
ANYWHERE = {"search", "split", "findall", "finditer", "sub", "subn"}
SUBSCRIBERS = "circulation/subscribers"
# Patterns that stand in tables of texts, by their module and how it names one of them.
TABLES: dict[tuple[str, str], Callable[[ModuleType], Iterable[str]]] = {
    (f"{SUBSCRIBERS}/columns.py", "tool.ignores"): lambda module: [tool.ignores for tool in module.TOOLS],
    (f"{SUBSCRIBERS}/columns.py", "pattern"): lambda module: [pattern for _, pattern in module.PATTERNS],
    (
        "circulation/subscribers/dialects.py",
        "f'(^|{re.escape(dialect.separator)})[{spaces}]+(?={re.escape(dialect.quote)})'",
    ): (
        lambda module: [
            f'(^|{re.escape(sign)})[{re.escape(module.AROUND.replace(sign, ""))}]+(?=")' for sign in ",;\t|"
        ]
    ),
    ("model/spans.py", "mark"): lambda _module: [],  # found where Spans are made
}


class Written(NamedTuple):
    """A pattern, where it is written, and whether it is looked for anywhere, or only as a whole."""

    place: str
    pattern: str | bytes
    flags: int
    anywhere: bool
    whole: bool


def modules() -> Iterator[tuple[str, ModuleType, ast.Module]]:
    for path in sorted(ROOT.rglob("*.py")):
        place = path.relative_to(ROOT)
        if "migrations" in path.parts or path.name == "__main__.py":
            continue
        name = ".".join(["pressrun", *place.with_suffix("").parts]).removesuffix(".__init__")
        yield place.as_posix(), importlib.import_module(name), ast.parse(path.read_text(encoding="utf-8"))


MODULES = tuple(modules())


def value_of(node: ast.expr, module: ModuleType) -> Any:
    """What *node* says, with each name that only a call knows as a word of two letters."""
    known = vars(__import__("builtins")) | vars(module)
    names = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
    code = compile(ast.fix_missing_locations(ast.Expression(node)), str(module.__file__), "eval")
    return eval(code, dict(vars(module)), dict.fromkeys(names - known.keys(), "zq"))


def texts_of(place: str, module: ModuleType, node: ast.expr) -> list[Any]:
    """The patterns that *node*, the first argument of a function of `re`, may be."""
    written = ast.unparse(node)
    if (place, written) in TABLES:
        return list(TABLES[place, written](module))
    assert not isinstance(node, ast.Name) or node.id in vars(module), f"{place}: where does {written} come from?"
    return [value_of(node, module)]


def uses() -> dict[tuple[str, str], set[str]]:
    """By the module and the name of a compiled pattern, its methods that are called; public names are everybody's."""
    found: dict[tuple[str, str], set[str]] = {}
    for place, _, tree in MODULES:
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and node.attr in FUNCTIONS:
                value = node.value
                name = value.attr if isinstance(value, ast.Attribute) else getattr(value, "id", "")
                found.setdefault((place if name.startswith("_") else "", name), set()).add(node.attr)
    return found


def calls(tree: ast.Module) -> Iterator[tuple[str, ast.Call]]:
    """Every call of a function of `re`, with the name that its result is given, if any."""
    names = {
        id(node.value): node.targets[0].id
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        if isinstance(node.func.value, ast.Name) and node.func.value.id == "re" and node.func.attr in FUNCTIONS:
            yield names.get(id(node), ""), node


def patterns() -> Iterator[Written]:
    methods_of = uses()
    for place, module, tree in MODULES:
        for name, call in calls(tree):
            assert isinstance(call.func, ast.Attribute)
            function = call.func.attr
            at = list(inspect.signature(getattr(re, function)).parameters).index("flags")
            flags = [each.value for each in call.keywords if each.arg == "flags"] + call.args[at : at + 1]
            flag = value_of(flags[0], module) if flags else 0  # what only a call knows, it says of marks
            methods = {function}
            if function == "compile":
                methods = methods_of.get((place if name.startswith("_") else "", name), {"search"})
            for text in texts_of(place, module, call.args[0]):
                if isinstance(text, (str, bytes)):  # else it was compiled elsewhere, and is found there
                    yield Written(
                        f"{place}:{call.lineno}",
                        text,
                        flag if isinstance(flag, int) else 0,
                        anywhere=bool(methods & ANYWHERE),
                        whole=methods == {"fullmatch"},
                    )


def marks() -> Iterator[Written]:
    """The patterns that Spans are made of."""
    for place, module, tree in MODULES:
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Spans":
                ignore = any(each.arg == "ignore_case" for each in node.keywords)
                for pair in value_of(ast.Tuple(node.args, ast.Load()), module):
                    for mark in pair:
                        yield Written(
                            f"{place}:{node.lineno}", mark, re.IGNORECASE * ignore, anywhere=True, whole=False
                        )


PATTERNS = (*patterns(), *marks())


@pytest.mark.slow
def test_no_pattern_of_the_package_is_slow() -> None:
    """Neither exponential, as nested repeats are, nor quadratic, as overlapping ones are, and those begun again."""
    slow = [
        (written.place, found.kind, found.pump)
        for written in PATTERNS
        if (found := slowness_of(written.pattern, written.flags, anywhere=written.anywhere, whole=written.whole))
    ]
    assert slow == []


def test_every_module_that_imports_re_is_looked_at() -> None:
    """A pattern that hides from this test, as `from re import compile` would, is refused."""
    seen = {written.place.partition(":")[0] for written in PATTERNS}
    for place, _, tree in MODULES:
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom):
                assert node.module != "re", place
            if isinstance(node, ast.Import) and any(alias.name == "re" for alias in node.names):
                assert [alias.asname for alias in node.names if alias.name == "re"] == [None], place
                assert place in seen or "re." in ast.unparse(tree), place


@pytest.mark.parametrize(
    ("pattern", "kind"),
    [
        (r"(?:a+)*b", "exponential"),
        (r"(?:a|a)*b", "exponential"),
        (r"(?:[a-z]+|[^\x00-\x7f]|é)+!", "exponential"),
        (r"(?:a?b?)*c", "exponential"),
        (r"(?:x*y?)*z", "exponential"),
        (r"\Aa*a*b", "polynomial"),
        (r"\A\s*(?:=\s*)?\s*b", "polynomial"),
        (r"<!--.*?-->", "polynomial"),
        (r"(?s)<!--.*?(?:-->|\Z)", None),
        (r"<img\b[^>]*>", "polynomial"),
        (r"<img\b[^<>]*>", None),
        (r"<a(?![^>]* href=)[ >]", "polynomial"),
        (r"\s+=", "polynomial"),
        (r"(?<!\s)\s+=", None),
        (r"\w+", None),
        (r"\b\w+=", None),
        (r"[ \t]+$", "polynomial"),
        (r"\Ax*+x*y", None),
        (r"a{0,5000}b", "polynomial"),
        (r"\A[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*!", None),
    ],
)
def test_slow_patterns_are_told_from_others(pattern: str, kind: str | None) -> None:
    found = slowness_of(pattern)
    assert (found and found.kind) == kind
