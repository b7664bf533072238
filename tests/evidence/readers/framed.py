"""Bytes in, whole frames out: what every test of a reader starts from.

A reader NAME has a folder `tests/evidence/readers/NAME/` with inputs (all synthetic) and beside each
`INPUT.expected.json`: packing, notices and every frame. After a wanted change,
`COUNTERSEAL_REWRITE_EXPECTED=1 pytest tests/evidence/readers` rewrites them; review the difference like code.
"""

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from counterseal.evidence.files import open_stream
from counterseal.evidence.packing import Reader, sniff_reader

HERE = Path(__file__).parent
EXPECTED = ".expected.json"

Frame = dict[str, Any]


@dataclass(frozen=True)
class Framed:
    """What framing one file gave.

    Attributes:
        reader: its name; null if nothing recognised the file.
        packing: what was undone first.
        notices: (code, sentence).
        trouble: of the decompressor.
        frames: columns that are not null, `record` left out (it is the index).
        counted: records by the reader's own count.
    """

    reader: str | None
    packing: tuple[str, ...]
    notices: tuple[tuple[str, str], ...]
    trouble: tuple[str, str] | None
    frames: list[Frame]
    counted: int

    @property
    def texts(self) -> list[str | None]:
        """The records' texts, line ends left out; null for rejected ones."""
        return [frame["text"].rstrip("\r\n") if "text" in frame else None for frame in self.frames]


def framed(content: bytes, *, batch_bytes: int | None = None, reader: Reader | None = None) -> Framed:
    """Sniff and frame bytes as a file's; the frames' numbers are checked on the way.

    Args:
        content: the file.
        batch_bytes: how much the reader takes at a time.
        reader: the reader to use whatever the content shows.
    """
    opened = open_stream(BytesIO(content), len(content))
    reader = reader or sniff_reader(opened.head)
    frames: list[Frame] = []
    if reader:
        opened.stream.batch_bytes = batch_bytes or opened.stream.batch_bytes
        for batch in reader.frames(opened.stream):
            frames += [{k: v for k, v in row.items() if v is not None} for row in batch.to_pylist()]
    assert [frame.pop("record") for frame in frames] == list(range(len(frames)))
    return Framed(
        reader.name if reader else None,
        opened.packing,
        tuple((notice.code, notice.says) for notice in opened.stream.notices),
        next((layer.trouble for layer in opened.inflated if layer.trouble), None),
        frames,
        opened.stream.framed,
    )


def unpacked(content: bytes) -> bytes:
    """The bytes that offsets count: gzip and UTF-16 undone."""
    opened = open_stream(BytesIO(content), len(content))
    begin, parts = opened.stream.begin, []
    while chunk := opened.stream.read():
        parts.append(chunk)
    return b"\xef\xbb\xbf"[:begin] + b"".join(parts)


def as_stands(frame: Frame) -> str:
    """A frame's record as it stands in the file: the raw form where the text is another, without its line's end."""
    return str(frame.get("raw", frame.get("text"))).rstrip("\r\n")
