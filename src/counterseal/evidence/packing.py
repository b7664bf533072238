"""What a reader is: it frames records and hands them over untouched, with their place; it parses nothing."""

import hashlib
import importlib
import pkgutil
from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import BinaryIO

import pyarrow as pa

from counterseal.evidence import readers

FRAMES = pa.schema(
    [
        ("record", pa.int64()),
        ("place", pa.int64()),
        ("length", pa.int64()),
        ("text", pa.string()),
        ("envelope", pa.string()),
        ("raw", pa.string()),
        ("problem", pa.string()),
    ]
)
"""One row per record.

record    number in the file, from 0, no gaps: every record is framed, good or bad
place     byte offset of its first byte in the (decompressed) file
length    bytes
text      the record: JSON text, or a line of a log; null where `problem` says why there is none
envelope  JSON object of the columns around it (CSV), else null
raw       the record as it stands in the file, where `text` is not that; else null
problem   why this is no record ("quote never closed", "not UTF-8 at byte 17"), else null
"""

BATCH_BYTES = 4 << 20
"""Bytes a reader takes from the file at a time."""

MAX_RECORD_BYTES = 64 << 20
"""A record longer than this is rejected, its first bytes kept: memory stays bounded."""

RAW_KEPT = 64 << 10
"""Characters of a rejected record's raw text that are kept."""


@dataclass(frozen=True)
class Notice:
    """Something about a whole file that lowers what it can prove, e.g. `Notice("truncated", "…")`.

    Attributes:
        code: a reason code of coverage, or a plain word.
        says: one sentence.
    """

    code: str
    says: str


class Stream:
    """A file being read once: hashes what passes and counts what was framed.

    Args:
        raw: the decompressed bytes.
        head: bytes already taken from `raw` for sniffing; read again first.
        digest: hash object fed by whoever opens the file on disk.
    """

    def __init__(self, raw: BinaryIO, head: bytes = b"") -> None:
        self._raw = raw
        self._head = head
        self.framed = 0
        self.notices: list[Notice] = []

    def read(self, size: int = BATCH_BYTES) -> bytes:
        """At most `size` bytes, empty at the end."""
        if self._head:
            taken, self._head = self._head[:size], self._head[size:]
            return taken
        return self._raw.read(size)

    def notice(self, code: str, says: str) -> None:
        """Record, once, something that lowers what this file can prove."""
        note = Notice(code, says)
        if note not in self.notices:
            self.notices.append(note)

    def frame(
        self,
        *,
        place: Sequence[int] | pa.Array,
        length: Sequence[int] | pa.Array,
        text: Sequence[str | None] | pa.Array,
        envelope: Sequence[str | None] | None = None,
        raw: Sequence[str | None] | None = None,
        problem: Sequence[str | None] | None = None,
    ) -> pa.RecordBatch:
        """Number the records and make one batch of them; everything given has one entry per record."""
        rows = len(text)
        first, self.framed = self.framed, self.framed + rows

        def strings(values: Sequence[str | None] | None) -> pa.Array:
            return pa.nulls(rows, pa.string()) if values is None else pa.array(values, pa.string())

        return pa.record_batch(
            [
                pa.array(range(first, first + rows), pa.int64()),
                place if isinstance(place, pa.Array) else pa.array(place, pa.int64()),
                length if isinstance(length, pa.Array) else pa.array(length, pa.int64()),
                text if isinstance(text, pa.Array) else pa.array(text, pa.string()),
                strings(envelope),
                strings(raw),
                strings(problem),
            ],
            schema=FRAMES,
        )


@dataclass(frozen=True)
class Reader:
    """One packing.

    Attributes:
        name: the module's name, as `manifest.json` spells it.
        says: one sentence for the reference page.
        order: sniffing order, low first; two readers that could both claim a head differ in it.
        sniff: is this packing what these first bytes (UTF-8, no BOM, up to 64 KiB) show?
        frames: frame every record of the stream. Never raises for what a record holds.
        lines: records are lines of a log, not JSON values.
    """

    name: str
    says: str
    order: int
    sniff: Callable[[bytes], bool]
    frames: Callable[[Stream], Iterator[pa.RecordBatch]]
    lines: bool = False


@cache
def known_readers() -> tuple[Reader, ...]:
    """Every reader in the folder, in sniffing order."""
    found = [
        importlib.import_module(f"{readers.__name__}.{module.name}").READER
        for module in pkgutil.iter_modules(readers.__path__)
    ]
    return tuple(sorted(found, key=lambda reader: (reader.order, reader.name)))


def sniff_reader(head: bytes) -> Reader | None:
    """The first reader that recognises these bytes."""
    return next((reader for reader in known_readers() if reader.sniff(head)), None)


def whole_lines(stream: Stream) -> Iterator[tuple[int, bytes]]:
    """Blocks of whole lines with the offset of each block; the last line may lack its line feed.

    A line longer than MAX_RECORD_BYTES comes in blocks of its own, without a line feed, each at most that long.
    """
    offset, rest = 0, b""
    while chunk := stream.read():
        block = rest + chunk if rest else chunk
        cut = block.rfind(b"\n") + 1
        if not cut and len(block) > MAX_RECORD_BYTES:
            cut = len(block)
        rest = block[cut:]
        if cut:
            yield offset, block[:cut]
            offset += cut
    if rest:
        yield offset, rest


def line_starts(block: bytes) -> "array[int]":  # quoted: 3.11 cannot subscript it
    """Offsets of every line's first byte and, last, the block's length (int32, for Arrow)."""
    starts = array("i", [0])
    add, find = starts.append, block.find
    place = find(b"\n")
    while place >= 0:
        add(place + 1)
        place = find(b"\n", place + 1)
    if starts[-1] != len(block):
        add(len(block))
    return starts


def text_of(raw: bytes) -> tuple[str, str | None]:
    """The text of a record's bytes and, if they are not UTF-8, the problem; then undecodable bytes show as U+FFFD."""
    try:
        return raw.decode("utf-8"), None
    except UnicodeDecodeError as error:
        return raw.decode("utf-8", "replace"), f"not UTF-8 at byte {error.start}"


def file_digest(chunks: Iterator[bytes]) -> str:
    """SHA-256 of a file's bytes, lower-case hex."""
    digest = hashlib.sha256()
    for chunk in chunks:
        digest.update(chunk)
    return digest.hexdigest()
