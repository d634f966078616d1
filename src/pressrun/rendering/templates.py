"""The door to Jinja2: templates read, sandboxed and filled.

A publication's own templates/ come first; what it does not have comes from the packaged defaults,
which it can also name as `default/…` to extend them.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from importlib import resources
from pathlib import Path
from typing import Any

from jinja2 import (
    BaseLoader,
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    PrefixLoader,
    StrictUndefined,
    TemplateError,
    TemplateNotFound,
    TemplateSyntaxError,
    UndefinedError,
    select_autoescape,
)
from jinja2.sandbox import ImmutableSandboxedEnvironment

from pressrun.problems import ContentError, Position, Problem
from pressrun.rendering.text import columns_of, wrapped

DEFAULTS = "default"
MONTHS = "January February March April May June July August September October November December".split()


def spoken_date(moment: datetime, language: str = "en") -> str:
    """The day of *moment*: spelled out in English, else as ISO 8601 has it, which everybody can read."""
    if language.lower().split("-")[0] != "en":
        return moment.date().isoformat()
    month = MONTHS[moment.month - 1]
    if language.lower() in ("en", "en-us", "en-ca", "en-ph"):
        return f"{month} {moment.day}, {moment.year}"
    return f"{moment.day} {month} {moment.year}"


class _OwnFolder(FileSystemLoader):
    """Reads the publication's templates, and follows no link out of their folder."""

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        text, file, uptodate = super().get_source(environment, template)
        if not any(Path(file).resolve().is_relative_to(Path(folder).resolve()) for folder in self.searchpath):
            raise TemplateNotFound(template, f"{template} is a link that leads out of templates/")
        return text, file, uptodate


class Templates:
    """The templates of one publication: *overrides* is its own folder, which need not exist."""

    def __init__(self, overrides: Path | None = None) -> None:
        with resources.as_file(resources.files("pressrun") / "defaults" / "templates") as defaults:
            self._defaults = defaults
        self._overrides = overrides
        packaged = FileSystemLoader(defaults)
        own: list[BaseLoader] = [] if overrides is None else [_OwnFolder(overrides)]
        self._environment = ImmutableSandboxedEnvironment(
            loader=ChoiceLoader([*own, PrefixLoader({DEFAULTS: packaged}), packaged]),
            undefined=StrictUndefined,
            autoescape=select_autoescape(("html", "xml"), default=False, default_for_string=False),
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )
        self._environment.filters["date"] = spoken_date
        self._environment.filters["wrapped"] = wrapped
        self._environment.filters["columns"] = columns_of

    def fill(self, name: str, values: Mapping[str, Any]) -> str:
        """The template *name* with *values*; raises ContentError with the place in the template that failed."""
        try:
            return self._environment.get_template(name).render(values)
        except TemplateSyntaxError as error:
            raise ContentError([self._problem(error.filename, error.lineno, "template-syntax", error)]) from error
        except TemplateNotFound as error:
            file, line = self._place_in_traceback(error)
            message = f"there is no template {error.name}"
            raise ContentError([self._at(file, line, "template-missing", message, name)]) from error
        except UndefinedError as error:
            file, line = self._place_in_traceback(error)
            raise ContentError([self._problem(file, line, "template-undefined", error)]) from error
        except (TemplateError, ArithmeticError, LookupError, TypeError, ValueError, RecursionError) as error:
            file, line = self._place_in_traceback(error)
            if file is None:
                raise
            raise ContentError([self._problem(file, line, "template-error", error)]) from error

    def place(self, name: str, line: int, column: int = 1) -> Position:
        """The place in the template *name*, wherever it was found."""
        template = self._environment.get_template(name)
        return self._position(template.filename, line, column)

    def _place_in_traceback(self, error: BaseException) -> tuple[str | None, int]:
        """The innermost template and line that *error* passed through: Jinja2 writes them into the traceback."""
        file, line = None, 1
        trace = error.__traceback__
        while trace is not None:
            code = trace.tb_frame.f_code
            if trace.tb_frame.f_globals.get("__jinja_template__") or self._is_template(code.co_filename):
                file, line = code.co_filename, trace.tb_lineno
            trace = trace.tb_next
        return file, line

    def _is_template(self, file: str) -> bool:
        roots = [self._defaults, *([self._overrides] if self._overrides else [])]
        return any(Path(file).is_relative_to(root) for root in roots)

    def _problem(self, file: str | None, line: int, code: str, error: BaseException) -> Problem:
        return self._at(file, line, code, str(error) or type(error).__name__, None)

    def _at(self, file: str | None, line: int, code: str, message: str, name: str | None) -> Problem:
        hints = {
            "template-undefined": "the manual's page on templates lists the names that each template is given",
            "template-missing": "the manual's page on templates lists the names of the defaults",
        }
        position = self._position(file, line) if file else Position(f"templates/{name}")
        return Problem(position, code, message, hints.get(code))

    def _position(self, file: str | None, line: int, column: int = 1) -> Position:
        if file is None:
            return Position("templates")
        path = Path(file)
        lines = path.read_text(encoding="utf-8", errors="replace").split("\n")
        excerpt = lines[line - 1] if line <= len(lines) else ""
        if column == 1:
            column = len(excerpt) - len(excerpt.lstrip()) + 1
        width = len(excerpt.strip()) or 1
        return Position(self._shown(path), line, column, width, excerpt)

    def _shown(self, path: Path) -> str:
        if self._overrides is not None and path.is_relative_to(self._overrides):
            return f"templates/{path.relative_to(self._overrides).as_posix()}"
        return f"pressrun/defaults/templates/{path.relative_to(self._defaults).as_posix()}"
