"""What the publication's own files ask not to be told: comments at a place, and a field for a whole story or edition.

Only warnings and hints can be silenced. An error stops a build, and a comment would not mend what it breaks.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from pressrun.content.fields import Field, yaml_comments
from pressrun.content.files import STORY_ENDINGS, SourceFile, source_file
from pressrun.content.frontmatter import Page, page_of
from pressrun.content.names import IGNORED, Names, chosen
from pressrun.explain import nearest
from pressrun.press import Press
from pressrun.problems import Position, Problem, Severity
from pressrun.rendering.markdown import tree_of

CONTENT = "content/"
IN_HTML = re.compile(r"<!--(.*?)-->", re.DOTALL)
IN_TEMPLATE = re.compile(r"\{#-?(.*?)-?#\}", re.DOTALL)
IN_STYLE = re.compile(r"/\*(.*?)\*/", re.DOTALL)
IN_FIELDS = re.compile(r"#(.*)")
_TOML_COMMENT = re.compile(r'"""(?:\\.|.)*?"""|\'\'\'.*?\'\'\'|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'|(#[^\n]*)', re.DOTALL)
_COMMENT = re.compile(r"<!--.*?-->|\{#.*?#\}|/\*.*?\*/")
_SAID = re.compile(r"\s*pressrun:[ \t]*(?P<verb>[^\s,()]*)(?P<codes>[^()]*)", re.IGNORECASE)
_WORD = re.compile(r"[^\s,;]+")
_FIELD = Names({IGNORED: ()})


@dataclass(frozen=True, slots=True)
class Silence:
    """A wish not to be told of *code* on the *lines* of a file; *place* is where the code stands, in that file.

    A comment that names no code, or says something else than to ignore one, has an empty code.
    """

    place: Position
    code: str
    lines: range

    def covers(self, problem: Problem) -> bool:
        """Whether it speaks of *problem*, which it silences unless that is an error."""
        where = problem.position
        return problem.code == self.code and where.file == self.place.file and where.line in self.lines


def silenced(problems: Iterable[Problem], silences: Iterable[Silence]) -> list[Problem]:
    """*problems* without the warnings and hints that *silences* speak of."""
    by_code = defaultdict(list)
    for silence in silences:
        by_code[silence.place.file, silence.code].append(silence)
    return [
        problem
        for problem in problems
        if problem.severity is Severity.ERROR
        or not any(silence.covers(problem) for silence in by_code[problem.position.file, problem.code])
    ]


def idle(problems: Sequence[Problem], silences: Iterable[Silence], known: Collection[str]) -> Iterator[Problem]:
    """A warning for each of *silences* that silences none of *problems*, or names a code that is not *known*.

    As long as there are errors, not all has been looked at, and what nothing was found for may yet be of use.
    """
    is_whole = not any(problem.severity is Severity.ERROR for problem in problems)
    for silence in silences:
        if silence.code not in known:
            yield _unknown(silence, known)
            continue
        covered = {problem.severity for problem in problems if silence.covers(problem)}
        if covered == {Severity.ERROR}:
            message, hint = f"{silence.code} is an error here, and no error can be silenced", "mend what is wrong"
        elif not covered and is_whole:
            message = f"{silence.code} is not told here, so there is nothing to silence"
            hint = "delete it, or look whether it stands where it should"
        else:
            continue
        yield Problem(silence.place, "ignore-unused", message, hint, Severity.WARNING)


def _unknown(silence: Silence, known: Collection[str]) -> Problem:
    if not silence.code:
        message, hint = "this comment to Pressrun names no code to ignore", "write pressrun: ignore and the code"
    else:
        close = nearest(silence.code, known)
        message = f'there is no code "{silence.code}"{f"; did you mean {close}?" if close else ""}'
        hint = f"write {close}" if close else "pressrun explain lists all codes"
    return Problem(silence.place, "ignore-unknown", message, hint, Severity.WARNING)


# A publication's files


def without_silenced(press: Press, problems: Sequence[Problem]) -> list[Problem]:
    """*problems* without those that the files of *press* silence. Only the files of warnings and hints are read."""
    soft = dict.fromkeys(problem.position.file for problem in problems if problem.severity is not Severity.ERROR)
    sources = (_source(press, file) for file in soft)
    return silenced(problems, [silence for source in sources if source for silence in silences_in(source)])


def of_no_use(
    press: Press, problems: Sequence[Problem], known: Collection[str], unasked: Collection[str] = ()
) -> list[Problem]:
    """What `idle` tells of the files that *press* has made something of, where *problems* are all that was found.

    Nothing is told of the codes that are *unasked*.
    """
    sources = (_source(press, file) for file in _looked_at(press))
    silences = (silence for source in sources if source for silence in silences_in(source))
    return list(idle(problems, [silence for silence in silences if silence.code not in unasked], known))


def _looked_at(press: Press) -> Iterator[str]:
    """The files that every rule has seen: no drafts, and no letter's templates where there is no letter."""
    yield f"{CONTENT}{press.content.masthead}"
    yield from (f"{CONTENT}{source}" for source in (*press.stories, *press.editions))
    yield from (file for file in press.templates.own() if press.letters or "/newsletter" not in file)


def _source(press: Press, file: str) -> SourceFile | None:
    path = file.removeprefix(CONTENT)
    if file.startswith(CONTENT):
        is_text = path.lower().endswith(STORY_ENDINGS) or path == press.content.masthead
        return source_file(press.content.folder, path)[0] if is_text and path in press.content.folder.files else None
    own = press.templates.own()
    return SourceFile(file, file, own[file].read_text("utf-8", "replace")) if file in own else None


# One file


def silences_in(source: SourceFile) -> list[Silence]:
    """All that *source* asks not to be told, from its beginning to its end; nothing where it cannot be read."""
    if "pressrun" not in source.text.casefold():
        return []
    if source.path.lower().endswith(STORY_ENDINGS):
        page, _ = page_of(source)
        return [*_in_field(page, source), *_in_text(page, source)] if page else []
    if source.path.lower().endswith((".yaml", ".yml")):
        return _said(source, _in_yaml(source.text, 0), _next_line)
    patterns = (IN_TEMPLATE, IN_STYLE) if source.path.endswith(".css") else (IN_TEMPLATE,)
    return _said(source, (found for pattern in patterns for found in pattern.finditer(source.text)), _next_block)


def _in_field(page: Page, source: SourceFile) -> Iterator[Silence]:
    assert isinstance(page.fields.value, dict)
    field = chosen(page.fields.value, _FIELD)[0].known.get(IGNORED)
    for item in field.value if field and isinstance(field.value, list) else [field]:
        if isinstance(item, Field) and isinstance(item.value, str):
            for word in _WORD.findall(item.value):
                yield Silence(_within(item.position, word), word, range(1, source.text.count("\n") + 2))


def _within(place: Position, word: str) -> Position:
    column = place.excerpt.find(word, place.column - 1) + 1
    return replace(place, column=column or place.column, width=len(word) if column else place.width)


def _in_text(page: Page, source: SourceFile) -> list[Silence]:
    """What the comments of a story or an edition say: those among its fields, and those in its text."""
    begins = sum(len(line) + 1 for line in source.text.split("\n")[: page.body_line - 1])
    above = source.text[:begins]
    first = above.index("\n", len(above) - len(above.lstrip())) + 1
    is_toml = above.lstrip().startswith("+++")
    fields = _in_toml(above) if is_toml else _in_yaml(above[: above.rstrip().rindex("\n") + 1], first)
    # The words of an edition's sections stand among its fields.
    words = IN_HTML.finditer(source.text, 0, begins)
    return [
        *_said(source, fields, _next_line),
        *_said(source, [*words, *_in_markdown(source.text, page.body, begins)], _next_block),
    ]


def _in_yaml(text: str, begins: int) -> Iterator[re.Match[str]]:
    """The comments of the YAML that *text* is from *begins* on."""
    for offset in yaml_comments(text[begins:]):
        found = IN_FIELDS.match(text, begins + offset)
        assert found is not None
        yield found


def _in_toml(text: str) -> Iterator[re.Match[str]]:
    for found in _TOML_COMMENT.finditer(text):
        if found[1] and (comment := IN_FIELDS.match(text, found.start())):
            yield comment


def _in_markdown(text: str, body: str, begins: int) -> Iterator[re.Match[str]]:
    """The comments of *body*, which *text* holds from *begins* on; what is shown as code is none."""
    data = body.encode()
    html = [
        (begins + len(data[: node.start].decode()), begins + len(data[: node.end].decode()))
        for node in tree_of(body).walk()
        if node.kind == "html"
    ]
    for found in IN_HTML.finditer(text, begins):
        if any(start <= found.start() < end for start, end in html):
            yield found


# One comment

Reach = Callable[[Sequence[str], int], int]


def _said(source: SourceFile, comments: Iterable[re.Match[str]], reach: Reach) -> list[Silence]:
    """What *comments* ask for: on their line, or from there as far as *reach* says where they are alone on it."""
    found = []
    lines = source.text.split("\n")
    for comment in comments:
        said = _SAID.match(source.text, comment.start(1), comment.end(1))
        if said is None:
            continue
        first, last = (source.text.count("\n", 0, edge) + 1 for edge in comment.span())
        reached = range(first, (reach(lines, last) if _is_alone(source.text, comment) else last) + 1)
        if said["verb"].lower() != "ignore" or not said["codes"].strip():
            if nearest(said["verb"], ["ignore"]) is None:
                continue  # words about Pressrun are not yet words to it
            place = source.position_at(comment.start(), len(comment.group().split("\n")[0]))
            found.append(Silence(place, "", reached))
            continue
        for word in _WORD.finditer(source.text, *said.span("codes")):
            found.append(Silence(source.position_at(word.start(), len(word.group())), word.group(), reached))
    return found


def _is_alone(text: str, comment: re.Match[str]) -> bool:
    """Whether nothing stands before or after *comment* on its lines."""
    before = text[text.rfind("\n", 0, comment.start()) + 1 : comment.start()]
    after = text[comment.end() :].partition("\n")[0]
    return not (before.strip() or after.strip())


def _next_line(lines: Sequence[str], line: int) -> int:
    """The number of the first line after *line* that is no comment."""
    while line < len(lines) and lines[line].lstrip().startswith("#"):
        line += 1
    return line + 1


def _next_block(lines: Sequence[str], line: int) -> int:
    """The number of the last line before an empty one, in the block that follows *line*."""
    while line < len(lines) and (not lines[line].strip() or _COMMENT.fullmatch(lines[line].strip())):
        line += 1
    while line < len(lines) and lines[line].strip():
        line += 1
    return line
