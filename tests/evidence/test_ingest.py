"""The ingest engine on tiny sources of its own: every record accounted for, whatever happens on the way."""

import gzip
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from counterseal.core.case import Case
from counterseal.core.engine.duckdb import connect, literal, rows
from counterseal.evidence import ingest as engine
from counterseal.evidence import settling
from counterseal.evidence.files import hashed
from counterseal.evidence.ingest import Ingested, ingest
from counterseal.evidence.packing import Reader, Stream
from counterseal.evidence.source import Source

MAIL = Source(
    name="mail",
    says="Mail.",
    system="mail",
    structure={"Id": "VARCHAR", "Time": "VARCHAR", "Kind": "VARCHAR", "Count": "VARCHAR", "Of": "VARCHAR"},
    claims="r.Kind is not null",
    kind="case r.Kind when 'read' then 'use' when 'login' then 'issuance' end",
    native_id="r.Id",
    columns={"time": "utc(r.Time)", "operation": "r.Kind", "count": "cast(r.Count as bigint)"},
    rejects={"Time is not a time": "utc(r.Time) is null"},
    expected="whole(r.Of)",
    capped_at=(3,),
)
KEYS = Source(
    name="keys",
    says="Keys.",
    system="keys",
    structure={"kid": "VARCHAR", "at": "VARCHAR", "acts": ["VARCHAR"]},
    claims="r.kid is not null",
    kind="case when each is not null then 'custody' end",
    native_id="r.kid",
    each="r.acts",
    columns={"time": "utc(r.at)", "key_id": "r.kid", "action": "each"},
)
GATE = Source(
    name="gate",
    says="Gate.",
    system="gate",
    structure={"user": "VARCHAR"},
    claims="r.user is not null",
    kind="'use'",
    native_id="null",
    columns={"time": "timestamp '2026-05-15 02:10:00'", "principal": "r.user"},
    line=lambda line: {"user": line.split("user=")[1]} if "user=" in line else None,
)
SOURCES = (GATE, KEYS, MAIL)


def mail(number: int, **changes: object) -> dict[str, Any]:
    """A record of the mail source."""
    return {
        "Id": f"m{number}",
        "Time": f"2026-05-15T02:1{number}:00",
        "Kind": "read",
        "Count": "1",
        **changes,
    }


def lines(*records: object) -> bytes:
    """NDJSON; text stands as it is."""
    return "".join((r if isinstance(r, str) else json.dumps(r)) + "\n" for r in records).encode()


@pytest.fixture(autouse=True)
def _tiny_sources(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "known_sources", lambda: SOURCES)


@pytest.fixture
def case(tmp_path: Path) -> Case:
    """An empty case."""
    return Case(tmp_path / "case")


def run(case: Case, content: bytes, *, threads: int = 2, force: Source | None = None) -> Ingested:
    """Ingest one file of this content."""
    path = case.root.parent / "evidence"
    path.write_bytes(content)
    with connect(case.spill, threads=threads) as con:
        return ingest(con, case, hashed(path, "evidence"), force=force)


def sums(done: Ingested) -> tuple[int, int, int, int]:
    """Read, kept, out of scope, rejected."""
    return done.read, done.kept, done.out_of_scope, done.rejected


def events(case: Case, done: Ingested, kind: str, columns: str) -> list[tuple[Any, ...]]:
    """Columns of one kind's events, in record order."""
    path = case.root / "events" / kind / f"{done.sha256}.parquet"
    if not path.exists():
        return []
    with connect(case.spill) as con:
        return rows(
            con, f"select {columns} from read_parquet({literal(str(path))}) order by evidence_record, 1"
        )


def rejected(case: Case, done: Ingested) -> list[tuple[int, int, str, str]]:
    """Record, offset, reason and raw text of every rejected record."""
    path = case.root / "events" / "rejected" / f"{done.sha256}.ndjson"
    if not path.exists():
        return []
    found = [json.loads(line) for line in path.read_text("ascii").splitlines()]
    return [(entry["record"], entry["offset"], entry["reason"], entry["raw"]) for entry in found]


def outcome(case: Case, done: Ingested) -> dict[str, object]:
    """Everything one file left in the case."""
    kinds = ("issuance", "use", "custody", "out_of_scope")
    listed = {kind: events(case, done, kind, "evidence_record, event_id, evidence_offset") for kind in kinds}
    return {**listed, "rejected": rejected(case, done), "done": done}


MIXED = lines(
    mail(0),
    {"kid": "k1", "at": "2026-05-15T02:00:00Z", "acts": ["made", "used"]},
    {"nobody": "knows this"},
    mail(1, Kind="login"),
    '{"Id": "broken',
    mail(2, Kind="draft"),
    mail(3, Time="yesterday"),
)


def test_dispatch_per_record(case: Case) -> None:
    """A file of two logs gives the events of both; what is nobody's is rejected with its place and text."""
    done = run(case, MIXED)
    lengths = [len(line) + 1 for line in MIXED.split(b"\n")]
    assert (sums(done), done.source, done.reader) == ((7, 3, 1, 3), ["mail", "keys"], "ndjson")
    assert events(case, done, "use", "evidence_record, operation, evidence_file") == [
        (0, "read", done.sha256)
    ]
    assert events(case, done, "issuance", "evidence_record, evidence_offset") == [(3, sum(lengths[:3]))]
    assert events(case, done, "custody", "action, key_id") == [("made", "k1"), ("used", "k1")]
    assert rejected(case, done) == [
        (2, sum(lengths[:2]), "no known source has records like this", '{"nobody": "knows this"}'),
        (4, sum(lengths[:4]), "not JSON at character 14", '{"Id": "broken'),
        (6, sum(lengths[:6]), "Time is not a time", json.dumps(mail(3, Time="yesterday"))),
    ]
    assert (done.first, done.last) == ("2026-05-15T02:00:00", "2026-05-15T02:11:00")


def test_several_events_in_a_record(case: Case) -> None:
    """Each event has an id of its own; a record with none is out of scope; a record counts once."""
    some = [{"kid": "k", "at": "2026-05-15T02:00:00", "acts": acts} for acts in (["a", "b"], [], None)]
    done = run(case, lines(*some))
    ids = [row[0] for row in events(case, done, "custody", "event_id")]
    assert (sums(done), len(set(ids)), done.warnings) == ((3, 1, 2, 0), 2, [])


def test_events_of_a_record_without_an_id(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a log gives its records no id, each event is known by the record's text and its place in it."""
    monkeypatch.setattr(engine, "known_sources", lambda: (MAIL, replace(KEYS, native_id="null")))
    done = run(case, lines({"kid": "k", "at": "2026-05-15T02:00:00", "acts": ["a", "b"]}))
    assert len({row[0] for row in events(case, done, "custody", "event_id")}) == 2


@pytest.mark.parametrize("place", [0, 3, 7])
def test_a_record_the_query_fails_on(case: Case, place: int) -> None:
    """One odd record that makes a source's SQL fail is rejected alone, with the reason; its neighbours are kept."""
    some = [mail(number, Count="many" if number == place else "1") for number in range(8)]
    done = run(case, lines(*some))
    [(record, _, reason, raw)] = rejected(case, done)
    assert (sums(done), record, json.loads(raw)) == ((8, 7, 0, 1), place, some[place])
    assert reason.startswith("mail cannot read this record: Conversion Error")
    assert [row[0] for row in events(case, done, "use", "evidence_record")] == [
        n for n in range(8) if n != place
    ]


@pytest.mark.parametrize("place", [0, 1])
def test_a_source_that_fails_on_anothers_record(
    case: Case, monkeypatch: pytest.MonkeyPatch, place: int
) -> None:
    """A source that cannot even look at a record leaves it to the source it belongs to."""
    picky = "case when contains(text, 'odd') then error('no such form') else text end"
    sources = (
        replace(KEYS, name="before", envelopes={"bare": picky}),
        MAIL,
        replace(KEYS, name="past", envelopes={"bare": picky}),
    )
    monkeypatch.setattr(engine, "known_sources", lambda: sources)
    for content in ([mail(0, Id="odd")], [{"nobody": "odd"}], [mail(0, Id="odd"), {"nobody": "odd"}]):
        done = run(case, lines(*content[:: -1 if place else 1]))
        unknown = sum("nobody" in record for record in content)
        reasons = [row[2] for row in rejected(case, done)]
        assert sums(done) == (len(content), len(content) - unknown, 0, unknown)
        assert reasons == ["no known source has records like this"] * unknown


def test_a_line_the_parser_fails_on(case: Case) -> None:
    """A line that a source's own parser cannot bear is rejected alone."""

    def fragile(line: str) -> dict[str, str] | None:
        if "odd" in line:
            raise IndexError(line)
        return {"user": line.split("user=")[1]} if "user=" in line else None

    source = replace(GATE, line=fragile)
    done = run(case, b"t user=a\nt user=odd\nt user=b\n", force=source)
    assert (sums(done), [row[0] for row in rejected(case, done)]) == ((3, 2, 0, 1), [1])


def test_lines_of_no_known_log(case: Case) -> None:
    """Text of which no source knows one line is no evidence; with one known line, all others are rejected."""
    licence = b"Permission is hereby granted\n\nto any person\n"
    done = run(case, licence)
    assert (done.reader, done.source, sums(done), rejected(case, done)) == (None, [], (0, 0, 0, 0), [])
    assert [warning["code"] for warning in done.warnings] == ["no-evidence"]
    done = run(case, licence + b"t user=a\n")
    assert (done.reader, done.source, sums(done)) == ("lines", ["gate"], (3, 1, 0, 2))
    assert [row[2] for row in rejected(case, done)] == ["no known source has lines like this"] * 2


def test_no_evidence(case: Case) -> None:
    """A picture has no reader, leaves nothing, and is not passed over in silence."""
    done = run(case, b"\x89PNG\r\n\x1a\n\0\0\0")
    assert (done.reader, outcome(case, done)["rejected"], sums(done)) == (None, [], (0, 0, 0, 0))
    assert [warning["code"] for warning in done.warnings] == ["no-evidence"]


def test_known_kind_that_is_damaged(case: Case) -> None:
    """JSON that is broken from its start is seen as rejects, not passed over."""
    done = run(case, b'[{"Id": "m1", "Kind": rea')
    assert (done.reader, sums(done)) == ("json_values", (1, 0, 0, 1))
    assert [warning["code"] for warning in done.warnings] == ["truncated", "truncated"]


def test_header_only(case: Case) -> None:
    """An export without records is read, holds none, and says so."""
    done = run(case, b"Id,Time,Kind,Count\r\n")
    assert (done.reader, sums(done)) == ("csv_flat", (0, 0, 0, 0))
    assert [warning["code"] for warning in done.warnings] == ["empty"]


def test_what_a_structure_cannot_read(case: Case) -> None:
    """A field that is there in another form than declared is warned of, not taken for absent."""
    source = replace(MAIL, structure={**MAIL.structure, "To": [{"Name": "VARCHAR"}]})
    done = run(case, lines(mail(0, To="a;b"), mail(1, To=[{"Name": "a"}]), mail(2, To=None)), force=source)
    says = "To has an unexpected form in 1 of the first 3 records"
    assert {"code": "field-unreadable", "says": says} in done.warnings


def test_caps_and_expected_counts(case: Case) -> None:
    """An export that stops at a known cap, or says it had more, is warned of."""
    done = run(case, lines(*(mail(number, Of=9) for number in range(3))))
    assert [warning["says"] for warning in done.warnings] == [
        "the export says it has 9 records; this file holds 3",
        "exactly 3 records: exports of this log stop there without a word",
    ]


def test_cut_gzip(case: Case) -> None:
    """A gzip file cut short gives what it holds, and a warning."""
    content = gzip.compress(lines(*(mail(number % 10, Pad=os.urandom(200).hex()) for number in range(500))))
    done = run(case, content[: len(content) // 2])
    assert (done.packing, {warning["code"] for warning in done.warnings}) == (["gzip"], {"truncated"})
    assert done.kept > 100
    assert done.read == done.kept + done.rejected


def test_duplicate_ids_are_stable(case: Case) -> None:
    """An event's id depends on the source's system and the record's own id, in any case; without one, on the content."""
    done = run(case, lines(mail(0, Id="ABC"), mail(1, Id="abc"), mail(2, Id=None), mail(2, Id=None)))
    ids = [row[1] for row in events(case, done, "use", "evidence_record, event_id")]
    assert (ids[0] == ids[1], ids[2] == ids[3], ids[0] == ids[2], {len(one) for one in ids}) == (
        True,
        True,
        False,
        {32},
    )


HOSTILE = {
    "deep": '{"Id":"m1","Kind":"read","Time":"2026-05-15T02:10:00","a":'
    + "[" * 100_000
    + "]" * 100_000
    + "}",
    "long number": '{"Id":"m1","Kind":"read","Time":"2026-05-15T02:10:00","n":' + "9" * 5000 + "}",
    "NUL": '{"Id":"m\\u00001","Kind":"read","Time":"2026-05-15T02:10:00"}',
    "raw NUL": '{"Id":"m\x001","Kind":"read","Time":"2026-05-15T02:10:00"}',
    "lone surrogate": '{"Id":"m\\ud8001","Kind":"read","Time":"2026-05-15T02:10:00"}',
    "repeated names": '{"Id":"m1","Id":"m2","Kind":"read","Time":"2026-05-15T02:10:00"}',
    "escapes": '{"Id":"\\u001b[2J\\u202e=cmd()","Kind":"read","Time":"2026-05-15T02:10:00"}',
    "huge count": '{"Id":"m1","Kind":"read","Time":"2026-05-15T02:10:00","Count":"' + "9" * 400 + '"}',
    "infinite count": '{"Id":"m1","Kind":"read","Time":"2026-05-15T02:10:00","Count":"1e999"}',
    "year nought": '{"Id":"m1","Kind":"read","Time":"0000-01-01T00:00:00"}',
    "year ten thousand": '{"Id":"m1","Kind":"read","Time":"9999-12-31T23:59:59-14:00"}',
    "quotes": '{"Id":"\'; drop table x; --","Kind":"read","Time":"2026-05-15T02:10:00"}',
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_records(case: Case, name: str) -> None:
    """What cannot be read ends nothing and costs no neighbour; rejects are ASCII, one a line."""
    done = run(case, lines(mail(0), HOSTILE[name], mail(2)))
    kept = {row[0] for row in events(case, done, "use", "evidence_record")}
    assert ({0, 2} <= kept, done.read, done.kept + done.rejected) == (True, 3, 3)
    assert len(rejected(case, done)) == done.rejected


def test_rejects_are_private(case: Case) -> None:
    """Rejected records may hold secrets: only their owner reads them."""
    done = run(case, MIXED)
    path = case.root / "events" / "rejected" / f"{done.sha256}.ndjson"
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)


@pytest.mark.parametrize("threads", [1, 4])
def test_threads(case: Case, tmp_path: Path, threads: int) -> None:
    """Engine threads change nothing."""
    many = lines(*(mail(number % 10, Id=f"m{number}") for number in range(5_000))) + MIXED
    other = Case(tmp_path / "other")
    assert outcome(case, run(case, many, threads=threads)) == outcome(other, run(other, many))


def test_finished_work_is_not_done_again(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    """A finished file is not read again, unless the rules changed or another source is forced."""
    reads: list[str] = []
    passes = engine.Passes.run

    def counted(self: engine.Passes, fresh: Ingested) -> Ingested:
        reads.append(fresh.version)
        return passes(self, fresh)

    monkeypatch.setattr(engine.Passes, "run", counted)
    first = run(case, MIXED)
    assert (run(case, MIXED), len(reads)) == (first, 1)
    forced = run(case, MIXED, force=KEYS)
    assert (sums(forced), forced.forced, len(reads)) == ((7, 1, 0, 6), "keys", 2)
    monkeypatch.setattr(engine, "evidence_version", lambda: "next")
    assert (sums(run(case, MIXED)), reads[-1]) == (sums(first), "next")


def test_a_mark_that_cannot_be_read(case: Case) -> None:
    """A damaged mark is no mark."""
    first = run(case, MIXED)
    (case.ingested / f"{first.sha256}.json").write_text('{"sha256": ')
    assert run(case, MIXED) == first


STEPS: list[tuple[object, str]] = [
    (engine.Passes, "project"),
    (engine, "settle"),
    (settling, "place_parts"),
    (settling, "place_rejected"),
    (settling, "count_records"),
    (engine, "write_atomically"),
]


@pytest.mark.parametrize("call", range(4))
@pytest.mark.parametrize("step", STEPS, ids=lambda step: step[1])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_killed(
    case: Case,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    step: tuple[object, str],
    call: int,
    after: bool,
) -> None:
    """Whatever step a run is killed at, the next one completes the case as if nothing had been."""
    owner, name = step
    real: Callable[..., Any] = getattr(owner, name)
    left = [call]

    def killed(*given: Any, **named: Any) -> Any:
        left[0] -= 1
        if left[0] < 0 and not after:
            raise KeyboardInterrupt
        result = real(*given, **named)
        if left[0] < 0:
            raise KeyboardInterrupt
        return result

    with monkeypatch.context() as patch:
        patch.setattr(owner, name, killed)
        try:
            run(case, MIXED)
        except KeyboardInterrupt:
            assert after or not list(case.ingested.glob("*.json"))
    other = Case(tmp_path / "other")
    assert outcome(case, run(case, MIXED)) == outcome(other, run(other, MIXED))
    assert sorted(path.name for path in case.root.rglob(".*")) == []


def test_disk_failure(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that the disk cannot give whole raises, and is not marked as done."""

    def failing(_stream: Stream) -> Iterator[Any]:
        raise OSError("input/output error")
        yield

    reader = Reader("failing", "Fails.", 1, lambda head: True, failing)
    monkeypatch.setattr(engine, "sniff_reader", lambda head: reader)
    with pytest.raises(OSError, match="input/output error"):
        run(case, MIXED)
    assert not list(case.ingested.glob("*.json"))


def test_reader_with_a_bug(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader that fails midway loses what follows, says so, and keeps what it framed."""

    def fragile(stream: Stream) -> Iterator[Any]:
        record = json.dumps(mail(0))
        yield stream.frame(place=[0], length=[len(record)], text=[record])
        raise ZeroDivisionError

    reader = Reader("fragile", "Fails.", 1, lambda head: True, fragile)
    monkeypatch.setattr(engine, "sniff_reader", lambda head: reader)
    done = run(case, MIXED)
    assert (sums(done), done.warnings[0]["code"]) == ((1, 1, 0, 0), "truncated")


def test_progress(case: Case, tmp_path: Path) -> None:
    """Progress is told in bytes of the file on disk."""
    path = tmp_path / "evidence"
    path.write_bytes(MIXED)
    told: list[tuple[int, int]] = []
    with connect(case.spill) as con:
        ingest(con, case, hashed(path, "e"), progress=lambda done, size: told.append((done, size)))
    assert told == [(len(MIXED), len(MIXED))]
