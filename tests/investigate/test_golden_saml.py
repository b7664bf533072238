"""Golden SAML: the farm's key is stolen, assertions are made elsewhere, sign-ins follow that the farm knows nothing of."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from judging import judged, verdicts

from counterseal.core.engine.duckdb import rows
from counterseal.investigate.inputs import Declaration
from counterseal.investigate.judgement import Grounds

Row = dict[str, Any]

TENANT = "5f3a1c00-0000-4000-8000-00000000ab1e"
FARM = "http://sts.corp.example/adfs/services/trust"
OUTLOOK = "9199bf20-a13f-4107-85dc-02114787ef48"
BEGIN, DAYS = datetime(2026, 3, 2), 60
THEFT = BEGIN + timedelta(days=40, hours=3)
ATTACK = BEGIN + timedelta(days=45, hours=3)
PEOPLE = [f"p{number}@corp.example" for number in range(10)]
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def asserted(name: str, who: str, time: datetime, ip: str) -> Row:
    """The farm issued an assertion."""
    return {
        "event_id": f"farm {name}", "stream": "signin.adfs", "issuer": FARM, "principal": f"CORP\\{who.split('@')[0]}",
        "principal_type": "user", "audience": "urn:federation:MicrosoftOnline", "family": name, "time": time,
        "issued_at": time, "client_ip": ip, "outcome": "success",
    }  # fmt: skip


def signed_in(name: str, who: str, time: datetime, ip: str, session: str, parent: str | None) -> Row:
    """Entra took an assertion, or renewed a token in a session."""
    return {
        "event_id": f"entra {name}", "stream": "signin.interactive" if parent else "signin.non-interactive",
        "tenant": TENANT, "principal": who, "principal_type": "user", "app_id": OUTLOOK, "token_id": name,
        "session_id": session, "parent_id": parent, "time": time, "issued_at": time, "client_ip": ip,
        "grant": "wsFederation saml11" if parent else "oAuth2 refreshToken", "outcome": "success",
    }  # fmt: skip


def read(name: str, who: str, time: datetime, ip: str, session: str, token: str) -> Row:
    """Mail was served."""
    return {
        "event_id": name, "stream": "mail-access", "tenant": TENANT, "principal": who, "principal_type": "user",
        "mailbox": who, "operation": "MailItemsAccessed", "access": "bind", "path": "owa", "app_id": OUTLOOK,
        "token_id": token, "session_id": session, "issued_at": time - MINUTE, "time": time, "client_ip": ip,
        "outcome": "accepted",
        "messages": [{"message_id": f"<{name}@x>", "item_id": None, "folder": "Inbox", "bytes": 1}],
    }  # fmt: skip


def office() -> tuple[list[Row], list[Row]]:
    """Sixty days of ten people: assertion, sign-in, renewal in the session, mail read by both tokens."""
    uses, issuances = [], []
    for day in range(DAYS):
        for number, who in enumerate(PEOPLE):
            name, ip = f"{day}-{number}", f"192.0.2.{number}"
            time = BEGIN + day * DAY + 2 * HOUR * number + 30 * MINUTE
            issuances += [
                asserted(f"activity {name}", who, time, ip),
                signed_in(f"first {name}", who, time + MINUTE, ip, f"session {name}", f"activity {name}"),
                signed_in(f"next {name}", who, time + HOUR, ip, f"session {name}", None),
            ]
            uses += [
                read(f"g1 {name}", who, time + 2 * MINUTE, ip, f"session {name}", f"first {name}"),
                read(f"g2 {name}", who, time + HOUR + MINUTE, ip, f"session {name}", f"next {name}"),
            ]
    return uses, issuances


def forged(number: int, who: str) -> tuple[list[Row], list[Row]]:
    """An assertion that the farm never made, the sign-in and its renewal, and the mail they read."""
    time, ip, name = ATTACK + 3 * number * HOUR, "203.0.113.66", f"golden {number}"
    issuances = [
        signed_in(f"{name} first", who, time, ip, name, f"{name} activity"),
        signed_in(f"{name} next", who, time + HOUR, ip, name, None),
    ]
    uses = [
        read(f"{name} a", who, time + MINUTE, ip, name, f"{name} first"),
        read(f"{name} b", who, time + HOUR + MINUTE, ip, name, f"{name} next"),
    ]
    return uses, issuances


KEY_READS: list[Row] = [
    {"event_id": f"service {day}", "time": BEGIN + day * DAY, "action": "dkm-key-read", "actor": "CORP\\svc-adfs",
     "host": "dc01", "outcome": "success", "source": "adfs", "stream": "adfs.custody"}
    for day in range(0, DAYS, 7)
] + [
    {"event_id": "theft", "time": THEFT, "action": "dkm-key-read", "actor": "CORP\\eve", "host": "dc01",
     "outcome": "success", "source": "adfs", "stream": "adfs.custody"},
]  # fmt: skip
"""The service account reads its key every week; somebody else, once."""


def declared(*streams: str, tenant: str = TENANT) -> Grounds:
    """Somebody answers for these streams being complete."""
    return Grounds(
        declared=[
            Declaration(tenant=tenant, stream=stream, begins=BEGIN - 120 * DAY, ends=BEGIN + 90 * DAY, by="x", why="y")
            for stream in streams
        ]
    )  # fmt: skip


ENTRA = ("signin.interactive", "signin.non-interactive")
COVERED = declared(*ENTRA, "signin.adfs")
VICTIMS = PEOPLE[2:5]


def case(
    folder: Path,
    grounds: Grounds,
    *,
    custody: Sequence[Mapping[str, Any]] = KEY_READS,
    dropped: Sequence[str] = (),
) -> tuple[dict[str, tuple[str, list[str]]], dict[str, str]]:
    """Verdicts of the forged uses and of any use that is accused, and the actor of each."""
    uses, issuances = office()
    for number, who in enumerate(VICTIMS):
        more = forged(number, who)
        uses, issuances = [*uses, *more[0]], [*issuances, *more[1]]
    issuances = [row for row in issuances if row["event_id"] not in dropped]
    with judged(folder, uses, issuances, custody, grounds) as con:
        found = verdicts(con)
        actors = dict(rows(con, "select use_id, actor from actor_of_use"))
    wanted = {use for use, (verdict, _) in found.items() if verdict not in ("issued", "unknown")}
    wanted |= {use for use in found if use.startswith("golden")}
    return {use: found[use] for use in sorted(wanted)}, actors


def test_the_chain_is_traced_as_one_actor(tmp_path: Path) -> None:
    """By its own token unissued, with the theft named; by the session that began so suspicious; one actor in all."""
    found, actors = case(tmp_path, COVERED)
    assert found == {
        **{f"golden {n} a": ("unissued", ["key-theft-precedes", "parent-not-issued"]) for n in range(3)},
        **{f"golden {n} b": ("suspicious", ["shares-session"]) for n in range(3)},
    }
    assert {actors[use] for use in found} == {"A1"}


def test_without_the_theft_the_farm_alone_convicts(tmp_path: Path) -> None:
    """Custody logs are often off: the missing assertion needs none."""
    found, _ = case(tmp_path, COVERED, custody=KEY_READS[:-1])
    assert {use: verdict for use, (verdict, reasons) in found.items() if "parent-not-issued" in reasons} == {
        f"golden {n} a": "unissued" for n in range(3)
    }


@pytest.mark.parametrize(
    "grounds",
    [Grounds(), declared(*ENTRA), declared("signin.adfs"), declared(*ENTRA, "signin.adfs", tenant="another")],
    ids=["nothing", "all but the farm", "the farm alone", "another tenant"],
)
def test_without_an_answer_for_every_log_nothing_is_unissued(grounds: Grounds, tmp_path: Path) -> None:
    """Where nobody answers for the farm's log, or for Entra's, a missing assertion is suspicious at most."""
    found, _ = case(tmp_path, grounds)
    assert {use: verdict for use, (verdict, _) in found.items()} == {
        f"golden {n} {use}": "suspicious" if use == "a" else "issued" for n in range(3) for use in "ab"
    }
    assert {tuple(reasons) for use, (_, reasons) in found.items() if use.endswith("a")} == {
        ("key-theft-precedes",)
    }


def test_a_day_that_the_farm_s_log_lacks_accuses_nobody(tmp_path: Path) -> None:
    """A node's log of the day of the attack is missing, and somebody had declared it complete: the gap shows."""
    dropped = [f"farm activity {45 + day}-{number}" for day in (0, 1) for number in range(10)]
    found, _ = case(tmp_path, COVERED, custody=(), dropped=dropped)
    assert {use: verdict for use, (verdict, _) in found.items() if verdict == "unissued"} == {}


def test_a_copied_activity_id_answers_for_nothing(tmp_path: Path) -> None:
    """The forger chooses the correlation id: that of an assertion made the day before, or for somebody else, is none."""
    uses, issuances = office()
    more_uses, more = forged(0, VICTIMS[0])
    more[0] |= {"parent_id": "activity 44-2"}
    again_uses, again = forged(1, VICTIMS[1])
    again[0] |= {"parent_id": "activity x"}
    minute_before = asserted("activity x", "other@corp.example", again[0]["time"] - MINUTE, "192.0.2.9")
    minute_before |= {"principal": "other@corp.example"}
    with judged(
        tmp_path,
        [*uses, *more_uses, *again_uses],
        [*issuances, *more, *again, minute_before],
        (),
        COVERED,
    ) as con:
        found = verdicts(con)
    assert {use: found[use][0] for use in ("golden 0 a", "golden 1 a")} == dict.fromkeys(
        ("golden 0 a", "golden 1 a"), "unissued"
    )
