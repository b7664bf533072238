"""Which sources are asked at all: none is ruled out that could claim a record, and none is asked in vain."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from counterseal.core.engine.duckdb import connect
from counterseal.evidence.likely import likeliest_first, names_claimed, still_likely
from counterseal.evidence.packing import FRAMES
from counterseal.evidence.projection import Dress
from counterseal.evidence.source import source_named

AUDIT = Dress(source_named("m365_audit"), "bare")
OFFICE = Dress(source_named("m365_office_activity"), "bare")
SIGNIN = Dress(source_named("entra_signin"), "bare")
LINES = Dress(source_named("dovecot"), "line")
EVERYONE = [LINES, SIGNIN, OFFICE, AUDIT]


def frames(*texts: str) -> pa.RecordBatch:
    """Frames of these texts."""
    return pa.RecordBatch.from_pylist(
        [
            {"record": number, "place": 0, "length": len(text), "text": text}
            for number, text in enumerate(texts)
        ],
        schema=FRAMES,
    )


def test_names_are_those_that_the_claim_reads() -> None:
    """Plain and quoted fields of `claims`, no other."""
    assert names_claimed(AUDIT.source) == ("operation", "recordtype", "workload")
    assert "request id" in names_claimed(source_named("entra_signin_portal"))


def test_the_source_whose_names_all_stand_in_the_sample_is_asked_first() -> None:
    """Also where a column store folded the names to lower case; who shares no name with the sample is not asked."""
    for text in (
        '{"Operation":"x","RecordType":2,"Workload":"Exchange"}',
        '{"operation":1,"recordtype":2,"workload":3}',
    ):
        assert likeliest_first(EVERYONE, frames(text)) == [AUDIT, OFFICE, LINES]


def test_of_what_is_left_only_likely_sources_are_asked(tmp_path: Path) -> None:
    """Broken JSON is left to those that read lines; behind a prefix of a line JSON may stand."""
    cases = [
        (["not JSON: Operation"], False, [LINES]),
        (['Jan 1 host app: {"Operation":1}'], True, [LINES, OFFICE, AUDIT]),
        (['{"foreign":true}', '{"appId":"a"}'], False, [LINES, SIGNIN]),
        (['{"wrapped":"{\\"Workload\\":\\"Exchange\\"}"}'], False, [LINES, AUDIT]),
    ]
    with connect(tmp_path / "spill") as con:
        for texts, lines, expected in cases:
            pq.write_table(pa.Table.from_batches([frames(*texts)]), tmp_path / "left.parquet")
            assert still_likely(con, EVERYONE, [tmp_path / "left.parquet"], lines=lines) == expected, texts
