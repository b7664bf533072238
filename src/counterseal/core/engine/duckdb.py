"""One DuckDB connection, set up for evidence: no network, bounded memory, its own spill folder."""

import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

import duckdb

from counterseal.core import interruption
from counterseal.core.engine.engine import Engine
from counterseal.core.errors import UsageError

Connection = duckdb.DuckDBPyConnection

ROW_GROUP = 20_480
"""Rows per Parquet row group: the dial of memory in ingest (measured: 122,880 -> 20,480 saved 200 MiB)."""

FLUSH_ROWS = 2_048
"""Rows that a thread holds back per file of a partitioned write, before they join the row group being built."""

ABOVE_LIMIT_MIB = 250
"""Resident memory ends this far above DuckDB's own limit (measured 80-215 MiB)."""


def parse_size(text: str) -> int:
    """Bytes of '512M', '2GiB', '1.5g'.

    Raises:
        UsageError: not a size, or under 400 MiB.
    """
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?\s*", text, re.IGNORECASE)
    if not match:
        raise UsageError(f"not a size: {text}", where="--memory", next_step="write it like 512M or 2G")
    size_bytes = int(float(match[1]) * 1024 ** "_kmgt".index(match[2].lower() or "_"))
    if size_bytes < 400 * 2**20:
        raise UsageError(
            f"{text} is too little memory",
            where="--memory",
            next_step="give at least 400M; 1G is the default",
        )
    return size_bytes


@contextmanager
def connect(spill: Path, memory_bytes: int = 2**30, threads: int | None = None) -> Iterator[Connection]:
    """Open a connection and close it again, leaving no spill file behind.

    Args:
        spill: scratch folder, owned by this connection; emptied before and after.
        memory_bytes: resident memory aimed at, DuckDB's overhead included.
        threads: worker threads; null: as many as the machine has.
    """
    shutil.rmtree(spill, ignore_errors=True)
    spill.mkdir(parents=True)
    con = duckdb.connect(":memory:")
    try:
        limit_mib = max(150, memory_bytes // 2**20 - ABOVE_LIMIT_MIB)
        con.execute(f"set memory_limit = '{limit_mib}MiB'")
        con.execute("set temp_directory = ?", [str(spill)])
        con.execute("set preserve_insertion_order = false")
        con.execute("set enable_progress_bar = false")
        con.execute("set autoinstall_known_extensions = false")
        con.execute("set autoload_known_extensions = false")
        con.execute("set TimeZone = 'UTC'")
        # That optimizer turns every `x in (six words)` of a projection into a hash join that carries whole records.
        con.execute("set disabled_optimizers = 'in_clause'")
        con.execute(f"set partitioned_write_flush_threshold = {FLUSH_ROWS}")
        if threads:
            con.execute(f"set threads = {threads}")
        con.execute(files("counterseal.core.engine").joinpath("macros.sql").read_text("utf-8"))
        with interruption.stopping(con.interrupt):
            yield con
    finally:
        con.close()
        shutil.rmtree(spill, ignore_errors=True)


def rows(con: Engine, sql: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
    """Run a query to its end and give all its rows."""
    con.execute(sql, list(values))
    return con.fetchall()


def one(con: Engine, sql: str, values: Sequence[object] = ()) -> tuple[Any, ...]:
    """The only row of a query that gives exactly one.

    An unfinished result blocks the connection (DuckDB 2), so every result is fetched to its end.
    """
    found = rows(con, sql, values)
    assert len(found) == 1, f"{len(found)} rows"
    return found[0]


def literal(text: str) -> str:
    """A SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def column(name: str) -> str:
    """A SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def select_as(wanted: dict[str, str], present: set[str]) -> str:
    """A select list with exactly the wanted columns and types; absent ones are typed nulls."""
    return ", ".join(
        f"cast({column(name)} as {kind}) as {column(name)}"
        if name in present
        else f"null::{kind} as {column(name)}"
        for name, kind in wanted.items()
    )


def parquet_or_empty(con: Connection, view: str, paths: list[Path], wanted: dict[str, str]) -> None:
    """Create a view over Parquet files with exactly the wanted columns; no file: an empty view."""
    if paths:
        listed = ", ".join(literal(str(path)) for path in paths)
        source = f"read_parquet([{listed}], union_by_name = true)"
        present = {row[0] for row in rows(con, f"describe select * from {source}")}
        con.execute(
            f"create or replace view {column(view)} as select {select_as(wanted, present)} from {source}"
        )
    else:
        con.execute(f"create or replace view {column(view)} as select {select_as(wanted, set())} where false")
