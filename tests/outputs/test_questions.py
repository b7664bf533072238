"""questions.md and questions.csv: what is asked, inert, and the same question whenever it is asked again."""

import csv
from pathlib import Path

from finished_case import TENANT, TOKEN

from counterseal.core.case import Case
from counterseal.core.engine.duckdb import connect, rows
from counterseal.core.questions import SHEET, id_key, question_id
from counterseal.outputs import open_view, question_sheet, questions

HOSTILE = "<script>alert(1)</script>"


def made(case: Case) -> tuple[str, list[dict[str, str]]]:
    """The page and the rows of the sheet."""
    with open_view(case) as view:
        questions.write(view)
        question_sheet.write(view)
    with (case.root / "questions.csv").open(encoding="utf-8", newline="") as stream:
        return (case.root / "questions.md").read_text("utf-8"), list(csv.DictReader(stream))


def test_each_undecided_token_is_asked_about_once(storm_case: Case):
    """Tokens judged unissued, suspicious or unknown are asked about; a proven forgery of the same token is not needed."""
    _, sheet = made(storm_case)
    filled = {"issued": "", "answered_by": ""}
    assert [{name: row[name] for name in ("question", "tenant", "token_id", "issued")} for row in sheet] == [
        {"question": question_id(TENANT, "token", value), "tenant": TENANT, "token_id": value, "issued": ""}
        for value in (TOKEN, HOSTILE)
    ]
    assert all(filled.items() <= row.items() for row in sheet)
    assert list(sheet[0]) == list(SHEET)
    assert sheet[0]["presented_first"] == "2026-05-16T08:02:00.000000+00:00"


def test_the_page_asks_for_ids_logs_mailboxes_and_keys(storm_case: Case):
    """Every kind of question has its heading, and nothing of the evidence is markup in it."""
    page, _ = made(storm_case)
    assert [line for line in page.splitlines() if line.startswith("##")] == [
        "## How to answer",
        f"## Tenant `{TENANT}`",
        "### Did you issue these tokens, and begin these sessions?",
        "### Were records of message access kept for these mailboxes?",
    ]
    assert "| `c@ministry.example` | 3 | `no-identifier` |" in page
    assert page.count(HOSTILE) == page.count(f"`{HOSTILE}`") == 1


def test_code_cannot_be_left():
    """Back quotes, pipes, line breaks and escapes of a log end neither the code span nor the table's cell."""
    assert questions.code("a`b|c\nd\x1b[31m") == "`a'b\\|c\\nd\\x1b[31m`"


def test_innocent(innocent_case: Case):
    """A use without an id asks nothing about ids; what no record covers is still asked."""
    page, sheet = made(innocent_case)
    assert sheet == []
    assert "Did you issue" not in page
    assert "Were records of message access kept" in page


def test_a_case_with_nothing_open_says_so(tmp_path: Path):
    """Without an open question the page says so instead of being empty."""
    from finished_case import MANIFEST, SUMMARY, write_case

    page, sheet = made(write_case(tmp_path / "case", {}, SUMMARY, MANIFEST))
    assert sheet == []
    assert page.splitlines()[-3] == "## Nothing to ask"


def test_ids_compare_as_the_engine_compares_them(tmp_path: Path):
    """The comparable form of an id is the same in Python and in SQL, for every spelling there is."""
    spelt = [
        TOKEN,
        "0a1b2C3d-0000-4000-8000-0123456789AB",
        "MGExYjJjM2QtMDAwMC00MDAwLTgwMDAtMDEyMzQ1Njc4OWFi",
        "_-_-_-_-_-_-_-_-_-_-_g",
        "A" * 48,
        "plain",
        "é" * 22,
        "=x",
    ]
    with connect(tmp_path / "spill", threads=1) as con:
        found = [rows(con, f"select token_key_of('{value}')")[0][0] for value in spelt]
        ids = [
            rows(
                con,
                f"select 'Q-' || substr(sha256('t' || chr(10) || 'token' || chr(10) || token_key_of('{v}')), 1, 16)",
            )
            for v in spelt
        ]
    assert [id_key(value) for value in spelt] == found
    assert [question_id("T", "token", value) for value in spelt] == [one[0][0] for one in ids]
