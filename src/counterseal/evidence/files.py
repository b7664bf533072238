"""From arguments to evidence files: folders walked, globs expanded, stdin spooled, gzip and UTF-16 undone."""

import codecs
import glob
import hashlib
import os
import stat
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from counterseal.core.errors import UsageError
from counterseal.evidence.packing import BATCH_BYTES, Bytes, Stream
from counterseal.evidence.unpacking import (
    GZIP,
    BoundedGzip,
    Chained,
    Utf16ToUtf8,
    read_up_to,
    utf16_encoding,
)

HEAD_BYTES = 64 << 10


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
            raise UsageError(
                "no such evidence", where=argument, next_step="give a file, a folder, a glob or -"
            )
        for entry in found:
            if not stat.S_ISREG(entry.stat().st_mode):
                raise UsageError(
                    "not a regular file", where=str(entry), next_step="copy it to a file, or pipe it to -"
                )
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
    body: Bytes = raw
    magic = raw.read(len(GZIP))
    raw.seek(0)
    if magic == GZIP:
        body = inflated = BoundedGzip(raw, size_bytes)
        packing.append("gzip")
    head = read_up_to(body, HEAD_BYTES)
    if encoding := utf16_encoding(head):
        body = Utf16ToUtf8(Chained(head, body), encoding)
        head = read_up_to(body, HEAD_BYTES)
        packing.append(encoding)
    begin = 0
    if head.startswith(codecs.BOM_UTF8):
        begin = len(codecs.BOM_UTF8)
        packing.append("bom")
    return Opened(Stream(body, head[begin:], begin=begin), head[begin:], tuple(packing), inflated)
