"""Evidence files and members of archives into the case, each listed with what it gave or why it gave nothing."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from counterseal.core.case import Case
from counterseal.core.engine.duckdb import Connection
from counterseal.core.room import is_full
from counterseal.evidence import files
from counterseal.evidence.archives import Unpacking, packed_as
from counterseal.evidence.files import EvidenceFile, Found
from counterseal.evidence.ingest import Ingested, evidence_version, ingest, remember
from counterseal.evidence.mapping import MappedSource
from counterseal.evidence.source import Source
from counterseal.investigate.judgement import Tell

SKIPPED = "skipped"


@dataclass
class Entry:
    """One evidence file of the case, as the manifest lists it.

    Attributes:
        path: as it was named; a member of an archive is "archive.zip!member".
        ingested: what it gave; null if it was not read.
        error: why it was not read, or not as a whole.
        skipped: why it was passed over on purpose.
        archive: SHA-256 of the archive it lies in; null: in none.
    """

    path: str
    sha256: str
    bytes: int
    ingested: Ingested | None = None
    error: str | None = None
    skipped: str | None = None
    archive: str | None = None

    def manifest(self, duplicates: dict[str, int], first_of_hash: bool) -> dict[str, Any]:
        """The manifest's entry; sums add up: read = kept + duplicate + out_of_scope + rejected.

        Args:
            duplicates: surplus and conflicting records of this hash.
            first_of_hash: false for a second file with the same bytes: all its records are duplicates.
        """
        done = self.ingested
        entry: dict[str, Any] = {
            "path": self.path, "sha256": self.sha256, "bytes": self.bytes, "reader": None, "source": [], "read": 0,
            "kept": 0, "duplicate": 0, "out_of_scope": 0, "rejected": 0, "conflicts": 0, "first": None, "last": None,
            "warnings": [],
        }  # fmt: skip
        if self.error:
            entry["error"] = self.error
        if self.archive:
            entry["archive"] = self.archive
        if self.skipped:
            entry["warnings"] = [{"code": SKIPPED, "says": self.skipped}]
        if done:
            kept = done.kept - duplicates.get("kept", 0) if first_of_hash else 0
            scope = done.out_of_scope - duplicates.get("out_of_scope", 0) if first_of_hash else 0
            rejected = done.rejected if first_of_hash else 0
            entry |= {
                "reader": done.reader, "packing": done.packing, "source": done.source, "read": done.read, "kept": kept,
                "duplicate": done.read - kept - scope - rejected if not first_of_hash
                else duplicates.get("kept", 0) + duplicates.get("out_of_scope", 0),
                "out_of_scope": scope, "rejected": rejected, "conflicts": duplicates.get("conflicts", 0),
                "first": done.first, "last": done.last, "warnings": done.warnings,
            }  # fmt: skip
        return entry


def entry_before(case: Case, listed: Mapping[str, Any]) -> Entry:
    """An evidence file that the case holds already, as its manifest lists it."""
    entry = Entry(
        listed["path"],
        listed["sha256"],
        listed["bytes"],
        error=listed.get("error"),
        archive=listed.get("archive"),
    )
    if not entry.sha256:
        entry.skipped = next((note["says"] for note in listed["warnings"] if note["code"] == SKIPPED), None)
        return entry
    mark = case.ingested / f"{entry.sha256}.json"
    try:
        entry.ingested = Ingested(**json.loads(mark.read_text("utf-8")))
    except (FileNotFoundError, ValueError, TypeError):
        entry.error = "what was read of it is lost, or another version's: give the file again"
        return entry
    if entry.ingested.version.partition("+")[0] != evidence_version():
        says = "read by the rules of another version: give the file again to read it by those of this one"
        entry.ingested.warn("other-version", says)
    return entry


@dataclass
class Reading:
    """Evidence being read into a case.

    Attributes:
        force: the source to use whatever the content shows.
        maps: the analyst's own sources.
        tell: hears progress.
    """

    con: Connection
    case: Case
    force: Source | None
    maps: Sequence[MappedSource]
    tell: Tell

    def all(self, found: Sequence[Found]) -> list[Entry]:
        """Read every file; one that cannot be read is listed with its error."""
        entries: list[Entry] = []
        sizes = [size_of(one) for one in found]
        read, total = 0, sum(sizes)
        for number, (one, size) in enumerate(zip(found, sizes, strict=True)):
            self.tell.files(number, len(found), read, total)
            entries += self.entries(one)
            read += size
        self.tell.files(len(found), len(found), read, total)
        return entries

    def entries(self, found: Found) -> Iterator[Entry]:
        """A file; of an archive its members too."""
        if found.error or found.skipped:
            yield Entry(found.shown, "", 0, error=found.error, skipped=found.skipped)
            return
        try:
            evidence = files.hashed(found.path, found.shown)
            packing = packed_as(found.path)
            if packing:
                yield from self.archive(evidence, packing)
            else:
                yield self.file(evidence)
        except OSError as error:
            if is_full(error) or error.filename not in (None, str(found.path)):
                raise  # not the evidence: the case folder, the disk
            yield Entry(found.shown, "", 0, error=f"cannot be read: {error.strerror or error}")

    def file(self, evidence: EvidenceFile) -> Entry:
        """One file of records."""
        done = ingest(
            self.con,
            self.case,
            evidence,
            force=self.force,
            maps=self.maps,
            progress=partial(told, self.tell, evidence.shown),
        )
        return Entry(evidence.shown, evidence.sha256, evidence.bytes, done)

    def archive(self, evidence: EvidenceFile, packing: str) -> Iterator[Entry]:
        """An archive and its members; the archive itself holds no records."""
        done = Ingested(evidence.sha256, evidence.bytes, evidence_version(), packing=packing.split())
        own = Entry(evidence.shown, evidence.sha256, evidence.bytes, done)
        unpacking = Unpacking(self.case.spill / "members")
        for member in unpacking.members(evidence.path, evidence.shown):
            if member.path:
                entry = self.file(files.hashed(member.path, member.shown))
                entry.archive = evidence.sha256
                if member.warning and entry.ingested:
                    entry.ingested.warn(*member.warning)
                    remember(self.case, entry.ingested)
                yield entry
            elif member.shown == evidence.shown:
                own.error = "; ".join(filter(None, (own.error, member.error)))
            else:
                yield Entry(member.shown, "", 0, error=member.error, archive=evidence.sha256)
        for notice in unpacking.notices:
            done.warn(*notice)
        if not evidence.as_hashed:
            done.warn("changed", "the archive changed while it was read: give a copy that nobody writes to")
        remember(self.case, done)
        yield own


def size_of(found: Found) -> int:
    """Bytes to read of it; none of what cannot be looked at."""
    try:
        return 0 if found.error or found.skipped else found.path.stat().st_size
    except OSError:
        return 0


def told(tell: Tell, shown: str, done: int, total: int) -> None:
    """Pass an evidence file's progress on, with its name."""
    tell.bytes(done, total, shown)
