import io
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from counterseal.cli import main
from counterseal.cli._console import Console

sys.path.insert(0, str(Path(__file__).parents[1] / "outputs"))  # finished_case.py

from finished_case import storm

from counterseal.core.case import Case


class Ran(NamedTuple):
    status: int
    out: str
    err: str


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Ran]:
    monkeypatch.setenv("COLUMNS", "80")

    def running(*words: str, terminal: bool = False, environment: dict[str, str] | None = None) -> Ran:
        out, err = (Terminal(), Terminal()) if terminal else (io.StringIO(), io.StringIO())
        status = main([str(word) for word in words], Console(out, err, environment or {}))
        return Ran(status, out.getvalue(), err.getvalue())

    return running


@pytest.fixture
def storm_case(tmp_path: Path) -> Case:
    return storm(tmp_path / "case")
