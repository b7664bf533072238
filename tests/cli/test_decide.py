import json
import re

from finished_case import DECISION

from counterseal.core.decisions import read


def lines(case):
    return [json.loads(line) for line in case.decisions.read_text("ascii").splitlines()]


def test_decision_is_appended(run, storm_case):
    """A decision is one more line; the earlier ones and the verdicts stay as they are."""
    before = storm_case.table("verdicts").read_bytes()
    ran = run(
        "decide",
        storm_case.root,
        "ip",
        "192.0.2.7",
        "--as",
        "confirmed",
        "--because",
        "ours\nnot",
        "--by",
        "Ä",
    )
    added = lines(storm_case)[1]
    assert ran.status == 0
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", added.pop("time"))
    assert lines(storm_case)[0] == DECISION
    assert added == {"kind": "ip", "value": "192.0.2.7", "as": "confirmed", "because": "ours\nnot", "by": "Ä"}
    assert storm_case.table("verdicts").read_bytes() == before


def test_torn_line_spoils_only_itself(run, storm_case):
    """After a write that a crash cut short, the next decision starts on a line of its own and is found."""
    with storm_case.decisions.open("ab") as stream:
        stream.write(b'{"time": "2026')
    run("decide", storm_case.root, "actor", "A1", "--as", "benign", "--because", "test", "--by", "x")
    found, broken = read(storm_case)
    assert ([(d.kind, d.value) for d in found], broken) == ([("app", DECISION["value"]), ("actor", "A1")], 1)


def test_decision_shows_in_trace(run, storm_case):
    """A trace of the value ends with what was decided about it."""
    run(
        "decide", storm_case.root, "key", "k-consumer", "--as", "confirmed", "--because", "seen", "--by", "me"
    )
    last = run("trace", storm_case.root, "key", "k-consumer").out.splitlines()[-1]
    assert re.fullmatch(r"me decided on \S+: confirmed, seen", last)


def test_nothing_is_decided_without_a_reason(run, storm_case, tmp_path):
    """An empty reason, an unknown ruling and a folder that is no case are refused, and nothing is written."""
    before = storm_case.decisions.read_bytes()
    empty = run("decide", storm_case.root, "key", "k", "--as", "benign", "--because", " ")
    ruling = run("decide", storm_case.root, "key", "k", "--as", "maybe", "--because", "x")
    folder = run("decide", tmp_path, "key", "k", "--as", "benign", "--because", "x")
    assert [ran.status for ran in (empty, ruling, folder)] == [2, 2, 1]
    assert storm_case.decisions.read_bytes() == before
    assert not (tmp_path / "decisions.ndjson").exists()
