"""The rules of judgement, each on the smallest tables that show it."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from judging import judged, verdicts

from counterseal.core.engine.duckdb import rows
from counterseal.investigate.inputs import Declaration, RosterEntry
from counterseal.investigate.judgement import Grounds
from counterseal.trust.realm import Key, KeyState, Realm, Realms

BEGIN = datetime(2026, 5, 4)  # a Monday
HOUR = timedelta(hours=1)
ISSUER = "https://login.example/enterprise"
ALWAYS = Declaration(
    ISSUER, "oidc.issued", datetime(2025, 1, 1), datetime(2027, 1, 1), "the operator", "kept whole"
)


def issued(token: str, who: str = "a@corp.example", time: datetime = BEGIN, **more: Any) -> dict[str, Any]:
    """An issuance of a self-hosted issuer."""
    return {
        "event_id": f"i-{token}", "time": time, "issued_at": time, "source": "oidc_provider", "stream": "oidc.issued",
        "issuer": ISSUER, "principal": who, "principal_type": "user", "app_id": "mua", "token_id": token,
        "outcome": "success", "evidence_file": "issuance", "evidence_record": 0, **more,
    }  # fmt: skip


def used(name: str, token: str | None, who: str = "a@corp.example", **more: Any) -> dict[str, Any]:
    """A message served by a mail server whose log names token and issuer."""
    return {
        "event_id": name, "time": BEGIN + HOUR, "issued_at": BEGIN, "source": "gateway_access", "stream": "gateway",
        "tenant": "corp.example", "issuer": ISSUER, "principal": who, "principal_type": "user", "mailbox": who,
        "operation": "GET", "path": "gateway", "token_id": token, "app_id": "mua", "client_ip": "198.51.100.1",
        "access": "bind", "outcome": "accepted", "evidence_file": "uses", "evidence_record": 0,
        "messages": [{"message_id": f"<{name}@corp.example>", "item_id": None, "folder": "INBOX", "bytes": 10}], **more,
    }  # fmt: skip


def many(count: int = 30) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Genuine tokens and their uses, of five people over ten days: the class they make is linkable."""
    uses, issuances = [], []
    for number in range(count):
        time = BEGIN + timedelta(days=number % 10, hours=8 + number % 5)
        who = f"p{number % 5}@corp.example"
        issuances.append(issued(f"t{number}", who, time))
        uses.append(used(f"g{number}", f"t{number}", who, time=time + HOUR, issued_at=time))
    return uses, issuances


def test_a_token_that_was_issued_is_issued(tmp_path: Path) -> None:
    """The tuple matches: issued, by token."""
    with judged(tmp_path, [used("u", "t")], [issued("t")]) as con:
        assert verdicts(con) == {"u": ("issued", [])}
        assert rows(con, "select match, basis from verdict") == [("token", "match")]


@pytest.mark.parametrize(
    ("field", "value", "named"),
    [
        ("principal", "b@corp.example", "principal"),
        ("app_id", "other", "app"),
        ("issuer", "https://login.example/consumer", "issuer"),
        ("audience", "https://other.example", "audience"),
        ("key_id", "k2", "key"),
        ("issued_at", BEGIN + 6 * timedelta(minutes=1), "time"),
    ],
)
def test_an_identifier_alone_matches_nothing(tmp_path: Path, field: str, value: object, named: str) -> None:
    """A copied token id with any other field of the tuple is no match, and says which field differs."""
    use = used("u", "t", audience="https://mail.example", key_id="k1") | {field: value}
    with judged(tmp_path, [use], [issued("t", audience="https://mail.example", key_id="k1")]) as con:
        assert rows(con, "select agrees, differs from link") == [(False, [named])]
        assert verdicts(con)["u"] == ("suspicious", ["id-reused"])


def test_one_audience_in_common_is_enough(tmp_path: Path) -> None:
    """An issuance for several audiences matches a use that logs one of them, in whatever order they stand."""
    use = used("u", "t", audience="https://mail.example https://api.example")
    with judged(tmp_path, [use], [issued("t", audience="https://API.example https://other.example")]) as con:
        assert verdicts(con) == {"u": ("issued", [])}


def test_a_record_that_names_only_the_resource_contradicts_no_app(tmp_path: Path) -> None:
    """Exchange Online as the only app of a use says nothing of the app that signed in."""
    use = used("u", "t", app_id="00000002-0000-0ff1-ce00-000000000000")
    with judged(tmp_path, [use], [issued("t", app_id="9199bf20-a13f-4107-85dc-02114787ef48")]) as con:
        assert verdicts(con) == {"u": ("issued", [])}


def test_a_guest_is_known_by_another_name_at_home(tmp_path: Path) -> None:
    """A guest's token matches although the issuer writes another name and object id."""
    use = used("u", "t", "a_home.example#EXT#@corp.example", principal_type="guest", principal_id="1")
    with judged(tmp_path, [use], [issued("t", "a@home.example", principal_id="2")]) as con:
        assert verdicts(con) == {"u": ("issued", [])}


def test_a_failed_or_interrupted_sign_in_clears_nothing(tmp_path: Path) -> None:
    """Only successful issuances match."""
    with judged(
        tmp_path, [used("u", "t")], [issued("t", outcome="interrupted"), issued("t", outcome="failure")]
    ) as con:
        assert rows(con, "select count(*) from link") == [(0,)]


def test_a_session_does_not_clear_a_token_that_has_an_id_of_its_own(tmp_path: Path) -> None:
    """An unmatched token in a known session stays unmatched."""
    with judged(tmp_path, [used("u", "forged", session_id="s")], [issued("t", session_id="s")]) as con:
        assert verdicts(con)["u"][0] != "issued"
        # What is undecided rests on nothing, though the session is on record.
        assert rows(con, "select verdict, basis, match from verdict") == [("unknown", None, "session")]


def test_a_session_clears_a_use_without_a_token_id(tmp_path: Path) -> None:
    """Without an id of its own the session of the same person matches."""
    with judged(tmp_path, [used("u", None, session_id="s")], [issued("t", session_id="s")]) as con:
        assert verdicts(con)["u"] == ("issued", [])


def test_declared_completeness_makes_a_missing_token_unissued(tmp_path: Path) -> None:
    """Somebody answers for the log, others match, one token is not in it."""
    uses, issuances = many()
    with judged(tmp_path, [*uses, used("u", "forged")], issuances, grounds=Grounds(declared=[ALWAYS])) as con:
        found = verdicts(con)
        assert found.pop("u") == ("unissued", ["token-not-issued"])
        assert {verdict for verdict, _ in found.values()} == {"issued"}
        assert rows(con, "select basis from verdict where use_id = 'u'") == [("declared",)]


def test_without_a_declaration_and_coverage_absence_proves_nothing(tmp_path: Path) -> None:
    """A log of a few hours covers no day: the missing token is unknown, never unissued."""
    with judged(tmp_path, [used("g", "t"), used("u", "forged")], [issued("t")]) as con:
        assert verdicts(con)["u"] == ("unknown", ["edge"])


def test_a_declaration_whose_records_match_nothing_is_not_believed(tmp_path: Path) -> None:
    """If hardly any token of the issuer matches the declared log, the join is broken, not the people."""
    uses = [used(f"u{number}", f"t{number}") for number in range(30)]
    with judged(tmp_path, uses, [issued("else")], grounds=Grounds(declared=[ALWAYS])) as con:
        assert {(verdict, *why) for verdict, why in verdicts(con).values()} == {
            ("unknown", "declaration-unmatched")
        }


def test_no_identifier_is_unknown_and_says_so(tmp_path: Path) -> None:
    """A record without token, session or issue time cannot be reconciled."""
    with judged(tmp_path, [used("u", None, issued_at=None)], [issued("t")]) as con:
        assert verdicts(con) == {"u": ("unknown", ["no-identifier"])}


def realms(state: KeyState = KeyState.ACTIVE, **dates: Any) -> Realms:
    """Two realms, one key each; the enterprise realm owns the mail domain."""
    return Realms(
        (
            Realm("consumer", tenants=("home.example",), keys=(Key("c1", ("c1",), state, **dates),)),
            Realm(
                "enterprise",
                issuers=(ISSUER,),
                tenants=("corp.example",),
                keys=(Key("e1", ("e1",), KeyState.ACTIVE),),
            ),
        )
    )


def test_a_key_of_another_realm_is_forgery_whatever_else_matches(tmp_path: Path) -> None:
    """The consumer key on an enterprise mailbox: forged, the actor bound by the key, the message certain."""
    uses = [used("good", "t", key_id="e1"), used("bad", "x", key_id="c1", client_ip="203.0.113.5")]
    with judged(tmp_path, uses, [issued("t", key_id="e1")], grounds=Grounds(realms=realms())) as con:
        found = verdicts(con)
        assert found["good"] == ("issued", [])
        assert found["bad"][0] == "forged"
        assert "key-outside-realm" in found["bad"][1]
        assert rows(con, "select actor, method, keys, mailboxes from actors") == [
            ("A1", "forgery", ["c1"], ["a@corp.example"])
        ]
        assert rows(con, "select message_id, exposure, reason, actor from exposed") == [
            ("<bad@corp.example>", "certain", "served", "A1")
        ]


def test_refused_uses_make_nobody_a_victim_but_count_as_attempts(tmp_path: Path) -> None:
    """After the last success, refusals of the same key are attempts of the same actor."""
    bad = used("bad", "x", key_id="c1")
    late = used("late", "y", "b@corp.example", key_id="c1", outcome="refused", time=BEGIN + 5 * HOUR)
    with judged(tmp_path, [bad, late], [], grounds=Grounds(realms=realms())) as con:
        assert rows(con, "select attempts_after from actors") == [(1,)]
        assert rows(con, "select mailbox, status from mailboxes order by mailbox") == [
            ("a@corp.example", "victim"),
            ("b@corp.example", "undetermined"),
        ]


def test_a_refused_use_is_no_use_of_its_key(tmp_path: Path) -> None:
    """A key that was shown and refused was seen, and used only where it was let in."""
    uses = [used("u", "t", key_id="k"), used("v", "w", key_id="k", outcome="refused", time=BEGIN + 2 * HOUR)]
    with judged(tmp_path, [*uses, used("x", "y", key_id="only-refused", outcome="refused")]) as con:
        assert rows(con, "select key_id, uses, last_seen from key order by key_id") == [
            ("k", 1, BEGIN + 2 * HOUR),
            ("only-refused", 0, BEGIN + HOUR),
        ]


def test_without_any_refusal_in_the_logs_eviction_is_not_claimed(tmp_path: Path) -> None:
    """No refused use at all: whether the actor is out is unknown, not zero attempts."""
    with judged(tmp_path, [used("bad", "x", key_id="c1")], [], grounds=Grounds(realms=realms())) as con:
        assert rows(con, "select attempts_after from actors") == [(None,)]


def test_sync_presumes_the_folder_and_knows_no_upper_bound(tmp_path: Path) -> None:
    """A synchronised folder: presumed, at least the messages any record names in it, at most unknown."""
    folder = [{"message_id": None, "item_id": None, "folder": "Sent", "bytes": None}]
    seen = used("seen", "t", key_id="e1")
    seen["messages"] = [
        {"message_id": f"<{n}>", "item_id": None, "folder": "Sent", "bytes": 1} for n in range(3)
    ]
    sync = used("sync", "x", key_id="c1", access="sync", messages=folder)
    with judged(tmp_path, [seen, sync], [issued("t", key_id="e1")], grounds=Grounds(realms=realms())) as con:
        assert rows(con, "select folder, exposure, reason, items_min, items_max from exposed") == [
            ("Sent", "presumed", "synchronised", 3, None)
        ]
        assert rows(con, "select certain, presumed_min, presumed_max from mailboxes") == [(0, 3, None)]


def test_throttling_inside_the_actors_access_presumes_the_whole_mailbox(tmp_path: Path) -> None:
    """From the flag on 24 hours are blind: folder `*`, no upper bound."""
    with judged(
        tmp_path, [used("bad", "x", key_id="c1", throttled=True)], [], grounds=Grounds(realms=realms())
    ) as con:
        found = rows(
            con,
            "select folder, items_max, last_access - first_access from exposed where reason = 'throttled'",
        )
        assert found == [("*", None, timedelta(hours=24))]


def test_a_record_whose_export_lost_the_items_is_possible_not_certain(tmp_path: Path) -> None:
    """Wreckage lowers exposure and names the export as the reason."""
    with judged(
        tmp_path, [used("bad", "x", key_id="c1", lossy="flattened")], [], grounds=Grounds(realms=realms())
    ) as con:
        assert rows(con, "select exposure, reason, items_min from exposed") == [
            ("possible", "export-lossy", 0)
        ]


def test_a_mailbox_that_only_the_roster_names_is_undetermined(tmp_path: Path) -> None:
    """Nobody is cleared by silence."""
    roster = [RosterEntry("Z@corp.example", organisation="Corp", licence="basic")]
    with judged(tmp_path, [used("u", "t")], [issued("t")], grounds=Grounds(roster=roster)) as con:
        assert rows(con, "select mailbox, organisation, status, reason from mailboxes order by mailbox") == [
            ("Z@corp.example", "Corp", "undetermined", "licence"),
            ("a@corp.example", "corp.example", "undetermined", "no-whole-day"),
        ]


def test_one_actor_across_two_tenants_by_a_rare_address(tmp_path: Path) -> None:
    """Forged uses in two organisations from one address that nobody else uses are one actor."""
    uses = [
        used("one", "x", key_id="c1", client_ip="203.0.113.5"),
        used("two", "y", "b@corp.example", key_id="c2", client_ip="203.0.113.5"),
    ]
    known = Realms((*realms().realms, Realm("other", keys=(Key("c2", ("c2",), KeyState.ACTIVE),))))
    with judged(tmp_path, uses, [], grounds=Grounds(realms=known)) as con:
        assert rows(con, "select actor, keys from actors") == [("A1", ["c1", "c2"])]


def test_a_mail_servers_session_lends_its_token_to_its_uses(tmp_path: Path) -> None:
    """The login line has the token, the opened message only the session."""
    login = used(
        "login", "t", source="dovecot", stream="dovecot.login", session_id="s", access="other", messages=None
    )
    opened = used(
        "open", None, source="dovecot", stream="dovecot.mail", session_id="s", issuer=None, issued_at=None
    )
    with judged(tmp_path, [login, opened], [issued("t")]) as con:
        assert verdicts(con) == {"login": ("issued", []), "open": ("issued", [])}


@pytest.mark.parametrize("threads", [1, 2])
def test_order_of_rows_and_threads_change_nothing(tmp_path: Path, threads: int) -> None:
    """The same rows in another order, on more threads: the same verdicts, actors and exposure."""
    uses, issuances = many()
    uses += [used("bad", "x", key_id="c1"), used("late", "z", key_id="c1", client_ip="203.0.113.5")]
    tables = []
    for turn in (uses, list(reversed(uses))):
        folder = tmp_path / str(len(tables))
        with judged(
            folder, turn, reversed(issuances), grounds=Grounds(realms=realms()), threads=threads
        ) as con:
            tables.append(
                [
                    rows(con, f"select * from {name} order by all")
                    for name in ("verdict", "actors", "exposed", "mailboxes")
                ]
            )
    assert tables[0] == tables[1]
