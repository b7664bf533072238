import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from running import Ran, run_command

sys.path.insert(0, str(Path(__file__).parents[1] / "outputs"))  # finished_case.py

from finished_case import storm

from counterseal.core.case import Case


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Ran]:
    monkeypatch.setenv("COLUMNS", "80")
    return run_command


@pytest.fixture
def storm_case(tmp_path: Path) -> Case:
    return storm(tmp_path / "case")
