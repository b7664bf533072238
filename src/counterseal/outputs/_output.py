"""What an output is, and the read-only view of a finished case that all of them are written from."""

import importlib
import pkgutil
from collections import namedtuple
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from counterseal.core.case import TABLES, Case
from counterseal.core.decisions import Decision
from counterseal.core.decisions import read as read_decisions
from counterseal.core.manifest import Document, read_document
from counterseal.core.vocabulary import Kind

if TYPE_CHECKING:
    from counterseal.core.engine.duckdb import Connection

Row = Any
"""A named tuple of one query's columns."""


@dataclass(frozen=True)
class Bounded:
    """The first rows of something, and how many there are in all."""

    rows: Sequence[Row]
    total: int

    @property
    def more(self) -> int:
        """How many rows are not among these."""
        return self.total - len(self.rows)


@dataclass(frozen=True)
class CaseView:
    """A finished case, read only.

    The connection has a view for each case table, for each kind of event (`issuance`, `use`, `custody`; surplus
    copies left out), and a table `evidence_named` (sha256, path) of the names evidence files were given by.
    """

    con: "Connection"
    case: Case
    summary: Document
    manifest: Document
    decisions: tuple[Decision, ...] = ()
    broken_decisions: int = 0

    def rows(self, sql: str, values: Sequence[object] = ()) -> list[Row]:
        """All rows of a query, as named tuples."""
        self.con.execute(sql, list(values))
        names = [column[0] for column in self.con.description or []]
        row = namedtuple("Row", names)  # type: ignore[misc]
        return [row(*found) for found in self.con.fetchall()]

    def bounded(self, sql: str, order: str, most: int) -> Bounded:
        """The first `most` rows of a query in that order, and the number of all its rows."""
        total = self.rows(f"select count(*) as n from ({sql})")[0].n
        return Bounded(self.rows(f"select * from ({sql}) order by {order} limit {most}"), total)

    def evidence_name(self, sha256: str | None) -> str:
        """The name an evidence file was given by, or its hash where the manifest does not know it."""
        return self.names.get(sha256 or "", sha256 or "?")

    @cached_property
    def names(self) -> dict[str, str]:
        """SHA-256 of an evidence file to the name it was given by."""
        return {entry["sha256"]: entry["path"] for entry in reversed(self.manifest.get("evidence", []))}


@dataclass(frozen=True)
class Output:
    """One file of the case folder.

    Attributes:
        name: the module's name.
        filename: inside the case folder.
        says: one sentence for the reference page.
        write: writes the file; recomputes nothing.
    """

    name: str
    filename: str
    says: str
    write: Callable[[CaseView], None]


@cache
def known_outputs() -> tuple[Output, ...]:
    """Every output in the folder, by name."""
    package = importlib.import_module("counterseal.outputs")
    found = [
        importlib.import_module(f"{package.__name__}.{module.name}").OUTPUT
        for module in pkgutil.iter_modules(package.__path__)
        if not module.name.startswith("_")
    ]
    return tuple(sorted(found, key=lambda output: output.name))


@contextmanager
def open_view(case: Case, memory_bytes: int = 2**30, threads: int | None = None) -> Iterator[CaseView]:
    """Open a finished case for reading.

    Raises:
        CaseError: this is no finished case.
    """
    summary, manifest = read_document(case.summary), read_document(case.manifest)
    decisions, broken = read_decisions(case)
    from counterseal.core.engine.duckdb import connect  # the engine is slow to load; errors above need none

    with connect(case.spill, memory_bytes, threads) as con:
        define_views(con, case, manifest)
        yield CaseView(con, case, summary, manifest, tuple(decisions), broken)


def define_views(con: "Connection", case: Case, manifest: Document) -> None:
    """Name the case's tables and events on the connection."""
    from counterseal.core.engine.duckdb import column, literal, parquet_or_empty
    from counterseal.core.events import columns

    for name, wanted in TABLES.items():
        path = case.table(name)
        parquet_or_empty(con, name, [path] if path.exists() else [], wanted)
    surplus = {"event_id": "VARCHAR", "evidence_file": "VARCHAR", "evidence_record": "BIGINT"}
    parquet_or_empty(con, "surplus", [case.duplicates] if case.duplicates.exists() else [], surplus)
    names = {entry["sha256"]: entry["path"] for entry in reversed(manifest.get("evidence", []))}
    for kind in Kind:
        parts = [
            path for sha256 in sorted(names) if (path := case.events(kind) / f"{sha256}.parquet").exists()
        ]
        parquet_or_empty(con, f"every_{kind.value}", parts, columns(kind))
        con.execute(
            f"""create or replace view {column(kind.value)} as select * from {column(f"every_{kind.value}")} as e
                where not exists (select 1 from surplus as s where s.event_id = e.event_id
                                  and s.evidence_file = e.evidence_file and s.evidence_record = e.evidence_record)"""
        )
    con.execute("create or replace table evidence_named (sha256 varchar, path varchar)")
    if names:
        listed = ", ".join(f"({literal(sha256)}, {literal(path)})" for sha256, path in sorted(names.items()))
        con.execute(f"insert into evidence_named values {listed}")


def write_all(case: Case, memory_bytes: int = 2**30, threads: int | None = None) -> None:
    """Write every output of a finished case.

    Raises:
        CaseError: this is no finished case.
    """
    with open_view(case, memory_bytes, threads) as view:
        for output in known_outputs():
            output.write(view)


def copy_csv(view: CaseView, sql: str, path: Path) -> None:
    """Write a query as CSV, under a temporary name first."""
    from counterseal.core.engine.duckdb import literal

    partial = path.with_name(f".{path.name}.partial")
    view.con.execute(f"copy ({sql}) to {literal(str(partial))} (format csv, header, delimiter ',')")
    partial.replace(path)
