"""A file that was cut short lowers what the evidence shows, unless another file holds all that is left of it."""

import gzip
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from counterseal.core.case import Case
from counterseal.investigate.run import Arguments, investigate

GATEWAY = Path(__file__).parents[2] / "examples" / "storm" / "logs" / "gateway.ndjson"
WHOLE = gzip.compress(GATEWAY.read_bytes(), mtime=0)


def torn(lower: bool) -> bytes:
    """The file without its end, its hash below or above the whole one's: that decides which copy of a record is kept."""
    cut = len(WHOLE) * 8 // 10
    while (sha256(WHOLE[:cut]).digest() < sha256(WHOLE).digest()) is not lower:
        cut += 1
    return WHOLE[:cut]


def cut_days(folder: Path, **files: bytes) -> list[tuple[Any, ...]]:
    """Stretches that a cut export lowers, after an investigation of these files."""
    for name, content in files.items():
        (folder / f"{name}.ndjson.gz").write_bytes(content)
    investigate(Case(folder / "case"), Arguments((str(folder / "*.gz"),)))
    return [
        (str(row["begins"].date()), str(row["ends"].date()))
        for row in pq.read_table(folder / "case" / "coverage.parquet").to_pylist()
        if row["reason"] == "truncated"
    ]


def half() -> bytes:
    """A whole export of the first half of the same records."""
    lines = GATEWAY.read_bytes().splitlines(keepends=True)
    return gzip.compress(b"".join(lines[: len(lines) // 2]), mtime=0)


@pytest.mark.parametrize("lower", [True, False])
def test_a_torn_file_lowers_nothing_beside_the_whole_one(tmp_path: Path, lower: bool) -> None:
    """Alone it does; exported again it does not, whichever file's copies of the records are kept."""
    (alone := tmp_path / "alone").mkdir()
    (beside := tmp_path / "beside").mkdir()
    assert cut_days(alone, torn=torn(lower)) != []
    assert cut_days(beside, torn=torn(lower), whole=WHOLE) == []


@pytest.mark.parametrize("lower", [True, False])
def test_a_file_that_holds_some_of_it_heals_nothing(tmp_path: Path, lower: bool) -> None:
    """The torn file's records beyond the other's end are lowered with all its days."""
    (alone := tmp_path / "alone").mkdir()
    (beside := tmp_path / "beside").mkdir()
    assert cut_days(beside, torn=torn(lower), half=half()) == cut_days(alone, torn=torn(lower))
