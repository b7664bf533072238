"""The judgement in its order: from kept events and the analyst's inputs to every case table."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import perf_counter
from typing import Protocol

from counterseal.core.case import COVERAGE, KEYS
from counterseal.core.engine.duckdb import literal
from counterseal.core.engine.engine import Engine
from counterseal.core.events import MESSAGE
from counterseal.evidence.source import known_streams
from counterseal.investigate import inputs
from counterseal.investigate.answers import Answers, fill_answers, issuances_sql
from counterseal.investigate.coverage import Coverage, without_zone
from counterseal.investigate.measure import measure_background
from counterseal.investigate.sql_files import step
from counterseal.investigate.tables import create_table, fill_table
from counterseal.investigate.trace import trace_actors
from counterseal.investigate.verdicts import reach_verdicts
from counterseal.investigate.window import Window
from counterseal.trust.realm import Realms


class Tell(Protocol):
    """Who hears how far the run is."""

    def files(self, done: int, total: int, done_bytes: int, total_bytes: int) -> None:
        """Evidence files finished, of how many, and their bytes."""

    def bytes(self, done: int, total: int, shown: str) -> None:
        """Bytes of the evidence file `shown` that are read."""

    def step(self, name: str) -> None:
        """A step of the judgement begins."""


class Silent:
    """Tells nobody."""

    def files(self, done: int, total: int, done_bytes: int, total_bytes: int) -> None:
        """Nothing."""

    def bytes(self, done: int, total: int, shown: str) -> None:
        """Nothing."""

    def step(self, name: str) -> None:
        """Nothing."""


@dataclass
class Timings:
    """Seconds by step."""

    tell: Tell = field(default_factory=Silent)
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def of(self, name: str) -> Iterator[None]:
        """Time one step and tell of it."""
        self.tell.step(name)
        begun = perf_counter()
        try:
            yield
        finally:
            self.seconds[name] = round(perf_counter() - begun, 3)


@dataclass(frozen=True)
class Grounds:
    """What the events are judged by.

    Attributes:
        realms: issuers, tenants and keys of each realm.
        indicators: of others, with their windows.
        roster: mailboxes to answer for.
        declared: who answers for which log being complete.
        answers: what the issuer answered to the questions of an earlier run.
        truncated: SHA-256 of evidence files that were cut short.
        since, until: judge uses from (inclusive) and to (exclusive).
    """

    realms: Realms = field(default_factory=Realms)
    indicators: inputs.Indicators = field(default_factory=inputs.Indicators)
    roster: Sequence[inputs.RosterEntry] = ()
    declared: Sequence[inputs.Declaration] = ()
    answers: Answers = field(default_factory=Answers)
    truncated: Sequence[str] = ()
    since: datetime | None = None
    until: datetime | None = None


def judge(con: Engine, grounds: Grounds, timings: Timings) -> None:
    """Judge the views `use_kept`, `issuance_kept`, `custody_kept`; make every table that core.case names.

    Tables made: verdict, hit, actors, actor_of_use, actor_of_attempt, exposed, mailboxes, coverage, key, detection,
    background, judged, link.
    """
    steps: list[tuple[str, Callable[[], object]]] = [
        ("prepare", lambda: prepare(con, grounds)),
        ("link", lambda: step(con, "link")),
        ("coverage", lambda: measure_coverage(con, grounds)),
        ("background", lambda: measure_background(con)),
        ("verdicts", lambda: reach_verdicts(con)),
        ("trace", lambda: trace_actors(con)),
        ("exposure", lambda: step(con, "exposure")),
        ("roster", lambda: step(con, "roster")),
    ]
    for name, run in steps:
        with timings.of(name):
            run()
    con.execute("insert into coverage select * from mailbox_coverage")


def judge_coverage_only(con: Engine, grounds: Grounds) -> None:
    """Make `coverage` alone, mailboxes included, with nothing judged."""
    prepare(con, grounds)
    measure_coverage(con, grounds)
    create_table(con, "verdict", dict.fromkeys(("use_id", "verdict", "gap"), "VARCHAR"))
    create_table(con, "actor_of_use", dict.fromkeys(("use_id", "actor"), "VARCHAR"))
    step(con, "exposure")
    step(con, "roster")
    con.execute("insert into coverage select * from mailbox_coverage")


def prepare(con: Engine, grounds: Grounds) -> None:
    """Make the views that everything else reads: use, attempt, issuance, custody, realm, key, indicator, roster."""
    create_table(con, "realm", {"realm": "VARCHAR", "kind": "VARCHAR", "value": "VARCHAR"})
    fill_table(con, "realm", grounds.realms.realm_rows())
    create_table(con, "given_key", KEYS)
    fill_table(con, "given_key", grounds.realms.key_rows())
    create_table(con, "indicator", inputs.INDICATOR)
    fill_table(con, "indicator", grounds.indicators.rows())
    listed = ("mailbox", "tenant", "organisation", "account", "licence", "contact")
    create_table(con, "roster", dict.fromkeys(listed, "VARCHAR"))
    fill_table(con, "roster", [tuple(getattr(entry, name) for name in listed) for entry in grounds.roster])
    create_table(
        con,
        "stream",
        {
            "stream": "VARCHAR",
            "family": "VARCHAR",
            "kind": "VARCHAR",
            "accuses": "BOOLEAN",
            "session_from": "VARCHAR",
        },
    )
    fill_table(
        con,
        "stream",
        [(s.name, s.family, s.kind.value, s.accuses, s.session_from or None) for s in known_streams()],
    )
    con.execute("create temp table if not exists rejected_text (raw varchar)")
    con.execute("create temp table if not exists torn_record (event_id varchar)")
    wants_messages = any(indicator.kind == "message" for indicator in grounds.indicators.given)
    fill_answers(con, grounds.answers)
    step(
        con,
        "views",
        window=window_sql(grounds),
        issuances=issuances_sql() if grounds.answers.given else "issuance_kept",
        messages="messages" if wants_messages else f"null::{MESSAGE}[]",
    )
    step(con, "keys")


def window_sql(grounds: Grounds) -> str:
    """The judged window as a condition on `time`."""
    parts = []
    if grounds.since:
        parts.append(f"time >= timestamp {literal(naive(grounds.since))}")
    if grounds.until:
        parts.append(f"time < timestamp {literal(naive(grounds.until))}")
    return " and ".join(parts) or "true"


def naive(moment: datetime) -> str:
    """UTC without a zone, as the engine's timestamps are."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(sep=" ")


def measure_coverage(con: Engine, grounds: Grounds) -> None:
    """Make the table `coverage` and what the classes of uses can rely on."""
    window = Window(*(moment and without_zone(moment) for moment in (grounds.since, grounds.until)))
    measured = Coverage(con, grounds.declared, grounds.truncated, window)
    measured.fill()
    create_table(con, "coverage", COVERAGE)
    fill_table(con, "coverage", measured.rows)
