"""The synthetic incident is what its truth says, on any seed: read back here with nothing of the product."""

import ipaddress
import json
import re
from collections import Counter, defaultdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from unpacking import content, records

from counterseal import demo
from counterseal.demo.story import tell

EXAMPLE = Path(__file__).parents[2] / "examples" / "storm"
SEEDS = (558, 1, 20261124)
DOCUMENTATION = [
    ipaddress.ip_network(net)
    for net in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")
]


class Told:
    """One incident, written and read back."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.truth: dict[str, Any] = json.loads((folder / "truth.json").read_text("utf-8"))
        self.files = {path.name: records(path) for path in sorted((folder / "logs").iterdir())}

    def at(self, place: dict[str, Any]) -> Any:
        """The record that stands in a place."""
        return self.files[place["file"].removeprefix("logs/")][place["record"]]

    def named(self, start: str) -> list[Any]:
        """All records of the files whose names start so."""
        return [record for name, found in self.files.items() if name.startswith(start) for record in found]


@pytest.fixture(scope="session", params=SEEDS)
def told(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Told:
    """The incident of each seed."""
    folder = tmp_path_factory.mktemp(f"storm-{request.param}")
    demo.write(folder, request.param)
    return Told(folder)


def listing(folder: Path) -> dict[str, bytes]:
    """Every file under a folder with its decompressed content."""
    return {
        str(path.relative_to(folder)): content(path) for path in sorted(folder.rglob("*")) if path.is_file()
    }


def test_the_example_is_what_the_generator_writes(tmp_path: Path) -> None:
    """examples/storm holds, file by file, what the default seed gives today."""
    demo.write(tmp_path)
    assert listing(tmp_path) == listing(EXAMPLE)


def test_the_example_stays_small() -> None:
    """The shipped folder stays under 4 MB."""
    assert sum(path.stat().st_size for path in EXAMPLE.rglob("*") if path.is_file()) < 4_000_000


def test_equal_seeds_give_equal_bytes(told: Told, tmp_path: Path) -> None:
    """A second run under the same seed writes the same bytes, compressed ones included."""
    demo.write(tmp_path, told.truth["seed"])
    first = {path.name: path.read_bytes() for path in told.folder.rglob("*") if path.is_file()}
    assert {path.name: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == first


def test_another_seed_is_another_incident() -> None:
    """Organisations, people, victims, planted counts and the calendar all differ between seeds."""
    stories = [tell(seed) for seed in range(6)]
    victims = [tuple(person.upn for person in story.incident.victims) for story in stories]
    assert len({story.cast.premium.name for story in stories}) > 2
    assert len({story.cast.start for story in stories}) > 2
    assert len(set(victims)) == len(stories)
    assert len({len(export.entries) for story in stories for export in story.exports[:1]}) == len(stories)
    assert len({len(found) for found in victims}) > 1


def test_the_truth_is_written_before_the_logs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """truth.json is on disk before any log is."""
    order: list[str] = []
    monkeypatch.setattr(demo, "write_atomically", lambda path, _: order.append(path.name))
    demo.write(tmp_path, 3)
    assert order[0] == "truth.json"
    assert len(order) == 20


def test_every_planted_use_stands_where_the_truth_says(told: Told) -> None:
    """Each place holds a record of that id, at that mailbox, at that second."""
    for use in told.truth["uses"]:
        for place in use["places"]:
            record = told.at(place)
            text = json.dumps(record) if isinstance(record, dict) else record
            assert use["mailbox"] in text.lower()
            assert use["system"] != "m365" or use["id"] in (record.get("Id"), record.get("OfficeId"))
            assert use["system"] != "gateway" or (record["rid"], record["status"]) == (use["id"], 200)
            assert use["system"] != "dovecot" or record.startswith(use["time"])
            assert "officeactivity" in place["file"] or use["time"][11:19] in text


def test_every_attempt_was_refused(told: Told) -> None:
    """What the truth calls an attempt is a refusal in the log, and lies after the last success of its actor."""
    last = max(use["time"] for use in told.truth["uses"] if use["actor"] == 1)
    assert told.truth["attempts"]
    for attempt in told.truth["attempts"]:
        record = told.at(attempt["places"][0])
        assert "auth failed" in record if isinstance(record, str) else record["status"] == 401
        assert attempt["time"] > last


def test_counts_of_files_are_true(told: Told) -> None:
    """Records per file as stated; scopes add up; totals add up."""
    stated = told.truth["files"]
    assert {f"logs/{name}": len(found) for name, found in told.files.items()} == {
        name: file["read"] for name, file in stated.items()
    }
    for file in stated.values():
        assert file["read"] == file["kept_or_duplicate"] + file["out_of_scope"] + file["rejected"]
    sums = told.truth["sums"]
    assert sums["read"] == sum(file["read"] for file in stated.values())
    assert sums["read"] == sums["kept"] + sums["duplicate"] + sums["out_of_scope"] + sums["rejected"]


def test_duplicates_are_the_records_whose_id_comes_twice(told: Told) -> None:
    """The stated number of duplicates is that of repeated record ids over all audit files."""
    ids = Counter(
        record.get("Id") or record["OfficeId"]
        for record in told.named("premium-audit") + told.named("premium-office")
        if record
        and record.get("CreationTime") != "yesterday"
        and (record.get("Id") or record.get("OfficeId"))
    )
    assert sum(count - 1 for count in ids.values()) == told.truth["sums"]["duplicate"]


def test_rejects_cannot_be_read_or_say_nothing(told: Told) -> None:
    """The four planted rejects are where the truth says, one of each kind."""
    found = {entry["why"]: told.at(entry) for entry in told.truth["rejected"]}
    assert found.pop("JSON that breaks off") is None
    assert found.pop("bytes that are not UTF-8") is None
    assert found.pop("a time that is none")["CreationTime"] == "yesterday"
    assert found.pop("an object of no known source") == {"note": "synthetic: an object that is no log record"}
    assert found == {}


def issued_ids(told: Told) -> set[str]:
    """Every token id that any issuance log shows as issued."""
    return {
        record.get("uniqueTokenIdentifier") or record.get("jti")
        for start in ("premium-signins", "enterprise-issuer", "consumer-issuer")
        for record in told.named(start)
        if isinstance(record, dict) and record.get("status", {"errorCode": 0})["errorCode"] == 0
    }


def token_of(record: Any) -> str | None:
    """The token id that a use carries."""
    if isinstance(record, str):
        found = re.search(r" jti=<([^>]+)>", record)
        return found and found[1]
    return record.get("AppAccessContext", {}).get("UniqueTokenId") or record.get("jti")


def test_unissued_and_forged_tokens_were_never_issued_and_stolen_ones_were(told: Told) -> None:
    """The verdicts follow from the logs: token ids of forged roots are in no issuance log, stolen ones are."""
    issued = issued_ids(told)
    for use in told.truth["uses"]:
        token = token_of(told.at(use["places"][0]))
        if token is None:
            continue
        genuine = use["actor"] == 2 or bool(
            {"parent-not-issued", "shares-session", "id-reused"} & set(use["reasons"])
        )
        assert (token in issued) is genuine, use


def test_genuine_tokens_lack_a_row_at_about_the_stated_rate(told: Told) -> None:
    """Outside the gap about 1.5 % of the web client's genuine tokens have no row, spread over several people."""
    issued, planted = issued_ids(told), {use["id"] for use in told.truth["uses"]}
    gap = next(spot for spot in told.truth["blind"] if spot["code"] == "gap")
    tokens: dict[str, tuple[bool, str]] = {}
    for record in told.named("premium-audit."):
        if (
            not record
            or record.get("ClientInfoString") != "Client=OWA;Action=ViaProxy"
            or record["LogonType"]
        ):
            continue
        context = record.get("AppAccessContext")
        if context and record["Id"] not in planted and context["IssuedAtTime"][:10] != gap["begins"][:10]:
            tokens[context["UniqueTokenId"]] = (context["UniqueTokenId"] in issued, record["UserId"])
    missing = [user for found, user in tokens.values() if not found]
    assert len(tokens) > 500
    assert 0.004 < len(missing) / len(tokens) < 0.03
    assert len(set(missing)) > 2


def test_the_background_is_the_callers_to_choose(tmp_path: Path) -> None:
    """With a rate of zero no genuine token of a person lacks its row, but for the day that is missing."""
    demo.write(tmp_path, 7, background=0.0)
    causes = {entry["cause"] for entry in json.loads((tmp_path / "truth.json").read_text("utf-8"))["benign"]}
    assert "background" not in causes
    assert {"gap", "guest", "provider-back-end", "no-identifier"} <= causes


def test_victims_carry_what_the_mathematics_needs(told: Told) -> None:
    """Every victim of the measured tenant has at least eight different tokens never issued, from the actor's addresses."""
    tenant = told.truth["organisations"][0]["tenant"]
    addresses = set(told.truth["actors"][0]["ips"])
    tokens: dict[str, set[str]] = defaultdict(set)
    for use in told.truth["uses"]:
        record = told.at(use["places"][0])
        if use["reasons"] == ["token-not-issued"] and use["system"] == "m365":
            assert record["ClientIPAddress"] in addresses
            tokens[use["mailbox"]].add(record["AppAccessContext"]["UniqueTokenId"])
    victims = {
        box["mailbox"]
        for box in told.truth["mailboxes"]
        if (box["status"], box["tenant"]) == ("victim", tenant)
    }
    assert set(tokens) == victims
    assert min(len(found) for found in tokens.values()) >= 8


def test_blind_spots_are_blind(told: Told) -> None:
    """In the throttled day nothing of the mailbox is recorded, on the gap day no row, of basic mailboxes nothing at all."""
    spots = {spot["code"]: spot for spot in told.truth["blind"]}
    dark = spots["throttled"]
    inside = [
        record
        for record in told.named("premium-audit")
        if record
        and record.get("RecordType") == 50
        and record["MailboxOwnerUPN"].lower() == dark["mailbox"]
        and dark["begins"][:19] < record["CreationTime"] < dark["ends"][:19]
    ]
    assert inside == []
    rows = told.named("premium-signins-noninteractive")
    assert Counter(row["createdDateTime"][:10] for row in rows)[spots["gap"]["begins"][:10]] == 0
    everything = b"".join(content(path) for path in (told.folder / "logs").iterdir()).lower()
    blind = [box["mailbox"] for box in told.truth["mailboxes"] if box["status"] == "undetermined"]
    assert len(blind) >= 3
    assert [box for box in blind if box.encode() in everything] == []
    last = told.files["standard-audit-2.csv"]
    assert int(last[0]["ResultCount"]) > len(last)


def test_messages_of_the_truth_are_in_the_records(told: Told) -> None:
    """The message ids that a victim's truth calls certain are those of the planted records, and no others."""
    named: dict[str, set[str]] = defaultdict(set)
    for use in told.truth["uses"]:
        record = told.at(use["places"][0])
        if isinstance(record, dict):
            for folder in record.get("Folders", []):
                if isinstance(folder, dict):
                    named[use["mailbox"]] |= {item["InternetMessageId"] for item in folder["FolderItems"]}
    stated = {
        box["mailbox"]: {one["message_id"] for one in box["certain"] if one["message_id"]}
        for box in told.truth["mailboxes"]
        if "certain" in box
    }
    assert {box: ids for box, ids in stated.items() if ids} == dict(named)


def test_nothing_in_it_is_real(told: Told) -> None:
    """Every address lies in a documentation range and every mail domain ends in .example."""
    text = b"".join(content(path) for path in told.folder.rglob("*") if path.is_file()).decode(
        "utf-8", "replace"
    )
    v4 = set(re.findall(r"(?<![\d.(])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])", text))
    addresses = v4 - set(re.findall(r"(?:Chrome|Edg)/([\d.]+)", text))
    assert addresses
    for address in addresses:
        assert any(ipaddress.ip_address(address) in net for net in DOCUMENTATION), address
    assert {found for found in re.findall(r"\w@[\w.-]+\.([a-z]+)", text) if found != "example"} == set()


def test_innocents_are_in_no_planted_use(told: Told) -> None:
    """Nobody whom the truth calls innocent has a planted use, and most are not even odd."""
    planted = {use["mailbox"] for use in told.truth["uses"]}
    innocent = {
        box["mailbox"]: box["accept"] for box in told.truth["mailboxes"] if box["status"] == "innocent"
    }
    assert planted.isdisjoint(innocent)
    assert sum("suspected" not in accept for accept in innocent.values()) > len(innocent) / 2


def test_one_sunday_is_quiet_and_is_no_gap(told: Told) -> None:
    """On the first Sunday nobody signs in interactively, while the other streams go on."""
    sunday = (datetime.fromisoformat(told.truth["begins"]) + timedelta(days=6)).date().isoformat()
    days = {
        name: Counter(row["createdDateTime"][:10] for row in told.named(f"premium-signins-{name}"))
        for name in ("interactive", "noninteractive", "identities", "apps")
    }
    assert days["interactive"][sunday] == 0
    assert min(days[name][sunday] for name in ("noninteractive", "identities", "apps")) > 0


def test_failures_issue_nothing(told: Told) -> None:
    """Failed and unfinished sign-ins stand in the log, and no use presents their token."""
    failed = {
        row["uniqueTokenIdentifier"]
        for row in told.named("premium-signins-interactive")
        if row["status"]["errorCode"]
    }
    assert len(failed) > 10
    assert failed.isdisjoint({token_of(record) for record in told.named("premium-audit.") if record})
