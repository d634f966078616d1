"""A linter of prose: words that have a better one, and pages whose sentences are too long.

Run it over files with `python tests/prose.py README.md …`.
"""

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# On average; a single sentence may be longer.
MOST_WORDS = 20
# "Say this, not that" of the project's page on plain words, as far as a pattern can judge.
BETTER = {
    r"(mail|letter) address(es)?": "email address",
    r"by mail": "by email",
    r"letters?": "email, newsletter",
    r"ways? out": "unsubscribe link",
    r"came back": "bounced",
    r"kept off": "suppressed",
    r"whoever|somebody|those who": "a person who, people who, anyone who",
    r"tells?|told": "report, show, list, print",
    r"mend(s|ed|ing)?": "fix",
    r"stands?|stood": "is, exists, has",
    r"lies": "is, is in FILE",
    r"put down": "create, write",
    r"will not have": "refuse, reject",
    r"held back": "not due until …, draft, invalid, on hold",
    r"is out": "is due, was published",
    r"silences?": "ignore, ignore comment",
    r"crew": "workers, processes",
    r"anew": "again",
    r"made anew": "rebuilt",
    r"of its own": "its own, separate",
    r"at hand": "available",
    r"is not there|nobody knows": "missing, unknown, not found",
    r"please|sorry": "nothing: leave it out",
    r"just|simply|easily": "nothing: leave it out",
}
_BETTER = [(re.compile(rf"\b({pattern})\b", re.IGNORECASE), better) for pattern, better in BETTER.items()]
_FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
_NOT_PROSE = re.compile(r"`[^`\n]*`|\]\([^)\s]*\)|<[^>\n]*>|https?://\S+")
_SENTENCE_END = re.compile(r"[.?!:](?=\s|$)|\n\s*\n|\n(?=\s*([*-]|\d+\.) )")


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong in a text, and where."""

    line: int
    message: str


def findings_in(prose: str) -> Iterator[Finding]:
    """Yield what is wrong in *prose*, text without markup; its line numbers count from 1."""
    for number, line in enumerate(prose.split("\n"), 1):
        for pattern, better in _BETTER:
            for found in pattern.finditer(line):
                yield Finding(number, f'"{found[0]}": say {better}')
    lengths = [len(sentence.split()) for sentence in sentences(prose)]
    average = sum(lengths) / len(lengths) if lengths else 0
    if average > MOST_WORDS:
        yield Finding(1, f"sentences have {average:.1f} words on average, more than {MOST_WORDS}")


def sentences(prose: str) -> list[str]:
    """Return the sentences of *prose*, without headings and rows of tables."""
    lines = ("" if re.match(r"\s*(\||#)", line) else line for line in prose.split("\n"))
    parts = _SENTENCE_END.sub("\0", "\n".join(lines)).split("\0")
    return [part for part in parts if len(part.split()) > 1]


def markdown_prose(text: str) -> str:
    """Return what people read of Markdown *text*: the same lines, with nothing for code, addresses, and tags."""
    blank = _FENCE.sub(lambda found: re.sub(r"[^\n]", "", found[0]), text)
    return _NOT_PROSE.sub(" ", blank)


def template_prose(text: str) -> str:
    """Return what people read of a template: the same lines, text, and the sentences in Jinja's tags."""

    def strings(found: re.Match[str]) -> str:
        said = re.findall(r'"([A-Z][^"\n]* [^"\n]*)"', found[0])
        return (". ".join(said) or " ") + "\n" * found[0].count("\n")

    text = re.sub(r"\{#.*?#\}|<!--.*?-->", lambda found: "\n" * found[0].count("\n"), text, flags=re.DOTALL)
    text = re.sub(r"\{%.*?%\}|\{\{.*?\}\}", strings, text, flags=re.DOTALL)
    return re.sub(r"<[^>]*>", lambda found: "\n" * found[0].count("\n") or " ", text)


def words_prose(text: str, language: str = "en") -> str:
    """Return the sentences of *language* in service-words.html, each in its own line of the file."""
    kept = []
    inside = False
    for line in text.split("\n"):
        if found := re.match(r'"(\w+)": \{$', line):
            inside = found[1] == language
        sentence = re.match(r'  "\w+": "(.*)",$', line)
        kept.append(sentence[1] if sentence and inside else "")
    return "\n".join(kept)


if __name__ == "__main__":
    for name in sys.argv[1:]:
        for each in findings_in(markdown_prose(Path(name).read_text("utf-8"))):
            print(f"{name}:{each.line}: {each.message}")
