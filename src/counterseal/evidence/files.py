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
from counterseal.core.inert import visible
from counterseal.evidence.packing import BATCH_BYTES, Stream
from counterseal.evidence.unpacking import (
    BoundedGzip,
    Chained,
    Utf16ToUtf8,
    gunzipped,
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
        changed_ns: when it was last changed, in the file system's own clock.
    """

    path: Path
    shown: str
    sha256: str
    bytes: int
    changed_ns: int = 0

    @property
    def as_hashed(self) -> bool:
        """Is it still what was hashed, as far as size and time tell?"""
        now = self.path.stat()
        return (now.st_size, now.st_mtime_ns) == (self.bytes, self.changed_ns)


@dataclass(frozen=True)
class Found:
    """Something that the arguments name.

    Attributes:
        path: where it lies.
        shown: how the manifest names it; control characters spelt out.
        error: why it cannot be evidence, though it was meant to be.
        skipped: why it is passed over on purpose.
    """

    path: Path
    shown: str
    error: str | None = None
    skipped: str | None = None


def find(arguments: Sequence[str], spool: Path) -> Iterator[Found]:
    """Every file named by the arguments, each once, and what stands in folders and is none.

    Args:
        arguments: files, folders (walked), globs, or "-" for stdin.
        spool: where stdin is written to.

    Raises:
        UsageError: an argument names nothing, or a pipe or device.
    """
    seen: set[Path] = set()
    for argument in arguments:
        if argument == "-":
            yield Found(spool_stdin(spool), "-")
            continue
        path = Path(argument)
        if path.is_dir():
            found = list(walked(path))
        elif path.exists():
            found = [named(path)]
        else:
            names = sorted(name for name in glob.glob(argument, recursive=True) if Path(name).is_file())  # noqa: PTH207
            found = [Found(Path(name), visible(name)) for name in names]
        if not found and not path.is_dir():
            raise UsageError(
                "no such evidence", where=argument, next_step="give a file, a folder, a glob or -"
            )
        reached = {entry.path.resolve() for entry in found if not entry.skipped}
        for entry in found:
            real = entry.path.resolve()
            if entry.skipped and real in reached:
                continue  # a link to what is read anyway
            if real not in seen:
                seen.add(real)
                yield entry


def named(path: Path) -> Found:
    """A file that an argument names itself; a link is followed.

    Raises:
        UsageError: it is no regular file: it cannot be hashed before it is read.
    """
    if not stat.S_ISREG(path.stat().st_mode):
        raise UsageError(
            "not a regular file", where=str(path), next_step="copy it to a file, or pipe it to -"
        )
    return Found(path, visible(str(path)))


def walked(folder: Path) -> Iterator[Found]:
    """Everything below a folder, sorted; links are not followed, so that none can lead round in a circle or outside."""
    unreadable: list[OSError] = []
    entries: list[Path] = []
    for place, folders, names in os.walk(folder, onerror=unreadable.append):
        linked = [name for name in folders if (Path(place) / name).is_symlink()]
        entries += [Path(place) / name for name in (*linked, *names)]
    for error in unreadable:
        yield Found(
            Path(error.filename), visible(str(error.filename)), error=f"cannot be read: {error.strerror}"
        )
    for path in sorted(entries):
        shown = visible(str(path))
        if path.is_symlink():
            yield Found(
                path, shown, skipped="a symbolic link, which is not followed: give what it points to by name"
            )
        elif not stat.S_ISREG(path.lstat().st_mode):
            yield Found(path, shown, error="cannot be read: a pipe, a socket or a device; copy it to a file")
        else:
            yield Found(path, shown)


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
        before = os.fstat(stream.fileno())
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return EvidenceFile(path, shown, digest, before.st_size, before.st_mtime_ns)


@dataclass
class Opened:
    """A file opened for framing: its first decoded bytes, and what undid its packing."""

    stream: Stream
    head: bytes
    packing: tuple[str, ...]
    inflated: tuple[BoundedGzip, ...] = ()


def open_stream(raw: BinaryIO, size_bytes: int) -> Opened:
    """Undo gzip and UTF-16, drop a byte-order mark, and look at the first bytes."""
    body, inflated = gunzipped(raw, size_bytes)
    packing = ["gzip"] * len(inflated)
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
