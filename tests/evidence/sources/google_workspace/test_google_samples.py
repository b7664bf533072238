"""Google activities by others: the records of a rule set's tests, each accounted for in the numbers counted there."""

import json
import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

RULES = Path(os.environ.get("COUNTERSEAL_TESTDATA", "/nonexistent")) / "samples/panther-analysis"


@pytest.mark.skipif(
    not RULES.is_dir(), reason="COUNTERSEAL_TESTDATA is unset or has no panther-analysis sample"
)
def test_records_of_a_rule_set_are_read(ingest_text: Callable[..., Any], tmp_path: Path) -> None:
    """Of the rule set's 157 flattened activities those with a time are read; none is given a time that it does not say."""
    yaml = pytest.importorskip("yaml")
    logs = [
        test["Log"]
        for path in sorted(RULES.glob("gsuite_*/*.yml"))
        for test in yaml.safe_load(path.read_text("utf-8")).get("Tests", [])
    ]
    done, found = ingest_text(tmp_path, "".join(json.dumps(log) + "\n" for log in logs).encode())
    reasons = Counter(row["reason"] for row in found["rejected"])
    assert (done.read, done.kept, done.out_of_scope, reasons) == (
        157,
        6,
        88,
        {"id.time is missing or not a time": 56, "no known source has records like this": 7},
    )
    said = Counter((row["stream"], row.get("operation")) for row in (*found["issuance"], *found["use"]))
    assert said == {
        ("google.token", None): 3,
        ("google.login", None): 1,
        ("google.gmail", "attachment downloaded"): 1,
        ("google.gmail", "link clicked"): 1,
    }
