"""The provider is asked, answers, and the verdicts follow: from raw logs, through the sheet, back through the command."""

import csv
import io
import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from raw import TENANT, at, bound, guid, ndjson, signed_in, stamp, token, unique_token_id

from counterseal.cli import main

PEOPLE = ["ada", "bob", "cy", "dee", "eve", "fay"]
MAIL = ndjson(
    *(
        bound(at(1, 9, number), f"{name}@ent.example", **token(name, at(1, 9)))
        for number, name in enumerate(PEOPLE)
    ),
    bound(at(1, 10), "gil@ent.example", SessionId=guid("gil's session")),
)
SIGNED_IN = ndjson(signed_in(at(1, 9), "fay@ent.example", "fay", stream="interactiveUser"))
BY = "P. Rovider, issuance team"


def judged(folder: Path, *more: str) -> dict[str, tuple[str, list[str], str | None, list[str]]]:
    """Run the command; each person's verdict that is not issued: word, reasons, basis, sentences."""
    case = folder / "case"
    assert main(["investigate", str(folder / "logs"), "--out", str(case), *more]) == 0
    return {
        row["mailbox"].partition("@")[0]: (row["verdict"], row["reasons"], row["basis"], row["says"])
        for row in pq.read_table(case / "verdicts.parquet").to_pylist()
    }


def sheet(folder: Path) -> dict[str, dict[str, str]]:
    """The rows of questions.csv by the token or session they ask about."""
    text = (folder / "case" / "questions.csv").read_text("utf-8")
    return {row["token_id"] or row["session_id"]: row for row in csv.DictReader(io.StringIO(text))}


def answer(folder: Path, filled: list[dict[str, str]]) -> str:
    """Write the filled sheet and give its path."""
    out = io.StringIO(newline="")
    table = csv.DictWriter(out, list(filled[0]))
    table.writeheader()
    table.writerows(filled)
    path = folder / "returned.csv"
    path.write_text(out.getvalue(), "utf-8")
    return str(path)


@pytest.fixture
def asked(tmp_path: Path) -> dict[str, dict[str, str]]:
    """A case of mailbox audit with one sign-in, and its questions by person."""
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "mail.ndjson").write_bytes(MAIL)
    (tmp_path / "logs" / "sign-ins.ndjson").write_bytes(SIGNED_IN)
    before = judged(tmp_path)
    assert {name: verdict for name, (verdict, *_) in before.items()} == dict.fromkeys(
        [*PEOPLE[:5], "gil"], "unknown"
    )
    found = sheet(tmp_path)
    named = {unique_token_id(name): name for name in PEOPLE} | {guid("gil's session"): "gil"}
    return {named[value]: row for value, row in found.items()}


def yes(row: dict[str, str], person: str) -> dict[str, str]:
    """The row answered with the issuer's record."""
    record = {"principal": f"{person}@ent.example", "issued_at": stamp(at(1, 9))}
    return row | {"issued": "yes", "answered_by": BY, **record}


def test_each_answer_changes_what_it_should_and_nothing_else(asked, tmp_path):
    """Yes clears where the tuple agrees, and a copied id does not; no accuses by name; unknown and silence leave as is."""
    assert sorted(asked) == ["ada", "bob", "cy", "dee", "eve", "gil"]  # not fay: her token is on record
    filled = [
        yes(asked["ada"], "ada"),
        yes(asked["bob"], "somebody.else"),
        asked["cy"] | {"issued": "no", "answered_by": BY},
        asked["dee"] | {"issued": "unknown", "answered_by": BY},
        asked["eve"],
        asked["gil"] | {"issued": "no", "answered_by": BY},
    ]
    after = judged(tmp_path, "--answers", answer(tmp_path, filled))
    assert {name: (verdict, reasons, basis) for name, (verdict, reasons, basis, _) in after.items()} == {
        "bob": ("suspicious", ["id-reused"], "match"),
        "cy": ("unissued", ["issuer-denied"], "issuer"),
        "dee": ("unknown", ["issuer-cannot-say"], None),
        "eve": ("unknown", ["not-exported"], None),
        "gil": ("unissued", ["issuer-denied"], "issuer"),
    }
    assert after["cy"][3] == [
        f"asked ({asked['cy']['question']}), {BY} answers for the issuer that it never issued token {unique_token_id('cy')}"
    ]
    summary = json.loads((tmp_path / "case" / "summary.json").read_text("utf-8"))
    assert {name: summary["answers"][name] for name in ("yes", "no", "unknown", "left_open", "by")} == {
        "yes": 2,
        "no": 2,
        "unknown": 1,
        "left_open": 1,
        "by": [BY],
    }
    assert summary["events"]["issuance"] == 1  # an answer is no record of the log
    coverage = pq.read_table(tmp_path / "case" / "coverage.parquet").to_pylist()
    assert {row["stream"] for row in coverage} >= {"signin.interactive"}
    assert "answer" not in {row["stream"] for row in coverage}


def test_an_answer_about_another_tenant_or_a_mangled_id_is_refused(asked, tmp_path, capsys):
    """A near miss: the same token under another tenant, or an id a spreadsheet rewrote, is not the question that was asked."""
    no = asked["cy"] | {"issued": "no", "answered_by": BY}
    for row in (no | {"tenant": "another"}, no | {"token_id": "1.2E+21"}):
        path = answer(tmp_path, [row])
        assert (
            main(["investigate", str(tmp_path / "logs"), "--out", str(tmp_path / "case"), "--answers", path])
            == 2
        )
        assert "asks about another token than this row names" in capsys.readouterr().err


def test_a_log_that_the_issuer_contradicts_is_not_believed_nor_is_the_answer(asked, tmp_path):
    """The log shows fay's token and the issuer denies it: suspicious, with both said; nobody is a victim of it."""
    from counterseal.core.questions import question_id

    value = unique_token_id("fay")
    denied = dict.fromkeys(asked["cy"], "") | {
        "question": question_id(TENANT, "token", value),
        "tenant": TENANT,
        "token_id": value,
        "issued": "no",
        "answered_by": BY,
    }
    after = judged(tmp_path, "--answers", answer(tmp_path, [denied]))
    assert after["fay"][:3] == ("suspicious", ["issuer-contradicts-log"], "issuer")


def test_ndjson_does_as_well(asked, tmp_path):
    """The same answer as newline-delimited JSON gives the same verdict."""
    row = asked["cy"] | {"issued": "no", "answered_by": BY}
    path = tmp_path / "returned.ndjson"
    path.write_text(json.dumps({name: value for name, value in row.items() if value}) + "\n", "utf-8")
    assert judged(tmp_path, "--answers", str(path))["cy"][:2] == ("unissued", ["issuer-denied"])
