"""Real exports by others: every record framed and accounted for, in the numbers that were counted by other means."""

import os
from pathlib import Path

import pytest

from counterseal.core.case import Case
from counterseal.core.engine.duckdb import connect
from counterseal.evidence.files import hashed
from counterseal.evidence.ingest import ingest

SAMPLES = Path(os.environ.get("COUNTERSEAL_TESTDATA", "/nonexistent")) / "samples"

# File: reader, packing, records read, records that the reader itself rejects.
EXPECTED = {
    "invictus-o365/auditrecords-part1.csv": ("csv_json", [], 1481, 3),
    "sentinel-training-lab/office_activity.csv": ("csv_flat", ["bom"], 266, 0),
    "sentinel-training-lab/sign-in_adelete.csv": ("csv_flat", ["bom"], 56, 0),
    "sentinel-training-lab/signinLogs.csv": ("csv_flat", ["bom"], 1, 0),
    "sentinel-training-lab/AuditLogs_Hunting.csv": ("csv_flat", ["bom"], 5, 0),
    "sentinel-training-lab/disable_accounts.csv": ("csv_flat", ["bom"], 4, 0),
    "plaso-m365/microsoft_audit_log.jsonl": ("ndjson", [], 4, 0),
    "plaso-m365/m365_activity_log_002.csv": ("csv_flat", ["bom"], 15, 0),
    "otrf-adfs-export/aadinternals_export_adfsdatabaseconfig_remotely_2021-04-27040833.json": (
        "ndjson",
        [],
        285,
        0,
    ),
    "crowdsec-hub/dovecot-logs.log": ("lines", [], 15, 0),
    "crowdsec-hub/dovecot-spam.log": ("lines", [], 12, 0),
    "crowdsec-hub/authentik-bf.log": ("ndjson", [], 24, 0),
    "crowdsec-hub/keycloak-bf.log": ("lines", [], 10, 0),
    "otrf-adfs-export/LICENSE": (None, [], 0, 0),
}


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="COUNTERSEAL_TESTDATA is unset or has no samples folder")
@pytest.mark.parametrize("name", EXPECTED)
def test_sample(tmp_path: Path, name: str) -> None:
    """The reader, how many records it frames, and sums that balance."""
    case = Case(tmp_path / "case")
    with connect(case.spill) as con:
        done = ingest(con, case, hashed(SAMPLES / name, name))
    reader, packing, read, refused = EXPECTED[name]
    assert (done.reader, done.packing, done.read) == (reader, packing, read)
    assert done.kept + done.out_of_scope + done.rejected == read
    path = case.root / "events" / "rejected" / f"{done.sha256}.ndjson"
    lost = (
        [
            line
            for line in path.read_text("ascii").splitlines()
            if "holds no record" in line or "never closed" in line
        ]
        if path.exists()
        else []
    )
    assert len(lost) == refused
