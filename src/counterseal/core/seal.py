"""The seal of a case: every file of it under one signed root, so that whoever holds the public key can name what changed.

What is signed, verbatim, is the text of the key `manifest` in `seal.json`:

    counterseal-case-seal/v1
    root <SHA-256, hex>
    key <SHA-256 of the raw public key, hex>
    sealed <UTC, ISO 8601>
    files <how many>

and the root is the SHA-256 of `files`, the list of path, bytes and SHA-256 in canonical JSON (sorted by path, no blanks,
ASCII). A public key in the file is for finding the right one; whoever verifies must know it from elsewhere.

Source: RFC 8032 (Ed25519).
"""

import base64
import binascii
import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from counterseal.core.case import Case, write_atomically
from counterseal.core.errors import CaseError, UsageError
from counterseal.core.manifest import read_document, sha256_of

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

FORMAT = "counterseal-case-seal/v1"
NAME = "seal.json"
LOCK = ".lock"
LARGEST_KEY = 64 * 1024


@dataclass(frozen=True)
class Fault:
    """One thing that is not as it was sealed.

    Attributes:
        path: the file, or seal.json for the seal itself.
        what: altered, missing, added, or what is wrong with the seal.
    """

    path: str
    what: str


def covered(case: Case) -> Iterator[Path]:
    """Every file of the case, hidden ones too, but the seal itself and the lock of a running command.

    Raises:
        CaseError: a link or another thing that is no file: a seal could not say what it holds.
    """
    for folder, folders, names in os.walk(case.root):
        folders.sort()
        for name in sorted([*names, *(one for one in folders if Path(folder, one).is_symlink())]):
            path = Path(folder, name)
            if path in (case.root / NAME, case.root / LOCK):
                continue
            if path.is_symlink() or not path.is_file():
                raise CaseError(
                    "this is no plain file, and a seal holds only those",
                    where=str(path),
                    next_step="take it out of the case folder",
                )
            yield path


def listed(case: Case) -> list[dict[str, Any]]:
    """Path, bytes and SHA-256 of every file, sorted by path."""
    found = [
        {
            "path": path.relative_to(case.root).as_posix(),
            "bytes": path.stat().st_size,
            "sha256": sha256_of(path),
        }
        for path in covered(case)
    ]
    return sorted(found, key=lambda one: str(one["path"]))


def root_of(files: Any) -> str:
    """SHA-256 of the list in canonical JSON."""
    canonical = json.dumps(files, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()


def seal(case: Case, key: Path) -> dict[str, Any]:
    """Sign the case as it is now.

    Args:
        case: a finished case.
        key: the user's Ed25519 private key, PEM.

    Returns:
        The content of seal.json, which has been written.

    Raises:
        CaseError: this is no finished case, or holds what is no plain file.
        UsageError: the key cannot be used.
    """
    read_document(case.manifest)
    if key.resolve().is_relative_to(case.root.resolve()):
        raise UsageError(
            "the key lies inside the case",
            where=f"--key {key}",
            next_step="move it out: a case is given to others",
        )
    private = private_key(key)
    public = raw(private.public_key())
    files = listed(case)
    statement = "\n".join(
        (
            FORMAT,
            f"root {root_of(files)}",
            f"key {hashlib.sha256(public).hexdigest()}",
            f"sealed {datetime.now(UTC).isoformat(timespec='seconds')}",
            f"files {len(files)}",
            "",
        )
    )
    sealed = {
        "format": FORMAT,
        "manifest": statement,
        "public_key": base64.b64encode(public).decode("ascii"),
        "signature": base64.b64encode(private.sign(statement.encode("utf-8"))).decode("ascii"),
        "files": files,
    }
    write_atomically(case.root / NAME, (json.dumps(sealed, indent=1, ensure_ascii=True) + "\n").encode())
    return sealed


def verify(case: Case, public: Path | None) -> tuple[dict[str, Any], list[Fault]]:
    """Hold the case to its seal: 1 the seal's form, 2 the key, 3 the signature, 4 the root, 5 every file.

    Args:
        case: the folder.
        public: the signer's public key, PEM; null: the one in the seal, which proves nothing about who sealed.

    Returns:
        The seal, and what is not as it was sealed.

    Raises:
        CaseError: there is no seal.
        UsageError: the public key cannot be used.
    """
    given = public_key(public) if public else None
    document = read_seal(case)
    try:  # 1
        statement, files = str(document["manifest"]), document["files"]
        said = dict(line.split(" ", 1) for line in statement.split("\n")[1:-1])
        sealed_by = base64.b64decode(document["public_key"], validate=True)
        signature = base64.b64decode(document["signature"], validate=True)
        wanted = {str(one["path"]): (one["bytes"], str(one["sha256"])) for one in files}
    except (KeyError, TypeError, ValueError, binascii.Error):
        return document, [Fault(NAME, "not a seal: a part is missing or cannot be read")]
    if not statement.startswith(FORMAT + "\n") or set(said) != {"root", "key", "sealed", "files"}:
        return document, [Fault(NAME, "not a seal of this format")]
    if given is not None and raw(given) != sealed_by:  # 2
        return document, [Fault(NAME, "sealed with another key than the one given")]
    if hashlib.sha256(sealed_by).hexdigest() != said["key"] or not signed(
        sealed_by, signature, statement
    ):  # 3
        return document, [Fault(NAME, "the signature does not fit")]
    if root_of(files) != said["root"] or str(len(wanted)) != said["files"] or len(files) != len(wanted):  # 4
        return document, [Fault(NAME, "the list of files is not the one that was signed")]
    return document, differences(case, wanted)  # 5


def differences(case: Case, wanted: dict[str, tuple[Any, str]]) -> list[Fault]:
    """Every file that is altered, missing or added."""
    there = {path.relative_to(case.root).as_posix(): path for path in covered(case)}
    faults = [Fault(path, "missing") for path in wanted if path not in there]
    faults += [Fault(path, "added") for path in there if path not in wanted]
    for name, (size, digest) in wanted.items():
        path = there.get(name)
        if path and (path.stat().st_size != size or sha256_of(path) != digest):
            faults.append(Fault(name, "altered"))
    return sorted(faults, key=lambda fault: (fault.path, fault.what))


def read_seal(case: Case) -> dict[str, Any]:
    """The document of the seal.

    Raises:
        CaseError: there is none.
    """
    path = case.root / NAME
    if not path.exists():
        raise CaseError(
            "this case is not sealed", where=str(path), next_step="seal it: counterseal seal CASE --key FILE"
        )
    try:
        found = json.loads(path.read_text("utf-8"))
    except (ValueError, OSError):
        return {}
    return found if isinstance(found, dict) else {}


def signed(public: bytes, signature: bytes, statement: str) -> bool:
    """Does the signature fit?"""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, statement.encode("utf-8"))
    except (InvalidSignature, ValueError):
        return False
    return True


def private_key(path: Path) -> "Ed25519PrivateKey":
    """The user's private key.

    Raises:
        UsageError: it cannot be read, is encrypted, or is of another kind. Nothing of it is quoted.
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    advice = "make one: openssl genpkey -algorithm ed25519 -out FILE"
    try:
        found = load_pem_private_key(key_bytes(path, "--key"), password=None)
    except TypeError:
        raise UsageError(
            "the key is encrypted", where=f"--key {path}", next_step="decrypt it to a file of your own"
        ) from None
    except Exception:  # noqa: BLE001  (the library's errors may quote what it read)
        raise UsageError("not a private key in PEM", where=f"--key {path}", next_step=advice) from None
    if not isinstance(found, Ed25519PrivateKey):
        raise UsageError("not an Ed25519 key", where=f"--key {path}", next_step=advice)
    return found


def public_key(path: Path) -> "Ed25519PublicKey":
    """The signer's public key.

    Raises:
        UsageError: it cannot be read or is of another kind.
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    advice = "write it out: openssl pkey -in KEY -pubout -out FILE"
    try:
        found = load_pem_public_key(key_bytes(path, "--pub"))
    except Exception:  # noqa: BLE001  (as above: it might be a private key)
        raise UsageError("not a public key in PEM", where=f"--pub {path}", next_step=advice) from None
    if not isinstance(found, Ed25519PublicKey):
        raise UsageError("not an Ed25519 key", where=f"--pub {path}", next_step=advice)
    return found


def key_bytes(path: Path, option: str) -> bytes:
    """A key file, not a larger one.

    Raises:
        UsageError: it cannot be read.
    """
    try:
        with path.open("rb") as stream:
            return stream.read(LARGEST_KEY)
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}", where=option) from error


def raw(public: "Ed25519PublicKey") -> bytes:
    """The 32 bytes of a public key."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return public.public_bytes(Encoding.Raw, PublicFormat.Raw)
