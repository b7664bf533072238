"""An envelope changes only what it lost: the same records, in every export there is, give the same events."""

from pathlib import Path
from typing import Any

import pytest
from audit_envelopes import (
    ENVELOPES,
    Envelope,
    audit_data_only,
    lines,
    office_activity_csv,
    office_activity_row,
)
from audit_records import RECORDS, WITHOUT_A_TIME, without
from source_fixtures import HERE, ingest_text
from write_fixtures import FIXTURES

from counterseal.evidence.ingest import Ingested

Events = dict[str, dict[str, Any]]


def events(tmp_path: Path, content: bytes, name: str = "evidence") -> tuple[Ingested, Events]:
    """Every use and issuance by its event id."""
    done, found = ingest_text(tmp_path, content, name)
    assert done.read == done.kept + done.out_of_scope + done.rejected
    rows = [*found.get("use", []), *found.get("issuance", [])]
    return done, {row["event_id"]: without(row, "evidence_record") for row in rows}


def explained(
    wanted: dict[str, Any], actual: dict[str, Any], envelope: Envelope
) -> dict[str, tuple[Any, Any]]:
    """Columns that differ although the envelope lost nothing of them."""
    return {
        name: (wanted.get(name), actual.get(name))
        for name in wanted.keys() | actual.keys()
        if wanted.get(name) != actual.get(name)
        and name not in envelope.changed
        and not (name in envelope.lost and actual.get(name) is None)
    }


def named_items(row: dict[str, Any]) -> set[tuple[str, str]]:
    """The message and item ids of a use."""
    return {
        (kind, entry[kind])
        for entry in row.get("messages", [])
        for kind in ("message_id", "item_id")
        if kind in entry
    }


@pytest.mark.parametrize("name", ENVELOPES)
def test_an_envelope_changes_only_what_it_lost(name: str, tmp_path: Path) -> None:
    """Same event ids, same columns but those lost, and no message named that the record does not name."""
    envelope = ENVELOPES[name]
    held = [record for record in RECORDS if envelope.kept(record)]
    _, wanted = events(tmp_path, lines(held), "bare.ndjson")
    done, actual = events(tmp_path, envelope.write(held), "export")
    assert done.source == [envelope.source]
    assert (done.read, done.rejected) == (len(held), 0)
    assert actual.keys() == wanted.keys()
    unexplained = {key: explained(wanted[key], actual[key], envelope) for key in wanted}
    assert {key: columns for key, columns in unexplained.items() if columns} == {}
    assert [key for key in wanted if not named_items(actual[key]) <= named_items(wanted[key])] == []


@pytest.mark.parametrize(
    "name", [name for name, envelope in ENVELOPES.items() if "messages" in envelope.changed]
)
def test_what_an_export_destroyed_is_marked(name: str, tmp_path: Path) -> None:
    """A mail access whose message ids are gone says so in `lossy`, and the file warns of it."""
    envelope = ENVELOPES[name]
    held = [record for record in RECORDS if envelope.kept(record)]
    _, wanted = events(tmp_path, lines(held), "bare.ndjson")
    done, actual = events(tmp_path, envelope.write(held), "export")
    gone = {
        key
        for key, row in wanted.items()
        if row.get("access") == "bind" and named_items(row) and not named_items(actual[key])
    }
    marked = {key for key, row in actual.items() if row.get("lossy") in ("flattened", "cut", "no-items")}
    assert gone <= marked
    codes = {row["lossy"] for row in actual.values() if "lossy" in row}
    assert codes <= {warning["code"] for warning in done.warnings}


def test_the_access_type_survives_the_wreck(tmp_path: Path) -> None:
    """`@{Value=Bind; Name=MailAccessType}` and, without any property, the record type still tell bind from sync."""
    _, wanted = events(tmp_path, lines(RECORDS), "bare.ndjson")
    for name in ("shallow-json", "audit-data-only"):
        _, actual = events(tmp_path, ENVELOPES[name].write(RECORDS), name)
        assert {key: row.get("access") for key, row in actual.items()} == {
            key: row.get("access") for key, row in wanted.items()
        }


def test_columns_fixed_by_the_first_record_lose_no_record(tmp_path: Path) -> None:
    """A wreck whose columns are those of its first record alone still gives one event a record."""
    _, wanted = events(tmp_path, lines(RECORDS), "bare.ndjson")
    done, actual = events(tmp_path, audit_data_only(RECORDS, header=RECORDS[0]), "fixed.csv")
    assert (done.read, done.rejected) == (len(RECORDS), 0)
    assert actual.keys() == wanted.keys()


def test_a_search_that_found_more_than_the_file_holds_is_truncated(tmp_path: Path) -> None:
    """ResultCount beside each record says how many there should be."""
    content = ENVELOPES["extractor-jsonl"].write(RECORDS)
    whole, _ = events(tmp_path, content, "whole")
    cut, _ = events(tmp_path, b"".join(content.splitlines(keepends=True)[:10]), "cut")
    assert [warning["code"] for warning in whole.warnings if warning["code"] == "truncated"] == []
    assert [warning["says"] for warning in cut.warnings if warning["code"] == "truncated"] == [
        f"the export says it has {len(RECORDS)} records; this file holds 10"
    ]


def test_a_record_without_a_time_is_rejected_and_none_is_invented(tmp_path: Path) -> None:
    """No time, or words that are none: rejected with the reason and the text, whatever times stand around it."""
    _, found = ingest_text(tmp_path, lines(WITHOUT_A_TIME), "timeless.ndjson")
    assert [entry["reason"] for entry in found["rejected"]] == [
        "CreationTime is missing",
        "CreationTime is not a time",
    ]
    assert found.keys() == {"rejected"}
    timed = [record for record in RECORDS if record["Operation"] == "MailItemsAccessed"][:2]
    content = office_activity_csv(timed).replace(b'"TimeGenerated [UTC]"', b'"Ingested [UTC]"')
    _, found = ingest_text(tmp_path, content, "timeless.csv")
    assert [entry["reason"] for entry in found["rejected"]] == [
        "no time of the event: TimeGenerated is missing"
    ] * 2


def test_an_office_activity_cell_that_was_cut_is_marked(tmp_path: Path) -> None:
    """A Folders cell that is no JSON any more names no item and says that it was cut."""
    (row,) = [office_activity_row(record) for record in RECORDS[:1]]
    _, found = ingest_text(tmp_path, lines([{**row, "Folders": row["Folders"][:60]}]), "cut.ndjson")
    assert [(use["lossy"], use["access"], "messages" in use) for use in found["use"]] == [
        ("cut", "bind", False)
    ]


def test_the_fixtures_are_what_the_records_give() -> None:
    """Nobody edits a fixture file by hand: `write_fixtures.py` writes them."""
    assert {name: (HERE / name).read_bytes() for name in FIXTURES} == {
        name: lines(records) for name, records in FIXTURES.items()
    }
