"""Maps: what each form of a field and column gives, that a map comes first, and that every mistake is told with its place."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from counterseal.core.case import Case
from counterseal.core.engine.duckdb import connect, literal, rows
from counterseal.core.errors import UsageError
from counterseal.evidence.files import hashed
from counterseal.evidence.ingest import Ingested, ingest
from counterseal.evidence.mapping import load_maps, parse_map

HEAD = 'name = "m"\nkind = "use"\nstream = "gateway"\n'
JSON_MAP = HEAD + '[record]\nhas = ["at"]\n[columns]\ntime = "at"\noutcome = { constant = "accepted" }\n'


def events(
    tmp_path: Path, text: str, content: str, columns: str, kind: str = "use"
) -> tuple[Ingested, list[Any], list[str]]:
    """What one file gives by one map: sums, columns of its events, and why records were rejected."""
    path, case = tmp_path / "evidence", Case(tmp_path / "case")
    path.write_text(content, "utf-8")
    with connect(case.spill, threads=2) as con:
        done = ingest(con, case, hashed(path, "evidence"), maps=[parse_map(text, "map")])
        parquet = case.root / "events" / kind / f"{done.sha256}.parquet"
        query = f"select {columns} from read_parquet({literal(str(parquet))}) order by evidence_record"
        found = rows(con, query) if parquet.exists() else []
    rejects = case.root / "events" / "rejected" / f"{done.sha256}.ndjson"
    reasons = (
        [json.loads(line)["reason"] for line in rejects.read_text().splitlines()] if rejects.exists() else []
    )
    return done, found, reasons


FORMS = {
    '"a"': "plain",
    '"o.in"': "deep",
    '"/x.y"': "dotted",
    '"/list/1"': "second",
    '["none", "a"]': "plain",
    '{ constant = "it\'s" }': "it's",
    "{ field = \"a\", pattern = '^(pl)' }": "pl",
    '{ field = "mail", part = "domain" }': "ent.example",
    '{ field = "url", part = "path" }': "/a",
    '{ field = "number", values = { 200 = "yes" } }': "yes",
    '{ field = "truth", values = { true = "yes" } }': "yes",
    '{ field = "a", values = { 1 = "no" }, otherwise = "else" }': "else",
    '{ field = "none", values = { 1 = "no" }, otherwise = "else" }': None,
    '"dash"': None,
    '"o"': '{"in":"deep"}',
    '"quo\'te"': "quoted",
}
RECORD = {
    "at": "2026-05-15T02:10:00Z", "a": "plain", "o": {"in": "deep"}, "x.y": "dotted", "list": ["first", "second"],
    "mail": "A@Ent.Example", "url": "/a?token=x", "number": 200, "truth": True, "dash": "-", "quo'te": "quoted",
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_forms_of_a_column(tmp_path, form):
    """A column is a field however deep, the first of several, a constant, a part, a pattern, or a word for a value."""
    done, found, _ = events(
        tmp_path, JSON_MAP + f"operation = {form}\n", json.dumps(RECORD) + "\n", "operation"
    )
    assert (done.source, found) == (["map:m"], [(FORMS[form],)])


TIMES = {
    '"at"': "2026-05-15T02:10:00Z",
    '{ field = "at", format = "%d.%m.%Y %H:%M", zone = "-05:30" }': "14.05.2026 20:40",
    '{ field = "at", format = "%d/%b/%Y:%H:%M:%S %z" }': "15/May/2026:04:10:00 +0200",
    '{ field = "at", format = ["%Y", "%d.%m.%Y %H:%M"], zone = "+00:00" }': "15.05.2026 02:10",
    '["at"]': "1778811000",
    '["none", "at"]': "1778811000000",
}


@pytest.mark.parametrize("form", TIMES)
def test_forms_of_a_time(tmp_path, form):
    """Every way to write an instant gives that instant in UTC."""
    text = JSON_MAP.replace('time = "at"', f"time = {form}")
    _, found, _ = events(tmp_path, text, json.dumps({"at": TIMES[form]}) + "\n", "cast(time as varchar)")
    assert found == [("2026-05-15 02:10:00",)]


def test_types_and_messages(tmp_path):
    """Numbers, booleans and the one message take their column's type; lower-case columns are lower case."""
    text = (
        JSON_MAP
        + 'count = "n"\nthrottled = "t"\nmessage_id = "m"\nfolder = "f"\nmessage_bytes = "n"\ndigest = "d"\n'
    )
    record = {"at": "2026-05-15T02:10:00Z", "n": "12.0", "t": "True", "m": "<a@b>", "f": "INBOX", "d": "AB"}
    lines = json.dumps(record) + "\n" + json.dumps({"at": record["at"], "n": "many"}) + "\n"
    _, found, _ = events(tmp_path, text, lines, "count, throttled, messages, digest")
    message = {"message_id": "<a@b>", "item_id": None, "folder": "INBOX", "bytes": 12}
    assert found == [(12, True, [message], "ab"), (None, None, None, None)]


def test_csv_and_the_columns_round_a_json_cell(tmp_path):
    """In a CSV a field is a heading; where one column is JSON, `@` is another column."""
    flat = JSON_MAP + 'principal = "User name"\n'
    _, found, _ = events(tmp_path, flat, "at,User name\r\n2026-05-15T02:10:00Z,alice\r\n", "principal")
    assert found == [("alice",)]
    around = JSON_MAP + 'principal = "who"\noperation = "@Action"\n'
    cell = '"{""at"":""2026-05-15T02:10:00Z"",""who"":""bob""}"'
    _, found, _ = events(tmp_path, around, f"Action,AuditData\r\nread,{cell}\r\n", "principal, operation")
    assert found == [("bob", "read")]


def test_lines_with_commas_are_lines(tmp_path):
    """A log that looks like a CSV is read line by line if the map says so; JSON after a prefix needs no pattern."""
    text = HEAD + (
        "[record]\nline = '^(?P<at>[^,]+),(?P<who>[^,]*),(x?)$'\n[columns]\ntime = \"at\"\n"
        'outcome = { constant = "accepted" }\nprincipal = "who"\n'
    )
    lines = "".join(f"2026-05-15T02:10:0{n}Z,user{n},\n" for n in range(4))
    done, found, reasons = events(tmp_path, text, lines + "junk\n", "principal")
    assert (done.reader, found, len(reasons)) == ("lines", [(f"user{n}",) for n in range(4)], 1)
    prefixed = 'May 15 02:10:00 host gate[1]: {"at": "2026-05-15T02:10:00Z", "who": "eve"}\n'
    _, found, _ = events(tmp_path, JSON_MAP + 'principal = "who"\n', prefixed, "principal")
    assert found == [("eve",)]


def test_identity(tmp_path):
    """The record's own id makes copies of it one event; without one, its whole text does."""
    lines = "".join(json.dumps({"at": "2026-05-15T02:10:00Z", "id": "1", "n": n}) + "\n" for n in (1, 2, 2))
    own = JSON_MAP.replace("has =", 'id = "id"\nhas =')
    ids = [{row[0] for row in events(tmp_path, text, lines, "event_id")[1]} for text in (own, JSON_MAP)]
    assert [len(found) for found in ids] == [1, 2]


def test_where_events_and_rejects(tmp_path):
    """`where` says which records are meant, `events` which of them count, `reject` which cannot be used."""
    text = (
        HEAD
        + '[record]\nwhere = { log = ["ours", "own"] }\nevents = { act = ["read"] }\n[columns]\ntime = "at"\n'
        'outcome = "out"\n[reject]\n"no user" = { missing = "who" }\n"test" = { field = "who", is = ["test"] }\n'
        '"odd user" = { field = "who", not_matching = "^[a-z]+$" }\n"root" = { field = "who", matching = "^root" }\n'
    )
    at = "2026-05-15T02:10:00Z"
    full = {"log": "ours", "act": "read", "at": at, "who": "alice", "out": "accepted"}
    changes: list[dict[str, Any]] = [
        {}, {"act": "ping"}, {"log": "other"}, {"who": None}, {"who": "test"}, {"who": "A1"}, {"who": "root"},
        {"out": "denied"}, {"out": None}, {"at": "noon"},
    ]  # fmt: skip
    lines = "".join(json.dumps(full | change) + "\n" for change in changes)
    done, found, reasons = events(tmp_path, text, lines, "evidence_record, outcome")
    assert (done.read, found, done.out_of_scope) == (10, [(0, "accepted")], 1)
    assert reasons == [
        "no known source has records like this", "no user", "test", "odd user", "root",
        "outcome is none of accepted, refused", "the outcome is missing", "the time is missing or not a time",
    ]  # fmt: skip


def test_issuance_and_custody(tmp_path):
    """The other two kinds have columns of their own."""
    at = "2026-05-15T02:10:00Z"
    minted = (
        'name="m"\nkind="issuance"\nstream="oidc.issued"\n'
        '[record]\nhas=["at"]\n[columns]\ntime="at"\noutcome={constant="success"}\nexpires="exp"\n'
    )
    _, found, _ = events(
        tmp_path,
        minted,
        json.dumps({"at": at, "exp": 1778811000}),
        "stream, cast(expires as varchar)",
        "issuance",
    )
    assert found == [("oidc.issued", "2026-05-15 02:10:00")]
    touched = 'name="m"\nkind="custody"\n[record]\nhas=["at"]\n[columns]\ntime="at"\naction="what"\n'
    _, found, _ = events(tmp_path, touched, json.dumps({"at": at, "what": "export"}), "action", "custody")
    assert found == [("export",)]


def test_a_map_comes_before_a_source_that_knows_the_record(tmp_path):
    """What a map means is nobody else's, in whatever share of the file."""
    gateway = {"time": "2026-05-15T02:10:00Z", "status": 200, "method": "GET", "uri": "/", "jti": "t"}
    content = "".join(json.dumps(gateway | {"ours": n % 3 == 0, "rid": str(n)}) + "\n" for n in range(9))
    text = (
        HEAD
        + '[record]\nwhere = { ours = [true] }\n[columns]\ntime = "time"\noutcome = { constant = "refused" }\n'
    )
    done, found, _ = events(tmp_path, text, content, "source, outcome")
    assert (done.source, done.kept) == (["map:m", "gateway_access"], 9)
    assert sorted(set(found)) == [("gateway_access", "accepted"), ("map:m", "refused")]


def broken(change: tuple[str, str]) -> str:
    assert change[0] in JSON_MAP
    return JSON_MAP.replace(*change, 1)


MISTAKES: dict[str, tuple[tuple[str, str], str, str, str]] = {
    "not toml": (("name =", "name"), "the map is not TOML", "map: ", ""),
    "top": (("kind =", "knd ="), "unknown name 'knd'", "map: top", "did you mean kind?"),
    "name": (('"m"', '"M x"'), "'M x' is no name", "map: name", "small letters"),
    "kind": (('"use"', '"uses"'), "'uses' is no kind of event", "map: kind", "issuance, use, custody"),
    "stream": (
        ('"gateway"', '"gatway"'),
        "no stream of kind use is named 'gatway'",
        "map: stream",
        "did you mean gateway?",
    ),
    "stream of another kind": (
        ('"gateway"', '"oidc.issued"'),
        "no stream of kind use is named 'oidc.issued'",
        "map: stream",
        "known are",
    ),
    "record": (("has", "hass"), "unknown name 'hass'", "map: record", "did you mean has?"),
    "everything": (
        ('has = ["at"]', ""),
        "the map means every record of every file",
        "map: record",
        "say which fields",
    ),
    "no text": (
        ('has = ["at"]', "has = [1]"),
        "has is no text and no list of texts",
        "map: record",
        "write has",
    ),
    "column": (
        ("time =", 'tokn_id = "a"\ntime ='),
        "use has no column 'tokn_id'",
        "map: columns",
        "did you mean token_id",
    ),
    "our own": (
        ("time =", 'source = "a"\ntime ='),
        "use has no column 'source'",
        "map: columns",
        "known are",
    ),
    "no time": (('time = "at"', ""), "the map does not say the time", "map: columns", "write time"),
    "no outcome": (
        ('outcome = { constant = "accepted" }', ""),
        "the map does not say the outcome",
        "map: columns",
        "accepted",
    ),
    "outcome": (
        ('"accepted"', '"ok"'),
        "outcome cannot be 'ok'",
        "map: columns.outcome",
        "one of accepted, refused",
    ),
    "both": (
        ("{ constant", '{ field = "a", constant'),
        "either a field or a constant",
        "map: columns.outcome",
        "one of the two",
    ),
    "neither": (
        ('{ constant = "accepted" }', "1"),
        "neither a field nor a table",
        "map: columns.outcome",
        "write",
    ),
    "in a column": (
        ("{ constant", "{ konstant"),
        "unknown name 'konstant'",
        "map: columns.outcome",
        "did you mean constant?",
    ),
    "value": (
        ('constant = "accepted"', "constant = 1.5"),
        "neither text nor a number",
        "map: columns.outcome.constant",
        "write",
    ),
    "no zone": (
        ('"at"\no', '{ field = "at", format = "%Y" }\no'),
        "a time without a zone",
        "map: columns.time.format",
        "add zone",
    ),
    "zone": (
        ('"at"\no', '{ field = "at", format = "%Y", zone = "CET" }\no'),
        "'CET' is no zone of a format",
        "map: columns.time.zone",
        "+02:00",
    ),
    "format": (
        ('"at"\no', '{ field = "at", format = "%Q%z" }\no'),
        "the time format cannot be read",
        "map: columns.time.format",
        "%Y-%m-%d",
    ),
    "pattern": (
        ('"at"\no', "{ field = \"at\", pattern = '(?=x)' }\no"),
        "the pattern cannot be read",
        "map: columns.time.pattern",
        "RE2",
    ),
    "no group": (
        ('"at"\no', "{ field = \"at\", pattern = 'x' }\no"),
        "the pattern takes nothing out",
        "map: columns.time.pattern",
        "( )",
    ),
    "part": (
        ('"at"\no', '{ field = "at", part = "domian" }\no'),
        "no part is named 'domian'",
        "map: columns.time.part",
        "domain",
    ),
    "line": (("has", "line = 'x'\nhas"), "the pattern names no group", "map: record.line", "(?P<user>"),
    "group": (("has", "line = '(?P<when>x)'\nhas"), "no field 'at'", "map: record.has", "known are when"),
    "case": (
        ("time =", 'principal = "AT"\ntime ='),
        "no field 'AT'",
        "map: columns.principal",
        "known are at",
    ),
    "field": (('"at"\no', '"a..b"\no'), "no field 'a..b'", "map: columns.time", "write it like"),
    "check": (
        ("[columns]", "[reject]\nx = {}\n[columns]"),
        "field is missing or no text",
        "map: reject.x",
        "write field",
    ),
    "idle check": (
        ("[columns]", '[reject]\nx = { field = "at" }\n[columns]'),
        "the check tests nothing",
        "map: reject.x",
        "write is",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_told_with_its_place(mistake):
    """What is wrong, where in the file, and what to do."""
    change, what, where, advice = MISTAKES[mistake]
    with pytest.raises(UsageError) as caught:
        parse_map(broken(change), "map")
    assert caught.value.what.startswith(what)
    assert (caught.value.where or "").startswith(where)
    assert advice in (caught.value.next_step or "")


def test_two_maps_of_one_name(tmp_path):
    """Events name their map: two of one name could not be told apart."""
    for name in ("a", "b"):
        (tmp_path / name).write_text(JSON_MAP)
    with pytest.raises(UsageError, match="two maps are named m"):
        load_maps([tmp_path / "a", tmp_path / "b"])


WORDS = st.sampled_from(
    [
        "name",
        "kind",
        "stream",
        "record",
        "columns",
        "reject",
        "line",
        "has",
        "where",
        "events",
        "id",
        "time",
        "outcome",
        "field",
        "constant",
        "values",
        "otherwise",
        "format",
        "zone",
        "pattern",
        "part",
        "use",
        "gateway",
        "at",
        "'",
        '"',
        "(?P<at>x)",
    ]
)
SAYINGS = st.recursive(
    st.one_of(WORDS, st.integers(-1, 300), st.booleans(), st.just(1.5), st.text(max_size=4)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(WORDS, inner, max_size=4)),
    max_leaves=8,
)


def toml(value: object) -> str:
    """A value as TOML writes it inline."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(k)} = {toml(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    return json.dumps(value)


@settings(max_examples=150, deadline=None)
@given(top=st.dictionaries(WORDS, SAYINGS, max_size=4))
def test_no_map_ends_in_anything_but_advice(top):
    """Whatever stands in a map, it is read or refused with a place; nothing else is raised."""
    whole = {"name": "m", "kind": "use", "stream": "gateway", "record": {"has": ["at"]}} | top
    text = "".join(f"{json.dumps(name)} = {toml(value)}\n" for name, value in whole.items())
    places = []
    try:
        parse_map(text, "map")
    except UsageError as error:
        places.append(error.where or "")
    assert all(place.startswith("map: ") for place in places)
