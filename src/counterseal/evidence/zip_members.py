"""Members of a zip archive: its list of members bounded, nothing inflated but by the piece."""

import stat
import zipfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO, cast

from counterseal.evidence.tar_members import Packed

ZIP = (b"PK\x03\x04", b"PK\x05\x06")
"""A zip begins with its first member, or, if it is empty, with its end."""

LONGEST_LIST = 8 << 20
"""Bytes of a zip's list of members, which has to be held in memory (10,000 members take about 1 MiB)."""

METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""Those that are inflated piece by piece; bzip2, LZMA and others may give a gigabyte for one piece."""

DAMAGE = (
    zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, UnicodeError, OverflowError,
)  # fmt: skip
"""What `zipfile` raises for bytes that are no zip; a disk that cannot be read is an OSError."""


class Capped:
    """A file of which nobody gets more than so many bytes at once.

    `zipfile` reads the list of members in one go, as long as the archive says it is.
    """

    def __init__(self, raw: BinaryIO) -> None:
        self._raw = raw

    def read(self, size: int = -1) -> bytes:
        """At most `size` bytes.

        Raises:
            zipfile.BadZipFile: that is more than any honest archive needs at once.
        """
        if size > LONGEST_LIST:
            raise zipfile.BadZipFile(f"its list of members is longer than {LONGEST_LIST} bytes")
        return self._raw.read(LONGEST_LIST if size < 0 else size)

    def seek(self, offset: int, whence: int = 0) -> int:
        """Go somewhere else."""
        return self._raw.seek(offset, whence)

    def tell(self) -> int:
        """Where it is."""
        return self._raw.tell()

    def seekable(self) -> bool:
        """Always."""
        return True


def zip_members(raw: BinaryIO) -> Iterator[Packed]:
    """Every member, in the order of the archive's list.

    Source: PKWARE APPNOTE.TXT 4.4.4 (flags), 4.4.5 (methods).

    Raises:
        zipfile.BadZipFile, …: see DAMAGE.
    """
    with zipfile.ZipFile(cast("BinaryIO", Capped(raw))) as archive:
        for info in archive.infolist():
            if info.is_dir():
                continue
            if stat.S_ISLNK(info.external_attr >> 16):
                yield Packed(info.filename, inert="a symbolic link")
            elif info.flag_bits & 0x1:
                yield Packed(
                    info.filename, trouble="encrypted: unpack it with its password, and give what comes out"
                )
            elif info.compress_type not in METHODS:
                yield Packed(
                    info.filename,
                    trouble=f"packed by method {info.compress_type}: unpack it, and give what comes out",
                )
            else:
                try:
                    with archive.open(info) as body:
                        yield Packed(info.filename, body)
                except DAMAGE as error:
                    yield Packed(info.filename, trouble=f"damaged: {error}")
