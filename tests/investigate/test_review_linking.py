"""Innocent ways in which two logs disagree about one token, none of which may become an accusation."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from judging import judged, verdicts
from test_judgement import ALWAYS, BEGIN, HOUR, ISSUER, issued, many, used

from counterseal.core.engine.duckdb import rows
from counterseal.investigate.inputs import Declaration
from counterseal.investigate.judgement import Grounds
from counterseal.investigate.sql_files import step

DECLARED = Grounds(declared=[ALWAYS])


def test_a_person_whom_the_two_logs_spell_differently_is_no_victim(tmp_path: Path) -> None:
    """The id is on record under an alias: a contradiction to look at, never a token that was not issued."""
    uses, issuances = many()
    use = used("u", "t", "a.smith@corp.example")
    with judged(
        tmp_path, [*uses, use], [*issuances, issued("t", "alice@corp.example")], grounds=DECLARED
    ) as con:
        assert verdicts(con)["u"] == ("suspicious", ["id-reused"])


def test_an_id_with_another_tuple_counts_as_on_record_in_the_measure(tmp_path: Path) -> None:
    """Five people under an alias do not turn into five groups of tokens without a row."""
    uses, issuances = many()
    for issuance in issuances[::5]:
        issuance["principal"] = "renamed@corp.example"
    with judged(tmp_path, uses, issuances) as con:
        assert rows(con, "select sum(unmatched) from background where tokens > 0") == [(0,)]


def test_a_slow_clock_at_the_mail_server_contradicts_nothing(tmp_path: Path) -> None:
    """Ten minutes behind, the server sees a token before it was issued; the token's own issue time agrees."""
    uses, issuances = many()
    early = used("u", "t", time=BEGIN - timedelta(minutes=9))
    with judged(tmp_path, [*uses, early], [*issuances, issued("t")], grounds=DECLARED) as con:
        assert verdicts(con)["u"] == ("issued", [])


def test_a_guests_session_is_known_by_another_name_at_home(tmp_path: Path) -> None:
    """As for tokens: a guest's name and object id differ at home and contradict nothing."""
    use = used(
        "u",
        None,
        "a_home.example#EXT#@corp.example",
        session_id="s",
        principal_type="guest",
        principal_id="1",
    )
    with judged(tmp_path, [use], [issued("t", "a@home.example", session_id="s", principal_id="2")]) as con:
        assert verdicts(con)["u"] == ("issued", [])


def test_a_session_of_a_record_without_a_person_matches(tmp_path: Path) -> None:
    """Only fields that both sides log are compared."""
    use = used("u", None, session_id="s") | {"principal": None}
    with judged(tmp_path, [use], [issued("t", session_id="s")]) as con:
        assert verdicts(con)["u"] == ("issued", [])


def test_a_session_of_somebody_else_does_not_match(tmp_path: Path) -> None:
    """Both logs name a person, and not the same one."""
    with judged(
        tmp_path, [used("u", None, session_id="s")], [issued("t", "b@corp.example", session_id="s")]
    ) as con:
        assert rows(con, "select count(*) from link") == [(0,)]


def opened_days_after_login() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """An IMAP session opened before the declared time and still reading three days later."""
    uses, issuances = many()
    server: dict[str, Any] = {"source": "dovecot", "session_id": "s", "issued_at": None, "path": "imap"}
    login = used("login", "old", stream="dovecot.login", access="other", time=BEGIN, **server)
    opened = used("opened", None, stream="dovecot.mail", time=BEGIN + 72 * HOUR, issuer=None, **server)
    opened["issuer"] = None
    return [*uses, login, opened], issuances


def test_a_long_session_is_asked_about_when_its_token_was_shown(tmp_path: Path) -> None:
    """The token of a message opened on the fourth day was issued before the login, when nobody answers for the log."""
    uses, issuances = opened_days_after_login()
    late = Declaration(
        ISSUER, "oidc.issued", BEGIN + 24 * HOUR, datetime(2027, 1, 1), "the operator", "kept since"
    )
    with judged(tmp_path, uses, issuances, grounds=Grounds(declared=[late])) as con:
        assert verdicts(con)["opened"][0] == "unknown"


def test_a_session_that_goes_on_is_asked_about_before_it_was_first_seen(tmp_path: Path) -> None:
    """A session seen from the first day on may have begun before it, however late its last use."""
    uses, issuances = many()
    session = [
        used(f"s{day}", None, session_id="s", issued_at=None, time=BEGIN + day * 24 * HOUR)
        for day in (0, 60, 120)
    ]
    issuances = [{**issuance, "session_id": issuance["event_id"]} for issuance in issuances]
    since = Declaration(ISSUER, "oidc.issued", BEGIN, datetime(2027, 1, 1), "the operator", "kept since")
    with judged(tmp_path, [*uses, *session], issuances, grounds=Grounds(declared=[since])) as con:
        assert {verdicts(con)[f"s{day}"][0] for day in (0, 60, 120)} == {"unknown"}


def test_the_services_own_accounts_are_not_measured_against_people(tmp_path: Path) -> None:
    """No sign-in stream holds Exchange's own accounts: their tokens without a row are no finding."""
    tenant = "11111111-0000-4000-8000-000000000001"
    uses: list[dict[str, Any]] = []
    issuances: list[dict[str, Any]] = []
    for number in range(400):
        time = BEGIN + timedelta(days=number % 10, hours=6 + number % 12)
        both = {"time": time, "tenant": tenant, "principal": f"p{number % 20}@corp.example", "app_id": "mua",
                "token_id": f"t{number}", "issued_at": time}  # fmt: skip
        stream = ("signin.interactive", "signin.non-interactive")[number // 10 % 2]
        issuances.append({**both, "event_id": f"i{number}", "stream": stream, "outcome": "success"})
        uses.append({**both, "event_id": f"u{number}", "stream": "mail-access", "path": "owa", "outcome": "accepted",
                     "access": "bind", "mailbox": both["principal"], "principal_type": "user"})  # fmt: skip
    for number in range(12):
        time = BEGIN + timedelta(days=5, hours=number)
        uses.append({**uses[0], "event_id": f"x{number}", "time": time, "issued_at": time, "token_id": f"x{number}",
                     "principal": "NT AUTHORITY\\SYSTEM", "principal_type": None})  # fmt: skip
    with judged(tmp_path, uses, issuances) as con:
        assert {
            (verdict, *why) for name, (verdict, why) in verdicts(con).items() if name.startswith("x")
        } == {("unknown", "unlinkable")}


def test_the_basis_of_a_use_with_two_reasons_of_one_rank_is_the_first_reasons(tmp_path: Path) -> None:
    """Two reasons of equal length must not leave the basis to chance: the reason's own order decides."""
    use = used("u", "t", "b@corp.example")
    with judged(tmp_path, [use], [issued("t")]) as con:
        con.execute("insert into hit select 'u', 'suspicious', 'a-reasons', 'x', 'indicator', null, null")
        con.execute("insert into hit select 'u', 'suspicious', 'z-reasons', 'x', 'association', null, null")
        step(con, "verdicts")
        assert rows(con, "select basis, reasons from verdict") == [
            ("indicator", ["a-reasons", "id-reused", "z-reasons"])
        ]


def test_many_issuances_of_one_app_are_matched_by_the_instant(tmp_path: Path) -> None:
    """Without ids the person, the app and the instant match, five minutes to either side and no more."""
    moments = {"before": -299, "after": 299, "far": -301, "later": 301}
    uses = [used(name, None, issued_at=BEGIN + timedelta(seconds=offset)) for name, offset in moments.items()]
    with judged(tmp_path, uses, [issued("t")]) as con:
        found = rows(con, "select use_id, match from link order by use_id")
    assert found == [("after", "time"), ("before", "time")]
