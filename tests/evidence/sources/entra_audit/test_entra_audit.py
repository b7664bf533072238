"""One act on the directory is one custody event in every envelope; a service in a person's name is a use."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from directory_acts import ACTS, ADMIN, ALICE, ENVELOPES, MAILER, NEW_KEY, OLD_KEY, TENANT, guid

HERE = Path(__file__).parent
SAMPLES = Path(os.environ.get("COUNTERSEAL_TESTDATA", "")) / "samples"
REWRITE = bool(os.environ.get("COUNTERSEAL_REWRITE_EXPECTED"))

Row = dict[str, Any]

READER = guid("reader")
CUSTODY: dict[int, Row] = {
    1: {"actor": ADMIN, "action": "Update application – Certificates and secrets management", "key_id": NEW_KEY,
        "target": "mailer", "acting_app": MAILER},
    2: {"actor": ADMIN, "action": "Add service principal credentials", "key_id": NEW_KEY, "target": "mailer",
        "acting_app": MAILER},
    3: {"actor": ADMIN, "action": "Remove service principal credentials", "key_id": NEW_KEY, "target": "mailer",
        "acting_app": MAILER},
    4: {"actor": ADMIN, "action": "Set domain authentication", "target": "ent.example"},
    5: {"actor": "Sync Service", "action": "Set federation settings on domain", "target": "branch.ent.example",
        "outcome": "failure"},
    6: {"actor": ALICE, "action": "Consent to application", "target": "Reader", "acting_app": READER,
        "scope": "Mail.Read offline_access"},
    7: {"actor": ALICE, "action": "Add delegated permission grant", "target": "Reader", "acting_app": READER,
        "scope": "Mail.Read offline_access"},
    8: {"actor": "Deployer", "action": "Add app role assignment to service principal", "target": "mailer",
        "acting_app": MAILER, "scope": "Mail.Read"},
    10: {"actor": "guest#EXT#@ent.example", "action": "Add service principal credentials", "key_id": OLD_KEY,
         "target": "mailer", "acting_app": MAILER, "outcome": "failure"},
    12: {"actor": guid(ADMIN), "action": "Update application", "target": "mailer"},
}  # fmt: skip
"""Act -> what its custody row must say beside time, stream and, where the envelope knows it, the tenant."""

USE: dict[int, Row] = {
    9: {"principal": ALICE, "principal_type": "user", "app_id": "Office 365 Exchange Online",
        "operation": "Update group", "resource": "Board", "outcome": "accepted"},
    10: {"principal": "guest#EXT#@ent.example", "principal_type": "guest", "app_id": "Dataverse",
         "operation": "Add service principal credentials", "resource": "mailer", "outcome": "refused"},
}  # fmt: skip

SAID = ("actor", "action", "key_id", "target", "acting_app", "scope", "outcome")
USED = ("principal", "principal_type", "app_id", "operation", "resource", "outcome")

WITH_TENANT = {"diagnostic.ndjson", "table.ndjson", "table-cells.csv", "table-without-activity-time.ndjson"}


def said(row: Row, names: tuple[str, ...]) -> Row:
    """Those columns of a row that say something."""
    return {name: row[name] for name in names if name in row}


@pytest.mark.parametrize("name", ENVELOPES)
def test_the_fixtures_are_these_acts(name: str) -> None:
    """The files beside this test are the acts of `directory_acts`, packed; rewritten with the expected rows."""
    if REWRITE:
        (HERE / name).write_bytes(ENVELOPES[name]())
    assert (HERE / name).read_bytes() == ENVELOPES[name]()


@pytest.mark.parametrize("name", ENVELOPES)
def test_every_envelope_tells_the_same(name: str, ingest_text: Callable[..., Any], tmp_path: Path) -> None:
    """Actor, act, credential, application, permission and outcome of every act, whatever the export."""
    done, found = ingest_text(tmp_path, ENVELOPES[name](), "evidence")
    assert (done.read, done.kept, done.out_of_scope, done.rejected) == (len(ACTS), 11, 1, 0)
    custody = {row["evidence_record"] + 1: row for row in found["custody"]}
    assert {number: said(row, SAID) for number, row in custody.items()} == {
        number: {"outcome": "success", **row} for number, row in CUSTODY.items()
    }
    uses = {row["evidence_record"] + 1: row for row in found["use"]}
    assert {number: said(row, USED) for number, row in uses.items()} == USE
    assert {row["stream"] for row in custody.values()} == {"directory-custody"}
    assert {row["stream"] for row in uses.values()} == {"directory-audit"}
    tenants = {row.get("tenant") for row in (*custody.values(), *uses.values())}
    assert tenants == {TENANT if name in WITH_TENANT else None}
    assert all(row["time"].startswith("2026-05-04T08:") for row in (*custody.values(), *uses.values()))


def test_one_act_is_one_event_in_every_envelope_that_has_its_id(
    ingest_text: Callable[..., Any], tmp_path: Path
) -> None:
    """Graph, diagnostic settings, tables and PowerShell give equal event ids; the portal's CSV has none to give."""
    ids: dict[str, set[str]] = {}
    for name, make in ENVELOPES.items():
        _, found = ingest_text(tmp_path, make(), "evidence")
        ids[name] = {row["event_id"] for kind in ("custody", "use") for row in found[kind]}
    portal = ids.pop("portal.csv")
    assert len({frozenset(found) for found in ids.values()}) == 1
    assert len(portal) == 12
    assert portal.isdisjoint(next(iter(ids.values())))


def test_a_question_mark_for_the_dash_changes_nothing(
    ingest_text: Callable[..., Any], tmp_path: Path
) -> None:
    """Windows PowerShell writes ASCII: the act with a dash in its name is still custody."""
    record = {**ACTS[0], "activityDisplayName": "Update application ? Certificates and secrets management "}
    _, found = ingest_text(tmp_path, json.dumps(record).encode())
    assert [row["key_id"] for row in found["custody"]] == [NEW_KEY]


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="COUNTERSEAL_TESTDATA names no folder with samples")
class TestRealSamples:
    """Records of others, by count."""

    def test_no_time_is_invented(self, ingest_text: Callable[..., Any], tmp_path: Path) -> None:
        """Five credentials added, of the training lab, whose export has no time column: all rejected, saying so."""
        content = (SAMPLES / "sentinel-training-lab" / "AuditLogs_Hunting.csv").read_bytes()
        done, found = ingest_text(tmp_path, content)
        assert (done.source, done.read, done.kept) == (["entra_audit"], 5, 0)
        assert [entry["reason"] for entry in found["rejected"]] == [
            "activityDateTime is missing or not a time"
        ] * 5

    def test_with_a_time_put_in_each_credential_is_found(
        self, ingest_text: Callable[..., Any], tmp_path: Path
    ) -> None:
        """The same five rows, given a time of ours: each is custody and names the key that was added."""
        text = (SAMPLES / "sentinel-training-lab" / "AuditLogs_Hunting.csv").read_text("utf-8-sig")
        head, rest = text.split("\n", 1)
        content = head.replace("ResultDescription", "ActivityDateTime") + "\n" + rest
        lines = content.replace(
            ",,None,,0,Microsoft.aadiam", ",,None,2021-08-05T10:00:00Z,0,Microsoft.aadiam"
        )
        done, found = ingest_text(tmp_path, lines.encode())
        assert (done.kept, done.rejected) == (5, 0)
        assert [len(row["key_id"]) for row in found["custody"]] == [36] * 5

    def test_panther(self, ingest_text: Callable[..., Any], tmp_path: Path) -> None:
        """15 audit records of rule tests: 4 with a person's name beside the account, none of custody."""
        yaml = pytest.importorskip("yaml")
        folder = SAMPLES / "panther-analysis" / "azure_signin_rules"
        records = [
            test["Log"]
            for path in sorted(folder.glob("*.yml"))
            for test in yaml.safe_load(path.read_text("utf-8")).get("Tests", [])
            if test["Log"].get("category") == "AuditLogs"
        ]
        done, found = ingest_text(
            tmp_path, "".join(json.dumps(record, default=str) + "\n" for record in records).encode()
        )
        assert (done.read, done.kept, done.out_of_scope, done.rejected) == (15, 5, 10, 0)
        assert "custody" not in found
