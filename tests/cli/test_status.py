"""`pressrun status`: what is next, what is unfinished, and what needs somebody."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from builders import MASTHEAD, a_folder, a_story_file, an_edition_file
from earlierstores import store_at
from people import NOON, a_confirmed
from pressrun.circulation.store.engine import create_store, place_from
from pressrun.circulation.store.runs import only_run
from pressrun.cli import main
from pressrun.model.delivery import Mailing
from pressrun.post.sending.dispatch import freeze

Run = Callable[..., tuple[int, str]]
SPRING = "tag:gazette.example,2026:spring"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run `pressrun status` in a sound publication, at noon of 12 May 2026."""
    monkeypatch.chdir(tmp_path)
    for name in ("PRESSRUN_DATABASE", "PRESSRUN_DATABASE_FILE"):
        monkeypatch.delenv(name, raising=False)
    a_folder(
        tmp_path,
        {
            "content/publication.yaml": f"{MASTHEAD}lists:\n  - id: weekly\n",
            "content/stories/first-snow.md": a_story_file(date="2026-05-01"),
        },
    )

    def run(*words: str) -> tuple[int, str]:
        arguments = ["status", "--now", "2026-05-12T12:00Z", *words]
        done = CliRunner(catch_exceptions=False).invoke(main.pressrun, arguments, prog_name="pressrun")
        assert done.stderr == ""
        return done.exit_code, done.stdout

    return run


def test_a_sound_publication_needs_nobody(run: Run) -> None:
    code, out = run()
    assert code == 0
    assert [line[:14].split() for line in out.splitlines()[1:]] == [["next"], ["content"], ["store"]]
    assert "  content     1 story, 0 editions\n" in out
    assert "  store       none. Create one with: pressrun store init\n" in out
    assert "!" not in out


def test_what_is_not_due_is_shown_in_the_order_of_its_dates(run: Run, tmp_path: Path) -> None:
    def ahead(day: str, **fields: str) -> dict[str, str]:
        return {f"content/stories/s{day}.md": a_story_file(date=f"2026-06-{day}", id=f"tag:x,2026:{day}", **fields)}

    a_folder(tmp_path, ahead("09", draft="true"))
    for day in range(10, 17):
        a_folder(tmp_path, ahead(f"{day}"))
    code, out = run()
    found = [line.split(None, 1)[1] for line in out.splitlines() if line.startswith("  next")]
    assert code == 0
    assert [line.partition(":")[0] for line in found[:5]] == [f"story s{day}" for day in range(10, 15)]
    assert "not due until 2026-06-10 00:00" in found[0]
    assert found[5:] == ["2 more not due yet"]
    assert "9 stories, 0 editions, 1 draft among them" in out
    assert "not due" not in run("--now", "2026-07-01")[1]


def test_errors_in_the_content_need_somebody(run: Run, tmp_path: Path) -> None:
    a_folder(tmp_path, {"content/stories/bad.md": a_story_file(date="12th May")})
    code, out = run()
    assert code == 1
    assert "! content     1 error. Show them with: pressrun check\n" in out


def test_a_send_that_is_not_finished_needs_somebody_unless_it_runs(run: Run, tmp_path: Path) -> None:
    a_folder(tmp_path, {"content/editions/spring.md": an_edition_file()})
    with_people = create_store(place_from(str(tmp_path / "var/pressrun.db")))
    assert run()[0] == 0
    assert "  unfinished  no send\n" in run()[1]
    a_confirmed(with_people)
    number = freeze(with_people, Mailing(SPRING, "a" * 32, ("weekly",), NOON))
    code, out = run()
    assert code == 1
    assert f"! unfinished  {SPRING}: 1 candidate: 1 planned; continue with: pressrun send {SPRING}\n" in out
    with only_run(with_people, number):
        code, out = run()
    assert code == 0
    assert f"  unfinished  {SPRING}: 1 candidate: 1 planned; is being sent now\n" in out
    with_people.close()


def test_an_older_store_needs_somebody_and_stays_as_it_is(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "var/pressrun.db"
    store_at(place_from(str(file)), "first")
    before = file.read_bytes()
    code, out = run()
    assert code == 1
    assert f"! store       {Path('var/pressrun.db')} is older. Upgrade it with: pressrun store upgrade\n" in out
    assert file.read_bytes() == before
    assert [each.name for each in file.parent.iterdir()] == [file.name]
