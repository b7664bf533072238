"""Dovecot's lines: real samples, each field by itself, and text that an attacker may have put there."""

import json
import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterseal.evidence.dovecot_lines import read_line
from counterseal.evidence.log_stamps import Stamped, split_stamp

HERE = Path(__file__).parent
SAMPLES = Path(os.environ.get("COUNTERSEAL_TESTDATA", "absent")) / "samples" / "crowdsec-hub"
Ingest = Callable[..., tuple[Any, dict[str, list[dict[str, Any]]]]]

NO_YEAR = "time-unreadable: not a time, or without a year, and no other line of this file decides it"


def counted(found: dict[str, list[dict[str, Any]]]) -> Counter[tuple[str, ...]]:
    """Uses by operation and outcome, rejects by reason, and how many are out of scope."""
    counts = Counter((use["path"], use["operation"], use["outcome"]) for use in found.get("use", []))
    counts.update((reject["reason"],) for reject in found.get("rejected", []))
    counts[("out of scope",)] = len(found.get("out_of_scope", []))
    return +counts


@pytest.mark.skipif(
    not SAMPLES.is_dir(), reason="COUNTERSEAL_TESTDATA names no folder with samples/crowdsec-hub"
)
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "dovecot-logs.log",
            {
                ("imap", "Login (PLAIN)", "refused"): 2,
                ("imap", "Login", "refused"): 1,
                ("pop3", "Login (PLAIN)", "refused"): 1,
                ("pop3", "Login", "refused"): 1,
                ("pop3", "Login (PLAIN)", "accepted"): 1,
                ("out of scope",): 9,
            },
        ),
        ("dovecot-spam.log", {(NO_YEAR,): 6, ("out of scope",): 6}),
    ],
)
def test_real_samples(
    name: str, expected: dict[tuple[str, ...], int], ingest_text: Ingest, tmp_path: Path
) -> None:
    """Each line of the public samples is what it should be; without any year in the file no time is invented."""
    done, found = ingest_text(tmp_path, (SAMPLES / name).read_bytes())
    assert counted(found) == expected
    assert done.read == sum(expected.values())


@pytest.mark.skipif(
    not SAMPLES.is_dir(), reason="COUNTERSEAL_TESTDATA names no folder with samples/crowdsec-hub"
)
def test_a_password_in_the_log_stays_there(ingest_text: Ingest, tmp_path: Path) -> None:
    """Auth lines may hold a password in clear: none of it reaches a row, a reject or a warning."""
    done, found = ingest_text(tmp_path, (SAMPLES / "dovecot-logs.log").read_bytes())
    assert "Password123" not in repr((done, found))


LOGIN = (
    "2026-11-24T10:00:00+00:00 mx1 dovecot: imap-login: Login: user=<alice@ent.example>, method=OAUTHBEARER, rip=192.0.2.1,"
    " lip=192.0.2.2, session=<s1>, jti=<genuine-1>, kid=<ent-2026>, iss=<https://login.ent.example>"
)
CHANGED = (
    "2026-11-24T10:00:00+00:00 mx1 dovecot: imap(alice@ent.example)<21><s1>: copy from INBOX: box=Archive, uid=7,"
    " msgid=<m1@elsewhere.example>, size=268"
)
EVENT: dict[str, Any] = {
    "event": "mail_opened",
    "hostname": "mx1",
    "start_time": "2026-11-24T08:00:01.808001Z",
    "end_time": "2026-11-24T08:00:01.808256Z",
    "categories": ["mail", "service:imap", "imap"],
    "fields": {
        "user": "alice@ent.example",
        "remote_ip": "192.0.2.10",
        "session": "s1",
        "reason_code": ["imap:cmd_uid_fetch", "imap:fetch_body"],
        "mailbox": "INBOX",
        "uid": 1,
    },
}


def said(line: str) -> dict[str, Any]:
    """What is read in a line, without its hash."""
    return {name: value for name, value in (read_line(line) or {}).items() if name != "id"}


@pytest.mark.parametrize("field", ["Login", "user", "method", "rip", "session", "jti", "kid", "iss"])
def test_no_field_of_a_login_is_idle(field: str) -> None:
    """Renaming any field that a login line is read by changes what is read."""
    assert said(
        LOGIN.replace(f"{field}=", f"x{field}=").replace("Login:", "x:" if field == "Login" else "Login:")
    ) != said(LOGIN)


@pytest.mark.parametrize("field", ["copy", "box", "uid", "msgid", "size"])
def test_no_field_of_a_change_is_idle(field: str) -> None:
    """Renaming any field that a mail_log line is read by changes what is read."""
    assert said(CHANGED.replace(f" {field}", f" x{field}")) != said(CHANGED)


@pytest.mark.parametrize("field", ["event", "end_time", "categories", "fields", *EVENT["fields"]])
def test_no_field_of_an_event_is_idle(field: str) -> None:
    """Renaming any field that an exported event is read by changes what is read."""
    assert said(json.dumps(EVENT).replace(f'"{field}"', f'"x{field}"')) != said(json.dumps(EVENT))


@pytest.mark.parametrize(
    ("reasons", "operation"),
    [
        (["imap:cmd_uid_fetch", "imap:fetch_body"], "mail_opened (fetch_body)"),
        (["imap:cmd_fetch", "imap:fetch_header"], "mail_opened (fetch_header)"),
        (["imap:cmd_fetch", "mail:snippet"], "mail_opened"),
        (["pop3:cmd_retr"], "mail_opened (cmd_retr)"),
        (["vendor:unheard_of"], "mail_opened"),
        ([], "mail_opened"),
        (["imap:cmd_search"], None),
        (["imap:cmd_uid_search", "mail:snippet"], None),
        (["imap:cmd_append"], None),
        (["imap:cmd_uid_copy"], None),
        (["imap:cmd_sort", "mailbox:sort"], None),
        (["lmtp:cmd_data"], None),
        (["indexer:index_mailbox"], None),
        (["doveadm:cmd_fetch"], None),
        (["pop3:initialize"], None),
    ],
)
def test_why_a_message_was_opened_decides_whether_it_was_served(
    reasons: list[str], operation: str | None
) -> None:
    """Searching, storing, sorting, delivering and indexing open messages and serve nothing; the unknown counts."""
    event = {**EVENT, "fields": {**EVENT["fields"], "reason_code": reasons}}
    assert (read_line(json.dumps(event)) or {}).get("operation") == operation


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Nov  4 10:00:00 mx1 x: y", Stamped(None, "11-04 10:00:00", None, "mx1 x: y")),
        ("<22>Nov 4 10:00:00.25 mx1 x: y", Stamped(None, "11-04 10:00:00.25", None, "mx1 x: y")),
        ("Nov 24 2026 10:00:00 mx1 x: y", Stamped(None, "11-24 10:00:00", "2026", "mx1 x: y")),
        ("2026 Nov 24 10:00:00 mx1 x: y", Stamped(None, "11-24 10:00:00", "2026", "mx1 x: y")),
        ("2026-11-24 10:00:00,123 x: y", Stamped(None, "11-24 10:00:00.123", "2026", "x: y")),
        (
            "2026-11-24T10:00:00.1234567+0530x: y",
            Stamped("2026-11-24T10:00:00.123456+0530", None, None, "x: y"),
        ),
        (
            "<22>1 2026-11-24T10:00:00Z mx1 a 7 - - x",
            Stamped("2026-11-24T10:00:00Z", None, None, "mx1 a[7]: x"),
        ),
        ("@4000000069242b0a1dcd6500 x: y", Stamped("@1763977984.500000", None, None, "x: y")),
        ("@ffffffffffffffff1dcd6500 x: y", None),
        ("today x: y", None),
    ],
)
def test_stamps(line: str, expected: Stamped | None) -> None:
    """Every kind of stamp is taken apart; what is none is left alone."""
    assert split_stamp(line) == expected


@given(st.text(), st.integers(0, len(LOGIN)), st.sampled_from([LOGIN, CHANGED, json.dumps(EVENT)]))
def test_no_text_makes_the_parser_fail(noise: str, place: int, line: str) -> None:
    """Whatever stands in a line, alone or in the middle of a good one, gives a mapping that is JSON, or nothing."""
    for text in (noise, line[:place] + noise + line[place:]):
        assert isinstance(json.dumps(read_line(text)), str)


PIECES = [
    ">",
    "<",
    ", ",
    "session=<FAKE>",
    "user=<eve@x.example>",
    "kid=<other>",
    "iss=<other>",
    "jti=<",
    "Login: ",
    "x",
]


SESSION_LAST = LOGIN.replace(" session=<s1>,", "") + ", session=<s1>"


@given(
    st.lists(st.sampled_from(PIECES) | st.text(max_size=9)).map("".join),
    st.sampled_from([LOGIN, SESSION_LAST]),
)
def test_a_token_id_moves_neither_session_nor_key(token_id: str, line: str) -> None:
    """Whatever an attacker writes into jti, the session, the key and the issuer stay those of the server."""
    found = read_line(line.replace("genuine-1", token_id)) or {}
    assert (found["user"], found["session"], found["kid"], found["iss"]) == (
        "alice@ent.example",
        "s1",
        "ent-2026",
        "https://login.ent.example",
    )


@pytest.mark.parametrize(
    "hostile",
    [
        '{"event":"mail_opened","categories":[],"fields":' + "[" * 100_000,
        '{"event":"mail_opened","categories":[],"fields":{"uid":' + "9" * 5_000 + "}}",
    ],
    ids=["deep", "long-number"],
)
def test_hostile_json_is_damaged_and_no_more(hostile: str) -> None:
    """Nesting and numbers beyond Python's limits are a damaged record."""
    assert read_line(hostile) == {"what": "damaged"}


def test_long_lines_take_no_longer_than_their_length() -> None:
    """A line of a megabyte of what each pattern likes best is read at once (a quadratic pattern would take hours)."""
    for filling in (" ", "a", "<", ">", "(", "kid=<", ", kid", "[", '"', "="):
        read_line(LOGIN.replace("genuine-1", filling * (1_000_000 // len(filling))))
        read_line("<22>1 2026-11-24T10:00:00Z mx1 a 7 - [" + filling * (1_000_000 // len(filling)))
