"""`counterseal map`: try a mapping file before it is used."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from counterseal.cli._command import Command
from counterseal.cli._console import Console

if TYPE_CHECKING:
    from counterseal.evidence.dry_run import DryRun

ROWS = 10


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument_group("map").add_argument("map", metavar="MAP", type=Path, help="the mapping file")
    parser.add_argument_group("evidence").add_argument(
        "evidence", metavar="EVIDENCE", type=Path, help="one file of the log"
    )
    output = parser.add_argument_group("output")
    output.add_argument(
        "--json", action="store_true", help="one JSON object: sums, rows, rejected, silent, unused"
    )


def run(options: argparse.Namespace, console: Console) -> int:
    """Read one file by the map alone, and show what it gives.

    Raises:
        UsageError: the map cannot be understood, or there is no such file.
        EvidenceError: the map means no record of the file.
    """
    import tempfile

    from counterseal.core.errors import EvidenceError, UsageError
    from counterseal.evidence.dry_run import dry_run
    from counterseal.evidence.mapping import load_map

    mapped = load_map(options.map)
    if not options.evidence.is_file():
        raise UsageError(
            "no such evidence", where=str(options.evidence), next_step="give one file of the log"
        )
    with tempfile.TemporaryDirectory(prefix="counterseal-") as folder:
        found = dry_run(mapped, options.evidence, Path(folder), ROWS)
    if options.json:
        console.json(vars(found))
    else:
        show(found, console)
    if not found.read or found.read == found.rejected == found.not_meant:
        raise EvidenceError(
            "the map means no record of this file",
            where=f"{options.evidence}, read as {found.reader or 'no known packing'}",
            next_step="its fields are: " + ", ".join(found.unused[:12])
            if found.unused
            else "see [record] in the map",
        )
    return 0


def show(found: "DryRun", console: Console) -> None:
    """Sums, the first rows, why records were rejected, and what the map leaves unsaid."""
    console.line(
        f"{found.read:,} records ({found.reader}) = {found.kept:,} kept + {found.out_of_scope:,} out of scope"
        f" + {found.rejected:,} rejected, of which the map does not mean {found.not_meant:,}"
    )
    if found.repeated_ids:
        console.line(
            f"{found.repeated_ids:,} records repeat the id of another and would count as its copies: see record.id"
        )
    if found.rows:
        console.line()
        headings = list(found.rows[0])
        console.table(headings, [[short(row[name]) for name in headings] for row in found.rows])
    if found.reasons:
        console.line()
        console.table(
            ("rejected", "why", "for instance"),
            [(reason["records"], reason["reason"], short(reason["raw"])) for reason in found.reasons],
        )
    for title, names in (
        ("columns that no record fills", found.silent),
        ("fields that the map does not use", found.unused),
    ):
        if names:
            console.line()
            console.line(f"{title}: {', '.join(names)}")


def short(value: Any, most: int = 40) -> Any:
    """A cell that leaves room for others."""
    from counterseal.core.inert import clipped

    return value if value is None or isinstance(value, int) else clipped(str(value), most)


COMMAND = Command(
    name="map",
    says="Try a mapping file on one file of a log, and show the first ten rows it gives",
    example="counterseal map examples/map/acme-gateway.toml examples/map/acme-gateway.log",
    configure=configure,
    run=run,
    exits={3: "the map means no record of the file"},
    more="Write a map: docs/how-to/map-your-own-log.md. Use it: counterseal investigate EVIDENCE --map MAP --out CASE.",
)
