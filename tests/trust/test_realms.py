"""The realms file is read whole or refused, and every refusal names the place."""

import textwrap
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from counterseal.core.case import KEYS
from counterseal.core.errors import TrustError
from counterseal.trust.realms import Key, KeyState, Realm, Realms, load_realms, parse_realms

GOOD = """
[realms.consumer]
issuers = ["https://login.example/{tenantid}/v2.0"]
tenants = ["9188040D-6C67-4C5B-B112-36A304B66DAD"]
audiences = ["mail", "shared"]
max_lifetime = "28h"
complete = true
complete_since = 2016-01-01T00:00:00Z

[[realms.consumer.keys]]
kid = "1LTMzakihiRla_8z2BEJVXeWMqo"
state = "revoked"
not_before = 2016-04-05T14:43:35Z
not_after = 2021-04-04T14:43:35Z
revoked_at = 2023-06-29T02:00:00+02:00

[realms.enterprise]
tenants = ["ent.example"]
audiences = ["shared", "Files"]

[[realms.enterprise.keys]]
kid = "ent-1"
state = "active"
"""

RFC7638_KEY = (
    'jwk = {kty = "RSA", e = "AQAB", n = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFx'
    "uhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2Qv"
    "zqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr"
    '3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"}'
)
"""Source: RFC 7638 3.1."""


def test_a_file_becomes_realms_with_every_spelling_of_a_key() -> None:
    """Templates are filled, tenants folded, instants kept, a thumbprint gets its hex and base64url forms."""
    assert parse_realms(GOOD, "r.toml") == Realms(
        (
            Realm(
                "consumer",
                issuers=("https://login.example/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0",),
                tenants=("9188040d-6c67-4c5b-b112-36a304b66dad",),
                audiences=("mail", "shared"),
                max_lifetime=timedelta(hours=28),
                complete=True,
                complete_since=datetime(2016, 1, 1, tzinfo=UTC),
                keys=(
                    Key(
                        "1LTMzakihiRla_8z2BEJVXeWMqo",
                        (
                            "1LTMzakihiRla_8z2BEJVXeWMqo",
                            "d4b4cccda9228624656bff33d8110955779632aa",
                            "D4B4CCCDA9228624656BFF33D8110955779632AA",
                        ),
                        KeyState.REVOKED,
                        not_before=datetime(2016, 4, 5, 14, 43, 35, tzinfo=UTC),
                        not_after=datetime(2021, 4, 4, 14, 43, 35, tzinfo=UTC),
                        revoked_at=datetime(2023, 6, 29, 0, 0, tzinfo=UTC),
                    ),
                ),
            ),
            Realm(
                "enterprise",
                tenants=("ent.example",),
                audiences=("shared", "Files"),
                keys=(Key("ent-1", ("ent-1",), KeyState.ACTIVE),),
            ),
        )
    )


def test_realm_rows_leave_out_an_audience_that_names_no_one_realm() -> None:
    """The view `realm` in lower case; "shared" belongs to both realms and so tells neither."""
    assert parse_realms(GOOD, "r.toml").realm_rows() == [
        ("consumer", "issuer", "https://login.example/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0"),
        ("consumer", "tenant", "9188040d-6c67-4c5b-b112-36a304b66dad"),
        ("consumer", "audience", "mail"),
        ("consumer", "max-lifetime", "100800"),
        ("consumer", "complete-since", "2016-01-01 00:00:00.000000"),
        ("consumer", "complete-until", "9999-12-31 00:00:00"),
        ("enterprise", "tenant", "ent.example"),
        ("enterprise", "audience", "files"),
    ]


def test_key_rows_have_the_columns_of_the_case_and_one_row_a_spelling() -> None:
    """The view `key`: naive UTC instants, complete as declared, given true, nothing counted."""
    rows = parse_realms(GOOD, "r.toml").key_rows()
    assert {len(row) for row in rows} == {len(KEYS)}
    assert rows[1] == (
        "consumer",
        "d4b4cccda9228624656bff33d8110955779632aa",
        "revoked",
        datetime(2016, 4, 5, 14, 43, 35),
        datetime(2021, 4, 4, 14, 43, 35),
        None,
        datetime(2023, 6, 29, 0, 0),
        True,
        True,
        None,
        None,
        None,
        None,
    )
    assert [row[1] for row in rows] == [
        "1LTMzakihiRla_8z2BEJVXeWMqo",
        "d4b4cccda9228624656bff33d8110955779632aa",
        "D4B4CCCDA9228624656BFF33D8110955779632AA",
        "ent-1",
    ]


def test_canonical_names_each_key_once_for_all_its_spellings() -> None:
    """What counts and shows keys can fold the spellings again."""
    assert set(parse_realms(GOOD, "r.toml").canonical()) == {
        ("consumer", "1LTMzakihiRla_8z2BEJVXeWMqo", "1LTMzakihiRla_8z2BEJVXeWMqo"),
        ("consumer", "d4b4cccda9228624656bff33d8110955779632aa", "1LTMzakihiRla_8z2BEJVXeWMqo"),
        ("consumer", "D4B4CCCDA9228624656BFF33D8110955779632AA", "1LTMzakihiRla_8z2BEJVXeWMqo"),
        ("enterprise", "ent-1", "ent-1"),
    }


def test_a_jwk_gives_its_rfc7638_thumbprint_as_a_spelling() -> None:
    """The vector of RFC 7638 3.1."""
    text = f'[realms.r]\ntenants = ["t"]\n[[realms.r.keys]]\nkid = "k"\nstate = "active"\n{RFC7638_KEY}\n'
    key = parse_realms(text, "r.toml").realms[0].keys[0]
    assert (key.key_id, key.material) == ("k", "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs")
    assert key.material in key.spellings


def key_of(lines: str) -> str:
    return f'[realms.r]\ntenants = ["t"]\n[[realms.r.keys]]\n{lines}\n'


REFUSED = [
    ("[realms.r", "the realms file is not TOML", None),
    ("", "no realm", None),
    ('[[keys]]\nkid = "k"', "a key without a realm", "write it under [[realms.NAME.keys]]"),
    ('[realm.r]\ntenants = ["t"]', "unknown name 'realm'", "did you mean 'realms'?"),
    ('[realms.r]\ntenant = ["t"]', "unknown name 'tenant'", "did you mean 'tenants'?"),
    ("[realms.r]", "the realm has neither issuers, tenants nor audiences", None),
    (
        '[realms.r]\nissuers = ["https://x/{tenantid}"]',
        "an issuer template without tenants fits every tenant",
        None,
    ),
    ('[realms.r]\nissuers = ["https://x/*"]', "issuer 'https://x/*'", "the only placeholder is {tenantid}"),
    ('[realms.r]\ntenants = "t"', "tenants is not a list of texts", None),
    ('[realms.r]\ntenants = ["t"]\nalgorithms = ["HS256"]', "algorithm 'HS256'", None),
    ('[realms.r]\ntenants = ["t"]\nmax_lifetime = "1 week"', "max_lifetime is no duration", None),
    ('[realms.r]\ntenants = ["t"]\ncomplete = "yes"', "complete is true or false", None),
    (
        '[realms.r]\ntenants = ["t"]\ncomplete_since = 2026-01-01T00:00:00Z',
        "complete_since or complete_until without complete = true",
        None,
    ),
    (key_of('state = "active"'), "a key without an id", None),
    (key_of('kid = "k"'), "state 'None'", "it is one of active, retired, revoked"),
    (
        key_of('kid = "k"\nstate = "active"\nrevoked_a = 2026-01-01T00:00:00Z'),
        "unknown name 'revoked_a'",
        "did you mean 'revoked_at'?",
    ),
    (
        key_of('kid = "k"\nstate = "retired"\nretired_at = 2026-01-01T00:00:00'),
        "retired_at has no zone",
        "write 2026-01-01T00:00:00Z for UTC",
    ),
    (
        key_of('kid = "k"\nstate = "retired"\nretired_at = 2026-01-01'),
        "retired_at is not a date and time",
        None,
    ),
    (
        key_of('kid = "k"\nstate = "active"\nrevoked_at = 2026-01-01T00:00:00Z'),
        "an active key that was retired or revoked",
        "set its state",
    ),
    (
        key_of('kid = "k"\nstate = "retired"\nrevoked_at = 2026-01-01T00:00:00Z'),
        "revoked_at on a key that is not revoked",
        None,
    ),
    (
        key_of(
            'kid = "k"\nstate = "active"\nnot_before = 2026-01-02T00:00:00Z\nnot_after = 2026-01-01T00:00:00Z'
        ),
        "not_after lies before not_before",
        None,
    ),
    (key_of('x5t = "abc"\nstate = "active"'), "x5t is no thumbprint of 20 bytes", "hex or base64url"),
    (key_of('kid = "k"\nstate = "active"\njwk = {kty = "oct", k = "AA"}'), "a private key (member k)", None),
    (
        key_of('kid = "k"\nstate = "active"\njwk = {kty = "RSA", n = "AQAB", e = "AQAB"}'),
        "an RSA key of 17 bits",
        "the least is 2048",
    ),
    (
        key_of('kid = "k"\nstate = "active"\njwk = {kty = "EC", crv = "P-256", x = "AA"}'),
        "jwk: member y is missing",
        None,
    ),
    (
        key_of('kid = "k"\nstate = "active"\njwk = {kid = "other", kty = "OKP", crv = "Ed25519", x = "AA"}'),
        "jwk has another kid than its entry",
        None,
    ),
    (
        key_of(
            'kid = "k"\nstate = "active"\n[[realms.r.keys]]\nkid = "x"\naliases = ["k"]\nstate = "active"'
        ),
        "key id 'k' twice in one realm",
        None,
    ),
    (
        GOOD.replace('kid = "ent-1"', 'sha1 = "D4:B4:CC:CD:A9:22:86:24:65:6B:FF:33:D8:11:09:55:77:96:32:AA"'),
        "one key in two realms: 1LTMzakihiRla_8z2BEJVXeWMqo",
        None,
    ),
    (
        GOOD.replace("ent.example", "9188040d-6c67-4c5b-b112-36a304b66dad"),
        "one tenant in two realms: 9188040d-6c67-4c5b-b112-36a304b66dad",
        None,
    ),
]


@pytest.mark.parametrize(("text", "what", "advice"), REFUSED, ids=[what for _, what, _ in REFUSED])
def test_what_is_not_clear_is_refused_as_a_whole(text: str, what: str, advice: str | None) -> None:
    """Each fault raises its own TrustError, says where, and advises where there is one right answer."""
    with pytest.raises(TrustError) as caught:
        parse_realms(textwrap.dedent(text), "r.toml")
    assert caught.value.what == what
    assert str(caught.value.where).startswith("r.toml")
    assert advice is None or caught.value.next_step == advice


def test_a_plain_kid_may_name_another_key_in_another_realm() -> None:
    """A kid names a key inside one realm only (RFC 8725 3.8): "1" and "1" are two keys."""
    text = '[realms.a]\ntenants = ["a"]\n[[realms.a.keys]]\nkid = "1"\nstate = "active"\n'
    realms = parse_realms(text + text.replace("realms.a", "realms.b").replace('["a"]', '["b"]'), "r.toml")
    assert [(row[0], row[1]) for row in realms.key_rows()] == [("a", "1"), ("b", "1")]


def test_a_missing_or_binary_file_is_a_users_mistake(tmp_path: Path) -> None:
    """Both are told as TrustError naming the file."""
    broken = tmp_path / "r.toml"
    broken.write_bytes(b"\xff\xfe\x00")
    for path in (tmp_path / "none.toml", broken):
        with pytest.raises(TrustError, match="realms file"):
            load_realms(path)


def test_the_manuals_example_is_a_realms_file() -> None:
    """What docs/how-to/realms.md shows can be used as it stands."""
    page = (Path(__file__).parents[2] / "docs" / "how-to" / "realms.md").read_text("utf-8")
    example = page.split("```toml\n")[1].split("```")[0]
    assert [
        (realm.name, [key.key_id for key in realm.keys])
        for realm in parse_realms(example, "realms.md").realms
    ] == [
        ("consumer", ["1LTMzakihiRla_8z2BEJVXeWMqo"]),
        ("enterprise", ["ent-2025", "ent-2026"]),
    ]
