"""What a reader is: it frames records and hands them over untouched, with their place; it parses nothing."""

from __future__ import annotations  # pyarrow's arrays are generic for the type checker only

import importlib
import pkgutil
from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol

import pyarrow as pa

from counterseal.evidence import readers

COLUMNS: list[tuple[str, Any]] = [
    ("record", pa.int64()),
    ("place", pa.int64()),
    ("length", pa.int64()),
    ("text", pa.string()),
    ("envelope", pa.string()),
    ("raw", pa.string()),
    ("problem", pa.string()),
]

FRAMES = pa.schema(COLUMNS)
"""One row per record.

record    number in the file, from 0, no gaps: every record is framed, good or bad
place     byte offset of its first byte in the (decompressed) file
length    bytes, in NDJSON with the line's end
text      the record: JSON text, or a line of a log; null where `problem` says why there is none
envelope  JSON object of the columns around it (CSV), else null
raw       the record as it stands in the file, where `text` is not that; else null
problem   why this is no record ("quote never closed", "not UTF-8 at byte 17"), else null
"""

BATCH_BYTES = 2 << 20
"""Bytes a reader takes from the file at a time."""

MAX_RECORD_BYTES = 16 << 20
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


class Bytes(Protocol):
    """Anything bytes can be read from."""

    def read(self, size: int = -1, /) -> bytes:
        """At most `size` bytes; empty only at the end."""
        ...


class Stream:
    """A file being read once, its packing undone: counts what was framed and keeps what was noticed.

    Args:
        raw: the decompressed bytes.
        head: bytes already taken from `raw` for sniffing; given again first.
        begin: offset of the first byte given (a byte-order mark is skipped).
        batch_bytes: how much a reader takes at a time; only memory and speed may depend on it.
    """

    def __init__(
        self, raw: Bytes, head: bytes = b"", *, begin: int = 0, batch_bytes: int = BATCH_BYTES
    ) -> None:
        self._raw = raw
        self._head = head
        self.begin = begin
        self.batch_bytes = batch_bytes
        self.framed = 0
        self.notices: list[Notice] = []

    def read(self) -> bytes:
        """The next bytes, at most `batch_bytes`; empty only at the end."""
        if self._head:
            taken, self._head = self._head[: self.batch_bytes], self._head[self.batch_bytes :]
            return taken
        return self._raw.read(self.batch_bytes)

    def notice(self, code: str, says: str) -> None:
        """Record, once, something that lowers what this file can prove."""
        note = Notice(code, says)
        if note not in self.notices:
            self.notices.append(note)

    def frame(
        self,
        *,
        place: Sequence[int] | pa.Array[Any],
        length: Sequence[int] | pa.Array[Any],
        text: Sequence[str | None] | pa.Array[Any],
        envelope: Sequence[str | None] | None = None,
        raw: Sequence[str | None] | None = None,
        problem: Sequence[str | None] | None = None,
    ) -> pa.RecordBatch:
        """Number the records and make one batch of them; everything given has one entry per record."""
        rows = len(text)
        first, self.framed = self.framed, self.framed + rows

        def strings(values: Sequence[str | None] | None) -> pa.Array[Any]:
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


class Framing:
    """Records gathered for one batch, for readers that go record by record.

    Args:
        stream: numbers them.
    """

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._clear()

    def _clear(self) -> None:
        self._held_bytes = 0
        self._place: list[int] = []
        self._length: list[int] = []
        self._strings: dict[str, list[str | None]] = {
            name: [] for name in ("text", "envelope", "raw", "problem")
        }

    def add(self, place: int, length: int, **strings: str | None) -> None:
        """A record: its text, perhaps its envelope and its raw form, or its raw form and the problem."""
        self._place.append(place)
        self._length.append(length)
        for name, values in self._strings.items():
            value = strings.get(name)
            values.append(value)
            self._held_bytes += len(value) if value else 0

    def reject(self, place: int, length: int, raw: str, problem: str) -> None:
        """What cannot be a record, and why."""
        self.add(place, length, raw=raw[:RAW_KEPT], problem=problem)

    def take(self, place: int, raw: bytes) -> None:
        """A record that is its own text, or a reject if its bytes are not UTF-8."""
        text, problem = text_of(raw)
        if problem:
            self.reject(place, len(raw), text, problem)
        else:
            self.add(place, len(raw), text=text)

    def overlong(self, place: int, length: int, begins: bytes) -> None:
        """What is longer than any record may be."""
        self.reject(place, length, text_of(begins)[0], f"longer than {MAX_RECORD_BYTES} bytes")

    @property
    def full(self) -> bool:
        """Is this enough for a batch?"""
        return self._held_bytes >= self._stream.batch_bytes

    def batch(self) -> Iterator[pa.RecordBatch]:
        """What is held as one batch, or nothing if nothing is; then nothing is held."""
        if self._place:
            yield self._stream.frame(place=self._place, length=self._length, **self._strings)
            self._clear()


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


@dataclass(frozen=True)
class Lines:
    """Whole lines as they stand in the file; or the beginning of one line that is too long to be kept.

    Attributes:
        place: offset of the first byte.
        block: the lines, each with its line feed; the file's last line may have none.
        length: bytes in the file; more than the block has if the line is too long.
    """

    place: int
    block: bytes
    length: int

    @property
    def overlong(self) -> bool:
        """Is this one line longer than MAX_RECORD_BYTES, cut?"""
        return self.length > len(self.block)


def whole_lines(stream: Stream) -> Iterator[Lines]:
    """The file in blocks of whole lines, each block about as long as what is read at a time."""
    place, rest = stream.begin, b""
    while chunk := stream.read():
        block = rest + chunk if rest else chunk
        cut = block.rfind(b"\n") + 1
        if cut:
            yield Lines(place, block[:cut], cut)
            place += cut
        rest = block[cut:]
        if len(rest) > MAX_RECORD_BYTES:
            kept, length = rest[:RAW_KEPT], len(rest)
            rest = b""
            while chunk := stream.read():
                end = chunk.find(b"\n") + 1
                length += end or len(chunk)
                if end:
                    rest = chunk[end:]
                    break
            yield Lines(place, kept, length)
            place += length
    if rest:
        yield Lines(place, rest, len(rest))


def line_starts(block: bytes) -> array[int]:
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
