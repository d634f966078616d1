"""Nobody who said no is taken for a yes: labels and cells about consent, in eight languages."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from pressrun.circulation.subscribers.arrivals import Arrival
from pressrun.circulation.subscribers.columns import Meaning
from pressrun.circulation.subscribers.consentcells import Undecided
from pressrun.circulation.subscribers.dates import DateFormat, DateOrder
from pressrun.circulation.subscribers.plans import ImportPlan, Questions, Unclear, plan_of
from pressrun.circulation.subscribers.sheets import TableFile, arrivals_in, sheet_in, state_named
from pressrun.model.subscriber import SubscriptionState

ADA = "ada@reader.example"
AGREED = Questions(consent="signed at the fair")
LEFT, BOUNCED, COMPLAINED = SubscriptionState.UNSUBSCRIBED, SubscriptionState.BOUNCED, SubscriptionState.COMPLAINED


def table(folder: Path, text: str, name: str = "people.csv") -> TableFile:
    (folder / name).write_text(text, encoding="utf-8")
    return TableFile(folder / name)


def rows_of(labels: Sequence[str], *rows: Sequence[str]) -> str:
    quoted = (",".join(f'"{cell}"' for cell in row) for row in (labels, *rows))
    return "\n".join(quoted) + "\n"


def taken(plan: ImportPlan) -> list[Arrival]:
    refused: list[str] = []
    with sheet_in(plan.part, plan.form) as sheet:
        found = list(arrivals_in(sheet, plan.reader(), lambda line, _, reason: refused.append(f"{line}: {reason}")))
    assert refused == []
    return found


def stands(folder: Path, said: Mapping[str, str], questions: Questions = AGREED) -> SubscriptionState:
    """How Ada stands of whom a table has *said* this, by label."""
    (arrival,) = taken(plan_of(table(folder, rows_of(["email", *said], [ADA, *said.values()])), questions))
    return arrival.state


# One label a line, with what is in its cells where somebody said no; the same label with the opposite says nothing of a
# no, so that the word of whoever imports counts.
NOES: tuple[tuple[str, str, SubscriptionState], ...] = (
    ("do_not_contact", "1", LEFT),
    ("Is this subscriber blacklisted", "1", LEFT),
    ("EMAIL_BLACKLISTED", "Yes", LEFT),
    ("opt_out", "yes", LEFT),
    ("Opted Out Of Email", "TRUE", LEFT),
    ("HasOptedOutOfEmail", "1", LEFT),
    ("emailOptOut", "true", LEFT),
    ("subscribed_to_newsletter", "FALSE", LEFT),
    ("newsletter", "no", LEFT),
    ("accepts_marketing", "no", LEFT),
    ("Accepts Email Marketing", "no", LEFT),
    ("bounced", "true", BOUNCED),
    ("Hard bounced", "x", BOUNCED),
    ("suppressed", "true", LEFT),
    ("Global status", "Unsubscribed", LEFT),
    ("Opt-out", "1", LEFT),
    ("Ｏｐｔ－ｏｕｔ", "１", LEFT),
    ("No Emails", "y", LEFT),
    ("Don't email", "on", LEFT),
    ("Unsubscribe Reason", "too many", LEFT),
    ("Unsubscribed on", "March 3, 2024", LEFT),
    ("bounced_at", "05/13/2024", BOUNCED),
    ("spam complaint", "1", COMPLAINED),
    ("Marked as spam at", "2024-05-13T10:00:00Z", COMPLAINED),
    ("Email Marketing Consent", "NOT_SUBSCRIBED", LEFT),
    ("email_marketing_status", "never subscribed", LEFT),
    ("consent_given", "0", LEFT),
    ("Permission", "Denied", LEFT),
    ("GDPR", "No", LEFT),
    ("inactive", "1", LEFT),
    ("Is Active", "0", LEFT),
    ("No longer wants emails", "1", LEFT),
    ("Receive updates", "No thanks", LEFT),
    ("Role", "blocked", LEFT),
    ("Notes", "deceased", LEFT),
    ("invalid_email", "1", BOUNCED),
    # German
    ("Sperrkennzeichen", "X", LEFT),
    ("Rundschreiben", "nein", LEFT),
    ("Abgemeldet", "ja", LEFT),
    ("Abgemeldet am", "13.05.2024", LEFT),
    ("Newsletter-Abmeldung", "1", LEFT),
    ("Werbesperre", "X", LEFT),
    ("Kein Newsletter", "wahr", LEFT),
    ("nicht kontaktieren", "ja", LEFT),
    ("Einwilligung", "nein", LEFT),
    ("Einwilligung E-Mail-Werbung", "widerrufen", LEFT),
    ("Unzustellbar", "ja", BOUNCED),
    ("Beschwerde", "ja", COMPLAINED),
    ("Anmeldestatus", "abgemeldet", LEFT),
    # French
    ("Désabonné", "oui", LEFT),
    ("désinscrit le", "13/05/2024", LEFT),
    ("Ne pas contacter", "vrai", LEFT),
    ("Liste noire", "oui", LEFT),
    ("Consentement", "non", LEFT),
    ("Accepte la newsletter", "non", LEFT),
    ("Statut", "désabonné", LEFT),
    ("Plainte", "oui", COMPLAINED),
    # Spanish
    ("Dado de baja", "sí", LEFT),
    ("No contactar", "si", LEFT),
    ("Acepta publicidad", "no", LEFT),
    ("Consentimiento", "falso", LEFT),
    ("Estado", "cancelado", LEFT),
    ("Rebotado", "verdadero", BOUNCED),
    # Italian
    ("Disiscritto", "sì", LEFT),
    ("Non contattare", "vero", LEFT),
    ("Consenso marketing", "no", LEFT),
    ("Lista nera", "sì", LEFT),
    ("Stato", "disiscritto", LEFT),
    # Portuguese
    ("Descadastrado", "sim", LEFT),
    ("Não enviar", "verdadeiro", LEFT),
    ("Aceita newsletter", "não", LEFT),
    ("Estado da inscrição", "cancelado", LEFT),
    ("Reclamação", "sim", COMPLAINED),
    # Dutch
    ("Uitgeschreven", "ja", LEFT),
    ("Afgemeld op", "13-05-2024", LEFT),
    ("Geen nieuwsbrief", "waar", LEFT),
    ("Toestemming", "nee", LEFT),
    ("Onbestelbaar", "ja", BOUNCED),
    # Japanese
    ("配信停止", "はい", LEFT),
    ("購読解除日", "2024年5月13日", LEFT),
    ("受信拒否", "1", LEFT),
    ("メルマガ希望", "いいえ", LEFT),
    ("配信", "×", LEFT),
    ("同意", "無", LEFT),
    ("ステータス", "退会済み", LEFT),
    ("不達", "1", BOUNCED),
    # No label says anything, and a cell does
    ("Typ", "abgemeldet", LEFT),
    ("Status 2", "bounced", BOUNCED),
    ("Segment", "Opted out", LEFT),
    ("", "unsubscribed", LEFT),
)


@pytest.mark.parametrize(("label", "cell", "state"), NOES)
def test_a_no_is_a_no_whatever_somebody_says_of_the_list(
    tmp_path: Path, label: str, cell: str, state: SubscriptionState
) -> None:
    assert stands(tmp_path, {label: cell}) is state
    assert stands(tmp_path, {label: cell}, Questions()) is state
    assert stands(tmp_path, {"Status": "subscribed", label: cell}) is state
    assert stands(tmp_path, {label: cell, "Permission to email": "yes"}) is state


@pytest.mark.parametrize(
    ("label", "cell"),
    [
        ("newsletter", "yes"),
        ("Status", "Subscribed"),
        ("opt_in", "TRUE"),
        ("Opt-in date", "05/13/2024"),
        ("double opt-in", "ja"),
        ("Einwilligung", "erteilt am Stand, ja"),
        ("Consentement", "oui"),
        ("購読", "はい"),
        ("Typ", "abonniert"),
    ],
)
def test_a_yes_of_the_table_needs_no_other_word(tmp_path: Path, label: str, cell: str) -> None:
    if "Stand" in cell:
        with pytest.raises(Unclear):
            stands(tmp_path, {label: cell}, Questions())
    else:
        assert stands(tmp_path, {label: cell}, Questions()) is SubscriptionState.CONFIRMED


@pytest.mark.parametrize(
    "said",
    [{}, {"city": "Bern"}, {"opt_out": "no"}, {"do_not_contact": "0"}, {"bounced": ""}, {"created": "2024-05-13"}],
)
def test_what_is_no_no_is_no_yes_either(tmp_path: Path, said: dict[str, str]) -> None:
    with pytest.raises(Unclear, match=r'does not say whether 1 person \(on line 2\) agreed .*--consent "signed'):
        stands(tmp_path, said, Questions())
    assert stands(tmp_path, said) is SubscriptionState.CONFIRMED
    assert stands(tmp_path, said, Questions(state=SubscriptionState.PENDING)) is SubscriptionState.PENDING


@pytest.mark.parametrize(
    "label", ["newsletter", "consent", "Status", "Einwilligung", "opt-in date", "confirmed_at", "購読"]
)
def test_an_empty_consent_is_no_yes_whatever_somebody_says_of_the_list(tmp_path: Path, label: str) -> None:
    for questions in (Questions(), AGREED, replace(AGREED, state=SubscriptionState.CONFIRMED)):
        with pytest.raises(Unclear, match=r"leaves open whether 1 person .* agreed"):
            stands(tmp_path, {label: ""}, questions)
    assert stands(tmp_path, {label: ""}, Questions(state=SubscriptionState.PENDING)) is SubscriptionState.PENDING
    assert stands(tmp_path, {label: "", "opt_out": "yes"}, Questions()) is LEFT
    meant = replace(AGREED, meanings={label.casefold().replace("-", " ").replace("_", " "): Meaning.FIELD})
    assert stands(tmp_path, {label: ""}, meant) is SubscriptionState.CONFIRMED


@pytest.mark.parametrize(
    ("said", "named"),
    [
        (
            {"newsletter": "weekly"},
            r'column "newsletter" .* "weekly" \(line 2\).*--status "weekly=.*"newsletter=field"',
        ),
        ({"Status": "VIP"}, 'column "Status" .* "VIP"'),
        ({"Status": "1"}, '"1" .*--column "Status=subscribed"'),
        ({"Status": "Subscribed", "Status 2": "VIP"}, 'column "Status 2"'),
        ({"bounces": "3"}, 'column "bounces" .* "3"'),
        ({"not bounced": "yes"}, 'column "not bounced"'),
        ({"blacklist removed": "yes"}, 'column "blacklist removed"'),
        ({"Bounce": "soft"}, 'column "Bounce" .* "soft"'),
        ({"unsubscribed": "active"}, 'column "unsubscribed"'),
        ({"newsletter": "2024-05-13"}, 'column "newsletter"'),
        ({"newsletter": "x"}, 'column "newsletter" .* "x"'),
        ({"Einwilligung": "vielleicht"}, "Einwilligung"),
        ({"購読": "たぶん"}, "購読"),
        ({"Notes": "unsubscribed by phone, 12 May"}, 'column "Notes"'),
        ({"Bemerkung": "hat sich telefonisch abgemeldet"}, 'column "Bemerkung"'),
        ({"okay to contact": "no"}, 'column "okay to contact"'),
        ({"Recibe correos": "no"}, 'column "Recibe correos"'),
        ({"email_frequency": "never"}, 'column "email_frequency"'),
        ({"Hard Bounces": "2"}, 'column "Hard Bounces"'),
    ],
)
def test_what_is_not_understood_stops_and_is_named(tmp_path: Path, said: dict[str, str], named: str) -> None:
    with pytest.raises(Unclear, match=named):
        stands(tmp_path, said)


def test_a_source_of_consent_that_is_none_is_asked_about(tmp_path: Path) -> None:
    part = table(tmp_path, rows_of(["email", "Consent source"], [ADA, "website"], ["grace@reader.example", "no"]))
    with pytest.raises(Unclear, match=r'column "Consent source" .* "no"'):
        plan_of(part, AGREED)


def test_a_word_of_consent_in_a_column_of_notes_is_asked_about(tmp_path: Path) -> None:
    rows = [(f"reader{number}@reader.example", f"met in {number}") for number in range(3_000)]
    rows[2_900] = ("grace@reader.example", "Please unsubscribe")
    with pytest.raises(Unclear, match=r'column "Notes" .* "Please unsubscribe" \(line 2,902\).*"Notes=field"'):
        plan_of(table(tmp_path, rows_of(["email", "Notes"], *rows)), AGREED)


@pytest.mark.parametrize(
    ("label", "cells"),
    [
        ("city", ["Berlin", "Baja California", "Rome"]),
        ("Company", ["Block Inc.", "Stop & Shop", "Bounce Studio", "Robinson"]),
        ("Comments", ["I love your newsletter", "no time to read it", "please keep sending"]),
        ("State", ["NY", "ON", "OK", "CA"]),
        ("Estado", ["Jalisco", "Oaxaca"]),
        ("Type", ["premium", "regular", "gold"]),
        ("Order status", ["paid", "cancelled", "shipped"]),
        ("Mailing City", ["Bern", "Basel"]),
        ("Marketing channel", ["fair", "website"]),
        ("Contact No", ["555 0100", "555 0101"]),
        ("Last active", ["2024-05-13", ""]),
        ("subscription plan", ["monthly", "yearly"]),
        ("Consent source", ["website form", "fair"]),
        ("Block", ["A", "B"]),
        ("Sex", ["f", "m"]),
        ("VIP", ["yes", "no"]),
        ("Category", ["left", "right"]),
        ("Handicap", ["disabled", ""]),
    ],
)
def test_what_is_about_something_else_stops_nobody(tmp_path: Path, label: str, cells: list[str]) -> None:
    rows = [(f"reader{number}@reader.example", cell) for number, cell in enumerate(cells)]
    plan = plan_of(table(tmp_path, rows_of(["email", label], *rows)), AGREED)
    assert {arrival.state for arrival in taken(plan)} == {SubscriptionState.CONFIRMED}
    assert plan.columns.columns[1].meaning is Meaning.FIELD


def test_somebody_can_say_what_is_meant(tmp_path: Path) -> None:
    weekly = {"newsletter": "weekly"}
    assert (
        stands(tmp_path, weekly, replace(AGREED, statuses={"weekly": SubscriptionState.CONFIRMED}))
        is SubscriptionState.CONFIRMED
    )
    assert stands(tmp_path, weekly, replace(AGREED, statuses={"weekly": LEFT})) is LEFT
    assert (
        stands(tmp_path, weekly, replace(AGREED, statuses={"weekly": Undecided.NOTHING})) is SubscriptionState.CONFIRMED
    )
    assert (
        stands(tmp_path, weekly, replace(AGREED, meanings={"newsletter": Meaning.FIELD})) is SubscriptionState.CONFIRMED
    )
    flag = {"mail": ADA, "Kunde": "no"}
    assert stands(tmp_path, flag, replace(AGREED, meanings={"kunde": Meaning.SUBSCRIBED})) is LEFT
    assert stands(tmp_path, {"Kunde": "yes"}, replace(AGREED, meanings={"kunde": Meaning.DISABLED})) is LEFT
    with pytest.raises(Unclear, match='"Kunde"'):
        stands(tmp_path, {"Kunde": "maybe"}, replace(AGREED, meanings={"kunde": Meaning.SUBSCRIBED}))


@pytest.mark.parametrize(
    ("said", "state"),
    [
        ({"bounced": "yes", "unsubscribed": "yes", "complained": "yes"}, COMPLAINED),
        ({"confirmed": "no"}, SubscriptionState.PENDING),
        ({"confirmed": "no", "Status": "subscribed"}, SubscriptionState.PENDING),
        ({"Status": "pending", "newsletter": "yes"}, SubscriptionState.PENDING),
        ({"opt-in date": "", "Status": "subscribed"}, SubscriptionState.CONFIRMED),
        ({"unsubscribed_at": "0000-00-00 00:00:00", "Status": "subscribed"}, SubscriptionState.CONFIRMED),
        ({"tags": "fair, Unsubscribed", "Status": "subscribed"}, LEFT),
        ({"attributes": "{''newsletter'': false}", "Status": "subscribed"}, LEFT),
        ({"attributes": "{''opt_out'': ''yes'', ''city'': ''Bern''}", "Status": "subscribed"}, LEFT),
    ],
)
def test_of_several_the_strictest_counts(tmp_path: Path, said: dict[str, str], state: SubscriptionState) -> None:
    said = {label: cell.replace("''", '""') for label, cell in said.items()}
    assert stands(tmp_path, said) is state


@pytest.mark.parametrize(
    ("name", "state"),
    [
        ("unsubscribed_members_export.csv", LEFT),
        ("cleaned.csv", BOUNCED),
        ("bounces-2026.csv", BOUNCED),
        ("Abgemeldet.csv", LEFT),
        ("spam complaints.csv", COMPLAINED),
        ("do-not-email.csv", LEFT),
        ("liste_noire.csv", LEFT),
        ("members.csv", None),
        ("newsletter.csv", None),
        ("not bounced.csv", None),
        ("left.csv", None),
    ],
)
def test_a_file_may_say_by_its_name_that_all_in_it_said_no(
    tmp_path: Path, name: str, state: SubscriptionState | None
) -> None:
    assert state_named(name) is state
    if state is not None:
        (arrival,) = taken(plan_of(table(tmp_path, f"email\n{ADA}\n", name), AGREED))
        assert arrival.state is state


def test_what_attributes_say_is_understood_or_asked_about(tmp_path: Path) -> None:
    said = {"attributes": '{""newsletter"": ""weekly"", ""city"": ""Bern""}'}
    with pytest.raises(Unclear, match=r'column "attributes.newsletter" .*"attributes.newsletter=field"'):
        stands(tmp_path, said)
    assert stands(tmp_path, said, replace(AGREED, statuses={"weekly": LEFT})) is LEFT
    assert (
        stands(tmp_path, said, replace(AGREED, statuses={"weekly": SubscriptionState.CONFIRMED}))
        is SubscriptionState.CONFIRMED
    )
    field = replace(AGREED, meanings={"attributes newsletter": Meaning.FIELD})
    assert stands(tmp_path, said, field) is SubscriptionState.CONFIRMED
    assert stands(tmp_path, {"attributes": '{""newsletter"": ""no""}'}, field) is SubscriptionState.CONFIRMED
    assert stands(tmp_path, {"attributes": '{""newsletter"": ""no""}'}) is LEFT


def test_all_questions_are_asked_at_once(tmp_path: Path) -> None:
    part = table(tmp_path, rows_of(["email", "newsletter", "created", "Status"], [ADA, "weekly", "05/04/2024", "VIP"]))
    with pytest.raises(Unclear) as asked:
        plan_of(part, AGREED)
    assert len(asked.value.sentences) == 3
    assert 'column "created" has dates such as "05/04/2024"' in str(asked.value)
    answered = replace(
        AGREED, dates=DateFormat(DateOrder.DAY), statuses={"weekly": LEFT, "vip": SubscriptionState.CONFIRMED}
    )
    assert taken(plan_of(part, answered))[0].state is LEFT
