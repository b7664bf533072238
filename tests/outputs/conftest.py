from pathlib import Path

import pytest
from finished_case import innocent, storm

from counterseal.core.case import Case


@pytest.fixture
def storm_case(tmp_path: Path) -> Case:
    return storm(tmp_path / "case")


@pytest.fixture
def innocent_case(tmp_path: Path) -> Case:
    return innocent(tmp_path / "innocent")
