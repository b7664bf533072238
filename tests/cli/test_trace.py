import json

import pytest
from finished_case import CUSTODY, TOKEN, VERDICTS, write_table

from counterseal.core.case import TABLES

FORGED, UNISSUED, REFUSED = ("use", "forged", 1), ("use", "unissued", 2), ("attempt", "refused", 5)
EXPORTED, SIGNED_IN, REVOKED = (
    ("custody", "success", 2),
    ("issuance", "success", 0),
    ("issuance", "revoked", 1),
)
ISSUED = ("use", "issued", 6)

TOUCHES = {
    ("key", "k-consumer"): [EXPORTED, FORGED],
    ("token", TOKEN): [FORGED, UNISSUED, REFUSED],
    ("token", "00000000-0000-0000-0000-000000000000"): [FORGED, UNISSUED, REFUSED],
    ("session", "s-1"): [FORGED, UNISSUED, REFUSED, REVOKED],
    ("app", " APP-1"): [SIGNED_IN, FORGED, UNISSUED, REFUSED, ISSUED],
    ("ip", "::ffff:192.0.2.7"): [FORGED, UNISSUED, REFUSED, ISSUED],
    ("mailbox", "D@Ministry.example"): [SIGNED_IN, ISSUED],
    ("actor", "A1"): [EXPORTED, FORGED, UNISSUED, REFUSED, REVOKED],
    ("key", "K-CONSUMER"): [],
    ("token", "x' or 1=1 --"): [],
}


@pytest.mark.parametrize(("selector", "expected"), TOUCHES.items(), ids=lambda value: str(value)[:40])
def test_selectors(selector, expected, run, storm_case):
    """Each selector finds what touches the value by its normalised form, uses with their verdict, in order of time."""
    ran = run("trace", storm_case.root, *selector, "--json")
    found = [json.loads(line) for line in ran.out.splitlines()]
    assert (ran.status, ran.err) == (0, "")
    assert [(row["kind"], row["word"], row["record"]) for row in found] == expected


def test_row_names_its_place(run, storm_case):
    """A row as JSON holds the whole values and where it comes from; what is not ASCII or printable is escaped."""
    ran = run("trace", storm_case.root, "key", "k-consumer", "--json")
    assert json.loads(ran.out.splitlines()[1]) == {
        "time": "2026-05-16T08:01:00",
        "kind": "use",
        "word": "forged",
        "reasons": ["key-outside-realm"],
        "actor": "A1",
        "tenant": "11111111-1111-4111-8111-111111111111",
        "realm": "enterprise",
        "principal": "a@ministry.example",
        "mailbox": "a@ministry.example",
        "did": "MailItemsAccessed",
        "app": "app-1",
        "ip": "192.0.2.7",
        "token": TOKEN,
        "session": "s-1",
        "key": "k-consumer",
        "evidence": "logs/<script>alert(1)</script>.csv",
        "record": 1,
        "offset": 100,
    }


def test_table_ends_in_counts(run, storm_case):
    """The table ends with how many events of each kind there are, or says that there are none."""
    assert (
        run("trace", storm_case.root, "key", "k-consumer").out.splitlines()[-1]
        == "1 custody success; 1 use forged"
    )
    assert run("trace", storm_case.root, "key", "nobody\x1b").out.splitlines()[-1] == (
        "nothing in this case touches key nobody\\x1b"
    )


def test_no_address(run, storm_case):
    """`ip` with something else than an address is the user's mistake."""
    ran = run("trace", storm_case.root, "ip", "192.0.2")
    assert (ran.status, ran.out, ran.err.splitlines()[0]) == (2, "", "error: not an address: 192.0.2")


def test_value_that_begins_with_a_dash(run, storm_case):
    """A token id may begin with a dash; after -- it is a value."""
    assert run("trace", storm_case.root, "token", "--", "-x").status == 0


def test_uses_outside_the_window_were_not_judged(run, storm_case):
    """A use outside --since and --until is said not to be judged; it is not called issued."""
    manifest = json.loads(storm_case.manifest.read_text("utf-8"))
    manifest["arguments"] |= {"since": "2026-05-16 10:01:30+02:00", "until": "2026-05-16 08:06:00+00:00"}
    storm_case.manifest.write_text(json.dumps(manifest), "utf-8")
    ran = run("trace", storm_case.root, "app", "app-1", "--json")
    found = [json.loads(line) for line in ran.out.splitlines()]
    assert [row["word"] for row in found] == ["success", "not judged", "unissued", "refused", "not judged"]


SURPLUS = {"kind": "VARCHAR", "event_id": "VARCHAR", "evidence_file": "VARCHAR", "evidence_record": "BIGINT"}


def test_surplus_copies_are_left_out(run, storm_case):
    """A record that is a copy of another is no second touch."""
    copy = CUSTODY[0] | {"kind": "custody"}
    write_table(storm_case, storm_case.duplicates, SURPLUS, [{name: copy[name] for name in SURPLUS}])
    found = run("trace", storm_case.root, "key", "k-consumer", "--json").out.splitlines()
    assert [json.loads(line)["kind"] for line in found] == ["use"]


def test_contradicting_record_keeps_its_verdict(run, storm_case):
    """A use that was judged under an id of its own, because it contradicts its namesake, shows that verdict."""
    renamed = [row | {"use_id": "another-id"} if row["use_id"] == "u2" else row for row in VERDICTS]
    write_table(storm_case, storm_case.table("verdicts"), TABLES["verdicts"], renamed)
    found = run("trace", storm_case.root, "token", TOKEN, "--json").out.splitlines()
    rows = [json.loads(line) for line in found]
    assert [(row["word"], row["record"]) for row in rows] == [("forged", 1), ("unissued", 2), ("refused", 5)]


def test_issued_and_refused_uses_have_their_mailboxs_realm(run, storm_case):
    """The realm that judgement gave a mailbox is shown beside its uses that stand in no table of verdicts."""
    ran = run("trace", storm_case.root, "ip", "192.0.2.7", "--json")
    rows = [json.loads(line) for line in ran.out.splitlines()]
    assert {row["word"]: row["realm"] for row in rows if row["word"] in ("refused", "issued")} == {
        "refused": "enterprise",
        "issued": "enterprise",
    }
