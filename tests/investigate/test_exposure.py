"""How sure it is that a message was served: what a record says of it, and nothing more."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from judging import judged

from counterseal.core.engine.duckdb import rows
from counterseal.investigate.judgement import Grounds
from counterseal.investigate.summary import cannot_tell, messages
from counterseal.trust.realm import Key, KeyState, Realm, Realms

BEGIN = datetime(2026, 5, 4)
REALMS = Realms(
    (
        Realm("enterprise", tenants=("corp.example",), keys=(Key("e", ("e",), KeyState.ACTIVE),)),
        Realm("consumer", tenants=("home.example",), keys=(Key("c", ("c",), KeyState.ACTIVE),)),
    )
)


def forged(name: str, access: str, message: str, **more: Any) -> dict[str, Any]:
    """A use by the other realm's key that names one message."""
    return {
        "event_id": name, "time": BEGIN, "stream": "dovecot.mail", "tenant": "corp.example", "principal": "a@corp.example",
        "principal_type": "user", "mailbox": "a@corp.example", "token_id": "t", "key_id": "c", "access": access,
        "messages": [{"message_id": None, "item_id": message, "folder": "INBOX", "bytes": 10}], "outcome": "accepted",
        **more,
    }  # fmt: skip


def test_only_what_was_served_is_certain(tmp_path: Path) -> None:
    """A message that the actor copied or deleted was within reach; one he was also served is certain, once."""
    uses = [
        forged("u1", "bind", "INBOX/1"),
        forged("u2", "other", "INBOX/1", operation="flag_change"),
        forged("u3", "other", "INBOX/2", operation="delete"),
    ]
    with judged(tmp_path, uses, grounds=Grounds(realms=REALMS)) as con:
        assert rows(
            con, "select item_id, exposure, reason, items_min, items_max from exposed order by all"
        ) == [
            ("INBOX/1", "certain", "served", 1, 1),
            ("INBOX/2", "possible", "acted-on", 0, 1),
        ]
        found = messages(con)
    assert (found["certain"], found["possible_min"], found["possible_max"]) == (1, 0, 1)


def missing_logins(name: str, tenant: str) -> list[dict[str, Any]]:
    """A log-in on the first day and messages on all three: the log-ins of the other two are missing."""
    who = {"tenant": tenant, "mailbox": f"b@{tenant}"}
    return [
        forged(f"{name}-login", "other", "INBOX/1", stream="dovecot.login", **who),
        *(forged(f"{name}-{day}", "bind", "INBOX/1", time=BEGIN + timedelta(day), **who) for day in range(3)),
    ]


def test_a_stream_that_is_missing_is_said_of_its_tenant(tmp_path: Path) -> None:
    """Days are those of one tenant, never summed over tenants, and the only tenant concerned is named."""
    uses = [forged("u1", "bind", "INBOX/1"), *missing_logins("h", "home.example")]
    with judged(tmp_path, uses) as con:
        gaps = {gap["says"]: gap["days"] for gap in cannot_tell(con) if gap["code"].startswith("dovecot")}
    assert gaps == {
        "dovecot.login of home.example: the evidence has no record of this stream on these days": 2
    }
    with judged(tmp_path, [*uses, *missing_logins("t", "third.example")]) as con:
        gaps = {gap["says"]: gap["days"] for gap in cannot_tell(con) if gap["code"].startswith("dovecot")}
    assert gaps == {"dovecot.login of 2 tenants: the evidence has no record of this stream on these days": 2}


def test_the_rosters_counts_add_up_to_the_first_screens(tmp_path: Path) -> None:
    """What was served to uses only suspicious stands apart, in the roster as in the summary."""
    copied = {"token_id": "copied", "key_id": None, "stream": "gateway"}
    uses = [
        forged("u1", "bind", "INBOX/1"),
        forged("u2", "bind", "INBOX/1", **copied),
        forged("u3", "bind", "INBOX/2", **copied),
        forged("u4", "bind", "INBOX/3", mailbox="b@corp.example", **copied),
    ]
    other = {"event_id": "i", "time": BEGIN, "stream": "oidc.issued", "issuer": "corp.example", "tenant": "corp.example",
             "principal": "other@corp.example", "token_id": "copied", "outcome": "success"}  # fmt: skip
    with judged(tmp_path, uses, [other], grounds=Grounds(realms=REALMS)) as con:
        assert rows(con, "select mailbox, status, certain, suspected from mailboxes order by mailbox") == [
            ("a@corp.example", "victim", 1, 1),
            ("b@corp.example", "suspected", 0, 1),
        ]
        found = messages(con)
    assert (found["certain"], found["suspected"]) == (1, 2)


def blind_case(until: int = 12) -> list[dict[str, Any]]:
    """A mailbox with twenty genuine records a day, and forged ones on days 3 and 7 (by the other realm's key)."""
    uses = []
    for number in range(20 * until):
        time = BEGIN + timedelta(number // 20, 3600 * (number % 20))
        uses.append(
            forged(f"g{number}", "bind", f"own/{number}", time=time, key_id="e", token_id=f"t{number}")
        )
    uses += [
        forged(f"u{day}", "bind", f"INBOX/{day}", time=BEGIN + timedelta(day, 100), client_ip="9.9.9.9")
        for day in (3, 7)
    ]
    return uses


def stretches(folder: Path, uses: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """What no record names."""
    with judged(folder, uses, grounds=Grounds(realms=REALMS)) as con:
        assert messages(con)["certain"] == 2
        return rows(
            con,
            """select exposure, reason, folder, items_min, items_max, first_access, last_access, verdict from exposed
               where exposure <> 'certain' order by all""",
        )


def test_throttling_counts_whoevers_record_carries_the_flag(tmp_path: Path) -> None:
    """The owner's own record is flagged between the actor's: from then on the whole mailbox is presumed taken."""
    uses = blind_case()
    uses[100] |= {"throttled": True}
    flag = uses[100]["time"]
    assert stretches(tmp_path, uses) == [
        ("presumed", "throttled", "*", 0, None, flag, flag + timedelta(1), "forged")
    ]


def test_throttling_after_the_actors_last_record_leaves_more_possible(tmp_path: Path) -> None:
    """A flag some hours after his last record: what he did then would not be recorded. One days later says nothing."""
    uses = blind_case()
    uses[7 * 20 + 5] |= {"throttled": True}
    flag = uses[7 * 20 + 5]["time"]
    assert stretches(tmp_path / "a", uses) == [
        ("possible", "throttled", "*", 0, None, flag, flag + timedelta(1), "forged")
    ]
    uses = blind_case()
    uses[10 * 20] |= {"throttled": True}
    assert stretches(tmp_path / "b", uses) == []


def test_missing_days_inside_the_actors_access_leave_more_possible(tmp_path: Path) -> None:
    """He is on record before and after two days without any: what he was served then nobody knows, and it is not 0."""
    uses = blind_case()
    left = [use for use in uses if not 4 <= (use["time"] - BEGIN).days < 6]
    with judged(tmp_path, left, grounds=Grounds(realms=REALMS)) as con:
        assert (messages(con)["possible_min"], messages(con)["possible_max"]) == (0, None)
    assert stretches(tmp_path, left) == [
        ("possible", "gap", "*", 0, None, BEGIN + timedelta(4), BEGIN + timedelta(6), "forged")
    ]
