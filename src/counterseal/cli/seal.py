"""`counterseal seal`: the whole case under one signature."""

import argparse
from pathlib import Path

from counterseal.cli._command import Command
from counterseal.cli._console import Console


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    what = parser.add_argument_group("what is sealed")
    what.add_argument("case", metavar="CASE", type=Path, help="the case folder")
    what.add_argument(
        "--key",
        metavar="FILE",
        type=Path,
        required=True,
        help="your Ed25519 private key, PEM; it stays where it is",
    )
    output = parser.add_argument_group("output")
    output.add_argument("--json", action="store_true", help="print what was signed as JSON")


def run(options: argparse.Namespace, console: Console) -> int:
    """Write seal.json.

    Raises:
        CaseError: this is no finished case.
        UsageError: the key cannot be used.
    """
    from counterseal.core.case import Case
    from counterseal.core.seal import NAME, seal

    sealed = seal(Case(options.case), options.key)
    said = dict(line.split(" ", 1) for line in sealed["manifest"].split("\n")[1:-1])
    if options.json:
        console.json({"seal": str(options.case / NAME), **said, "files": int(said["files"])})
    else:
        console.line(f"sealed  {said['files']} files, decisions among them, in {options.case / NAME}")
        console.line(f"root    {said['root']}")
        console.line(f"key     {said['key']}")
        console.note("write root and key down where the case is not; any change from now on breaks the seal")
    return 0


COMMAND = Command(
    name="seal",
    says="Put every file of a case under one signature of yours, so that any altered byte can be named",
    example="counterseal seal case --key key.pem",
    configure=configure,
    run=run,
    more="Make a key with: openssl genpkey -algorithm ed25519 -out key.pem. Seal again after every command that writes the case.",
)
