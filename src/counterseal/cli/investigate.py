"""`counterseal investigate`: from evidence to a case."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from counterseal.cli._arguments import (
    add_evidence,
    add_forget,
    add_indicators,
    add_knowledge,
    add_limits,
    as_arguments,
    moment,
)
from counterseal.cli._command import Command
from counterseal.cli._console import Console
from counterseal.cli._settings import add_settings
from counterseal.core.vocabulary import Verdict

if TYPE_CHECKING:
    from counterseal.core.case import Case
    from counterseal.core.manifest import Document

FAILING = [verdict.value for verdict in Verdict if verdict is not Verdict.ISSUED]
UNREADABLE, FOUND = 4, 10


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    add_evidence(parser)
    case = parser.add_argument_group("case")
    case.add_argument(
        "--out", metavar="CASE", type=Path, required=True, help="folder to make, or to add evidence to"
    )
    add_knowledge(parser)
    add_indicators(parser)
    add_forget(parser)
    window = parser.add_argument_group(
        "which uses to judge", "All evidence is kept in the case whatever the window."
    )
    window.add_argument(
        "--since", metavar="TIME", type=moment, help="from then on (UTC unless a zone is written)"
    )
    window.add_argument("--until", metavar="TIME", type=moment, help="before then")
    add_limits(parser)
    output = parser.add_argument_group("output")
    output.add_argument(
        "--fail-on",
        metavar="VERDICT",
        choices=FAILING,
        help="exit with 10 if a use is judged so or worse: " + ", ".join(FAILING),
    )
    output.add_argument("--json", action="store_true", help="print summary.json and where the report is")
    add_settings(parser)


def run(options: argparse.Namespace, console: Console) -> int:
    """Read, judge, write every output, and say on one screen what came of it.

    Raises:
        EvidenceError: nothing here is known evidence.
        CaseError: --out is something else than a case, another run works on it, or the disk is full.
        UsageError: one of the analyst's files cannot be understood.
    """
    from counterseal.cli._closing import closing
    from counterseal.cli._progress import Progress
    from counterseal.core.case import Case
    from counterseal.core.lock import locked
    from counterseal.core.manifest import finish, read_document, unreadable
    from counterseal.core.room import needing_room
    from counterseal.investigate.run import investigate
    from counterseal.outputs import write_all

    case = Case(options.out)
    arguments = as_arguments(options)
    progress = Progress(console)
    with locked(case.root), needing_room(case.root):
        try:
            investigate(case, arguments, progress)
            progress.step("outputs")
            write_all(case, arguments.memory_bytes, arguments.threads)
            manifest = finish(case)
        finally:
            progress.close()
        summary = read_document(case.summary)
    lost = len(unreadable(manifest))
    if options.json:
        console.json({"case": str(case.root), "report": str(case.report), **summary})
    else:
        for line in closing(summary, first_victims(case), lost, case.report):
            console.line(line)
    if options.fail_on and reached(summary, Verdict(options.fail_on)):
        return FOUND
    return UNREADABLE if lost else 0


def first_victims(case: "Case", most: int = 4) -> list[str]:
    """The first few victims of the roster, as mailboxes.csv lists them."""
    import csv
    from itertools import islice, takewhile

    from counterseal.core.vocabulary import Status

    with (case.root / "mailboxes.csv").open(encoding="utf-8", newline="") as stream:
        victims = takewhile(lambda row: row["status"] == Status.VICTIM, csv.DictReader(stream))
        return [row["mailbox"] for row in islice(victims, most)]


def reached(summary: "Document", verdict: Verdict) -> bool:
    """Is any use judged so or worse?"""
    worse = list(Verdict)[: list(Verdict).index(verdict) + 1]
    return any(summary["verdicts"][word] for word in worse)


COMMAND = Command(
    name="investigate",
    says="Judge every use of a token in the evidence against the records of issuance, and write a case",
    example="counterseal investigate examples/storm --out case",
    configure=configure,
    run=run,
    exits={
        3: "nothing here is known evidence",
        4: "done, but a whole file could not be read",
        10: "done, and a use is judged as --fail-on says, or worse",
    },
    more="Run it again with more evidence: finished files are not read twice, and everything is judged anew.\n"
    "Realms, roster, declarations and indicators of earlier runs are kept in the case and used again.",
)
