"""What `service:` of publication.yaml may say, and what is told where it cannot be."""

import pytest

from builders import MASTHEAD, a_source
from pressrun.content.masthead.publication import read_masthead
from pressrun.model.publication import Refusal, ServiceSettings

ADDRESS = "  address: https://letters.gazette.example"


def settings_from(*lines: str) -> tuple[ServiceSettings | None, list[str]]:
    text = "\n".join((MASTHEAD.rstrip("\n"), "service:", *lines, ""))
    masthead, _, problems = read_masthead(a_source(text, "publication.yaml"))
    assert masthead is not None
    return masthead.publication.service, [f"{each.position.line}: {each.message} [{each.code}]" for each in problems]


def test_every_setting_of_the_service_is_read() -> None:
    settings, problems = settings_from(
        ADDRESS,
        "  proxies: [127.0.0.1, 10.1.2.3/8, '::1']",
        "  refuse: role, Disposable",
        "  refuse_domains: [Away.example, '@bücher.example']",
        "  confirm_days: 3",
        "  emails_per_hour: 50",
        "  forget_pending_days: 0",
    )
    assert problems == []
    assert settings == ServiceSettings(
        "https://letters.gazette.example/",
        proxies=("127.0.0.1/32", "10.0.0.0/8", "::1/128"),
        refuse=(Refusal.ROLE, Refusal.DISPOSABLE),
        refuse_domains=("away.example", "xn--bcher-kva.example"),
        confirm_days=3,
        emails_per_hour=50,
        forget_pending_days=0,
    )


@pytest.mark.parametrize("address", ["http://localhost:8125/", "http://127.0.0.1:8125/", "http://[::1]/"])
def test_this_machine_needs_no_encryption(address: str) -> None:
    settings, problems = settings_from(f"  address: '{address}'")
    assert problems == []
    assert settings == ServiceSettings(address)


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        (["  address: http://letters.gazette.example/"], "is not encrypted [bad-value]"),
        (["  refuse: role"], '"address" is missing [missing-field]'),
        ([ADDRESS, "  proxies: everybody"], '"everybody" is no address of a proxy [bad-value]'),
        ([ADDRESS, "  proxies: 0.0.0.0/0"], "is everybody, who could then claim to be anybody [bad-value]"),
        ([ADDRESS, "  refuse: children"], '"children" is no kind of address [bad-value]'),
        ([ADDRESS, "  refuse_domains: 'a b'"], '"a b" is not a domain [bad-value]'),
        ([ADDRESS, "  confirm_days: 91"], "91 days are too long for a link to confirm [bad-value]"),
        ([ADDRESS, "  emails_per_hour: 0"], '"0" is not a number from 1 to 100,000 [wrong-type]'),
        ([ADDRESS, "  forget_pending_days: never"], '"never" is not a number from 1 to 100,000 [wrong-type]'),
        ([ADDRESS, "  forget_pending_days: 4000"], "too long to keep somebody who never confirmed [bad-value]"),
    ],
)
def test_what_cannot_be_is_told(lines: list[str], problem: str) -> None:
    settings, problems = settings_from(*lines)
    assert settings is None
    assert len(problems) == 1
    assert problems[0].endswith(problem)


def test_a_field_that_is_nearly_right_is_told() -> None:
    _, problems = settings_from(ADDRESS, "  proxie: 127.0.0.1")
    assert len(problems) == 1
