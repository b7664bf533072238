from datetime import datetime

from counterseal.cli.coverage import export_next, how, which


def row(stream, begins, ends, state="absent", reason="not-exported", mailbox="*", tenant="t"):
    return {
        "tenant": tenant,
        "mailbox": mailbox,
        "kind": "use",
        "stream": stream,
        "begins": datetime(2026, 5, begins),
        "ends": datetime(2026, 5, ends),
        "state": state,
        "basis": "measured",
        "reason": reason,
    }


def test_export_next():
    """What to export next: whole streams with missing days, most days first; covered days and edges are none."""
    found = [
        row("gateway", 1, 2),
        row("gateway", 9, 10),
        row("mail-access", 1, 6, state="partial", reason="gap"),
        row("mail-access", 6, 7, state="partial", reason="edge"),
        row("oidc.issued", 1, 30, state="covered", reason=None),
        row("mail-access", 1, 30, mailbox="a@x"),
    ]
    assert export_next(found) == [
        {
            "stream": "mail-access",
            "tenant": "t",
            "intervals": [["2026-05-01", "2026-05-06"]],
            "days": 5,
            "reason": "gap",
            "says": "this stream falls silent on these days",
        },
        {
            "stream": "gateway",
            "tenant": "t",
            "intervals": [["2026-05-01", "2026-05-02"], ["2026-05-09", "2026-05-10"]],
            "days": 2,
            "reason": "not-exported",
            "says": "the evidence has no record of this stream on these days",
        },
    ]


def test_how_names_the_logs_that_hold_a_stream():
    """Each log that holds a wanted stream says how to export it; the others are silent."""
    told = how({"oidc.issued"})
    assert set(told) == {"oidc_provider"}
    assert all(told.values())


def test_intervals_in_words():
    """A long list of intervals is cut, and says so."""
    assert which([["1", "2"]] * 5) == "1 until 2, 1 until 2, 1 until 2 and 2 more"
