"""What the tests of all sources share."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import source_fixtures

from counterseal.core.engine.duckdb import Connection, connect
from counterseal.evidence.ingest import Ingested


@pytest.fixture
def ingest_text() -> Callable[..., tuple[Ingested, source_fixtures.Rows]]:
    """`ingest_text(tmp_path, content, name)` -> (Ingested, rows by kind)."""
    return source_fixtures.ingest_text


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    """One connection for tests that only ask questions."""
    folder: Path = tmp_path_factory.mktemp("engine")
    with connect(folder / "spill", threads=2) as con:
        yield con
