"""Other people's real exports, read to the last record (not shipped: set COUNTERSEAL_TESTDATA)."""

import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml
from source_fixtures import Rows, ingest_text

from counterseal.evidence.ingest import Ingested

SAMPLES = Path(os.environ.get("COUNTERSEAL_TESTDATA", "/nowhere")) / "samples"

pytestmark = pytest.mark.skipif(not SAMPLES.is_dir(), reason="COUNTERSEAL_TESTDATA has no folder samples")


def read(tmp_path: Path, name: str) -> tuple[Ingested, Rows]:
    """One sample, ingested, its sums balanced."""
    done, found = ingest_text(tmp_path, (SAMPLES / name).read_bytes())
    assert done.read == done.kept + done.out_of_scope + done.rejected
    return done, found


def sums(done: Ingested) -> tuple[list[str], int, int, int, int]:
    """Sources, read, kept, out of scope, rejected."""
    return done.source, done.read, done.kept, done.out_of_scope, done.rejected


def operations(rows: list[dict[str, Any]]) -> dict[str, int]:
    """How many of each operation, or outcome for issuances."""
    return dict(Counter(row.get("operation", row.get("outcome")) for row in rows))


def references(rows: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """(mailbox, message id) of every message that MailItemsAccessed names."""
    return [
        (row["mailbox_key"], message["message_id"])
        for row in rows
        if row.get("operation") == "MailItemsAccessed"
        for message in row["messages"]
    ]


def test_splunk_export_of_a_lab_tenant(tmp_path: Path) -> None:
    """1,478 whole records, three cut by Splunk rejected with their text, the repeats under one event id."""
    done, found = read(tmp_path, "invictus-o365/auditrecords-part1.csv")
    assert sums(done) == (["m365_audit"], 1481, 444, 1034, 3)
    assert (done.first, done.last) == ("2021-03-23T15:45:38", "2021-04-18T11:12:10")
    assert operations(found["use"]) == {
        "MailItemsAccessed": 92,
        "FolderModified": 25,
        "Send": 20,
        "FileAccessed": 11,
        "ModifyFolderPermissions": 7,
        "FileUploaded": 7,
        "FileModified": 5,
        "FilePreviewed": 5,
        "FileModifiedExtended": 3,
        "Create": 2,
        "Update": 2,
        "MoveToDeletedItems": 2,
        "HardDelete": 1,
        "FileDownloaded": 1,
    }
    ids = {row["event_id"] for kind in ("use", "issuance", "out_of_scope") for row in found[kind]}
    assert len(ids) == 1475
    accessed = [row for row in found["use"] if row["operation"] == "MailItemsAccessed"]
    named = references(found["use"])
    assert (len(named), len(set(named)), len({message for _, message in named})) == (279, 72, 53)
    assert len({row["mailbox_key"] for row in accessed}) == 10
    assert Counter((row["access"], row["throttled"]) for row in accessed) == {("bind", False): 92}
    assert sum("session_id" in row for row in accessed) == 21
    assert sum("session_id" in row for row in found["use"] if row["stream"] != "file-audit") == 46
    logins = {row["event_id"]: row for row in found["issuance"]}
    assert Counter(row["outcome"] for row in logins.values()) == {
        "success": 154,
        "failure": 95,
        "interrupted": 9,
    }
    assert not any("session_id" in row for row in logins.values())
    assert all(entry["raw"] for entry in found["rejected"])


def test_management_api_lines(tmp_path: Path) -> None:
    """Three admin operations out of scope and one sign-in whose token id is its record id."""
    done, found = read(tmp_path, "plaso-m365/microsoft_audit_log.jsonl")
    assert sums(done) == (["m365_audit"], 4, 1, 3, 0)
    (login,) = found["issuance"]
    assert (login["stream"], login["outcome"], login["time"]) == (
        "ual.login",
        "success",
        "2022-05-08T15:13:41",
    )
    assert login["token_key"] == login["token_id"].lower()


def test_sentinel_office_activity(tmp_path: Path) -> None:
    """266 rows of a CSV with a byte-order mark, line breaks in cells, times in words and types as numbers in text."""
    done, found = read(tmp_path, "sentinel-training-lab/office_activity.csv")
    assert sums(done) == (["m365_office_activity"], 266, 122, 144, 0)
    assert operations(found["use"]) == {
        "FileAccessed": 48,
        "FilePreviewed": 30,
        "FolderModified": 13,
        "FileUploaded": 8,
        "FileModified": 5,
        "MailItemsAccessed": 3,
        "Send": 2,
        "FileDownloaded": 2,
        "FileModifiedExtended": 2,
        "FileVersionsAllDeleted": 2,
        "ModifyFolderPermissions": 2,
        "FileDeleted": 1,
        "Update": 1,
        "MoveToDeletedItems": 1,
        "FolderCreated": 1,
        "Create": 1,
    }
    named = references(found["use"])
    assert (len(named), len(set(named))) == (14, 13)
    accessed = {row["time"]: row for row in found["use"] if row["operation"] == "MailItemsAccessed"}
    assert {time: (row.get("app_id"), row["client_ip"], row["path"]) for time, row in accessed.items()} == {
        "2021-04-28T14:29:15": ("00000002-0000-0ff1-ce00-000000000000", "175.45.176.99", "owa"),
        "2021-04-28T14:32:47": (None, "175.45.176.99", "owa"),
        "2021-04-28T14:54:37": ("8a18aa92-0a1e-4e06-abd0-e118fa4787b1", "2603:10b6:5:345::11", "rest"),
    }


def test_office_activity_without_a_time(tmp_path: Path) -> None:
    """Times of ingestion stand for nothing: both rows are rejected."""
    done, found = read(tmp_path, "sentinel-training-lab/office_activity_inbox_rule.csv")
    assert sums(done) == (["m365_office_activity"], 2, 0, 0, 2)
    assert {entry["reason"] for entry in found["rejected"]} == {
        "no time of the event: TimeGenerated is missing"
    }


def test_defender_activity_log(tmp_path: Path) -> None:
    """Seven files accessed, eight list views out of scope."""
    done, found = read(tmp_path, "plaso-m365/m365_activity_log_002.csv")
    assert sums(done) == (["m365_activity_log"], 15, 7, 8, 0)
    assert operations(found["use"]) == {"Access file": 7}
    assert {row["resource"].split("/")[2] for row in found["use"]} == {"test-company-my.sharepoint.com"}


def test_lower_case_keys_of_a_column_store(tmp_path: Path) -> None:
    """A rule set's test records: 18 audit records in two spellings, one half record and four alerts rejected."""
    rules = sorted((SAMPLES / "panther-analysis/microsoft_rules").glob("*.yml"))
    logs = [test["Log"] for rule in rules for test in yaml.safe_load(rule.read_text("utf-8"))["Tests"]]
    content = "".join(json.dumps(log, default=str) + "\n" for log in logs).encode()
    done, found = ingest_text(tmp_path, content)
    assert sums(done) == (["m365_audit"], 23, 1, 17, 5)
    assert operations(found["issuance"]) == {"failure": 1}
    assert operations(found["out_of_scope"]) == {
        "Set-Mailbox": 7,
        "AddedToSecureLink": 5,
        "New-InboxRule": 3,
        "Update user.": 2,
    }
