"""The window in which a mailbox can be cleared, and the days on which no record would show that it was read.

A mailbox is cleared for the whole days that the records of its tenant span, inside --since and --until: the first and the
last day of an export are never whole, so they are no part of it. A log of access that begins later or ends earlier than
that, or falls silent in it, clears nobody.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from counterseal.core.engine.duckdb import rows
from counterseal.core.engine.engine import Engine
from counterseal.core.vocabulary import CoverageState
from counterseal.investigate.cadence import DAY, DayState, days_between, expected, midnight
from counterseal.investigate.inputs import Declaration
from counterseal.investigate.tables import create_table, fill_table

TAIL_NORMAL = 1
"""A log has stopped if the days after its last record would have had one: whom silence would clear, it must not."""


@dataclass(frozen=True)
class Window:
    """What was asked for; null: as far as the records go. Times are UTC without a zone."""

    since: datetime | None = None
    until: datetime | None = None

    def touches(self, day: date) -> bool:
        """Some of the day is in the window."""
        return (self.since is None or midnight(day) + DAY > self.since) and (
            self.until is None or midnight(day) < self.until
        )

    def holds(self, day: date) -> bool:
        """The whole day is in the window."""
        return (self.since is None or midnight(day) >= self.since) and (
            self.until is None or midnight(day) + DAY <= self.until
        )


def blind_days(
    counts: Mapping[date, int], states: Mapping[date, DayState], span: Sequence[date]
) -> dict[date, str]:
    """Days of the span on which this log would not show an access, and why.

    Silence before its first and after its last record is none if such days normally have no record: a weekend.
    """
    first, last = min(counts), max(counts)
    own = days_between(first, last)
    quiet: set[date] = set()
    for run, edge in (
        ([day for day in span if day < first], first),
        ([day for day in span if day > last], last),
    ):
        if expected(counts, own, run) < TAIL_NORMAL:
            quiet |= {*run, edge}
    return {
        day: found.reason or "not-exported"
        for day in span
        if (found := states[day]).state is not CoverageState.COVERED
        and not (day in quiet and found.reason in ("edge", "not-exported", "retention"))
    }


def fill_window(
    con: Engine,
    window: Window,
    counts: Mapping[tuple[str, str], Mapping[date, int]],
    states: Mapping[tuple[str, str], Mapping[date, DayState]],
    declared: Sequence[Declaration],
) -> None:
    """Make window_day and witness_day.

    Tables made: window_day(tenant, day, number, weekend, weekends_before, asked, whole): every day of the tenant's span,
    numbered from 1; asked: some of it is in the window; whole: all of it, and it is no edge of the span.
    witness_day(tenant, stream, day, reason): the days on which a log of access to the tenant's mailboxes is blind.
    """
    create_table(
        con,
        "window_day",
        {
            "tenant": "VARCHAR",
            "day": "DATE",
            "number": "BIGINT",
            "weekend": "BIGINT",
            "weekends_before": "BIGINT",
            "asked": "BOOLEAN",
            "whole": "BOOLEAN",
        },
    )
    spans = {
        tenant: days_between(first, last)
        for tenant, first, last in rows(con, "select tenant, first, last from tenant_span")
    }
    listed: list[tuple[object, ...]] = []
    for tenant, days in sorted(spans.items()):
        weekends = 0
        for number, day in enumerate(days, 1):
            weekend = int(day.weekday() >= 5)
            whole = window.holds(day) and 1 < number < len(days)
            listed.append((tenant, day, number, weekend, weekends, window.touches(day), whole))
            weekends += weekend
    fill_table(con, "window_day", listed)
    create_table(
        con, "witness_day", {"tenant": "VARCHAR", "stream": "VARCHAR", "day": "DATE", "reason": "VARCHAR"}
    )
    fill_table(
        con,
        "witness_day",
        [
            (tenant, stream, day, reason)
            for tenant, stream in rows(con, "select tenant, stream from serving order by all")
            if tenant in spans and (tenant, stream) in counts
            for day, reason in blind_days(
                counts[tenant, stream], states[tenant, stream], spans[tenant]
            ).items()
            if not (reason == "edge" and answered_for(declared, tenant, stream, day))
        ],
    )


def answered_for(declared: Sequence[Declaration], tenant: str, stream: str, day: date) -> bool:
    """Somebody answers for the whole of this day."""
    return any(
        said.stream == stream
        and said.tenant.lower() in (tenant.lower(), "*")
        and said.begins <= midnight(day)
        and midnight(day) + DAY <= said.ends
        for said in declared
    )
