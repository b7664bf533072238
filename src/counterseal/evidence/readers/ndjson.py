"""One JSON object a line (NDJSON, JSON Lines), LF or CRLF, blank lines between them allowed."""

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from counterseal.evidence.packing import (
    MAX_RECORD_BYTES,
    RAW_KEPT,
    Reader,
    Stream,
    line_starts,
    text_of,
    whole_lines,
)

BRACE = ord("{")


def sniff(head: bytes) -> bool:
    """A first non-blank line that starts with a brace and ends with one, or a line too long for the head."""
    line, feed, _ = head.lstrip().partition(b"\n")
    line = line.strip()
    return line.startswith(b"{") and (line.endswith(b"}") if feed or len(head) < 1 << 16 else True)


def frames(stream: Stream) -> Iterator[pa.RecordBatch]:
    """Frame whole blocks without copying; a block with anything odd in it goes line by line."""
    for offset, block in whole_lines(stream):
        batch = fast_frames(stream, offset, block)
        yield batch if batch is not None else slow_frames(stream, offset, block)


def fast_frames(stream: Stream, offset: int, block: bytes) -> pa.RecordBatch | None:
    """All lines as one Arrow string array over the block itself; null if one is blank, indented, not UTF-8 or too long."""
    if len(block) > MAX_RECORD_BYTES:
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


def slow_frames(stream: Stream, offset: int, block: bytes) -> pa.RecordBatch:
    """Line by line: blank lines are no records; what is not UTF-8 or too long is a problem of its own."""
    place: list[int] = []
    length: list[int] = []
    text: list[str | None] = []
    raw: list[str | None] = []
    problem: list[str | None] = []
    starts = line_starts(block)
    for begin, end in zip(starts, starts[1:], strict=False):
        line = block[begin:end]
        if not line.strip():
            continue
        said, trouble = text_of(line)
        if len(line) > MAX_RECORD_BYTES:
            trouble = f"longer than {MAX_RECORD_BYTES} bytes"
        place.append(offset + begin)
        length.append(end - begin)
        text.append(None if trouble else said)
        raw.append(said[:RAW_KEPT] if trouble else None)
        problem.append(trouble)
    return stream.frame(place=place, length=length, text=text, raw=raw, problem=problem)


READER = Reader(
    name="ndjson",
    says="One JSON object a line (NDJSON, JSON Lines).",
    order=40,
    sniff=sniff,
    frames=frames,
)
