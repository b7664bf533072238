"""An envelope changes only what it lost: the same records, in every export there is, give the same events."""

from collections.abc import Callable
from functools import cache
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
from audit_records import RECORDS, WITHOUT_A_TIME, Record, without
from source_fixtures import HERE, ingest_text
from write_fixtures import FIXTURES

from counterseal.evidence.ingest import Ingested

Row = dict[str, Any]
Events = dict[str, Row]


def events(tmp_path: Path, content: bytes, name: str = "evidence") -> tuple[Ingested, Events]:
    """Every use and issuance by its event id."""
    done, found = ingest_text(tmp_path, content, name)
    assert done.read == done.kept + done.out_of_scope + done.rejected
    rows = [*found.get("use", []), *found.get("issuance", [])]
    return done, {row["event_id"]: without(row, "evidence_record") for row in rows}


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], tuple[Ingested, Events]]:
    """What the records give in an envelope, each ingested once."""
    return cache(
        lambda name: events(
            tmp_path_factory.mktemp("export"), ENVELOPES[name].write(held_in(ENVELOPES[name]))
        )
    )


Exported = Callable[[str], tuple[Ingested, Events]]


def held_in(envelope: Envelope) -> list[Record]:
    """The records that this export holds at all."""
    return [record for record in RECORDS if envelope.kept(record)]


def holds(envelope: Envelope, row: Row) -> bool:
    """Can the export hold this event at all?"""
    return envelope.kept({"RecordType": 15 if row["stream"] == "ual.login" else 50})


def unexplained(wanted: Row, actual: Row, envelope: Envelope) -> dict[str, tuple[Any, Any]]:
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
def test_an_envelope_changes_only_what_it_lost(name: str, exported: Exported) -> None:
    """Same event ids, same columns but those lost, and no message named that the record does not name."""
    envelope = ENVELOPES[name]
    wanted = {key: row for key, row in exported("lines")[1].items() if holds(envelope, row)}
    done, actual = exported(name)
    assert done.source == [envelope.source]
    assert (done.read, done.rejected) == (len(held_in(envelope)), 0)
    assert actual.keys() == wanted.keys()
    differing = {key: unexplained(wanted[key], actual[key], envelope) for key in wanted}
    assert {key: columns for key, columns in differing.items() if columns} == {}
    assert [key for key in wanted if not named_items(actual[key]) <= named_items(wanted[key])] == []


@pytest.mark.parametrize(
    "name", [name for name, envelope in ENVELOPES.items() if "lossy" in envelope.changed]
)
def test_what_an_export_destroyed_is_marked(name: str, exported: Exported) -> None:
    """A mail access whose message ids are gone says so in `lossy`, and the file warns of it."""
    _, wanted = exported("lines")
    done, actual = exported(name)
    gone = {
        key
        for key, row in actual.items()
        if wanted[key].get("access") == "bind" and named_items(wanted[key]) and not named_items(row)
    }
    codes = {row["lossy"] for row in actual.values() if "lossy" in row}
    assert gone <= {key for key, row in actual.items() if "lossy" in row}
    assert codes <= {"flattened", "cut", "no-items"} & {warning["code"] for warning in done.warnings}


@pytest.mark.parametrize("name", ["shallow-json", "audit-data-only"])
def test_the_access_type_survives_the_wreck(name: str, exported: Exported) -> None:
    """`@{Value=Bind; Name=MailAccessType}` and, without any property, the record type still tell bind from sync."""
    told = {key: row.get("access") for key, row in exported("lines")[1].items()}
    assert {key: row.get("access") for key, row in exported(name)[1].items()} == told


def test_columns_fixed_by_the_first_record_lose_no_record(tmp_path: Path, exported: Exported) -> None:
    """A wreck whose columns are those of its first record alone still gives one event a record."""
    _, wanted = exported("lines")
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
