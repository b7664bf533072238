"""Every detection, from raw log bytes through the command: it fires on what it is for, and nothing else nearby.

A detection's case is `detections/<reason>.py`, with dashes as underscores: HIT and MISS are evidence folders (file name
-> bytes), EXPECTED the (file, record) of every use that carries the reason in HIT, and SAYS the sentence of the first.
"""

import html
import importlib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pyarrow.parquet as pq
import pytest
from raw import at, bound, guid, ndjson

import counterseal.investigate
from counterseal.cli import main

DETECTIONS = Path(counterseal.investigate.__file__).parent / "detections"
REASONS = sorted(path.stem for path in DETECTIONS.rglob("*.toml"))

LACKING = {
    "accepted-outside-realm": ["use.key_id", "key.given", "realm.realm", "issuance.key_id"],
    "federation-changed": ["custody.target", "issuance.grant", "issuance.ip_key"],
    "grant-added-then-read": ["custody.scope"],
    "id-reused": ["use.token_key", "issuance.token_key"],
    "indicator": ["indicator.indicator"],
    "issuer-contradicts-log": ["answer.issued"],
    "issue-time-implausible": ["use.token_key", "use.issued_at", "issuance.token_key"],
    "issuer-denied": ["answer.issued"],
    "issuer-outside-realm": ["use.issuer", "realm.realm"],
    "key-before-birth": ["use.key_id", "use.issued_at", "key.not_before"],
    "key-outside-realm": ["use.key_id", "key.given", "realm.realm"],
    "key-retired": ["use.key_id", "key.retired_at|key.not_after"],
    "key-revoked": ["use.key_id", "key.revoked_at"],
    "key-theft-precedes": ["custody.action", "issuance.parent_id|use.key_id"],
    "key-unknown": ["use.key_id", "key.given", "realm.realm"],
    "key-unlisted": ["use.key_id", "key.given", "realm.realm"],
    "not-issued-thin": ["issuance.token_key|issuance.session_key"],
    "one-id-two-digests": ["use.digest", "issuance.digest"],
    "parent-not-issued": ["issuance.parent_id"],
    "refresh-reuse": ["issuance.outcome", "issuance.family|issuance.parent_id", "use.token_key"],
    "session-root-not-issued": ["issuance.session_key"],
    "service-name-with-user-upn": ["use.resource"],
    "shares-token": ["use.token_key"],
    "token-not-issued": ["use.token_key", "issuance.token_key"],
    "used-after-revocation": [
        "issuance.outcome",
        "issuance.token_key|issuance.family|issuance.session_key",
    ],
}
"""What each detection lacks on mailbox audit alone, whose records name a session and no token."""

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Judged:
    """What one run of the command said of one reason.

    Attributes:
        state: fired, silent or unable.
        uses: the uses that it counts.
        says: the sentence of each use that carries it, by evidence file and record.
    """

    state: str
    uses: int
    says: dict[tuple[str, int], str]


def case_of(reason: str) -> ModuleType:
    """The module with this detection's evidence."""
    return importlib.import_module(reason.replace("-", "_"))


def investigate(evidence: dict[str, bytes], folder: Path) -> Path:
    """Write the evidence, run the command on it, and give the case."""
    logs, case = folder / "logs", folder / "case"
    for name, content in evidence.items():
        (logs / name).parent.mkdir(parents=True, exist_ok=True)
        (logs / name).write_bytes(content)
    assert main(["investigate", str(logs), "--out", str(case)]) == 0
    return case


def rows(case: Path, table: str) -> list[dict[str, Any]]:
    """A table of the case."""
    found: list[dict[str, Any]] = pq.read_table(case / f"{table}.parquet").to_pylist()
    return found


def judged(case: Path, reason: str) -> Judged:
    """What the case says of a reason."""
    evidence = json.loads((case / "manifest.json").read_text("utf-8"))["evidence"]
    names = {entry["sha256"]: Path(entry["path"]).name for entry in evidence}
    (detection,) = (row for row in rows(case, "detections") if row["reason"] == reason)
    says = {
        (names[row["evidence_file"]], row["evidence_record"]): row["says"][row["reasons"].index(reason)]
        for row in rows(case, "verdicts")
        if reason in row["reasons"]
    }
    return Judged(detection["state"], detection["uses"], says)


@pytest.mark.parametrize("reason", REASONS)
def test_it_fires_on_exactly_these_records(reason: str, tmp_path: Path) -> None:
    """Of raw logs through the command, the reason is given to exactly the uses it is meant for, in its own words."""
    evidence = case_of(reason)
    said = judged(investigate(evidence.HIT, tmp_path), reason)
    assert (said.state, said.uses, set(said.says)) == ("fired", len(evidence.EXPECTED), evidence.EXPECTED)
    assert said.says[min(evidence.EXPECTED)] == evidence.SAYS


@pytest.mark.parametrize("reason", REASONS)
def test_it_stays_silent_on_a_near_miss(reason: str, tmp_path: Path) -> None:
    """On the nearest innocent thing the detection runs, and says nothing: silent, which is not unable."""
    said = judged(investigate(case_of(reason).MISS, tmp_path), reason)
    assert said == Judged("silent", 0, {})


def test_every_case_belongs_to_a_detection() -> None:
    """No case is left behind when a detection goes: what is no case has no EXPECTED."""
    cases = {
        path.stem
        for path in (Path(__file__).parent / "detections").glob("*.py")
        if "EXPECTED =" in path.read_text("utf-8")
    }
    assert cases == {reason.replace("-", "_") for reason in REASONS}


def test_what_cannot_fire_is_said_with_what_it_lacks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Mailbox audit alone names no key, digest, parent or issuance: summary, terminal and report say so, per detection."""
    case = investigate(
        {"audit.ndjson": ndjson(bound(at(0, 9), "alice@ent.example", SessionId=guid("s")))}, tmp_path
    )
    found = {row["reason"]: row for row in rows(case, "detections") if row["state"] == "unable"}
    assert {reason: row["missing"] for reason, row in found.items()} == LACKING
    summary = json.loads((case / "summary.json").read_text("utf-8"))["detections"]
    assert {entry["reason"]: entry["missing"] for entry in summary["unable"]} == LACKING
    assert not set(LACKING) & {*summary["fired"], *summary["silent"]}
    shown = " ".join(capsys.readouterr().out.split())
    assert (
        f"unable {len(LACKING)} of {len(REASONS)} detections, for want of use.key_id, realm.realm, use.token_key, "
        in shown
    )
    report = (case / "report.html").read_text("utf-8")
    for reason, missing in LACKING.items():
        (row,) = re.findall(rf"<tr><td>{reason}</td>.*?</tr>", report)
        assert ">unable<" in row
        assert [name for name in missing if html.escape(name) not in row] == []
