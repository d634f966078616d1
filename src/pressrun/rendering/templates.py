"""The door to Jinja2: templates read, sandboxed and filled.

A publication's own templates/ come first; what it does not have comes from the packaged defaults,
which it can also name as `default/…` to extend them.
"""

import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
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
    TemplateNotFound,
    TemplateSyntaxError,
    UndefinedError,
    meta,
    nodes,
    select_autoescape,
)

from pressrun.model.problems import ContentError, Position, Problem, Severity
from pressrun.model.spans import JINJA
from pressrun.model.widths import columns_of
from pressrun.rendering.budget import begin
from pressrun.rendering.mistakes import sentence
from pressrun.rendering.sandbox import Sandbox
from pressrun.rendering.text import flowing, with_values

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


@dataclass(frozen=True, slots=True)
class OwnTemplate:
    """A template that the publication brings itself: its name, the file as a person would name it, and its text."""

    name: str
    file: str
    text: str

    def position_at(self, offset: int, width: int = 1) -> Position:
        """The place *offset* characters into the text."""
        line = self.text.count("\n", 0, offset) + 1
        start = self.text.rfind("\n", 0, offset) + 1
        return Position(self.file, line, offset - start + 1, width, self.text[start:].partition("\n")[0])


class _Folder(FileSystemLoader):
    """Reads the templates of one folder, and follows no link out of it.

    *marks* are put in at the end of every line, so that filled text can be traced back; None reads plainly.
    """

    def __init__(self, folder: Path, marks: "_Marks | None" = None) -> None:
        super().__init__(folder)
        self.folder = folder
        self.marks = marks

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        try:
            text, file, uptodate = super().get_source(environment, template)
        except UnicodeDecodeError as error:
            file = str(self.folder / template)
            raise TemplateSyntaxError("this template is not UTF-8; save it as UTF-8", 1, template, file) from error
        if not Path(file).resolve().is_relative_to(self.folder.resolve()):
            message = "this template is a link that leads out of its folder; put a copy here"
            raise TemplateSyntaxError(message, 1, template, file)
        return (text if self.marks is None else self.marks.into(text, file)), file, uptodate


class _Marks:
    """Marks that tell of every line of filled text which template's line it came from."""

    def __init__(self) -> None:
        self.places: list[tuple[str, int]] = []

    def into(self, text: str, file: str) -> str:
        """*text* with a mark at the end of each line that ends outside of Jinja's own brackets."""
        inside = {offset for tag in JINJA.finditer(text) for offset in range(tag.start, tag.end)}
        lines: list[str] = []
        offset = 0
        for number, line in enumerate(text.split("\n"), 1):
            offset += len(line)
            mark = ""
            if offset not in inside and offset - 1 not in inside:
                mark = f"{_MARK}{len(self.places)}{_MARK}"
                self.places.append((file, number))
            lines.append(line + mark)
            offset += 1
        return "\n".join(lines)

    def places_of(self, filled: str) -> list[tuple[str, int] | None]:
        """For every line of *filled*, the file and line of the template that it came from; None where none is near."""
        found: list[tuple[str, int] | None] = []
        latest = None
        for line in filled.split("\n"):
            marks = _FOUND_MARK.findall(line)
            latest = self.places[int(marks[-1])] if marks else latest
            found.append(latest)
        return found


# Characters of the private use area: no template holds them.
_MARK = "\ue0f1"
_FOUND_MARK = re.compile(f"{_MARK}(\\d+){_MARK}")


def _encoded(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise ValueError(f"U+{ord(text[error.start]):04X} is half a character, and can stand in no file") from None


class Templates:
    """The templates of one publication: *overrides* is its own folder, which need not exist."""

    def __init__(self, overrides: Path | None = None) -> None:
        with resources.as_file(resources.files("pressrun") / "defaults" / "templates") as defaults:
            self._defaults = defaults
        self._overrides = overrides
        self._environment = self._environment_with(None)

    def _loader(self, marks: _Marks | None) -> BaseLoader:
        packaged = _Folder(self._defaults, marks)
        own: list[BaseLoader] = [] if self._overrides is None else [_Folder(self._overrides, marks)]
        return ChoiceLoader([*own, PrefixLoader({DEFAULTS: packaged}), packaged])

    def _environment_with(self, marks: _Marks | None) -> Sandbox:
        environment = Sandbox(
            loader=self._loader(marks),
            undefined=StrictUndefined,
            autoescape=select_autoescape(("html", "xml"), default=False, default_for_string=False),
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            # One run has one look: a file that is changed meanwhile is for the next, and none is asked for its time.
            auto_reload=False,
        )
        environment.allow({"date": spoken_date, "wrapped": flowing, "columns": columns_of, "with_values": with_values})
        return environment

    def fill(self, name: str, values: Mapping[str, Any]) -> str:
        """The template *name* with *values*; raises ContentError with the place in the template that failed."""
        return self.filled_bytes(name, values).decode()

    def filled_bytes(self, name: str, values: Mapping[str, Any]) -> bytes:
        """The same as a file holds it."""
        begin()
        try:
            return _encoded(self._environment.get_template(name).render(values))
        except TemplateSyntaxError as error:
            file = error.filename or self._file_of(error.name or name)
            raise ContentError([self._problem(file, error.lineno, "template-syntax", str(error.message))]) from error
        except TemplateNotFound as error:
            file, line = self._place_in_traceback(error)
            message = f"there is no template {error.name}"
            raise ContentError([self._problem(file, line, "template-missing", message)]) from error
        except Exception as error:
            # A template is a program: whatever it lets happen is told at its line.
            file, line = self._place_in_traceback(error)
            if file is None:
                file = self._file_of(name)
            code = "template-undefined" if isinstance(error, UndefinedError) else "template-error"
            raise ContentError([self._problem(file, line, code, sentence(error, name))]) from error

    def own_files(self) -> dict[str, Path]:
        """The publication's own templates, each by its name as a person says it."""
        if self._overrides is None:
            return {}
        return {self._shown(path): path for path in sorted(self._overrides.rglob("*")) if path.is_file()}

    def misnamed(self) -> list[Problem]:
        """A warning for every file beside the templates whose name is nearly that of one."""
        if self._overrides is None or not self._overrides.is_dir():
            return []
        known = {path.stem: path.name for path in sorted(self._defaults.iterdir()) if path.is_file()}
        problems = []
        for path in sorted(self._overrides.iterdir()):
            close = difflib.get_close_matches(path.stem, known, n=1, cutoff=0.75)
            if path.is_file() and path.stem not in known and close:
                meant = known[close[0]]
                problems.append(
                    Problem(
                        Position(f"templates/{path.name}"),
                        code="near-miss",
                        message=f"no page is made from {path.name}; did you mean {meant}?",
                        hint=f"rename it to {meant}, or keep it if another template includes it",
                        severity=Severity.WARNING,
                    )
                )
        return problems

    def parsed(self, name: str) -> tuple[nodes.Template, str | None]:
        """Return the tree of the template *name* and its file; raises what Jinja2 raises where there is none."""
        text, file, _ = self._loader(None).get_source(self._environment, name)
        return self._environment.parse(text), file

    def own(self, *names: str) -> list[OwnTemplate]:
        """The publication's own among the templates *names* and all that these extend, include and import."""
        if self._overrides is None or not self._overrides.is_dir():
            return []
        waiting, seen = list(names), set(names)
        found = []
        while waiting:
            name = waiting.pop(0)
            try:
                text, file, _ = self._loader(None).get_source(self._environment, name)
                parts = meta.find_referenced_templates(self._environment.parse(text))
            except (TemplateNotFound, TemplateSyntaxError):  # told where it is filled
                continue
            if file is not None and Path(file).is_relative_to(self._overrides):
                found.append(OwnTemplate(name, self._shown(Path(file)), text))
            further = [part for part in parts if part is not None and part not in seen]
            waiting += further
            seen.update(further)
        return found

    def words(self) -> frozenset[str]:
        """Every word in the publication's own templates: a field of such a name may have its use there."""
        texts = (path.read_text(encoding="utf-8", errors="replace") for path in self.own_files().values())
        return frozenset(word for text in texts for word in re.findall(r"[\w-]+", text))

    def places_in(self, name: str, values: Mapping[str, Any]) -> list[tuple[str, int] | None]:
        """For every line of the filled template *name*, the file and line that it came from, includes and all."""
        marks = _Marks()
        begin()
        return marks.places_of(self._environment_with(marks).get_template(name).render(values))

    def position(self, file: str, line: int, column: int = 1) -> Position:
        """The place in a template's *file*."""
        return self._position(file, line, column)

    def place(self, name: str, line: int = 1) -> Position:
        """The place in the template *name*, wherever it was found."""
        return self._position(self._file_of(name), line)

    def _file_of(self, name: str) -> str | None:
        own = self._overrides / name if self._overrides else None
        if own is not None and own.is_file():
            return str(own)
        packaged = self._defaults / name.removeprefix(f"{DEFAULTS}/")
        return str(packaged) if packaged.is_file() else None

    def _place_in_traceback(self, error: BaseException) -> tuple[str | None, int]:
        """The innermost template and line that *error* passed through: Jinja2 writes them into the traceback.

        The publication's own come first: a packaged macro fails by what it is given.
        """
        innermost: tuple[str | None, int] = (None, 1)
        own: tuple[str | None, int] | None = None
        trace = error.__traceback__
        while trace is not None:
            code = trace.tb_frame.f_code
            if trace.tb_frame.f_globals.get("__jinja_template__") or self._is_template(code.co_filename):
                innermost = code.co_filename, trace.tb_lineno
                if self._overrides is not None and Path(code.co_filename).is_relative_to(self._overrides):
                    own = innermost
            trace = trace.tb_next
        return own or innermost

    def _is_template(self, file: str) -> bool:
        roots = [self._defaults, *([self._overrides] if self._overrides else [])]
        return any(Path(file).is_relative_to(root) for root in roots)

    def _problem(self, file: str | None, line: int, code: str, message: str) -> Problem:
        hints = {
            "template-undefined": "the manual's page on templates lists the names that each template is given",
            "template-missing": "the manual's page on templates lists the names of the defaults",
            "template-syntax": "every {% block %}, {% if %} and {% for %} needs its end, every {{ its }}",
        }
        return Problem(self._position(file, line), code, message, hints.get(code))

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
