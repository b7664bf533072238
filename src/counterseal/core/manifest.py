"""The manifest of a case: which evidence went in, with its sums, and the SHA-256 of everything that came out."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from counterseal.core.case import Case, write_atomically
from counterseal.core.errors import CaseError

Document = Mapping[str, Any]
"""A JSON object of the case folder, as it stands there."""

TERMS = ("kept", "duplicate", "out_of_scope", "rejected")
"""What `read` is the sum of."""


def read_document(path: Path) -> dict[str, Any]:
    """A JSON object of the case folder.

    Raises:
        CaseError: it is not there, or is no JSON object.
    """
    try:
        found = json.loads(path.read_text("utf-8"))
    except FileNotFoundError as error:
        raise CaseError(
            f"no {path.name} here",
            where=str(path.parent),
            next_step="make the case first: counterseal investigate EVIDENCE... --out CASE",
        ) from error
    except (ValueError, OSError) as error:
        raise CaseError(
            f"{path.name} cannot be read: {error}",
            where=str(path),
            next_step="run investigate again to rewrite it",
        ) from error
    if not isinstance(found, dict):
        raise CaseError(
            f"{path.name} is no JSON object", where=str(path), next_step="run investigate again to rewrite it"
        )
    return found


def adds_up(sums: Mapping[str, Any]) -> bool:
    """Does read = kept + duplicate + out_of_scope + rejected hold?"""
    return int(sums["read"]) == sum(int(sums[term]) for term in TERMS)


def unreadable(manifest: Document) -> list[Document]:
    """Evidence files of a known kind that could not be read as a whole (exit status 4)."""
    return [entry for entry in manifest.get("evidence", []) if entry.get("error")]


def outputs(case: Case) -> Iterator[Path]:
    """Every file the case holds but the manifest, the decisions and what is hidden, sorted by path.

    Source: design 13: the manifest covers every output but itself and `decisions.ndjson`.
    """
    for path in sorted(case.root.rglob("*")):
        inside = path.relative_to(case.root)
        hidden = any(part.startswith(".") for part in inside.parts)
        if (
            path.is_file()
            and not path.is_symlink()
            and not hidden
            and path not in (case.manifest, case.decisions)
        ):
            yield path


def finish(case: Case) -> dict[str, Any]:
    """Add `outputs`, a list of path and SHA-256, to the case's manifest, and give the manifest.

    Raises:
        CaseError: there is no manifest yet.
    """
    manifest = read_document(case.manifest)
    manifest["outputs"] = [
        {"path": path.relative_to(case.root).as_posix(), "sha256": sha256_of(path)} for path in outputs(case)
    ]
    write_atomically(case.manifest, (json.dumps(manifest, indent=1, ensure_ascii=False) + "\n").encode())
    return manifest


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, lower-case hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
