"""What a decision about an actor is about: actors are numbered anew in every run, uses keep their ids."""

from counterseal.core.decisions import Decision, Selector
from counterseal.outputs._output import CaseView


def uses_of_actor(view: CaseView, actor: str) -> tuple[str, ...]:
    """The ids of an actor's uses, sorted."""
    found = view.rows("select use_id from verdicts where actor = ? order by use_id", [actor])
    return tuple(row.use_id for row in found)


def concerns(view: CaseView, decision: Decision, selector: Selector, value: str) -> bool:
    """Was the decision made about this value, or for an actor, about a use that is now this actor's?"""
    if selector is not Selector.ACTOR or decision.kind != Selector.ACTOR or decision.uses is None:
        return (decision.kind, decision.value) == (selector, value)
    return bool(set(decision.uses) & set(uses_of_actor(view, value)))


def whose_now(view: CaseView, decision: Decision) -> str | None:
    """Whose the uses are now that a decision about an actor meant; null for a decision about anything else."""
    if decision.kind != Selector.ACTOR:
        return None
    if decision.uses is None:
        return "which uses it meant is not on record: it stands beside none"
    held = view.rows(
        """select coalesce(actor, 'no actor') as actor, count(*) as uses from verdicts
           where list_contains(?::varchar[], use_id) group by all order by 1""",
        [list(decision.uses)],
    )
    gone = len(decision.uses) - sum(row.uses for row in held)
    parts = [f"{row.uses:,} of {row.actor}" for row in held] + ([f"{gone:,} of nobody"] if gone else [])
    added = view.rows(
        """select count(*) as uses from verdicts where actor = ? and not list_contains(?::varchar[], use_id)""",
        [decision.value, list(decision.uses)],
    )[0].uses
    meant = f"means {len(decision.uses):,} use{'' if len(decision.uses) == 1 else 's'}"
    if [row.actor for row in held] == [decision.value] and not gone:
        return meant + (f"; {added:,} more of {decision.value} came later" if added else "")
    return f"{meant}; now {', '.join(parts)}"
