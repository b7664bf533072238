"""`counterseal coverage`: what these logs can and cannot show."""

import argparse
from collections.abc import Sequence
from typing import Any

from counterseal.cli._arguments import add_evidence, add_knowledge, add_limits, as_arguments
from counterseal.cli._command import Command
from counterseal.cli._console import Console
from counterseal.cli._settings import add_settings

COLUMNS = ("tenant", "mailbox", "kind", "stream", "begins", "ends", "state", "basis", "reason")

UNREADABLE = 4


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    add_evidence(parser)
    add_knowledge(parser)
    add_limits(parser)
    output = parser.add_argument_group("output")
    output.add_argument(
        "--json", action="store_true", help="one JSON object: coverage, and what to export next"
    )
    add_settings(parser)


def run(options: argparse.Namespace, console: Console) -> int:
    """Print which days can show what, and what to export next.

    Raises:
        EvidenceError: nothing here is known evidence.
    """
    import tempfile
    from pathlib import Path

    from counterseal.cli._progress import Progress
    from counterseal.core.case import Case
    from counterseal.core.errors import EvidenceError
    from counterseal.investigate.run import coverage

    arguments = as_arguments(options)
    progress = Progress(console)
    with tempfile.TemporaryDirectory(prefix="counterseal-") as folder:
        try:
            found, lost = coverage(Case(Path(folder)), arguments, progress)
        finally:
            progress.close()
    if not found:
        raise EvidenceError(
            "nothing here is known evidence",
            where=", ".join(options.evidence),
            next_step="counterseal sources lists what is known; --source NAME forces one",
        )
    wanted = export_next(found)
    if options.json:
        rows = [{name: spelt(row[name]) for name in COLUMNS} for row in found]
        console.json(
            {
                "coverage": rows,
                "export_next": wanted,
                "how": how({gap["stream"] for gap in wanted}),
                "unreadable": [{"path": entry.path, "error": entry.error} for entry in lost],
            }
        )
    else:
        console.table(COLUMNS, [[day(row[name]) for name in COLUMNS] for row in found])
        print_wanted(wanted, console)
        for entry in lost:
            console.line(f"{entry.path} {entry.error}")
    return UNREADABLE if lost else 0


def print_wanted(wanted: Sequence[dict[str, Any]], console: Console) -> None:
    """Print what to export next, and how."""
    console.line()
    if not wanted:
        console.heading("No day is missing in the streams that these records belong to.")
        return
    console.heading("export next")
    console.table(
        ("stream", "tenant", "days", "which", "why"),
        [[gap["stream"], gap["tenant"], gap["days"], which(gap["intervals"]), gap["says"]] for gap in wanted],
    )
    console.line()
    console.heading("how")
    for source, way in how({gap["stream"] for gap in wanted}).items():
        console.line(f"{source}: {way}")


def which(intervals: Sequence[Sequence[str]], most: int = 3) -> str:
    """The first few intervals in words."""
    said = ", ".join(f"{begins} until {ends}" for begins, ends in intervals[:most])
    return said + (f" and {len(intervals) - most} more" if len(intervals) > most else "")


def day(value: Any) -> Any:
    """A midnight as its day: coverage is stated in whole UTC days."""
    return str(value).removesuffix(" 00:00:00") if hasattr(value, "isoformat") else value


def spelt(value: Any) -> Any:
    """A time in ISO form, anything else as it is."""
    return value.isoformat() if hasattr(value, "isoformat") else value


def export_next(found: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Streams of a tenant with days that they cannot show, most days first; intervals end before their second day."""
    from counterseal.core.vocabulary import CoverageState
    from counterseal.investigate.words import sentence_of_stream

    gaps: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for row in found:
        if (
            row["mailbox"] == "*"
            and row["state"] != CoverageState.COVERED
            and row["reason"] not in UNAVOIDABLE
        ):
            gaps.setdefault((row["stream"], row["tenant"] or "", row["reason"] or ""), []).append(row)
    wanted = [
        {
            "stream": stream,
            "tenant": tenant,
            "intervals": sorted([day(row["begins"]), day(row["ends"])] for row in rows),
            "days": sum((row["ends"] - row["begins"]).days for row in rows),
            "reason": reason,
            "says": sentence_of_stream(reason),
        }
        for (stream, tenant, reason), rows in gaps.items()
    ]
    return sorted(wanted, key=lambda gap: (-gap["days"], gap["stream"], gap["tenant"], gap["reason"]))


UNAVOIDABLE = ("edge",)
"""Reasons that no further export of the same days would mend."""


def how(streams: set[str]) -> dict[str, str]:
    """How to export each log that holds one of the streams, by source."""
    from counterseal.evidence.source import known_sources

    return {
        source.name: source.export
        for source in known_sources()
        if streams & {own.name for own in source.streams}
    }


COMMAND = Command(
    name="coverage",
    says="Say, before anything is judged, which days of which logs can show what, and what to export next",
    example="counterseal coverage examples/storm",
    configure=configure,
    run=run,
    exits={3: "nothing here is known evidence", 4: "done, but a whole file could not be read"},
)
