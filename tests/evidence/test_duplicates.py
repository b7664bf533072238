"""Copies and contradictions of one record, whatever the order of files."""

import itertools
import json
from pathlib import Path
from typing import Any

import pytest

from counterseal.core.case import Case
from counterseal.core.engine.duckdb import connect, rows
from counterseal.evidence import files
from counterseal.evidence.duplicates import duplicate_records, find_duplicates
from counterseal.evidence.ingest import ingest

RECORD: dict[str, Any] = {
    "Id": "0b7f1d1e-0000-4000-8000-000000000001", "CreationTime": "2026-05-04T09:00:00", "Operation": "MailItemsAccessed",
    "RecordType": 50, "ResultStatus": "Succeeded", "Workload": "Exchange",
    "OrganizationId": "aaaaaaaa-0000-4000-8000-000000000000",
    "UserId": "a@corp.example", "UserType": 0, "MailboxOwnerUPN": "a@corp.example", "ClientIPAddress": "198.51.100.1",
    "LogonType": 0, "OperationProperties": [{"Name": "MailAccessType", "Value": "Bind"}],
    "Folders": [{"Path": "\\Inbox", "FolderItems": [{"InternetMessageId": "<1@corp.example>"}]}],
}  # fmt: skip
OTHER = {**RECORD, "Id": "0b7f1d1e-0000-4000-8000-000000000002"}


def judged_copies(
    folder: Path, evidence: list[list[dict[str, Any]]]
) -> tuple[list[Any], list[Any], dict[str, Any]]:
    """Ingest the files in this order; (kept rows, surplus rows, counts by the file's content)."""
    folder.mkdir()
    case = Case(folder / "case")
    with connect(case.spill) as con:
        hashes = []
        for number, records in enumerate(evidence):
            path = folder / f"{number}.json"
            path.write_text("\n".join(json.dumps(record) for record in records) + "\n", "utf-8")
            found = files.hashed(path, path.name)
            assert ingest(con, case, found).read == len(records)
            hashes.append(found.sha256)
        find_duplicates(con, case, hashes)
        kept = rows(con, "select * exclude (messages) from use_kept order by all")
        surplus = rows(con, "select event_id, evidence_file, evidence_record from surplus order by all")
        return kept, surplus, duplicate_records(con)


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_of_copies_the_richer_stays_whatever_the_order_of_files(
    tmp_path: Path, order: tuple[int, ...]
) -> None:
    """Three files with the same record, one poorer: one use, the richest row, two surplus copies."""
    poorer = {key: value for key, value in RECORD.items() if key != "ClientIPAddress"}
    evidence = [[poorer], [RECORD, OTHER], [poorer, RECORD]]
    wanted = judged_copies(tmp_path / "wanted", evidence)
    kept, surplus, _ = judged_copies(tmp_path / "turned", [evidence[i] for i in order])
    assert (kept, surplus) == wanted[:2]
    assert len(kept) == 2
    assert len(surplus) == 3
    assert all("198.51.100.1" in row for row in kept)


def test_the_same_id_with_other_content_is_an_event_of_its_own(tmp_path: Path) -> None:
    """A doctored copy is kept and counted as a conflict, not swallowed as a duplicate."""
    doctored = {**RECORD, "MailboxOwnerUPN": "b@corp.example"}
    kept, surplus, counts = judged_copies(tmp_path / "case", [[RECORD], [doctored]])
    assert len(kept) == 2
    assert len({row[-4] for row in kept} | {row[0] for row in kept}) >= 2
    assert surplus == []
    assert sum(entry["conflicts"] for entry in counts.values()) == 1


def test_a_repeat_inside_one_file_is_a_duplicate(tmp_path: Path) -> None:
    """The same record twice in one export: one use, one surplus record."""
    kept, surplus, counts = judged_copies(tmp_path / "case", [[RECORD, RECORD, OTHER]])
    assert len(kept) == 2
    assert [record for _, _, record in surplus] == [1]
    assert [entry["kept"] for entry in counts.values()] == [1]
