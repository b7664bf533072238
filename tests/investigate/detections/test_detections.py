"""Every built-in detection keeps the form, fires on its own cases and stays silent on its near misses."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from given_tables import fill

from counterseal.core.engine.duckdb import Connection, connect, rows
from counterseal.investigate import detections
from counterseal.investigate.detections import VIEWS, Detection, load


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    with connect(tmp_path_factory.mktemp("spill") / "spill", threads=1) as con:
        yield con


def cases() -> list[Any]:
    return [
        pytest.param(detection, test, id=f"{detection.reason}-{number}")
        for detection in load()
        for number, test in enumerate(detection.tests)
    ]


@pytest.mark.parametrize(("detection", "test"), cases())
def test_a_detection_hits_exactly_what_its_test_expects(
    engine: Connection, detection: Detection, test: Mapping[str, Any]
) -> None:
    """The compiled query gives one row for each expected use and no other."""
    fill(engine, test)
    if "provider" not in test:
        engine.executemany(
            "insert into provider values (?, ?, ?)", [list(one) for one in detections.provider_ranges()]
        )
    found = rows(engine, f"select use_id from ({detections.compiled(engine, detection)})")
    assert sorted(row[0] for row in found) == sorted(test["expect"])


@pytest.mark.parametrize("detection", load(), ids=lambda detection: detection.reason)
def test_a_detection_has_a_hit_and_a_near_miss(detection: Detection) -> None:
    """No rule ships without a case that fires and a case, with rows in it, that must not."""
    assert any(test["expect"] for test in detection.tests)
    assert any(not test["expect"] and test.get("use") for test in detection.tests)
    assert all(set(test) - {"expect"} <= set(VIEWS) for test in detection.tests)
