"""authentik's log lines of others, each accounted for."""

import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

SAMPLES = Path(os.environ.get("COUNTERSEAL_TESTDATA", "/nonexistent")) / "samples/crowdsec-hub"


@pytest.mark.skipif(
    not SAMPLES.is_dir(), reason="COUNTERSEAL_TESTDATA is unset or has no crowdsec-hub samples"
)
@pytest.mark.parametrize(
    ("name", "outcomes"),
    [("authentik-logs.log", {"failure": 2, "success": 1}), ("authentik-bf.log", {"failure": 24})],
)
def test_lines_of_others_are_read(
    ingest_text: Callable[..., Any], tmp_path: Path, name: str, outcomes: dict[str, int]
) -> None:
    """Every line is a sign-in, refused or not; nobody is called AnonymousUser."""
    done, found = ingest_text(tmp_path, (SAMPLES / name).read_bytes())
    assert (done.read, done.kept, done.rejected) == (sum(outcomes.values()), sum(outcomes.values()), 0)
    assert Counter(row["outcome"] for row in found["issuance"]) == outcomes
    assert "AnonymousUser" not in {row["principal"] for row in found["issuance"]}
