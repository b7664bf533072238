"""One sign-in is one issuance in every envelope, and an envelope changes only what it is known to lose."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from entra_envelopes import CONSUMER, ENVELOPES, OURS, SIGN_INS, Facts, guid, uti_of

from counterseal.evidence.source import known_streams

HERE = Path(__file__).parent
SAMPLES = Path(os.environ.get("COUNTERSEAL_TESTDATA", "")) / "samples"

OF_TENANT = {"tenant", "realm", "authority"}
PORTAL_LOSES = OF_TENANT | {"home_tenant", "session_id", "session_key", "user_agent", "grant"}

Row = dict[str, Any]


def is_app(of: Facts) -> bool:
    """Did an application sign in?"""
    return bool(of["service_principal"])


def crosses(of: Facts) -> bool:
    """Is it a sign-in between two tenants?"""
    return bool(of["cross_tenant"] != "none")


def lost(envelope: str, of: Facts) -> set[str]:
    """The columns that an envelope loses of a sign-in."""
    if envelope == "portal-users.csv":
        return {"stream"}  # which of the two user streams a file is from stands in its name alone
    if envelope == "portal-apps.csv":
        return PORTAL_LOSES
    if envelope.startswith(("graph", "powershell")):
        return OF_TENANT if is_app(of) else {"stream"} if crosses(of) else set()
    return set()


def expected(of: Facts) -> Row:
    """The issuance that a sign-in is, written down without the product's help."""
    tenant = of["resource_tenant"] or of.get("owner", OURS)
    streams = {
        "SignInLogs": "signin.interactive",
        "NonInteractiveUserSignInLogs": "signin.non-interactive",
        "ServicePrincipalSignInLogs": "signin.service-principal",
        "ManagedIdentitySignInLogs": "signin.managed-identity",
        "ADFSSignInLogs": "signin.adfs",
    }
    elsewhere = tenant != of.get("owner", OURS)
    kind = "managed" if of["credential"] == "managedIdentity" else "app" if is_app(of) else "user"
    guest = of["user_type"] == "guest" or "#EXT#" in of["user"]
    grant = " ".join(word for word in (of["protocol"], of["incoming"]) if word != "none")
    row = {
        "time": of["created"].replace(tzinfo=None).isoformat(),
        "issued_at": of["created"].replace(tzinfo=None).isoformat(),
        "stream": "signin.undecided" if elsewhere else streams[of["log"]],
        "realm": "consumer" if tenant == CONSUMER else "enterprise",
        "tenant": tenant,
        "home_tenant": of["home_tenant"],
        "principal": of["app"] if is_app(of) else of["user"],
        "principal_key": (of["app"] if is_app(of) else of["user"]).lower(),
        "principal_type": "guest" if guest else kind,
        "principal_id": of["service_principal"] or of["user_id"],
        "app_id": of["app"],
        "acting_app": of["app"],
        "audience": of["resource"],
        "token_key": of["id"],
        "session_id": of["session"],
        "session_key": of["session"],
        "authority": tenant,
        "client_ip": of["address"],
        "user_agent": of["agent"],
        "grant": grant,
        "outcome": {0: "success", 50140: "interrupted", 65001: "interrupted"}.get(of["code"], "failure"),
    }
    return {name: value for name, value in row.items() if value}


@pytest.mark.parametrize("envelope", ENVELOPES)
def test_every_envelope_gives_the_same_issuances(
    envelope: str, ingest_text: Callable[..., Any], tmp_path: Path
) -> None:
    """Every column of every sign-in is what it says, except what this envelope cannot carry."""
    done, found = ingest_text(tmp_path, ENVELOPES[envelope](), "evidence")
    held = {row["token_key"]: row for row in found["issuance"]}
    facts = [of for of in SIGN_INS if of["id"] in held]
    assert len(facts) == len(held) == done.read == done.kept
    assert len(facts) == {"portal-users.csv": 11, "portal-apps.csv": 2}.get(envelope, len(SIGN_INS))
    for of in facts:
        ignored = lost(envelope, of) | {"source", "event_id", "evidence_record", "token_id", "ip_key"}
        actual = {name: value for name, value in held[of["id"]].items() if name not in ignored}
        wanted = {name: value for name, value in expected(of).items() if name not in ignored}
        assert actual == wanted


def test_every_envelope_gives_a_sign_in_the_same_event_id(
    ingest_text: Callable[..., Any], tmp_path: Path
) -> None:
    """Exports of one sign-in in nine envelopes are copies of one event."""
    ids: dict[str, set[str]] = {}
    for make in ENVELOPES.values():
        _, found = ingest_text(tmp_path, make(), "evidence")
        for row in found["issuance"]:
            ids.setdefault(row["token_key"], set()).add(row["event_id"])
    assert {len(same) for same in ids.values()} == {1}
    assert len({next(iter(same)) for same in ids.values()}) == len(SIGN_INS)


def test_a_stream_that_the_export_does_not_decide_never_counts_as_one(
    ingest_text: Callable[..., Any], tmp_path: Path
) -> None:
    """The portal's user CSV is undecided, says so, and no stream that could accuse has its rows."""
    done, found = ingest_text(tmp_path, ENVELOPES["portal-users.csv"](), "NonInteractiveSignIns.csv")
    assert {row["stream"] for row in found["issuance"]} == {"signin.undecided", "signin.adfs"}
    assert {warning["code"] for warning in done.warnings} == {"stream-unknown", "other-tenants-log"}
    accuses = {stream.name: stream.accuses for stream in known_streams()}
    assert not accuses["signin.undecided"]
    assert accuses["signin.non-interactive"]


def test_the_time_of_delivery_is_never_the_time_of_a_sign_in(
    ingest_text: Callable[..., Any], tmp_path: Path
) -> None:
    """Diagnostic records whose own time is broken, absent or in another culture keep createdDateTime."""
    record = json.loads(ENVELOPES["diagnostic.ndjson"]().splitlines()[0])
    times = [record["time"], "12/12/2025 3:03:58 PM", None, "never"]
    content = b"".join(json.dumps(record | {"time": time}).encode() + b"\n" for time in times)
    _, found = ingest_text(tmp_path, content)
    created = SIGN_INS[0]["created"].replace(tzinfo=None).isoformat()
    assert [row["time"] for row in found["issuance"]] == [created] * 4


def test_a_token_id_is_rebuilt_from_the_sign_in_and_back(
    ingest_text: Callable[..., Any], tmp_path: Path
) -> None:
    """22 characters, 48 characters, and none at all give one comparable token id."""
    _, found = ingest_text(tmp_path, (HERE / "edges.ndjson").read_bytes())
    keys = {row["token_id"]: row["token_key"] for row in found["issuance"]}
    assert keys[uti_of(guid(21))] == guid(21)
    assert keys[guid(38)] == guid(38)
    assert [key for spelt, key in keys.items() if len(spelt) == 48] == [guid(37)]


@pytest.mark.parametrize(
    "text", ["{", '{"properties":', '{"properties":[]}', '{"properties":{"id":', "{}", "[]", "null"]
)
def test_broken_records_are_rejected_and_lose_no_neighbour(
    text: str, ingest_text: Callable[..., Any], tmp_path: Path
) -> None:
    """Damage beside good diagnostic records costs that record alone."""
    good = ENVELOPES["diagnostic.ndjson"]()
    done, found = ingest_text(tmp_path, good + text.encode() + b"\n" + ENVELOPES["graph.ndjson"]())
    assert (done.kept, done.rejected) == (2 * len(SIGN_INS), 1)
    assert [entry["record"] for entry in found["rejected"]] == [len(SIGN_INS)]


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="COUNTERSEAL_TESTDATA names no folder with samples")
class TestRealSamples:
    """Records of others, by count."""

    def test_sentinel_training_lab(self, ingest_text: Callable[..., Any], tmp_path: Path) -> None:
        """56 interactive sign-ins of one user; 3 interrupted; a window of 71 minutes; no id twice."""
        folder = SAMPLES / "sentinel-training-lab"
        done, found = ingest_text(tmp_path, (folder / "sign-in_adelete.csv").read_bytes())
        issuances = found["issuance"]
        assert (done.read, done.kept, done.rejected) == (56, 56, 0)
        assert len({row["event_id"] for row in issuances}) == 56
        assert {row["stream"] for row in issuances} == {"signin.interactive"}
        assert {row["tenant"] for row in issuances} == {"2ad3fc79-1859-42fa-9011-6f8df2251b22"}
        assert {row["principal"] for row in issuances} == {"adelev@m365x816222.onmicrosoft.com"}
        assert [row["outcome"] for row in issuances].count("success") == 53
        assert [row["outcome"] for row in issuances].count("interrupted") == 3
        assert (done.first, done.last) == ("2021-04-28T14:08:45.221000", "2021-04-28T15:19:08.373000")
        assert sum(row.get("audience") == "00000002-0000-0ff1-ce00-000000000000" for row in issuances) == 3

    @pytest.mark.parametrize(
        ("name", "records", "reason"),
        [
            ("disable_accounts.csv", 4, "CreatedDateTime is missing or not a time"),
            ("signinLogs.csv", 1, "a result about sign-ins, not a sign-in"),
        ],
    )
    def test_no_time_is_invented(
        self, name: str, records: int, reason: str, ingest_text: Callable[..., Any], tmp_path: Path
    ) -> None:
        """Sign-ins without a time, and the result of an alert, are rejected with their reason."""
        done, found = ingest_text(tmp_path, (SAMPLES / "sentinel-training-lab" / name).read_bytes())
        assert (done.read, done.kept) == (records, 0)
        assert [entry["reason"] for entry in found["rejected"]] == [reason] * records

    def test_panther(self, ingest_text: Callable[..., Any], tmp_path: Path) -> None:
        """26 sign-ins in 47 diagnostic records of rule tests, 5 of them without a time of their own; others are others'."""
        yaml = pytest.importorskip("yaml")
        folder = SAMPLES / "panther-analysis" / "azure_signin_rules"
        records = [
            test["Log"]
            for path in sorted(folder.glob("*.yml"))
            for test in yaml.safe_load(path.read_text("utf-8")).get("Tests", [])
        ]
        content = "".join(json.dumps(record) + "\n" for record in records).encode()
        done, found = ingest_text(tmp_path, content)
        reasons = [entry["reason"] for entry in found["rejected"]]
        streams = [row["stream"] for row in found["issuance"]]
        assert (done.read, len(found["issuance"]), done.rejected) == (47, 21, 5)
        assert reasons.count("createdDateTime is missing or not a time") == 5
        assert {stream: streams.count(stream) for stream in set(streams)} == {
            "signin.interactive": 8,
            "signin.non-interactive": 3,
            "signin.service-principal": 8,
            "signin.undecided": 2,
        }
