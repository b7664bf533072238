"""`counterseal decide`: the analyst's decision, beside the verdict."""

import argparse
from pathlib import Path

from counterseal.cli._command import Command
from counterseal.cli._console import Console


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    from counterseal.core.decisions import Ruling, Selector

    what = parser.add_argument_group("what is decided")
    what.add_argument("case", metavar="CASE", type=Path, help="the case folder")
    what.add_argument("kind", metavar="KIND", choices=list(Selector), help="one of: " + ", ".join(Selector))
    what.add_argument("value", metavar="VALUE", help="the value; write -- before one that begins with a dash")
    how = parser.add_argument_group("the decision")
    how.add_argument("--as", dest="ruling", choices=list(Ruling), required=True, help="what it is")
    how.add_argument("--because", metavar="TEXT", required=True, help="why, for those who read the report")
    how.add_argument(
        "--by", metavar="NAME", help="who answers for it (default: the name you are logged in by)"
    )


def run(options: argparse.Namespace, console: Console) -> int:
    """Append the decision to the case and write its report anew.

    Raises:
        CaseError: this is no finished case.
        UsageError: no reason was given.
    """
    import getpass
    from datetime import UTC, datetime

    from counterseal.core.case import Case
    from counterseal.core.decisions import Decision, append
    from counterseal.core.errors import UsageError
    from counterseal.core.manifest import finish, read_document
    from counterseal.outputs import write_all

    case = Case(options.case)
    read_document(case.summary)
    for name in ("value", "because"):
        if not getattr(options, name).strip():
            raise UsageError("it is empty", where=name, next_step="counterseal decide --help")
    decision = Decision(
        time=datetime.now(UTC).isoformat(timespec="seconds"),
        kind=str(options.kind),
        value=options.value,
        ruling=str(options.ruling),
        because=options.because,
        by=options.by or getpass.getuser(),
    )
    append(case, decision)
    write_all(case)
    finish(case)
    console.note(
        f"noted: {decision.kind} {decision.value} is {decision.ruling}, says {decision.by}. "
        "No verdict changes; the report shows the decision"
    )
    return 0


COMMAND = Command(
    name="decide",
    says="Note an analyst's decision about a value; it stands beside the verdicts and survives re-runs",
    example="counterseal decide case app 00000000-aaaa-4aaa-8aaa-000000000001 --as benign --because 'our archive'",
    configure=configure,
    run=run,
    more="The report and the hashes in manifest.json are written anew; what was judged stays as it is.",
)
