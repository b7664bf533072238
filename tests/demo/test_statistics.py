"""The small cases are what they say: whole rows, the asked-for rate, planted tokens that nobody issued."""

import pytest

from counterseal.core.events import columns
from counterseal.core.vocabulary import Kind
from counterseal.demo.statistics import HIDING_CLIENT, Tables, innocent_case, planted_case


def issued(case: Tables) -> set[str]:
    """Token keys of every issuance."""
    return {row["token_key"] for row in case.issuance}


def test_rows_have_every_column_of_their_table() -> None:
    """Use and issuance rows carry exactly the columns of the event tables, so that they load without mapping."""
    case = planted_case(1, 0.02, 8)
    assert {tuple(row) for row in case.use} == {tuple(columns(Kind.USE))}
    assert {tuple(row) for row in case.issuance} == {tuple(columns(Kind.ISSUANCE))}


def test_equal_seeds_give_equal_cases_and_other_seeds_others() -> None:
    """A case is a function of its arguments."""
    assert innocent_case(7) == innocent_case(7)
    assert innocent_case(7) != innocent_case(8)


@pytest.mark.parametrize("seed", range(20))
def test_an_innocent_case_plants_nothing_and_says_what_is_unmatched(seed: int) -> None:
    """Exactly the uses called unmatched have no issuance, and there are some people and some hundred tokens."""
    case = innocent_case(seed)
    assert (case.planted, case.victim) == (frozenset(), None)
    assert {row["event_id"] for row in case.use if row["token_key"] not in issued(case)} == case.unmatched
    assert 20 <= len({row["principal"] for row in case.use}) <= 40
    assert 200 < len({row["token_key"] for row in case.use}) < 1200


@pytest.mark.parametrize("k", [1, 5, 12])
def test_a_planted_case_holds_k_tokens_of_one_victim_and_session(k: int) -> None:
    """The planted uses present k different tokens, one session, one address, one principal; none was issued."""
    case = planted_case(3, 0.02, k)
    uses = [row for row in case.use if row["event_id"] in case.planted]
    assert len({row["token_key"] for row in uses}) == k
    assert {row["token_key"] for row in uses}.isdisjoint(issued(case))
    assert {row["principal"] for row in uses} == {case.victim}
    assert len({(row["session_key"], row["ip_key"]) for row in uses}) == 1
    assert case.planted.isdisjoint(case.unmatched)


def test_the_rate_is_the_one_asked_for() -> None:
    """Over many cases the share of unmatched genuine tokens of the usual client is the given rate, spread or not."""
    for spread in (0.0, 0.4):
        tokens = missing = 0
        for seed in range(40):
            case = innocent_case(seed, 0.03, spread=spread)
            seen = {row["token_key"] for row in case.use if row["acting_app"] != HIDING_CLIENT}
            tokens += len(seen)
            missing += len(seen - issued(case))
        assert missing / tokens == pytest.approx(0.03, abs=0.004)
