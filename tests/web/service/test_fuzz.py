"""Whatever is asked of the service: it answers, never breaks, gives nothing away, and changes nothing for anybody."""

import http.client
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pressrun.circulation.dossiers import find
from pressrun.circulation.store.engine import Store
from pressrun.circulation.subscribers.addresses import address_from
from pressrun.model.subscriber import Confirmed
from pressrun.web.service.guard import HEADERS
from serviceserver import ADA, FORM, House, house

LINKS = ("confirm/", "unsubscribe/", "leave/", "manage/", "data/")
PLACES = ("", "subscribe", "asked", "sent", "manage", "health", "nothing", *LINKS)
ALLOWED = {200, 303, 400, 404, 405, 410, 413, 415, 422, 429}
tokens = st.text(max_size=40) | st.from_regex(
    r"[A-Za-z0-9_-]{22}\.(weekly)?\.\d{1,10}\.[A-Za-z0-9_-]{43}", fullmatch=True
)
fields = st.sampled_from(["email", "list", "stamp", "website", "name", "kind", "answer", "List-Unsubscribe", "x"])
values = st.text(max_size=40) | st.sampled_from(["weekly", "all", "erase", "save", "One-Click", "eve@reader.example"])
bodies = st.binary(max_size=200) | st.lists(st.tuples(fields, values), max_size=6).map(
    lambda pairs: "&".join(f"{quote(name)}={quote(value)}" for name, value in pairs).encode()
)
kinds = st.sampled_from(
    [FORM, "multipart/form-data; boundary=b", "multipart/form-data", "text/plain", "", f"{FORM}; charset=utf-16"]
)
parts = st.lists(st.tuples(st.text(max_size=20), st.binary(max_size=40)), max_size=3).map(
    lambda found: (
        b"".join(
            b'--b\r\nContent-Disposition: form-data; name="'
            + name.encode("utf-8", "replace")
            + b'"\r\n\r\n'
            + value
            + b"\r\n"
            for name, value in found
        )
        + b"--b--\r\n"
    )
)


@pytest.fixture(scope="module")
def home(shared_store: Store) -> Iterator[House]:
    with house(shared_store) as running:
        running.subscribed()
        yield running


@pytest.mark.slow
@given(
    method=st.sampled_from(["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"]),
    place=st.sampled_from(PLACES),
    token=tokens,
    query=st.text(max_size=20),
    body=bodies | parts,
    kind=kinds,
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
def test_every_address_answers_whatever_it_is_asked(
    home: House, method: str, place: str, token: str, query: str, body: bytes, kind: str
) -> None:
    home.clock.forward(hours=1)
    word = quote(token.encode("utf-8", "replace"), safe="") if place.endswith("/") else ""
    try:
        answer = home.ask(method, f"/{place}{word}?{quote(query.encode('utf-8', 'replace'))}", body, Content_Type=kind)
    except http.client.HTTPException as error:
        raise AssertionError(f"no answer to {method} {place}") from error
    assert answer.status in ALLOWED
    for name, value in HEADERS.items():
        assert answer.headers[name] == value or name == "Content-Security-Policy"
    assert answer.headers["Set-Cookie"] is None
    assert ADA not in answer.body.decode()
    assert not [line for line in home.told.said if line.startswith("error")]
    person = find(home.store, address_from(ADA))
    assert person is not None
    assert isinstance(person.standing("weekly"), Confirmed)
    assert find(home.store, address_from("eve@reader.example")) is None
