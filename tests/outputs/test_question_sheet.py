"""questions.csv comes back as it was sent: ids that a spreadsheet would run or rewrite are told apart."""

import csv
from pathlib import Path

from finished_case import MANIFEST, SUMMARY, use, write_case

from counterseal.investigate.answers import read_answers
from counterseal.outputs import open_view, question_sheet


def test_ids_that_look_like_formulas_come_back_whole(tmp_path: Path):
    """The sheet is inert in a spreadsheet, and what is read back is the id of the log; what no issuer writes is left out."""
    ids = [
        "-AAAAAAAAAAAAAAAAAAAAA",
        "=1+1",
        "'=quoted",
        "plain, with a comma",
        " padded",
        "new\nline",
        "x" * 600,
    ]
    rows = [
        use(number, token_id=value, verdict="unknown", reasons=["gap"]) for number, value in enumerate(ids)
    ]
    case = write_case(tmp_path / "case", {"verdicts": rows}, SUMMARY, MANIFEST)
    with open_view(case) as view:
        question_sheet.write(view)
    path = case.root / "questions.csv"
    with path.open(encoding="utf-8", newline="") as stream:
        sheet = list(csv.DictReader(stream))
    assert sorted(row["token_id"] for row in sheet) == sorted(
        ["'-AAAAAAAAAAAAAAAAAAAAA", "'=1+1", "'=quoted", "plain, with a comma"]
    )
    with path.open("w", encoding="utf-8", newline="") as stream:
        table = csv.DictWriter(stream, list(sheet[0]))
        table.writeheader()
        table.writerows(row | {"issued": "no", "answered_by": "P"} for row in sheet)
    assert sorted(answer.id for answer in read_answers(path).given) == sorted(ids[:4])
