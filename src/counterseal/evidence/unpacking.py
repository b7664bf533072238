"""Gzip and UTF-16 undone while reading: bounded, never raising for what the bytes are, and telling of damage."""

import codecs
import re
import zlib
from collections.abc import Sequence
from typing import BinaryIO

from counterseal.evidence.packing import BATCH_BYTES, MAX_RECORD_BYTES, Bytes

MAX_RATIO = 200
"""Decompressed bytes per compressed byte above which gzip is taken for a bomb (logs reach about 40)."""

GZIP = b"\x1f\x8b"
MAX_GZIPS = 4
"""Gzip streams in one another that are undone."""

COMPRESSED_BYTES = 64 << 10


def read_up_to(body: Bytes, size: int) -> bytes:
    """Exactly `size` bytes, or all there are."""
    parts: list[bytes] = []
    while size > 0 and (chunk := body.read(size)):
        parts.append(chunk)
        size -= len(chunk)
    return b"".join(parts)


class Chained:
    """Bytes already read, then the rest."""

    def __init__(self, head: bytes, body: Bytes) -> None:
        self._head, self._body = head, body

    def read(self, size: int = -1, /) -> bytes:
        """At most `size` bytes."""
        if self._head:
            taken, self._head = (self._head, b"") if size < 0 else (self._head[:size], self._head[size:])
            return taken
        return self._body.read(size)


class BoundedGzip:
    """A gzip stream, of one member or several, that ends early, with its trouble told, when it is damaged or a bomb.

    Everything before the damage is given: `gzip.GzipFile` would keep the last good bytes to itself.

    Args:
        raw: the compressed bytes.
        size_bytes: how many there are.
    """

    def __init__(self, raw: Bytes, size_bytes: int) -> None:
        self._raw = raw
        self._member = zlib.decompressobj(wbits=31)
        self._input = b""
        self._limit = max(MAX_RECORD_BYTES * 4, size_bytes * MAX_RATIO)
        self._given = 0
        self._ended = False
        self.trouble: tuple[str, str] | None = None

    def read(self, size: int = -1, /) -> bytes:
        """At most `size` bytes; empty at the end or after trouble."""
        size = size if size > 0 else BATCH_BYTES
        while not self._ended:
            if not self._input and not self._refill():
                break
            chunk = self._inflate(size)
            self._given += len(chunk)
            if self._given > self._limit:
                self._stop(f"stopped at {self._given} bytes: inflates more than {MAX_RATIO} times")
            if chunk:
                return chunk
        return b""

    def _refill(self) -> bool:
        """Take more compressed bytes; false at the end."""
        self._input = self._raw.read(COMPRESSED_BYTES)
        if not self._input:
            self._stop("the gzip stream is cut short")
        return not self._ended

    def _inflate(self, size: int) -> bytes:
        """Up to `size` bytes out of the compressed bytes at hand."""
        before = self._member.copy()
        try:
            chunk = self._member.decompress(self._input, size)
        except zlib.error as error:
            self._stop(f"the gzip stream is damaged: {error}")
            return salvaged(before, self._input, size)
        self._input = self._member.unconsumed_tail
        if self._member.eof:
            self._next_member()
        return chunk

    def _next_member(self) -> None:
        """After a member: another one, padding, or the end."""
        rest = self._member.unused_data
        while not (rest := rest.lstrip(b"\0")) and (more := self._raw.read(COMPRESSED_BYTES)):
            rest = more
        if len(rest) == 1:
            rest += self._raw.read(1)
        self._input, self._member = rest, zlib.decompressobj(wbits=31)
        self._ended = not rest.startswith(GZIP)
        if rest and self._ended:
            self.trouble = ("truncated", "bytes after the gzip stream are no gzip and were not read")

    def _stop(self, says: str) -> None:
        self.trouble, self._ended = ("truncated", says), True


def gunzipped(raw: BinaryIO, size_bytes: int) -> tuple[Bytes, tuple[BoundedGzip, ...]]:
    """The bytes below every gzip layer, from the start of the file, and the layers, outermost first.

    All layers together may inflate as much as one.
    """
    count = 0
    while count < MAX_GZIPS:
        raw.seek(0)
        if read_up_to(innermost(raw, layered(raw, size_bytes, count)), len(GZIP)) != GZIP:
            break
        count += 1
    raw.seek(0)
    layers = layered(raw, size_bytes, count)
    return innermost(raw, layers), tuple(layers)


def innermost(raw: Bytes, layers: Sequence[BoundedGzip]) -> Bytes:
    """What the last layer gives."""
    return layers[-1] if layers else raw


def layered(raw: Bytes, size_bytes: int, layers: int) -> list[BoundedGzip]:
    """So many gzip layers, each read by the next."""
    found: list[BoundedGzip] = []
    for _ in range(layers):
        found.append(BoundedGzip(found[-1] if found else raw, size_bytes))
    return found


def salvaged(member: "zlib._Decompress", compressed: bytes, size: int) -> bytes:
    """What a damaged piece of a gzip stream gives before its damage, as far as small steps can tell."""
    given = b""
    for start in range(0, len(compressed), 64):
        try:
            given += member.decompress(compressed[start : start + 64], size)
        except zlib.error:
            break
    return given[:size]


def utf16_encoding(head: bytes) -> str | None:
    """UTF-16 by its byte-order mark, or by zero bytes in every second place of ASCII text."""
    if head.startswith(codecs.BOM_UTF16_LE):
        return "utf-16-le"
    if head.startswith(codecs.BOM_UTF16_BE):
        return "utf-16-be"
    sample = head[:512]
    if len(sample) >= 8 and sample[1::2].count(0) > len(sample) * 0.4 and not sample[0::2].count(0):
        return "utf-16-le"
    if len(sample) >= 8 and sample[0::2].count(0) > len(sample) * 0.4 and not sample[1::2].count(0):
        return "utf-16-be"
    return None


class Utf16ToUtf8:
    """UTF-16 bytes as UTF-8; broken units become U+FFFD. Offsets then count bytes of the UTF-8 text.

    It is decoded line by line, since PowerShell's `Add-Content` puts single bytes between what `Out-File` wrote in
    UTF-16: a stray byte then spoils no more than its own line.

    Args:
        raw: the bytes, a byte-order mark among them or not.
        encoding: "utf-16-le" or "utf-16-be".
    """

    def __init__(self, raw: Bytes, encoding: str) -> None:
        self._raw = raw
        self._encoding = encoding
        little = encoding == "utf-16-le"
        self._feed = b"\n\0" if little else b"\0\n"
        self._high = 1 if little else 0
        self._rest = b""
        self._ready = b""
        self._ended = False

    def read(self, size: int = -1, /) -> bytes:
        """At most `size` bytes; empty only at the end."""
        while not self._ready and not self._ended:
            chunk = self._raw.read(BATCH_BYTES)
            self._ended = not chunk
            self._ready = "".join(self._lines(chunk)).encode("utf-8", "replace")
        taken, self._ready = (self._ready, b"") if size < 0 else (self._ready[:size], self._ready[size:])
        return taken

    def _lines(self, chunk: bytes) -> list[str]:
        """Whole lines as text; what is left waits for more."""
        block = self._rest + chunk
        lines: list[str] = []
        begin = 0
        for found in re.finditer(re.escape(self._feed), block):
            line = block[begin : found.end()]
            if len(line) % 2 and not self._stray(line):
                continue  # the two bytes belong to two other characters
            lines.append(self._text(line))
            begin = found.end()
        self._rest = block[begin:]
        if self._ended or len(self._rest) > MAX_RECORD_BYTES:
            lines.append(self._text(self._rest))
            self._rest = b""
        return lines

    def _stray(self, line: bytes) -> bool:
        """Is an odd line ASCII with one byte too many, rather than two halves of other characters?"""
        return line.count(0) * 5 > len(line) * 2 or len(line) == 3

    def _text(self, line: bytes) -> str:
        """One line's text; of an odd one, the byte too many is looked for where it stands: first, or anywhere."""
        stray = ""
        if len(line) % 2:
            place = self._place_of_stray(line)
            stray, line = line[place : place + 1].decode("latin-1"), line[:place] + line[place + 1 :]
        text = line.decode(self._encoding, "replace").removeprefix("\ufeff")
        # Two single bytes CR LF between lines read as one unit, U+0A0D, which is no character.
        text = "\r\n" + text[1:] if text.startswith("\u0a0d") else text
        return stray + text if stray.isspace() else text

    def _place_of_stray(self, line: bytes) -> int:
        """Up to where ASCII characters stand in step: a byte too many puts the zero bytes out of step."""
        if len(line) > 3 and line[self._high] == 0:
            step = re.match(rb"(?:[^\0]\0)+" if self._high else rb"(?:\0[^\0])+", line)
            return min(step.end() if step else 0, len(line) - 1)
        return 0
