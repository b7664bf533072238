"""Actors: uses bound together by tokens, sessions, keys and rare addresses, across tenants and realms."""

from collections import defaultdict
from collections.abc import Iterable

from counterseal.core.case import ACTORS
from counterseal.core.engine.duckdb import rows
from counterseal.core.engine.engine import Engine
from counterseal.core.vocabulary import Verdict
from counterseal.investigate.sql_files import step
from counterseal.investigate.tables import create_table, fill_table

WORST_FIRST = [Verdict.FORGED, Verdict.STOLEN, Verdict.UNISSUED, Verdict.SUSPICIOUS]
METHOD = {Verdict.FORGED: "forgery", Verdict.STOLEN: "theft"}
"""What a verdict proves of the method; the others prove none."""

Value = tuple[str, str]
"""What binds: (kind, value)."""


class Clusters:
    """Union-find over binding values."""

    def __init__(self) -> None:
        self.parent: dict[Value, Value] = {}

    def root(self, value: Value) -> Value:
        """The representative of a value's cluster."""
        self.parent.setdefault(value, value)
        while self.parent[value] != value:
            self.parent[value] = self.parent[self.parent[value]]
            value = self.parent[value]
        return value

    def bind(self, values: Iterable[Value]) -> None:
        """All of these belong together; the least becomes the representative, so that order does not matter."""
        roots = sorted({self.root(value) for value in values})
        for other in roots[1:]:
            self.parent[other] = roots[0]


def trace_actors(con: Engine) -> None:
    """Make `actor_of_use(use_id, actor)` and `actors` (core.case).

    Bound are accused and suspicious uses, by the values of `binding` (sql/binding.sql): what only one actor can share.
    Actors are numbered by their worst verdict, then by their first use.
    """
    step(con, "binding")
    clusters = Clusters()
    members: dict[tuple[Value, ...], list[tuple[str, Verdict, object]]] = defaultdict(list)
    for use_id, verdict, time, token, session, key, address, app in rows(
        con, "select use_id, verdict, time, token, session, key, address, app from binding order by use_id"
    ):
        named = (("token", token), ("session", session), ("key", key), ("address", address), ("app", app))
        values: tuple[Value, ...] = tuple((kind, value) for kind, value in named if value is not None)
        values = values or (("use", use_id),)
        clusters.bind(values)
        members[values].append((use_id, Verdict(verdict), time))
    gathered: dict[Value, list[tuple[str, Verdict, object]]] = defaultdict(list)
    for values, uses in members.items():
        gathered[clusters.root(values[0])].extend(uses)
    order = sorted(
        gathered.values(),
        key=lambda uses: (
            min(WORST_FIRST.index(v) for _, v, _ in uses),
            str(min(str(t) for _, _, t in uses)),
            min(uses)[0],
        ),
    )
    create_table(con, "actor_of_use", {"use_id": "VARCHAR", "actor": "VARCHAR"})
    fill_table(
        con,
        "actor_of_use",
        [(use_id, f"A{number}") for number, uses in enumerate(order, 1) for use_id, _, _ in uses],
    )
    create_table(con, "method", {"actor": "VARCHAR", "method": "VARCHAR", "verdict": "VARCHAR"})
    methods = []
    for number, uses in enumerate(order, 1):
        verdicts = {verdict for _, verdict, _ in uses}
        worst = min(verdicts, key=WORST_FIRST.index)
        methods.append((f"A{number}", METHOD.get(worst, "unknown"), worst.value))
    fill_table(con, "method", methods)
    create_table(con, "actors", ACTORS)
    step(con, "actors")
