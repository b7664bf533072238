"""case.xlsx, read back by another library: typed cells, every row, and nothing that a spreadsheet would run."""

import zipfile
from datetime import datetime

import openpyxl
import pytest
from finished_case import ESCAPE, FORMULA, HOSTILE, OVERRIDE

from counterseal.core.case import MAILBOXES, Case
from counterseal.outputs import open_view, workbook

SHEETS = [
    "Overview",
    "Mailboxes",
    "Exposure",
    "Verdicts",
    "Actors",
    "Coverage",
    "Keys",
    "Detections",
    "Evidence",
    "Decisions",
]


def made(case: Case) -> openpyxl.Workbook:
    with open_view(case) as view:
        workbook.write(view)
    return openpyxl.load_workbook(case.root / "case.xlsx")


def table(book: openpyxl.Workbook, title: str) -> list[dict[str, object]]:
    head, *rows = book[title].iter_rows(values_only=True)
    return [dict(zip(head, row, strict=True)) for row in rows]


def test_sheets_hold_the_case_in_typed_cells(storm_case: Case):
    """Numbers are numbers, times are times, an unknown bound is empty and not 0, the worst stands first."""
    book = made(storm_case)
    assert book.sheetnames == SHEETS
    roster = table(book, "Mailboxes")
    assert [row["status"] for row in roster] == ["victim", "suspected", "undetermined", "cleared"]
    assert list(roster[0]) == list(MAILBOXES)
    assert (roster[0]["certain"], roster[0]["presumed_min"], roster[0]["presumed_max"]) == (1, 212, None)
    assert roster[0]["first"] == datetime(2026, 5, 16, 8, 1)
    assert [row["verdict"] for row in table(book, "Verdicts")] == ["forged", "unissued", "suspicious"]
    assert [row["exposure"] for row in table(book, "Exposure")] == ["certain", "presumed"]
    assert [(row["read"], row["kept"]) for row in table(book, "Evidence")] == [(11, 6), (3, 3)]
    said = [row[1] for row in book["Overview"].iter_rows(values_only=True)]
    assert "1 use judged unknown: see verdicts.parquet and timeline.csv" in said
    assert any("not exported" in line for line in said)


def test_headers_stay_and_filter(storm_case: Case):
    """Every table has a frozen header with a filter over all its rows."""
    for page in made(storm_case).worksheets[1:]:
        assert page.freeze_panes == "A2", page.title
        assert page.auto_filter.ref.startswith("A1:"), page.title


def test_nothing_in_it_runs(storm_case: Case):
    """A formula, a script and an escape sequence are text; no formula, link, macro or outside reference is in the file."""
    book = made(storm_case)
    suspicious = table(book, "Verdicts")[2]
    assert suspicious["app_id"] == FORMULA
    assert "\\x1b[31m" in suspicious["user_agent"]
    assert ESCAPE not in suspicious["user_agent"]
    assert table(book, "Exposure")[1]["folder"] == OVERRIDE.replace("\u202e", "\\u202e")
    assert HOSTILE in table(book, "Evidence")[0]["path"]
    assert {cell.data_type for page in book.worksheets for row in page.iter_rows() for cell in row} <= {
        "s",
        "n",
        "d",
        "b",
    }
    with zipfile.ZipFile(storm_case.root / "case.xlsx") as packed:
        whole = b"".join(packed.read(name) for name in packed.namelist())
    for running in (b"<f>", b"<hyperlink", b"externalLink", b"vba"):
        assert running not in whole


def test_the_same_case_gives_the_same_file(storm_case: Case):
    """Its hash stands in the manifest: writing it again changes no byte."""
    made(storm_case)
    first = (storm_case.root / "case.xlsx").read_bytes()
    made(storm_case)
    assert (storm_case.root / "case.xlsx").read_bytes() == first


def test_what_does_not_fit_is_said(storm_case: Case, monkeypatch: pytest.MonkeyPatch):
    """A sheet cut at its most rows says how many are missing."""
    monkeypatch.setattr(workbook, "MOST", 2)
    *_, last = made(storm_case)["Mailboxes"].iter_rows(values_only=True)
    assert last[0] == "2 more rows are in the Parquet table of this name"


def test_innocent(innocent_case: Case):
    """A case without a finding says so, and promises no more."""
    book = made(innocent_case)
    assert table(book, "Verdicts") == []
    said = " ".join(str(row[1]) for row in book["Overview"].iter_rows(values_only=True))
    assert "no promise beyond what the records cover" in said
