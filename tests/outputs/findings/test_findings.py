"""findings.ndjson, held to the released OCSF schema attribute by attribute, and read by another library."""

import json
from pathlib import Path
from typing import Any

import pytest
from finished_case import ESCAPE, FORMULA, MAIL, SUMMARY, TENANT, TOKEN, use, write_case
from py_ocsf_models.events.findings.detection_finding import DetectionFinding

from counterseal.core.case import Case
from counterseal.investigate.detections import load
from counterseal.outputs import findings, open_view
from counterseal.outputs._attack import TECHNIQUES

FACTS = json.loads((Path(__file__).parent / "ocsf-1.8.0.json").read_text("utf-8"))
PYTHON = {
    "integer_t": int, "long_t": int, "timestamp_t": int, "string_t": str, "boolean_t": bool, "ip_t": str, "json_t": dict,
    "object": dict, "url_t": str, "username_t": str, "email_t": str, "datetime_t": str, "resource_uid_t": str,
}  # fmt: skip


def made(case: Case) -> list[dict[str, Any]]:
    """The findings of a case."""
    with open_view(case) as view:
        findings.write(view)
    return [json.loads(line) for line in (case.root / "findings.ndjson").read_text("ascii").splitlines()]


def faults(given: dict[str, Any], facts: dict[str, Any], where: str) -> list[str]:
    """Where an object breaks the schema: an attribute it does not know, wants, or wants otherwise."""
    known = facts["attributes"]
    found = [f"{where}.{name} is unknown" for name in given if name not in known]
    found += [
        f"{where}.{name} is missing"
        for name, fact in known.items()
        if fact["requirement"] == "required" and not fact.get("profile") and name not in given
    ]
    if facts["at_least_one"] and not set(facts["at_least_one"]) & set(given):
        found.append(f"{where} has none of {facts['at_least_one']}")
    for name, value in given.items():
        if name in known:
            found += fault_of(value, known[name], f"{where}.{name}")
    return found


def fault_of(value: Any, fact: dict[str, Any], where: str) -> list[str]:
    """Where one attribute's value breaks its type or enumeration, or needs a profile that is not declared."""
    if fact.get("profile"):
        return [f"{where} needs the profile {fact['profile']}"]
    values = value if fact.get("list") else [value]
    if not isinstance(values, list):
        return [f"{where} is no list"]
    found = []
    for one in values:
        if fact["type"] in FACTS["objects"]:
            found += faults(one, FACTS["objects"][fact["type"]], where)
        elif not isinstance(one, PYTHON[fact["type"]]):
            found.append(f"{where} is no {fact['type']}: {one!r}")
        elif fact.get("enum") and str(one) not in fact["enum"]:
            found.append(f"{where} has no value {one}")
    return found


def test_every_finding_keeps_the_released_schema(storm_case: Case) -> None:
    """No attribute is unknown, missing, of another type or out of its enumeration; another library reads each."""
    listed = made(storm_case)
    assert FACTS["version"] == findings.OCSF
    assert len(listed) == 3
    assert [fault for one in listed for fault in faults(one, FACTS["class"], "finding")] == []
    for one in listed:
        DetectionFinding.model_validate(one)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"severity_id": 42}, "finding.severity_id has no value 42"),
        ({"invented": 1}, "finding.invented is unknown"),
        ({"time": "now"}, "finding.time is no timestamp_t: 'now'"),
        ({"evidences": [{"uid": "u"}]}, "finding.evidences has none of"),
        ({"finding_info": {"title": "t"}}, "finding.finding_info.uid is missing"),
    ],
)
def test_the_check_finds_faults(storm_case: Case, change: dict[str, Any], fault: str) -> None:
    """What the schema forbids is found, so that finding nothing says something."""
    (found,) = faults(made(storm_case)[0] | change, FACTS["class"], "finding")
    assert found.startswith(fault)


def test_a_finding_says_what_the_case_says(storm_case: Case) -> None:
    """Verdict, confidence, times, ids, the record behind it, and who may see it."""
    forged, unissued, suspicious = made(storm_case)
    assert (forged["severity"], forged["confidence"], forged["count"], forged["is_alert"]) == (
        "High",
        "High",
        1,
        True,
    )
    assert (unissued["confidence"], suspicious["confidence"], suspicious["is_alert"]) == (
        "Medium",
        "Low",
        False,
    )
    assert forged["finding_info"]["first_seen_time"] == 1778918460000
    assert forged["metadata"]["labels"] == ["TLP:AMBER+STRICT"]
    assert forged["metadata"]["tenant_uid"] == TENANT
    assert forged["resources"][0]["name"] == "a@ministry.example"
    assert forged["unmapped"]["counterseal"]["key_ids"] == ["k-consumer"]
    (told,) = forged["evidences"]
    assert told["data"]["evidence_sha256"] == MAIL
    assert (told["data"]["evidence_record"], told["data"]["evidence_offset"]) == (1, 100)
    assert told["data"]["token_id"] == TOKEN
    assert told["actor"]["session"]["uid"] == "s-1"
    assert told["src_endpoint"]["ip"] == "192.0.2.7"


def test_techniques_come_from_the_reasons(storm_case: Case) -> None:
    """Each reason's ATT&CK techniques stand in the finding, a sub-technique under its parent, and how it may be mistaken."""
    known = {"key-outside-realm": {"attack": ["T1606", "T1550.001"], "mistaken": "the bundle is wrong"}}
    storm_case.summary.write_text(json.dumps(SUMMARY | {"techniques": known}), "utf-8")
    info = made(storm_case)[0]["finding_info"]
    assert [
        (one["technique"]["uid"], one.get("sub_technique", {}).get("uid")) for one in info["attacks"]
    ] == [
        ("T1550", "T1550.001"),
        ("T1606", None),
    ]
    assert info["desc"] == "Judged forged. It may be mistaken where the bundle is wrong."


def test_every_technique_has_a_name() -> None:
    """No reason carries a technique that the names do not know, nor its parent."""
    used = {one for detection in load() for one in detection.attack}
    assert {one for technique in used for one in (technique, technique.partition(".")[0])} - set(
        TECHNIQUES
    ) == set()


def test_a_finding_keeps_its_uid_when_evidence_is_added(tmp_path: Path) -> None:
    """More uses, another actor's number and another order leave the uid; another verdict or mailbox has another."""

    def listed(name: str, rows: list[dict[str, Any]]) -> dict[tuple[str, str], str]:
        case = write_case(tmp_path / name, {"verdicts": rows}, SUMMARY)
        return {
            (one["resources"][0]["name"], one["finding_info"]["types"][0]): one["finding_info"]["uid"]
            for one in made(case)
        }

    word = {"verdict": "forged", "reasons": ["key-retired"], "says": ["x"], "basis": "bundle"}
    before = listed("before", [use(1, actor="A1", **word)])
    after = listed(
        "after",
        [
            use(2, actor="A2", **word),
            use(1, actor="A2", **word),
            use(3, mailbox="b@x.example", actor="A1", **word),
        ],
    )
    assert before.items() <= after.items()
    assert len(set(after.values())) == 2


def test_hostile_text_is_inert(storm_case: Case) -> None:
    """Terminal escapes are spelt out; text stays text."""
    suspicious = made(storm_case)[2]
    (told,) = suspicious["evidences"]
    assert told["http_request"]["user_agent"] == "\\x1b[31mred\\x1b[0m"
    assert told["data"]["app_id"] == FORMULA
    assert ESCAPE not in json.dumps(suspicious)


def test_many_uses_are_told_up_to_a_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is not told one by one is counted."""
    word = {"verdict": "forged", "reasons": ["key-retired"], "says": ["x"], "basis": "bundle"}
    case = write_case(tmp_path / "case", {"verdicts": [use(n, **word) for n in range(1, 9)]}, SUMMARY)
    monkeypatch.setattr(findings, "LISTED", findings.LISTED.replace("<= 100", "<= 3"))
    (one,) = made(case)
    assert (one["count"], len(one["evidences"]), one["unmapped"]["counterseal"]["uses_told"]) == (8, 3, 3)


def test_innocent(innocent_case: Case) -> None:
    """A case without a finding has an empty file."""
    assert made(innocent_case) == []
