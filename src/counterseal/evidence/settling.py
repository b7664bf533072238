"""From the passes' Parquet files to the case's: one file per evidence file and kind, and the rejected records."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from counterseal.core.case import Case
from counterseal.core.engine.duckdb import ROW_GROUP, Connection, literal, one, rows
from counterseal.core.vocabulary import Kind
from counterseal.evidence.packing import RAW_KEPT
from counterseal.evidence.projection import OUT_OF_SCOPE, REJECTED, UNCLAIMED

REJECTS_AT_ONCE = 500


@dataclass(frozen=True)
class Sums:
    """What one evidence file left in the case, counted in records.

    A record that holds several events counts once: kept if any is an event, else out of scope, else rejected.

    Attributes:
        kept, out_of_scope, rejected: records.
        first, last: earliest and latest time of a kept event, ISO; null: none has one.
        expected: how many records the export says it has; null: it does not say.
        lossy: code of what the export destroyed, and in how many events.
    """

    kept: int
    out_of_scope: int
    rejected: int
    first: str | None = None
    last: str | None = None
    expected: int | None = None
    lossy: tuple[tuple[str, int], ...] = ()


def settle(con: Connection, case: Case, sha256: str, staging: Path, *, drop_rejected: bool = False) -> Sums:
    """Move the passes' Parquet files to their places and count what they hold.

    Args:
        con: an engine connection.
        case: the case.
        sha256: of the evidence file; names the files.
        staging: where the passes wrote.
        drop_rejected: the file is no evidence: keep none of its lines.
    """
    placed = {}
    for kind in (*(kind.value for kind in Kind), OUT_OF_SCOPE):
        target = case.root / "events" / kind / f"{sha256}.parquet"
        place_parts(con, parts_of(staging, kind), target)
        if target.exists():
            placed[kind] = target
    rejects = [] if drop_rejected else parts_of(staging, REJECTED) + parts_of(staging, UNCLAIMED)
    place_rejected(con, rejects, case.root / "events" / REJECTED / f"{sha256}.ndjson", staging)
    events = [path for kind, path in placed.items() if kind != OUT_OF_SCOPE]
    kept, out_of_scope, rejected = count_records(con, events, placed.get(OUT_OF_SCOPE), rejects)
    if not events:
        return Sums(kept, out_of_scope, rejected)
    first, last, expected = one(con, f"select min(time), max(time), max(expected) from {parquet(events)}")
    return Sums(
        kept,
        out_of_scope,
        rejected,
        first.isoformat() if first else None,
        last.isoformat() if last else None,
        expected,
        tuple(lossy_codes(con, events)),
    )


def parts_of(staging: Path, fate: str) -> list[Path]:
    """What the passes wrote of one fate."""
    return sorted(staging.glob(f"**/kind={fate}/*.parquet"))


def parquet(paths: list[Path]) -> str:
    """SQL: a table function over Parquet files of possibly different columns."""
    return f"read_parquet([{', '.join(literal(str(path)) for path in paths)}], union_by_name = true, hive_partitioning = false)"


def place_parts(con: Connection, parts: list[Path], target: Path) -> None:
    """One Parquet file from one or several, in place at once; none: none, whatever an earlier run left there."""
    if not parts:
        target.unlink(missing_ok=True)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    if len(parts) == 1:
        parts[0].replace(target)
        return
    partial = target.with_name(f".{target.name}.partial")
    con.execute(
        f"copy (select * from {parquet(parts)}) to {literal(str(partial))} (format parquet, row_group_size {ROW_GROUP})"
    )
    partial.replace(target)


def count_records(
    con: Connection, events: list[Path], scope: Path | None, rejects: list[Path]
) -> tuple[int, int, int]:
    """Records kept, out of scope and rejected; a record of several fates has the first of them."""
    fates = [(0, events), (1, [scope] if scope else []), (2, rejects)]
    selects = [
        f"select evidence_record, {rank} as fate from {parquet(paths)}" for rank, paths in fates if paths
    ]
    if not selects:
        return 0, 0, 0
    if len(selects) > 1 or len(events) > 1:
        union = " union all ".join(selects)
        query = f"select fate, count(*) from (select min(fate) as fate from ({union}) group by evidence_record) group by fate"
    else:
        query = f"select fate, count(distinct evidence_record) from ({selects[0]}) group by fate"
    found = dict(rows(con, query))
    return found.get(0, 0), found.get(1, 0), found.get(2, 0)


def lossy_codes(con: Connection, events: list[Path]) -> list[tuple[str, int]]:
    """What the records themselves say their export destroyed."""
    if "lossy" not in {name for name, *_ in rows(con, f"describe select * from {parquet(events)}")}:
        return []
    query = (
        f"select lossy, count(*) from {parquet(events)} where lossy is not null group by lossy order by lossy"
    )
    return [(code, records) for code, records in rows(con, query)]


def place_rejected(con: Connection, parts: list[Path], target: Path, staging: Path) -> None:
    """Keep rejected records with place, reason and raw text, in order, readable by their owner alone."""
    if not parts:
        target.unlink(missing_ok=True)
        return
    ordered = staging / "rejected.parquet"
    con.execute(
        f"""copy (select evidence_record, evidence_offset, reason, text, raw from {parquet(parts)} order by evidence_record)
            to {literal(str(ordered))} (format parquet, row_group_size {REJECTS_AT_ONCE})"""
    )
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    partial = target.with_name(f".{target.name}.partial")
    with os.fdopen(
        os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii"
    ) as stream:
        for entry in rejected_entries(ordered):
            stream.write(json.dumps(entry) + "\n")
    partial.replace(target)


def rejected_entries(ordered: Path) -> Iterator[dict[str, Any]]:
    """What `rejected.ndjson` says of each record."""
    import pyarrow.parquet as pq  # needed for files with rejects only

    with pq.ParquetFile(ordered) as file:
        for batch in file.iter_batches(REJECTS_AT_ONCE):
            for row in batch.to_pylist():
                yield {
                    "record": row["evidence_record"],
                    "offset": row["evidence_offset"],
                    "reason": row["reason"] or why_unclaimed(row["text"]),
                    "raw": (row["raw"] or row["text"] or "").rstrip("\r\n")[:RAW_KEPT],
                }


def why_unclaimed(text: str | None) -> str:
    """Why no source claims a record: broken JSON, or nothing known."""
    if text is None or not text.strip():
        return "empty"
    if text.lstrip()[0] not in "{[":
        return "no known source has lines like this"
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        return f"not JSON at character {error.pos}"
    except (RecursionError, ValueError):
        return "not JSON: nested too deeply or a number too long"
    return "no known source has records like this"
