"""`counterseal coverage`: what these logs can and cannot show."""

import argparse
from collections.abc import Sequence
from typing import Any

from counterseal.cli._arguments import add_evidence, add_knowledge, add_limits, as_arguments
from counterseal.cli._command import Command
from counterseal.cli._console import Console

COLUMNS = ("tenant", "mailbox", "kind", "stream", "begins", "ends", "state", "basis", "reason")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    add_evidence(parser)
    add_knowledge(parser)
    add_limits(parser)
    output = parser.add_argument_group("output")
    output.add_argument("--json", action="store_true", help="one JSON object: coverage, and what to export next")


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
            found = coverage(Case(Path(folder)), arguments, progress)
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
        rows = [{name: row[name] for name in COLUMNS} for row in found]
        console.json({"coverage": [spelt(row) for row in rows], "export_next": wanted})
        return 0
    console.table(COLUMNS, [[day(row[name]) for name in COLUMNS] for row in found])
    console.line()
    console.heading("export next" if wanted else "no gap is known in the streams that these records should be in")
    for gap in wanted:
        console.line(f"- {gap['stream']} of {gap['tenant'] or 'an unnamed tenant'}: {gap['says']} ({gap['days']} days)")
        for way in gap["how"]:
            console.line(f"  {way}")
    return 0


def day(value: Any) -> Any:
    """A midnight as its day: coverage is stated in whole UTC days."""
    return str(value).removesuffix(" 00:00:00") if hasattr(value, "isoformat") else value


def spelt(row: dict[str, Any]) -> dict[str, Any]:
    """The row with its times in ISO form."""
    return {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in row.items()}


def export_next(found: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Streams with days that they cannot show, worst first, and how to export each."""
    from counterseal.core.vocabulary import CoverageState
    from counterseal.evidence.source import known_sources
    from counterseal.investigate.words import sentence

    days: dict[tuple[str, str, str], int] = {}
    for row in found:
        if row["mailbox"] == "*" and row["state"] != CoverageState.COVERED and row["reason"] not in UNAVOIDABLE:
            key = (row["tenant"] or "", row["stream"], row["reason"] or "")
            days[key] = days.get(key, 0) + (row["ends"] - row["begins"]).days
    how = {
        stream: [f"{source.name}: {source.export}" for source in known_sources() if holds(source, stream)]
        for _, stream, _ in days
    }
    return [
        {"tenant": tenant, "stream": stream, "reason": reason, "says": sentence(reason), "days": number, "how": how[stream]}
        for (tenant, stream, reason), number in sorted(days.items(), key=lambda item: (-item[1], item[0]))
    ]


UNAVOIDABLE = ("edge",)
"""Reasons that no further export of the same days would mend."""


def holds(source: Any, stream: str) -> bool:
    """Does this log hold that stream?"""
    return any(own.name == stream for own in source.streams)


COMMAND = Command(
    name="coverage",
    says="Say, before anything is judged, which days of which logs can show what, and what to export next",
    example="counterseal coverage examples/storm",
    configure=configure,
    run=run,
    exits={3: "nothing here is known evidence"},
)
