"""Text that flows (RFC 3676) is, joined again, the paragraphs that were written."""

from hypothesis import given
from hypothesis import strategies as st

from builders import an_outline
from pressrun.model.widths import columns_of
from pressrun.press.newsletter.message import flowed
from pressrun.press.newsletter.plaintext import plain_text, settled, tidy

# Words without a meaning in Markdown; some are longer than a line, some are what flowed text has to be careful with.
WORDS = st.one_of(
    st.from_regex(r"[a-zé日ф]{1,12}[,.]?", fullmatch=True),
    st.sampled_from(["From", "x" * 90, "https://x.example/" + "y" * 70]),
)
PARAGRAPHS = st.lists(st.lists(WORDS, min_size=1, max_size=40).map(" ".join), min_size=1, max_size=4)


def joined(text: str) -> list[str]:
    """*text* as a mail program shows it: its paragraphs, each on one line (RFC 3676, section 4.2)."""
    paragraphs, line = [], ""
    for each in text.split("\n"):
        each = each.removeprefix(" ")
        line += each
        if not each.endswith(" "):
            paragraphs.append(line)
            line = ""
    return [paragraph for paragraph in paragraphs if paragraph]


def in_latin_script(paragraph: str) -> bool:
    return all(columns_of(character) == 1 for character in paragraph)


@given(paragraphs=PARAGRAPHS)
def test_paragraphs_come_back_as_they_were_written(paragraphs: list[str]) -> None:
    shown = joined(flowed(tidy(plain_text(an_outline("\n\n".join(paragraphs))))))

    # Where a script sets no spaces, lines end for good: joined, they would get a space in mid-sentence.
    assert "".join(shown).replace(" ", "") == "".join(paragraphs).replace(" ", "")
    if all(map(in_latin_script, paragraphs)):
        assert shown == [" ".join(paragraph.split()) for paragraph in paragraphs]


@given(paragraphs=PARAGRAPHS)
def test_no_line_is_longer_than_it_has_to_be_and_no_file_ends_one_in_a_space(paragraphs: list[str]) -> None:
    text = tidy(plain_text(an_outline("\n\n".join(paragraphs))))

    assert all(columns_of(line.rstrip()) <= 72 or " " not in line.strip() for line in text.split("\n"))
    assert not any(line.endswith(" ") for line in settled(text).split("\n"))
