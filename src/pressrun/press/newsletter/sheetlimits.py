"""How large a style sheet of a letter may be: beyond that, cssutils takes minutes, and no mail program reads it."""

import re

from pressrun.press.newsletter.sheets import without_words

# Gmail drops a style element of more than 16 KB; the packaged sheets have 10 KB together.
LONGEST = 50_000
# What is not closed counts, too: cssutils goes to the end from every bracket, and calls itself for each.
DEEPEST = 20
MOST_AT_RULES = 200
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")


def beyond_limits(css: str) -> tuple[int, str] | None:
    """The first place in *css* that is beyond a limit, and a sentence; None where all of it may be parsed."""
    if len(css) > LONGEST:
        return LONGEST, f"this style sheet has {len(css):,} characters; {LONGEST:,} is the most that can be read"
    if control := _CONTROL.search(css):
        return control.start(), f"U+{ord(control.group()):04X} is no character of a style sheet"
    grammar = without_words(css)
    # cssutils' own pattern for comments takes twice as long for each star in one that is never closed.
    if (comment := grammar.find("/*")) >= 0:
        return comment, "this comment is never closed"
    depth = at_rules = 0
    for sign in re.finditer(r"[(\[{)\]}@]", grammar):
        if sign.group() == "@":
            at_rules += 1
        else:
            depth = depth + 1 if sign.group() in "([{" else max(depth - 1, 0)
        if depth > DEEPEST:
            return sign.start(), f"more than {DEEPEST} brackets are open here"
        if at_rules > MOST_AT_RULES:
            return sign.start(), f"this is the {MOST_AT_RULES + 1}st @ of this style sheet; {MOST_AT_RULES} is the most"
    return None
