"""What `investigate` itself wrote is no evidence, wherever its case folder lies."""

from pathlib import Path

from counterseal.core.case import Case
from counterseal.core.errors import CaseError
from counterseal.core.manifest import read_document

OWN = ("manifest.json", "decisions.ndjson", "events", "grounds")
"""Names at the top of a case folder that the manifest's list of outputs need not hold."""


class OwnFiles:
    """The files that runs wrote into their cases; each case folder is looked at once.

    Args:
        case: the case that is being written: one even while it holds nothing.
    """

    def __init__(self, case: Case) -> None:
        self._written: dict[Path, frozenset[str] | None] = {case.root.resolve(): listed(case)}

    def __contains__(self, path: Path) -> bool:
        """Did a run write this file? Evidence that somebody laid into a case folder is none of it."""
        path = path.resolve()
        for folder in path.parents:
            written = self.written(folder)
            inside = path.relative_to(folder)
            if written is not None and (
                inside.parts[0] in OWN or inside.parts[0].startswith(".") or inside.as_posix() in written
            ):
                return True
        return False

    def written(self, folder: Path) -> frozenset[str] | None:
        """The outputs of the case in a folder, as its manifest lists them; null if it is no case."""
        if folder not in self._written:
            self._written[folder] = listed(Case(folder)) if Case(folder).ingested.is_dir() else None
        return self._written[folder]


def listed(case: Case) -> frozenset[str]:
    """The outputs in a case's manifest; none if it has no readable one yet."""
    try:
        return frozenset(output["path"] for output in read_document(case.manifest).get("outputs", []))
    except (CaseError, KeyError, TypeError):
        return frozenset()
