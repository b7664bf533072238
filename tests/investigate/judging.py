"""Judge rows given in the test: tables in, verdicts out, no file read."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa

from counterseal.core.engine.duckdb import Connection, connect, rows, select_as
from counterseal.core.events import EVIDENCE, KEYS, TABLES, columns
from counterseal.core.vocabulary import Kind
from counterseal.investigate.judgement import Grounds, Timings, judge

ARROW = {
    "VARCHAR": pa.string(),
    "TIMESTAMP": pa.timestamp("us"),
    "BOOLEAN": pa.bool_(),
    "BIGINT": pa.int64(),
}
MESSAGES = pa.list_(
    pa.struct(
        [
            ("message_id", pa.string()),
            ("item_id", pa.string()),
            ("folder", pa.string()),
            ("bytes", pa.int64()),
        ]
    )
)
DERIVED = {
    "principal_key": "nullif(lower(trim(principal)), '')",
    "mailbox_key": "nullif(lower(trim(mailbox)), '')",
    "token_key": "token_key_of(token_id)",
    "session_key": "token_key_of(session_id)",
    "ip_key": "ip_key_of(client_ip)",
    "acting_app": "acting_app_of(app_id, client_app_id)",
    "authority": "lower(coalesce(issuer, tenant))",
}


def fill_kept(con: Connection, kind: Kind, given: Iterable[Mapping[str, Any]]) -> None:
    """Make `<kind>_kept` from rows; what a row does not say is null. `event_id` defaults to the kind and number."""
    listed = [dict(row) for row in given]
    names = {**TABLES[kind], **EVIDENCE}
    arrays = [
        pa.array(
            [row.get(name) for row in listed], MESSAGES if name == "messages" else ARROW.get(sql, pa.string())
        )
        for name, sql in names.items()
    ]
    ids = [row.get("event_id", f"{kind}-{number}") for number, row in enumerate(listed)]
    con.register("given_rows", pa.table([*arrays, pa.array(ids, pa.string())], names=[*names, "event_id"]))
    everything = dict.fromkeys(
        (
            "principal",
            "mailbox",
            "token_id",
            "session_id",
            "client_ip",
            "app_id",
            "client_app_id",
            "issuer",
            "tenant",
        ),
        "VARCHAR",
    )
    absent = "".join(f", null::varchar as {name}" for name in everything if name not in names)
    derived = ", ".join(f"{sql} as {name}" for name, sql in DERIVED.items())
    con.execute(
        f"""create or replace temp table {kind}_given as select *, {derived}
            from (select {select_as(names, set(names))}, event_id{absent} from given_rows) as given"""
    )
    con.unregister("given_rows")
    have = {row[0] for row in rows(con, f"describe {kind}_given")}
    con.execute(
        f"create or replace temp table {kind}_kept as select {select_as(columns(kind), have)} from {kind}_given"
    )


@contextmanager
def judged(
    folder: Path,
    use: Iterable[Mapping[str, Any]] = (),
    issuance: Iterable[Mapping[str, Any]] = (),
    custody: Iterable[Mapping[str, Any]] = (),
    grounds: Grounds | None = None,
    threads: int = 1,
    rejected: Iterable[str] = (),
) -> Iterator[Connection]:
    """A connection on which these rows have been judged; `rejected` are raw records of issuance logs."""
    with connect(folder / "spill", threads=threads) as con:
        con.execute("create temp table rejected_text as select unnest(?::varchar[]) as raw", [list(rejected)])
        fill_kept(con, Kind.USE, use)
        fill_kept(con, Kind.ISSUANCE, issuance)
        fill_kept(con, Kind.CUSTODY, custody)
        judge(con, grounds or Grounds(), Timings())
        yield con


def verdicts(con: Connection) -> dict[str, tuple[str, list[str]]]:
    """use_id -> verdict and its reasons (for `unknown`: why)."""
    return {
        use_id: (verdict, sorted(reasons) if reasons else ([gap] if verdict == "unknown" else []))
        for use_id, verdict, reasons, gap in rows(con, "select use_id, verdict, reasons, gap from verdict")
    }


assert KEYS  # the derived columns above must be all of them: a new key fails here
assert set(KEYS) == {"event_id", *DERIVED}
