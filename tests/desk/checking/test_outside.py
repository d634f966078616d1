"""Which addresses on other hosts a publication names, and where."""

from pathlib import Path

import pytest

from builders import MASTHEAD, a_folder, a_story_file, build_request
from pressrun.desk.checking.outside import named_by
from pressrun.press.building.press import Press
from pressrun.press.building.run import Run

FERRY = "https://ferry.example.org"
EDITION = "---\nid: tag:x,2026:e\ntitle: Spring\ndate: 2026-05-02\n"


def named(root: Path, files: dict[str, str], **changes: object) -> list[str]:
    """What is named in *files* below content/, as place and address."""
    run = Run.of(a_folder(root, {f"content/{path}": text for path, text in files.items()}), build_request(**changes))
    run.files()
    found = named_by(run.press)
    return [
        f"{each.position.file.removeprefix('content/')}:{each.position.line}:{each.position.column} {each.url}"
        for each in found
    ]


def in_a_story(root: Path, body: str, **fields: str) -> list[str]:
    found = named(root, {"stories/a.md": a_story_file(body, **fields)})
    return [each.removeprefix("stories/a.md:") for each in found]


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (f"See [the ferry]({FERRY}/a).", [f"6:5 {FERRY}/a"]),
        (f"![Ferry]({FERRY}/a.png)", [f"6:1 {FERRY}/a.png"]),
        (f"[![Ferry]({FERRY}/a.png)]({FERRY}/)", [f"6:1 {FERRY}/", f"6:2 {FERRY}/a.png"]),
        (f"<{FERRY}/a>", [f"6:1 {FERRY}/a"]),
        (f"One\n\n[two][ferry]\n\n[ferry]: {FERRY}/a 'Ferry'", [f"8:1 {FERRY}/a"]),
        (f"<p>\n<a class=x href='{FERRY}/a?b&amp;c'>x</a></p>", [f"7:1 {FERRY}/a?b&c"]),
        (f'A <img alt="" src={FERRY}/a.png> and <A HREF="{FERRY}/b">b</A>', [f"6:3 {FERRY}/a.png", f"6:56 {FERRY}/b"]),
        (f'<iframe\nsrc="{FERRY}/film"></iframe>', [f"6:1 {FERRY}/film"]),
        ("[a](//ferry.example.org/a)", [f"6:1 {FERRY}/a"]),
        ("[a](HTTPS://Ferry.Example.ORG/A#part)", [f"6:1 {FERRY}/A"]),
        ("[a](https://fähre.example.org/ä)", ["6:1 https://xn--fhre-loa.example.org/%C3%A4"]),
        (f"[a]({FERRY}) and [b]({FERRY}#x)", [f"6:1 {FERRY}", f"6:36 {FERRY}"]),
        ("[a](https://localhost/x) [b](http://127.0.0.1/)", ["6:1 https://localhost/x", "6:26 http://127.0.0.1/"]),
    ],
)
def test_every_link_and_picture_of_a_text_is_found_at_its_place(body: str, found: list[str], tmp_path: Path) -> None:
    assert sorted(in_a_story(tmp_path, body)) == sorted(found)


@pytest.mark.parametrize(
    "body",
    [
        "No address // at all.",
        f"`{FERRY}/a` and\n\n    [a]({FERRY})\n",
        f"<!-- <a href='{FERRY}/a'>x</a> -->",
        f"{FERRY}/bare is no link",
        f"<script src='{FERRY}/a.js'></script>",
        "[home](https://gazette.example/about) [and](https://gazette.example) [so](/a) [on](#b)",
        "[mail](mailto:ada@ferry.example.org) [dial](tel:1)",
        "[a](https://anything.example/x) [b](https://x.test/) [c](http://a.invalid) [d](https://example./)",
        "[a](https://) [b](https://x..example.org/) [c](http://[oops/)",
    ],
)
def test_nothing_but_addresses_of_other_hosts_is_named(body: str, tmp_path: Path) -> None:
    assert [each for each in in_a_story(tmp_path, body) if "x..example.org" not in each] == []


def test_front_matter_is_looked_at_by_whatever_name_and_in_whatever_form(tmp_path: Path) -> None:
    found = in_a_story(
        tmp_path,
        "Text.",
        heroImage=f"{FERRY}/a.png",
        canonical=f"{FERRY}/b",
        audio=f"{{file: {FERRY}/c.mp3, type: audio/mpeg, size: 1}}",
        author=f"{{name: Ada, url: {FERRY}/ada}}",
        comments=f"{FERRY}/d",
    )
    assert found == [f"5:12 {FERRY}/a.png", f"7:15 {FERRY}/c.mp3", f"6:12 {FERRY}/b", f"8:26 {FERRY}/ada"]


def test_lists_in_front_matter_are_looked_at(tmp_path: Path) -> None:
    found = in_a_story(tmp_path, "Text.", images=f"[{FERRY}/a.png, {FERRY}/b.png]", authors="[Ada, Grace]")
    assert found == [f"5:10 {FERRY}/a.png", f"5:43 {FERRY}/b.png"]


def test_a_file_that_went_in_the_meantime_names_nothing(tmp_path: Path) -> None:
    """Somebody may write while the publication is checked."""
    files = {"stories/a.md": a_story_file("Text.", canonical_url=FERRY), "stories/b.md": a_story_file(id="b")}
    root = a_folder(tmp_path, {f"content/{path}": text for path, text in files.items()})
    press = Press.of(root, build_request())
    for path in ("stories/a.md", "publication.yaml"):
        (root / "content" / path).write_bytes(b"\xff")
    (root / "content/stories/b.md").write_text("No front matter.\n")
    assert named_by(press) == []


def test_an_id_that_looks_like_an_address_is_none(tmp_path: Path) -> None:
    assert in_a_story(tmp_path, "Text.", id=f"{FERRY}/?p=1") == []


def test_toml_is_front_matter_too(tmp_path: Path) -> None:
    text = f'+++\nid = "tag:x,2026:a"\ntitle = "Snow"\ndate = 2026-05-01\ncanonical_url = "{FERRY}/a"\n+++\nText.\n'
    assert named(tmp_path, {"stories/a.md": text}) == [f"stories/a.md:5:1 {FERRY}/a"]


def test_an_editions_words_and_sections_are_looked_at(tmp_path: Path) -> None:
    sections = (
        f"sections:\n- text: |\n    See [this]({FERRY}/text), {{first_name, 'you'}} [there]({FERRY}/there).\n"
        f"  links:\n  - title: Timetable\n    url: {FERRY}/link\n"
    )
    text = f"{EDITION}{sections}---\n{{name, 'Dear'}}: [a]({FERRY}/opening), [b]({{unsubscribe_url}})\n"
    assert named(tmp_path, {"editions/spring.md": text}) == [
        f"editions/spring.md:10:10 {FERRY}/link",
        f"editions/spring.md:12:17 {FERRY}/opening",
        f"editions/spring.md:7:9 {FERRY}/text",
        f"editions/spring.md:7:69 {FERRY}/there",
    ]


def test_an_address_with_the_readers_own_in_it_is_not_asked(tmp_path: Path) -> None:
    text = f"{EDITION}---\n[a]({FERRY}/?who={{email}}) [b]({FERRY}/)\n"
    assert named(tmp_path, {"editions/spring.md": text}) == [f"editions/spring.md:6:45 {FERRY}/"]


def test_publication_yaml_is_looked_at(tmp_path: Path) -> None:
    masthead = MASTHEAD.replace("unsubscribe: mailto:news@gazette.example?subject=unsubscribe", "unsubscribe: {}/out")
    masthead = masthead.replace("{}", FERRY) + (
        f"  one_click: {FERRY}/out?who={{email}}\n"
        f"author: ada\nauthors: {{ada: {{name: Ada, uri: '{FERRY}/ada'}}}}\n"
        f"hub: {FERRY}/hub\nicon: {FERRY}/icon.png\nlook:\n  logo: {FERRY}/logo.png\nmastodon: {FERRY}/elsewhere\n"
    )
    assert [each.partition(":")[2] for each in named(tmp_path, {"publication.yaml": masthead})] == [
        f"11:33 {FERRY}/ada",
        f"12:6 {FERRY}/hub",
        f"13:7 {FERRY}/icon.png",
        f"15:9 {FERRY}/logo.png",
        f"8:16 {FERRY}/out",
    ]


def test_what_is_not_out_yet_is_looked_at_only_when_it_is_taken_in(tmp_path: Path) -> None:
    files = {"stories/a.md": a_story_file(f"[a]({FERRY})", draft="true")}
    assert named(tmp_path, files) == []
    assert named(tmp_path, files, drafts=True) == [f"stories/a.md:7:1 {FERRY}"]


def test_one_place_names_an_address_once(tmp_path: Path) -> None:
    body = f'<iframe src="{FERRY}/a"></iframe>'
    assert in_a_story(tmp_path, body) == [f"6:1 {FERRY}/a"]
