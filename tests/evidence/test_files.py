"""From arguments to files: each once, hashed, whatever it is called."""

import hashlib
import io
import os
import sys
from pathlib import Path

import pytest

from counterseal.core.case import Case
from counterseal.core.engine.duckdb import connect
from counterseal.core.errors import UsageError
from counterseal.evidence.files import find, hashed
from counterseal.evidence.ingest import ingest


def names(arguments: list[str], folder: Path) -> list[str]:
    """The names shown, relative to a folder."""
    return [
        str(Path(one.shown).relative_to(folder))
        for one in find(arguments, folder / "spool")
        if not one.skipped
    ]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with two levels, a link to a file, and a link to a folder that holds itself."""
    (tmp_path / "in" / "deep").mkdir(parents=True)
    (tmp_path / "in" / "b.json").write_text("{}")
    (tmp_path / "in" / "a.json").write_text("{}")
    (tmp_path / "in" / "deep" / "c.csv").write_text("a,b")
    (tmp_path / "in" / "link.json").symlink_to(tmp_path / "in" / "a.json")
    (tmp_path / "in" / "deep" / "loop").symlink_to(tmp_path / "in")
    return tmp_path


def test_folders_are_walked(folder: Path) -> None:
    """Files of a folder come sorted; links inside it are not followed."""
    assert names([str(folder / "in")], folder) == ["in/a.json", "in/b.json", "in/deep/c.csv"]


def test_each_file_once(folder: Path) -> None:
    """A file named twice, by path, glob or link, is one file."""
    given = [str(folder / "in" / name) for name in ("b.json", "*.json", "link.json", "deep")]
    assert names(given, folder) == ["in/b.json", "in/a.json", "in/deep/c.csv"]


def test_what_is_passed_over_is_said(folder: Path) -> None:
    """A link is told if it leads to what is not read anyway; a pipe, which nobody can hash, is an error; neither is opened."""
    (folder / "outside.json").write_text("{}")
    (folder / "in" / "out.json").symlink_to(folder / "outside.json")
    (folder / "in" / "gone").symlink_to(folder / "nowhere")
    os.mkfifo(folder / "in" / "pipe")
    found = {one.path.name: one for one in find([str(folder / "in")], folder)}
    skipped = "a symbolic link, which is not followed: give what it points to by name"
    assert {name: (one.error, one.skipped) for name, one in found.items() if one.error or one.skipped} == {
        "out.json": (None, skipped),
        "gone": (None, skipped),
        "loop": (None, skipped),
        "pipe": ("cannot be read: a pipe, a socket or a device; copy it to a file", None),
    }


def test_a_folder_that_cannot_be_read_is_an_error(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What lies in a folder without permission is missing evidence, not no evidence."""
    real = os.scandir

    def refusing(path: str) -> object:
        if str(path).endswith("deep"):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", refusing)
    found = {one.path.name: one.error for one in find([str(folder / "in")], folder) if not one.skipped}
    assert found == {"a.json": None, "b.json": None, "deep": "cannot be read: Permission denied"}


def test_odd_names_are_shown_inert(tmp_path: Path) -> None:
    """A name that holds an escape, or is no text at all, is spelt out."""
    (tmp_path / "a\x1b[31m.json").write_text("{}")
    (tmp_path / os.fsdecode(b"b\xff.json")).write_text("{}")
    shown = [Path(one.shown).name for one in find([str(tmp_path)], tmp_path)]
    assert shown == ["a\\x1b[31m.json", "b\\udcff.json"]


def test_globs_reach_down(folder: Path) -> None:
    """`**` reaches every level; a file whose own name has brackets is that file."""
    (folder / "in" / "x[1].json").write_text("{}")
    assert names([str(folder / "in" / "**" / "*.csv")], folder) == ["in/deep/c.csv"]
    assert names([str(folder / "in" / "x[1].json")], folder) == ["in/x[1].json"]


def test_an_empty_folder_is_no_mistake(tmp_path: Path) -> None:
    """A folder without files gives none."""
    assert list(find([str(tmp_path)], tmp_path)) == []


@pytest.mark.parametrize("argument", ["missing.json", "*.missing"])
def test_nothing_there(tmp_path: Path, argument: str) -> None:
    """What names nothing is the user's mistake, with what to do."""
    with pytest.raises(UsageError) as caught:
        list(find([str(tmp_path / argument)], tmp_path))
    assert (caught.value.what, caught.value.where) == ("no such evidence", str(tmp_path / argument))


def test_no_regular_file(tmp_path: Path) -> None:
    """A pipe cannot be hashed before it is read."""
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UsageError, match="not a regular file"):
        list(find([str(tmp_path / "pipe")], tmp_path))


def test_standard_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`-` is spooled to a private file and shown as `-`."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\xff{}\r\n")))
    [one] = find(["-"], tmp_path / "spool")
    assert (one.shown, one.path.read_bytes(), one.path.stat().st_mode & 0o777) == ("-", b"\xff{}\r\n", 0o600)


def test_hash(tmp_path: Path) -> None:
    """The hash is of the bytes on disk."""
    path = tmp_path / "x"
    path.write_bytes(b"evidence")
    found = hashed(path, "x")
    assert (found.sha256, found.bytes, found.shown) == (hashlib.sha256(b"evidence").hexdigest(), 8, "x")


@pytest.mark.parametrize("after", [b'{"a": 1}\n{"a": 2}\n', b'{"b": 1}\n'], ids=["grown", "same size"])
def test_a_file_that_changes_while_it_is_read(tmp_path: Path, after: bytes) -> None:
    """What is no longer what was hashed is told, if only its content is another."""
    path = tmp_path / "x"
    path.write_bytes(b'{"a": 1}\n')
    os.utime(path, ns=(1, 1))
    evidence = hashed(path, "x")
    case = Case(tmp_path / "case")
    with connect(case.spill) as con:
        done = ingest(con, case, evidence, progress=lambda _done, _size: path.write_bytes(after) and None)
    says = "the file changed while it was read: give a copy that nobody writes to"
    assert {"code": "changed", "says": says} in done.warnings
