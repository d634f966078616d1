"""How large a letter is, and of what."""

from hypothesis import given
from hypothesis import strategies as st

from pressrun.model.problems import Severity
from pressrun.press.newsletter.size import CLIPPED_AT, WARNED_AT, Size, size_of, size_problem


def a_size(total: int) -> Size:
    return Size(text=total, markup=0, inline_styles=0, head_styles=0, links=0)


def test_every_byte_is_told_by_what_it_is_spent_on() -> None:
    html = '<style>p{}</style><!--[if mso]><br><![endif]--><p style="color:#000" id="a">Ä<a href="x">b</a></p>'

    assert size_of(html) == Size(
        text=len("Äb".encode()),
        markup=len('<!--[if mso]><br><![endif]--><p id="a"><a></a></p>'),
        inline_styles=len(' style="color:#000"'),
        head_styles=len("<style>p{}</style>"),
        links=len(' href="x"'),
    )


@given(st.text(alphabet="<>/a=\"' sty lehrfc-!é\n"))
def test_the_parts_are_the_whole(html: str) -> None:
    size = size_of(html)
    assert size.total == len(html.encode())
    assert size.text >= 0


def test_a_letter_near_the_size_at_which_gmail_clips_is_a_warning() -> None:
    assert size_problem(a_size(WARNED_AT), "content/editions/x.md") is None

    problem = size_problem(a_size(WARNED_AT + 1), "content/editions/x.md")

    assert problem is not None
    assert (problem.code, problem.severity) == ("letter-size", Severity.WARNING)
    assert "102,000" in problem.message


def test_a_letter_that_gmail_would_clip_is_refused_unless_that_is_allowed() -> None:
    refused = size_problem(a_size(CLIPPED_AT + 1), "content/editions/x.md")
    allowed = size_problem(a_size(CLIPPED_AT + 1), "content/editions/x.md", allowed=True)

    assert refused is not None
    assert refused.severity is Severity.ERROR
    assert "allow_clipping" in str(refused.hint)
    assert allowed is not None
    assert allowed.severity is Severity.WARNING
