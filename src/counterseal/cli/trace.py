"""`counterseal trace`: everything that touches one value."""

import argparse
from pathlib import Path

from counterseal.cli._command import Command
from counterseal.cli._console import Console


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    from counterseal.core.decisions import Selector

    what = parser.add_argument_group("what to trace")
    what.add_argument("case", metavar="CASE", type=Path, help="the case folder")
    what.add_argument(
        "kind", metavar="KIND", choices=list(map(str, Selector)), help="one of: " + ", ".join(Selector)
    )
    what.add_argument("value", metavar="VALUE", help="the value; write -- before one that begins with a dash")
    output = parser.add_argument_group("output")
    output.add_argument("--json", action="store_true", help="one JSON object a line, whole values and places")


def run(options: argparse.Namespace, console: Console) -> int:
    """Print every event that touches the value.

    Raises:
        CaseError: this is no finished case.
    """
    from collections import Counter
    from dataclasses import asdict

    from counterseal.cli._touches import touches
    from counterseal.core.case import Case
    from counterseal.core.decisions import Selector
    from counterseal.outputs import concerns, open_view, whose_now

    with open_view(Case(options.case)) as view:
        found = touches(view, Selector(options.kind), options.value)
        if options.json:
            for touch in found:
                time = touch.time.isoformat() if touch.time else None
                console.json(asdict(touch) | {"time": time})
            return 0
        listed = list(found)
        console.table(
            (
                "time",
                "event",
                "verdict",
                "tenant",
                "realm",
                "principal",
                "mailbox",
                "did",
                "from",
                "evidence",
            ),
            [
                (
                    t.time,
                    t.kind,
                    " ".join(filter(None, (t.word, t.actor))) or None,
                    t.tenant,
                    t.realm,
                    t.principal,
                    t.mailbox,
                    t.did,
                    t.ip,
                    f"{t.evidence} record {t.record}",
                )
                for t in listed
            ],
        )
        counts = Counter((t.kind, t.word) for t in listed)
        console.line()
        console.line(
            "; ".join(
                f"{n} {kind} {word or 'unknown'}" for (kind, word), n in sorted(counts.items(), key=str)
            )
            or f"nothing in this case touches {options.kind} {options.value}"
        )
        for decision in view.decisions:
            if concerns(view, decision, Selector(options.kind), options.value):
                now = whose_now(view, decision)
                about = f"{decision.ruling}{f' ({decision.value} then {now})' if now else ''}"
                console.line(f"{decision.by} decided on {decision.time}: {about}, {decision.because}")
    return 0


COMMAND = Command(
    name="trace",
    says="List everything in a case that touches a value, across tenants and realms",
    example="counterseal trace case key 1LTMzakihiRla_8z2BEJVXeWMqo",
    configure=configure,
    run=run,
    more="Values are compared in their normalised form: a token id in any spelling, an address in any notation.",
)
