"""Evidence bytes in, whole rows out: what every test of a source starts from.

A source NAME has a folder `tests/evidence/sources/NAME/` with one or more inputs (`*.ndjson`, `*.json`,
`*.csv`, `*.log`, all synthetic) and beside each `STEM.expected.json`, its whole outcome. After a wanted
change, `COUNTERSEAL_REWRITE_EXPECTED=1 pytest tests/evidence/sources -k NAME` rewrites them; review the
difference like code.
"""

import copy
import json
from collections.abc import Iterator
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pyarrow as pa

from counterseal.core.case import Case
from counterseal.core.engine.duckdb import Connection, connect, literal, rows
from counterseal.core.events import EVIDENCE, columns
from counterseal.core.vocabulary import Kind
from counterseal.evidence.files import hashed, open_stream
from counterseal.evidence.ingest import Ingested, ingest
from counterseal.evidence.packing import FRAMES, Reader, sniff_reader
from counterseal.evidence.source import Source, Structure

HERE = Path(__file__).parent
INPUTS = (".ndjson", ".json", ".csv", ".log", ".txt", ".xml")
OUT_OF_SCOPE = "out_of_scope"
REJECTED = "rejected"

Row = dict[str, Any]
Rows = dict[str, list[Row]]
"""Rows by kind: issuance, use, custody, out_of_scope and rejected (record, offset, reason, raw)."""


def ingest_text(
    tmp_path: Path, content: bytes, name: str = "evidence", *, force: Source | None = None
) -> tuple[Ingested, Rows]:
    """Ingest one file of this content and give what it gave.

    Args:
        tmp_path: scratch folder; may be used again and again.
        content: the file's bytes.
        name: its name, which must not matter.
        force: as `--source`.

    Returns:
        The sums, and the rows by kind in record order: columns that are not null, and `evidence_record`.
    """
    path = tmp_path / name
    path.write_bytes(content)
    case = Case(tmp_path / "case")
    with connect(case.spill, threads=2) as con:
        done = ingest(con, case, hashed(path, name), force=force)
        return done, rows_by_kind(con, case, done)


def rows_by_kind(con: Connection, case: Case, done: Ingested) -> Rows:
    """What one ingested file left in the case; kinds without rows are left out."""
    found: Rows = {}
    for kind in (*(kind.value for kind in Kind), OUT_OF_SCOPE):
        path = case.root / "events" / kind / f"{done.sha256}.parquet"
        if path.exists():
            found[kind] = event_rows(con, path, columns(Kind(kind)) if kind != OUT_OF_SCOPE else {})
    path = case.root / "events" / REJECTED / f"{done.sha256}.ndjson"
    if path.exists():
        found[REJECTED] = [json.loads(line) for line in path.read_text("ascii").splitlines()]
    return found


def event_rows(con: Connection, path: Path, wanted: dict[str, str]) -> list[Row]:
    """The rows of one event file, nulls and the evidence file's hash left out, times as ISO text."""
    source = f"read_parquet({literal(str(path))})"
    present = {name for name, *_ in rows(con, f"describe select * from {source}")}
    names = [name for name in wanted if name in present] or sorted(
        present & {"event_id", *EVIDENCE, "operation", "stream"}
    )
    names = [name for name in names if name not in ("evidence_file", "evidence_offset")]
    listed = ", ".join(f'"{name}"' for name in names)
    found = rows(con, f"select {listed} from {source} order by evidence_record, event_id")
    return [
        {name: plain(value) for name, value in zip(names, row, strict=True) if value is not None}
        for row in found
    ]


def plain(value: Any) -> Any:
    """The value as JSON has it; null members of messages are left out."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, list):
        return [plain(entry) for entry in value]
    if isinstance(value, dict):
        return {name: plain(entry) for name, entry in value.items() if entry is not None}
    return value


def outcome(done: Ingested, found: Rows) -> dict[str, Any]:
    """Everything about one ingest that a golden file holds."""
    return {
        "reader": done.reader,
        "source": done.source,
        "read": done.read,
        "kept": done.kept,
        "out_of_scope": done.out_of_scope,
        "rejected": done.rejected,
        "warnings": done.warnings,
        "rows": found,
    }


def inputs_of(source: Source) -> list[Path]:
    """The input files in a source's fixture folder."""
    folder = HERE / source.name
    return sorted(
        path
        for path in folder.glob("*")
        if path.suffix in INPUTS and not path.name.endswith(".expected.json")
    )


def frames_of(path: Path) -> tuple[Reader, pa.Table] | None:
    """A fixture's frames, and the reader that gave them; null if no reader recognises it."""
    content = path.read_bytes()
    opened = open_stream(BytesIO(content), len(content))
    reader = sniff_reader(opened.head)
    if reader is None:
        return None
    return reader, pa.Table.from_batches(list(reader.frames(opened.stream)), FRAMES)


def inner_records(con: Connection, source: Source, path: Path) -> list[tuple[int, str]]:
    """Record number and inner JSON of every record of a fixture that the source claims."""
    if not (framed := frames_of(path)):
        return []
    reader, frames = framed
    return [(record, inner) for record, inner, _ in claimed(con, source, reader, frames)]


def claimed(con: Connection, source: Source, reader: Reader, frames: pa.Table) -> list[tuple[int, str, str]]:
    """(record, inner JSON, envelope) of every frame that the source claims, each once."""
    lines = frames["text"].to_pylist()
    dressed: dict[str, list[str | None] | None]
    if source.line:
        read = [source.line(line) if line else None for line in lines]
        dressed = {"line": [json.dumps(found) if found is not None else None for found in read]}
    elif reader.lines:
        dressed = {
            "after-prefix": [line[line.index("{") :] if line and "{" in line else None for line in lines]
        }
    else:
        dressed = dict.fromkeys(source.envelopes)
    found: dict[int, tuple[str, str]] = {}
    for envelope, inner in dressed.items():
        body = "text" if inner is not None else source.envelopes[envelope]
        texts = lines if inner is None else inner
        around = "envelope" if envelope == "bare" else "coalesce(envelope, text)"
        con.register(
            "harness_frames",
            pa.table(
                {
                    "record": frames["record"],
                    "text": pa.array(texts, pa.string()),
                    "envelope": frames["envelope"],
                }
            ),
        )
        claims = rows(
            con,
            f"""select record, body from (
                    select record, body, coalesce(try({source.claims}), false) as claimed from (
                        select record, body, {"null::varchar" if inner is not None else around} as around,
                            json_transform(case when json_valid(body) then body end,
                                           {literal(source.structure_json)}) as r
                        from (select *, {body} as body from harness_frames)))
                where claimed""",
        )
        con.unregister("harness_frames")
        for record, text in claims:
            found.setdefault(record, (text, envelope))
    return [(record, text, envelope) for record, (text, envelope) in sorted(found.items())]


Field = tuple[str, ...]


def fields_of(structure: Structure) -> Iterator[Field]:
    """Every field a structure declares, as its path; list levels are not named."""
    for name, kind in structure.items():
        yield (name,)
        inner = kind[0] if isinstance(kind, list) else kind
        if isinstance(inner, dict):
            for path in fields_of(inner):
                yield (name, *path)


def renamed(record: Any, path: Field) -> Any:
    """A copy in which the field has another name everywhere, or null if the record has no such field."""
    changed = copy.deepcopy(record)
    return changed if rename_in_place(changed, path) else None


def rename_in_place(value: Any, path: Field) -> bool:
    """Rename the field at the path in objects and lists of objects; did any have it?"""
    if isinstance(value, list):
        return any([rename_in_place(entry, path) for entry in value])  # noqa: C419 - every entry, not the first
    if not isinstance(value, dict) or path[0] not in value:
        return False
    if len(path) > 1:
        return rename_in_place(value[path[0]], path[1:])
    value[path[0] + "_renamed"] = value.pop(path[0])
    return True
