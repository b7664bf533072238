"""Members of a tar archive, read front to back: nothing is kept but one header, nothing is looked for."""

import tarfile
from collections.abc import Iterator
from dataclasses import dataclass

from counterseal.evidence.packing import Bytes
from counterseal.evidence.unpacking import read_up_to

BLOCK = 512
LONGEST_HEADER = 1 << 20
"""Bytes of a name or of pax headers; longer ones are taken for damage, since they would have to be held in memory."""

REGULAR = (tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.CONTTYPE)
WORDS = {
    tarfile.LNKTYPE: "a hard link",
    tarfile.SYMTYPE: "a symbolic link",
    tarfile.CHRTYPE: "a device",
    tarfile.BLKTYPE: "a device",
    tarfile.FIFOTYPE: "a pipe",
}
DATALESS = (*WORDS, tarfile.DIRTYPE)
"""Kinds of member that no data follows, whatever size the header says."""


@dataclass
class Packed:
    """One member of an archive.

    Attributes:
        name: as the archive spells it; never used as a path.
        body: its bytes; null if there are none to read.
        inert: what it is where it is no file ("a symbolic link"), and so passed over.
        trouble: why it cannot be read.
    """

    name: str
    body: Bytes | None = None
    inert: str | None = None
    trouble: str | None = None


class TarDamagedError(Exception):
    """The archive makes no sense from here on."""


class Part:
    """So many bytes of a stream, and not one more."""

    def __init__(self, body: Bytes, size_bytes: int) -> None:
        self._body = body
        self.left_bytes = size_bytes

    def read(self, size: int = -1, /) -> bytes:
        """At most `size` bytes.

        Raises:
            TarDamagedError: the archive ends inside the member.
        """
        wanted = self.left_bytes if size < 0 else min(size, self.left_bytes)
        if not wanted:
            return b""
        chunk = self._body.read(wanted)
        if not chunk:
            self.left_bytes = 0
            raise TarDamagedError("the tar archive is cut short")
        self.left_bytes -= len(chunk)
        return chunk


def is_tar(head: bytes) -> bool:
    """Is this a header whose checksum holds?"""
    try:
        return bool(tarfile.TarInfo.frombuf(head[:BLOCK], "utf-8", "surrogateescape").name)
    except tarfile.HeaderError:
        return False


def tar_members(body: Bytes) -> Iterator[Packed]:
    """Every member; each one's body has to be read before the next is asked for, or is passed over.

    Source: POSIX.1-2017 pax, "ustar Interchange Format"; GNU tar manual, "Basic Tar Format".

    Raises:
        TarDamagedError: a header makes no sense, or the archive is cut short.
    """
    name: str | None = None
    size: int | None = None
    sparse = False
    while head := read_up_to(body, BLOCK):
        if not head.strip(b"\0"):
            return
        try:
            info = tarfile.TarInfo.frombuf(head, "utf-8", "surrogateescape")
        except tarfile.HeaderError as error:
            raise TarDamagedError(f"a header of the tar archive is damaged: {error}") from error
        if info.type in (tarfile.GNUTYPE_LONGNAME, tarfile.XHDTYPE, tarfile.SOLARIS_XHDTYPE):
            extra = whole(body, info.size)
            if info.type == tarfile.GNUTYPE_LONGNAME:
                name = extra.rstrip(b"\0").decode("utf-8", "surrogateescape")
                continue
            said = dict(pax_records(extra))
            name, sparse = said.get("path", name), any(key.startswith("GNU.sparse") for key in said)
            size = (
                int(said["size"])
                if said.get("size", "").isascii() and said.get("size", "").isdigit()
                else size
            )
            continue
        length = 0 if info.type in DATALESS else info.size if size is None else size
        if length < 0:
            raise TarDamagedError("a member of the tar archive has a negative size")
        part = Part(body, length)
        yield member(info, name or info.name, part, sparse=sparse)
        while part.read(1 << 20):
            pass
        skip(body, -length % BLOCK)
        name, size, sparse = None, None, False


def member(info: tarfile.TarInfo, name: str, part: Part, *, sparse: bool) -> Packed:
    """What one header says."""
    if info.type == tarfile.DIRTYPE or name.endswith("/"):
        return Packed(name)
    if info.type in WORDS:
        return Packed(name, inert=WORDS[info.type])
    if sparse or info.type == tarfile.GNUTYPE_SPARSE:
        return Packed(name, trouble="a sparse file: pack it again without --sparse")
    return Packed(name, part) if info.type in REGULAR else Packed(name)


def whole(body: Bytes, size_bytes: int) -> bytes:
    """A header's own data, and its padding passed over."""
    if not 0 <= size_bytes <= LONGEST_HEADER:
        raise TarDamagedError("a name in the tar archive is longer than any")
    found = read_up_to(body, size_bytes)
    skip(body, -size_bytes % BLOCK)
    return found


def skip(body: Bytes, size_bytes: int) -> None:
    """Pass over padding."""
    read_up_to(body, size_bytes)


def pax_records(extra: bytes) -> Iterator[tuple[str, str]]:
    """`length key=value` lines, as far as they make sense."""
    begin = 0
    while begin < len(extra):
        digits, blank, _ = extra[begin : begin + 12].partition(b" ")
        if not blank or not digits.isdigit() or int(digits) <= len(digits) + 1:
            return
        key, _, value = extra[begin + len(digits) + 1 : begin + int(digits)].rstrip(b"\n").partition(b"=")
        yield key.decode("utf-8", "replace"), value.decode("utf-8", "surrogateescape")
        begin += int(digits)
