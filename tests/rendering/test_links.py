"""Where the addresses in a text lead."""

import re
from dataclasses import replace
from urllib.parse import quote, unquote, urljoin

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import some_targets
from pressrun.rendering.links import Broken, Resolver, Targets

DOCUMENTS = {
    "stories/2026-05-12-moving-house.md": "/stories/moving-house/",
    "stories/other.md": "/stories/other/",
    "stories/bundle/index.md": "/stories/bundle/",
    "editions/spring.md": "/editions/spring/",
}
TARGETS = some_targets(
    DOCUMENTS,
    files=("images/house.png", "stories/bundle/pic.jpg", "papers/report.pdf", "static/logo.png", "images/broken.png"),
    static=("logo.png", "files/a.zip"),
    held_back={"stories/later.md": "is a draft"},
)
HERE = "https://gazette.example/stories/moving-house/"


def a_resolver(targets: Targets = TARGETS, source: str = "stories/2026-05-12-moving-house.md") -> Resolver:
    return Resolver(targets, source, HERE, "moving-house-")


@pytest.mark.parametrize(
    ("written", "url"),
    [
        ("other.md", "https://gazette.example/stories/other/"),
        ("./other.md", "https://gazette.example/stories/other/"),
        ("../stories/other.md", "https://gazette.example/stories/other/"),
        ("other", "https://gazette.example/stories/other/"),
        ("other.md#part", "https://gazette.example/stories/other/#other-part"),
        ("bundle", "https://gazette.example/stories/bundle/"),
        ("../editions/spring.md", "https://gazette.example/editions/spring/"),
        ("../other/", "https://gazette.example/stories/other/"),
        ("/stories/other/", "https://gazette.example/stories/other/"),
        ("/stories/other", "https://gazette.example/stories/other"),
        ("/stories/other.md", "https://gazette.example/stories/other/"),
        ("/stories/other/#part", "https://gazette.example/stories/other/#other-part"),
        ("../other/#part", "https://gazette.example/stories/other/#other-part"),
        ("/logo.png", "https://gazette.example/logo.png"),
        ("/atom.xml", "https://gazette.example/atom.xml"),
        ("/", "https://gazette.example/"),
        ("../images/house.png", "https://gazette.example/images/house.png"),
        ("/images/house.png", "https://gazette.example/images/house.png"),
        ("../papers/report.pdf#page=2", "https://gazette.example/files/report.pdf#page=2"),
        ("#part", HERE + "#moving-house-part"),
        ("", HERE),
        ("//cdn.example/x.png", "https://cdn.example/x.png"),
        ("https://x.example/a b?q=ü#é", "https://x.example/a%20b?q=%C3%BC#%C3%A9"),
        ("https://bücher.example/", "https://xn--bcher-kva.example/"),
        ("HTTPS://x.example/", "https://x.example/"),
        ("mailto:a@b.example", "mailto:a@b.example"),
    ],
)
def test_every_address_becomes_absolute_and_ascii(written: str, url: str) -> None:
    resolver = a_resolver()
    assert resolver(written) == url
    assert resolver.broken == {}


@pytest.mark.parametrize(
    ("written", "code", "message"),
    [
        ("nowhere.md", "link-broken", "nothing is at nowhere.md"),
        ("later.md", "link-broken", "later.md is a draft"),
        ("../../../etc/passwd", "link-broken", "leads out of the content folder"),
        ("%2e%2e/%2e%2e/etc/passwd", "link-broken", "leads out"),
        ("none.png", "picture-missing", "there is no picture none.png"),
        ("../images/broken.png", "picture-missing", "not a picture"),
        ("/none.png", "picture-missing", "there is no picture /none.png"),
        ("/about/", "link-broken", "this publication has nothing at /about/"),
        ("https://[broken/", "link-broken", "is not an address"),
    ],
)
def test_an_address_that_leads_nowhere_is_found_out(written: str, code: str, message: str) -> None:
    resolver = a_resolver()
    url = resolver(written)

    assert url.startswith("https://gazette.example/")
    (fault,) = resolver.broken.values()
    assert fault.code == code
    assert message in fault.message


@pytest.mark.parametrize(
    ("written", "url"),
    [
        ("/docs/start/#install", "https://gazette.example/docs/start/#install"),
        ("/find/?q=a&lang=en", "https://gazette.example/find/?q=a&lang=en"),
        ("/docs/start/?v=2#install", "https://gazette.example/docs/start/?v=2#install"),
        ("/a%2Fb/c%3Fd%23e/", "https://gazette.example/a%2Fb/c%3Fd%23e/"),
        ("/100%/ü b/", "https://gazette.example/100%25/%C3%BC%20b/"),
        ("/find/?q=100%&r=%41 ü#x y", "https://gazette.example/find/?q=100%25&r=%41%20%C3%BC#x%20y"),
        ("docs/#install", HERE + "docs/#install"),
        ("./two.html?x=1#y", HERE + "two.html?x=1#y"),
        ("../../docs/", "https://gazette.example/docs/"),
        ("?page=2", HERE + "?page=2"),
        ("?page=2#part", HERE + "?page=2#moving-house-part"),
    ],
)
def test_an_address_that_pressrun_does_not_know_leads_where_a_browser_goes(written: str, url: str) -> None:
    """RFC 3986, section 5.2: the path, the query and the fragment are parts of their own."""
    assert a_resolver()(written) == url


@pytest.mark.parametrize(
    ("page", "written", "url"),
    [
        ("/posts/one.html", "./two.html", "https://gazette.example/posts/two.html"),
        ("/posts/one.html", "two.html", "https://gazette.example/posts/two.html"),
        ("/posts/one.html", "../logo.png", "https://gazette.example/logo.png"),
        ("/posts/one.html", "../files/a.zip", "https://gazette.example/files/a.zip"),
        ("/posts/one.html", "../images/house.png", "https://gazette.example/images/house.png"),
        ("/stories/a/", "../../logo.png", "https://gazette.example/logo.png"),
        ("/stories/a/", "../../logo.png?v=2", "https://gazette.example/logo.png?v=2"),
        ("/stories/a/", "../other/", "https://gazette.example/stories/other/"),
        ("/stories/a/", "../../../../logo.png", "https://gazette.example/logo.png"),
    ],
)
def test_what_is_published_is_found_as_seen_from_the_page(page: str, written: str, url: str) -> None:
    targets = replace(TARGETS, paths=TARGETS.paths | {"/posts/two.html"})
    resolver = Resolver(targets, "deep/down/in/one.md", f"https://gazette.example{page}", "one-")
    assert resolver(written) == url
    assert resolver.broken == {}


_WORDS = st.text(st.sampled_from("ab/.%2F3?#&=ü [(~"), max_size=14)


@given(_WORDS, st.sampled_from(["/posts/one.html", "/stories/a/", "/stories/a", "/"]))
def test_any_unknown_address_is_what_a_browser_makes_of_it(written: str, page: str) -> None:
    """But for the prefix of ids, a name that happens to be known, and escapes that stand for themselves."""
    written = written.strip()
    if written.startswith("//") or not written.partition("?")[0].partition("#")[0] or "[" in written[:2]:
        return
    link = f"https://gazette.example{page}"
    resolver = Resolver(some_targets(), "x/y/one.md", link, "")
    try:
        browser = urljoin(link, _as_typed(written))
    except ValueError:
        return
    assert unquote(resolver(written)).rstrip("?#") == unquote(browser).rstrip("?#")


def _as_typed(written: str) -> str:
    return re.sub("%(?![0-9A-Fa-f]{2})", "%25", quote(written, safe="/.%?#&=()~[]"))


def test_a_path_of_ours_that_nothing_answers_may_belong_to_somebody_else() -> None:
    resolver = a_resolver()
    resolver("/about/")
    assert not resolver.broken["/about/"].certain


def test_beside_another_site_its_paths_are_taken_on_trust() -> None:
    targets = some_targets(DOCUMENTS, is_whole=False)
    resolver = a_resolver(targets)
    assert resolver("/about/") == "https://gazette.example/about/"
    assert resolver("/pictures/x.png") == "https://gazette.example/pictures/x.png"
    assert resolver.broken == {}


def test_a_nearly_right_name_is_suggested() -> None:
    resolver = a_resolver()
    resolver("othr.md")
    assert resolver.broken["othr.md"].hint == "did you mean other.md?"


def test_a_home_below_a_path_keeps_it() -> None:
    targets = some_targets({"stories/a.md": "/stories/a/"}, home="https://x.example/news/")
    resolver = Resolver(targets, "stories/a.md", "https://x.example/news/stories/a/", "a-")
    assert resolver("/stories/a/") == "https://x.example/news/stories/a/"
    assert resolver("/news/stories/a/") == "https://x.example/news/stories/a/"
    assert resolver("a.md") == "https://x.example/news/stories/a/"


def test_what_a_text_shows_and_links_to_is_remembered() -> None:
    resolver = a_resolver(source="stories/bundle/index.md")
    resolver("pic.jpg")
    resolver("../../papers/report.pdf")
    assert [picture.source for picture in resolver.pictures.values()] == ["stories/bundle/pic.jpg"]
    assert list(resolver.files) == ["papers/report.pdf"]


def test_a_broken_address_can_be_asked_for_outright() -> None:
    with pytest.raises(Broken):
        a_resolver().resolved("nowhere.md")


def test_ids_follow_the_slug_whatever_the_address_looks_like() -> None:
    targets = replace(some_targets({"stories/b.md": "/2026/b.html"}), prefixes={"/2026/b.html": "b-"})
    assert a_resolver(targets)("b.md#part") == "https://gazette.example/2026/b.html#b-part"


def test_a_static_picture_is_a_picture_under_its_own_name() -> None:
    resolver = a_resolver()
    url = resolver("/logo.png")
    assert (resolver.pictures[url].width, resolver.pictures[url].source) == (1200, "")


def test_a_story_that_lives_elsewhere_is_linked_there() -> None:
    targets = some_targets({"stories/b.md": "https://elsewhere.example/b"}, is_whole=False)
    assert a_resolver(targets)("b.md") == "https://elsewhere.example/b"


def test_ids_follow_slugs_of_every_script() -> None:
    targets = some_targets({"stories/日本.md": "/stories/日本/"})
    assert a_resolver(targets)("日本.md#sec") == "https://gazette.example/stories/%E6%97%A5%E6%9C%AC/#日本-sec"


@given(st.lists(st.sampled_from("/ . .. stories other other.md bundle later.md logo.png a.zip house.png x -".split())))
def test_a_plain_path_leads_where_it_would_with_a_query_behind_it(parts: list[str]) -> None:
    """It is not taken apart, for there is nothing to be found."""
    path = "/".join(parts)
    if path and not path.startswith("//"):
        plain, taken_apart = a_resolver(), a_resolver()
        assert f"{plain(path)}?x" == taken_apart(f"{path}?x") or plain.broken
        assert [fault.message for fault in plain.broken.values()] == [
            fault.message for fault in taken_apart.broken.values()
        ]
        assert (plain.pictures, plain.files) == (taken_apart.pictures, taken_apart.files)
