import copy

import pytest
from finished_case import SUMMARY

from counterseal.outputs.html.sentences import bounds, counted, judged, what, when, who


@pytest.mark.parametrize(
    ("least", "most", "said"),
    [
        (0, 0, "0"),
        (212, 212, "212"),
        (5, 1200, "5 to 1,200"),
        (212, None, "at least 212, no upper bound known"),
        (0, None, "no bound known"),
        (None, None, "no bound known"),
        (None, 7, "at most 7"),
    ],
)
def test_bounds(least, most, said):
    """A number carries its bounds; a bound nobody knows is said to be unknown and never becomes 0."""
    assert bounds(least, most) == said


def test_counted():
    """One is singular, the rest plural."""
    assert [counted(n, "mailbox", "mailboxes") for n in (0, 1, 1200)] == [
        "0 mailboxes",
        "1 mailbox",
        "1,200 mailboxes",
    ]


def changed(**more):
    summary = copy.deepcopy(SUMMARY)
    for name, value in more.items():
        summary[name] |= value
    return summary


def test_what_in_three_degrees():
    """Served, presumed and possible are three sentences, each with its bounds."""
    messages = {"certain": 14, "suspected": 3, "presumed_min": 10, "presumed_max": 20, "possible_max": None}
    assert what(changed(messages=messages)) == [
        "14 messages are on record as served.",
        "3 more were served to uses that are only suspicious.",
        "Presumed taken (folder synchronised, or logging throttled): 10 to 20.",
        "Possible, because there was access and no record says what was served: no bound known.",
    ]


def test_end_of_access_is_never_assumed():
    """Whether access has ended is told by refusals on record alone; logs without any cannot show it."""
    said = {after: when(changed(when={"attempts_after": after}))[-1] for after in (None, 0, 3)}
    assert said == {
        None: "The logs do not record refusals of every actor, so they cannot show that access has ended.",
        0: "No refused attempt follows it on record, so nothing shows that access has ended.",
        3: "3 refused attempts after it are on record.",
    }


def test_accused_uses_without_mailbox_are_not_passed_over():
    """Forged uses of something that is no mailbox make nobody a victim, and the page still begins with them."""
    nobody = {"organisations": 0, "accounts": 0, "mailboxes": 0}
    assert who(changed(victims=nobody))[0] == (
        "2 accepted uses are judged forged, stolen or unissued; the records of them name no mailbox, so nobody's mailbox "
        "is counted as entered."
    )


@pytest.mark.parametrize(
    ("window", "said"),
    [
        ({}, "all uses on record, 2026-05-15 to 2026-05-17"),
        ({"first": None}, "no use is on record"),
        (
            {"until": "2026-05-16 00:00:00+00:00", "uses_outside": 1},
            "only uses until 2026-05-16; 1 accepted use outside is not judged",
        ),
        (
            {"since": "2026-05-15 12:30:00+00:00"},
            "only uses from 2026-05-15 12:30:00; no accepted use lies outside",
        ),
    ],
)
def test_the_window_is_said(window, said):
    """The page's first words on mailboxes go no further than the time that was judged."""
    assert judged(changed(window=window)) == said
    assert who(changed(window=window))[-1] == f"Judged: {said}."
