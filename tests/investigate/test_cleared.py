"""Nobody is cleared for a time in which an access to his mailbox could have left no record. All rows synthetic."""

from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

from judging import judged
from test_judgement import ALWAYS, BEGIN, HOUR, issued, used

from counterseal.core.engine.duckdb import rows
from counterseal.core.vocabulary import Status
from counterseal.investigate.cadence import DAY
from counterseal.investigate.inputs import RosterEntry
from counterseal.investigate.judgement import Grounds
from counterseal.investigate.summary import cannot_tell, people

Rows = list[dict[str, Any]]
A_WEEK = ("cleared", "every recorded access from 2026-05-05 to 2026-05-17 matches an issuance", 0)


def fortnight(
    who: str = "a@corp.example",
    stream: str = "gateway",
    days: Iterable[int] = range(15),
    tenant: str = "corp.example",
) -> tuple[Rows, Rows]:
    """Six genuine tokens a day, each used once."""
    uses, issuances = [], []
    for day in days:
        for number in range(6):
            time, name = BEGIN + day * DAY + (8 + number) * HOUR, f"{who}-{tenant}-{stream}-{day}-{number}"
            issuances.append(issued(name, who, time))
            uses.append(
                used(
                    name,
                    name,
                    who,
                    time=time + timedelta(minutes=9),
                    issued_at=time,
                    stream=stream,
                    tenant=tenant,
                )
            )
    return uses, issuances


def statuses(
    folder: Path, uses: Rows, issuances: Rows, grounds: Grounds | None = None
) -> dict[str, tuple[Any, ...]]:
    """Mailbox -> status, reason, blind days."""
    with judged(folder, uses, issuances, grounds=grounds) as con:
        return {
            mailbox: found
            for mailbox, *found in (
                (row[0], *row[1:])
                for row in rows(con, "select mailbox, status, reason, blind_days from mailboxes")
            )
        }


def both(*parts: tuple[Rows, Rows]) -> tuple[Rows, Rows]:
    """Several people's rows."""
    return [row for uses, _ in parts for row in uses], [row for _, issuances in parts for row in issuances]


def test_a_covered_mailbox_is_cleared_for_the_whole_days(tmp_path: Path) -> None:
    """The first and last day of the records are not whole, and the words do not reach them."""
    found = statuses(tmp_path, *fortnight())
    assert found == {"a@corp.example": [*A_WEEK]}


def test_access_that_stops_being_recorded_clears_nobody(tmp_path: Path) -> None:
    """What was served is on record for a week, other acts in the mailbox for a fortnight: nothing shows the second week."""
    uses, issuances = fortnight()
    for use in uses:
        if use["time"] >= BEGIN + 7 * DAY:
            use |= {"stream": "mailbox-audit", "access": "other", "messages": None}
    assert statuses(tmp_path, uses, issuances) == {"a@corp.example": ["undetermined", "not-exported", 8]}


def test_a_quiet_weekend_at_the_end_takes_nothing(tmp_path: Path) -> None:
    """A log of working days ends on Friday, a log-in is on record on Sunday: the log has not stopped."""
    uses, issuances = fortnight(days=[0, 1, 2, 3, 4, 7, 8, 9, 10, 11])
    late = used(
        "late",
        "late",
        time=BEGIN + 13 * DAY,
        issued_at=BEGIN + 13 * DAY,
        stream="mailbox-audit",
        access="other",
    )
    found = statuses(tmp_path, [*uses, late], [*issuances, issued("late", time=BEGIN + 13 * DAY)])
    assert found == {
        "a@corp.example": [
            "cleared",
            "every recorded access from 2026-05-05 to 2026-05-16 matches an issuance",
            0,
        ]
    }


def test_until_clears_for_nothing_after_it(tmp_path: Path) -> None:
    """The window ends before the unissued uses: the mailbox is cleared up to there and not a day further."""
    uses, issuances = fortnight()
    bad = used("bad", "forged", time=BEGIN + 9 * DAY, issued_at=BEGIN + 9 * DAY)
    window = Grounds(since=BEGIN + DAY + HOUR, until=BEGIN + 7 * DAY)
    with judged(tmp_path, [*uses, bad], issuances, grounds=window) as con:
        assert rows(con, "select status, reason from mailboxes") == [
            ("cleared", "every recorded access from 2026-05-06 to 2026-05-10 matches an issuance")
        ]
        outside = [gap for gap in cannot_tell(con) if gap["code"] == "outside-window"]
    assert [(gap["mailboxes"], gap["uses"]) for gap in outside] == [(1, 55)]


def test_a_window_without_a_whole_day_clears_nobody(tmp_path: Path) -> None:
    """Some hours of a day are no day."""
    window = Grounds(since=BEGIN + 3 * DAY + HOUR, until=BEGIN + 4 * DAY)
    assert statuses(tmp_path, *fortnight(), window) == {"a@corp.example": ["undetermined", "no-whole-day", 0]}


def test_a_mailbox_outside_the_window_is_not_passed_over(tmp_path: Path) -> None:
    """Its records lie after the window: it is named, and nothing is known of it in the window."""
    found = statuses(
        tmp_path,
        *both(fortnight(), tuple(part[:2] for part in fortnight("late@corp.example", days=[12]))),
        Grounds(until=BEGIN + 7 * DAY),
    )
    assert found["late@corp.example"] == ["undetermined", "no-records", 0]


def test_the_logs_tenant_wins_over_the_rosters_name(tmp_path: Path) -> None:
    """The roster calls the tenant Contoso, its log falls silent for three days: the gap counts as without the roster."""
    gap = fortnight(days=[day for day in range(15) if day not in (7, 8, 9)])
    other = fortnight("b@corp.example", days=[day for day in range(15) if day not in (7, 8, 9)])
    roster = [
        RosterEntry("a@corp.example", "contoso", organisation="Contoso Ltd"),
        RosterEntry("ghost@elsewhere.example", "contoso"),
        RosterEntry("nobody@elsewhere.example", "fabrikam"),
    ]
    with judged(tmp_path, *both(gap, other), grounds=Grounds(roster=roster)) as con:
        assert rows(
            con,
            "select tenant, mailbox, organisation, status, reason, blind_days from mailboxes order by mailbox",
        ) == [
            ("corp.example", "a@corp.example", "Contoso Ltd", "undetermined", "gap", 3),
            ("corp.example", "b@corp.example", "corp.example", "undetermined", "gap", 3),
            ("corp.example", "ghost@elsewhere.example", "elsewhere.example", "undetermined", "audit-off", 15),
            (
                "fabrikam",
                "nobody@elsewhere.example",
                "elsewhere.example",
                "undetermined",
                "tenant-unknown",
                0,
            ),
        ]


def test_one_address_in_two_tenants_is_two_mailboxes(tmp_path: Path) -> None:
    """Entered in one tenant, its namesake in the other is not called a victim, nor are their messages one."""
    uses, issuances = both(
        fortnight(tenant="one.example"),
        fortnight(tenant="two.example"),
        fortnight("b@corp.example", tenant="two.example"),
    )
    bad = used("bad", "forged", time=BEGIN + 7 * DAY, tenant="two.example", issued_at=BEGIN + 7 * DAY)
    with judged(tmp_path, [*uses, bad], issuances, grounds=Grounds(declared=[ALWAYS])) as con:
        assert rows(
            con, "select tenant, mailbox, status, certain from mailboxes order by tenant, mailbox"
        ) == [
            ("one.example", "a@corp.example", "cleared", 0),
            ("two.example", "a@corp.example", "victim", 1),
            ("two.example", "b@corp.example", "cleared", 0),
        ]
        assert rows(con, "select distinct tenant, mailbox from exposed") == [
            ("two.example", "a@corp.example")
        ]
        assert people(con, Status.CLEARED)["mailboxes"] == 2


def test_a_record_without_tenant_is_of_the_only_tenant_of_its_address(tmp_path: Path) -> None:
    """One mailbox stays one where a log names no tenant."""
    uses, issuances = fortnight()
    uses[40] |= {"tenant": None}
    assert statuses(tmp_path, uses, issuances) == {"a@corp.example": [*A_WEEK]}


def test_a_mailbox_that_falls_silent_is_not_cleared(tmp_path: Path) -> None:
    """Six records a day until the seventh day, then none, while the others go on: its audit may be switched off."""
    parts = both(fortnight(), fortnight("b@corp.example"), fortnight("quiet@corp.example", days=range(7)))
    with judged(tmp_path, *parts) as con:
        assert rows(con, "select mailbox, status, reason, blind_days from mailboxes order by mailbox") == [
            ("a@corp.example", *A_WEEK),
            ("b@corp.example", *A_WEEK),
            ("quiet@corp.example", "undetermined", "mailbox-silent", 7),
        ]
        assert rows(
            con, "select mailbox, stream, begins, ends, state from coverage where reason = 'mailbox-silent'"
        ) == [("quiet@corp.example", "gateway", BEGIN + 7 * DAY, BEGIN + 15 * DAY, "absent")]


def test_a_mailbox_that_sleeps_at_weekends_is_cleared(tmp_path: Path) -> None:
    """Its silence is the usual one."""
    parts = both(fortnight("b@corp.example"), fortnight(days=[0, 1, 2, 3, 4, 7, 8, 9, 10, 11, 14]))
    assert statuses(tmp_path, *parts)["a@corp.example"] == [*A_WEEK]


def test_throttling_blinds_a_mailbox_for_24_hours(tmp_path: Path) -> None:
    """From the flag on nothing is recorded: the two days it touches are blind."""
    uses, issuances = fortnight()
    uses[40] |= {"throttled": True}
    assert statuses(tmp_path, uses, issuances) == {"a@corp.example": ["undetermined", "throttled", 2]}


def test_a_log_of_one_door_clears_nobody(tmp_path: Path) -> None:
    """Requests to Microsoft Graph say nothing of access by IMAP or Outlook on the web."""
    found = statuses(tmp_path, *fortnight(stream="graph-activity"))
    assert found["a@corp.example"][:2] == ["undetermined", "not-exported"]
