"""The door to premailer and cssutils: a letter's style sheet moved into its elements."""

import logging
import re

DOCTYPE = "<!DOCTYPE html>"
# Attributes that premailer would set from CSS over those that the template wrote; "height: auto" became height="auto".
_FORCED = ["width", "height", "bgcolor", "align", "valign"]
_PLACE = re.compile(r"\s*\[(\d+):(\d+): .*\]$", re.DOTALL)


def inlined(html: str) -> str:
    """*html* with the rules of its style elements written into the elements that they style.

    A style element marked `data-premailer="ignore"` stays as it is: what depends on the screen (media
    queries, dark mode) lives there. No network, no file, no attribute that the template did not write.
    """
    from premailer import Premailer

    result: str = Premailer(
        html,
        allow_network=False,
        strip_important=False,
        disable_basic_attributes=_FORCED,
        align_floating_images=False,
        disable_validation=True,
        cache_css_parsing=False,
        cssutils_logging_level=logging.CRITICAL,
    ).transform(pretty_print=False)
    # premailer gives the doctype back only where libxml2 spells it the same way.
    if not result.startswith("<!DOCTYPE"):
        result = f"{DOCTYPE}\n{result}"
    return result.rstrip("\n") + "\n"


def style_sheet_faults(css: str) -> list[tuple[int, int, str]]:
    """What does not parse in *css*: line, column and a sentence for each place, from top to bottom."""
    import cssutils

    faults: dict[int, tuple[int, int, str]] = {}

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            message = record.getMessage()
            if found := _PLACE.search(message):
                line, column = int(found[1]), int(found[2])
                # One mistake makes cssutils complain at every level of its grammar; the first is the nearest.
                faults.setdefault(line, (line, column, message[: found.start()]))

    listener = Listener(level=logging.ERROR)
    log = cssutils.log
    before, others = log.getEffectiveLevel(), list(log._log.handlers)
    for handler in others:
        log.removeHandler(handler)
    log.setLevel(logging.ERROR)
    log.addHandler(listener)
    try:
        cssutils.CSSParser(validate=False, raiseExceptions=False, loglevel=logging.ERROR).parseString(css)
    finally:
        log.removeHandler(listener)
        log.setLevel(before)
        for handler in others:
            log.addHandler(handler)
    if not faults and (unclosed := _unclosed_brace(css)):
        faults[unclosed[0]] = (*unclosed, "this { is never closed")
    return sorted(faults.values())


def _unclosed_brace(css: str) -> tuple[int, int] | None:
    """Where the last `{` without its `}` stands: cssutils forgives it, and the rules after it are lost."""
    blank = re.sub(
        r"/\*.*?\*/|\"[^\"\n]*\"|'[^'\n]*'",
        lambda found: re.sub(r"[^\n]", " ", found.group()),
        css,
        flags=re.DOTALL,
    )
    open_braces: list[int] = []
    for brace in re.finditer(r"[{}]", blank):
        if brace.group() == "{":
            open_braces.append(brace.start())
        elif open_braces:
            open_braces.pop()
    if not open_braces:
        return None
    offset = open_braces[-1]
    return css.count("\n", 0, offset) + 1, offset - css.rfind("\n", 0, offset)
