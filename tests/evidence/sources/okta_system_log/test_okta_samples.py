"""Okta events by others: the records of a rule set's tests, each accounted for in the numbers counted there."""

import json
import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

RULES = Path(os.environ.get("COUNTERSEAL_TESTDATA", "/nonexistent")) / "samples/panther-analysis/okta_rules"


@pytest.mark.skipif(
    not RULES.is_dir(), reason="COUNTERSEAL_TESTDATA is unset or has no panther-analysis sample"
)
def test_records_of_a_rule_set_are_read(ingest_text: Callable[..., Any], tmp_path: Path) -> None:
    """Of the rule set's records, in either spelling, those that are System Log events are read; derived tables are not."""
    yaml = pytest.importorskip("yaml")
    logs = [
        test["Log"]
        for path in sorted(RULES.glob("*.yml"))
        for test in yaml.safe_load(path.read_text("utf-8")).get("Tests", [])
    ]
    done, found = ingest_text(tmp_path, "".join(json.dumps(log) + "\n" for log in logs).encode())
    reasons = Counter(row["reason"] for row in found["rejected"])
    assert (done.read, done.kept, done.out_of_scope, reasons) == (
        100,
        7,
        51,
        {"no known source has records like this": 34, "published is missing or not a time": 8},
    )
    outcomes = Counter((row["stream"], row["outcome"]) for row in (*found["issuance"], *found["custody"]))
    assert outcomes == {
        ("okta.session", "failure"): 4,
        ("okta.session", "success"): 1,
        ("okta.token", "reuse"): 1,
        ("okta.custody", "success"): 1,
    }
