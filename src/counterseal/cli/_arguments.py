"""Arguments that commands which read evidence share, so that one flag means the same everywhere."""

import argparse
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from counterseal.investigate.run import Arguments


def add_evidence(parser: argparse.ArgumentParser) -> None:
    """Files, and how to take them."""
    evidence = parser.add_argument_group("evidence")
    evidence.add_argument(
        "evidence", metavar="EVIDENCE", nargs="+", help="files, folders, globs, or - for stdin"
    )
    evidence.add_argument(
        "--source", metavar="NAME", help="take every record for this log (counterseal sources)"
    )
    evidence.add_argument(
        "--map",
        metavar="FILE",
        type=Path,
        action="append",
        default=[],
        help="read a log that is not known here by this mapping file; may be given again (counterseal map)",
    )


def add_forget(parser: argparse.ArgumentParser) -> None:
    """What a case was judged by and is not to be any more."""
    parser.add_argument_group("what the case keeps").add_argument(
        "--forget",
        metavar="WHAT",
        choices=("realms", "declare", "roster", "answers", "indicators"),
        action="append",
        default=[],
        help="judge without the file that an earlier run was given: realms, declare, roster, answers or indicators",
    )


def add_knowledge(parser: argparse.ArgumentParser) -> None:
    """What the analyst knows beside the logs."""
    known = parser.add_argument_group(
        "what you know",
        "Files of these names at the top of an evidence folder are used where the flag is absent.",
    )
    known.add_argument("--realms", metavar="FILE", type=Path, help="keys of each realm: realms.toml")
    known.add_argument("--roster", metavar="FILE", type=Path, help="mailboxes to answer for: roster.csv")
    known.add_argument(
        "--declare", metavar="FILE", type=Path, help="logs that somebody answers for: declare.toml"
    )
    known.add_argument(
        "--answers", metavar="FILE", type=Path, help="what the issuer answered to questions.csv: answers.csv"
    )


def add_indicators(parser: argparse.ArgumentParser) -> None:
    """Indicators of others."""
    parser.add_argument_group("indicators").add_argument(
        "--indicators",
        metavar="FILE",
        type=Path,
        action="append",
        default=[],
        help="STIX 2.1, MISP JSON or CSV; may be given again. storm-0558 is built in",
    )


def add_limits(parser: argparse.ArgumentParser) -> None:
    """How much of the machine to use."""
    parser.add_argument_group("limits").add_argument(
        "--memory", metavar="SIZE", default="1G", help="resident memory aimed at, e.g. 512M (default: 1G)"
    )


def moment(written: str) -> datetime:
    """An instant: ISO 8601, a day alone is its first moment, no zone means UTC.

    Raises:
        argparse.ArgumentTypeError: it is none.
    """
    try:
        found = datetime.fromisoformat(written)
    except ValueError as error:
        raise argparse.ArgumentTypeError(
            f"not a time: {written} (write 2026-05-01 or 2026-05-01T08:00Z)"
        ) from error
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def as_arguments(options: argparse.Namespace) -> "Arguments":
    """What the run is asked for.

    Raises:
        UsageError: the memory is no size, or the window is empty.
    """
    from counterseal.core.engine.duckdb import parse_size
    from counterseal.core.errors import UsageError
    from counterseal.investigate.run import Arguments

    given = vars(options)
    since, until = given.get("since"), given.get("until")
    if since and until and until <= since:
        raise UsageError(
            "--until does not lie after --since: no use could be judged", where=f"{since} to {until}"
        )
    return Arguments(
        evidence=tuple(options.evidence),
        realms=options.realms,
        indicators=tuple(given.get("indicators", ())),
        roster=options.roster,
        declare=options.declare,
        answers=options.answers,
        source=options.source,
        maps=tuple(options.map),
        forget=tuple(given.get("forget", ())),
        since=since,
        until=until,
        memory_bytes=parse_size(options.memory),
    )
