"""One evidence file into one Parquet file per event kind, with every record accounted for.

Frames go through the projection of the source that claims most of a sample; what it does not claim is offered to
every other source in turn; what nobody claims is rejected with its text and place.
"""

import hashlib
import json
import logging
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from functools import cache
from importlib.resources import files as package_files
from pathlib import Path

import pyarrow as pa

from counterseal.core.case import Case, write_atomically
from counterseal.core.engine.duckdb import ROW_GROUP, Connection, column, literal, one, rows, select_as
from counterseal.core.events import UNION
from counterseal.core.vocabulary import Kind
from counterseal.evidence.files import EvidenceFile, open_stream
from counterseal.evidence.packing import FRAMES, RAW_KEPT, Reader, Stream, sniff_reader
from counterseal.evidence.source import Source, known_sources

log = logging.getLogger(__name__)

SAMPLE = 200
REJECTED = "rejected"
OUT_OF_SCOPE = "out_of_scope"
UNCLAIMED = "unclaimed"

Progress = Callable[[int, int], None]
"""Called with bytes done and bytes in all (of the file on disk)."""


@dataclass
class Ingested:
    """What one evidence file gave; kept as JSON, it is also the mark that its ingest is finished.

    `read` is counted by the reader as it frames, the others from what was written.
    """

    sha256: str
    bytes: int
    version: str
    forced: str | None = None
    reader: str | None = None
    packing: list[str] = field(default_factory=list)
    source: list[str] = field(default_factory=list)
    read: int = 0
    kept: int = 0
    out_of_scope: int = 0
    rejected: int = 0
    first: str | None = None
    last: str | None = None
    warnings: list[dict[str, str]] = field(default_factory=list)

    def warn(self, code: str, says: str) -> None:
        """Add a warning once."""
        warning = {"code": code, "says": says}
        if warning not in self.warnings:
            self.warnings.append(warning)


@dataclass(frozen=True)
class Dress:
    """A source and the envelope its records come in."""

    source: Source
    envelope: str

    @property
    def inner(self) -> str:
        """SQL that gives the inner record's JSON text."""
        return self.source.envelopes.get(self.envelope, "text")


@cache
def evidence_version() -> str:
    """Hash of everything that decides what ingest writes: old projections must not survive an upgrade."""
    digest = hashlib.sha256()
    for package in ("counterseal.evidence", "counterseal.evidence.readers", "counterseal.evidence.sources"):
        for entry in sorted(package_files(package).iterdir(), key=lambda e: e.name):
            if entry.name.endswith(".py"):
                digest.update(entry.read_bytes())
    for module, name in (("counterseal.core", "events.py"), ("counterseal.core.engine", "macros.sql")):
        digest.update(package_files(module).joinpath(name).read_bytes())
    return digest.hexdigest()[:16]


def ingest(
    con: Connection, case: Case, evidence: EvidenceFile, *, force: Source | None = None, progress: Progress | None = None
) -> Ingested:
    """Read one evidence file into the case, or find that this was done before.

    Args:
        con: an engine connection.
        case: where the Parquet files go.
        evidence: the file, hashed.
        force: the source to use whatever the sample shows (`--source`).
        progress: called as bytes are read.

    Raises:
        OSError: the file cannot be read.
    """
    mark = case.ingested / f"{evidence.sha256}.json"
    forced = force.name if force else None
    if mark.exists():
        done = Ingested(**json.loads(mark.read_text("utf-8")))
        if done.version == evidence_version() and done.forced == forced:
            return done
    done = Ingested(evidence.sha256, evidence.bytes, evidence_version(), forced)
    staging = case.spill / "ingest"
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir(parents=True)
    try:
        with evidence.path.open("rb") as raw:
            opened = open_stream(raw, evidence.bytes)
            done.packing = list(opened.packing)
            reader = sniff_reader(opened.head)
            if reader:
                done.reader = reader.name
                watched = watch(reader.frames(opened.stream), lambda: raw.tell(), evidence.bytes, progress)
                run_passes(con, done, staging, reader, watched, force)
                done.read = opened.stream.framed
                collect_notices(done, opened.stream, opened.inflated.trouble if opened.inflated else None)
        settle(con, case, done, staging, evidence)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    write_atomically(mark, json.dumps(asdict(done), indent=1).encode())
    return done


def watch(
    batches: Iterator[pa.RecordBatch], tell: Callable[[], int], size: int, progress: Progress | None
) -> Iterator[pa.RecordBatch]:
    """The same batches, telling progress as they pass."""
    for batch in batches:
        if progress:
            progress(tell(), size)
        yield batch


def run_passes(
    con: Connection,
    done: Ingested,
    staging: Path,
    reader: Reader,
    batches: Iterator[pa.RecordBatch],
    force: Source | None,
) -> None:
    """Project everything with the likeliest source, then offer what is left to each other one."""
    first = next(batches, None)
    if first is None:
        return
    dresses = [
        Dress(source, envelope)
        for source in ([force] if force else known_sources())
        for envelope in envelopes_for(source, reader)
    ]
    sample = first.slice(0, SAMPLE)
    counts = {dress: claimed_count(con, dress, sample) for dress in dresses}
    order = sorted(dresses, key=lambda dress: (-counts[dress], dress.source.name, dress.envelope))
    primary = order[0] if order and counts[order[0]] else None
    if primary:
        check_readable(con, done, primary, sample)

    def chained() -> Iterator[pa.RecordBatch]:
        yield first
        yield from batches

    number = 0
    project(con, done, staging / f"{number}", primary, chained())
    for dress in order:
        left = sorted(staging.glob(f"{number}/kind={UNCLAIMED}/*.parquet"))
        if not left or dress == primary:
            continue
        if claimed_in(con, dress, left):
            number += 1
            project(con, done, staging / f"{number}", dress, left_batches(con, left))
            shutil.rmtree(left[0].parent)


def envelopes_for(source: Source, reader: Reader) -> list[str]:
    """The envelopes of a source that this reader's records can come in."""
    if source.line:
        return ["line"]  # also where the reader found JSON: a log of lines may be exported without its prefixes
    return ["after-prefix"] if reader.lines else list(source.envelopes)


def dressed(dress: Dress, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """For a log of lines, replace each line's text by what the source reads in it; the line itself stays as raw."""
    for batch in batches:
        if dress.envelope not in ("line", "after-prefix"):
            yield batch
            continue
        texts = batch.column("text").to_pylist()
        raws = batch.column("raw").to_pylist()
        if dress.envelope == "line":
            parse = dress.source.line
            assert parse is not None
            read = [None if text is None else parse(text) for text in texts]
            inner = [None if found is None else json.dumps(found) for found in read]
        else:
            inner = [None if text is None or "{" not in text else text[text.index("{") :] for text in texts]
        arrays = list(batch.columns)
        arrays[FRAMES.get_field_index("envelope")] = pa.array(inner, pa.string())
        arrays[FRAMES.get_field_index("raw")] = pa.array(
            [raw if raw is not None else text for raw, text in zip(raws, texts, strict=True)], pa.string()
        )
        yield pa.record_batch(arrays, schema=FRAMES)


def inner_of(dress: Dress) -> str:
    """SQL that gives the inner record in a frame."""
    return "envelope" if dress.envelope in ("line", "after-prefix") else dress.inner


def parsed(dress: Dress, frames: str) -> str:
    """SQL: frames with `r` parsed and `claimed` decided. Text that is not JSON gives a null `r`."""
    inner = inner_of(dress)
    outer = "null::varchar" if dress.envelope in ("line", "after-prefix") else (
        "envelope" if dress.envelope == "bare" else "coalesce(envelope, text)"
    )
    return f"""(select *, coalesce(try({dress.source.claims}), false) as claimed
        from (select record, place, length, text, envelope, raw, problem, {outer} as around,
                     json_transform(case when json_valid(body) then body end, {literal(dress.source.structure_json)}) as r
              from (select *, {inner} as body from {frames})))"""


def claimed_count(con: Connection, dress: Dress, sample: pa.RecordBatch) -> int:
    """How many records of the sample the source claims in this envelope."""
    reader = pa.RecordBatchReader.from_batches(FRAMES, dressed(dress, iter([sample])))
    con.register("sample_frames", reader)
    try:
        return int(one(con, f"select count(*) filter (where claimed) from {parsed(dress, 'sample_frames')}")[0])
    finally:
        con.unregister("sample_frames")


def check_readable(con: Connection, done: Ingested, dress: Dress, sample: pa.RecordBatch) -> None:
    """Warn of fields that are there in the sample and that the declared structure cannot read."""
    names = list(dress.source.structure)
    reader = pa.RecordBatchReader.from_batches(FRAMES, dressed(dress, iter([sample])))
    con.register("sample_frames", reader)
    inner = inner_of(dress)
    tests = ", ".join(
        f"count(*) filter (where r.{column(name)} is null and json_type(body, {literal('$.' + json.dumps(name))}) <> 'NULL')"
        for name in names
    )
    try:
        counts = one(
            con,
            f"""select {tests} from (select body, json_transform(body, {literal(dress.source.structure_json)}) as r
                from (select {inner} as body from sample_frames) where json_valid(body))""",
        )
    finally:
        con.unregister("sample_frames")
    for name, unread in zip(names, counts, strict=True):
        if unread:
            done.warn(
                "field-unreadable",
                f"{name} has an unexpected form in {unread} of the first {sample.num_rows} records",
            )


def claimed_in(con: Connection, dress: Dress, left: list[Path]) -> bool:
    """Does the source claim anything of what is left?"""
    reader = pa.RecordBatchReader.from_batches(FRAMES, dressed(dress, left_batches(con, left)))
    con.register("left_frames", reader)
    try:
        return bool(one(con, f"select bool_or(claimed) from {parsed(dress, 'left_frames')}")[0])
    finally:
        con.unregister("left_frames")


def left_batches(con: Connection, left: list[Path]) -> Iterator[pa.RecordBatch]:
    """The frames nobody claimed yet, as frames again."""
    listed = ", ".join(literal(str(path)) for path in left)
    cursor = con.cursor()
    try:
        cursor.execute(
            f"select record, place, length, text, envelope, raw, null::varchar as problem from read_parquet([{listed}])"
        )
        for batch in cursor.to_arrow_reader(10_000):
            yield batch.cast(FRAMES)
    finally:
        cursor.close()


def project(
    con: Connection, done: Ingested, target: Path, dress: Dress | None, batches: Iterator[pa.RecordBatch]
) -> None:
    """Run one source over frames and write one Parquet folder per kind below `target`."""
    source_frames = dressed(dress, batches) if dress else batches
    con.register("frames", pa.RecordBatchReader.from_batches(FRAMES, source_frames))
    try:
        con.execute(
            f"copy ({projection(dress, done.sha256)}) to {literal(str(target))} "
            f"(format parquet, compression zstd, partition_by (kind), row_group_size {ROW_GROUP})"
        )
    finally:
        con.unregister("frames")
    if dress and dress.source.name not in done.source and any(
        target.glob(f"kind={kind}/*") for kind in (*Kind, OUT_OF_SCOPE, REJECTED)
    ):
        done.source.append(dress.source.name)


def projection(dress: Dress | None, sha256: str) -> str:
    """The whole projection of one pass: every frame gives at least one row, of exactly one kind."""
    if dress is None:
        return f"""select record as evidence_record, place as evidence_offset, record, place, length,
            case when problem is null then {literal(UNCLAIMED)} else {literal(REJECTED)} end as kind,
            problem as reason, text, envelope, coalesce(raw, text)[1:{RAW_KEPT}] as raw, null::bigint as expected
            from frames"""
    source = dress.source
    reason = "case " + " ".join(
        f"when {test} then {literal(words)}" for words, test in source.rejects.items()
    ) + " end" if source.rejects else "null::varchar"
    unknown = set(source.columns) - set(UNION)
    assert not unknown, f"{source.name}: no such event columns: {unknown}"
    own = ", ".join(f"{expression} as {column(name)}" for name, expression in source.columns.items())
    each = (
        f"cross join unnest(case when claimed then {source.each} else [null] end) as u(each)" if source.each else ""
    )
    present = {*source.columns, "source"}
    return f"""
    select *, nullif(lower(trim(principal)), '') as principal_key, nullif(lower(trim(mailbox)), '') as mailbox_key,
        token_key_of(token_id) as token_key, token_key_of(session_id) as session_key, ip_key_of(client_ip) as ip_key,
        acting_app_of(app_id, client_app_id) as acting_app, lower(coalesce(issuer, tenant)) as authority
    from (select evidence_file, evidence_record, evidence_offset, record, place, length, kind, reason, text, envelope,
              raw, expected, event_id, {select_as(UNION, present)}
        from (select {literal(sha256)} as evidence_file, record as evidence_record, place as evidence_offset, record,
              place, length, {literal(source.name)} as source,
              case when problem is not null then {literal(REJECTED)} when not claimed then {literal(UNCLAIMED)}
                   when {reason} is not null then {literal(REJECTED)} else {source.kind} end as kind,
              case when problem is not null then problem when claimed then {reason} end as reason,
              case when claimed or problem is not null then null else text end as text,
              case when claimed or problem is not null then null
                   else {"null" if dress.envelope in ("line", "after-prefix") else "envelope"} end as envelope,
              case when not claimed or problem is not null or {reason} is not null
                   then coalesce(raw, text)[1:{RAW_KEPT}] end as raw,
              case when claimed then {source.expected} end as expected,
              sha256({literal(source.system + "|")} || coalesce(lower({source.native_id}), cast(to_json(r) as varchar)))[1:32] as event_id,
              {own}
              from {parsed(dress, "frames")} {each}))"""


def collect_notices(done: Ingested, stream: Stream, trouble: tuple[str, str] | None) -> None:
    """Turn what the reader and the decompressor noticed into warnings of the file."""
    for notice in stream.notices:
        done.warn(notice.code, notice.says)
    if trouble:
        done.warn(*trouble)


def settle(con: Connection, case: Case, done: Ingested, staging: Path, evidence: EvidenceFile) -> None:
    """Move the passes' Parquet files to their places and count what they hold."""
    parts = {
        kind: sorted(staging.glob(f"*/kind={kind}/*.parquet"))
        for kind in (*(kind.value for kind in Kind), OUT_OF_SCOPE, REJECTED, UNCLAIMED)
    }
    for kind in (*Kind, OUT_OF_SCOPE):
        place_parts(con, parts[str(kind)], case.root / "events" / str(kind) / f"{done.sha256}.parquet")
    settle_rejected(con, case, done, parts[REJECTED] + parts[UNCLAIMED])
    kept = [path for kind in Kind for path in event_files(case, kind, done.sha256)]
    if kept:
        done.kept, first, last, expected = one(
            con,
            f"""select count(distinct evidence_record), min(time), max(time), max(expected)
                from read_parquet([{", ".join(literal(str(path)) for path in kept)}], union_by_name = true)""",
        )
        done.first, done.last = (value.isoformat() if value else None for value in (first, last))
        if expected and expected > done.read:
            done.warn("truncated", f"the export says it has {expected} records; this file holds {done.read}")
        note_lossy(con, done, kept)
    scope = case.root / "events" / OUT_OF_SCOPE / f"{done.sha256}.parquet"
    if scope.exists():
        (done.out_of_scope,) = one(con, f"select count(distinct evidence_record) from read_parquet({literal(str(scope))})")
    caps = {cap for source in known_sources() if source.name in done.source for cap in source.capped_at}
    if done.read in caps:
        done.warn("truncated", f"exactly {done.read} records: exports of this log stop there without a word")
    total = done.kept + done.out_of_scope + done.rejected
    if total != done.read:
        done.warn("miscounted", f"read {done.read} records but accounted for {total}: please report this file's shape")
    now = evidence.path.stat()
    if now.st_size != evidence.bytes:
        done.warn("changed", "the file changed while it was read")


def event_files(case: Case, kind: Kind, sha256: str) -> list[Path]:
    """The event file of one kind of one evidence file, if there is one."""
    path = case.events(kind) / f"{sha256}.parquet"
    return [path] if path.exists() else []


def place_parts(con: Connection, parts: list[Path], target: Path) -> None:
    """One Parquet file from one or several, in place at once; none: none."""
    target.unlink(missing_ok=True)
    if not parts:
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    if len(parts) == 1:
        parts[0].replace(target)
        return
    partial = target.with_name(f".{target.name}.partial")
    listed = ", ".join(literal(str(path)) for path in parts)
    con.execute(
        f"copy (select * from read_parquet([{listed}], union_by_name = true, hive_partitioning = false)) "
        f"to {literal(str(partial))} (format parquet, compression zstd, row_group_size {ROW_GROUP})"
    )
    partial.replace(target)


def settle_rejected(con: Connection, case: Case, done: Ingested, parts: list[Path]) -> None:
    """Keep rejected records with place, reason and raw text, readable by their owner alone."""
    target = case.root / "events" / REJECTED / f"{done.sha256}.ndjson"
    target.unlink(missing_ok=True)
    if not parts:
        return
    listed = ", ".join(literal(str(path)) for path in parts)
    con.execute(
        f"select record, place, reason, raw from read_parquet([{listed}], union_by_name = true) order by record"
    )
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    partial = target.with_name(f".{target.name}.partial")
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as stream:
        while batch := con.fetchmany(10_000):
            for record, place, reason, raw in batch:
                entry = {"record": record, "offset": place, "reason": reason or why_unclaimed(raw), "raw": raw}
                stream.write(json.dumps(entry) + "\n")
            done.rejected += len(batch)
    partial.replace(target)


def why_unclaimed(raw: str | None) -> str:
    """Why no source claims a record: broken JSON, or nothing known."""
    if raw is None:
        return "empty"
    try:
        json.loads(raw)
    except json.JSONDecodeError as error:
        return f"not JSON at character {error.pos}" if raw.lstrip()[:1] in "{[" else "no known source has lines like this"
    except (RecursionError, ValueError):
        return "not JSON: nested too deeply or a number too long"
    return "no known source has records like this"


def note_lossy(con: Connection, done: Ingested, kept: list[Path]) -> None:
    """Turn the records' own wreckage codes into warnings of the file."""
    listed = ", ".join(literal(str(path)) for path in kept)
    query = f"""select lossy, count(*) from read_parquet([{listed}], union_by_name = true)
        where lossy is not null group by lossy order by lossy"""
    for code, records in rows(con, query):
        done.warn(code, f"{records} records have lost content in this export")



