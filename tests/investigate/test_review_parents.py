"""Broken chains: what descends from a token never issued, and what only looks like it."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from judging import judged, verdicts
from test_judgement import ALWAYS, BEGIN, issued, used

from counterseal.investigate.judgement import Grounds

DAY = timedelta(days=1)
LATE = BEGIN + 120 * DAY
DECLARED = Grounds(declared=[ALWAYS])


def chains(count: int = 200) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Genuine refresh tokens and what was minted from each, over a hundred and thirty days."""
    uses, issuances = [], []
    for number in range(count):
        time, who = BEGIN + (number % 130) * DAY + timedelta(hours=8), f"p{number % 5}@corp.example"
        issuances += [
            issued(f"r{number}", who, time),
            issued(f"t{number}", who, time, parent_id=f"r{number}"),
        ]
        uses.append(used(f"g{number}", f"t{number}", who, time=time + timedelta(hours=1), issued_at=time))
    return uses, issuances


def judge(folder: Path, uses: list[dict[str, Any]], issuances: list[dict[str, Any]]) -> tuple[str, list[str]]:
    """The verdict of the use `u`."""
    with judged(folder, uses, issuances, grounds=DECLARED) as con:
        return verdicts(con)["u"]


def test_the_child_of_a_token_never_issued_is_unissued(tmp_path: Path) -> None:
    """Properly minted, from something nobody minted."""
    uses, issuances = chains()
    use = used("u", "child", time=LATE, issued_at=LATE)
    found = judge(tmp_path, [*uses, use], [*issuances, issued("child", time=LATE, parent_id="forged")])
    assert found == ("unissued", ["parent-not-issued"])


def test_a_broken_chain_is_inherited_by_every_descendant(tmp_path: Path) -> None:
    """Exchanged for a refresh token, that for another, that for the access token that reads."""
    uses, issuances = chains()
    minted = [("r-a", "forged"), ("r-b", "r-a"), ("reads", "r-b")]
    for name, parent in minted:
        issuances.append(issued(name, time=LATE, parent_id=parent))
    found = judge(tmp_path, [*uses, used("u", "reads", time=LATE, issued_at=LATE)], issuances)
    assert found == ("unissued", ["parent-not-issued"])


def test_a_ring_of_parents_ends(tmp_path: Path) -> None:
    """Ids that name each other as parents are no endless loop."""
    uses, issuances = chains()
    issuances += [issued("a", time=LATE, parent_id="b"), issued("b", time=LATE, parent_id="a")]
    found = judge(tmp_path, [*uses, used("u", "a", time=LATE, issued_at=LATE)], issuances)
    assert found == ("issued", [])


def test_what_a_client_held_before_the_log_began_is_no_forgery(tmp_path: Path) -> None:
    """A refresh token from before the declared time has children from its first days on, and still mints in month four."""
    uses, issuances = chains()
    for day in range(0, 121, 10):
        issuances.append(issued(f"old{day}", time=BEGIN + day * DAY, parent_id="held-since-last-year"))
    since = Grounds(declared=[replace(ALWAYS, begins=BEGIN)])
    use = used("u", "old120", time=LATE, issued_at=LATE)
    with judged(tmp_path, [*uses, use], issuances, grounds=since) as con:
        assert verdicts(con)["u"] == ("issued", [])


def test_a_session_does_not_lend_a_broken_chain(tmp_path: Path) -> None:
    """A use without a token of its own matched its session, not one of the tokens that were minted in it."""
    uses, issuances = chains()
    issuances.append(issued("a-child", time=LATE, parent_id="forged", session_id="s"))
    found = judge(tmp_path, [*uses, used("u", None, time=LATE, session_id="s")], issuances)
    assert found == ("issued", [])


def test_a_parent_in_a_record_that_could_not_be_read_may_have_been_issued(tmp_path: Path) -> None:
    """Its id stands in a broken record of the log of issuances."""
    uses, issuances = chains()
    issuances.append(issued("child", time=LATE, parent_id="unread-parent"))
    use = used("u", "child", time=LATE, issued_at=LATE)
    with judged(
        tmp_path, [*uses, use], issuances, grounds=DECLARED, rejected=['{"jti":"unread-parent"']
    ) as con:
        assert verdicts(con)["u"] == ("issued", [])
