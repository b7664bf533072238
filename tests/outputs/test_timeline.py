import csv
import io
from datetime import UTC, datetime

from finished_case import LOGIN, MAIL, TENANT, TOKEN

from counterseal.core.case import Case
from counterseal.outputs import open_view
from counterseal.outputs.timeline import write

USE = {
    "tenant": TENANT,
    "realm": "enterprise",
    "principal": "a@ministry.example",
    "mailbox": "a@ministry.example",
    "operation": "MailItemsAccessed",
    "app_id": "app-1",
    "client_ip": "192.0.2.7",
    "token_id": TOKEN,
    "session_id": "s-1",
}
B = {"principal": "b@ministry.example", "mailbox": "b@ministry.example"}
C = {"principal": "c@ministry.example", "mailbox": "c@ministry.example"}


def row(message, minute, desc, record, sha256=MAIL, day="16", hour="08", **more):
    empty = dict.fromkeys(("verdict", "reasons", *USE, "key_id", "actor"), "")
    return {
        "message": message,
        "datetime": f"2026-05-{day}T{hour}:{minute}:00.000000+00:00",
        "timestamp_desc": desc,
        **(empty | more),
        "evidence_file": sha256,
        "evidence_record": str(record),
        "evidence_offset": str({MAIL: 100, LOGIN: 80}[sha256] * record),
    }


def test_timeline(storm_case: Case):
    """The timeline holds every judged use that is not issued, refusals, revocations and key touches, all inert."""
    with open_view(storm_case) as view:
        write(view)
    with storm_case.timeline.open(encoding="utf-8", newline="") as stream:
        found = list(csv.DictReader(stream))
    place = "MailItemsAccessed, mailbox a@ministry.example, from 192.0.2.7"
    replaced = "�[31mred�[0m"
    assert found == [
        row(
            "key: export, key k-consumer, by engineer, on hsm-1, success",
            "00",
            "key touched",
            2,
            LOGIN,
            day="15",
            hour="07",
            realm="consumer",
            principal="engineer",
            operation="export",
            key_id="k-consumer",
        ),
        row(
            f"forged: {place}, app app-1: signed by k-consumer, a key of the consumer realm, for the enterprise realm",
            "01",
            "use judged forged",
            1,
            **USE
            | {"verdict": "forged", "reasons": "key-outside-realm", "key_id": "k-consumer", "actor": "A1"},
        ),
        row(
            f"unissued: {place}, app app-1: token {TOKEN} was never issued",
            "02",
            "use judged unissued",
            2,
            **USE | {"verdict": "unissued", "reasons": "token-not-issued", "actor": "A1"},
        ),
        row(
            f"suspicious: {place.replace('a@', 'b@')}, app =cmd|' /C calc'!A0: app =cmd|' /C calc'!A0 never seen here; "
            f"shares session s-1 with A1 {replaced}",
            "03",
            "use judged suspicious",
            3,
            **USE
            | B
            | {
                "verdict": "suspicious",
                "reasons": "app-never-seen shares-session",
                "app_id": "'=cmd|' /C calc'!A0",
                "token_id": "<script>alert(1)</script>",
                "actor": "A1",
            },
        ),
        row(
            f"unknown: {place.replace('a@', 'c@')}, app app-1: the record names no token and no session",
            "04",
            "use judged unknown",
            4,
            **USE | C | {"verdict": "unknown", "reasons": "no-identifier", "token_id": "", "session_id": ""},
        ),
        row(
            f"refused: {place}",
            "05",
            "use refused",
            5,
            **USE | {"realm": "", "session_id": "", "app_id": "", "actor": "A1"},
        ),
        row(
            "revoked: a token, session or grant was taken back, principal a@ministry.example",
            "00",
            "token revoked",
            1,
            LOGIN,
            hour="09",
            tenant=TENANT,
            principal="a@ministry.example",
            session_id="s-1",
        ),
    ]


RESERVED = {"_id", "_type", "_index", "_source", "__ts_timeline_id"}
"""Columns that Timesketch drops without a word."""


def test_timesketch_takes_every_row(storm_case: Case):
    """Its importer's rules: UTF-8, a comma, three columns by these names, none it drops or takes for its own, and a time
    in every row that it can read and that is no placeholder.

    Source: google/timesketch, commit 45b339bb, timesketch/lib/utils.py: read_and_validate_csv.
    """
    with open_view(storm_case) as view:
        write(view)
    header, *found = csv.reader(
        io.StringIO(storm_case.timeline.read_bytes().decode("utf-8"), newline=""), delimiter=","
    )
    assert {"message", "datetime", "timestamp_desc"} <= set(header)
    assert header[0] == "message"  # no byte order mark before it
    assert not set(header) & (RESERVED | {"timestamp", "tag", "label"})
    assert len(set(header)) == len(header)
    assert {len(row) for row in found} == {len(header)}
    for row in found:
        said = dict(zip(header, row, strict=True))
        moment = datetime.fromisoformat(said["datetime"])
        assert moment.tzinfo == UTC
        assert 1700 <= moment.year <= 9999
        assert said["message"]
        assert said["timestamp_desc"]
