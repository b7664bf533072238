"""Power and restraint of the whole judgement on seeded cases: rows in, every SQL step run, verdicts counted."""

import pytest
from seeded import innocent, power

SOME = range(20)
THOUSAND = range(1000)

ENOUGH = [(0.01, 10), (0.03, 12)]
"""Share of genuine tokens without a row, and how many planted ones suffice there by the mathematics."""

CURVE = [(rate, count) for rate in (0.01, 0.03) for count in (2, 4, 6, 8, 10, 12)]


@pytest.fixture
def tell(capsys: pytest.CaptureFixture[str]):
    """Print figures where they are seen."""

    def printed(line: str) -> None:
        with capsys.disabled():
            print(f"\n{line}")

    return printed


def test_innocent_cases_are_not_accused(tell) -> None:
    """Seeded innocent cases, a stated share of their tokens without a row: nobody is accused in the first twenty."""
    wrong = innocent(SOME)
    tell(f"restraint: {len(wrong)} of {len(SOME)} innocent cases accused")
    assert wrong == {}


def test_planted_tokens_are_named_where_they_suffice(tell) -> None:
    """With enough planted tokens at a stated background all of them are named `unissued` in at least 95 % of cases."""
    named = power(ENOUGH, SOME)
    tell(curve(named, len(SOME)))
    assert {point: cases for point, cases in named.items() if cases < 0.95 * len(SOME)} == {}


@pytest.mark.full
def test_a_thousand_innocent_cases_beside_the_power(tell) -> None:
    """A thousand whole innocent cases give at most one accusation, at a measure that still names planted tokens."""
    wrong = innocent(THOUSAND)
    tell(f"restraint: {len(wrong)} of {len(THOUSAND)} innocent cases accused {sorted(wrong)}")
    named = power(CURVE, SOME)
    tell(curve(named, len(SOME)))
    assert len(wrong) <= 1, wrong
    assert {point: named[point] for point in ENOUGH if named[point] < 0.95 * len(SOME)} == {}


def curve(named: dict[tuple[float, int], int], cases: int) -> str:
    """One line for each background: how often all planted tokens are named, by how many there are."""
    lines = []
    for rate in sorted({rate for rate, _ in named}):
        parts = [f"{count} planted {n / cases:.0%}" for (at, count), n in named.items() if at == rate]
        lines.append(f"power: background {rate:.0%}, all named in {cases} cases: {', '.join(parts)}")
    return "\n".join(lines)
