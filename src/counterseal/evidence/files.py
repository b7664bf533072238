"""From arguments to evidence files: folders walked, globs expanded, stdin spooled, gzip and UTF-16 undone."""

import codecs
import glob
import gzip
import hashlib
import io
import os
import stat
import sys
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from counterseal.core.errors import UsageError
from counterseal.evidence.packing import BATCH_BYTES, MAX_RECORD_BYTES, Stream

HEAD_BYTES = 64 << 10
MAX_RATIO = 200
"""Decompressed bytes per compressed byte above which gzip is taken for a bomb (logs reach about 40)."""


@dataclass(frozen=True)
class EvidenceFile:
    """One file of evidence.

    Attributes:
        path: where it lies.
        shown: how the manifest names it ("-" for stdin).
        sha256: of its bytes on disk.
        bytes: its size on disk.
    """

    path: Path
    shown: str
    sha256: str
    bytes: int


def find(arguments: Sequence[str], spool: Path) -> Iterator[tuple[Path, str]]:
    """Every regular file named by the arguments, each once, with the name to show.

    Args:
        arguments: files, folders (walked), globs, or "-" for stdin.
        spool: where stdin is written to.

    Raises:
        UsageError: an argument names nothing.
    """
    seen: set[Path] = set()
    for argument in arguments:
        if argument == "-":
            yield spool_stdin(spool), "-"
            continue
        path = Path(argument)
        if path.is_dir():
            found = sorted(entry for entry in path.rglob("*") if not entry.is_symlink() and entry.is_file())
        elif path.exists():
            found = [path]
        else:
            found = sorted(Path(name) for name in glob.glob(argument, recursive=True) if Path(name).is_file())  # noqa: PTH207
        if not found and not path.is_dir():
            raise UsageError("no such evidence", where=argument, next_step="give a file, a folder, a glob or -")
        for entry in found:
            if not stat.S_ISREG(entry.stat().st_mode):
                raise UsageError("not a regular file", where=str(entry), next_step="copy it to a file, or pipe it to -")
            real = entry.resolve()
            if real not in seen:
                seen.add(real)
                yield entry, str(entry)


def spool_stdin(folder: Path) -> Path:
    """Write stdin to a private file, since evidence is hashed before it is read."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "stdin"
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as stream:
        while chunk := sys.stdin.buffer.read(BATCH_BYTES):
            stream.write(chunk)
    return path


def hashed(path: Path, shown: str) -> EvidenceFile:
    """Hash a file.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return EvidenceFile(path, shown, digest, path.stat().st_size)


class Utf16ToUtf8(io.RawIOBase):
    """UTF-16 bytes as UTF-8; broken units become U+FFFD. Offsets then count bytes of the UTF-8 text."""

    def __init__(self, raw: BinaryIO, encoding: str) -> None:
        self._raw = raw
        self._decoder = codecs.getincrementaldecoder(encoding)("replace")
        self._rest = b""

    def readable(self) -> bool:
        """Always."""
        return True

    def read(self, size: int = -1) -> bytes:
        """About `size` bytes; empty only at the end."""
        while not self._rest:
            chunk = self._raw.read(size if size > 0 else BATCH_BYTES)
            self._rest = self._decoder.decode(chunk, final=not chunk).encode("utf-8", "replace")
            if not chunk and not self._rest:
                return b""
        taken, self._rest = (self._rest, b"") if size < 0 else (self._rest[:size], self._rest[size:])
        return taken


class BoundedGzip:
    """A gzip stream that stops, with a notice, when it is damaged, cut short, or inflates beyond reason."""

    def __init__(self, raw: BinaryIO, size_bytes: int) -> None:
        self._gzip = gzip.GzipFile(fileobj=raw)
        self._limit = max(MAX_RECORD_BYTES * 4, size_bytes * MAX_RATIO)
        self._given = 0
        self.trouble: tuple[str, str] | None = None

    def read(self, size: int = -1) -> bytes:
        """At most `size` bytes; empty at the end or after trouble."""
        if self.trouble:
            return b""
        try:
            chunk = self._gzip.read(size)
        except (OSError, EOFError, zlib.error) as error:
            self.trouble = ("truncated", f"the gzip stream is damaged or cut short: {error}")
            return b""
        self._given += len(chunk)
        if self._given > self._limit:
            self.trouble = ("truncated", f"stopped at {self._given} bytes: inflates more than {MAX_RATIO} times")
            return b""
        return chunk


def utf16_encoding(head: bytes) -> str | None:
    """UTF-16 by its byte-order mark, or by zero bytes in every second place of ASCII text."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    sample = head[:512]
    if len(sample) >= 8 and sample[1::2].count(0) > len(sample) * 0.4:
        return "utf-16-le"
    if len(sample) >= 8 and sample[0::2].count(0) > len(sample) * 0.4:
        return "utf-16-be"
    return None


@dataclass
class Opened:
    """A file opened for framing: its first decoded bytes, and what undid its packing."""

    stream: Stream
    head: bytes
    packing: tuple[str, ...]
    inflated: BoundedGzip | None = None


def open_stream(raw: BinaryIO, size_bytes: int) -> Opened:
    """Undo gzip and UTF-16, drop a byte-order mark, and look at the first bytes."""
    packing: list[str] = []
    inflated: BoundedGzip | None = None
    body: BinaryIO = raw
    if raw.read(2) == b"\x1f\x8b":
        raw.seek(0)
        inflated = BoundedGzip(raw, size_bytes)
        body = cast("BinaryIO", inflated)
        packing.append("gzip")
    else:
        raw.seek(0)
    head = read_up_to(body, HEAD_BYTES)
    if encoding := utf16_encoding(head):
        body = cast("BinaryIO", Utf16ToUtf8(cast("BinaryIO", Chained(head, body)), encoding))
        head = read_up_to(body, HEAD_BYTES)
        packing.append(encoding)
    if head.startswith(codecs.BOM_UTF8):
        head = head[len(codecs.BOM_UTF8) :]
        packing.append("bom")
    return Opened(Stream(body, head), head, tuple(packing), inflated)


def read_up_to(body: BinaryIO, size: int) -> bytes:
    """Exactly `size` bytes, or all there are."""
    parts: list[bytes] = []
    while size > 0 and (chunk := body.read(size)):
        parts.append(chunk)
        size -= len(chunk)
    return b"".join(parts)


class Chained:
    """Bytes already read, then the rest."""

    def __init__(self, head: bytes, body: BinaryIO) -> None:
        self._head, self._body = head, body

    def read(self, size: int = -1) -> bytes:
        """At most `size` bytes."""
        if self._head:
            taken, self._head = (self._head, b"") if size < 0 else (self._head[:size], self._head[size:])
            return taken
        return self._body.read(size)
