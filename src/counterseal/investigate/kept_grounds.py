"""The analyst's own files, kept in the case: a later run with more evidence judges by them too.

Each is kept under its content's hash, so that a run that is stopped leaves what the manifest names as it was.
"""

import hashlib
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from counterseal.core.case import Case, write_atomically
from counterseal.core.errors import CaseError, UsageError
from counterseal.core.inert import clipped, visible
from counterseal.core.manifest import read_document, sha256_of
from counterseal.investigate.indicators import packs

GROUNDS = ("realms", "declare", "roster", "answers", "indicators")
"""Arguments that name files by which evidence is judged."""

Chosen = Mapping[str, Sequence[Path]]
"""Files by argument."""


@dataclass(frozen=True)
class KeptFile:
    """One file that a case was judged by.

    Attributes:
        argument: one of GROUNDS.
        given: the path as it was given, or a built-in pack's name.
        path: where it is kept, below the case folder; null for a pack.
        sha256: of its bytes; null for a pack.
    """

    argument: str
    given: str
    path: str | None
    sha256: str | None

    def place(self, case: Case) -> Path:
        """Where to read it.

        Raises:
            CaseError: it is gone, or is no longer what the case was judged by.
        """
        if self.path is None:
            return Path(self.given)
        place = case.root / self.path
        if not place.is_file() or sha256_of(place) != self.sha256:
            raise CaseError(
                f"the {self.argument} file that this case was judged by is gone or changed",
                where=str(place),
                next_step=f"give it anew: --{self.argument} FILE, or judge without it: --forget {self.argument}",
            )
        return place


def kept_in(case: Case) -> list[KeptFile]:
    """What the case was last judged by."""
    if not case.manifest.exists():
        return []
    return [KeptFile(**listed) for listed in read_document(case.manifest).get("grounds", [])]


def choose(case: Case, typed: Chosen, beside: Chosen, forget: Sequence[str]) -> dict[str, tuple[Path, ...]]:
    """The files to judge by: those named, else those beside the evidence, else those that the case keeps.

    Indicators add up; a file of the same name given again stands for the earlier one.

    Raises:
        UsageError: beside the evidence lies another file than the one the case was judged by.
        CaseError: what the case kept is gone or changed.
    """
    kept = [one for one in kept_in(case) if one.argument not in forget]
    chosen: dict[str, tuple[Path, ...]] = {}
    for argument in GROUNDS:
        earlier = [one for one in kept if one.argument == argument]
        now = tuple(typed.get(argument, ())) or tuple(beside.get(argument, ()))
        if argument == "indicators":
            named = {shown(path) for path in now} | {hash_of(path) for path in now}
            added = [one.place(case) for one in earlier if not {one.given, one.sha256} & named]
            chosen[argument] = (*added, *now)
        elif not now:
            chosen[argument] = tuple(one.place(case) for one in earlier)
        else:
            if not typed.get(argument):
                refuse_another(argument, now, earlier)
            chosen[argument] = now
    return chosen


def refuse_another(argument: str, beside: Sequence[Path], earlier: Sequence[KeptFile]) -> None:
    """A file that merely lies beside new evidence does not replace the one that a case was judged by.

    Raises:
        UsageError: it is neither the same bytes nor a new version at the same path.
    """
    for path in beside:
        for one in earlier:
            if one.sha256 != hash_of(path) and one.given != shown(path):
                raise UsageError(
                    f"this case was judged by another {argument} file, {one.given}",
                    where=str(path),
                    next_step=f"say which: --{argument} FILE",
                )


def keep(case: Case, chosen: Chosen) -> list[dict[str, Any]]:
    """Copy the files into the case; for the manifest, one object each."""
    before = {case.root / one.path: one for one in kept_in(case) if one.path}
    listed = []
    for argument in GROUNDS:
        for path in chosen.get(argument, ()):
            if path in before:
                kept = before[path]
            elif is_pack(path):
                kept = KeptFile(argument, str(path), None, None)
            else:
                content = path.read_bytes()
                digest = hashlib.sha256(content).hexdigest()
                name = clipped(visible(path.name), 100)
                inside = Path("grounds", argument, digest[:16], name)
                write_atomically(case.root / inside, content)
                kept = KeptFile(argument, shown(path), inside.as_posix(), digest)
            listed.append(vars(kept))
    return listed


def prune(case: Case) -> None:
    """Remove what the manifest no longer names."""
    named = {(case.root / one.path).parent for one in kept_in(case) if one.path}
    for folder in sorted((case.root / "grounds").glob("*/*")):
        if folder not in named:
            shutil.rmtree(folder)


def shown(path: Path) -> str:
    """A path as the manifest spells it."""
    return visible(str(path))


def is_pack(path: Path) -> bool:
    """Is it the name of a built-in pack, and no file's?"""
    return str(path) in packs() and not path.exists()


def hash_of(path: Path) -> str | None:
    """SHA-256 of a file; null for a pack, and for what cannot be read, which its reader will say."""
    try:
        return sha256_of(path)
    except OSError:
        return None
