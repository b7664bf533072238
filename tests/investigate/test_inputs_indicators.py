"""Indicators in STIX, MISP, CSV and the built-in pack become windows over normalised values. All fixtures synthetic."""

import base64
import ipaddress
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterseal.core.engine.duckdb import Connection, column, connect, one, rows
from counterseal.core.errors import UsageError
from counterseal.investigate.indicator import Indicator, Skipped, ip_range, refang, token_key
from counterseal.investigate.inputs import INDICATOR, LEADS, Indicators, provider_ranges, read_indicators

NONE = timedelta(0)
IP = "00000000000000000000ffff"
USER_AGENT = "network-traffic:extensions.'http-request-ext'.request_header.'User-Agent'"


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    with connect(tmp_path_factory.mktemp("spill") / "spill", threads=1) as con:
        yield con


def read(folder: Path, content: str | dict[str, Any] | list[Any], margin: timedelta = NONE) -> Indicators:
    path = folder / "feed"
    path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    return read_indicators([path], margin)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]


def test_csv_rows_become_ranges_with_whole_days_and_a_margin(tmp_path: Path) -> None:
    """A last day is included to its end, the margin widens both sides, defanged addresses are addresses."""
    found = read(
        tmp_path,
        "# a comment\nkind,value,first_seen,last_seen,name\n"
        "ip,198.51.100[.]0/24,2026-05-01,2026-05-02,office\n"
        "ip,hxxps://203.0.113[.]9:8443/x,2026-05-01T02:00:00+02:00,,host\n",
        timedelta(hours=24),
    )
    assert found == Indicators(
        (
            Indicator(
                "feed#3",
                "ip",
                f"{IP}c6336400",
                f"{IP}c63364ff",
                utc(2026, 4, 30),
                utc(2026, 5, 4),
                "office",
                "feed",
            ),
            Indicator(
                "feed#4", "ip", f"{IP}cb007109", f"{IP}cb007109", utc(2026, 4, 30), None, "host", "feed"
            ),
        )
    )


def test_a_user_agent_is_weak_unless_the_analyst_says_otherwise(tmp_path: Path) -> None:
    """Printed quotation marks become straight; `weak` overrides the default both ways."""
    found = read(
        tmp_path, "kind,value,weak\nuser_agent,“Edge”;v=1,\nuser_agent,evil/1.0,no\nip,203.0.113.9,yes\n"
    )
    assert [(one.low, one.weak) for one in found.given] == [
        ('"Edge";v=1', True),
        ("evil/1.0", False),
        (f"{IP}cb007109", True),
    ]


@pytest.mark.parametrize(
    ("content", "what", "advice"),
    [
        ("kind,valeu\nip,1\n", "unknown column 'valeu'", "did you mean 'value'?"),
        ("kind,name\nip,1\n", "no column 'value'", None),
        ("kind,value\nip4,203.0.113.9\n", "unknown kind 'ip4'", "did you mean 'ip'?"),
        ("kind,value\nip,203.0.113.999\n", "not an address: 203.0.113.999", None),
        (
            "kind,value,first_seen\nip,203.0.113.9,May\n",
            "not a time: May (write 2023-05-15 or 2023-05-15T02:11:40Z)",
            None,
        ),
        (
            "kind,value,first_seen,last_seen\nip,203.0.113.9,2026-05-02,2026-04-01\n",
            "last seen 2026-04-01 lies before first seen 2026-05-02",
            None,
        ),
        ("kind,value\nip,203.0.113.9,x\n", "more cells than columns", "quote the cells that hold a comma"),
        ("kind,value,weak\nip,203.0.113.9,maybe\n", "weak is yes or no", None),
        ("{", "not JSON", "give STIX 2.1, MISP JSON or CSV"),
        ("{}", "neither a STIX bundle nor a MISP event", "give STIX 2.1, MISP JSON or CSV"),
    ],
)
def test_a_mistake_in_the_analysts_own_file_is_told_with_its_line(
    tmp_path: Path, content: str, what: str, advice: str | None
) -> None:
    """Every mistake is a UsageError that names the file, and the line where there are lines."""
    with pytest.raises(UsageError) as caught:
        read(tmp_path, content)
    assert caught.value.what == what
    assert str(caught.value.where).startswith("feed")
    assert advice is None or caught.value.next_step == advice


def stix(**fields: Any) -> dict[str, Any]:
    defaults = {
        "type": "indicator",
        "id": "indicator--1",
        "name": "n",
        "pattern_type": "stix",
        "valid_from": "2026-05-01T00:00:00Z",
    }
    return {"type": "bundle", "objects": [{"type": "identity"}, defaults | fields]}


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("[ipv4-addr:value = '198.51.100.7']", [("ip", f"{IP}c6336407", f"{IP}c6336407", False)]),
        ("[ipv4-addr:value ISSUBSET '198.51.100.0/30']", [("ip", f"{IP}c6336400", f"{IP}c6336403", False)]),
        ("[ipv6-addr:value = '2001:db8::1']", [("ip", f"20010db8{1:024x}", f"20010db8{1:024x}", False)]),
        (
            "[ipv4-addr:value = '198.51.100.7' OR ipv4-addr:value IN ('198.51.100.8', '198.51.100.9')]",
            [("ip", f"{IP}c633640{n}", f"{IP}c633640{n}", False) for n in (7, 8, 9)],
        ),
        (
            f"[network-traffic:src_ref.value = '198.51.100.7' AND {USER_AGENT} = 'it\\'s AND 1']",
            [
                ("ip", f"{IP}c6336407", f"{IP}c6336407", True),
                ("user_agent", "it's AND 1", "it's AND 1", True),
            ],
        ),
        ("[email-message:message_id = '<a@b>']", [("message", "a@b", "a@b", False)]),
        (
            "[x509-certificate:hashes.'SHA-1' = 'd4b4cccda9228624656bff33d8110955779632aa']",
            [
                ("key", form, form, False)
                for form in (
                    "d4b4cccda9228624656bff33d8110955779632aa",
                    "1LTMzakihiRla_8z2BEJVXeWMqo",
                    "D4B4CCCDA9228624656BFF33D8110955779632AA",
                )
            ],
        ),
        (
            "[x-entra-token:uti = 'AAECAwQFBgcICQoLDA0ODw']",
            [
                (
                    "token",
                    "03020100-0504-0706-0809-0a0b0c0d0e0f",
                    "03020100-0504-0706-0809-0a0b0c0d0e0f",
                    False,
                )
            ],
        ),
        (
            "[x-entra-token:sid = 'S'] OR [x-entra-token:app_id = 'APP']",
            [("session", "S", "S", False), ("app", "app", "app", False)],
        ),
    ],
)
def test_a_stix_pattern_becomes_its_comparisons(
    tmp_path: Path, pattern: str, expected: list[tuple[Any, ...]]
) -> None:
    """OR gives independent indicators, AND weak ones; every spelling of a key is looked for."""
    found = read(tmp_path, stix(pattern=pattern, valid_until="2026-05-03T00:00:00Z"))
    assert [(one.kind, one.low, one.high, one.weak) for one in found.given] == expected
    assert found.skipped == ()
    assert {(one.indicator, one.begins, one.ends) for one in found.given} == {
        ("indicator--1", utc(2026, 5, 1), utc(2026, 5, 3))
    }


def test_a_stix_qualifier_narrows_the_window(tmp_path: Path) -> None:
    """START and STOP say when it was seen, better than the indicator's own validity."""
    pattern = "[ipv4-addr:value = '198.51.100.7'] START t'2026-05-02T00:00:00Z' STOP t'2026-05-02T06:00:00Z'"
    (found,) = read(tmp_path, stix(pattern=pattern)).given
    assert (found.begins, found.ends) == (utc(2026, 5, 2), utc(2026, 5, 2, 6))


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"pattern": "[ipv4-addr:value = '198.51.100.7']", "revoked": True}, "revoked by its author"),
        ({"pattern": "alert tcp any", "pattern_type": "snort"}, "pattern type snort"),
        ({"pattern": "[ipv4-addr:value NOT = '198.51.100.7']"}, "pattern not understood"),
        ({"pattern": "[ipv4-addr:value LIKE '198.%']"}, "pattern not understood"),
        ({"pattern": "[ipv4-addr:value = '198.51.100.7'] REPEATS 3 TIMES"}, "pattern not understood"),
        ({"pattern": "[" + "a" * 30_000}, "pattern is too long"),
        ({"pattern": "[file:hashes.MD5 = 'aa']"}, "no log here shows file:hashes.md5"),
        ({"pattern": "[ipv4-addr:value = 'nowhere']"}, "not an address: nowhere"),
        (
            {"pattern": "[ipv4-addr:value = '198.51.100.7']", "valid_from": "soon"},
            "not a time: soon (write 2023-05-15 or 2023-05-15T02:11:40Z)",
        ),
    ],
)
def test_what_a_feed_holds_beyond_our_logs_is_skipped_and_said(
    tmp_path: Path, fields: dict[str, Any], why: str
) -> None:
    """A feed is not the analyst's to mend: what cannot be used is reported, never half understood."""
    assert read(tmp_path, stix(**fields)) == Indicators((), (Skipped("feed: indicator--1", why),))


@pytest.mark.parametrize(
    "wrap", [lambda e: {"Event": e}, lambda e: [{"Event": e}], lambda e: {"response": [{"Event": e}]}]
)
def test_a_misp_event_in_each_of_its_wrappings(tmp_path: Path, wrap: Any) -> None:
    """Attributes of events and objects; sighting dates of the object stand in; context and deleted ones are not findings."""
    event = {
        "info": "campaign",
        "Attribute": [
            {
                "uuid": "1",
                "type": "ip-dst|port",
                "value": "198.51.100.7|443",
                "to_ids": True,
                "first_seen": "2026-05-01T00:00:00.000000+00:00",
                "last_seen": "2026-05-02T00:00:00.000000+00:00",
            },
            {"uuid": "2", "type": "ip-src", "value": "198.51.100.8", "to_ids": False},
            {"uuid": "3", "type": "email-message-id", "value": "<a@b>", "to_ids": True, "deleted": True},
            {"uuid": "4", "type": "jarm-fingerprint", "value": "06d"},
            {"uuid": "5", "type": "user-agent", "value": "evil/1.0", "to_ids": True},
        ],
        "Object": [
            {
                "name": "x509",
                "first_seen": "2026-05-01",
                "Attribute": [
                    {"uuid": "6", "type": "x509-fingerprint-sha1", "value": "1LTMzakihiRla_8z2BEJVXeWMqo"}
                ],
            }
        ],
    }
    found = read(tmp_path, wrap(event))
    assert [
        (one.indicator, one.kind, one.low[-8:], one.begins, one.ends, one.weak) for one in found.given
    ] == [
        ("1", "ip", "c6336407", utc(2026, 5, 1), utc(2026, 5, 2), False),
        ("2", "ip", "c6336408", None, None, True),
        ("5", "user_agent", "evil/1.0", None, None, True),
        ("6", "key", "JVXeWMqo", utc(2026, 5, 1), None, False),
        ("6", "key", "779632aa", utc(2026, 5, 1), None, False),
        ("6", "key", "779632AA", utc(2026, 5, 1), None, False),
    ]
    assert {one.name for one in found.given} == {"campaign"}
    assert found.skipped == (
        Skipped("feed: 3", "deleted by its author"),
        Skipped("feed: 4", "no log here shows jarm-fingerprint"),
    )


def test_the_built_in_pack_has_every_published_address_in_its_window() -> None:
    """38 addresses with both ends, two keys in all spellings, four user agents that are weak."""
    found = read_indicators(["storm-0558"], NONE)
    addresses = [one for one in found.given if one.kind == "ip"]
    assert found.skipped == ()
    assert (len(addresses), len({one.low for one in addresses})) == (38, 38)
    assert all(
        one.begins
        and one.ends
        and not one.weak
        and utc(2023, 3, 9) <= one.begins < one.ends <= utc(2023, 7, 13)
        for one in addresses
    )
    assert {one.low for one in found.given if one.kind == "key"} == {
        "1LTMzakihiRla_8z2BEJVXeWMqo",
        "d4b4cccda9228624656bff33d8110955779632aa",
        "D4B4CCCDA9228624656BFF33D8110955779632AA",
        "Q-oCF945Bmo2Fk4hZV6O17LvqmfkFVAzg3raJt9rtZ4",
        "43ea0217de39066a36164e21655e8ed7b2efaa67e4155033837ada26df6bb59e",
        "43EA0217DE39066A36164E21655E8ED7B2EFAA67E4155033837ADA26DF6BB59E",
    }
    assert [one.weak for one in found.given if one.kind == "user_agent"] == [True] * 4


def test_a_file_of_that_name_beats_the_pack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What lies on the analyst's disk is what he meant."""
    (tmp_path / "storm-0558").write_text("kind,value\nip,203.0.113.9\n")
    monkeypatch.chdir(tmp_path)
    assert [one.low for one in read_indicators(["storm-0558"]).given] == [f"{IP}cb007109"]


@given(st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)), st.integers(0, 32))
def test_a_range_is_the_engines_key_of_its_ends(engine: Connection, address: Any, prefix: int) -> None:
    """Python's low and high are what the engine computes of the network's first and last address."""
    network = ipaddress.ip_network(f"{address}/{prefix}", strict=False)
    expected = one(engine, "select ip_key_of(?), ip_key_of(?)", [str(network[0]), str(network[-1])])
    assert ip_range(str(network)) == expected


@given(
    st.one_of(
        st.uuids().map(str),
        st.binary(min_size=16, max_size=16).map(lambda b: base64.urlsafe_b64encode(b).decode()[:22]),
        st.text(max_size=50).filter(lambda t: "\x00" not in t),
    )
)
def test_a_token_id_is_normalised_as_the_engine_does(engine: Connection, token: str) -> None:
    """Indicators of tokens and sessions meet the `token_key` that ingest computed."""
    assert token_key(token) == one(engine, "select token_key_of(?)", [token])[0]


@given(st.text(max_size=30))
def test_refanging_is_total_and_idempotent_on_addresses(text: str) -> None:
    """No text breaks it, and an address that was not defanged stays as it is."""
    refang(text)
    assert refang(refang("198.51.100[.]7")) == "198.51.100.7"


def test_leads_are_what_may_not_be_a_finding(engine: Connection, tmp_path: Path) -> None:
    """Outside its window, without one, or weak: counted as leads; inside its window: not a lead but a finding."""
    found = read(
        tmp_path,
        "kind,value,first_seen,last_seen,name\nip,198.51.100.7,2026-05-01,2026-05-01,in\nip,198.51.100.8,2026-05-01,2026-05-01,out\n"
        "ip,198.51.100.9,,,open\nuser_agent,Edge,2026-05-01,2026-05-01,weak\n",
    )
    engine.execute(
        "create or replace table indicator ("
        + ", ".join(f"{column(n)} {k}" for n, k in INDICATOR.items())
        + ")"
    )
    engine.executemany(
        f"insert into indicator values ({', '.join('?' * len(INDICATOR))})",
        [list(row) for row in found.rows()],
    )
    engine.execute(
        """create or replace table use as select * from (values
            ('u1', timestamp '2026-05-01 10:00', 'a@x', ip_key_of('198.51.100.7'), 'Edge/1', null, null, null, null, null),
            ('u2', timestamp '2026-05-09 10:00', 'a@x', ip_key_of('198.51.100.8'), 'other', null, null, null, null, null),
            ('u3', timestamp '2026-05-09 11:00', 'b@x', ip_key_of('198.51.100.9'), 'other', null, null, null, null, null))
            as v(use_id, time, mailbox_key, ip_key, user_agent, app_id, client_app_id, token_key, session_key, key_id)"""
    )
    assert [(row[1], row[3], row[4], row[5], row[6]) for row in rows(engine, LEADS)] == [
        ("out", False, False, 1, 1),
        ("open", False, True, 1, 1),
        ("weak", True, False, 1, 1),
    ]


@pytest.mark.parametrize(
    ("address", "provider"),
    [
        ("127.0.0.1", "loopback"),
        ("10.9.0.1", "private"),
        ("::1", "loopback"),
        ("2603:10a6:6:34::5", "Microsoft"),
        ("2603:10b6::1", "Microsoft"),
        ("198.51.100.7", None),
        ("2001:db8::1", None),
        ("2603:1100::1", None),
    ],
)
def test_provider_ranges_hold_what_binds_nothing(address: str, provider: str | None) -> None:
    """Loopback, private and Microsoft's own front ends; documentation ranges, used in synthetic cases, are ordinary."""
    key = ip_range(address)[0]
    assert next((name for low, high, name in provider_ranges() if low <= key <= high), None) == provider
