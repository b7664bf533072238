"""The ceiling: what a case says it can prove is what its evidence holds, and never less than it proved."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from judging import judged

from counterseal.investigate.answers import Answer, Answers
from counterseal.investigate.inputs import Declaration
from counterseal.investigate.judgement import Grounds
from counterseal.investigate.tier import CEILINGS, tier_reached
from counterseal.trust.realm import Key, KeyState, Realm, Realms

BEGIN = datetime(2026, 5, 4, tzinfo=UTC)
ISSUER = "https://login.example"
USE = {
    "time": BEGIN, "stream": "gateway", "issuer": ISSUER, "principal": "a", "principal_type": "user", "token_id": "t",
    "outcome": "accepted",
}  # fmt: skip
ISSUED = {
    "time": BEGIN, "stream": "oidc.issued", "issuer": ISSUER, "principal": "a", "principal_type": "user", "token_id": "t",
    "outcome": "success",
}  # fmt: skip
DECLARED = Grounds(
    declared=[
        Declaration(ISSUER, "oidc.issued", BEGIN - timedelta(30), BEGIN + timedelta(30), "me", "it is whole")
    ]
)
ANSWERED = Grounds(answers=Answers((Answer("Q-1", None, "token", "t", "no", "an issuer"),)))
KNOWN = Grounds(
    realms=Realms((Realm("enterprise", issuers=(ISSUER,), keys=(Key("k", ("k",), KeyState.ACTIVE),)),))
)

CASES: dict[str, tuple[list[dict[str, Any]], list[dict[str, Any]], Grounds]] = {
    "keys": ([USE | {"key_id": "k"}], [ISSUED], KNOWN),
    "digests": ([USE | {"digest": "d"}], [ISSUED | {"digest": "e"}], Grounds()),
    "taken-back": ([USE], [ISSUED, ISSUED | {"event_id": "r", "outcome": "revoked"}], DECLARED),
    "covered-without-realms": ([USE | {"key_id": "k"}], [ISSUED], DECLARED),
    "covered": ([USE], [ISSUED], DECLARED),
    "answered": ([USE | {"mailbox": "a@corp.example"}], [], ANSWERED),
    "mailboxes": ([USE | {"mailbox": "a@corp.example"}], [ISSUED], Grounds()),
    "uses": ([USE], [ISSUED], Grounds()),
    "nothing": ([USE | {"outcome": "refused"}], [ISSUED], Grounds()),
}


@pytest.mark.parametrize("holds", CEILINGS)
def test_the_ceiling_is_what_the_evidence_holds(holds: str, tmp_path: Path) -> None:
    """Each kind of evidence has its ceiling, keys and digests before the issuer's word, that before coverage."""
    use, issuance, grounds = CASES[holds]
    with judged(tmp_path, use, issuance, grounds=grounds) as con:
        found = tier_reached(con)
    assert (found["ceiling"], found["because"]) == CEILINGS[holds]


def test_a_ceiling_is_never_below_what_was_reached(tmp_path: Path) -> None:
    """Uses that name no mailbox can be suspicious: the id is a real one, the person another."""
    other = {"event_id": "u2", "principal": "b"}
    with judged(tmp_path, [USE, USE | other], [ISSUED]) as con:
        assert tier_reached(con) == {
            "ceiling": "suspicious",
            "reached": "suspicious",
            "because": CEILINGS["uses"][1],
        }
