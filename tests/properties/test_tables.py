"""Laws of importing tables: however one is written, the same people are in it, and no "no" in it is lost."""

import csv
import io
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path

from hypothesis import example, given
from hypothesis import strategies as st

from pressrun.circulation.subscribers.arrivals import Arrival
from pressrun.circulation.subscribers.plans import Questions, Unclear, plan_of
from pressrun.circulation.subscribers.sheets import TableFile, arrivals_in, ignored, sheet_in
from pressrun.model.subscriber import SubscriptionState

AGREED = Questions(consent="signed at the fair")


def read(content: bytes, questions: Questions = AGREED) -> list[Arrival]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "people.csv"
        path.write_bytes(content)
        plan = plan_of(TableFile(path), questions)
        with sheet_in(plan.part, plan.form) as sheet:
            return list(arrivals_in(sheet, plan.reader(), ignored))


WORDS = st.text(st.sampled_from("aäbßcdeéﬁgい山 '-.,;|\t&"), max_size=20)
NOTES = st.lists(WORDS, min_size=1, max_size=8)


@example(["''"], ",", csv.QUOTE_MINIMAL, "\n", "utf-8", "", False, False)
@example(["'new'", "x"], ";", csv.QUOTE_MINIMAL, "\n", "utf-8", "", False, True)
@given(
    notes=NOTES,
    delimiter=st.sampled_from(",;\t|"),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
    ends=st.sampled_from(["\n", "\r\n"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"]),
    title=st.sampled_from(["", "Members 2026", "Members 2026\n"]),
    names_separator=st.booleans(),
    labeled=st.booleans(),
)
def test_a_table_in_any_dialect_has_the_same_people(
    notes: list[str],
    delimiter: str,
    quoting: int,
    ends: str,
    encoding: str,
    title: str,
    names_separator: bool,
    labeled: bool,
) -> None:
    out = io.StringIO()
    out.write(f"sep={delimiter}{ends}" if names_separator else "")
    out.write(title.replace("\n", ends) + ends if title else "")
    writer = csv.writer(out, delimiter=delimiter, quoting=quoting, lineterminator=ends)  # type: ignore[arg-type]
    if labeled:
        writer.writerow(["remark", "email", "town"])
    for number, note in enumerate(notes):
        writer.writerow([note, f"reader{number}@reader.example", "Bern"])
    found = read(out.getvalue().encode(encoding))
    assert [each.written for each in found] == [f"reader{number}@reader.example" for number in range(len(notes))]
    expected = [" ".join(note.split(" ")).strip() for note in notes]
    label = "remark" if labeled else "column 1"
    assert [json.loads(each.fields).get(label, "") for each in found] == expected


@given(
    names=st.lists(st.text(st.sampled_from("abcäé ,;|'"), max_size=12), min_size=1, max_size=6),
    separator=st.sampled_from(",;|"),
    before=st.text(st.sampled_from(" \t\u00a0"), max_size=3),
    after=st.text(st.sampled_from(" \t\u00a0"), max_size=3),
    trailing=st.booleans(),
)
def test_spaces_around_cells_and_quotes_belong_to_nothing(
    names: list[str], separator: str, before: str, after: str, trailing: bool
) -> None:
    rows = [["email", "remark"], *([f"reader{number}@reader.example", name] for number, name in enumerate(names))]
    lines = [
        separator.join(f'{before}"{cell}"{after}' for cell in row) + (separator if trailing else "") for row in rows
    ]
    found = read("\n".join(lines).encode())
    assert [each.written for each in found] == [f"reader{number}@reader.example" for number in range(len(names))]
    fields = [f'{{"remark":"{name.strip()}"}}' if name.strip() else "{}" for name in names]
    assert [each.fields for each in found] == fields


NOES = (
    *(
        ("do_not_contact", "1"),
        ("opt_out", "yes"),
        ("newsletter", "no"),
        ("bounced", "true"),
        ("Abgemeldet am", "13.05.2024"),
    ),
    *(("Désabonné", "oui"), ("No contactar", "sí"), ("Consenso", "no"), ("Não enviar", "sim"), ("Toestemming", "nee")),
    *(("配信停止", "はい"), ("Global status", "Unsubscribed"), ("Segment", "opted out"), ("Spam complaint", "1")),
)
OTHERS = (
    *(
        ("Status", "subscribed"),
        ("opt_in", "yes"),
        ("city", "Bern"),
        ("Unsubscribed", "no"),
        ("created_at", "2024-05-13"),
    ),
    *(("name", "Ann Lee"), ("Suppressed", ""), ("confirmed_at", "2024-05-13 09:30:00"), ("tags", "fair,vip")),
)


@given(
    noes=st.lists(st.sampled_from(NOES), max_size=3, unique=True),
    others=st.lists(st.sampled_from(OTHERS), max_size=5, unique=True),
    data=st.data(),
)
def test_whose_row_says_no_is_never_confirmed_and_the_order_of_columns_decides_nothing(
    noes: list[tuple[str, str]], others: list[tuple[str, str]], data: st.DataObject
) -> None:
    columns: Sequence[tuple[str, str]] = [*noes, *others, ("email", "ann@reader.example")]
    states = []
    for _ in range(2):
        order = data.draw(st.permutations(columns))
        out = io.StringIO()
        csv.writer(out).writerows(zip(*order, strict=True))
        try:
            states.append(read(out.getvalue().encode())[0].state)
        except Unclear:
            states.append(SubscriptionState.PENDING)
    assert states[0] is states[1]
    assert (states[0] is SubscriptionState.CONFIRMED) == (not noes)
