import json
import re

from finished_case import DECISION, VERDICTS, write_table

from counterseal.core.case import TABLES
from counterseal.core.decisions import read
from counterseal.outputs import write_all


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


def test_a_decision_about_an_actor_stays_with_its_uses(run, storm_case):
    """Actors are numbered anew in every run: when A1 becomes A2, the decision about it is A2's, and says so."""
    run("decide", storm_case.root, "actor", "A1", "--as", "benign", "--because", "ours", "--by", "me")
    assert lines(storm_case)[1]["uses"] == ["u1", "u2", "u3"]
    renumbered = [row | {"actor": "A2" if row["use_id"] in ("u1", "u2") else None} for row in VERDICTS]
    renumbered[3]["actor"] = "A1"
    write_table(storm_case, storm_case.table("verdicts"), TABLES["verdicts"], renumbered)
    write_all(storm_case)
    drift = "means 3 uses; now 2 of A2, 1 of no actor"
    page = storm_case.report.read_text("utf-8")
    assert f"<code>A1</code><br>{drift}</td>" in page
    assert page.count("<b>Decision:</b> benign by me: ours") == 3
    told = [run("trace", storm_case.root, "actor", actor).out.splitlines()[-1] for actor in ("A1", "A2")]
    assert "decided" not in told[0]
    assert re.fullmatch(rf"me decided on \S+: benign \(A1 then {drift}\), ours", told[1])


def test_a_value_that_means_nothing_is_refused_or_said(run, storm_case):
    """No address and no actor of the case is refused; a value that nothing here touches is noted with a word."""
    before = storm_case.decisions.read_bytes()
    how = ("--as", "benign", "--because", "x", "--by", "me")
    address = run("decide", storm_case.root, "ip", "999.1.1.1", *how)
    actor = run("decide", storm_case.root, "actor", "A9", *how)
    assert [(ran.status, ran.err.splitlines()[0]) for ran in (address, actor)] == [
        (2, "error: not an address: 999.1.1.1"),
        (2, "error: this case has no actor A9"),
    ]
    assert storm_case.decisions.read_bytes() == before
    nobody = run("decide", storm_case.root, "mailbox", "nobody@x.example", *how)
    assert (nobody.status, nobody.err.splitlines()[0]) == (
        0,
        "nothing in this case touches mailbox nobody@x.example: is it spelt right?",
    )


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
