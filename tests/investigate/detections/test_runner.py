"""The runner finds out who cannot fire, counts new hits, spreads to a fixed point and refuses malformed files."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import duckdb
import pytest
from given_tables import fill as fill_all

from counterseal.core.engine.duckdb import Connection, connect, rows
from counterseal.core.vocabulary import Verdict
from counterseal.investigate import detections
from counterseal.investigate.detections import DetectionError, Outcome, load, load_folder


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Connection]:
    with connect(tmp_path / "spill", threads=1) as con:
        yield con


def fill(con: Connection, given: Mapping[str, Any]) -> None:
    """All tables but `accused`, which the runner makes of its own hits."""
    fill_all(con, given)
    con.execute("drop table accused")


CHAIN: dict[str, list[dict[str, Any]]] = {
    "use": [
        {
            "use_id": "u1",
            "token_key": "t1",
            "token_id": "T1",
            "session_key": "s1",
            "session_id": "S1",
            "evidence_file": "f",
            "evidence_record": 7,
        },
        {"use_id": "u2", "session_key": "s1", "session_id": "S1", "token_key": "t2", "token_id": "T2"},
        {"use_id": "u3", "token_key": "t2", "token_id": "T2", "session_key": "s3"},
        {"use_id": "u4", "token_key": "t4", "session_key": "s4"},
        {"use_id": "u5", "token_key": "t5", "session_key": "s4", "principal_key": "x"},
    ],
    "issuance": [{"event_id": "i0", "token_key": "t0", "outcome": "success"}],
    "judged": [
        {"use_id": "u1", "id_kind": "token", "state": "unissued", "basis": "measured", "figures": "9 of 9"},
        {"use_id": "u4", "id_kind": "token", "state": "thin", "basis": "measured", "figures": "1 of 1"},
    ],
}
"""u1 was never issued; u2 is in its session; u3 has u2's token. u4 is a mere lead, and u5 shares its session."""


def chain(con: Connection, given: Mapping[str, Any] = CHAIN) -> list[int]:
    fill(con, given)
    detections.prepare(con)
    added = [detections.run_stage(con, "direct")]
    while added[-1] or len(added) == 1:
        added.append(detections.run_stage(con, "association"))
    return added


def test_associations_spread_step_by_step_from_what_may_spread(engine: Connection) -> None:
    """One hop a step until nothing is added; a thin measure is a hit of its own but binds nobody to itself."""
    assert chain(engine) == [2, 1, 1, 0]
    assert rows(
        engine,
        "select use_id, verdict, reason, says, basis, support_file, support_record from hit order by use_id, reason",
    ) == [
        (
            "u1",
            "unissued",
            "token-not-issued",
            "no record shows that token T1 was ever issued (9 of 9)",
            "measured",
            None,
            None,
        ),
        (
            "u2",
            "suspicious",
            "shares-session",
            "in session S1, as is a use judged unissued",
            "association",
            "f",
            7,
        ),
        (
            "u3",
            "suspicious",
            "shares-token",
            "with token T2, as is a use judged suspicious",
            "association",
            None,
            None,
        ),
        (
            "u4",
            "suspicious",
            "not-issued-thin",
            "no issuance of its token is on record, but the measure is too thin to say more (1 of 1)",
            "measured",
            None,
            None,
        ),
    ]


def test_what_cannot_fire_is_told_apart_from_what_did_not(engine: Connection) -> None:
    """Every detection is fired, silent or unable, and `unable` names the columns that never occur."""
    chain(engine)
    outcomes = {outcome.reason: outcome for outcome in detections.conclude(engine)}
    assert set(outcomes) == {detection.reason for detection in load()}
    assert outcomes["token-not-issued"] == Outcome("token-not-issued", Verdict.UNISSUED, "fired", (), 1)
    assert outcomes["id-reused"] == Outcome("id-reused", Verdict.SUSPICIOUS, "silent", (), 0)
    assert outcomes["key-outside-realm"] == Outcome(
        "key-outside-realm",
        Verdict.FORGED,
        "unable",
        ("use.key_id", "use.realm", "key.given", "realm.realm"),
        0,
    )
    assert rows(engine, "select state, missing, uses from detection where reason = 'indicator'") == [
        ("unable", ["indicator.indicator"], 0)
    ]


def test_one_of_two_alternatives_is_enough(engine: Connection) -> None:
    """`a|b` is missing only when neither occurs."""
    fill(
        engine,
        {"use": [{"use_id": "u", "session_key": "s"}], "issuance": [{"event_id": "i", "session_key": "s"}]},
    )
    detections.prepare(engine)
    assert rows(engine, "select state, missing from detection where reason = 'not-issued-thin'") == [
        ("silent", [])
    ]


def test_a_sentence_bounds_and_quotes_nothing_of_the_log(engine: Connection) -> None:
    """A hostile id stays text in the sentence, is cut to a bounded length, and an absent one is named so."""
    hostile = "'); drop table hit; -- {says}" + "A" * 500
    fill(
        engine,
        {
            "use": [
                {"use_id": "u1", "token_id": hostile, "token_key": "t1"},
                {"use_id": "u2", "token_key": "t2"},
            ],
            "issuance": CHAIN["issuance"],
            "judged": [
                {"use_id": use, "id_kind": "token", "state": "unissued", "basis": "measured", "figures": "f"}
                for use in ("u1", "u2")
            ],
        },
    )
    detections.prepare(engine)
    assert detections.run_stage(engine, "direct") == 2
    assert rows(engine, "select says from hit order by use_id") == [
        (f"no record shows that token {hostile[:200]} was ever issued (f)",),
        ("no record shows that token not recorded was ever issued (f)",),
    ]


GOOD = """
verdict  = "suspicious"
says     = "a use of {mailbox}"
needs    = ["use.mailbox"]
source   = ["a page"]
attack   = ["T1114.002"]
mistaken = "never"
query    = "SELECT use_id FROM use"
[[test]]
use    = [{use_id = "u"}]
expect = ["u"]
"""


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('verdict  = "suspicious"', 'verdict = "guilty"', "guilty"),
        ('verdict  = "suspicious"', 'verdict = "forged"', "verdict forged in folder suspicious"),
        ("source ", "sauce ", "source"),
        ("mistaken =", "stage = 'later'\nmistaken =", "stage later"),
        ("mistaken =", "colour = 'red'\nmistaken =", "unknown key colour"),
        ('mistaken = "never"', 'mistaken = ""', "must say something"),
        ("use.mailbox", "use.mailbocks", "needs use.mailbocks"),
        ("SELECT use_id FROM use", "SELECT use_id FROM use; DROP TABLE use", "not one SELECT"),
        ("SELECT use_id FROM use", "DELETE FROM use", "not one SELECT"),
    ],
)
def test_a_malformed_file_is_refused(tmp_path: Path, old: str, new: str, message: str) -> None:
    """Whatever could make a detection silently useless stops the loading."""
    file = tmp_path / "suspicious" / "example.toml"
    file.parent.mkdir()
    file.write_text(GOOD)
    assert [detection.reason for detection in load_folder(tmp_path)] == ["example"]
    file.write_text(GOOD.replace(old, new))
    with pytest.raises(DetectionError, match=message):
        load_folder(tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("{mailbox}", "{mailbocks}", "says names mailbocks"),
        ("SELECT use_id FROM use", "SELECT mailbox FROM use", "no use_id"),
    ],
)
def test_a_query_that_cannot_fill_its_sentence_is_refused(
    engine: Connection, tmp_path: Path, old: str, new: str, message: str
) -> None:
    """Columns are known only to the engine, so this shows when the query is compiled."""
    file = tmp_path / "suspicious" / "example.toml"
    file.parent.mkdir()
    file.write_text(GOOD.replace(old, new))
    fill(engine, {})
    with pytest.raises(DetectionError, match=message):
        detections.compiled(engine, load_folder(tmp_path)[0])


FORBIDDEN = (
    "len(",
    "array_agg",
    "asof",
    "to_hours",
    "hash(",
    "regexp_full_match",
    "recursive",
    "substr(",
    "lambda",
)


@pytest.mark.parametrize("detection", load(), ids=lambda detection: detection.reason)
def test_a_query_keeps_to_the_portable_subset(detection: detections.Detection) -> None:
    """Constructs that another engine reads differently or not at all stand in no detection."""
    assert [word for word in FORBIDDEN if word in detection.query.lower()] == []
    assert duckdb.extract_statements(detection.query)[0].type == duckdb.StatementType.SELECT
