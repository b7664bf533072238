"""Power and restraint of the whole judgement on seeded cases: rows in, every SQL step run, verdicts counted."""

from pathlib import Path

import pytest
from judging import judged

from counterseal.core.engine.duckdb import rows
from counterseal.demo import statistics

ACCUSED = "select use_id from verdict where verdict in ('forged', 'stolen', 'unissued')"
SOME = range(20)
HUNDREDS = range(200)
"""The mathematics alone is tried on a thousand cases in test_background.py; here every SQL step runs too."""


def accused(folder: Path, tables: statistics.Tables) -> set[str]:
    """The uses called forged, stolen or unissued."""
    with judged(folder, tables.use, tables.issuance) as con:
        return {use_id for (use_id,) in rows(con, ACCUSED)}


@pytest.mark.parametrize(
    "seeds", [pytest.param(SOME, id="some"), pytest.param(HUNDREDS, id="hundreds", marks=pytest.mark.full)]
)
def test_innocent_cases_are_not_accused(
    tmp_path: Path, seeds: range, capsys: pytest.CaptureFixture[str]
) -> None:
    """Seeded innocent cases, a stated share of their tokens without a row: at most one in a thousand is accused."""
    wrong = {}
    for seed in seeds:
        if found := accused(tmp_path / str(seed), statistics.innocent_case(seed)):
            wrong[seed] = sorted(found)
    with capsys.disabled():
        print(f"\nrestraint: {len(wrong)} of {len(seeds)} innocent cases accused {list(wrong)[:5]}")
    assert len(wrong) <= 1, wrong


@pytest.mark.parametrize(("rate", "enough"), [(0.01, 10), (0.03, 12)])
def test_planted_tokens_are_named_where_they_suffice(
    tmp_path: Path, rate: float, enough: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """With `enough` planted tokens at a stated background all of them are named `unissued` in at least 95 % of cases."""
    named = 0
    for seed in SOME:
        tables = statistics.planted_case(seed, rate, enough)
        named += set(tables.planted) <= accused(tmp_path / str(seed), tables)
    with capsys.disabled():
        print(
            f"\npower: background {rate:.0%}, {enough} planted tokens: all named in {named} of {len(SOME)} cases"
        )
    assert named >= 0.95 * len(SOME)
