"""The table of mail programs, and what a publication says of it."""

from pathlib import Path

from builders import a_folder, a_source
from pressrun.content.masthead.mailclients import PACKAGED, clients_of, read_clients
from pressrun.content.source.files import content_folder, packaged
from pressrun.model.mailclients import MailClients, Sign, Support
from pressrun.model.problems import Problem

TABLE, _ = read_clients(packaged(PACKAGED), MailClients())


def read(text: str) -> tuple[MailClients, list[Problem]]:
    return read_clients(a_source(text, "clients.yaml"), TABLE)


def told(text: str) -> list[tuple[str, int, str]]:
    return [(problem.code, problem.position.line, problem.message) for problem in read(text)[1]]


def test_a_known_feature_is_corrected_where_something_else_is_said(tmp_path: Path) -> None:
    a_folder(tmp_path, {"content/clients.yaml": "features:\n  float: {holds: {outlook-windows: y, yahoo-web: N}}\n"})
    folder, _ = content_folder(tmp_path / "content", "content")

    table, problems = clients_of(folder)

    assert problems == []
    before, after = TABLE.features["float"], table.features["float"]
    assert (after.name, after.signs, after.instead) == (before.name, before.signs, before.instead)
    assert table.without(after) == ["yahoo-web"]
    assert table.names == TABLE.names


def test_without_a_file_the_packaged_table_holds(tmp_path: Path) -> None:
    folder, _ = content_folder(a_folder(tmp_path, {}) / "content", "content")
    assert clients_of(folder) == (TABLE, [])


def test_a_file_that_is_no_text_leaves_the_packaged_table_and_is_told(tmp_path: Path) -> None:
    a_folder(tmp_path, {"content/clients.yaml": b"\xff"})
    folder, _ = content_folder(tmp_path / "content", "content")

    table, problems = clients_of(folder)

    assert table == TABLE
    assert [problem.code for problem in problems] == ["file-encoding"]


def test_mail_programs_and_features_can_be_added_and_left_out() -> None:
    table, problems = read(
        "date: 2026-09-01\nwithout: [yahoo-web]\nclients: {pine: Alpine}\n"
        "features:\n  zoom:\n    found_by: [{property: Zoom}, {at_rule: '@zoom', value: big}, {function: zoom()}]\n"
        "    holds: {pine: n}\n"
    )
    assert problems == []
    assert table.date == "2026-09-01"
    assert table.names["pine"] == "Alpine"
    assert "yahoo-web" not in table.names
    zoom = table.features["zoom"]
    assert zoom.name == "zoom"
    assert zoom.signs == (
        Sign(properties=("zoom",)),
        Sign(at_rules=("zoom",), values=("big",)),
        Sign(functions=("zoom",)),
    )
    assert zoom.support == {"pine": Support.NO}


def test_every_mistake_is_told_at_its_line() -> None:
    assert told("features:\n  float:\n    holds: {pine: n}\n")[0][:2] == ("bad-value", 3)
    assert told("without:\n  - pine\n")[0][0] == "bad-value"
    assert told("features:\n  float:\n    holds:\n      gmail-web: perhaps\n") == [
        ("bad-value", 4, '"perhaps" does not say whether it holds')
    ]
    assert told("features:\n  float:\n    holds:\n      gmail-web: [y]\n")[0][:2] == ("bad-value", 4)
    assert told("features:\n  zoom: {found_by: {property: zoom}}\n") == [
        ("missing-field", 2, '"holds" is missing'),
    ]
    assert told("features:\n  zoom: {holds: {gmail-web: n}}\n") == [("missing-field", 2, '"found_by" is missing')]
    assert told("features: [float]\n")[0][0] == "wrong-type"
    assert told("features:\n  zoom: 3\n")[0][0] == "wrong-type"
    assert told("clients:\n  pine:\n")[0][0] == "wrong-type"
    assert told("features:\n  float: {found_by: {proprty: float}}\n")[0][0] == "near-miss"
    assert told("clints: {}\n")[0][0] == "near-miss"
    assert told("features: {float: {instead: {a: b}}}\n")[0][0] == "wrong-type"
    assert told("features: {\n")[0][0] == "yaml-syntax"


def test_a_mistake_spoils_nothing_else() -> None:
    table, problems = read("features:\n  zoom: 3\n  float: {holds: {outlook-windows: y}}\n")
    assert len(problems) == 1
    assert table.features.keys() == TABLE.features.keys()
    assert table.without(table.features["float"]) == []
