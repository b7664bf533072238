"""The roster and the declarations say plainly who is meant and who answers, or are refused with the line."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from counterseal.core.errors import UsageError
from counterseal.investigate.inputs import Declaration, RosterEntry, read_declarations, read_roster


def write(folder: Path, content: str | bytes) -> Path:
    path = folder / "input"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize(
    "content",
    [
        "mailbox,tenant,organisation,contact\nA@X.example,T1,Ministry,+1\nb@x.example,,,\n",
        "\ufeffMailbox;Tenant;Organisation;Contact\r\nA@X.example;T1;Ministry;+1\r\nb@x.example\r\n",
        "mailbox,tenant,organisation,contact\nA@X.example,T1,Ministry,+1\nb@x.example,,,\n".encode("utf-16"),
    ],
    ids=["plain", "excel with BOM and semicolons", "utf-16"],
)
def test_a_roster_is_read_from_whatever_a_spreadsheet_saves(tmp_path: Path, content: str | bytes) -> None:
    """Mailbox and tenant are folded as comparisons need them; empty cells are null."""
    assert read_roster(write(tmp_path, content)) == (
        RosterEntry("a@x.example", "t1", "Ministry", None, None, "+1"),
        RosterEntry("b@x.example"),
    )


@pytest.mark.parametrize(
    ("content", "what", "where", "advice"),
    [
        ("mailbx\na@x\n", "unknown column 'mailbx'", "input, line 1", "did you mean 'mailbox'?"),
        ("tenant\nt\n", "no column 'mailbox'", "input, line 1", None),
        ("mailbox,tenant\n,t\n", "no mailbox", "input, line 2", None),
        ("mailbox\na@x\n\nA@X\n", "a@x stands here twice", "input, line 4", "see line 2"),
        (b"mailbox\n\xff\xff\n", "input is not text in UTF-8", "byte 8", "save it as UTF-8"),
    ],
)
def test_a_wrong_roster_is_refused(
    tmp_path: Path, content: str | bytes, what: str, where: str, advice: str | None
) -> None:
    """The message names the line and the nearest name."""
    with pytest.raises(UsageError) as caught:
        read_roster(write(tmp_path, content))
    assert caught.value.what.endswith(what)
    assert caught.value.where == where
    assert advice is None or caught.value.next_step == advice


ONE = """
[[complete]]
tenant = "T1"
stream = "signin.non-interactive"
from = 2026-05-01
to = 2026-05-31
by = "A. Analyst"
why = "exported daily"
"""


def test_declarations_become_spans(tmp_path: Path) -> None:
    """A day in `to` is included to its end; an instant is the end itself, in whatever zone it was written."""
    later = ONE.replace("2026-05-01", "2026-06-01T02:00:00+02:00").replace(
        "2026-05-31", "2026-06-02T00:00:00Z"
    )
    assert read_declarations(write(tmp_path, ONE + later), ["signin.non-interactive"]) == (
        Declaration(
            "t1",
            "signin.non-interactive",
            datetime(2026, 5, 1, tzinfo=UTC),
            datetime(2026, 6, 1, tzinfo=UTC),
            "A. Analyst",
            "exported daily",
        ),
        Declaration(
            "t1",
            "signin.non-interactive",
            datetime(2026, 6, 1, tzinfo=UTC),
            datetime(2026, 6, 2, tzinfo=UTC),
            "A. Analyst",
            "exported daily",
        ),
    )


@pytest.mark.parametrize(
    ("old", "new", "what", "advice"),
    [
        ("[[complete]]", "[[complet]]", "unknown table 'complet'", "did you mean 'complete'?"),
        ("[[complete]]", "[complete]", "complete is not a list of tables", "write [[complete]]"),
        ("tenant =", "tennant =", "unknown key 'tennant'", "did you mean 'tenant'?"),
        ('by = "A. Analyst"\n', "", "no 'by'", None),
        ('"exported daily"', '" "', "why is not a text", None),
        (
            "signin.non-interactive",
            "signin.noninteractive",
            "unknown stream 'signin.noninteractive'",
            "did you mean 'signin.non-interactive'?",
        ),
        ("2026-05-31", "2026-05-31T10:00:00", "to has no zone", "write 2026-05-31T10:00:00Z for UTC"),
        ("2026-05-31", '"2026-05-31"', "to is not a date", None),
        ("2026-05-31", "2026-04-30", "to does not lie after from", None),
        ("2026-05-31", "May", "not TOML", None),
    ],
)
def test_a_wrong_declaration_is_refused(
    tmp_path: Path, old: str, new: str, what: str, advice: str | None
) -> None:
    """Whoever answers for a log must say clearly for which: nothing is guessed."""
    with pytest.raises(UsageError) as caught:
        read_declarations(write(tmp_path, ONE.replace(old, new)), ["signin.non-interactive"])
    assert caught.value.what == what
    assert str(caught.value.where).startswith("input")
    assert advice is None or caught.value.next_step == advice


def test_the_faulty_declaration_is_named_by_its_line(tmp_path: Path) -> None:
    """The second of two is at fault, and its header's line is told."""
    with pytest.raises(UsageError) as caught:
        read_declarations(write(tmp_path, ONE + ONE.replace("by =", "bye =")))
    assert caught.value.where == "input, line 10"
