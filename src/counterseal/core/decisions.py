"""The analyst's decisions: append-only, beside the verdicts, never in their place."""

import json
import os
from dataclasses import asdict, dataclass
from enum import StrEnum

from counterseal.core.case import Case


class Selector(StrEnum):
    """What a value names, for `trace` and `decide`."""

    KEY = "key"
    TOKEN = "token"  # noqa: S105  (a word, not a credential)
    SESSION = "session"
    APP = "app"
    IP = "ip"
    MAILBOX = "mailbox"
    ACTOR = "actor"


class Ruling(StrEnum):
    """What the analyst decided."""

    BENIGN = "benign"
    CONFIRMED = "confirmed"


@dataclass(frozen=True)
class Decision:
    """One line of `decisions.ndjson`.

    Attributes:
        time: when it was made, UTC, ISO 8601.
        kind: which selector `value` is.
        value: as the analyst wrote it.
        ruling: benign or confirmed; `as` in the file.
        because: why, in the analyst's words.
        by: who answers for it.
        uses: ids of the uses that an actor had when it was decided about; null for any other kind.
    """

    time: str
    kind: str
    value: str
    ruling: str
    because: str
    by: str
    uses: tuple[str, ...] | None = None


def append(case: Case, decision: Decision) -> None:
    """Add one decision at the end of the file and wait until it is on disk.

    A line that a crash cut short is closed first, so that it can spoil only itself.
    """
    line = {name: value for name, value in asdict(decision).items() if value is not None}
    line = {
        "time": line.pop("time"),
        "kind": line.pop("kind"),
        "value": line.pop("value"),
        "as": line.pop("ruling"),
    } | line
    text = json.dumps(line, ensure_ascii=True) + "\n"
    descriptor = os.open(case.decisions, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
    with os.fdopen(descriptor, "r+b", buffering=0) as stream:
        size = stream.seek(0, os.SEEK_END)
        if size:
            stream.seek(size - 1)
            if stream.read(1) != b"\n":
                text = "\n" + text
        stream.write(text.encode("ascii"))
        os.fsync(stream.fileno())


def read(case: Case) -> tuple[list[Decision], int]:
    """Every decision in the order made, and how many lines could not be understood."""
    if not case.decisions.exists():
        return [], 0
    found: list[Decision] = []
    broken = 0
    for line in case.decisions.read_bytes().splitlines():
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            time, kind, value, ruling, because, by = (
                str(row[name]) for name in ("time", "kind", "value", "as", "because", "by")
            )
            uses = tuple(map(str, row["uses"])) if "uses" in row else None
            found.append(Decision(time, kind, value, ruling, because, by, uses))
        except (ValueError, KeyError, TypeError):
            broken += 1
    return found, broken
