"""Sealing and verifying a case: what a key signs, and what any change to the folder is called."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from counterseal.core.case import Case
from counterseal.core.seal import root_of


def pem(key) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@pytest.fixture
def keys(tmp_path: Path) -> tuple[Path, Path]:
    """A private and a public key file."""
    key = Ed25519PrivateKey.generate()
    private, public = tmp_path / "key.pem", tmp_path / "key.pub"
    private.write_bytes(pem(key))
    public.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return private, public


@pytest.fixture
def sealed(run, storm_case: Case, keys) -> Case:
    """A sealed case."""
    assert run("seal", storm_case.root, "--key", keys[0]).status == 0
    return storm_case


def faults(run, case: Case, public: Path) -> tuple[int, list[str]]:
    """Exit status and lines of verify."""
    ran = run("verify", case.root, "--pub", public)
    return ran.status, ran.out.splitlines()


def test_an_untouched_case_is_whole(run, sealed, keys):
    """A sealed case verifies, and says when it was sealed, with which key, and its root."""
    status, lines = faults(run, sealed, keys[1])
    assert status == 0
    document = json.loads((sealed.root / "seal.json").read_text("ascii"))
    root = root_of(document["files"])
    assert re.fullmatch(rf"whole: {len(document['files'])} files as sealed on \S+, root {root}", lines[0])
    paths = [one["path"] for one in document["files"]]
    assert paths == sorted(paths)
    assert {"manifest.json", "decisions.ndjson", "verdicts.parquet", "rejected.ndjson"} <= set(paths)
    assert "seal.json" not in paths


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))


CHANGES: dict[str, tuple[Callable[[Path], object], list[str]]] = {
    "one bit": (lambda root: flip(root / "verdicts.parquet"), ["altered: verdicts.parquet"]),
    "same size, other bytes": (lambda root: flip(root / "summary.json"), ["altered: summary.json"]),
    "a decision": (
        lambda root: (root / "decisions.ndjson").write_bytes(
            (root / "decisions.ndjson").read_bytes() + b"{}\n"
        ),
        ["altered: decisions.ndjson"],
    ),
    "a file gone": (lambda root: (root / "keys.parquet").unlink(), ["missing: keys.parquet"]),
    "a file more": (lambda root: (root / "events" / ".hidden").write_text("x"), ["added: events/.hidden"]),
    "a file by another name": (
        lambda root: (root / "keys.parquet").rename(root / "keys\n.parquet"),
        ["added: keys\\n.parquet", "missing: keys.parquet"],
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_any_change_is_named(run, sealed, keys, change):
    """Every altered, missing or added file is named, and nothing else; the exit status is 10."""
    make, named = CHANGES[change]
    make(sealed.root)
    assert faults(run, sealed, keys[1]) == (10, named)


def test_every_byte_counts(run, sealed, keys):
    """A bit flipped anywhere in any file of the case is found."""
    for path in sorted(
        path for path in sealed.root.rglob("*") if path.is_file() and path.name != "seal.json"
    ):
        before = path.read_bytes()
        if not before:
            continue
        flip(path)
        name = path.relative_to(sealed.root).as_posix()
        assert faults(run, sealed, keys[1]) == (10, [f"altered: {name}"])
        path.write_bytes(before)
    assert faults(run, sealed, keys[1])[0] == 0


def edit(case: Case, change) -> None:
    path = case.root / "seal.json"
    document = json.loads(path.read_text("ascii"))
    change(document)
    path.write_text(json.dumps(document), "ascii")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda d: d["files"].pop(), "the list of files is not the one that was signed"),
        (lambda d: d["files"].append(d["files"][0]), "the list of files is not the one that was signed"),
        (
            lambda d: d.update(manifest=d["manifest"].replace("sealed 2", "sealed 1")),
            "the signature does not fit",
        ),
        (lambda d: d.update(signature="AAAA"), "the signature does not fit"),
        (lambda d: d.update(public_key="AAAA"), "sealed with another key than the one given"),
        (lambda d: d.pop("files"), "not a seal: a part is missing or cannot be read"),
        (lambda d: d.update(manifest="x"), "not a seal of this format"),
        (lambda d: d.clear(), "not a seal: a part is missing or cannot be read"),
    ],
)
def test_a_doctored_seal_is_refused(run, sealed, keys, change, said):
    """Whatever is changed in the seal itself, it does not verify, and says why."""
    edit(sealed, change)
    assert faults(run, sealed, keys[1]) == (10, [f"{said}: seal.json"])


def test_a_case_sealed_again_by_somebody_else_is_refused(run, sealed, keys, tmp_path):
    """Who alters the case and seals it with a key of his own is found out by the public key, and by nothing else."""
    flip(sealed.table("verdicts"))
    other = tmp_path / "other.pem"
    other.write_bytes(pem(Ed25519PrivateKey.generate()))
    run("seal", sealed.root, "--key", other)
    assert faults(run, sealed, keys[1]) == (10, ["sealed with another key than the one given: seal.json"])
    alone = run("verify", sealed.root)
    assert alone.status == 0
    assert "nothing here says who made it" in alone.err


def test_keys_that_cannot_be_used(run, storm_case, keys, tmp_path):
    """Another kind of key, an encrypted one, a public one, none, and one inside the case are refused, unquoted."""
    key = Ed25519PrivateKey.generate()
    bad = {
        "rsa": pem(generate_private_key(65537, 2048)),
        "encrypted": key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret")),
        "public": keys[1].read_bytes(),
        "text": b"-----BEGIN PRIVATE KEY-----\nSECRETSECRET\n-----END PRIVATE KEY-----\n",
    }
    for name, content in bad.items():
        (tmp_path / name).write_bytes(content)
    inside = storm_case.root / "key.pem"
    inside.write_bytes(keys[0].read_bytes())
    for path in [*(tmp_path / name for name in bad), tmp_path / "absent", inside]:
        ran = run("seal", storm_case.root, "--key", path)
        assert ran.status == 2, path
        assert "SECRET" not in ran.err
        assert "BEGIN" not in ran.err
    assert not (storm_case.root / "seal.json").exists()


def test_no_key_material_is_shown(run, storm_case, keys):
    """Neither the terminal nor the seal holds the private key."""
    ran = run("seal", storm_case.root, "--key", keys[0])
    body = "".join(keys[0].read_text("ascii").splitlines()[1:-1])
    assert body not in ran.out + ran.err + (storm_case.root / "seal.json").read_text("ascii")


def test_a_link_is_not_sealed(run, storm_case, keys, tmp_path):
    """A link could be turned elsewhere after sealing: it is refused."""
    (storm_case.root / "link").symlink_to(tmp_path / "elsewhere")
    assert run("seal", storm_case.root, "--key", keys[0]).status == 1


def test_no_seal_and_no_case(run, storm_case, keys, tmp_path):
    """A case that is not sealed, and a folder that is no case, are errors and not faults."""
    assert run("verify", storm_case.root).status == 1
    assert run("seal", tmp_path / "nothing", "--key", keys[0]).status == 1


def test_json(run, sealed, keys):
    """A program reads what is wrong."""
    (sealed.root / "keys.parquet").unlink()
    found = json.loads(run("verify", sealed.root, "--pub", keys[1], "--json").out)
    assert (found["whole"], found["signer_known"], found["faults"]) == (
        False,
        True,
        [{"path": "keys.parquet", "what": "missing"}],
    )
