import copy
from pathlib import Path

from finished_case import SUMMARY

from counterseal.cli._closing import COLUMNS, LINES, closing


def test_closing_of_a_small_case():
    """The end of a run shows sums that add up, the verdicts, victims, gaps, and where the report is."""
    assert closing(SUMMARY, ["a@ministry.example"], 0, Path("case/report.html")) == [
        "read         14 records in 2 files",
        "             = 9 kept + 2 duplicate + 2 out of scope + 1 rejected",
        "events       2 issuances, 5 accepted uses, 1 refused use, 1 touch of a key",
        "judged       all uses on record, 2026-05-15 to 2026-05-17",
        "verdicts     5 accepted uses = 1 forged + 0 stolen + 1 unissued + 1 suspicious +",
        "             1 unknown + 1 issued",
        "provable     forged at most: the uses name their signing key",
        "victims      1 mailbox, 1 account, 1 organisation",
        "             a@ministry.example",
        "             1 suspected, 1 undetermined, 1 cleared",
        "messages     1 on record as served",
        "             presumed taken: at least 212, no upper bound known",
        "             possible: 0",
        "unable       1 of 3 detections, for want of issuance.family",
        "cannot show  1 mailbox, 3 days: mailbox access was not exported for these",
        "             mailboxes",
        "             1 mailbox, 1 use, 1 day: the record names no token and no session",
        "report       case/report.html",
    ]


def huge(document):
    """The same summary with every count at eleven digits and every text long and hostile."""
    if isinstance(document, dict):
        return {name: huge(value) for name, value in document.items()}
    if isinstance(document, list):
        return [huge(value) for value in document] * 5
    if isinstance(document, int):
        return 10_000_000_000
    return "\x1b[31m" + "word " * 60 if isinstance(document, str) else document


def test_closing_fits_one_screen():
    """Whatever the counts and names, it fits 24 lines of 80 columns with the prompt below, and is inert."""
    victims = ["\x1b]0;x\a" + "v" * 300] * 4
    lines = closing(huge(SUMMARY), victims, 10_000_000_000, Path("case/report.html"))
    assert len(lines) < LINES
    assert max(map(len, lines)) <= COLUMNS
    assert all(line.isprintable() for line in lines)
    assert lines[-1] == "report       case/report.html"


def test_sums_that_do_not_add_up():
    """A sum that is wrong is not shown as if it were right."""
    summary = copy.deepcopy(SUMMARY)
    summary["read"]["kept"] = 8
    assert closing(summary, [], 1, Path("r"))[:3] == [
        "read         14 records in 2 files; 1 file could not be read",
        "             = 8 kept + 2 duplicate + 2 out of scope + 1 rejected (DOES NOT ADD",
        "             UP)",
    ]


def test_files_that_are_no_evidence():
    """A text among the evidence is not counted as a file read, and not passed over."""
    summary = copy.deepcopy(SUMMARY)
    summary["read"]["no_evidence"] = 1
    assert (
        closing(summary, [], 0, Path("r"))[0] == "read         14 records in 2 files; 1 more is no evidence"
    )


def test_accused_uses_without_a_mailbox():
    """Forged uses of something that is no mailbox are not passed over because they make nobody a victim."""
    summary = copy.deepcopy(SUMMARY)
    summary["victims"]["mailboxes"] = 0
    assert "             the accused uses name no mailbox" in closing(summary, [], 0, Path("r"))


def test_detections_that_could_not_fire():
    """What detections lack is named, the most wanted first, alternatives as such; where all could fire there is no such line."""
    summary = copy.deepcopy(SUMMARY)
    summary["detections"]["unable"] = [
        {"reason": "key-unknown", "missing": ["use.key_id", "key.given"]},
        {"reason": "key-retired", "missing": ["use.key_id", "key.retired_at|key.not_after"]},
    ]
    assert closing(summary, [], 0, Path("r"))[12:14] == [
        "unable       2 of 4 detections, for want of use.key_id, key.given,",
        "             key.retired_at or key.not_after",
    ]
    summary["detections"]["unable"] = []
    assert not [line for line in closing(summary, [], 0, Path("r")) if line.startswith("unable")]


def test_a_window_is_told():
    """What --since and --until leave out stands on the last screen, with the number of uses that nobody judged."""
    summary = copy.deepcopy(SUMMARY)
    summary["window"] |= {
        "since": "2026-05-16 08:00:00+00:00",
        "until": "2026-05-17 00:00:00+00:00",
        "uses_outside": 36,
    }
    assert closing(summary, [], 0, Path("r"))[3:5] == [
        "judged       only uses from 2026-05-16 08:00:00 until 2026-05-17; 36 accepted",
        "             uses outside are not judged",
    ]
