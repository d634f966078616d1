"""The style sheet in the head of an email, and what makes Gmail drop all of it."""

from collections.abc import Iterator, Sequence

from pressrun.content.checks import place_of
from pressrun.model.problems import Position, Problem, Severity
from pressrun.press.newsletter.compose import HEAD_SHEET
from pressrun.press.newsletter.inboxline import Made
from pressrun.press.newsletter.markup import style_sheets_of
from pressrun.press.newsletter.sheets import rules_of
from pressrun.rendering.templates import OwnTemplate

# Measured by the authors of caniemail and of email-bugs: a style element that is longer is dropped as a whole.
LONGEST_IN_GMAIL = 8192


def head_style_findings(made: Made, templates: Sequence[OwnTemplate]) -> Iterator[Problem]:
    """Return a warning for each style element of *made* that Gmail drops as a whole.

    *templates* are the publication's own that made it: the head's style sheet is at fault, or the page.
    """
    for _, css in style_sheets_of(made.newsletter.html):
        if len(css) > LONGEST_IN_GMAIL:
            message = (
                f"this style sheet has {len(css):,} characters, and Gmail drops one of more than {LONGEST_IN_GMAIL:,}"
            )
            yield _finding(made, templates, message, "move what every program needs into newsletter.css, or shorten it")
        for rule in rules_of(css):
            outer = next((each for each in rule.within if each.startswith("@")), None)
            if rule.prelude.startswith("@") and outer is not None:
                message = f"{_name(rule.prelude)} is inside of {_name(outer)}, so Gmail drops this whole style sheet"
                yield _finding(made, templates, message, "write both conditions into one at-rule")
                break


def _name(prelude: str) -> str:
    return prelude.partition(" ")[0].partition("(")[0]


def _finding(made: Made, templates: Sequence[OwnTemplate], message: str, hint: str) -> Problem:
    own = sorted(templates, key=lambda each: (each.name != HEAD_SHEET, not each.name.endswith(".html")))
    place = Position(own[0].file) if own else place_of(made.edition, "title")
    return Problem(place, "letter-head-style", message, hint, Severity.WARNING)
