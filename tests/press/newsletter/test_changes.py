"""How a letter differs from the one that was built before."""

from pressrun.press.newsletter.changes import Changes, WordRun, changes


def between(before: str, after: str, *, html: str = "", html_before: str = "") -> Changes:
    return changes(html_before, before, html, after)


def test_the_same_letter_has_not_changed() -> None:
    assert between("One.\n\nTwo.\n", "One.\n\nTwo.\n").is_empty


def test_a_changed_paragraph_is_told_word_by_word() -> None:
    found = between("One.\n\nThe old bridge stands.\n", "One.\n\nThe new bridge stands.\n")
    assert found.paragraphs == (
        (WordRun("The"), WordRun("old", gone=True), WordRun("new", new=True), WordRun("bridge stands.")),
    )  # fmt: skip
    assert found.counts == (1, 1)


def test_a_new_paragraph_and_one_that_is_gone_are_told_whole() -> None:
    assert between("One.\n", "One.\n\nTwo words.\n").paragraphs == ((WordRun("Two words.", new=True),),)
    assert between("One.\n\nTwo words.\n", "One.\n").paragraphs == ((WordRun("Two words.", gone=True),),)


def test_where_a_line_breaks_is_no_change() -> None:
    assert between("One long \nline.\n", "One \nlong line.\n").is_empty


def test_links_subjects_and_sizes_are_compared() -> None:
    found = between(
        "",
        "",
        html_before='<title>Old</title><a href="https://a.example/?x&amp;y">a</a>',
        html='<title>New</title><a class="q" href="https://b.example/">b</a>',
    )
    assert found.subject == ("Old", "New")
    assert (found.gone_links, found.new_links) == (("https://a.example/?x&y",), ("https://b.example/",))
    assert [size.total for size in found.sizes] == [60, 62]
    assert not found.is_empty
