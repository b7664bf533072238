"""One evidence file into one Parquet file per event kind, with every record accounted for.

Frames go through the projection of the source that claims most of a sample; what it does not claim is offered to
every other source in turn; what nobody claims is rejected with its text and place.
"""

import hashlib
import json
import logging
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from functools import cache
from importlib.resources import files as package_files
from pathlib import Path
from typing import BinaryIO

import duckdb
import pyarrow as pa

from counterseal.core import interruption
from counterseal.core.case import Case, write_atomically
from counterseal.core.engine.duckdb import ROW_GROUP, Connection, literal, one
from counterseal.core.vocabulary import Kind
from counterseal.evidence.files import EvidenceFile, Opened, open_stream
from counterseal.evidence.likely import likeliest_first, still_likely
from counterseal.evidence.losses import loss_said
from counterseal.evidence.mapping import MappedSource, reads_as_lines
from counterseal.evidence.packing import FRAMES, Reader, known_readers, sniff_reader
from counterseal.evidence.projection import (
    OUT_OF_SCOPE,
    REJECTED,
    UNCLAIMED,
    Dress,
    dressed,
    envelopes_for,
    parsed,
    projection,
    unprojected,
    unreadable_fields,
)
from counterseal.evidence.settling import Sums, settle
from counterseal.evidence.source import Source, known_sources

log = logging.getLogger(__name__)

SAMPLE = 200

NO_EVIDENCE = ("no-evidence", "no record of a known log is in this file")
"""A text, a picture: the file is listed, and named as what it is."""

Progress = Callable[[int, int], None]
"""Called with bytes done and bytes in all (of the file on disk)."""


@dataclass
class Ingested:
    """What one evidence file gave; kept as JSON, it is also the mark that its ingest is finished.

    `read` is counted by the reader as it frames, the others from what was written. `reader` is null for a file that
    is no evidence: nothing in it was framed, or it is lines of text of which no source knows one.
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
    con: Connection,
    case: Case,
    evidence: EvidenceFile,
    *,
    force: Source | None = None,
    maps: Sequence[MappedSource] = (),
    progress: Progress | None = None,
) -> Ingested:
    """Read one evidence file into the case, or find that this was done before.

    The mark of finished ingest is written last: whatever a killed run left is written again by the next.

    Args:
        con: an engine connection.
        case: where the Parquet files go.
        evidence: the file, hashed.
        force: the source to use whatever the sample shows (`--source`).
        maps: logs that mapping files describe (`--map`); a record that one of them means is nobody else's.
        progress: called as bytes are read.

    Raises:
        OSError: the file cannot be read.
    """
    mark = case.ingested / f"{evidence.sha256}.json"
    version = "+".join((evidence_version(), *sorted(mapped.version for mapped in maps)))
    fresh = Ingested(evidence.sha256, evidence.bytes, version, force.name if force else None)
    if (done := finished(mark, fresh)) is not None:
        return done
    staging = case.spill / "ingest"
    try:
        done = Passes(con, staging, evidence, force, progress, maps).run(fresh)
        account(done, settle(con, case, done.sha256, staging, drop_rejected=done.reader is None), evidence)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    remember(case, done)
    return done


def remember(case: Case, done: Ingested) -> None:
    """Mark one evidence file as read."""
    mark = case.ingested / f"{done.sha256}.json"
    write_atomically(mark, json.dumps(asdict(done), indent=1).encode())


def finished(mark: Path, fresh: Ingested) -> Ingested | None:
    """What an earlier run wrote of this file, if it finished and its rules were today's."""
    try:
        done = Ingested(**json.loads(mark.read_text("utf-8")))
    except (FileNotFoundError, ValueError, TypeError):
        return None
    return done if (done.version, done.forced) == (fresh.version, fresh.forced) else None


class Passes:
    """The passes of one evidence file: likeliest source first, then every other one over what is left.

    Args:
        con: an engine connection.
        staging: an own folder; what is written there is `<pass>/…/kind=<fate>/*.parquet`.
        evidence: the file.
        force: the only source to try.
        progress: called as bytes are read.
        maps: sources asked before all others.
    """

    def __init__(
        self,
        con: Connection,
        staging: Path,
        evidence: EvidenceFile,
        force: Source | None,
        progress: Progress | None,
        maps: Sequence[MappedSource] = (),
    ) -> None:
        self.con = con
        self.staging = staging
        self.evidence = evidence
        self.force = force
        self.progress = progress
        self.maps = maps
        self.careful = False
        self.unreadable: OSError | None = None

    def run(self, fresh: Ingested) -> Ingested:
        """Write everything below `staging` and give the sums so far.

        A pass is one query. If a record makes it fail, everything is done again batch by batch, and the batches that
        fail are halved until the records that cannot be read stand alone: they are rejected, their neighbours kept.
        """
        for self.careful in (False, True):
            done = Ingested(**asdict(fresh))
            shutil.rmtree(self.staging, ignore_errors=True)
            self.staging.mkdir(parents=True)
            try:
                with self.evidence.path.open("rb") as raw:
                    self.read(done, open_stream(raw, self.evidence.bytes), raw)
            except duckdb.Error as error:
                interruption.check()
                if self.careful:
                    raise
                log.info("reading %s again, batch by batch: %s", self.evidence.shown, type(error).__name__)
                continue
            if self.unreadable:
                raise self.unreadable
            break
        return done

    def read(self, done: Ingested, opened: Opened, raw: BinaryIO) -> None:
        """Sniff, frame and project one opened file."""
        done.packing = list(opened.packing)
        reader = sniff_reader(opened.head)
        if reader and not reader.lines and reads_as_lines(self.con, self.maps, opened.head):
            reader = next(known for known in known_readers() if known.lines)
        if reader is None:
            done.warn(*NO_EVIDENCE)
            return
        done.reader = reader.name
        self.project_all(done, reader, self.watch(reader, opened, raw))
        done.read = opened.stream.framed
        for notice in opened.stream.notices:
            done.warn(notice.code, notice.says)
        for layer in opened.inflated:
            if layer.trouble:
                done.warn(*layer.trouble)
        if not done.read:
            done.warn("empty", "no record is in this file: its search found nothing, or its export failed")
        elif reader.lines and not done.source and not self.force:
            done.reader, done.read = None, 0
            done.warn(*NO_EVIDENCE)

    def watch(self, reader: Reader, opened: Opened, raw: BinaryIO) -> Iterator[pa.RecordBatch]:
        """The reader's frames, telling progress; where the disk or the reader fails, what was framed so far counts."""
        try:
            for batch in reader.frames(opened.stream):
                if self.progress:
                    self.progress(raw.tell(), self.evidence.bytes)
                yield batch
        except OSError as error:
            self.unreadable = error
        except Exception as error:  # noqa: BLE001 (bad input never ends a run, not even by a bug in a reader)
            log.warning("%s stopped reading %s: %s", reader.name, self.evidence.shown, type(error).__name__)
            opened.stream.notice(
                "truncated", f"reading stopped after {opened.stream.framed} records: {error!r:.200}"
            )

    def project_all(self, done: Ingested, reader: Reader, batches: Iterator[pa.RecordBatch]) -> None:
        """Every pass over one file."""
        first = next(batches, None)
        if first is None:
            return
        dresses = [
            Dress(source, envelope)
            for source in ([self.force] if self.force else (*self.maps, *known_sources()))
            for envelope in envelopes_for(source, reader)
        ]
        sample = first.slice(0, SAMPLE)
        counts = dict.fromkeys(dresses, 0)
        for dress in sorted(
            likeliest_first(dresses, sample), key=lambda dress: dress.source not in self.maps
        ):
            counts[dress] = self.claimed(dress, iter([sample]))
            if counts[dress] == sample.num_rows:
                break  # one record is one source's: nobody else claims any of these

        def rank(dress: Dress) -> tuple[bool, int, str, str]:
            by_map = bool(counts[dress]) and dress.source in self.maps
            return not by_map, -counts[dress], dress.source.name, dress.envelope

        order = sorted(dresses, key=rank)
        primary = order.pop(0) if order and counts[order[0]] else None
        if primary:
            self.check_readable(done, primary, sample)
        self.project(done, 0, primary, chained(first, batches))
        number = 0
        left = sorted(self.staging.glob(f"{number}/**/kind={UNCLAIMED}/*.parquet"))
        for dress in still_likely(self.con, order, left, lines=reader.lines) if left else ():
            left = sorted(self.staging.glob(f"{number}/**/kind={UNCLAIMED}/*.parquet"))
            if left and self.claimed(dress, left_batches(left), in_doubt=1):
                self.project(done, number + 1, dress, left_batches(left))
                for path in left:
                    path.unlink()
                number += 1

    def claimed(self, dress: Dress, batches: Iterator[pa.RecordBatch], *, in_doubt: int = 0) -> int:
        """How many of these records the source claims in this envelope; `in_doubt` if it fails on one of them."""
        query = f"select count(*) filter (where claimed) from {parsed(dress, 'frames')}"
        try:
            return int(self.ask(query, dressed(dress, batches))[0])
        except duckdb.Error:
            interruption.check()
            return in_doubt

    def check_readable(self, done: Ingested, dress: Dress, sample: pa.RecordBatch) -> None:
        """Warn of fields that are there in the sample and that the declared structure cannot read."""
        try:
            counts = self.ask(unreadable_fields(dress, "frames"), dressed(dress, iter([sample])))
        except duckdb.Error:
            interruption.check()
            return
        for name, unread in zip(dress.source.structure, counts, strict=True):
            if unread:
                says = f"{name} has an unexpected form in {unread} of the first {sample.num_rows} records"
                done.warn("field-unreadable", says)

    def ask(self, query: str, batches: Iterator[pa.RecordBatch]) -> tuple[int, ...]:
        """The one row of a query over frames."""
        self.con.register("frames", pa.RecordBatchReader.from_batches(FRAMES, batches))
        try:
            return one(self.con, query)
        finally:
            self.con.unregister("frames")

    def project(
        self, done: Ingested, number: int, dress: Dress | None, batches: Iterator[pa.RecordBatch]
    ) -> None:
        """One pass."""
        target = self.staging / str(number)
        if self.careful:
            target.mkdir()
            for part, batch in enumerate(batches):
                self.project_halving(target / str(part), dress, batch)
        else:
            self.write(target, dress, dressed(dress, batches))
        if dress and dress.source.name not in done.source and self.claims_any(target, dress.source):
            done.source.append(dress.source.name)

    def claims_any(self, target: Path, source: Source) -> bool:
        """Did a pass find anything of its source's, if only records that the source itself has to reject?"""
        if any(any(target.glob(f"**/kind={kind}/*")) for kind in (*Kind, OUT_OF_SCOPE)):
            return True
        rejected = sorted(target.glob(f"**/kind={REJECTED}/*.parquet"))
        if not rejected or not source.rejects:
            return False
        listed, reasons = (", ".join(map(literal, names)) for names in (map(str, rejected), source.rejects))
        query = f"select count(*) from read_parquet([{listed}]) where reason in ({reasons})"
        return bool(one(self.con, query)[0])

    def project_halving(self, target: Path, dress: Dress | None, batch: pa.RecordBatch) -> None:
        """Project a batch; a record that makes the query fail is rejected alone if the source claims it, else left."""
        try:
            self.write(target, dress, dressed(dress, iter([batch])))
        except duckdb.Error as error:
            interruption.check()
            shutil.rmtree(target, ignore_errors=True)
            if dress is None:
                raise
            if batch.num_rows == 1:
                if self.claimed(dress, iter([batch])):
                    words = f"{dress.source.name} cannot read this record: {str(error).splitlines()[0][:200]}"
                    column = FRAMES.get_field_index("problem")
                    batch = batch.set_column(column, FRAMES.field(column), pa.array([words], pa.string()))
                self.write(target, None, iter([batch]))
                return
            middle = batch.num_rows // 2
            self.project_halving(target.with_name(target.name + "a"), dress, batch.slice(0, middle))
            self.project_halving(target.with_name(target.name + "b"), dress, batch.slice(middle))

    def write(self, target: Path, dress: Dress | None, batches: Iterator[pa.RecordBatch]) -> None:
        """One query from frames to Parquet files below `target`, one folder per fate."""
        self.con.register("frames", pa.RecordBatchReader.from_batches(FRAMES, batches))
        query = projection(dress, self.evidence.sha256, "frames") if dress else unprojected("frames")
        try:
            self.con.execute(
                f"copy ({query}) to {literal(str(target))} (format parquet, partition_by (kind), row_group_size {ROW_GROUP})"
            )
        finally:
            self.con.unregister("frames")


def chained(first: pa.RecordBatch, rest: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """A batch already taken, then the rest."""
    yield first
    yield from rest


def left_batches(left: list[Path]) -> Iterator[pa.RecordBatch]:
    """The frames nobody claimed yet, as frames again."""
    import pyarrow.parquet as pq  # needed for mixed files only

    named = {"record": "evidence_record", "place": "evidence_offset"}
    names = [named.get(field.name, field.name) for field in FRAMES if field.name != "problem"]
    for path in left:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(ROW_GROUP, columns=names):
                arrays = [batch.column(name) for name in names]
                yield pa.record_batch([*arrays, pa.nulls(batch.num_rows, pa.string())], schema=FRAMES)


def account(done: Ingested, sums: Sums, evidence: EvidenceFile) -> None:
    """Enter what was written, and warn of whatever does not add up."""
    done.kept, done.out_of_scope, done.rejected = sums.kept, sums.out_of_scope, sums.rejected
    done.first, done.last = sums.first, sums.last
    if sums.expected and sums.expected > done.read:
        done.warn("truncated", f"the export says it has {sums.expected} records; this file holds {done.read}")
    for code, records in sums.lossy:
        done.warn(code, loss_said(code, records))
    caps = {cap for source in known_sources() if source.name in done.source for cap in source.capped_at}
    if done.read in caps:
        done.warn("truncated", f"exactly {done.read} records: exports of this log stop there without a word")
    total = done.kept + done.out_of_scope + done.rejected
    if total != done.read:
        done.warn(
            "miscounted",
            f"read {done.read} records but accounted for {total}: please report this file's shape",
        )
    if not evidence.as_hashed:
        done.warn("changed", "the file changed while it was read: give a copy that nobody writes to")
