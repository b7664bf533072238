"""`counterseal report`: outputs of a finished case, made anew."""

import argparse
from pathlib import Path

from counterseal.cli._command import Command
from counterseal.cli._console import Console


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    what = parser.add_argument_group("what to make")
    what.add_argument("case", metavar="CASE", type=Path, help="the case folder")
    what.add_argument(
        "--format",
        metavar="NAME",
        action="append",
        default=[],
        help="make only this output; may be given again (default: all of them)",
    )


def run(options: argparse.Namespace, console: Console) -> int:
    """Write the outputs and their hashes.

    Raises:
        CaseError: this is no finished case.
        UsageError: there is no such output.
    """
    import difflib

    from counterseal.core.case import Case
    from counterseal.core.errors import UsageError
    from counterseal.core.manifest import finish
    from counterseal.outputs import known_outputs, open_view

    known = {output.name: output for output in known_outputs()}
    for name in options.format:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            raise UsageError(
                f"there is no output {name[:60]!r}",
                where="--format",
                next_step=f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}",
            )
    case = Case(options.case)
    with open_view(case) as view:
        for name in known:
            if not options.format or name in options.format:
                known[name].write(view)
                console.line(str(case.root / known[name].filename))
    finish(case)
    return 0


COMMAND = Command(
    name="report",
    says="Make the outputs of a finished case anew, from its tables; nothing is judged again",
    example="counterseal report case --format html --format findings",
    configure=configure,
    run=run,
    more="The hashes in manifest.json are written anew; a seal of the case no longer fits and must be made again.",
)
