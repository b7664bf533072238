"""`counterseal decide`: the analyst's decision, beside the verdict."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from counterseal.cli._command import Command
from counterseal.cli._console import Console

if TYPE_CHECKING:
    from counterseal.core.case import Case
    from counterseal.core.decisions import Selector


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    from counterseal.core.decisions import Ruling, Selector

    what = parser.add_argument_group("what is decided")
    what.add_argument("case", metavar="CASE", type=Path, help="the case folder")
    what.add_argument(
        "kind", metavar="KIND", choices=list(map(str, Selector)), help="one of: " + ", ".join(Selector)
    )
    what.add_argument("value", metavar="VALUE", help="the value; write -- before one that begins with a dash")
    how = parser.add_argument_group("the decision")
    how.add_argument("--as", dest="ruling", choices=list(map(str, Ruling)), required=True, help="what it is")
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
    from counterseal.core.decisions import Decision, Selector, append
    from counterseal.core.errors import UsageError
    from counterseal.core.manifest import finish, read_document
    from counterseal.outputs import write_all

    selector = Selector(options.kind)

    case = Case(options.case)
    read_document(case.summary)
    for name in ("value", "because"):
        if not getattr(options, name).strip():
            raise UsageError("it is empty", where=name, next_step="counterseal decide --help")
    uses, touched = meant(case, selector, options.value)
    decision = Decision(
        time=datetime.now(UTC).isoformat(timespec="seconds"),
        kind=str(options.kind),
        value=options.value,
        ruling=str(options.ruling),
        because=options.because,
        by=options.by or getpass.getuser(),
        uses=uses,
    )
    append(case, decision)
    write_all(case)
    finish(case)
    if not touched:
        console.note(f"nothing in this case touches {decision.kind} {decision.value}: is it spelt right?")
    console.note(
        f"noted: {decision.kind} {decision.value} is {decision.ruling}, says {decision.by}. "
        "No verdict changes; the report shows the decision"
    )
    return 0


def meant(case: "Case", selector: "Selector", value: str) -> tuple[tuple[str, ...] | None, bool]:
    """The ids of the uses that an actor has (null for another kind), and whether anything here touches the value.

    Raises:
        UsageError: there is no such actor, or the value is no address although `ip` was said.
    """
    from counterseal.cli._touches import touches
    from counterseal.core.decisions import Selector
    from counterseal.core.errors import UsageError
    from counterseal.outputs import open_view, uses_of_actor

    with open_view(case) as view:
        if selector is not Selector.ACTOR:
            return None, next(touches(view, selector, value), None) is not None
        if uses := uses_of_actor(view, value):
            return uses, True
        actors = [row.actor for row in view.rows("select actor from actors order by length(actor), actor")]
    known = ", ".join(actors[:10]) + (" …" if len(actors) > 10 else "")
    raise UsageError(
        f"this case has no actor {value}",
        where="VALUE",
        next_step=f"it has {known}" if actors else "it has none",
    )


COMMAND = Command(
    name="decide",
    says="Note an analyst's decision about a value; it stands beside the verdicts and survives re-runs",
    example="counterseal decide case app 00000000-aaaa-4aaa-8aaa-000000000001 --as benign --because 'our archive'",
    configure=configure,
    run=run,
    more="The report and the hashes in manifest.json are written anew; what was judged stays as it is.",
)
