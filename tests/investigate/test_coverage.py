"""Coverage is measured from a stream's own cadence: a quiet Sunday is no gap, presence is no completeness."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from judging import judged

from counterseal.core.engine.duckdb import rows
from counterseal.core.vocabulary import CoverageState, Kind
from counterseal.evidence.source import LogStream
from counterseal.investigate.cadence import DAY, Truncated, days_between, measured_days
from counterseal.investigate.coverage import intersect, required_streams, without
from counterseal.investigate.inputs import Declaration
from counterseal.investigate.judgement import Grounds

MONDAY = date(2026, 5, 4)
WINDOW = days_between(MONDAY, MONDAY + 13 * DAY)


def cadence(weekday: int, weekend: int) -> dict[date, int]:
    """Two weeks of daily counts."""
    return {
        day: weekday if day.weekday() < 5 else weekend
        for day in WINDOW
        if weekday and (weekend or day.weekday() < 5)
    }


def states(counts: dict[date, int], cut: tuple[Truncated, ...] = ()) -> dict[int, tuple[str, str | None]]:
    """Day number -> (state, reason), the covered days left out."""
    found = measured_days(counts, WINDOW, None, cut)
    return {
        (day - MONDAY).days: (state.state.value, state.reason)
        for day, state in found.items()
        if state.state is not CoverageState.COVERED
    }


def test_only_the_edges_of_a_steady_stream_are_partial() -> None:
    """First and last day of an export are never whole."""
    assert states(cadence(100, 40)) == {0: ("partial", "edge"), 13: ("partial", "edge")}


def test_a_quiet_weekend_is_no_gap() -> None:
    """A stream that sleeps at weekends is covered on them."""
    assert states(cadence(100, 0)) == {
        0: ("partial", "edge"),
        11: ("partial", "edge"),
        12: ("absent", "not-exported"),
        13: ("absent", "not-exported"),
    }


def test_a_silent_working_day_is_a_gap() -> None:
    """No record on a day that normally has a hundred."""
    counts = cadence(100, 40)
    del counts[MONDAY + 8 * DAY]
    assert states(counts)[8] == ("absent", "gap")


def test_a_trickle_where_there_is_a_river_is_partial() -> None:
    """Presence is no completeness: three records on a day that normally has a hundred."""
    assert states(cadence(100, 40) | {MONDAY + 8 * DAY: 3})[8] == ("partial", "gap")


def test_a_small_tenant_may_have_silent_days() -> None:
    """Where a day normally has two records, none is no gap."""
    counts = cadence(2, 2)
    del counts[MONDAY + 8 * DAY]
    assert 8 not in states(counts)


def test_a_truncated_export_makes_its_days_partial() -> None:
    """Every day it touches may have lost records."""
    cut = (Truncated("t", "s", MONDAY + 3 * DAY, MONDAY + 4 * DAY),)
    assert {3, 4} == {
        day for day, (_, reason) in states(cadence(100, 40), cut).items() if reason == "truncated"
    }


def test_before_the_first_record_retention_explains_a_full_length_export() -> None:
    """An export as long as the provider keeps begins where retention ends."""
    stream = LogStream("s", Kind.ISSUANCE, "entra", retention=timedelta(days=7))
    counts = dict.fromkeys(WINDOW[5:], 50)
    found = measured_days(counts, WINDOW, stream, ())
    assert found[MONDAY].reason == "retention"


def test_an_absent_stream_covers_nothing() -> None:
    """No record of a stream in the evidence: every day not exported."""
    assert set(states({}).values()) == {("absent", "not-exported")}


def test_a_user_needs_both_interactive_and_non_interactive_sign_ins() -> None:
    """One stream alone could miss any silent renewal; AD FS counts where it exists."""
    assert required_streams("entra", "user", set()) == ["signin.interactive", "signin.non-interactive"]
    assert "signin.adfs" in required_streams("entra", "user", {"signin.adfs"})
    assert required_streams("entra", "app", set()) == ["signin.service-principal"]
    assert "ual.login" not in required_streams("entra", "user", {"ual.login"})


def test_intervals_are_cut_and_crossed() -> None:
    """Declared time loses a gap in its middle and is common to all streams."""
    a, b, c, d = (datetime(2026, 5, n) for n in (1, 2, 3, 4))
    assert without([(a, d)], b, c) == [(a, b), (c, d)]
    assert intersect([(a, c)], [(b, d)]) == [(b, c)]


@pytest.mark.parametrize("lost", [False, True])
def test_a_declaration_does_not_cover_a_gap_in_what_it_declares(tmp_path: Path, lost: bool) -> None:
    """Somebody answers for the log, and the log itself shows a silent day: that day is not declared."""
    issuer = "https://issuer.example"
    issuances = [
        {"event_id": f"{day}-{n}", "time": datetime.combine(day, datetime.min.time()) + timedelta(minutes=n),
         "stream": "oidc.issued", "issuer": issuer, "token_id": f"{day}-{n}", "outcome": "success", "principal": "a"}
        for day in WINDOW for n in range(30) if not (lost and day == MONDAY + 8 * DAY)
    ]  # fmt: skip
    use = {"time": datetime(2026, 5, 12, 9), "issued_at": datetime(2026, 5, 12, 8), "stream": "gateway", "issuer": issuer,
           "principal": "a", "token_id": "never", "mailbox": "a@x.example", "outcome": "accepted"}  # fmt: skip
    whole = Declaration(
        issuer,
        "oidc.issued",
        datetime(2026, 1, 1, tzinfo=UTC),
        datetime(2027, 1, 1, tzinfo=UTC),
        "ops",
        "kept whole",
    )
    with judged(tmp_path, [use], issuances, grounds=Grounds(declared=[whole])) as con:
        declared = rows(con, "select declared from unit")
    assert declared == [(not lost,)]
