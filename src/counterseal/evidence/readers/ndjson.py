"""One JSON object a line (NDJSON, JSON Lines), LF or CRLF, blank lines between them allowed."""

import re
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from counterseal.evidence.packing import (
    MAX_RECORD_BYTES,
    Framing,
    Reader,
    Stream,
    line_starts,
    whole_lines,
)

HEAD_SEEN = 1 << 16
"""A head shorter than this is the whole file."""

LOOKED_AT = 4096
"""Bytes of a block in which blank lines are looked for before its lines are counted: millions of them take long."""

BRACE = ord("{")
LINE = re.compile(rb"(?!\xef\xbb\xbf|(?<=\xef)\xbb\xbf|(?<=\xef\xbb)\xbf)\S[^\n]*")
"""From the first byte of a line that is not blank; byte-order marks of files one after the other are skipped."""


def sniff(head: bytes) -> bool:
    """At least half of the lines are braced; one line too long for the head: it starts like an object."""
    whole, feed, rest = head.rpartition(b"\n")
    if not feed:
        whole = rest.rstrip() if len(head) < HEAD_SEEN else rest.strip() + b"}"
    lines = [line for line in (line.strip() for line in whole.split(b"\n")) if line]
    braced = [line for line in lines if line.startswith(b"{") and line.endswith(b"}")]
    return bool(braced) and len(braced) * 2 >= len(lines)


def frames(stream: Stream) -> Iterator[pa.RecordBatch]:
    """Frame whole blocks without copying; a block with anything odd in it goes line by line."""
    for lines in whole_lines(stream):
        batch = None if lines.overlong else fast_frames(stream, lines.place, lines.block)
        if batch is not None:
            yield batch
            continue
        framing = Framing(stream)
        if lines.overlong:
            framing.overlong(lines.place, lines.length, lines.block)
        else:
            slow_frames(framing, lines.place, lines.block)
        yield from framing.batch()


def fast_frames(stream: Stream, offset: int, block: bytes) -> pa.RecordBatch | None:
    """All lines as one Arrow string array over the block itself; null if one is blank, indented, not UTF-8 or too long."""
    if len(block) > MAX_RECORD_BYTES or b"\n\n" in block[:LOOKED_AT]:
        return None
    starts = line_starts(block)
    if any(block[start] != BRACE for start in starts[:-1]):
        return None
    buffer = pa.py_buffer(starts)
    rows = len(starts) - 1
    text = pa.StringArray.from_buffers(rows, buffer, pa.py_buffer(block))
    try:
        text.validate(full=True)
    except pa.ArrowInvalid:
        return None
    places = pa.Array.from_buffers(pa.int32(), rows + 1, [None, buffer])
    return stream.frame(
        place=pc.add(places[:-1].cast(pa.int64()), offset),
        length=pc.subtract(places[1:], places[:-1]).cast(pa.int64()),
        text=text,
    )


def slow_frames(framing: Framing, offset: int, block: bytes) -> None:
    """Line by line: blank lines are no records; what is not UTF-8 or too long is a problem of its own."""
    for found in LINE.finditer(block):
        line = found[0] + block[found.end() : found.end() + 1]
        if len(line) > MAX_RECORD_BYTES:
            framing.overlong(offset + found.start(), len(line), line)
        else:
            framing.take(offset + found.start(), line)


READER = Reader(
    name="ndjson",
    says="One JSON object a line (NDJSON, JSON Lines).",
    order=40,
    sniff=sniff,
    frames=frames,
)
