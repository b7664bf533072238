"""Golden SAML from raw logs through the command: the farm's key is read, assertions are made elsewhere, mail is read."""

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from directory_and_farm import assertion, key_read, over_assertion
from raw import TENANT, at, bound, declared, ndjson, signed_in, token

from counterseal.cli import main

pytestmark = pytest.mark.slow

PEOPLE = [f"p{number}@ent.example" for number in range(10)]
FORGER = "203.0.113.66"
DAYS = 20


def office() -> tuple[list[Any], list[Any], list[Any]]:
    """Assertions, sign-ins and mail of ten people: one assertion a day, and a token renewed in its session."""
    farm, sign_ins, audit = [], [], []
    for day in range(DAYS):
        for number, who in enumerate(PEOPLE):
            name, ip = f"{day} {who}", f"192.0.2.{number}"
            hour = 2 * number
            farm.append(assertion(at(day, hour, 30), who, f"activity {name}", 1000 * day + number, ip))
            sign_ins.append(
                over_assertion(
                    at(day, hour, 31), who, f"first {name}", f"activity {name}", session=name, ip=ip
                )
            )
            sign_ins.append(signed_in(at(day, hour, 90), who, f"next {name}", session=name, ip=ip))
            for read, minute in (("first", 33), ("next", 92)):
                issued_at = at(day, hour, minute - 2)
                audit.append(
                    bound(
                        at(day, hour, minute),
                        who,
                        ClientIPAddress=ip,
                        **token(f"{read} {name}", issued_at, name),
                    )
                )
    return farm, sign_ins, audit


def attack(who: str, hour: int) -> tuple[list[Any], list[Any]]:
    """A sign-in over an assertion that nobody made, its renewal, and three messages of two reads."""
    name = f"golden {who}"
    sign_ins = [
        over_assertion(at(12, hour), who, f"first {name}", f"activity {name}", session=name, ip=FORGER),
        signed_in(at(12, hour, 50), who, f"next {name}", session=name, ip=FORGER),
    ]
    audit = [
        bound(
            at(12, hour, 1),
            who,
            items=2,
            ClientIPAddress=FORGER,
            **token(f"first {name}", at(12, hour), name),
        ),
        bound(at(12, hour, 55), who, ClientIPAddress=FORGER, **token(f"next {name}", at(12, hour, 50), name)),
    ]
    return sign_ins, audit


STREAMS = ("signin.interactive", "signin.non-interactive")


def investigated(folder: Path, *streams: str) -> Path:
    """The case of the whole story, with these streams declared complete."""
    farm, sign_ins, audit = office()
    forged = [attack(who, hour) for who, hour in ((PEOPLE[2], 3), (PEOPLE[3], 13))]
    keys = [key_read(at(day, 1), "svc-adfs", 50_000 + day) for day in range(DAYS)]
    logs = {
        "security.ndjson": ndjson(*farm, *keys, key_read(at(9, 2), "eve", 60_000)),
        "sign-ins.ndjson": ndjson(*sign_ins, *(record for more, _ in forged for record in more)),
        "audit.ndjson": ndjson(*audit, *(record for _, more in forged for record in more)),
    }
    if streams:
        logs["declare.toml"] = declared(TENANT, at(-120), *streams)
    (folder / "logs").mkdir()
    for name, content in logs.items():
        (folder / "logs" / name).write_bytes(content)
    assert main(["investigate", str(folder / "logs"), "--out", str(folder / "case")]) == 0
    return folder / "case"


def test_the_chain_is_one_actor_with_two_victims(tmp_path: Path) -> None:
    """Of 404 reads four are accused: two unissued, two of their sessions; the theft is named; nobody else is touched."""
    case = investigated(tmp_path, *STREAMS, "signin.adfs")
    summary = json.loads((case / "summary.json").read_text("utf-8"))
    verdicts = [
        row for row in pq.read_table(case / "verdicts.parquet").to_pylist() if row["verdict"] != "unknown"
    ]
    assert summary["verdicts"] == {
        "forged": 0, "stolen": 0, "unissued": 2, "suspicious": 2, "unknown": 0, "issued": 400,
    }  # fmt: skip
    assert sorted((row["mailbox"], row["verdict"], tuple(row["reasons"])) for row in verdicts) == [
        (PEOPLE[2], "suspicious", ("shares-session",)),
        (PEOPLE[2], "unissued", ("key-theft-precedes", "parent-not-issued")),
        (PEOPLE[3], "suspicious", ("shares-session",)),
        (PEOPLE[3], "unissued", ("key-theft-precedes", "parent-not-issued")),
    ]
    assert {row["actor"] for row in verdicts} == {"A1"}
    (actor,) = pq.read_table(case / "actors.parquet").to_pylist()
    assert (actor["mailboxes"], actor["ips"]) == ([PEOPLE[2], PEOPLE[3]], [FORGER])
    assert summary["victims"]["mailboxes"] == 2
    assert summary["events"]["custody"] == DAYS + 1


def test_where_the_farm_is_not_answered_for_nobody_is_a_victim(tmp_path: Path) -> None:
    """The same logs without a declaration for AD FS: suspicious, with the theft named, and no more."""
    case = investigated(tmp_path, *STREAMS)
    summary = json.loads((case / "summary.json").read_text("utf-8"))
    assert (summary["verdicts"]["unissued"], summary["verdicts"]["suspicious"]) == (0, 2)
    assert summary["reasons"] == {"key-theft-precedes": 2}
    assert summary["victims"]["mailboxes"] == 0
