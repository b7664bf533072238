"""What the logs would have shown: state of every stream on every day, measured from its own cadence or declared.

How a stream's cadence shows its gaps: investigate/cadence.py.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from counterseal.core.engine.duckdb import rows
from counterseal.core.engine.engine import Engine
from counterseal.core.vocabulary import Basis, CoverageState, Kind
from counterseal.evidence.source import LogStream, known_streams
from counterseal.investigate.cadence import (
    DAY,
    HOUR,
    DayState,
    Truncated,
    days_between,
    measured_days,
    midnight,
    silent_hours,
    silent_outside,
)
from counterseal.investigate.inputs import Declaration
from counterseal.investigate.sql_files import step
from counterseal.investigate.tables import fill_table
from counterseal.investigate.window import Window, fill_window

SESSION_LIFE = timedelta(days=90)
"""How long a session may live before its use. Source: Entra's default sign-in session, 90 days rolling."""

CADENCE_DAYS = 7
"""Days that a log must span before its silence earlier than the case says anything."""

BEGINNING = datetime(1, 1, 1)  # noqa: DTZ001  (event times have no zone)

ANYONE = "*"
"""Tenant of a declaration that answers for the stream of every tenant or issuer."""


def without_zone(moment: datetime) -> datetime:
    """UTC without a zone, as event times are; a time without a zone is UTC already."""
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def worst(states: Iterable[DayState]) -> DayState:
    """The least of several streams: absent before partial before covered, then by reason."""
    order = [CoverageState.ABSENT, CoverageState.PARTIAL, CoverageState.COVERED]
    return min(states, key=lambda found: (order.index(found.state), found.reason or ""))


def required_streams(family: str, principal_type: str, present: set[str]) -> list[str]:
    """The issuance streams that could hold a grant of this class, all of which must be covered.

    Args:
        family: of the use's stream; "any": whatever has records or a declaration for the authority.
        principal_type: user, guest, app or managed.
        present: accusing streams with records or a declaration for the authority.
    """
    wanted = []
    for stream in known_streams():
        if stream.kind is not Kind.ISSUANCE or not stream.accuses:
            continue
        if stream.holds and principal_type not in stream.holds:
            continue
        if family == "any":
            if stream.name in present:
                wanted.append(stream.name)
        elif stream.family == family and (not stream.optional or stream.name in present):
            wanted.append(stream.name)
    return wanted


def intersect(
    left: list[tuple[datetime, datetime]], right: list[tuple[datetime, datetime]]
) -> list[tuple[datetime, datetime]]:
    """The common parts of two lists of intervals."""
    return [(max(a, c), min(b, d)) for a, b in left for c, d in right if max(a, c) < min(b, d)]


class Coverage:
    """Coverage of one case: fills the tables that verdicts and roster read.

    Tables made: coverage (core.case), class_day(authority, family, principal_type, day, state, reason, since),
    class_declared(authority, family, principal_type, begins, ends), window_day, witness_day (investigate/window.py),
    and those of sql/blind.sql.
    """

    def __init__(
        self,
        con: Engine,
        declared: Sequence[Declaration],
        truncated: Sequence[str],
        window: Window | None = None,
    ) -> None:
        self.con = con
        self.judged = window or Window()
        self.streams = {stream.name: stream for stream in known_streams()}
        step(con, "coverage_days")
        self.declared = [
            replace(given, begins=without_zone(given.begins), ends=without_zone(given.ends))
            for given in declared
        ]
        self.cut = self.truncated_parts(truncated)
        self.window = self.case_window()
        self.issuance = self.counts("issuance_day", "authority")
        self.uses = self.counts("use_day", "tenant")
        self.hours = self.issuance_hours()
        self.used = self.spans_of_use()
        self.silent: dict[tuple[str, str], list[tuple[datetime, datetime]]] = {}
        self.rows: list[tuple[object, ...]] = []
        self.days: dict[tuple[str, str], dict[date, DayState]] = {}

    def case_window(self) -> list[date]:
        """Every day from the first to the last record of the case."""
        ((first, last),) = rows(
            self.con,
            "select min(day), max(day) from (select day from use_day union all select day from issuance_day)",
        )
        return days_between(first, last) if first else []

    def counts(self, table: str, owner: str) -> dict[tuple[str, str], dict[date, int]]:
        """(tenant or issuer, stream) -> day -> records."""
        found: dict[tuple[str, str], dict[date, int]] = {}
        for name, stream, day, events in rows(self.con, f"select {owner}, stream, day, events from {table}"):
            found.setdefault((name or "", stream or ""), {})[day] = events
        return found

    def spans_of_use(self) -> dict[str, tuple[date, date]]:
        """Tenant, or authority of tokens -> first and last day of its uses."""
        return {
            name: (first, last)
            for name, first, last in rows(
                self.con,
                """select name, min(first), max(last)
                   from (select coalesce(tenant, '') as name, min(day) as first, max(day) as last from use_day
                         group by coalesce(tenant, '')
                         union all select authority, first, last from authority_day where authority is not null)
                   group by name""",
            )
        }

    def issuance_hours(self) -> dict[tuple[str, str], dict[datetime, int]]:
        """(tenant or issuer, stream) -> hour -> records, of the streams of issuances."""
        found: dict[tuple[str, str], dict[datetime, int]] = {}
        for name, stream, hour, events in rows(
            self.con, "select authority, stream, hour, events from issuance_hour"
        ):
            found.setdefault((name, stream or ""), {})[hour] = events
        return found

    def truncated_parts(self, files: Sequence[str]) -> list[Truncated]:
        """Which streams and days the truncated evidence files touch, whichever copy of their records was kept."""
        if not files:
            return []
        listed = ", ".join(f"'{sha256}'" for sha256 in files)
        return [
            Truncated(owner, stream, first.date(), last.date())
            for owner, stream, first, last in rows(
                self.con,
                f"""select authority, stream, min(time), max(time) from issuance
                    where (evidence_file in ({listed}) or event_id in (select event_id from torn_record))
                      and authority is not null and time is not null group by all
                    union all
                    select coalesce(used.tenant, home.tenant, ''), used.stream, min(used.time), max(used.time)
                    from use_all_times as used left join mailbox_home as home on home.mailbox_key = used.mailbox_key
                    where (used.evidence_file in ({listed}) or used.use_id in (select event_id from torn_record))
                      and used.time is not null group by all""",
            )
        ]

    def fill(self) -> None:
        """Measure every stream, write the coverage rows, and derive what the classes of uses can rely on."""
        for (owner, stream), counts in sorted({**self.issuance, **self.uses}.items()):
            cut = [piece for piece in self.cut if (piece.owner, piece.stream) == (owner, stream)]
            silent = silent_hours(self.hours.get((owner, stream), {}))
            self.silent[owner, stream] = silent
            dim = {
                day for begins, ends in silent for day in days_between(begins.date(), (ends - HOUR).date())
            }
            found = measured_days(counts, self.window, self.streams.get(stream), cut, dim)
            self.days[owner, stream] = found
            kind = Kind.ISSUANCE if (owner, stream) in self.issuance else Kind.USE
            self.merge(owner, "*", kind, stream, self.asked(owner, stream, found))
        self.declare()
        self.absent_streams()
        self.classes()
        fill_window(self.con, self.judged, self.uses, self.days, self.declared)
        step(self.con, "blind")

    def declare(self) -> None:
        """Add what somebody answers for, less the holes that the log shows by itself."""
        for said in self.declared:
            known = sorted(
                {owner for owner, stream in (*self.issuance, *self.uses) if stream == said.stream}
                if said.tenant == ANYONE
                else {
                    owner
                    for owner, stream in (*self.issuance, *self.uses)
                    if stream == said.stream and owner.lower() == said.tenant.lower()
                }
            )
            for owner in known or [said.tenant]:
                spans = [(said.begins, said.ends)]
                for begins, ends in self.holes(owner, said.stream):
                    spans = without(spans, begins, ends)
                self.rows.extend(
                    (owner, "*", declared_kind(self.streams.get(said.stream)), said.stream, begins, ends,
                     CoverageState.COVERED.value, Basis.DECLARED.value, None)
                    for begins, ends in spans
                )  # fmt: skip

    def asked(self, owner: str, stream: str, states: Mapping[date, DayState]) -> dict[date, DayState]:
        """The days for which a stream is asked: those of its owner's uses, before them the life of a token, and its own.

        The case may be longer: what another tenant logged in June asks nobody else for June.
        """
        own = self.issuance.get((owner, stream)) or self.uses.get((owner, stream)) or {}
        known = self.streams.get(stream)
        lifetime = known.longest_lifetime if known and known.kind is Kind.ISSUANCE else 0 * DAY
        asked = set(own)
        if owner in self.used:
            first, last = self.used[owner]
            asked |= {(midnight(first) - lifetime).date(), last}
        return {day: state for day, state in states.items() if asked and min(asked) <= day <= max(asked)}

    def merge(
        self, tenant: str, mailbox: str, kind: str, stream: str, states: Mapping[date, DayState]
    ) -> None:
        """Add a stream's days as intervals of equal state."""
        begins: date | None = None
        previous: DayState | None = None
        for day in [*sorted(states), None]:
            found = states[day] if day else None
            if found == previous:
                continue
            if previous and begins:
                ends = day or max(states) + DAY
                self.rows.append(
                    (tenant, mailbox, str(kind), stream, midnight(begins), midnight(ends), previous.state.value,
                     Basis.MEASURED.value, previous.reason)
                )  # fmt: skip
            begins, previous = day, found

    def absent_streams(self) -> None:
        """Say of every tenant with uses which issuance streams are not there at all."""
        for authority, family, principal_type in self.use_classes():
            if family == "any":
                continue
            for stream in required_streams(family, principal_type, self.present(authority)):
                if (authority, stream) not in self.days:
                    missing = measured_days({}, self.window, None, ())
                    self.days[authority, stream] = missing
                    self.merge(authority, "*", Kind.ISSUANCE, stream, self.asked(authority, stream, missing))

    def use_classes(self) -> list[tuple[str, str, str]]:
        """Every (authority, family, principal type) that has uses."""
        found = rows(
            self.con,
            """select distinct use.authority, coalesce(stream.family, 'any'), coalesce(use.principal_type, 'user')
               from use left join stream on stream.stream = use.stream where use.authority is not null order by all""",
        )
        return [(authority, family, principal_type) for authority, family, principal_type in found]

    def present(self, authority: str) -> set[str]:
        """Issuance streams with records or a declaration for this authority."""
        return {stream for owner, stream in self.issuance if owner == authority} | {
            declaration.stream
            for declaration in self.declared
            if declaration.tenant.lower() in (authority, ANYONE)
        }

    def classes(self) -> None:
        """Fill class_day and class_declared."""
        self.con.execute(
            """create or replace temp table class_day (authority varchar, family varchar, principal_type varchar,
                   day date, state varchar, reason varchar, since date);
               create or replace temp table class_declared (authority varchar, family varchar, principal_type varchar,
                   begins timestamp, ends timestamp)"""
        )
        day_rows: list[tuple[object, ...]] = []
        declared_rows: list[tuple[object, ...]] = []
        for authority, family, principal_type in self.use_classes():
            streams = required_streams(family, principal_type, self.present(authority))
            key = (authority, family, principal_type)
            since: date | None = None
            for day in self.window:
                states = [self.days.get((authority, stream), {}).get(day) for stream in streams]
                found = worst([state or DayState(CoverageState.ABSENT, "not-exported") for state in states] or
                              [DayState(CoverageState.ABSENT, "not-exported")])  # fmt: skip
                since = (since or day) if found.state is CoverageState.COVERED else None
                day_rows.append((*key, day, found.state.value, found.reason, since))
            declared_rows.extend(
                (*key, begins, ends) for begins, ends in self.declared_intervals(authority, streams)
            )
        fill_table(self.con, "class_day", day_rows)
        fill_table(self.con, "class_declared", declared_rows)

    def declared_intervals(self, authority: str, streams: Sequence[str]) -> list[tuple[datetime, datetime]]:
        """Where somebody answers for every one of these streams and none of them shows a gap."""
        common: list[tuple[datetime, datetime]] | None = None
        for stream in streams:
            spans = [
                (declaration.begins, declaration.ends)
                for declaration in self.declared
                if declaration.tenant.lower() in (authority, ANYONE) and declaration.stream == stream
            ]
            for hole, ends in self.holes(authority, stream):
                spans = without(spans, hole, ends)
            common = spans if common is None else intersect(common, spans)
        return common or []

    def holes(self, authority: str, stream: str) -> list[tuple[datetime, datetime]]:
        """Where a log shows by itself that records are missing."""
        counts = self.issuance.get((authority, stream)) or self.uses.get((authority, stream)) or {}
        silent = self.silent.get((authority, stream), [])
        if not self.window:
            return silent
        # A session's root may lie that long before the case's first day: a log that would have had records then, and has
        # none, did not begin before it, whatever is declared. A log of a few days has no cadence to tell that by.
        known = bool(counts) and len(days_between(min(counts), max(counts))) >= CADENCE_DAYS
        before = days_between(self.window[0] - SESSION_LIFE, self.window[0] - DAY) if known else []
        outside = silent_outside(counts, [*before, *self.window])
        if outside.intersection(before):
            silent = [(BEGINNING, midnight(self.window[0])), *silent]
        dim = {begins.date() for begins, _ in silent}
        days = {
            day
            for day, found in self.days.get((authority, stream), {}).items()
            if found.reason == "truncated" or day in outside or (found.reason == "gap" and day not in dim)
        }
        return [*((midnight(day), midnight(day) + DAY) for day in sorted(days)), *silent]


def without(
    spans: list[tuple[datetime, datetime]], begins: datetime, ends: datetime
) -> list[tuple[datetime, datetime]]:
    """The spans with one interval cut out."""
    left: list[tuple[datetime, datetime]] = []
    for first, last in spans:
        if last <= begins or first >= ends:
            left.append((first, last))
            continue
        if first < begins:
            left.append((first, begins))
        if last > ends:
            left.append((ends, last))
    return left


def declared_kind(stream: LogStream | None) -> str:
    """The kind of a declared stream; one we do not know is taken for issuance."""
    return str(stream.kind if stream else Kind.ISSUANCE)
