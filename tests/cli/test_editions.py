"""`pressrun editions`, and the former names of what it does, run in this process."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from builders import a_folder, a_story_file, an_edition_file
from people import NOON, a_crowd
from pressrun.circulation.store.engine import Store, create_store, place_from
from pressrun.cli.choice import ListOptions
from pressrun.cli.main import pressrun
from pressrun.model.delivery import DeliveryState, Mailing
from pressrun.model.publication import MailingList
from pressrun.post.sending.dispatch import freeze, status

SPRING = "tag:gazette.example,2020:editions/spring"
NOW = ("--now", "2026-05-12T12:00Z")


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """A publication with an edition, which is planned for two people."""
    for name in [*os.environ]:
        if name.startswith("PRESSRUN_") or name == "CI":
            monkeypatch.delenv(name)
    a_folder(
        tmp_path, {"content/stories/first-snow.md": a_story_file(), "content/editions/spring.md": an_edition_file()}
    )
    monkeypatch.chdir(tmp_path)
    made = create_store(place_from(str(tmp_path / "var" / "pressrun.db")))
    a_crowd(made, 2, MailingList("newsletter"))
    yield made
    made.close()


@pytest.fixture
def begun(store: Store) -> Store:
    freeze(store, Mailing(SPRING, "a" * 32, ("newsletter",), NOON))
    return store


def run(*arguments: str) -> Result:
    return CliRunner().invoke(pressrun, [*arguments])


def outcomes(store: Store) -> dict[DeliveryState, int]:
    found = status(store, SPRING)
    assert found is not None
    return dict(found.tally.states)


@pytest.mark.parametrize("words", [("editions",), ("editions", "list"), ("editions", "-s", "."), ("send", "--status")])
def test_editions_alone_lists_them(begun: Store, words: tuple[str, ...]) -> None:
    done = run(*words)
    assert done.stdout.splitlines() == [
        "2026-05-08  spring: not finished, to newsletter since 2026-05-12 12:00 UTC",
        "2 candidates: 2 planned.",
    ]
    assert done.exit_code == 4


def test_what_is_planned_is_listed_with_its_date(store: Store) -> None:
    done = run("editions", "list", "--now", "2026-05-07")
    assert (done.stdout, done.exit_code) == ("2026-05-08  spring: not due until 2026-05-08 00:00\n", 0)
    assert run("editions", "list", *NOW).stdout == "2026-05-08  spring: due, not sent\n"


def test_an_edition_whose_file_is_gone_is_shown_by_its_id(begun: Store, tmp_path: Path) -> None:
    (tmp_path / "content/editions/spring.md").unlink()
    done = run("editions", "show", SPRING)
    assert done.stdout.startswith(f"2026-05-12  {SPRING} (its file is gone): not finished")
    assert done.exit_code == 4
    unknown = run("editions", "show", "tag:gazette.example,2020:editions/nothing")
    assert unknown.exit_code == 2


def test_people_are_listed_by_their_outcome(begun: Store) -> None:
    done = run("editions", "show", "spring", "--people")
    assert done.stdout.splitlines() == [
        "r00001@reader.example: planned",
        "r00002@reader.example: planned",
        "2 candidates: 2 planned.",
    ]
    former = run("deliveries", "spring")
    assert former.stdout == done.stdout
    assert (
        former.stderr
        == "note: deliveries is now editions show --people; the old name goes away after the next release\n"
    )
    assert run("editions", "show", "spring", "--csv").exit_code == 2


@pytest.mark.parametrize("words", [("editions", "withdraw", "spring"), ("send", "spring", "--withdraw")])
def test_an_edition_is_withdrawn_by_a_persons_word(begun: Store, words: tuple[str, ...]) -> None:
    assert run(*words).exit_code == 2  # nobody is at a terminal
    assert outcomes(begun) == {DeliveryState.PLANNED: 2}
    done = run(*words, "--yes")
    assert (done.exit_code, done.stdout) == (0, "2 candidates: 2 excluded (2 withdrawn).\n")
    assert outcomes(begun) == {DeliveryState.EXCLUDED: 2}
    again = run(*words, "--yes")
    assert again.stdout.splitlines()[0] == "Nobody is left to withdraw it from."


def test_a_withdrawal_can_be_tried_out(begun: Store) -> None:
    done = run("editions", "withdraw", "spring", "--dry-run")
    assert done.stdout.splitlines()[0] == "2 people have not got it, and would not get it anymore."
    assert outcomes(begun) == {DeliveryState.PLANNED: 2}


def a_choice(**changes: object) -> ListOptions:
    words = ("lists", "tags", "retry", "rates", "ignored", "waived")
    nothing = dict.fromkeys(("corrects", "limit", "in_doubt", "refused"))
    flags = dict.fromkeys(("dry_run", "resume", "yes", "withdraw", "status"), False)
    return ListOptions(**{**dict.fromkeys(words, ()), **nothing, **flags, "connections": 4, **changes})  # type: ignore[arg-type]


def test_former_options_mean_what_they_meant_and_name_the_new_ones(capsys: pytest.CaptureFixture[str]) -> None:
    former = a_choice(in_doubt="resend", refused="resend", waived=("test", "page"))
    now = a_choice(retry=("unknown", "refused"), ignored=("test", "page"))
    assert (former.retried(), former.checks_ignored()) == (now.retried(), now.checks_ignored())
    former.note_former()
    later = "; the old name goes away after the next release"
    assert capsys.readouterr().err.splitlines() == [
        f"note: --in-doubt resend is now --retry unknown{later}",
        f"note: --refused resend is now --retry refused{later}",
        f"note: --waive is now --ignore{later}",
    ]
    now.note_former()
    assert capsys.readouterr().err == ""
    assert a_choice(in_doubt="hold").retried() == frozenset()


@pytest.mark.parametrize(
    ("option", "words"),
    [
        (("--retry", "accepted"), 'there is no outcome to retry "accepted"; there are unknown, refused.'),
        (("--ignore", "test,pages"), 'there is no check "pages"; there are out, test'),
    ],
)
def test_what_cannot_be_retried_or_ignored_is_refused(store: Store, option: tuple[str, str], words: str) -> None:
    done = run("send", "spring", *option)
    assert done.exit_code == 2
    assert words in " ".join(done.stderr.split())
