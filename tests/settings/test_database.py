"""The database of a publication, and what is said where its driver is not installed."""

import sys
from pathlib import Path

import pytest

from builders import MASTHEAD, a_folder
from pressrun.cli import service
from pressrun.cli.main import main
from pressrun.model.problems import StoreError
from pressrun.settings.database import NO_POSTGRESQL, NO_SERVICE, database_named

URL = "postgresql://pressrun@db.example/gazette"


def test_a_missing_driver_for_postgresql_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert database_named({"PRESSRUN_DATABASE": URL}, tmp_path).host == "db.example"
    monkeypatch.setattr("pressrun.settings.database.find_spec", lambda _name: None)
    with pytest.raises(StoreError) as error:
        database_named({"PRESSRUN_DATABASE": URL}, tmp_path)
    assert str(error.value) == NO_POSTGRESQL
    assert database_named({}, tmp_path).database == str(tmp_path / "var/pressrun.db")


@pytest.mark.parametrize("missing", ["anyio", "python_multipart"])
def test_a_service_without_its_extra_says_what_to_install(
    missing: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:

    masthead = f"{MASTHEAD}lists:\n  - id: weekly\nservice:\n  address: http://127.0.0.1:8125/\n"
    a_folder(tmp_path, {"content/publication.yaml": masthead})
    find = service.find_spec
    monkeypatch.setattr(service, "find_spec", lambda name: None if name == missing else find(name))
    monkeypatch.setattr(sys, "argv", ["pressrun", "-C", str(tmp_path), "service"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 3
    assert capsys.readouterr().err == f"pressrun: {NO_SERVICE}\n"
