"""What whoever forges chooses, or a log leaves out or loses: neither frees him, nor accuses somebody else."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from judging import judged, verdicts
from test_judgement import ALWAYS, BEGIN, ISSUER, issued, many, used

from counterseal.core.engine.duckdb import rows
from counterseal.investigate.judgement import Grounds
from counterseal.investigate.summary import not_compared
from counterseal.trust.realm import Key, KeyState, Realm, Realms

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
DECLARED = Grounds(declared=[ALWAYS])
ENTERPRISE = Realm(
    "enterprise", (ISSUER,), ("corp.example",), ("https://mail.example",), max_lifetime=HOUR,
    keys=(Key("e1", ("e1",), KeyState.ACTIVE),),
)  # fmt: skip
CONSUMER = Realm(
    "consumer", ("https://login.example/consumer",), ("home.example",), ("https://home.example",),
    keys=(Key("c1", ("c1",), KeyState.ACTIVE),),
)  # fmt: skip
REALMS = Realms((ENTERPRISE, CONSUMER))


def judge(
    folder: Path, *more: dict[str, Any], grounds: Grounds = DECLARED, count: int = 30, **fields: Any
) -> Any:
    """The verdicts of genuine uses, each with these fields, and of more."""
    uses, issuances = many(count)
    with judged(folder, [*({**use, **fields} for use in uses), *more], issuances, grounds=grounds) as con:
        return verdicts(con)


@pytest.mark.parametrize("claimed", [30 * DAY, 3 * HOUR])
def test_a_token_dated_after_it_was_shown_is_judged_by_when_it_was_shown(
    tmp_path: Path, claimed: timedelta
) -> None:
    """A time of issue in the future leads out of no coverage, and is a reason of its own."""
    found = judge(tmp_path, used("u", "forged", time=BEGIN + 5 * DAY, issued_at=BEGIN + 5 * DAY + claimed))
    assert found["u"] == ("unissued", ["issue-time-implausible", "token-not-issued"])


def test_a_token_dated_back_behind_the_longest_lifetime_is_judged_by_when_it_was_shown(
    tmp_path: Path,
) -> None:
    """Where the realms file gives the longest lifetime, an older date says nothing."""
    since = replace(ALWAYS, begins=BEGIN)
    use = used("u", "forged", time=BEGIN + 5 * DAY, issued_at=BEGIN - 40 * DAY)
    found = judge(tmp_path, use, grounds=Grounds(declared=[since], realms=REALMS))
    assert found["u"] == ("unissued", ["issue-time-implausible", "token-not-issued"])


def test_without_a_longest_lifetime_an_old_date_may_be_true(tmp_path: Path) -> None:
    """It is only suspicious, where no token that matches was ever shown so old; with few matches not even that."""
    since = Grounds(declared=[replace(ALWAYS, begins=BEGIN)])
    use = used("u", "old", time=BEGIN + 5 * DAY, issued_at=BEGIN - 40 * DAY)
    assert judge(tmp_path, use, grounds=since)["u"] == ("suspicious", ["issue-time-implausible"])
    assert judge(tmp_path, use, grounds=since, count=10)["u"] == ("unknown", ["not-exported"])


def test_a_log_that_names_no_issuer_is_held_to_the_one_its_tokens_are_of(tmp_path: Path) -> None:
    """All its other tokens are on one issuer's record: a token on none is missing there."""
    found = judge(tmp_path, used("u", "forged", issuer=None), issuer=None)
    assert found.pop("u") == ("unissued", ["token-not-issued"])
    assert {verdict for verdict, _ in found.values()} == {"issued"}


def test_a_token_that_leaves_its_issuer_out_is_held_to_the_others(tmp_path: Path) -> None:
    """So is one that alone leaves it out."""
    assert judge(tmp_path, used("u", "forged", issuer=None))["u"] == ("unissued", ["token-not-issued"])


def test_a_foreign_issuer_is_named_where_the_realms_file_lists_the_realms(tmp_path: Path) -> None:
    """Nobody here has that issuer's log; that a token of his was let in is worth a look."""
    use = used("u", "forged", issuer=f"{ISSUER}/")
    found = judge(tmp_path, use, grounds=Grounds(declared=[ALWAYS], realms=REALMS))
    assert found["u"] == ("suspicious", ["issuer-outside-realm"])


def test_the_realm_of_a_request_is_its_audiences(tmp_path: Path) -> None:
    """The person's address says nothing of what the gateway guards; of several audiences one is enough."""
    use = used(
        "u", "x", "kid@home.example", key_id="c1", mailbox=None, tenant="home.example",
        audience="https://mail.example https://elsewhere.example",
    )  # fmt: skip
    with judged(tmp_path, [use], [issued("t")], grounds=Grounds(realms=REALMS)) as con:
        assert rows(con, "select realm from use") == [("enterprise",)]
        assert verdicts(con)["u"][0] == "forged"


@pytest.mark.parametrize("forged", [10, 16, 40])
def test_nobody_hides_in_his_own_noise(tmp_path: Path, forged: int) -> None:
    """However many tokens of one address are on no record: the declaration is measured by the others."""
    planted = [used(f"u{n}", f"forged {n}", client_ip="203.0.113.9") for n in range(forged)]
    found = judge(tmp_path, *planted, count=15)
    assert [found[f"u{n}"] for n in range(forged)] == [("unissued", ["token-not-issued"])] * forged


def test_a_log_that_lost_some_of_everybodys_accuses_nobody(tmp_path: Path) -> None:
    """Declared complete, and tokens of several people from their usual addresses have no record: only a measure may say more."""
    uses, issuances = many(200)
    kept = [row for number, row in enumerate(issuances) if number % 41]
    with judged(tmp_path, uses, kept, grounds=DECLARED) as con:
        found = verdicts(con)
    assert [found[f"g{number}"] for number in range(0, 200, 41)] == [
        ("unknown", ["declaration-contradicted"])
    ] * 5


def test_one_persons_missing_token_contradicts_no_declaration(tmp_path: Path) -> None:
    """Of one person alone a token is missing: somebody answers for the log, and is taken at his word."""
    uses, issuances = many(200)
    with judged(tmp_path, uses, issuances[1:], grounds=DECLARED) as con:
        assert verdicts(con)["g0"] == ("unissued", ["token-not-issued"])


def test_a_password_is_no_token(tmp_path: Path) -> None:
    """A mail server's own session, opened without a token, is no session of an issuer."""
    login = used(
        "login", None, stream="dovecot.login", source="dovecot", session_id="s", issuer=None, issued_at=None
    )
    opened = used(
        "mail", None, stream="dovecot.mail", source="dovecot", session_id="s", issuer=None, issued_at=None
    )
    everyone = Grounds(declared=[replace(ALWAYS, tenant="*")])
    found = judge(tmp_path, login, opened, grounds=everyone)
    assert (found["login"], found["mail"]) == (("unknown", ["no-token"]), ("unknown", ["no-token"]))


def app_only(number: int, address: str, token: str) -> dict[str, Any]:
    """A use by the one app that acts on its own here."""
    time = BEGIN + timedelta(days=number % 10, hours=number % 20)
    return {
        "event_id": f"{address}-{number}", "time": time, "issued_at": time, "source": "m365_audit", "stream": "mail-access",
        "tenant": "11111111-0000-4000-8000-000000000001", "principal": "backup", "principal_type": "app", "path": "rest",
        "app_id": "backup", "mailbox": f"p{number % 12}@corp.example", "token_id": token, "client_ip": address,
        "access": "bind", "outcome": "accepted",
    }  # fmt: skip


def test_an_app_that_acts_alone_is_measured_by_its_other_addresses(tmp_path: Path) -> None:
    """All its tokens from one address are on record and none from another: it is no longer its own only background."""
    uses = [app_only(number, "192.0.2.1", f"t{number}") for number in range(250)]
    issuances = [
        {**use, "event_id": f"i{n}", "stream": "signin.service-principal", "outcome": "success"}
        for n, use in enumerate(uses)
    ]
    forged = [app_only(number, "203.0.113.9", f"forged {number}") for number in range(30)]
    with judged(tmp_path, [*uses, *forged], issuances) as con:
        found = verdicts(con)
    inner = [found[use["event_id"]] for use in forged if 1 <= (use["time"] - BEGIN).days <= 8]
    assert {verdict for verdict, _ in inner} == {"unissued"}
    assert {found[use["event_id"]][0] for use in uses} <= {"issued"}


@pytest.mark.parametrize(
    ("field", "value"),
    [("app_id", "Mail Client"), ("key_id", "a-thumbprint"), ("audience", "https://mail.example")],
)
def test_a_field_that_two_logs_write_differently_is_no_part_of_the_tuple(
    tmp_path: Path, field: str, value: str
) -> None:
    """Everybody's tokens differ in it, so it is left out and said; whoever alone differs in another is still found."""
    uses, issuances = many()
    issuances = [{**row, field: "other"} for row in issuances]
    uses = [{**use, field: value} for use in uses]
    copied = {**uses[0], "event_id": "copied", "principal": "p4@corp.example"}
    with judged(tmp_path, [*uses, copied], issuances, grounds=DECLARED) as con:
        found = verdicts(con)
        assert rows(con, "select distinct field from incomparable") == [(field.removesuffix("_id"),)]
    assert found.pop("copied") == ("suspicious", ["id-reused"])
    assert {verdict for verdict, _ in found.values()} == {"issued"}


def test_one_person_who_differs_does_not_change_the_tuple(tmp_path: Path) -> None:
    """However many copied ids one person shows."""
    uses, issuances = many()
    uses = [{**use, "app_id": "other"} if number % 5 == 0 else use for number, use in enumerate(uses)]
    with judged(tmp_path, uses, issuances, grounds=DECLARED) as con:
        assert rows(con, "select * from incomparable") == []
        assert verdicts(con)["g0"] == ("suspicious", ["id-reused"])


def test_what_is_not_compared_is_said(tmp_path: Path) -> None:
    """Whoever signs the report must know that no match rests on that field."""
    uses, issuances = many()
    with judged(tmp_path, uses, [{**row, "app_id": "Mail"} for row in issuances], grounds=DECLARED) as con:
        assert not_compared(con) == [
            {
                "code": "incomparable: app",
                "says": f"the app in gateway is written otherwise than in the records of {ISSUER}: no match rests on it",
                "mailboxes": 0,
                "uses": 30,
                "days": 0,
            }
        ]


def test_an_id_that_comes_back_with_a_later_time_of_issue_is_not_misdated(tmp_path: Path) -> None:
    """Each record is held to its own time: a log that writes the time of each presentation there accuses nobody."""
    again = [
        used(f"u{day}", "again", time=BEGIN + day * DAY, issued_at=BEGIN + day * DAY) for day in range(3)
    ]
    found = judge(tmp_path, *again, grounds=Grounds())
    assert not [why for day in range(3) for why in found[f"u{day}"][1] if why == "issue-time-implausible"]
