"""Tables as programs and people write them: encodings, separators, quotes, titles, and tables without labels."""

from dataclasses import replace
from pathlib import Path

import pytest

from pressrun.circulation.subscribers.arrivals import Arrival
from pressrun.circulation.subscribers.columns import Meaning
from pressrun.circulation.subscribers.dialects import separator_named
from pressrun.circulation.subscribers.encodings import encoding_named
from pressrun.circulation.subscribers.plans import Questions, plan_of
from pressrun.circulation.subscribers.sheets import TableFile, arrivals_in, sheet_in

AGREED = Questions(consent="signed at the fair")
Refused = list[tuple[int, str]]


def read(folder: Path, content: bytes, questions: Questions = AGREED) -> tuple[list[Arrival], Refused]:
    path = folder / "people.csv"
    path.write_bytes(content)
    refused: Refused = []
    plan = plan_of(TableFile(path), questions)
    with sheet_in(plan.part, plan.form) as sheet:
        found = list(arrivals_in(sheet, plan.reader(), lambda line, _, reason: refused.append((line, reason))))
    return found, refused


def people(folder: Path, text: str, questions: Questions = AGREED, encoding: str = "utf-8") -> list[tuple[str, str]]:
    found, refused = read(folder, text.encode(encoding), questions)
    assert refused == []
    return [(each.written.removesuffix("@reader.example"), each.name) for each in found]


ANN, BOB, BOTH = ("ann", "Ann Lee"), ("bob", "Bob"), [("ann", "Ann Lee"), ("bob", "Bob")]


@pytest.mark.parametrize(
    "text",
    [
        "sep=;\r\nemail;name\r\nann@reader.example;Ann Lee\r\nbob@reader.example;Bob\r\n",
        '"sep=;"\nemail;name\nann@reader.example;Ann Lee\nbob@reader.example;Bob\n',
        "sep=\t\nemail\tname\nann@reader.example\tAnn Lee\nbob@reader.example\tBob\n",
        "SEP=|\nemail|name\nann@reader.example|Ann Lee\nbob@reader.example|Bob\n",
        "sep=^\nemail^name\nann@reader.example^Ann Lee\nbob@reader.example^Bob\n",
        "\ufeffsep=,,\nemail,name\nann@reader.example,Ann Lee\nbob@reader.example,Bob\n",
        "email|name\nann@reader.example|Ann Lee\nbob@reader.example|Bob\n",
        'email;"name (given, middle, family)"\nann@reader.example;Ann Lee\nbob@reader.example;Bob\n',
        'email,"name; as on the badge"\nann@reader.example,Ann Lee\nbob@reader.example,Bob\n'.replace(
            "; as on the badge", ""
        ),
        'email, name\nann@reader.example, "Ann Lee"\nbob@reader.example, "Bob"\n',
        'email , name \n"ann@reader.example" , "Ann Lee" \n "bob@reader.example" ,"Bob"\n',
        'email;\t"name"\nann@reader.example;\t"Ann Lee"\nbob@reader.example;\u00a0"Bob"\n',
        "email               name\n".replace("               ", "      ,       ")
        + "ann@reader.example , Ann Lee\nbob@reader.example ,  Bob   \n",
        "email,name,\nann@reader.example,Ann Lee,\nbob@reader.example,Bob,\n",
        "email;name;;;\nann@reader.example;Ann Lee;;;\nbob@reader.example;Bob;;;\n",
        "Members 2026\n\nemail,name\nann@reader.example,Ann Lee\nbob@reader.example,Bob\n",
        "Members 2026,,\nAs of 12 May,,\nemail,name,\nann@reader.example,Ann Lee,\nbob@reader.example,Bob,\n",
        '"Members, guests, and friends"\nemail;name\nann@reader.example;Ann Lee\nbob@reader.example;Bob\n',
        "sep=;\nMembers\nemail;name\nann@reader.example;Ann Lee\nbob@reader.example;Bob\n",
        "email,name\r\nann@reader.example,Ann Lee\r\n\r\nbob@reader.example,Bob\r\n\r\n",
        "email,name\rann@reader.example,Ann Lee\rbob@reader.example,Bob\r",
        "name,email\nAnn Lee,mailto:ann@reader.example\nBob,MAILTO:bob@reader.example?subject=hello\n",
        "name,email\nAnn Lee,<ann@reader.example>\nBob,bob@reader.example;\n",
        "email,name\nann@reader.example\u200b,Ann Lee\u200b\n\ufeffbob@reader.example\u00a0,\u200eBob\n",
        "email\nAnn Lee <ann@reader.example>\nBob <bob@reader.example>\n",
        'email\n"""Ann Lee"" <ann@reader.example>"\nBob<bob@reader.example>\n',
        "'email','name'\n'ann@reader.example','Ann Lee'\n'bob@reader.example','Bob'\n",
        "Courriel;Nom complet\nann@reader.example;Ann Lee\nbob@reader.example;Bob\n",
        "E-Mail (Pflichtfeld);Vollständiger Name\nann@reader.example;Ann Lee\nbob@reader.example;Bob\n",
    ],
)
def test_the_same_people_are_in_it_however_it_is_written(tmp_path: Path, text: str) -> None:
    assert people(tmp_path, text) == BOTH


@pytest.mark.parametrize(
    "text",
    [
        "ann@reader.example,Ann Lee\nbob@reader.example,Bob\n",
        "ann@reader.example;Ann Lee;2024-05-13\nbob@reader.example;Bob;2024-05-13\n",
        "Members 2026\nann@reader.example,Ann Lee\nbob@reader.example,Bob\n",
        "Ann Lee|ann@reader.example\nBob|bob@reader.example\n",
        "ann@reader.example\nbob@reader.example\n",
        "ann@reader.example\nbob@reader.example",
        "\ufeffann@reader.example\r\nbob@reader.example\r\n",
    ],
)
def test_without_labels_the_first_person_is_not_lost(tmp_path: Path, text: str) -> None:
    assert [address for address, _ in people(tmp_path, text)] == ["ann", "bob"]


def test_the_columns_of_a_table_without_labels_have_numbers(tmp_path: Path) -> None:
    told = replace(AGREED, meanings={"column 1": Meaning.NAME})
    assert people(tmp_path, "Ann Lee;ann@reader.example\nBob;bob@reader.example\n", told) == BOTH


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("ann@@reader.example,Ann\nbob@reader.example,Bob\n", [1]),
        (",Ann,Paris\nbob@reader.example,Bob,Rome\n", [1]),
        ("email,name\nnobody,Nobody\nann@reader.example,Ann\n", [2]),
        ("email,name\nann@reader.example bob@reader.example,Both\nann@reader.example,Ann\n", [2]),
    ],
)
def test_a_person_without_an_address_is_refused_and_never_a_label(
    tmp_path: Path, text: str, refused: list[int]
) -> None:
    found, lines = read(tmp_path, text.encode())
    assert [line for line, _ in lines] == refused
    assert len(found) == 1


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
def test_an_encoding_is_told_by_all_of_a_file(tmp_path: Path, encoding: str) -> None:
    filler = "".join(f"reader{number}@reader.example;Reader {number}\n" for number in range(30_000))
    text = f"email;name\n{filler}ann@reader.example;Zoë Müller-Brûlé, São João\n"
    assert people(tmp_path, text, encoding=encoding)[-1] == ("ann", "Zoë Müller-Brûlé, São João")


@pytest.mark.parametrize(
    ("name", "encoding"),
    [
        ("Łukasz Dąbrowski", "cp1250"),
        ("Dvořák, Jiří; Šárka", "cp1250"),
        ("Erdős Szűcs", "cp1250"),
        ("Борис Годунов", "cp1251"),
        ("Αλέξης Ζορμπάς", "cp1253"),
        ("İsmail Şahin Yıldız", "cp1254"),
        ("山田 太郎", "shift_jis"),
        ("山田 太郎", "euc_jp"),
        ("王小明", "gbk"),
        ("김민준", "euc_kr"),
        ("Zoë Müller", "mac_roman"),
        ("Zoë Müller", "cp437"),
    ],
)
def test_another_encoding_is_asked_for_and_never_guessed(tmp_path: Path, name: str, encoding: str) -> None:
    content = f'email,name\nann@reader.example,"{name}"\n'.encode(encoding)
    with pytest.raises(ValueError, match=r"about line 2 is not in UTF-8; name its encoding, such as --encoding"):
        read(tmp_path, content)
    (ann,), _ = read(tmp_path, content, replace(AGREED, encoding=encoding_named(encoding)))
    assert ann.name == name


def test_somebody_can_say_how_a_table_is_written(tmp_path: Path) -> None:
    odd = "written by hand\nfor the fair\nKontakt~Wer\nann@reader.example~Ann Lee\nbob@reader.example~Bob\n"
    told = replace(AGREED, separator=separator_named("~"), skipped=2)
    with pytest.raises(ValueError, match=r'Say so with --column "Kontakt=address"'):
        people(tmp_path, odd, told)
    told = replace(told, meanings={"kontakt": Meaning.ADDRESS, "wer": Meaning.NAME})
    assert people(tmp_path, odd, told) == BOTH
    with pytest.raises(ValueError, match=r"name what separates them with --separator; .* --skip"):
        people(tmp_path, odd)


@pytest.mark.parametrize("text", ["", "ab", '"', "\n", "a"])
def test_what_is_no_separator_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no separator; write one sign, or comma, semicolon, tab, or pipe"):
        separator_named(text)
    assert [separator_named(word) for word in ("tab", "Pipe", "semicolon", "|", "\t")] == ["\t", "|", ";", "|", "\t"]


@pytest.mark.parametrize("text", ["latin-17", "base64", "rot13", "", "\0"])
def test_what_is_no_encoding_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no encoding; there are utf-8"):
        encoding_named(text)


def test_quotes_may_be_escaped_as_databases_do(tmp_path: Path) -> None:
    text = 'email,name\n"ann@reader.example","Ann \\"A\\" Lee"\n"bob@reader.example","Lee, \\"B\\""\n'
    assert people(tmp_path, text) == [("ann", 'Ann "A" Lee'), ("bob", 'Lee, "B"')]


def test_lines_are_counted_with_those_that_are_skipped(tmp_path: Path) -> None:
    _, refused = read(tmp_path, b"sep=,\nMembers\n\nemail,name\nann@reader.example,Ann\n\nnobody,Nobody\n")
    assert [line for line, _ in refused] == [7]


def test_the_order_of_columns_decides_nothing(tmp_path: Path) -> None:
    for text in (
        "address,email,name\nHigh St,ann@reader.example,Ann Lee\n",
        "name,email,address\nAnn Lee,ann@reader.example,High St\n",
    ):
        assert people(tmp_path, text) == [ANN]
