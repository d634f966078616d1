"""Addresses that need no change are found without a look at their parts, and are the same."""

from urllib.parse import quote, urlsplit

from hypothesis import given
from hypothesis import strategies as st

from pressrun.model.addresses import Addresses, ascii_url

PIECES = [
    *"http:// https:// HTTP:// // / a.example a b 1 : :80 .. . %20 % ? # = & @ ' ~ - _ ; ! * ( ) [ ] | ^ ü 日".split(),
    *(" ", "\\", "\n", "\t"),
]
WRITTEN = st.lists(st.sampled_from(PIECES), max_size=8).map("".join)
IN_PATH, IN_URL = "/~-._!$&'()*+,;=:@", "/~-._!$&'()*+,;=:@?#[]%"


@given(WRITTEN)
def test_a_path_is_encoded_where_it_has_to_be(path: str) -> None:
    assert Addresses("https://x.example/").url(path) == "https://x.example/" + quote(path.lstrip("/"), safe=IN_PATH)


@given(rest=WRITTEN)
def test_an_address_is_encoded_where_it_has_to_be(rest: str) -> None:
    url = f"https://x.example/{rest}"
    try:
        parts = urlsplit(url)
    except ValueError:
        return
    assert ascii_url(url) == quote(parts.geturl(), safe=IN_URL)


@given(rest=WRITTEN.filter(str.isascii))
def test_an_address_with_an_odd_host_is_encoded_where_it_has_to_be(rest: str) -> None:
    url = f"http://{rest}"
    try:
        parts = urlsplit(url)
    except ValueError:
        return
    assert ascii_url(url) == quote(parts.geturl(), safe=IN_URL)
