"""From arguments to files: each once, hashed, whatever it is called."""

import hashlib
import io
import os
import sys
from pathlib import Path

import pytest

from counterseal.core.errors import UsageError
from counterseal.evidence.files import find, hashed


def names(arguments: list[str], folder: Path) -> list[str]:
    """The names shown, relative to a folder."""
    return [str(Path(shown).relative_to(folder)) for _, shown in find(arguments, folder / "spool")]


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
    [(path, shown)] = find(["-"], tmp_path / "spool")
    assert (shown, path.read_bytes(), path.stat().st_mode & 0o777) == ("-", b"\xff{}\r\n", 0o600)


def test_hash(tmp_path: Path) -> None:
    """The hash is of the bytes on disk."""
    path = tmp_path / "x"
    path.write_bytes(b"evidence")
    found = hashed(path, "x")
    assert (found.sha256, found.bytes, found.shown) == (hashlib.sha256(b"evidence").hexdigest(), 8, "x")
