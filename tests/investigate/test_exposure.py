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


def test_a_stream_that_is_missing_is_said_of_its_tenant(tmp_path: Path) -> None:
    """Days are those of one tenant, never summed over tenants, and the only tenant concerned is named."""
    uses = [
        forged("u1", "bind", "INBOX/1"),
        forged("u2", "bind", "INBOX/2", time=BEGIN + timedelta(2)),
        forged(
            "u3", "bind", "INBOX/1", tenant="home.example", mailbox="b@home.example", stream="dovecot.login"
        ),
    ]
    with judged(tmp_path, uses) as con:
        gaps = {gap["says"]: gap["days"] for gap in cannot_tell(con) if gap["code"].startswith("dovecot")}
    assert gaps == {
        "dovecot.login of home.example: the evidence has no record of this stream on these days": 2
    }
    other = forged(
        "u4", "bind", "INBOX/1", tenant="third.example", mailbox="c@third.example", stream="dovecot.login"
    )
    with judged(tmp_path, [*uses, other]) as con:
        gaps = {gap["says"]: gap["days"] for gap in cannot_tell(con) if gap["code"].startswith("dovecot")}
    assert gaps == {"dovecot.login of 2 tenants: the evidence has no record of this stream on these days": 2}
