"""The mathematics of `unissued` by measure: exact values, the family-wise promise, and the power curve."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterseal.investigate.background import (
    FAMILY_WISE,
    Cell,
    Counts,
    Group,
    clustering,
    judge,
    log_upper_tail,
    measure,
    upper_bound,
)


def exact_tail(n: int, rate: float, k: int) -> float:
    """P(Bin(n, rate) >= k) by plain summation of exact coefficients."""
    return sum(math.comb(n, i) * rate**i * (1 - rate) ** (n - i) for i in range(k, n + 1))


@pytest.mark.parametrize(("n", "rate", "k"), [(10, 0.1, 3), (40, 0.02, 4), (7, 0.5, 7), (200, 0.013, 9)])
def test_the_tail_equals_plain_summation(n: int, rate: float, k: int) -> None:
    """The tail summed in logarithms equals the sum of exact terms."""
    assert math.exp(log_upper_tail(n, rate, k)) == pytest.approx(exact_tail(n, rate, k), rel=1e-9)


def test_the_bound_is_clopper_and_pearsons() -> None:
    """Published two-sided 95 % limits for 10 of 1,000 and the rule of three hold."""
    assert upper_bound(10, 1000, 0.025) == pytest.approx(0.0183, abs=5e-5)
    assert upper_bound(0, 100, 0.05) == pytest.approx(1 - 0.05 ** (1 / 100), rel=1e-12)
    assert upper_bound(5, 5, 0.05) == 1.0


@given(st.integers(1, 400), st.data())
def test_the_bound_errs_low_no_more_often_than_its_level(n: int, data: st.DataObject) -> None:
    """At the bound itself, seeing so few unmatched tokens has exactly the level's probability."""
    u = data.draw(st.integers(0, n - 1))
    bound = upper_bound(u, n, 0.01)
    assert u / n <= bound <= 1
    lower = 1 - exact_tail(n, bound, u + 1) if n <= 60 else None
    if lower is not None:
        assert lower == pytest.approx(0.01, rel=1e-3, abs=1e-6)


def test_one_lone_unmatched_token_is_never_accused() -> None:
    """A single token without a row stays below `unissued` even against a large clean background."""
    group = Group("principal", "p", 1, 1, frozenset({"p"}), frozenset())
    found = measure(group, {f"o{i}": (100, 0) for i in range(100)}, FAMILY_WISE / 200)
    assert found.state == "thin"


def test_a_class_that_does_not_match_accuses_nobody() -> None:
    """Where most tokens of the others have no row either, the class is unlinkable."""
    group = Group("principal", "p", 30, 30, frozenset({"p"}), frozenset())
    assert measure(group, {f"o{i}": (10, 6) for i in range(30)}, 1e-6).state == "unlinkable"


def test_clustered_backgrounds_weigh_less() -> None:
    """Unmatched tokens that sit with one person show correlation; spread evenly they show none."""
    assert clustering({f"o{i}": (50, 1) for i in range(20)}) == 0.0
    assert clustering({**{f"o{i}": (50, 0) for i in range(19)}, "weird": (50, 20)}) > 0.3


def cell_of(people: dict[str, list[tuple[str, bool]]]) -> tuple[Cell, int]:
    """A cell from principal -> [(address, matched)], and the number of tests it pays for."""
    counts = []
    for principal, tokens in people.items():
        for address in sorted({a for a, _ in tokens}):
            here = [matched for a, matched in tokens if a == address]
            counts.append(Counts(principal, address, len(here), here.count(False)))
    addresses = {entry.address for entry in counts}
    groups = []
    for principal, tokens in people.items():
        lost = frozenset(a for a, matched in tokens if not matched)
        groups.append(
            Group(
                "principal",
                principal,
                len(tokens),
                sum(not m for _, m in tokens),
                frozenset({principal}),
                lost,
            )
        )
    for address in sorted(addresses):
        mine = [entry for entry in counts if entry.address == address]
        groups.append(
            Group(
                "address",
                address,
                sum(e.tokens for e in mine),
                sum(e.unmatched for e in mine),
                frozenset(e.principal for e in mine),
                frozenset({address}),
            )
        )
    return Cell(counts, groups), len(groups)


def innocent(random_source: random.Random, rate: float) -> dict[str, list[tuple[str, bool]]]:
    """Forty people whose own rates of unmatched tokens vary round `rate` (Beta, a mild spread)."""
    people = {}
    for number in range(40):
        own = random_source.betavariate(rate * 200, (1 - rate) * 200) if rate else 0.0
        people[f"p{number}"] = [
            (f"a{number}" if random_source.random() < 0.8 else "office", random_source.random() >= own)
            for _ in range(random_source.randrange(15, 60))
        ]
    return people


def flagged(people: dict[str, list[tuple[str, bool]]]) -> set[tuple[str, str]]:
    """(group kind, name) of everything called unissued."""
    cell, tests = cell_of(people)
    return {
        (kind, name)
        for (_, kind, name), found in judge({"c": cell}, tests).items()
        if found.state == "unissued"
    }


def test_a_thousand_innocent_cases_give_at_most_one_accusation() -> None:
    """The family-wise promise, on a thousand seeded cases with backgrounds from none to five per cent."""
    accused = [
        seed
        for seed in range(1000)
        if flagged(innocent(random.Random(seed), (0.0, 0.005, 0.02, 0.05)[seed % 4]))
    ]
    assert len(accused) <= 1, f"seeds {accused}"


def needed(rate: float) -> int:
    """Planted tokens, all unmatched, from one address that suffice against a background of 1,400 tokens."""
    tests, tokens = 82, 1400
    level = FAMILY_WISE / 2 / tests
    bound = upper_bound(math.ceil(tokens * rate * 1.5), tokens, level / 2)
    return next(k for k in range(1, 100) if k * math.log(bound) <= math.log(level / 2))


@pytest.mark.parametrize("rate", [0.0, 0.005, 0.02, 0.05])
def test_power_where_the_mathematics_says_it_suffices(
    rate: float, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of planted cases with enough tokens at least 95 % are named; the curve is printed."""
    curve = {}
    enough = needed(rate)
    for k in sorted({1, 2, 3, 4, 6, 8, enough, enough + 4}):
        named = 0
        for seed in range(60):
            people = innocent(random.Random(seed * 7 + k), rate)
            for i in range(k):
                people[f"p{i % 3}"].append(("actor", False))
            named += ("address", "actor") in flagged(people)
        curve[k] = named / 60
    with capsys.disabled():
        line = ", ".join(f"k={k}: {share:.0%}" for k, share in curve.items())
        print(f"\npower at background {rate:.1%} (60 seeded cases each; enough = {enough}): {line}")
    assert curve[enough + 4] >= 0.95
    assert curve[1] == 0.0
