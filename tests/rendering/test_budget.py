"""No template goes on for ever, and none makes more than there is room for: it is stopped, and told at its line."""

from pathlib import Path

import pytest

from pressrun.model.problems import ContentError, Problem
from pressrun.rendering import budget
from pressrun.rendering.templates import Templates


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same limits, a hundred times smaller, so that reaching them takes no time."""
    monkeypatch.setattr(budget, "MOST_TURNS", 10_000)
    monkeypatch.setattr(budget, "MOST_CHARACTERS", 100_000)
    monkeypatch.setattr(budget, "MOST_MADE", 500_000)


def problem_of(folder: Path, text: str, name: str = "page.html", **others: str) -> Problem:
    (folder / "templates").mkdir()
    for file, content in {name: f"\n{text}", **{f"{other}.html": content for other, content in others.items()}}.items():
        (folder / "templates" / file).write_text(content)
    with pytest.raises(ContentError) as raised:
        Templates(folder / "templates").fill(name, {"word": "x" * 1000, "words": ["x"] * 100})
    (problem,) = raised.value.problems
    return problem


ENDLESS = {
    "nested loops": "{% for a in range(500) %}{% for b in range(500) %}{% endfor %}{% endfor %}",
    "a loop that prints": "{% for a in range(5000) %}{{ word }}{% endfor %}",
    "a loop that says much": "{% for a in range(5000) %}" + "say " * 100 + "{% endfor %}",
    "a loop that calls itself": "{% for a in [1, 2] recursive %}{% if loop.depth < 20 %}{{ loop([1, 2]) }}{% endif %}"
    "{% endfor %}",
    "a macro that calls itself twice": "{% macro m(n) %}{% if n %}{{ m(n - 1) }}{{ m(n - 1) }}{% endif %}{% endmacro %}"
    "{{ m(30) }}",
    "a long list, often": "{% for a in range(5000) %}{{ words | length }}{% endfor %}",
    "a long list asked": "{% for a in range(5000) %}{{ 'y' in words }}{% endfor %}",
    "a long text asked": "{% for a in range(5000) %}{% if 'y' in word ~ word %}{% endif %}{% endfor %}",
    "a long text cut": "{% for a in range(5000) %}{% if (word ~ word)[1:] %}{% endif %}{% endfor %}",
    "a text that doubles": "{% set x = 'xx' %}" + "{% set x = x ~ x %}" * 60,
    "a text in a loop": "{% set x = namespace(y='xx') %}{% for a in range(60) %}{% set x.y = x.y ~ x.y %}{% endfor %}",
    "a sum that doubles": "{% set x = 'xx' %}" + "{% set x = x + x %}" * 60,
    "a block that doubles": "{% set x %}{{ word }}{% endset %}" + "{% set x %}{{ x }}{{ x }}{% endset %}" * 20,
    "a list of itself twice": "{% set x = [1] %}" + "{% set x = [x, x] %}" * 40 + "{{ x }}",
    "fields of themselves twice": "{% set x = {'a': 1} %}" + "{% set x = {'a': x, 'b': x} %}" * 40 + "{{ x }}",
    "a dict of itself twice": "{% set x = dict(a=1) %}" + "{% set x = dict(a=x, b=x) %}" * 40 + "{{ x }}",
    "a list that grows": "{% set x = [[1]] %}" + "{% set x = x + x %}" * 40 + "{{ x }}",
    "a number that grows": "{% set n = 9 %}" + "{% set n = n * n %}" * 40 + "{{ n > 1 }}",
    "a power of a power": "{{ 9 ** 999 ** 999 }}",
    "text times a number": "{{ 'xy' * 100000000 }}",
    "a list times a number": "{{ [1, 2] * 100000000 }}",
    "a wide format": "{{ '%1000000000d' | format(1) }}",
    "many digits": "{{ '%.1000000000f' | format(1) }}",
    "a width that is given": "{{ '%*d' | format(1000000000, 1) }}",
    "a wide percent": "{{ '%1000000000d' % 1 }}",
    "a wide field": "{{ '{:>1000000000}'.format(1) }}",
    "a field of a given width": "{{ '{:{w}}'.format(1, w=1000000000) }}",
    "a wide field by name": "{{ '{a:>1000000000}'.format_map({'a': 1}) }}",
    "a wide field of markup": "{{ ('{:>1000000000}' | safe).format(1) }}",
    "centred": "{{ 'x' | center(1000000000) }}",
    "centred by itself": "{{ 'x'.center(1000000000) }}",
    "to the right": "{{ 'x'.rjust(1000000000) }}",
    "with noughts": "{{ 'x'.zfill(1000000000) }}",
    "with tabs": "{{ '\\t'.expandtabs(1000000000) }}",
    "indented": "{{ 'x\\nx' | indent(1000000000) }}",
    "in batches": "{{ [1] | batch(1000000000, 'x') | list }}",
    "in slices": "{{ [1] | slice(1000000000) | list }}",
    "rounded": "{{ 1.5 | round(1000000000, 'ceil') }}",
    "indented JSON": "{{ [1, [2]] | tojson(indent=1000000000) }}",
    "replaced by more": "{{ word | replace('x', word) }}",
    "replaced by itself": "{{ word.replace('x', word) }}",
    "joined by much": "{{ (words * 100) | join(word) }}",
    "joined by itself": "{{ word.join(words * 100) }}",
    "wrapped by much": "{{ word | wordwrap(1, wrapstring=word) }}",
    "a block of itself": "{% block a %}{{ self.a() }}{% endblock %}",
}


@pytest.mark.parametrize("text", ENDLESS.values(), ids=ENDLESS.keys())
@pytest.mark.parametrize("name", ["page.html", "page.txt"])
def test_a_template_that_does_too_much_is_told_at_its_line(tmp_path: Path, text: str, name: str) -> None:
    problem = problem_of(tmp_path, text, name)

    assert (problem.code, problem.position.file, problem.position.line) == ("template-error", f"templates/{name}", 2)


def test_templates_that_include_each_other_end(tmp_path: Path) -> None:
    twice = "{% include 'part.html' %}" * 2
    part = f"{{% if depth < 30 %}}{{% with depth = depth + 1 %}}{twice}{{% endwith %}}{{% endif %}}"
    problem = problem_of(tmp_path, "{% set depth = 0 %}{% include 'part.html' %}", part=part)

    assert (problem.code, problem.position.file) == ("template-error", "templates/part.html")


def test_what_is_within_the_limits_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    text = (
        "{% for a in words %}{{ loop.index }}/{{ loop.length }}{% if loop.last %}.{% endif %}{% else %}none{% endfor %}"
        "{{ '%5.2f' | format(1.5) }} {{ '{:>5}'.format(1) }} {{ 'x' | center(5) }} {{ 2 ** 10 }} {{ [1] + [2] }}"
        "{% for a in [] %}{% else %}none{% endfor %}{% for k, v in {'a': 1}.items() %}{{ k }}{{ v }}{% endfor %}"
        "{% set a, b = 1, 2 %}{{ a }}{{ b }}{{ 'a,b'.split(',') | join('-') }}{{ (1, 2) }}{{ 'a' < 'b' < 'c' }}"
        "{{ 'abc'[1:] }}"
    )
    (tmp_path / "templates/page.txt").write_text(text)

    filled = Templates(tmp_path / "templates").fill("page.txt", {"words": ["a", "b"]})

    assert filled == "1/22/2. 1.50     1   x   1024 [1, 2]nonea112a-b(1, 2)Truebc"


def test_each_template_has_a_budget_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates/page.txt").write_text("{% for a in range(9000) %}{% endfor %}done")
    templates = Templates(tmp_path / "templates")

    assert [templates.fill("page.txt", {}) for _ in range(3)] == ["done"] * 3
