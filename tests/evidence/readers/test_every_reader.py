"""Every reader on every fixture of its folder: whole frames, and the file's bytes where the frames say they are."""

import json
import os
from pathlib import Path

import pytest
from framed import EXPECTED, HERE, as_stands, framed, unpacked

from counterseal.evidence.packing import known_readers

INPUTS = sorted(
    path
    for folder in HERE.iterdir()
    if folder.is_dir()
    for path in folder.iterdir()
    if not path.name.endswith(EXPECTED)
)
INPUTS = [path for path in INPUTS if path.parent.name != "__pycache__"]


def name_of(path: Path) -> str:
    """The fixture's name in a test report."""
    return f"{path.parent.name}/{path.name}"


@pytest.mark.parametrize("path", INPUTS, ids=name_of)
def test_fixture(path: Path) -> None:
    """The folder's reader recognises the file from its content alone and frames exactly what is expected."""
    found = framed(path.read_bytes())
    outcome = {
        "packing": list(found.packing),
        "notices": [list(notice) for notice in found.notices],
        "frames": found.frames,
    }
    expected = path.with_name(path.name + EXPECTED)
    if os.environ.get("COUNTERSEAL_REWRITE_EXPECTED"):
        expected.write_text(json.dumps(outcome, indent=1) + "\n", "utf-8")
    assert found.reader == path.parent.name
    assert found.counted == len(found.frames)
    assert outcome == json.loads(expected.read_text("utf-8"))


@pytest.mark.parametrize("path", INPUTS, ids=name_of)
def test_places(path: Path) -> None:
    """Every frame's place and length pin its record in the unpacked file, and no two overlap."""
    body, end = unpacked(path.read_bytes()), 0
    for frame in framed(path.read_bytes()).frames:
        place, length = frame["place"], frame["length"]
        pinned = body[place : place + length].decode("utf-8", "replace").rstrip("\r\n")
        assert (pinned, place >= end) == (as_stands(frame), True)
        end = place + length


@pytest.mark.parametrize("batch_bytes", [1, 2, 7, 64, 1000])
@pytest.mark.parametrize("path", INPUTS, ids=name_of)
def test_batches(path: Path, batch_bytes: int) -> None:
    """How much is read at a time changes no frame and no notice."""
    whole = framed(path.read_bytes())
    assert framed(path.read_bytes(), batch_bytes=batch_bytes) == whole


def test_every_reader_has_fixtures() -> None:
    """A reader without a fixture folder, or a folder without a reader, is a mistake."""
    assert {path.parent.name for path in INPUTS} == {reader.name for reader in known_readers()}


def test_readers_are_described() -> None:
    """Each reader says in one sentence what it reads, and no two are tried at the same point."""
    readers = known_readers()
    assert [reader for reader in readers if not reader.says.endswith(".")] == []
    assert len({reader.order for reader in readers}) == len(readers)
