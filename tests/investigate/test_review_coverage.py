"""Where a log was cut, moved or stopped without a word, its silence accuses nobody."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from judging import judged, verdicts
from test_judgement import ALWAYS, BEGIN, ISSUER, issued, used

from counterseal.core.engine.duckdb import rows
from counterseal.investigate.cadence import DAY, days_between, measured_days
from counterseal.investigate.judgement import Grounds

MONDAY = date(2026, 5, 4)


def states(counts: dict[date, int], days: int) -> dict[int, tuple[str, str | None]]:
    """Day number -> state and reason, from the first Monday on."""
    found = measured_days(counts, days_between(MONDAY, MONDAY + (days - 1) * DAY), None, ())
    return {(day - MONDAY).days: (state.state.value, state.reason) for day, state in found.items()}


def busy(*days: int, records: int = 100) -> dict[date, int]:
    """The same number of records on each of these days."""
    return {MONDAY + number * DAY: records for number in days}


def test_a_month_between_two_exports_is_a_gap() -> None:
    """Two busy weeks with four silent ones between: the silence outweighs the records, and covers nothing."""
    found = states(busy(*range(7), *range(35, 42)), 42)
    assert {found[number] for number in range(7, 35)} == {("absent", "gap")}
    assert found[3] == ("covered", None)


def test_one_stray_record_half_a_year_before_covers_nothing() -> None:
    """A single old sign-in among the evidence does not stretch a stream of five a day over the months between."""
    found = states(busy(0, records=1) | busy(*range(180, 200), records=5), 200)
    assert {found[number] for number in range(1, 180)} == {("absent", "gap")}


def test_a_weekly_job_is_silent_all_week() -> None:
    """A stream that has its records every Monday has no gap from Tuesday to Sunday; a missing month is one."""
    weekly = states(busy(*range(0, 71, 7), records=50), 71)
    assert {weekly[number] for number in range(1, 70)} == {("covered", None)}
    missing = states(busy(0, 7, 14, 21, 56, 63, 70, records=50), 71)
    assert {missing[number] for number in range(22, 56)} == {("absent", "gap")}


def tokens(first: int, last: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Twelve genuine tokens a day of six people."""
    uses, issuances = [], []
    for number in range(first * 12, last * 12):
        time, who = BEGIN + (number // 12) * DAY + timedelta(hours=number % 12), f"p{number % 6}@corp.example"
        issuances.append(issued(f"t{number}", who, time))
        uses.append(used(f"g{number}", f"t{number}", who, time=time + timedelta(minutes=9), issued_at=time))
    return uses, issuances


def accused(
    folder: Path, uses: list[dict[str, Any]], issuances: list[dict[str, Any]], grounds: Grounds
) -> set[str]:
    """Uses called unissued."""
    with judged(folder, uses, issuances, grounds=grounds) as con:
        return {use for use, (verdict, _) in verdicts(con).items() if verdict == "unissued"}


def test_a_declared_log_that_stops_is_not_believed_afterwards(tmp_path: Path) -> None:
    """Declared for the year, the file ends in the middle: everybody's tokens of the second half are unknown."""
    uses, issuances = tokens(0, 20)
    assert accused(tmp_path, uses, issuances[:120], Grounds(declared=[ALWAYS])) == set()


def test_a_declared_log_that_begins_late_is_not_believed_before(tmp_path: Path) -> None:
    """The same with the first half rotated away."""
    uses, issuances = tokens(0, 20)
    assert accused(tmp_path, uses, issuances[120:], Grounds(declared=[ALWAYS])) == set()


def test_a_declared_log_with_a_month_missing_is_not_believed_in_it(tmp_path: Path) -> None:
    """The same with the middle missing, longer than what is there."""
    uses, issuances = tokens(0, 40)
    kept = [row for row in issuances if not 7 <= (row["time"] - BEGIN).days < 33]
    assert accused(tmp_path, uses, kept, Grounds(declared=[ALWAYS])) == set()


def test_a_declaration_for_every_tenant_is_heard(tmp_path: Path) -> None:
    """Tenant `*` answers for the stream of whatever issuer."""
    uses, issuances = tokens(0, 20)
    everyone = Grounds(declared=[replace(ALWAYS, tenant="*")])
    forged = used("u", "forged", time=BEGIN + 9 * DAY, issued_at=BEGIN + 9 * DAY)
    assert accused(tmp_path, [*uses, forged], issuances, everyone) == {"u"}


def test_a_zero_date_does_not_stretch_the_case_over_centuries(tmp_path: Path) -> None:
    """A record of the year 1 is judged, and is in no window: neither in coverage nor in what a mailbox is cleared for."""
    uses, issuances = tokens(0, 3)
    zero = used("u", "t0", "p0@corp.example", time=datetime(1, 1, 1), issued_at=BEGIN)
    with judged(tmp_path, [*uses, zero], issuances) as con:
        assert rows(con, "select min(begins) from coverage") == [(BEGIN,)]
        assert rows(con, "select first from tenant_span") == [(BEGIN.date(),)]
        assert ISSUER in {tenant for (tenant,) in rows(con, "select tenant from coverage")}


def test_a_declaration_is_shown_without_the_holes_of_its_log(tmp_path: Path) -> None:
    """Coverage says `declared` of no day on which the log shows that records are missing, nor of any before its first."""
    uses, issuances = tokens(0, 20)
    kept = [row for row in issuances if (row["time"] - BEGIN).days not in (8, 9)]
    with judged(tmp_path, uses, kept, grounds=Grounds(declared=[ALWAYS])) as con:
        assert rows(con, "select begins, ends from coverage where basis = 'declared' order by all") == [
            (BEGIN, BEGIN + 8 * DAY),
            (BEGIN + 10 * DAY, ALWAYS.ends),
        ]
        assert rows(con, "select begins, ends from coverage where reason = 'gap'") == [
            (BEGIN + 8 * DAY, BEGIN + 10 * DAY)
        ]


def test_a_log_is_asked_only_for_the_time_of_its_tenants_uses(tmp_path: Path) -> None:
    """An issuer of another tenant logged a month before: this tenant's logs are asked for their own days alone."""
    uses, issuances = tokens(0, 20)
    early = issued(
        "early", time=BEGIN - 30 * DAY, issuer="https://login.other.example", tenant="other.example"
    )
    microsoft = used(
        "m", "x", "m@ms.example", stream="mail-access", issuer=None, tenant="ms.example", time=BEGIN + 9 * DAY
    )
    with judged(tmp_path, [*uses, microsoft], [*issuances, early]) as con:
        asked = {
            (tenant, stream): (begins, ends)
            for tenant, stream, begins, ends in rows(
                con,
                "select tenant, stream, min(begins), max(ends) from coverage where mailbox = '*' group by all",
            )
        }
    assert asked == {
        (ISSUER, "oidc.issued"): (BEGIN - 2 * DAY + DAY, BEGIN + 20 * DAY),
        ("https://login.other.example", "oidc.issued"): (BEGIN - 30 * DAY, BEGIN - 29 * DAY),
        ("corp.example", "gateway"): (BEGIN, BEGIN + 20 * DAY),
        ("ms.example", "mail-access"): (BEGIN + 9 * DAY, BEGIN + 10 * DAY),
        ("ms.example", "signin.interactive"): (BEGIN + 7 * DAY, BEGIN + 10 * DAY),
        ("ms.example", "signin.non-interactive"): (BEGIN + 7 * DAY, BEGIN + 10 * DAY),
    }


def test_a_session_older_than_a_declared_log_accuses_nobody(tmp_path: Path) -> None:
    """The log begins with the case, busy from its first day: of the ninety days before it says nothing, whatever is declared."""
    uses, issuances = tokens(0, 20)
    old = used("old", None, session_id="of-last-month", time=BEGIN + 10 * DAY, issued_at=None)
    with judged(tmp_path, [*uses, old], issuances, grounds=Grounds(declared=[ALWAYS])) as con:
        assert verdicts(con)["old"][0] == "unknown"
