"""Hostile files are bounded and inert: a reject or a notice with place and reason, and every good record beside it."""

import gzip
import json
import random
import tracemalloc
from collections.abc import Iterator

import pytest
from framed import framed

from counterseal.evidence.files import open_stream
from counterseal.evidence.packing import (
    MAX_RECORD_BYTES,
    RAW_KEPT,
    Reader,
    Stream,
    known_readers,
    sniff_reader,
)

GOOD = '{"Id":"good","Operation":"Send"}'
BOUND_BYTES = 12 * MAX_RECORD_BYTES
READERS = {reader.name: reader for reader in known_readers()}


class Endless:
    """Bytes made on demand, so that only what the reader keeps counts."""

    def __init__(self, *parts: tuple[bytes, int]) -> None:
        self._chunks = self._all(parts)

    @staticmethod
    def _all(parts: tuple[tuple[bytes, int], ...]) -> Iterator[bytes]:
        for piece, times in parts:
            for _ in range(times):
                yield piece

    def read(self, size: int = -1, /) -> bytes:
        return next(self._chunks, b"")


def peak_and_frames(reader: Reader, body: Endless) -> tuple[int, list[dict[str, object]]]:
    """Peak memory of framing, and every frame's place, length, problem and short text."""
    tracemalloc.start()
    frames = []
    for batch in reader.frames(Stream(body)):
        for row in batch.to_pylist():
            text = row["text"]
            frames.append(
                {
                    "place": row["place"],
                    "length": row["length"],
                    "text": text if text is None or len(text) < 100 else "long",
                    "problem": row["problem"],
                }
            )
            assert len(row["raw"] or "") <= RAW_KEPT
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak, frames


LINE = 200 << 20


@pytest.mark.parametrize(
    ("name", "opening", "closing"),
    [
        ("ndjson", b'{"a":"', b'"}\n' + GOOD.encode()),
        ("json_values", b'[{"a":"', b'"},\n' + GOOD.encode() + b"]"),
        ("lines", b"May 15 ", b"\n" + GOOD.encode()),
        ("csv_flat", b"Id,Operation,User\n1,", b"\ngood,Send,u"),
        ("csv_flat", b'Id,Operation,User\n1,"', b'",u\ngood,Send,u'),
    ],
)
def test_line_of_200_megabytes(name: str, opening: bytes, closing: bytes) -> None:
    """One endless record is rejected at its place within bounded memory, and the record after it is read."""
    body = Endless((opening, 1), (b"x" * (1 << 20), LINE >> 20), (closing, 1))
    peak, frames = peak_and_frames(READERS[name], body)
    begin = (
        opening.rfind(b"\n") + 1 if name == "csv_flat" else opening.find(b"{") if name == "json_values" else 0
    )
    assert (frames[0]["place"], frames[0]["problem"]) == (begin, f"longer than {MAX_RECORD_BYTES} bytes")
    assert "good" in str(frames[-1]["text"])
    assert peak < BOUND_BYTES


@pytest.mark.parametrize("depth", [5_000, 100_000])
@pytest.mark.parametrize("closed", [True, False])
@pytest.mark.parametrize("opening", ["[", '{"a":', '[{"a":'])
def test_deep_json(opening: str, closed: bool, depth: int) -> None:
    """Depth ends no reader, closed or not, and costs no neighbour."""
    shut = {"[": "]", '{"a":': "}", '[{"a":': "}]"}[opening]
    deep = opening * depth + ("1" if closed else "") + (shut * depth if closed else "")
    array = framed(f"[{GOOD},\n{deep},\n{GOOD}]".encode())
    assert (array.reader, array.texts[0], array.texts[-1]) == ("json_values", GOOD, GOOD)
    lines = framed(f"{GOOD}\n{deep}\n{GOOD}\n".encode())
    assert (lines.texts[0], lines.texts[-1], lines.counted) == (GOOD, GOOD, 3)


def test_long_numbers() -> None:
    """Numbers of any length are text that is handed on."""
    long = '{"n":' + "9" * 5000 + "}"
    assert framed(f"[{long},{GOOD}]".encode()).texts == [long, GOOD]
    assert framed(f"{long}\n{GOOD}\n".encode()).texts == [long, GOOD]


@pytest.mark.parametrize("packed", [f"[{GOOD},\n%s,\n{GOOD}]", f"{GOOD}\n%s\n{GOOD}\n"])
@pytest.mark.parametrize(
    "inside", ['{"a":"\x00"}', '{"a":"\x1b[31m"}', '{"a\\u0000":"=cmd()"}', '{"a":"\u202e"}']
)
def test_control_characters(packed: str, inside: str) -> None:
    """NULs, escapes, formulas and direction marks go through as they are."""
    assert framed((packed % inside).encode()).texts == [GOOD, inside, GOOD]


@pytest.mark.parametrize("packed", [b"[%s,%s,%s]", b"%s\n%s\n%s\n"])
def test_invalid_utf8(packed: bytes) -> None:
    """A record of bytes that are no text is rejected alone, its bytes shown as U+FFFD."""
    found = framed(packed % (GOOD.encode(), b'{"a":"\xc3\x28"}', GOOD.encode()))
    assert found.texts == [GOOD, None, GOOD]
    assert (found.frames[1]["raw"].rstrip(), found.frames[1]["problem"]) == (
        '{"a":"\ufffd("}',
        "not UTF-8 at byte 6",
    )


def test_million_columns() -> None:
    """A header of a million columns is no CSV: it is read as what it is, lines of text."""
    header = ",".join(f"c{number}" for number in range(1_000_000))
    found = framed(f"{header}\n1,2\n".encode())
    assert (found.reader, found.texts) == ("lines", [header, "1,2"])
    wide = framed((",".join(f"c{number}" for number in range(5_000)) + "\n1,2\n").encode())
    assert wide.reader == "lines"


@pytest.mark.parametrize(
    "content", [b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", b"PK\x03\x04\0\0", bytes(1000), b"", b"\n \n"]
)
def test_no_text(content: bytes) -> None:
    """A picture, an archive, zeros and nothing are recognised by no reader."""
    assert framed(content).reader is None


@pytest.mark.parametrize("name", READERS)
def test_blank_lines(name: str) -> None:
    """Millions of blank lines are nothing, quickly."""
    blank = framed(b"\n" * (4 << 20) + b" " * (4 << 20), reader=READERS[name])
    assert (blank.frames, blank.counted) == ([], 0)


def test_gzip_bomb() -> None:
    """What inflates beyond reason is stopped, and says so; what came before counts."""
    bomb = gzip.compress((GOOD + "\n").encode() + b"x" * (200 << 20), 9)
    tracemalloc.start()
    found = framed(bomb)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (found.texts, found.trouble and found.trouble[0]) == ([GOOD, None], "truncated")
    assert peak < BOUND_BYTES


RECORDS = [json.dumps({"Id": str(number), "x": random.Random(number).random()}) for number in range(3_000)]
WHOLE = ("\n".join(RECORDS) + "\n").encode()


def test_gzip_cut_short() -> None:
    """A gzip stream that breaks off gives every line before the break, one cut line at most, and a notice."""
    packed = gzip.compress(WHOLE, mtime=0)
    found = framed(packed[: len(packed) // 2])
    read = len(found.texts)
    assert found.trouble == ("truncated", "the gzip stream is cut short")
    assert read > 1_000
    assert found.texts[:-1] == RECORDS[: read - 1]
    assert RECORDS[read - 1].startswith(str(found.texts[-1]))


def test_gzip_damaged() -> None:
    """Damage inside a gzip stream costs nothing that was packed before it."""
    packed = bytearray(gzip.compress(WHOLE, mtime=0))
    half = len(packed) // 2
    packed[half : half + 64] = bytes(64)
    found = framed(bytes(packed))
    same = next(
        n for n, (text, record) in enumerate(zip(found.texts, RECORDS, strict=False)) if text != record
    )
    assert found.trouble is not None
    assert same > len(RECORDS) // 3


def test_gzip_members_and_padding() -> None:
    """Members one after another are one file; zeros after them are padding; anything else is told."""
    members = gzip.compress(RECORDS[0].encode() + b"\n") + gzip.compress(RECORDS[1].encode() + b"\n")
    assert (framed(members).texts, framed(members).trouble) == (RECORDS[:2], None)
    assert (framed(members + bytes(100)).texts, framed(members + bytes(100)).trouble) == (RECORDS[:2], None)
    assert framed(members + b"tail").trouble == (
        "truncated",
        "bytes after the gzip stream are no gzip and were not read",
    )


@pytest.mark.parametrize("cut", range(1, 40))
def test_gzip_cut_anywhere_at_its_start(cut: int) -> None:
    """However few bytes of a gzip file there are, opening it raises nothing."""
    packed = gzip.compress(WHOLE, mtime=0)[:cut]

    class Raw:
        def __init__(self) -> None:
            self.place = 0

        def read(self, size: int = -1, /) -> bytes:
            taken = packed[self.place : self.place + size] if size >= 0 else packed[self.place :]
            self.place += len(taken)
            return taken

        def seek(self, place: int) -> None:
            self.place = place

    opened = open_stream(Raw(), len(packed))  # type: ignore[arg-type]
    assert sniff_reader(opened.head) is None or cut < 2 or opened.head
