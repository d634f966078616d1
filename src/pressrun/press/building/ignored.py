"""What the publication's own files ask not to be told: comments at a place, and a field for a whole story or edition.

Only warnings and hints can be silenced. An error stops a build, and a comment would not mend what it breaks.
"""

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from pressrun.content.source.fields import Field, yaml_comments
from pressrun.content.source.files import STORY_ENDINGS, SourceFile, source_file
from pressrun.content.source.frontmatter import ParsedFile, page_of
from pressrun.content.source.names import IGNORED, Names, chosen
from pressrun.content.source.toml import TOML_QUIET
from pressrun.manual.codes import nearest
from pressrun.model.problems import Position, Problem, Severity
from pressrun.model.spans import COMMENTS, ByteOffsets, Covered, Span, Spans
from pressrun.press.building.press import Press
from pressrun.rendering.markdown import tree_of

CONTENT = "content/"
IN_TEMPLATE = Spans((r"\{#-?", r"-?#\}"))
IN_STYLE = Spans((r"/\*", r"\*/"))
IN_FIELDS = Spans(("#", r"(?=\n)|\Z"))
_COMMENT = re.compile(r"<!--.*?-->|\{#.*?#\}|/\*.*?\*/")
_SAID = re.compile(r"\s*pressrun:[ \t]*(?P<verb>[^\s,()]*)(?P<codes>[^()]*)", re.IGNORECASE)
_WORD = re.compile(r"[^\s,;]+")
_FIELD = Names({IGNORED: ()})


@dataclass(frozen=True, slots=True)
class IgnoreComment:
    """A wish not to be told of *code* on the *lines* of a file; *place* is where the code stands, in that file.

    A comment that names no code, or says something else than to ignore one, has an empty code.
    """

    place: Position
    code: str
    lines: range


def ignored_problems(problems: Iterable[Problem], ignore_comments: Iterable[IgnoreComment]) -> list[Problem]:
    """*problems* without the warnings and hints that *ignore_comments* speak of."""
    lines = defaultdict(list)
    for ignore_comment in ignore_comments:
        lines[ignore_comment.place.file, ignore_comment.code].append(
            (ignore_comment.lines.start, ignore_comment.lines.stop)
        )
    covered = {of: Covered(stretches) for of, stretches in lines.items()}
    nothing = Covered(())
    return [
        problem
        for problem in problems
        if problem.severity is Severity.ERROR
        or problem.position.line not in covered.get((problem.position.file, problem.code), nothing)
    ]


def idle(
    problems: Sequence[Problem], ignore_comments: Iterable[IgnoreComment], known: Collection[str]
) -> Iterator[Problem]:
    """A warning for each of *ignore_comments* that silences none of *problems*, or names a code that is not *known*.

    As long as there are errors, not all has been looked at, and what nothing was found for may yet be of use.
    """
    is_whole = not any(problem.severity is Severity.ERROR for problem in problems)
    by_code = defaultdict(list)
    for problem in sorted(problems, key=_line):
        by_code[problem.position.file, problem.code].append(problem)
    for ignore_comment in ignore_comments:
        if ignore_comment.code not in known:
            yield _unknown(ignore_comment, known)
            continue
        told = by_code[ignore_comment.place.file, ignore_comment.code]
        first, last = (
            bisect_left(told, edge, key=_line) for edge in (ignore_comment.lines.start, ignore_comment.lines.stop)
        )
        covered = {problem.severity for problem in told[first:last]}
        if covered == {Severity.ERROR}:
            message, hint = (
                f"{ignore_comment.code} is an error here, and no error can be silenced",
                "mend what is wrong",
            )
        elif not covered and is_whole:
            message = f"{ignore_comment.code} is not told here, so there is nothing to silence"
            hint = "delete it, or look whether it stands where it should"
        else:
            continue
        yield Problem(ignore_comment.place, "ignore-unused", message, hint, Severity.WARNING)


def _line(problem: Problem) -> int:
    return problem.position.line


def _unknown(ignore_comment: IgnoreComment, known: Collection[str]) -> Problem:
    if not ignore_comment.code:
        message, hint = "this comment to Pressrun names no code to ignore", "write pressrun: ignore and the code"
    else:
        close = nearest(ignore_comment.code, known)
        message = f'there is no code "{ignore_comment.code}"{f"; did you mean {close}?" if close else ""}'
        hint = f"write {close}" if close else "pressrun explain lists all codes"
    return Problem(ignore_comment.place, "ignore-unknown", message, hint, Severity.WARNING)


# A publication's files


def without_ignored(press: Press, problems: Sequence[Problem]) -> list[Problem]:
    """*problems* without those that the files of *press* silence. Only the files of warnings and hints are read."""
    soft = dict.fromkeys(problem.position.file for problem in problems if problem.severity is not Severity.ERROR)
    sources = (_source(press, file) for file in soft)
    return ignored_problems(
        problems, [ignore_comment for source in sources if source for ignore_comment in ignore_comments_in(source)]
    )


def of_no_use(
    press: Press,
    problems: Sequence[Problem],
    known: Collection[str],
    unasked: Collection[str] = (),
    *,
    has_letters: bool,
) -> list[Problem]:
    """What `idle` tells of the files that *press* has made something of, where *problems* are all that was found.

    Nothing is told of the codes that are *unasked*. *has_letters* says whether newsletters were made.
    """
    sources = (_source(press, file) for file in _looked_at(press, has_letters=has_letters))
    ignore_comments = (ignore_comment for source in sources if source for ignore_comment in ignore_comments_in(source))
    return list(
        idle(
            problems,
            [ignore_comment for ignore_comment in ignore_comments if ignore_comment.code not in unasked],
            known,
        )
    )


def _looked_at(press: Press, *, has_letters: bool) -> Iterator[str]:
    """The files that every rule has seen: no drafts, and no letter's templates where there is no letter."""
    yield f"{CONTENT}{press.content.masthead}"
    yield from (f"{CONTENT}{source}" for source in (*press.stories, *press.editions))
    yield from (file for file in press.templates.own_files() if has_letters or "/newsletter" not in file)


def _source(press: Press, file: str) -> SourceFile | None:
    path = file.removeprefix(CONTENT)
    if file.startswith(CONTENT):
        is_text = path.lower().endswith(STORY_ENDINGS) or path == press.content.masthead
        return source_file(press.content.folder, path)[0] if is_text and path in press.content.folder.files else None
    own = press.templates.own_files()
    return SourceFile(file, file, own[file].read_text("utf-8", "replace")) if file in own else None


# One file


def ignore_comments_in(source: SourceFile) -> list[IgnoreComment]:
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


def _in_field(page: ParsedFile, source: SourceFile) -> Iterator[IgnoreComment]:
    assert isinstance(page.fields.value, dict)
    field = chosen(page.fields.value, _FIELD)[0].known.get(IGNORED)
    for item in field.value if field and isinstance(field.value, list) else [field]:
        if isinstance(item, Field) and isinstance(item.value, str):
            for word in _WORD.findall(item.value):
                yield IgnoreComment(_within(item.position, word), word, range(1, source.text.count("\n") + 2))


def _within(place: Position, word: str) -> Position:
    column = place.excerpt.find(word, place.column - 1) + 1
    return replace(place, column=column or place.column, width=len(word) if column else place.width)


def _in_text(page: ParsedFile, source: SourceFile) -> list[IgnoreComment]:
    """What the comments of a story or an edition say: those among its fields, and those in its text."""
    begins = sum(len(line) + 1 for line in source.text.split("\n")[: page.body_line - 1])
    above = source.text[:begins]
    first = above.index("\n", len(above) - len(above.lstrip())) + 1
    is_toml = above.lstrip().startswith("+++")
    fields = _in_toml(above) if is_toml else _in_yaml(above[: above.rstrip().rindex("\n") + 1], first)
    # The words of an edition's sections stand among its fields.
    words = COMMENTS.finditer(source.text, 0, begins)
    return [
        *_said(source, fields, _next_line),
        *_said(source, [*words, *_in_markdown(source.text, page.body, begins)], _next_block),
    ]


def _in_yaml(text: str, begins: int) -> Iterator[Span]:
    """The comments of the YAML that *text* is from *begins* on."""
    for offset in yaml_comments(text[begins:]):
        yield next(IN_FIELDS.finditer(text, begins + offset))


def _in_toml(text: str) -> Iterator[Span]:
    return (span for span in TOML_QUIET.finditer(text) if span.opening == "#")


def _in_markdown(text: str, body: str, begins: int) -> Iterator[Span]:
    """The comments of *body*, which *text* holds from *begins* on; what is shown as code is none."""
    bytes_in = ByteOffsets(body)
    starts, ends = [], []  # in order, and none within another
    for node in tree_of(body).walk():
        if node.kind == "html":
            starts.append(node.start)
            ends.append(node.end)
    for found in COMMENTS.finditer(text, begins):
        at = bytes_in[found.start - begins]
        number = bisect_right(starts, at) - 1
        if number >= 0 and at < ends[number]:
            yield found


# One comment

Reach = Callable[[Sequence[str]], Sequence[int]]


def _said(source: SourceFile, comments: Iterable[Span], reach: Reach) -> list[IgnoreComment]:
    """What *comments* ask for: on their line, or from there as far as *reach* says where they are alone on it."""
    found = []
    reaches = reach(source.text.split("\n"))
    starts = [0, *(end.end() for end in re.finditer("\n", source.text))]
    for comment in comments:
        said = _SAID.match(source.text, comment.first, comment.last)
        if said is None:
            continue
        first, last = (bisect_right(starts, edge) for edge in (comment.start, comment.end))
        reached = range(first, (reaches[last] if _is_alone(source.text, comment) else last) + 1)
        if said["verb"].lower() != "ignore" or not said["codes"].strip():
            if nearest(said["verb"], ["ignore"]) is None:
                continue  # words about Pressrun are not yet words to it
            place = source.position_at(comment.start, len(comment.whole.split("\n")[0]))
            found.append(IgnoreComment(place, "", reached))
            continue
        for word in _WORD.finditer(source.text, *said.span("codes")):
            found.append(IgnoreComment(source.position_at(word.start(), len(word.group())), word.group(), reached))
    return found


def _is_alone(text: str, comment: Span) -> bool:
    """Whether nothing stands before or after *comment* on its lines."""
    before = text[text.rfind("\n", 0, comment.start) + 1 : comment.start]
    end = text.find("\n", comment.end)
    after = text[comment.end : end if end >= 0 else len(text)]
    return not (before.strip() or after.strip())


def _next_line(lines: Sequence[str]) -> Sequence[int]:
    """By the number of a line, that of the first line after it which is no comment."""
    reached = [len(lines) + 1]
    for number in range(len(lines) - 1, -1, -1):
        reached.append(reached[-1] if lines[number].lstrip().startswith("#") else number + 1)
    return reached[::-1]


def _next_block(lines: Sequence[str]) -> Sequence[int]:
    """By the number of a line, that of the last line before an empty one, in the block that follows it."""
    reached = [len(lines)]
    end = len(lines)  # of the block that the line is in
    for number in range(len(lines) - 1, -1, -1):
        line = lines[number].strip()
        if not line:
            end = number
        reached.append(reached[-1] if not line or _COMMENT.fullmatch(line) else end)
    return reached[::-1]
