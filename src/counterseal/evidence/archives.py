"""Archives as evidence: zip and tar, gzipped or not, one in another, each member a file of its own.

A member is written to a numbered file in the case's scratch folder, one at a time, and read from there: its name is
shown and never used. What is wrong with an archive, or too much of it, is said, and the rest is read.
"""

import errno
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from counterseal.core.inert import visible
from counterseal.evidence.packing import Bytes
from counterseal.evidence.tar_members import Packed, TarDamagedError, is_tar, tar_members
from counterseal.evidence.unpacking import (
    MAX_RATIO,
    BoundedGzip,
    gunzipped,
    read_up_to,
)
from counterseal.evidence.zip_members import DAMAGE, ZIP, zip_members

CHUNK_BYTES = 1 << 20
NAME_SHOWN = 300
NAMED = 5


@dataclass(frozen=True)
class Limits:
    """How much of an archive is read.

    Attributes:
        depth: archives in one another.
        members: of one archive given, those of archives in it included.
        member_bytes: of one member.
        ratio: bytes of all members per byte of the archive given (logs reach about 40) …
        least_bytes: … but this much in any case.
    """

    depth: int = 4
    members: int = 10_000
    member_bytes: int = 64 << 30
    ratio: int = MAX_RATIO
    least_bytes: int = 64 << 20


@dataclass(frozen=True)
class Member:
    """One member, ready to be read or given up.

    Attributes:
        shown: "archive.zip!folder/member.json", control characters spelt out.
        path: where its bytes lie until the next member is asked for; null if it could not be read.
        error: why not.
        warning: (code, sentence), where only its beginning could be read.
    """

    shown: str
    path: Path | None = None
    error: str | None = None
    warning: tuple[str, str] | None = None


def packed_as(path: Path) -> str | None:
    """How an archive is packed ("zip", "tar", "gzip tar"), null if the file is none.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as raw:
        body, layers = gunzipped(raw, path.stat().st_size)
        head = read_up_to(body, 512)
    kind = kind_of(head)
    return kind and " ".join(["gzip"] * len(layers) + [kind])


def kind_of(head: bytes) -> str | None:
    """Zip or tar by the first bytes."""
    return "zip" if head.startswith(ZIP) else "tar" if is_tar(head) else None


@dataclass
class Unpacking:
    """One archive given, being unpacked.

    Attributes:
        folder: for the member at hand; one file per depth.
        notices: what was passed over on purpose, once it is over.
    """

    folder: Path
    limits: Limits = field(default_factory=Limits)
    notices: list[tuple[str, str]] = field(default_factory=list)
    _inert: dict[str, list[str]] = field(default_factory=dict)
    _members: int = 0
    _left_bytes: int = 0
    _over: str | None = None

    def members(self, path: Path, shown: str) -> Iterator[Member]:
        """Every member of an archive, those of archives in it included.

        Raises:
            OSError: the archive cannot be read, or the scratch folder not be written to.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        self._left_bytes = max(self.limits.least_bytes, path.stat().st_size * self.limits.ratio)
        yield from self._open(path, shown, 1)
        for what, names in self._inert.items():
            listed = ", ".join(names[:NAMED]) + (
                f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
            )
            self.notices.append(("skipped", f"{what}, which is not followed: {listed}"))
        if self._over:
            yield Member(shown, error=f"the rest is not read: {self._over}")

    def _open(self, path: Path, shown: str, depth: int) -> Iterator[Member]:
        """The members of one archive."""
        if depth > self.limits.depth:
            yield Member(shown, error=f"not opened: more than {self.limits.depth} archives in one another")
            return
        target = self.folder / str(depth)
        with path.open("rb") as raw:
            body, layers = gunzipped(raw, path.stat().st_size)
            kind = kind_of(read_up_to(body, 512))
            raw.seek(0)
            try:
                if kind == "zip" and not layers:
                    yield from self._each(zip_members(raw), shown, target, depth)
                elif kind == "zip":
                    body, layers = gunzipped(raw, path.stat().st_size)
                    yield from self._take(Packed("", body), shown, target, depth, layers)
                else:
                    body, layers = gunzipped(raw, path.stat().st_size)
                    yield from self._each(tar_members(body), shown, target, depth)
            except (*DAMAGE, TarDamagedError) as error:
                told = next((layer.trouble[1] for layer in layers if layer.trouble), str(error))
                yield Member(shown, error=f"cannot be read from here on: {told}")
            except OSError as error:
                if error.errno != errno.EINVAL:
                    raise
                yield Member(shown, error="cannot be read from here on: it points outside itself")

    def _each(self, members: Iterator[Packed], shown: str, target: Path, depth: int) -> Iterator[Member]:
        """Members one by one, until there are too many."""
        for packed in members:
            if self._over:
                return
            if packed.body is None and not packed.inert and not packed.trouble:
                continue
            name = visible(packed.name)
            inner = f"{shown}!{name[:NAME_SHOWN]}"
            self._members += 1
            if self._members > self.limits.members:
                self._over = f"more than {self.limits.members} members"
            elif packed.inert:
                self._inert.setdefault(packed.inert, []).append(name[:NAME_SHOWN])
            elif packed.trouble:
                yield Member(inner, error=visible(packed.trouble))
            else:
                yield from self._take(packed, inner, target, depth)

    def _take(
        self, packed: Packed, shown: str, target: Path, depth: int, layers: tuple[BoundedGzip, ...] = ()
    ) -> Iterator[Member]:
        """One member, or what is in it if it is an archive itself."""
        assert packed.body is not None
        trouble = self._spill(packed.body, target)
        trouble = trouble or next((layer.trouble[1] for layer in layers if layer.trouble), None)
        warning = ("truncated", visible(trouble)) if trouble else None
        if packed_as(target):
            yield from self._open(target, shown, depth + 1)
            if warning:
                yield Member(shown, error=warning[1])
        else:
            yield Member(shown, target, warning=warning)
        target.unlink(missing_ok=True)

    def _spill(self, body: Bytes, target: Path) -> str | None:
        """Write a member's bytes to a scratch file; says why they are not all there."""
        written = 0
        with target.open("wb") as out:
            while True:
                try:
                    chunk = body.read(CHUNK_BYTES)
                except (*DAMAGE, TarDamagedError) as error:
                    return f"only its first {written} bytes are readable: {error}"
                if not chunk:
                    return None
                written += len(chunk)
                self._left_bytes -= len(chunk)
                out.write(chunk)
                if self._left_bytes < 0:
                    self._over = f"its members are more than {self.limits.ratio} times its size"
                    return f"stopped at {written} bytes: {self._over}"
                if written > self.limits.member_bytes:
                    return f"stopped at {written} bytes: members may be {self.limits.member_bytes} bytes long"
