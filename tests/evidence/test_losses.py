"""Every code of `lossy` has words, and the words fit one record and many."""

import re

from counterseal.evidence.losses import LOSSES, loss_said
from counterseal.evidence.source import known_sources

ALSO = {"bind", "sync", "other", "flattened"}
"""Words that such an expression compares with; `flattened` is set where a record is made readable."""


def test_every_code_has_words() -> None:
    """What any source can put in `lossy` is explained, and nothing else is."""
    found = {
        code
        for source in known_sources()
        for code in re.findall(r"(?:then|else)\s+'([a-z-]+)'", source.columns.get("lossy", ""))
    }
    assert found | ALSO == set(LOSSES) | ALSO


def test_counts() -> None:
    """One record is one record, and informational codes are told as what they are."""
    assert [loss_said("cut", 1), loss_said("zone-assumed", 1200), loss_said("odd", 2)] == [
        "1 record cut short by the export",
        "1,200 records stamped without a zone: taken for UTC",
        "2 records marked odd",
    ]
