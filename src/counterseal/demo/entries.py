"""What the story says before any log says it: one entry per record, with its part in the truth."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from counterseal.demo.people import Message, Person

Record = dict[str, Any]


@dataclass(frozen=True)
class Plant:
    """One planted use and what a judge who sees these logs, and only these, should say of it.

    Attributes:
        actor: 1 or 2: who did it.
        verdict: the best verdict that the logs carry.
        reasons: reason codes of which at least one must be among the verdict's; others may stand beside it.
        accept: verdicts that are no error either, the expected one included.
        what: one sentence for people.
        person: whose mailbox or account.
        served: messages the record names as served.
        lost: messages it served, though the export lost their names.
        folder: the folder it synchronised.
    """

    actor: int
    verdict: str
    reasons: tuple[str, ...]
    what: str
    person: Person
    accept: tuple[str, ...] = ()
    served: tuple[Message, ...] = ()
    lost: tuple[Message, ...] = ()
    folder: str | None = None


@dataclass(frozen=True)
class Benign:
    """A genuine use that nothing matches, and why: the innocent whom an anti-join would accuse."""

    cause: str
    person: Person


@dataclass(frozen=True, eq=False)
class Entry:
    """One record of one log.

    Attributes:
        time: when it happened.
        record: the log's own JSON object, or a line of text.
        system, native: whose record id it is, and the id; null where the log has none.
        scope: kept, out_of_scope or rejected, as a reader should count it.
        part: what it means, where it means something.
        attempt: a refused use of that actor.
        why: why it must be rejected.
    """

    time: datetime
    record: Record | str | bytes
    system: str
    native: str | None = None
    scope: str = "kept"
    part: Plant | Benign | None = None
    attempt: int | None = None
    why: str | None = None


Logs = dict[str, list[Entry]]
"""Entries by log, before anyone exports them."""
