"""AD FS in a real Windows log, and one event in several exports."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
EXPORT = (
    Path(os.environ.get("COUNTERSEAL_TESTDATA", "/nonexistent"))
    / "samples/otrf-adfs-export/aadinternals_export_adfsdatabaseconfig_remotely_2021-04-27040833.json"
)


@pytest.mark.skipif(
    not EXPORT.is_file(), reason="COUNTERSEAL_TESTDATA is unset or has no otrf-adfs-export sample"
)
def test_a_stolen_configuration_is_one_custody_event_among_its_noise(
    ingest_text: Callable[..., Any], tmp_path: Path
) -> None:
    """Of 285 real events one is the transfer, with its caller; key-file and secret reads of the services are none."""
    done, found = ingest_text(tmp_path, EXPORT.read_bytes())
    assert (done.read, done.kept, done.out_of_scope, done.rejected) == (285, 1, 284, 0)
    (transfer,) = found["custody"]
    assert {name: transfer[name] for name in ("time", "actor", "action", "host", "outcome")} == {
        "time": "2021-04-27T04:08:12.240000",
        "actor": "BLACKSMITH\\adfsadmin",
        "action": "policy-store-transfer",
        "host": "ADFS01.blacksmith.local",
        "outcome": "success",
    }


def test_one_event_is_one_issuance_in_every_export(ingest_text: Callable[..., Any], tmp_path: Path) -> None:
    """The same event of the same host, forwarded as flat JSON and dumped from the log file, has one id and says one thing."""
    line = next(
        json.loads(line) for line in (HERE / "nxlog.ndjson").read_text("utf-8").splitlines() if "1200" in line
    )
    xml = line["Message"].partition("XML: ")[2]
    activity = line["Message"].partition("Activity ID: ")[2][:36]
    dumped = {
        "Event": {
            "System": {
                "Provider": {"#attributes": {"Name": line["SourceName"]}},
                "EventID": line["EventID"],
                "TimeCreated": {"#attributes": {"SystemTime": line["EventTime"]}},
                "EventRecordID": line["RecordNumber"],
                "Computer": line["Hostname"],
            },
            "EventData": {"Data": {"#text": [activity, xml]}},
        }
    }
    content = (json.dumps(line) + "\n" + json.dumps(dumped) + "\n").encode()
    _, found = ingest_text(tmp_path, content)
    first, second = ({**row, "evidence_record": 0} for row in found["issuance"])
    assert first == second
