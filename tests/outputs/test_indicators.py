"""indicators.stix.json: read by the reference library, read back by `--indicators`, and naming nobody innocent."""

import json
from pathlib import Path
from typing import Any

import stix2
from finished_case import SUMMARY, TENANT, TOKEN, event_use, use, write_case, write_table

from counterseal.core.case import Case
from counterseal.core.events import columns
from counterseal.core.vocabulary import Kind
from counterseal.investigate.indicator import Indicator
from counterseal.investigate.indicators import read_indicators
from counterseal.outputs import indicators, open_view

TECHNIQUES = {"key-outside-realm": {"attack": ["T1606"], "mistaken": "x"}}


def made(case: Case) -> list[dict[str, Any]]:
    """The bundle's objects."""
    with open_view(case) as view:
        indicators.write(view)
    found: list[dict[str, Any]] = json.loads((case.root / "indicators.stix.json").read_bytes())["objects"]
    return found


def of(objects: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    """The objects of one type."""
    return [one for one in objects if one["type"] == kind]


def test_the_reference_library_reads_it(storm_case: Case) -> None:
    """`stix2` parses the bundle strictly but for our custom pattern object, and every reference leads somewhere."""
    storm_case.summary.write_text(json.dumps(SUMMARY | {"techniques": TECHNIQUES}), "utf-8")
    objects = made(storm_case)
    bundle = stix2.parse((storm_case.root / "indicators.stix.json").read_text("utf-8"), version="2.1")
    assert [one.type for one in bundle.objects] == [one["type"] for one in objects]
    ids = {one["id"] for one in objects}
    assert len(ids) == len(objects)
    refs = {value for one in objects for name, value in one.items() if name.endswith("_ref")}
    refs |= {ref for one in objects for ref in one.get("object_marking_refs", [])}
    assert refs <= ids
    assert [one["name"] for one in of(objects, "attack-pattern")] == ["Forge Web Credentials"]
    assert len(of(objects, "relationship")) == 3


def test_each_value_has_its_window_and_its_sighting(storm_case: Case) -> None:
    """Key, token and session of the accused actor: a margin of seven days, a key without an end. Not the address, from
    which an issued use came too."""
    objects = made(storm_case)
    assert [
        (one["pattern"], one["valid_from"], one.get("valid_until"), one["confidence"])
        for one in of(objects, "indicator")
    ] == [
        ("[x-counterseal-token:key_id = 'k-consumer']", "2026-05-09T08:01:00.000Z", None, 95),
        (
            "[x-counterseal-token:session_id = 's-1']",
            "2026-05-09T08:01:00.000Z",
            "2026-05-23T08:02:00.000Z",
            95,
        ),
        (
            f"[x-counterseal-token:token_id = '{TOKEN}']",
            "2026-05-09T08:01:00.000Z",
            "2026-05-23T08:02:00.000Z",
            95,
        ),
    ]
    sightings = {
        one["sighting_of_ref"]: (one["count"], one["first_seen"], one["last_seen"])
        for one in of(objects, "sighting")
    }
    assert [sightings[one["id"]] for one in of(objects, "indicator")] == [
        (1, "2026-05-16T08:01:00.000Z", "2026-05-16T08:01:00.000Z"),
        (2, "2026-05-16T08:01:00.000Z", "2026-05-16T08:02:00.000Z"),
        (2, "2026-05-16T08:01:00.000Z", "2026-05-16T08:02:00.000Z"),
    ]


def test_it_names_no_victim(storm_case: Case) -> None:
    """Neither a mailbox nor a tenant of those who were read stands in it."""
    made(storm_case)
    text = (storm_case.root / "indicators.stix.json").read_text("utf-8")
    assert "ministry" not in text
    assert TENANT not in text


def test_what_is_not_the_actors_alone_is_left_out(tmp_path: Path) -> None:
    """A near miss: an address that binds nothing, ids that an issued use has too, an actor that is only suspected."""
    word = {
        "verdict": "unissued",
        "reasons": ["token-not-issued"],
        "says": ["x"],
        "basis": "measured",
        "actor": "A1",
    }
    suspected = {
        "verdict": "suspicious",
        "reasons": ["app-never-seen"],
        "says": ["x"],
        "basis": "rule",
        "actor": "A2",
    }
    case = write_case(
        tmp_path / "case",
        {
            "verdicts": [
                use(1, client_ip="20.190.128.1", token_id="t-1", session_id="shared", **word),
                use(2, client_ip="192.0.2.9", token_id="t-2", session_id=None, **word),
                use(
                    4,
                    client_ip="2001:db8::7",
                    token_id="t-4",
                    session_id="of-a-mail-server",
                    stream="dovecot.mail",
                    **word,
                ),
                use(3, client_ip="192.0.2.10", token_id="t-3", session_id="s-3", **suspected),
            ],
            "actors": [
                {"actor": "A1", "verdict": "unissued", "rare_ips": ["192.0.2.9", "2001:db8::7"], "keys": []},
                {"actor": "A2", "verdict": "suspicious", "rare_ips": ["192.0.2.10"], "keys": []},
            ],
        },
        SUMMARY,
    )
    innocent = event_use(9, client_ip="192.0.2.9", token_id="t-9", token_key="t-9", session_id="shared")
    file = innocent["evidence_file"]
    write_table(case, case.events(Kind.USE) / f"{file}.parquet", columns(Kind.USE), [innocent])
    assert [one["pattern"] for one in of(made(case), "indicator")] == [
        "[ipv6-addr:value = '2001:db8::7']",
        "[x-counterseal-token:token_id = 't-1']",
        "[x-counterseal-token:token_id = 't-2']",
        "[x-counterseal-token:token_id = 't-4']",
    ]
    assert {one.kind for one in read_back(case)} == {"ip", "token"}


def read_back(case: Case) -> list[Indicator]:
    """What `--indicators` takes from the bundle, which must be all of it, each with a window."""
    read = read_indicators([case.root / "indicators.stix.json"])
    assert [one for one in read.skipped if "indicators.stix.json" in one.where] == []
    ours = [one for one in read.given if one.origin == "indicators.stix.json"]
    assert all(one.windowed for one in ours)
    return ours


def test_investigate_reads_it_back(storm_case: Case) -> None:
    """Every indicator comes back through `--indicators` with its kind and window; nothing is skipped."""
    made(storm_case)
    assert {one.kind for one in read_back(storm_case)} == {"key", "session", "token"}


def test_a_later_bundle_updates_the_earlier_one(storm_case: Case) -> None:
    """The same thing keeps its id and date of creation; what did not change keeps its date of change; bytes are equal."""
    first = made(storm_case)
    bytes_before = (storm_case.root / "indicators.stix.json").read_bytes()
    made(storm_case)
    assert (storm_case.root / "indicators.stix.json").read_bytes() == bytes_before
    storm_case.summary.write_text(
        json.dumps(SUMMARY | {"ended": "2026-07-01T00:00:00+00:00", "version": "9"}), "utf-8"
    )
    second = made(storm_case)
    assert [one["id"] for one in second] == [one["id"] for one in first]
    assert [one["created"] for one in second] == [one["created"] for one in first]
    changed = [new["type"] for new, old in zip(second, first, strict=True) if new != old]
    assert changed == ["identity"]


def test_quotes_stay_in_the_value() -> None:
    """A value cannot end the string it stands in."""
    assert indicators.pattern("token", "a'] OR [x\\") == "[x-counterseal-token:token_id = 'a\\'] OR [x\\\\']"
    assert indicators.pattern("ip", "192.0.2.7 or anything") is None


def test_innocent(innocent_case: Case) -> None:
    """A case without an actor passes nothing on."""
    assert [one["type"] for one in made(innocent_case)] == ["marking-definition", "identity"]
