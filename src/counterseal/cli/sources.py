"""`counterseal sources`: what is known here."""

import argparse

from counterseal.cli._command import Command
from counterseal.cli._console import Console


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    output = parser.add_argument_group("output")
    output.add_argument("--json", action="store_true", help="one JSON object: sources, readers, detections")


def run(options: argparse.Namespace, console: Console) -> int:
    """Print every log, packing and detection."""
    from counterseal.evidence.packing import known_readers
    from counterseal.evidence.source import known_sources
    from counterseal.investigate import detections

    logs = [
        (source.name, ", ".join(s.name for s in source.streams), source.says) for source in known_sources()
    ]
    packings = [(reader.name, reader.says) for reader in known_readers()]
    rules = [(rule.reason, str(rule.verdict), rule.says) for rule in detections.load()]
    if options.json:
        console.json(
            {
                "sources": [dict(zip(("name", "streams", "says"), row, strict=True)) for row in logs],
                "readers": [dict(zip(("name", "says"), row, strict=True)) for row in packings],
                "detections": [dict(zip(("reason", "verdict", "says"), row, strict=True)) for row in rules],
            }
        )
        return 0
    console.table(("source", "streams", "which log"), logs)
    console.line()
    console.table(("reader", "how records are packed"), packings)
    console.line()
    console.table(("detection", "verdict", "says"), rules)
    return 0


COMMAND = Command(
    name="sources",
    says="List the logs, packings and detections that are known",
    example="counterseal sources",
    configure=configure,
    run=run,
)
