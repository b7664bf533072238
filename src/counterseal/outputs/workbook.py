"""case.xlsx: the case as the spreadsheet that responders open, typed, filtered, and with nothing in it that runs.

Text is written as text whatever it begins with, so a cell never becomes a formula or a link. What prints nothing is
spelt out, since Excel and XML refuse it. The sheets show at most `MOST` rows and say so; the tables beside them hold all.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from counterseal.core.case import ACTORS, COVERAGE, DETECTIONS, EXPOSURE, KEYS, MAILBOXES, VERDICTS
from counterseal.core.inert import visible
from counterseal.core.manifest import TERMS
from counterseal.outputs._decided import whose_now
from counterseal.outputs._output import CaseView, Output
from counterseal.outputs.html import sentences
from counterseal.outputs.mailboxes_csv import RANK, WORST_FIRST

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

MOST = 100_000
"""Rows of one sheet. Excel itself holds 1,048,576, and opens far fewer in comfort."""

LONGEST = 32_767
"""Characters of a cell. Source: Microsoft, "Excel specifications and limits"."""

WIDTHS = {
    "says": 60,
    "mailbox": 32,
    "principal": 32,
    "message_id": 44,
    "item_id": 24,
    "folder": 28,
    "reason": 24,
}
TIME_WIDTH, PLAIN_WIDTH = 20, 14

EPOCH = datetime(1900, 1, 1)  # noqa: DTZ001  (a spreadsheet's day 1; event times have no zone)


@dataclass(frozen=True)
class Sheet:
    """One table of the workbook: its columns and the query over the case's views that fills it."""

    title: str
    columns: Sequence[str]
    query: str
    order: str


def sheet(title: str, columns: Iterable[str], table: str, order: str, where: str = "true") -> Sheet:
    """A sheet of one case table, without the columns that only programs read."""
    listed = [name for name in columns if name not in ("support", "use_id")]
    chosen = ", ".join(f'"{name}"' for name in listed)
    return Sheet(title, listed, f"select {chosen} from {table} where {where}", order)


SHEETS = (
    sheet("Mailboxes", MAILBOXES, "mailboxes", f"{RANK}, {WORST_FIRST}, tenant, mailbox, realm"),
    sheet(
        "Exposure",
        EXPOSURE,
        "exposure",
        "tenant, mailbox, exposure, first_access, message_id, item_id, folder",
    ),
    sheet(
        "Verdicts",
        VERDICTS,
        "verdicts",
        f"{WORST_FIRST}, time, evidence_file, evidence_record",
        "verdict <> 'unknown'",
    ),
    sheet("Actors", ACTORS, "actors", "length(actor), actor"),
    sheet("Coverage", COVERAGE, "coverage", "tenant, mailbox, kind, stream, begins"),
    sheet("Keys", KEYS, "keys", "realm, key_id"),
    sheet("Detections", DETECTIONS, "detections", "state, reason"),
)


def write(view: CaseView) -> None:
    """Write the workbook under a temporary name, then put it in its place."""
    import xlsxwriter  # slow to load; wanted only here

    path = view.case.root / OUTPUT.filename
    partial = path.with_name(f".{path.name}.partial")
    # Constant memory: a row is on disk when the next begins. Nothing of the evidence may become a formula, link or number.
    settings = {
        "constant_memory": True,
        "tmpdir": str(view.case.root),
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(str(partial), settings) as book:
        book.set_properties({"title": "Counterseal case", "created": stamp(view)})
        pens = Pens(book)
        write_overview(book.add_worksheet("Overview"), view, pens)
        for wanted in SHEETS:
            write_sheet(book.add_worksheet(wanted.title), view, wanted, pens)
        write_evidence(book.add_worksheet("Evidence"), view, pens)
        write_decisions(book.add_worksheet("Decisions"), view, pens)
    partial.replace(path)


def stamp(view: CaseView) -> datetime:
    """When the case was made, so that the same case gives the same file."""
    return datetime.fromisoformat(view.summary["ended"]).replace(tzinfo=None)


class Pens:
    """The formats of a workbook."""

    def __init__(self, book: "Workbook") -> None:
        self.head: Format = book.add_format({"bold": True, "bg_color": "#DDE3EA", "border": 1})
        self.time: Format = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        self.text: Format = book.add_format({"num_format": "@"})
        self.wrap: Format = book.add_format({"text_wrap": True, "valign": "top"})
        self.bold: Format = book.add_format({"bold": True, "valign": "top"})


def put(page: "Worksheet", row: int, column: int, value: Any, pens: Pens) -> None:
    """One cell of its own type; an unknown value leaves the cell empty, never 0."""
    if value is None:
        return
    if isinstance(value, bool):
        page.write_boolean(row, column, value)
    elif isinstance(value, int | float):
        page.write_number(row, column, value)
    elif isinstance(value, datetime) and value >= EPOCH:
        page.write_datetime(row, column, value, pens.time)
    else:
        page.write_string(row, column, text_of(value), pens.text)


def text_of(value: Any) -> str:
    """Text that a spreadsheet shows and does not run; lists one item a line."""
    lines = [visible(str(item)) for item in value] if isinstance(value, list) else [visible(str(value))]
    text = "\n".join(lines)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def write_table(
    page: "Worksheet", names: Sequence[str], found: Iterable[Sequence[Any]], total: int, pens: Pens
) -> None:
    """A header that stays in sight, a filter over it, and the rows."""
    page.freeze_panes(1, 0)
    for column, name in enumerate(names):
        wide = TIME_WIDTH if name in ("time", "first", "last", "begins", "ends") else PLAIN_WIDTH
        page.set_column(column, column, WIDTHS.get(name, wide))
        page.write_string(0, column, name, pens.head)
    row = 0
    for row, values in enumerate(found, 1):
        for column, value in enumerate(values):
            put(page, row, column, value, pens)
    page.autofilter(0, 0, max(row, 1), len(names) - 1)
    if total > row:
        page.write_string(
            row + 1, 0, f"{total - row:,} more rows are in the Parquet table of this name", pens.bold
        )


def write_sheet(page: "Worksheet", view: CaseView, wanted: Sheet, pens: Pens) -> None:
    """One case table."""
    found = view.bounded(wanted.query, wanted.order, MOST)
    write_table(page, wanted.columns, found.rows, found.total, pens)


def write_overview(page: "Worksheet", view: CaseView, pens: Pens) -> None:
    """The first screen of the report in the same sentences, what is not known as large as the rest."""
    page.set_column(0, 0, 18)
    page.set_column(1, 1, 110)
    summary = view.summary
    unknown = [f"{gap['says']} ({gap_counts(gap)})" for gap in summary["cannot_tell"]]
    undecided = summary["verdicts"]["unknown"]
    parts = [
        ("Who", sentences.who(summary)),
        ("What", sentences.what(summary)),
        ("When", sentences.when(summary)),
        ("How sure", sentences.how_sure(summary)),
        (
            "What is not known",
            unknown or ["The case names no gap; nothing is known of logs that were not given."],
        ),
        (
            "Not listed here",
            [f"{sentences.counted(undecided, 'use')} judged unknown: see verdicts.parquet and timeline.csv"]
            if undecided
            else [],
        ),
    ]
    row = 0
    for title, lines in parts:
        for number, line in enumerate(lines):
            if not number:
                page.write_string(row, 0, title, pens.bold)
            page.write_string(row, 1, text_of(line), pens.wrap)
            row += 1


def gap_counts(gap: Any) -> str:
    """How much a gap concerns."""
    counted = sentences.counted
    named = [("mailboxes", "mailbox", "mailboxes"), ("uses", "use", "uses"), ("days", "day", "days")]
    return (
        ", ".join(counted(gap[key], one, many) for key, one, many in named if gap[key]) or "of the whole case"
    )


def write_evidence(page: "Worksheet", view: CaseView, pens: Pens) -> None:
    """The evidence files, with the sums that must add up."""
    names = (
        "path",
        "sha256",
        "bytes",
        "reader",
        "source",
        "read",
        *TERMS,
        "conflicts",
        "first",
        "last",
        "warnings",
    )
    listed = view.manifest["evidence"]
    rows = [
        [[w["says"] for w in entry["warnings"]] if name == "warnings" else entry[name] for name in names]
        for entry in listed[:MOST]
    ]
    write_table(page, names, rows, len(listed), pens)


def write_decisions(page: "Worksheet", view: CaseView, pens: Pens) -> None:
    """What the analyst decided, beside the verdicts and never in their place."""
    rows = [
        [d.time, d.kind, d.value, whose_now(view, d), d.ruling, d.because, d.by]
        for d in view.decisions[:MOST]
    ]
    write_table(
        page, ("time", "kind", "value", "uses", "as", "because", "by"), rows, len(view.decisions), pens
    )


OUTPUT = Output(
    name="workbook",
    filename="case.xlsx",
    says="roster, exposure, verdicts, actors, coverage, keys, evidence and decisions as a spreadsheet; formulas inert",
    write=write,
)
