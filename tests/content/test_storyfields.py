"""From a story's file to a Story: the names and habits of many tools."""

from dataclasses import replace

import pytest

from builders import a_masthead, a_publication, a_source
from pressrun.content.source.filenames import FileName
from pressrun.content.storyfields import read_story
from pressrun.model.publication import Author, Masthead
from pressrun.model.story import Audio, Story


def read(front_matter: str, path: str = "stories/2026-05-12-moving-house.md", body: str = "Text.") -> Story:
    story, problems = read_story(a_source(f"---\n{front_matter}\n---\n{body}\n", path), a_masthead())
    assert [str(problem) for problem in problems if problem.severity.value == "error"] == []
    assert story is not None
    return story


def codes(front_matter: str, path: str = "stories/moving-house.md") -> list[str]:
    _, problems = read_story(a_source(f"---\n{front_matter}\n---\nText.\n", path), a_masthead())
    return [problem.code for problem in problems]


def test_a_bare_date_is_midnight_where_the_publication_is() -> None:
    assert read("title: x\ndate: 2014-01-13").published.isoformat() == "2014-01-13T00:00:00-05:00"
    assert read("title: x\ndate: 2014-07-13").published.isoformat() == "2014-07-13T00:00:00-04:00"


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2014-01-13T09:30", "2014-01-13T09:30:00-05:00"),
        ("2014-01-13 09:30:05", "2014-01-13T09:30:05-05:00"),
        ("2014-01-13T09:30:00.123Z", "2014-01-13T09:30:00+00:00"),
        ("2014-01-13 09:30 +0200", "2014-01-13T09:30:00+02:00"),
        ("2014-01-13T09:30:00-0330", "2014-01-13T09:30:00-03:30"),
        ('"2014-1-3"', "2014-01-03T00:00:00-05:00"),
        ("1969-07-20T20:17Z", "1969-07-20T20:17:00+00:00"),
        ("2012-03-30 23:00:00 UTC-03:00", "2012-03-30T23:00:00-03:00"),
        ("Jul 08 2022", "2022-07-08T00:00:00-04:00"),
        ("September 3, 2022", "2022-09-03T00:00:00-04:00"),
        ("2014-03-09T02:30", "2014-03-09T03:30:00-04:00"),  # an hour that the clocks skipped
    ],
)
def test_the_ways_to_write_a_date(written: str, moment: str) -> None:
    assert read(f"title: x\ndate: {written}").published.isoformat() == moment


@pytest.mark.parametrize(
    "written",
    [
        "12th May",
        "2014-02-30",
        "2014-13-01",
        "13/01/2014",
        "2014-01-13T25:00",
        "2014-01-13T09:30+99:00",
        "0",
        "0001-01-01T00:00Z",
        "9999-12-31T23:59-10:00",
    ],
)
def test_what_is_no_date_is_told(written: str) -> None:
    assert codes(f"title: x\ndate: {written}") == ["story-date"]


def test_the_date_may_stand_in_the_name_of_the_file() -> None:
    story = read("title: x", "stories/2014-01-13-five-ways.md")
    assert story.published.isoformat() == "2014-01-13T00:00:00-05:00"
    assert story.slug == "five-ways"


def test_a_name_of_a_file_with_a_wrong_date_is_told() -> None:
    assert codes("title: x", "stories/2014-02-30-x.md") == ["story-date"]


@pytest.mark.parametrize(
    ("path", "slug", "date"),
    [
        ("stories/2014-01-13-five-ways.md", "five-ways", "2014-01-13"),
        ("stories/2014-01-13_five_ways.md", "five_ways", "2014-01-13"),
        ("stories/five ways?.markdown", "five-ways", None),
        ("stories/five-ways/index.md", "five-ways", None),
        ("stories/2014-01-13-five-ways/index.md", "five-ways", "2014-01-13"),
        ("stories/日本語.md", "日本語", None),
        ("stories/???.md", "untitled", None),
    ],
)
def test_what_the_name_of_a_file_says(path: str, slug: str, date: str | None) -> None:
    assert FileName.of(path) == FileName(slug, date)


@pytest.mark.parametrize(
    "name",
    ["updated", "lastmod", "modified", "last_modified_at", "updatedDate", "Updated", "UPDATED_AT", "last-modified"],
)
def test_the_names_of_other_tools_for_an_update(name: str) -> None:
    assert read(f"title: x\ndate: 2014-01-13\n{name}: 2014-02-01").updated.isoformat().startswith("2014-02-01")


@pytest.mark.parametrize(
    "name", ["date", "pubDate", "publishDate", "publish_date", "published_at", "published", "Date"]
)
def test_the_names_of_other_tools_for_the_date(name: str) -> None:
    assert read(f"title: x\n{name}: 2014-01-13", "stories/x.md").published.year == 2014


@pytest.mark.parametrize("name", ["summary", "excerpt", "custom_excerpt"])
def test_the_names_of_other_tools_for_a_summary(name: str) -> None:
    assert read(f"title: x\n{name}: In short.").summary == "In short."


@pytest.mark.parametrize(
    "written",
    ["image: a.png", "heroImage: a.png", "featured_image: a.png", "image: {path: a.png}", "images: [a.png, b.png]"],
)
def test_the_ways_to_name_a_picture(written: str) -> None:
    assert read(f"title: x\n{written}").image == "a.png"


def test_a_picture_may_carry_its_text() -> None:
    assert read("title: x\nimage: {src: a.png, alt: A house}").image_alt == "A house"
    assert read("title: x\nimage: {src: a.png, alt: A house}\nimage_alt: Our house").image_alt == "Our house"


@pytest.mark.parametrize(
    "written", ["draft: true", "draft: yes", "published: false", "status: draft", "Status: hidden", "DRAFT: on"]
)
def test_the_ways_to_hold_a_story_back(written: str) -> None:
    assert read(f"title: x\n{written}").draft


def test_a_story_below_drafts_is_a_draft() -> None:
    assert read("title: x\ndate: 2014-01-13", "stories/_drafts/x.md").draft


def test_a_draft_needs_no_date() -> None:
    story, problems = read_story(a_source("---\ntitle: x\ndraft: true\n---\n", "stories/x.md"), a_masthead())

    assert story is None
    assert [(problem.code, problem.severity.value) for problem in problems] == [("missing-field", "hint")]


@pytest.mark.parametrize(
    "written", ["tags: [a, b]", "tags: a, b", "tags: a; b", "tags:\n- a\n- b\n- a", "keywords: a,b,,"]
)
def test_the_ways_to_write_tags(written: str) -> None:
    assert read(f"title: x\n{written}").tags == ("a", "b")


@pytest.mark.parametrize(
    ("written", "section", "tags"),
    [
        ("section: World\ntags: [a]", "World", ("a",)),
        ("category: World", "World", ()),
        ("categories: [World, Asia]\ntags: [a]", "World", ("a", "Asia")),
        ("section: World\ncategories: [Asia]", "World", ("Asia",)),
        ("taxonomies: {tags: [a], categories: [World]}", "World", ("a",)),
        ("taxonomies: {tags: news}", None, ("news",)),
    ],
)
def test_where_there_is_no_section_the_first_category_is(
    written: str, section: str | None, tags: tuple[str, ...]
) -> None:
    story = read(f"title: x\n{written}")
    assert (story.section, story.tags) == (section, tags)


@pytest.mark.parametrize(
    ("written", "authors"),
    [
        ("author: Ada", (Author("Ada"),)),
        ("authors: [Ada, Bob]", (Author("Ada"), Author("Bob"))),
        ("author: {name: Ada, email: ada@x.example}", (Author("Ada", "ada@x.example"),)),
        ("author: {name: Ada, uri: 'https://ada.example/'}", (Author("Ada", None, "https://ada.example/"),)),
        ("author: cy", (Author("Cy Young", uri="https://cy.example/"),)),
        ("", (Author("The Gazette"),)),
    ],
)
def test_who_wrote_it(written: str, authors: tuple[Author, ...]) -> None:
    masthead = Masthead(a_publication(), {"cy": Author("Cy Young", uri="https://cy.example/")})
    story, problems = read_story(a_source(f"---\ntitle: x\n{written}\n---\n"), masthead)
    assert problems == []
    assert story is not None
    assert story.authors == authors


def test_an_id_of_another_tool_is_taken_over_as_it_is() -> None:
    assert read("title: x\nguid: https://old.example/?p=17").id == "https://old.example/?p=17"
    assert read("title: x\nguid: https://old.example/?p=17").id_is_minted


def test_an_id_that_is_no_iri_becomes_one_that_holds_it() -> None:
    assert read("title: x\nid: 5f3a-17").id == "tag:gazette.example,2020:5f3a-17"


def test_without_an_id_it_is_derived_from_authority_date_and_slug() -> None:
    story = read("title: x\ndate: 2014-01-13T23:30Z\nslug: five-ways")
    assert story.id == "tag:gazette.example,2020:stories/2014-01-13/five-ways"
    assert not story.id_is_minted


def test_a_minted_id_moves_with_nothing() -> None:
    minted = "id: tag:gazette.example,2020:stories/1\n"
    before = read(f"{minted}title: Moving house\ndate: 2014-01-13")
    publication = replace(a_publication(), home="https://elsewhere.example/", title="The Herald")
    text = f"---\n{minted}title: We have moved\ndate: 2015-01-01\nslug: moved\n---\n"
    after, _ = read_story(a_source(text, "stories/2015/other.md"), Masthead(publication, {}))

    assert after is not None
    assert after.id == before.id


@pytest.mark.parametrize("name", ["permalink", "url", "path"])
def test_a_permalink_is_the_page_s_path_or_the_canonical_address(name: str) -> None:
    assert read(f"title: x\n{name}: /2014/five/").path == "/2014/five/"
    assert read(f"title: x\n{name}: https://x.example/five").canonical_url == "https://x.example/five"
    assert read(f"title: x\n{name}: https://x.example/five").path is None


@pytest.mark.parametrize("written", ["aliases: [/old/, older.html]", "redirect_from:\n- /old/\n- /older.html"])
def test_old_addresses(written: str) -> None:
    assert read(f"title: x\n{written}").aliases == ("/old/", "/older.html")


@pytest.mark.parametrize(
    "written",
    [
        "slug: a/b",
        "slug: ..",
        "slug: 'a b'",
        "aliases: [/../../etc/passwd]",
        "permalink: /a/../../b/",
        "permalink: '/{{ page.slug }}/'",
        "canonical_url: ftp://x.example/",
        "canonical_url: x.example/a",
    ],
)
def test_what_cannot_be_an_address_is_told(written: str) -> None:
    assert codes(f"title: x\ndate: 2014-01-13\n{written}") == ["bad-value"]


def test_a_story_in_an_unknown_language_is_read_without_it() -> None:
    found, problems = read_story(a_source("---\ntitle: x\ndate: 2014-01-13\nlang: English!\n---\n"), a_masthead())
    assert found is not None
    assert found.language is None
    assert [problem.code for problem in problems] == ["language-unknown"]


def test_what_else_is_wrong_is_told_beside_an_unknown_language() -> None:
    assert sorted(codes("title: x\ndate: soon\nlang: English!")) == ["language-unknown", "story-date"]


@pytest.mark.parametrize(
    "written",
    [
        "title: [a, b]",
        "title: x\ntags: {a: b}",
        "title: x\ndraft: perhaps",
        "title: x\nauthor: {mail: x}",
        "title: x\nimage: {alt: x}",
    ],
)
def test_a_value_of_the_wrong_kind_is_told(written: str) -> None:
    assert codes(f"{written}\ndate: 2014-01-13") == ["wrong-type"]


def test_all_faults_of_a_file_are_told_at_once() -> None:
    assert sorted(codes("titel: x\ndate: soon\ndraft: perhaps\nslug: a/b")) == [
        "bad-value",
        "missing-field",
        "near-miss",
        "story-date",
        "wrong-type",
    ]


def test_an_update_on_the_day_itself_is_no_mistake() -> None:
    story = read("title: x\ndate: 2014-01-13T09:30\nupdated: 2014-01-13")
    assert story.updated == story.published


def test_a_story_updated_before_it_came_out_is_told() -> None:
    assert codes("title: x\ndate: 2014-01-13\nupdated: 2013-01-13") == ["story-date"]


def test_nothing_is_out_before_hugo_s_publish_date() -> None:
    assert read("title: x\ndate: 2014-01-13\npublishDate: 2015-01-13").published.year == 2015
    assert read("title: x\ndate: 2016-01-13\npublishDate: 2015-01-13").published.year == 2016


def test_of_two_names_for_one_thing_the_preferred_one_holds() -> None:
    for fields in ("date: 2014-01-13\npubDate: 2015-01-13", "pubDate: 2015-01-13\ndate: 2014-01-13"):
        story, problems = read_story(a_source(f"---\ntitle: x\n{fields}\n---\n"), a_masthead())
        assert story is not None
        assert story.published.year == 2014
        assert story.extra == {"pubDate": "2015-01-13"}
        assert [(problem.code, problem.severity.value) for problem in problems] == [("two-names", "hint")]


def test_what_is_unknown_is_kept_for_templates() -> None:
    assert read("title: x\nmood: calm\nrating: 5\nlayout: post").extra == {
        "mood": "calm",
        "rating": 5,
        "layout": "post",
    }


@pytest.mark.parametrize(
    ("written", "meant"), [("titel", "title"), ("sumary", "summary"), ("upated", "updated"), ("tgas", "tags")]
)
def test_what_is_nearly_right_is_told_and_kept(written: str, meant: str) -> None:
    story, problems = read_story(a_source(f"---\ntitle: x\n{written}: y\n---\n"), a_masthead())

    assert [problem.code for problem in problems] == ["near-miss"]
    assert f'did you mean "{meant}"?' in problems[0].message
    assert story is not None
    assert story.extra == {written: "y"}


def test_line_breaks_in_a_title_are_spaces() -> None:
    assert read('title: "One\\r\\nBcc: two"').title == "One Bcc: two"
    assert read("title: >\n  Folded\n  words").title == "Folded words"


def test_a_title_that_no_output_can_hold_is_told() -> None:
    assert codes('title: "a\\0b"\ndate: 2014-01-13') == ["control-character"]


def test_an_empty_title_is_told_but_an_empty_summary_is_a_choice() -> None:
    assert codes('title: ""\ndate: 2014-01-13') == ["missing-field"]
    assert read('title: x\nsummary: ""').summary == ""


@pytest.mark.parametrize("written", ["image: []", "tags: []", "authors: []", "aliases:", "updated:"])
def test_what_another_tool_s_archetype_leaves_empty_counts_as_not_written(written: str) -> None:
    assert read(f"title: x\n{written}").image is None


def test_a_fault_in_a_list_is_marked_at_its_item() -> None:
    _, problems = read_story(a_source("---\ntitle: x\ntags: [a, [b]]\n---\n"), a_masthead())
    assert [(problem.code, problem.position.column) for problem in problems] == [("wrong-type", 11)]


def test_an_author_s_unknown_field_is_told() -> None:
    assert codes("title: x\ndate: 2014-01-13\nauthor: {name: Ada, emial: x}") == ["wrong-type"]


def test_a_missing_title_does_not_hide_a_missing_date() -> None:
    assert codes("tags: [a]") == ["missing-field", "missing-field"]


def test_a_name_without_a_value_gives_way_to_one_with_it() -> None:
    assert read("title: x\nid:\nguid: tag:x,2020:old").id == "tag:x,2020:old"
    assert read("title: x\nguid: tag:x,2020:old\nid:").id == "tag:x,2020:old"


@pytest.mark.parametrize(
    "written",
    [
        *(f'{name}: ""' for name in ("image", "lastmod", "author", "slug", "url", "lang", "draft", "section")),
        'aliases: [""]',
        "tags: [a, null]",
        "author: {name: Ada, twitter: ada}",
    ],
)
def test_what_forms_of_other_tools_leave_behind_is_no_mistake(written: str) -> None:
    assert read(f"title: x\n{written}").title == "x"


@pytest.mark.parametrize("written", ["status: scheduled", "status: Pending", "permalink: false"])
def test_what_another_tool_held_back_is_not_published(written: str) -> None:
    assert read(f"title: x\n{written}").draft


def test_a_recording_tells_of_itself_in_the_words_of_several_tools() -> None:
    story = read("title: x\naudio: {SRC: a.mp3, length: '12,345', mimeType: audio/mpeg, duration: '1:30', season: }")
    assert story.audio == Audio("a.mp3", 12_345, "audio/mpeg", 90)


@pytest.mark.parametrize("fields", ["file: ", "duration: '1:30'", "file: a.mp3, lenth: 3", "file: a.mp3, episode: one"])
def test_a_recording_without_a_file_or_with_what_it_cannot_have_is_told(fields: str) -> None:
    assert codes(f"title: x\ndate: 2026-05-12\naudio: {{{fields}}}") == ["wrong-type"]


@pytest.mark.parametrize(
    ("written", "tag"),
    [
        ("zh_cn", "zh-CN"),
        ("pt_BR", "pt-BR"),
        ("zh_hant_tw", "zh-Hant-TW"),
        ("sr_RS.UTF-8@latin", "sr-RS"),
        ("DE_at", "de-AT"),
        ("de-AT", "de-AT"),
        ("EN-us", "EN-us"),  # valid as it is, so it stays: tags are compared without case
        ("es_419", "es-419"),
    ],
)
def test_a_locale_of_posix_means_its_language_tag(written: str, tag: str) -> None:
    assert read(f"title: a\ndate: 2014-01-13\nlang: {written}").language == tag


@pytest.mark.parametrize("field", ["lang: English", "lang: [de, en]", "lang: {de: 1}", "image: {feature: x.jpg}"])
def test_a_story_stays_without_what_it_can_do_without(field: str) -> None:
    story, problems = read_story(a_source(f"---\ntitle: a\ndate: 2014-01-13\n{field}\n---\n"), a_masthead())
    assert story is not None
    assert (story.language, story.image) == (None, None)
    assert len(problems) == 1


def test_another_mistake_beside_it_is_reported_with_it() -> None:
    assert codes("title: a\ndate: soon\nlang: English") == ["story-date", "language-unknown"]
