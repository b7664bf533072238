"""A mapping file tried on one file: what would be read, what rejected, what left unsaid."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from counterseal.core.case import Case
from counterseal.core.engine.duckdb import Connection, column, connect, literal, one, rows
from counterseal.core.events import TABLES
from counterseal.evidence.files import hashed, open_stream
from counterseal.evidence.ingest import ingest
from counterseal.evidence.mapping import MappedSource
from counterseal.evidence.packing import sniff_reader

NOT_MEANT = "no known source has"
"""How the reasons begin of records that the map does not mean (settling.why_unclaimed)."""

REASONS = 5
FIELDS_SHOWN = 40


@dataclass(frozen=True)
class DryRun:
    """What one file gives by one map.

    Attributes:
        reader: how records are packed; null: in no known way.
        read, kept, out_of_scope, rejected: records; `not_meant` of the rejected are none that the map means.
        repeated_ids: kept records that share their id with an earlier one.
        rows: the first events, columns that are null in all of them left out.
        reasons: the most frequent reasons for rejecting, each with one record.
        silent: columns of the map that are null in every record.
        unused: fields that records have and the map does not use.
    """

    reader: str | None
    read: int
    kept: int
    out_of_scope: int
    rejected: int
    not_meant: int
    repeated_ids: int
    rows: list[dict[str, Any]]
    reasons: list[dict[str, Any]]
    silent: list[str]
    unused: list[str]


def dry_run(mapped: MappedSource, path: Path, folder: Path, most: int) -> DryRun:
    """Read a file by a map alone.

    Args:
        mapped: the map.
        path: the file.
        folder: for scratch files.
        most: rows to show.
    """
    case = Case(folder / "case")
    with connect(case.spill) as con:
        done = ingest(con, case, hashed(path, str(path)), force=mapped, maps=(mapped,))
        events = case.events(mapped.gives) / f"{done.sha256}.parquet"
        names = [name for name in TABLES[mapped.gives] if name in mapped.columns]
        shown, silent, repeated = first_rows(con, events, names, most) if events.exists() else ([], [], 0)
        rejected = list(rejected_records(case.root / "events" / "rejected" / f"{done.sha256}.ndjson"))
        return DryRun(
            reader=done.reader,
            read=done.read,
            kept=done.kept,
            out_of_scope=done.out_of_scope,
            rejected=done.rejected,
            not_meant=sum(entry["reason"].startswith(NOT_MEANT) for entry in rejected),
            repeated_ids=repeated,
            rows=shown,
            reasons=counted(rejected),
            silent=silent,
            unused=unused_fields(con, mapped, path),
        )


def first_rows(
    con: Connection, events: Path, names: Sequence[str], most: int
) -> tuple[list[dict[str, Any]], list[str], int]:
    """The first rows, the columns that are null in all, and how many rows repeat an id."""
    table = f"read_parquet({literal(str(events))})"
    filled = one(con, f"select {', '.join(f'count({column(name)})' for name in names)} from {table}")
    silent = [name for name, count in zip(names, filled, strict=True) if not count]
    listed = [name for name in names if name not in silent]
    select = ", ".join(map(column, listed))
    found = rows(con, f"select {select} from {table} order by evidence_record limit {most}")
    (repeated,) = one(con, f"select count(*) - count(distinct event_id) from {table}")
    return [dict(zip(listed, row, strict=True)) for row in found], silent, repeated


def rejected_records(path: Path) -> Iterator[dict[str, Any]]:
    """What was rejected, record by record."""
    if path.exists():
        with path.open(encoding="ascii") as lines:
            for line in lines:
                entry = json.loads(line)
                yield {"reason": entry["reason"], "raw": entry["raw"][:200]}


def counted(rejected: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The most frequent reasons, with the first record of each."""
    found: dict[str, dict[str, Any]] = {}
    for entry in rejected:
        counted = found.setdefault(entry["reason"], {"records": 0, **entry})
        counted["records"] += 1
    return sorted(found.values(), key=lambda reason: (-reason["records"], reason["reason"]))[:REASONS]


def unused_fields(con: Connection, mapped: MappedSource, path: Path) -> list[str]:
    """Topmost fields of the first records that the map does not name; none for lines, which have no others."""
    with path.open("rb") as raw:
        opened = open_stream(raw, path.stat().st_size)
        reader = sniff_reader(opened.head)
        batch = next(reader.frames(opened.stream), None) if reader else None
    if batch is None or mapped.pattern:
        return []
    texts = [text for text in batch.slice(0, 100).column("text").to_pylist() if text]
    query = """select distinct name from (select unnest(json_keys(text)) as name from (select unnest($texts) as text)
        where json_valid(text) and json_type(text) = 'OBJECT') order by name"""
    found = [name for (name,) in con.execute(query, {"texts": texts}).fetchall()]
    return [name for name in found if name not in mapped.structure][:FIELDS_SHOWN]
