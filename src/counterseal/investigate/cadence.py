"""The cadence of a log: on which days and in which hours its silence shows that records are missing.

A quiet Sunday is no gap, and presence is no completeness. Measured rules, per stream of one tenant or issuer:
days before the first and after the last record are absent, the first and last day partial, a silent day absent where
that kind of day (working day, weekend) normally has ten records or more, three silent days or more absent where the rest
of the stream would have ten in them, a day at a twentieth of normal partial where normal is a hundred or more, a day with
silent hours partial where those hours normally have ten, and every day that a truncated export touches is partial.
"""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median

from counterseal.core.vocabulary import CoverageState
from counterseal.evidence.source import LogStream

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
SILENT_NORMAL = 10
LOW_NORMAL = 100
LOW_SHARE = 0.05
SILENT_RUN = 3
OF_USUAL_RUN = 2
"""A silent stretch is a gap only if it is longer than this many times the stream's usual one: weekly jobs are silent all week."""


@dataclass(frozen=True)
class DayState:
    """One stream on one day."""

    state: CoverageState
    reason: str | None = None


@dataclass(frozen=True)
class Truncated:
    """The days a truncated export touches, for one tenant or issuer and stream."""

    owner: str
    stream: str
    first: date
    last: date


def midnight(day: date) -> datetime:
    """The instant at which a day begins."""
    return datetime.combine(day, datetime.min.time())


def days_between(first: date, last: date) -> list[date]:
    """Every day from first to last, both included."""
    return [first + DAY * i for i in range((last - first).days + 1)]


def normal_counts(counts: Mapping[date, int], first: date, last: date) -> dict[bool, float]:
    """The median daily count of working days (False) and weekends (True) inside the stream's span."""
    inside = days_between(first + DAY, last - DAY)
    normal: dict[bool, float] = {}
    for weekend in (False, True):
        kind = [counts.get(day, 0) for day in inside if (day.weekday() >= 5) is weekend]
        normal[weekend] = median(kind) if kind else 0.0
    return normal


def silent_runs(counts: Mapping[date, int], first: date, last: date) -> list[list[date]]:
    """The stretches of days without a record between first and last."""
    runs: list[list[date]] = [[]]
    for day in days_between(first, last):
        if counts.get(day):
            runs.append([])
        else:
            runs[-1].append(day)
    return [run for run in runs if run]


def expected(counts: Mapping[date, int], rest: Sequence[date], run: Sequence[date]) -> float:
    """How many records a stretch would have, were its working days and weekends like those of the rest."""
    total = 0.0
    for weekend in (False, True):
        alike = [counts.get(day, 0) for day in rest if (day.weekday() >= 5) is weekend]
        days = sum((day.weekday() >= 5) is weekend for day in run)
        total += days * sum(alike) / len(alike) if alike else 0.0
    return total


def silent_gaps(counts: Mapping[date, int], first: date, last: date) -> set[date]:
    """Days of silent stretches in which the rest of the stream would have had ten records or more."""
    runs = silent_runs(counts, first, last)
    lost: set[date] = set()
    for run in runs:
        others = [len(other) for other in runs if other is not run]
        usual = median(others) if others else 0
        inside = set(run)
        rest = [day for day in days_between(first, last) if day not in inside]
        if (
            len(run) >= max(SILENT_RUN, OF_USUAL_RUN * usual + 1)
            and expected(counts, rest, run) >= SILENT_NORMAL
        ):
            lost |= inside
    return lost


def silent_outside(counts: Mapping[date, int], window: Sequence[date]) -> set[date]:
    """Days before the first and after the last record on which a stream like this would have had records."""
    if not counts:
        return set()
    first, last = min(counts), max(counts)
    span = days_between(first, last)
    return {
        day
        for run in ([day for day in window if day < first], [day for day in window if day > last])
        if expected(counts, span, run) >= SILENT_NORMAL
        for day in run
    }


def usual_hours(hours: Mapping[datetime, int]) -> dict[tuple[bool, int], float]:
    """What an hour of a working day or weekend has at least: the least of its own median and its neighbours'.

    The least of three, so that an hour at the edge of the working day, moved by daylight saving, is not missed in vain.
    """
    by_day: dict[date, dict[int, int]] = {}
    for moment, events in hours.items():
        by_day.setdefault(moment.date(), {})[moment.hour] = events
    usual: dict[tuple[bool, int], float] = {}
    for weekend in (False, True):
        alike = [counts for day, counts in by_day.items() if (day.weekday() >= 5) is weekend]
        middle = [median(counts.get(hour, 0) for counts in alike) if alike else 0 for hour in range(24)]
        usual |= {
            (weekend, hour): min(middle[hour - 1], middle[hour], middle[(hour + 1) % 24])
            for hour in range(24)
        }
    return usual


def silent_hours(hours: Mapping[datetime, int]) -> list[tuple[datetime, datetime]]:
    """Stretches of silent hours, inside days that have records, in which ten records or more are usual.

    Hours before the first and after the last record of the stream belong to them: an export made at noon.
    """
    days = {moment.date() for moment in hours}
    if sum(hours.values()) < SILENT_NORMAL * len(days):
        return []
    usual = usual_hours(hours)
    found: list[tuple[datetime, datetime]] = []
    run: list[datetime] = []
    for day in (*sorted(days), None):
        for moment in [midnight(day) + HOUR * hour for hour in range(24)] if day else [None]:
            if moment and moment not in hours and (not run or moment == run[-1] + HOUR):
                run.append(moment)
                continue
            if sum(usual[silent.weekday() >= 5, silent.hour] for silent in run) >= SILENT_NORMAL:
                found.append((run[0], run[-1] + HOUR))
            run = [moment] if moment and moment not in hours else []
    return found


def measured_days(
    counts: Mapping[date, int],
    window: Sequence[date],
    stream: LogStream | None,
    cut: Iterable[Truncated],
    dim: Set[date] = frozenset(),
) -> dict[date, DayState]:
    """The state of a stream on every day of the window, from its own cadence.

    Args:
        counts: records per day; empty: the stream was not exported.
        window: the days of the case.
        stream: what is known of the stream, for its retention.
        cut: truncated exports of this stream.
        dim: days with silent hours that are none usually.
    """
    if not counts:
        return {day: DayState(CoverageState.ABSENT, "not-exported") for day in window}
    first, last = min(counts), max(counts)
    normal = normal_counts(counts, first, last)
    lost = silent_gaps(counts, first, last)
    kept_long = stream is not None and stream.retention is not None and last - first >= stream.retention - DAY
    states: dict[date, DayState] = {}
    for day in window:
        usual, seen = normal[day.weekday() >= 5], counts.get(day, 0)
        if day < first:
            states[day] = DayState(CoverageState.ABSENT, "retention" if kept_long else "not-exported")
        elif day > last:
            states[day] = DayState(CoverageState.ABSENT, "not-exported")
        elif any(piece.first <= day <= piece.last for piece in cut):
            states[day] = DayState(CoverageState.PARTIAL, "truncated")
        elif day in (first, last):
            states[day] = DayState(CoverageState.PARTIAL, "edge")
        elif not seen and (usual >= SILENT_NORMAL or day in lost):
            states[day] = DayState(CoverageState.ABSENT, "gap")
        elif day in dim or (usual >= LOW_NORMAL and seen < usual * LOW_SHARE):
            states[day] = DayState(CoverageState.PARTIAL, "gap")
        else:
            states[day] = DayState(CoverageState.COVERED)
    return states
