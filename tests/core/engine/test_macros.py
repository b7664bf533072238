"""Every shared SQL function, on the spellings found in real logs and on text that is nothing of the kind."""

import ipaddress
import uuid
from base64 import b64encode, urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from counterseal.core.engine.duckdb import Connection, connect, one

HOSTILE = [
    "",
    " ",
    "now",
    "today",
    "epoch",
    "infinity",
    "-infinity",
    "null",
    "9" * 5000,
    "1" * 400 + ".",
    "\x00",
    "é",
]
GUID = "c9d2d808-0efe-48cb-eaec-08da3028eb80"


@pytest.fixture(scope="module")
def con(tmp_path_factory: pytest.TempPathFactory):
    """One connection with the macros loaded."""
    with connect(tmp_path_factory.mktemp("spill")) as connection:
        yield connection


def call(con: Connection, macro: str, *arguments: object) -> object:
    """The macro over a column, as sources use it, not over a constant that the planner folds away."""
    columns = ", ".join(f"?::varchar as a{number}" for number in range(len(arguments)))
    names = ", ".join(f"a{number}" for number in range(len(arguments)))
    con.execute(f"create or replace temp table argument as select {columns}", list(arguments))
    return one(con, f"select {macro}({names}) from argument")[0]


@pytest.mark.parametrize(
    ("written", "instant"),
    [
        ("2021-05-18T21:13:33", datetime(2021, 5, 18, 21, 13, 33)),
        ("2021-05-18 21:13:33", datetime(2021, 5, 18, 21, 13, 33)),
        ("2026-01-24T06:54:24.0000000Z ", datetime(2026, 1, 24, 6, 54, 24)),
        (" 2026-01-24T06:54:24", datetime(2026, 1, 24, 6, 54, 24)),
        ("2021-05-18T21:13:33.1234567", datetime(2021, 5, 18, 21, 13, 33, 123456)),
        ("2021-05-18T21:13:33.123456789Z", datetime(2021, 5, 18, 21, 13, 33, 123456)),
        ("2021-05-18T21:13:33.9999999+00:00", datetime(2021, 5, 18, 21, 13, 33, 999999)),
        ("2021-05-18T21:13:33.1234567+02:00", datetime(2021, 5, 18, 19, 13, 33, 123456)),
        ("2021-05-18T21:13:33-0730", datetime(2021, 5, 19, 4, 43, 33)),
        ("2021-05-18 21:13:33+02", datetime(2021, 5, 18, 19, 13, 33)),
        ("2023-10-25 17:44:53 UTC", datetime(2023, 10, 25, 17, 44, 53)),
        ("2023-10-25T17:44", datetime(2023, 10, 25, 17, 44)),
        ("5/18/2021 9:13:33 PM", datetime(2021, 5, 18, 21, 13, 33)),
        ("5/18/2021 12:00:00 AM", datetime(2021, 5, 18)),
        ("4/28/2021, 3:05:26.000 PM", datetime(2021, 4, 28, 15, 5, 26)),
        ("04/28/2021 15:05:26", datetime(2021, 4, 28, 15, 5, 26)),
        ("4/28/2021 3:05 PM", datetime(2021, 4, 28, 15, 5)),
        ("2021-02-30T00:00:00", None),
        ("2021-05-18", None),
        ("13/13/2021 9:13:33 PM", None),
        ("2021-05-18T21:13:33 nonsense", None),
        ("1700000000", None),
        (None, None),
        *((text, None) for text in HOSTILE),
    ],
)
def test_utc(con: Connection, written: str | None, instant: datetime | None) -> None:
    """An instant is UTC whatever its spelling; what is none is null, and nothing means "now"."""
    assert call(con, "utc", written) == instant


@given(
    instant=st.datetimes(datetime(1971, 1, 1), datetime(2199, 1, 1)),
    minutes=st.integers(-14 * 60, 14 * 60),
    separator=st.sampled_from("T "),
)
@settings(max_examples=60, deadline=None)
def test_utc_agrees_with_python(con: Connection, instant: datetime, minutes: int, separator: str) -> None:
    """Any offset that Python writes is undone."""

    local = instant + timedelta(minutes=minutes)
    sign, size = ("-" if minutes < 0 else "+"), abs(minutes)
    written = local.isoformat(separator) + f"{sign}{size // 60:02d}:{size % 60:02d}"
    assert call(con, "utc", written) == instant


@pytest.mark.parametrize(
    ("written", "instant"),
    [
        ("1700000000", datetime(2023, 11, 14, 22, 13, 20)),
        (" 1700000000.5 ", datetime(2023, 11, 14, 22, 13, 20, 500000)),
        ("1700000000123", datetime(2023, 11, 14, 22, 13, 20, 123000)),
        ("1.7e9", datetime(2023, 11, 14, 22, 13, 20)),
        ("17", None),
        ("2021-05-18T21:13:33", None),
        (None, None),
        *((text, None) for text in HOSTILE),
    ],
)
def test_epoch_utc(con: Connection, written: str | None, instant: datetime | None) -> None:
    """Seconds and milliseconds are told apart by size; small and absurd numbers are no instants."""
    assert call(con, "epoch_utc", written) == instant


@pytest.mark.parametrize(
    ("token", "key"),
    [
        ("AAECAwQFBgcICQoLDA0ODw", "03020100-0504-0706-0809-0a0b0c0d0e0f"),
        ("_-_-_-_-_-_-_-_-_-_-_w", "fbeffffb-effb-fbef-ffbe-effbffbeeffb"),
        (b64encode(GUID.encode()).decode(), GUID),
        (GUID.upper(), GUID),
        (GUID, GUID),
        ("x" * 48, "x" * 48),
        ("not", "not"),
        ("AAECAwQFBgcICQoLDA0OD!", "AAECAwQFBgcICQoLDA0OD!"),
        ("0190f3d2c7", "0190f3d2c7"),
        (None, None),
        *((text, text) for text in HOSTILE),
    ],
)
def test_token_key_of(con: Connection, token: str | None, key: str | None) -> None:
    """The four spellings of one GUID compare equal; any other id stays as spelt, since it may be case-sensitive."""
    if token == "_-_-_-_-_-_-_-_-_-_-_w":
        raw = bytes.fromhex("fbeffffb" * 0) or __import__("base64").urlsafe_b64decode(token + "==")
        key = str(uuid.UUID(bytes_le=raw))
    assert call(con, "token_key_of", token) == key


@given(value=st.uuids())
@settings(max_examples=60, deadline=None)
def test_token_key_of_any_guid(con: Connection, value: uuid.UUID) -> None:
    """Base64url of the little-endian bytes, base64 of the text and both cases of the text are one key."""
    spelt = [
        urlsafe_b64encode(value.bytes_le).decode().rstrip("="),
        b64encode(str(value).encode()).decode(),
        str(value),
        str(value).upper(),
    ]
    assert [call(con, "token_key_of", text) for text in spelt] == [str(value)] * 4


@pytest.mark.parametrize(
    ("address", "plain"),
    [
        ("1.2.3.4", "1.2.3.4"),
        ("1.2.3.4:443", "1.2.3.4"),
        ("[1.2.3.4]", "1.2.3.4"),
        ("[1.2.3.4]:80", "1.2.3.4"),
        (" 1.2.3.4 ", "1.2.3.4"),
        ("NAME (10.9.0.1)", "10.9.0.1"),
        ("::ffff:1.2.3.4", "1.2.3.4"),
        ("::FFFF:102:304", "1.2.3.4"),
        ("2603:10a6:20b:1c7::13", "2603:10a6:20b:1c7::13"),
        ("2603:10A6:20B:1C7::13", "2603:10a6:20b:1c7::13"),
        ("[2603:10a6::1]:443", "2603:10a6::1"),
        ("::", "::"),
        ("::1", "::1"),
        ("1::", "1::"),
        ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"),
        ("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"),
        ("64:ff9b::192.0.2.33", "64:ff9b::c000:221"),
        ("1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"),
        ("fe80::1%eth0", "fe80::1"),
        ("localhost", None),
        ("host.example", None),
        ("999.1.1.1", None),
        ("1.2.3", None),
        ("1.2.3.4.5", None),
        ("1:2:3:4:5:6:7:8:9", None),
        ("1:2:3", None),
        ("1::2::3", None),
        (":::", None),
        ("1:2:3:4:5:6:7:8::", None),
        ("12345::1", None),
        ("g::1", None),
        ("::999.1.1.1", None),
        ("[", None),
        ("()", None),
        (None, None),
        *((text, None) for text in HOSTILE),
    ],
)
def test_ip_key_of(con: Connection, address: str | None, plain: str | None) -> None:
    """Every spelling of an address gives its 16 bytes in hex, IPv4 mapped; what is no address gives null."""
    expected = None
    if plain:
        parsed = ipaddress.ip_address(plain)
        mapped = parsed if parsed.version == 6 else ipaddress.ip_address(f"::ffff:{plain}")
        expected = mapped.packed.hex()
    assert call(con, "ip_key_of", address) == expected


@given(address=st.ip_addresses())
@settings(max_examples=100, deadline=None)
def test_ip_key_of_agrees_with_python(
    con: Connection, address: ipaddress.IPv4Address | ipaddress.IPv6Address
) -> None:
    """Compressed and exploded spellings of any address give its bytes."""
    packed = address.packed if address.version == 6 else bytes(10) + b"\xff\xff" + address.packed
    assert [call(con, "ip_key_of", text) for text in (str(address), address.exploded)] == [packed.hex()] * 2


@given(text=st.text("0123456789abcdef:.[]()% ", max_size=40))
@settings(max_examples=150, deadline=None)
def test_ip_key_of_is_total(con: Connection, text: str) -> None:
    """No text raises, and whatever is given a key is 32 hex digits."""
    key = call(con, "ip_key_of", text)
    assert key is None or (len(str(key)) == 32 and int(str(key), 16) >= 0)


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("12", 12),
        (" 12 ", 12),
        ("1.0", 1),
        ("1156492.00", 1156492),
        ("1e9", 1000000000),
        ("-3", -3),
        ("0", 0),
        ("1e300", None),
        ("nan", None),
        ("twelve", None),
        (None, None),
        *((text, None) for text in HOSTILE),
    ],
)
def test_whole(con: Connection, written: str | None, number: int | None) -> None:
    """A count is read in every spelling seen; numbers past what a double can count are none."""
    assert call(con, "whole", written) == number


@pytest.mark.parametrize(
    ("written", "value"),
    [
        *((text, True) for text in ("True", "true", "TRUE", " true ", "1")),
        *((text, False) for text in ("False", "false", "0")),
        *((text, None) for text in ("yes", "2", None, *HOSTILE)),
    ],
)
def test_flag(con: Connection, written: str | None, value: bool | None) -> None:
    """Only the two words and the two digits are flags."""
    assert call(con, "flag", written) is value


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("a", "a"),
        (" a b ", "a b"),
        ("nobody", "nobody"),
        ("nullable", "nullable"),
        ("--", "--"),
        *(
            (text, None)
            for text in ("", "  ", "null", "NULL", " Null ", "N/A", "-", "none", "Not Available", "undefined")
        ),
        (None, None),
    ],
)
def test_said(con: Connection, written: str | None, kept: str | None) -> None:
    """Words that stand for nothing are null; everything else is kept, trimmed."""
    assert call(con, "said", written) == kept


@pytest.mark.parametrize(
    ("pairs", "wanted", "value"),
    [
        ("[{'Name':'IsThrottled','Value':'True'}]", "isthrottled", "True"),
        (
            "[{'Name':' MailAccessType','Value':'Bind'},{'Name':'IsThrottled','Value':'False'}]",
            "MailAccessType",
            "Bind",
        ),
        ("[{'Name':'A','Value':'1'},{'Name':'A','Value':'2'}]", "A", "1"),
        ("[{'Name':'A','Value':null}]", "A", None),
        ("[{'Name':null,'Value':'1'}]", "A", None),
        ("[]::struct(Name varchar, Value varchar)[]", "A", None),
        ("null::struct(Name varchar, Value varchar)[]", "A", None),
    ],
)
def test_named(con: Connection, pairs: str, wanted: str, value: str | None) -> None:
    """The first entry of that name, in any case; an entry without a value says nothing."""
    assert one(con, f"select named({pairs}, ?)", [wanted]) == (value,)


GRAPH = "00000003-0000-0000-C000-000000000000"
EXCHANGE = "00000002-0000-0ff1-ce00-000000000000"


@pytest.mark.parametrize(
    ("app", "client", "acting"),
    [
        ("A", "B", "a"),
        (GRAPH, "B", "b"),
        (EXCHANGE, " B ", "b"),
        (GRAPH, "", GRAPH.lower()),
        (GRAPH, None, GRAPH.lower()),
        (None, "B", "b"),
        ("", "B", "b"),
        ("A", None, "a"),
        ("", " ", None),
        (None, None, None),
    ],
)
def test_acting_app_of(con: Connection, app: str | None, client: str | None, acting: str | None) -> None:
    """The client app acts where the other one is a resource or missing."""
    assert call(con, "acting_app_of", app, client) == acting


def test_connection_leaves_no_spill(tmp_path: Path) -> None:
    """The scratch folder is emptied before and gone after."""
    spill = tmp_path / "spill"
    spill.mkdir()
    (spill / "old").write_text("left by a killed run")
    with connect(spill) as connection:
        assert not (spill / "old").exists()
        assert one(connection, "select current_setting('TimeZone')") == ("UTC",)
    assert not spill.exists()
    assert datetime.now(UTC)
