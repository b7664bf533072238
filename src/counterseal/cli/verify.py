"""`counterseal verify`: a case held to its seal."""

import argparse
from pathlib import Path

from counterseal.cli._command import Command
from counterseal.cli._console import Console

BROKEN = 10


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    what = parser.add_argument_group("what is verified")
    what.add_argument("case", metavar="CASE", type=Path, help="the case folder")
    what.add_argument(
        "--pub",
        metavar="FILE",
        type=Path,
        help="the sealer's public key, PEM; without it nothing says who sealed",
    )
    output = parser.add_argument_group("output")
    output.add_argument("--json", action="store_true", help="print what is wrong as JSON")


def run(options: argparse.Namespace, console: Console) -> int:
    """Name every file that is altered, missing or added.

    Raises:
        CaseError: the case is not sealed.
        UsageError: the public key cannot be used.
    """
    from counterseal.core.case import Case
    from counterseal.core.inert import visible
    from counterseal.core.seal import verify

    document, faults = verify(Case(options.case), options.pub)
    statement = str(document.get("manifest", ""))
    said = dict(line.split(" ", 1) for line in statement.split("\n")[1:-1] if " " in line)
    if options.json:
        wrong = [{"path": fault.path, "what": fault.what} for fault in faults]
        console.json({"whole": not faults, "signer_known": options.pub is not None, "faults": wrong, **said})
        return BROKEN if faults else 0
    for fault in faults:
        console.line(f"{fault.what}: {visible(fault.path)}")
    if not faults:
        console.line(f"whole: {said['files']} files as sealed on {said['sealed']}, root {said['root']}")
        console.line(f"sealed with key {said['key']}")
        if options.pub is None:
            console.note("no --pub was given: the seal fits itself, and nothing here says who made it")
    return BROKEN if faults else 0


COMMAND = Command(
    name="verify",
    says="Hold a sealed case to its seal, and name every file that is altered, missing or added",
    example="counterseal verify case --pub key.pub",
    configure=configure,
    run=run,
    exits={10: "the case is not as it was sealed"},
)
