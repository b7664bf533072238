"""`counterseal demo`: a synthetic incident to try everything on."""

import argparse
from pathlib import Path

from counterseal.cli._command import Command
from counterseal.cli._console import Console

TRUTH = "truth.json"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    what = parser.add_argument_group("what to write")
    what.add_argument(
        "folder", metavar="FOLDER", type=Path, help="an empty folder, or an earlier incident to replace"
    )
    what.add_argument("--seed", metavar="N", type=int, help="another number, another incident")


def run(options: argparse.Namespace, console: Console) -> int:
    """Write the incident.

    Raises:
        UsageError: the folder holds something else.
    """
    from counterseal.core.errors import UsageError
    from counterseal.demo import DEFAULT_SEED, write

    folder: Path = options.folder
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())) and not (folder / TRUTH).is_file():
        raise UsageError(
            "this is no earlier incident",
            where=str(folder),
            next_step="name a folder that is empty or not there yet",
        )
    write(folder, DEFAULT_SEED if options.seed is None else options.seed)
    console.note(f"written: {folder}; the truth is in {folder / TRUTH}")
    console.note(f"next: counterseal investigate {folder} --out case")
    return 0


COMMAND = Command(
    name="demo",
    says="Write the logs of a synthetic incident, offline, with the truth about it beside them",
    example="counterseal demo storm --seed 7",
    configure=configure,
    run=run,
)
