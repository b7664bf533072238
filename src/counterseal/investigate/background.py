"""How many unmatched tokens are too many: the mathematics of `unissued` by measure (docs/mathematics.md).

Pure functions on counts: no SQL, no input or output. Every number of a token here is a number of *distinct* tokens
whose issuance lies in coverage, in one cell (tenant, acting app, path, principal type, kind of id).
"""

import math
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace

FAMILY_WISE = 1e-3
"""An innocent case yields one `unissued` by measure in at most one case in a thousand."""

THIN = 0.05
"""Unmatched tokens less likely than this under the plain estimate are worth a look: `not-issued-thin`."""

LINKABLE_SHARE = 0.5
"""Below this share of matched tokens among the others, the class does not normally match: `unlinkable`."""

ENOUGH = 20
"""Tokens of others needed before anything is said of a class."""


def log_binomial(n: int, k: int) -> float:
    """Ln of n over k."""
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


def log_upper_tail(n: int, rate: float, k: int) -> float:
    """Ln P(Bin(n, rate) >= k), summed until terms no longer matter."""
    if k <= 0:
        return 0.0
    if k > n or rate <= 0:
        return -math.inf
    if rate >= 1:
        return 0.0
    if k <= n * rate:  # at or left of the mean the tail is no evidence; ln 1 is an honest bound
        return 0.0
    term = log_binomial(n, k) + k * math.log(rate) + (n - k) * math.log1p(-rate)
    total, ratio_sum, step = 1.0, 1.0, rate / (1 - rate)
    for i in range(k, n):
        ratio_sum *= (n - i) / (i + 1) * step
        total += ratio_sum
        if ratio_sum < total * 1e-15:
            break
    return min(0.0, term + math.log(total))


def log_lower_tail(n: int, rate: float, k: int) -> float:
    """Ln P(Bin(n, rate) <= k)."""
    return log_upper_tail(n, 1 - rate, n - k)


def upper_bound(unmatched: int, tokens: int, level: float) -> float:
    """Clopper-Pearson upper confidence bound of a rate: it errs low with probability at most `level`.

    Source: Clopper and Pearson, Biometrika 26 (1934).
    """
    if tokens <= 0 or unmatched >= tokens:
        return 1.0
    if unmatched == 0:
        return -math.expm1(math.log(level) / tokens)
    low, high, wanted = unmatched / tokens, 1.0, math.log(level)
    for _ in range(60):
        middle = (low + high) / 2
        if log_lower_tail(tokens, middle, unmatched) > wanted:
            low = middle
        else:
            high = middle
    return high


@dataclass(frozen=True)
class Counts:
    """Distinct tokens of one principal from one address in one session in one cell."""

    principal: str
    address: str
    tokens: int
    unmatched: int
    session: str = ""


@dataclass(frozen=True)
class Group:
    """What is tested: a principal, an address or a session of one cell.

    Attributes:
        kind: principal, address or session.
        name: its key.
        tokens: its distinct tokens (m).
        unmatched: those without an issuance (k).
        principals: left out of its background.
        addresses: left out of its background too.
    """

    kind: str
    name: str
    tokens: int
    unmatched: int
    principals: frozenset[str]
    addresses: frozenset[str]


@dataclass(frozen=True)
class Measure:
    """One group against the background of the others.

    Attributes:
        state: unissued, thin, within, few (too little background), unlinkable.
        log_p: natural logarithm of the tail probability at the background's upper bound.
    """

    state: str
    background_tokens: int
    background_unmatched: int
    bound: float
    log_p: float

    def figures(self, group: Group, id_kind: str) -> str:
        """The figures in words, for the report.

        Args:
            group: the judged group.
            id_kind: token or session: what was counted.
        """
        first = (
            f"{group.unmatched} of {group.tokens} {id_kind}{'s' if group.tokens != 1 else ''} of this {group.kind} "
            f"{'have' if group.unmatched != 1 else 'has'} no issuance record; among the others of its class "
            f"{self.background_unmatched} of {self.background_tokens}"
        )
        if self.state == "few":
            return f"{first}, too few to measure by"
        if self.state == "unlinkable":
            return f"{first}: the class does not normally match"
        chance = min(0.0, self.log_p / math.log(10))
        return f"{first}, at most {self.bound:.2%}; chance at most 10^{chance:.1f}"


class Cell:
    """All tokens of one cell, indexed so that any group's background follows by subtraction."""

    def __init__(self, counts: Sequence[Counts], groups: Sequence[Group]) -> None:
        self.groups = groups
        self.by_principal: dict[str, list[Counts]] = {}
        self.by_address: dict[str, list[Counts]] = {}
        for entry in counts:
            self.by_principal.setdefault(entry.principal, []).append(entry)
            self.by_address.setdefault(entry.address, []).append(entry)
        self.totals = {
            principal: (sum(entry.tokens for entry in own), sum(entry.unmatched for entry in own))
            for principal, own in self.by_principal.items()
        }

    def others(self, principals: Set[str], addresses: Set[str]) -> dict[str, tuple[int, int]]:
        """Tokens and unmatched of every principal, without the principals and addresses left out."""
        left = {name: both for name, both in self.totals.items() if name not in principals}
        for address in addresses:
            for entry in self.by_address.get(address, ()):
                if entry.principal in left:
                    tokens, unmatched = left[entry.principal]
                    left[entry.principal] = (tokens - entry.tokens, unmatched - entry.unmatched)
        return {name: both for name, both in left.items() if both[0] > 0}

    def elsewhere(self, group: Group, addresses: Set[str]) -> dict[str, tuple[int, int]]:
        """Tokens and unmatched of the group's own principals by every other address: an app that acts alone in its cell.

        Addresses left out are the group's own and those given.
        """
        found: dict[str, tuple[int, int]] = {}
        for principal in group.principals:
            for entry in self.by_principal.get(principal, ()):
                if entry.address not in addresses and entry.address not in group.addresses:
                    tokens, unmatched = found.get(entry.address, (0, 0))
                    found[entry.address] = (tokens + entry.tokens, unmatched + entry.unmatched)
        return found

    def residue(self, group: Group, addresses: Set[str], sessions: Set[str]) -> Group:
        """A principal's group without what flagged addresses and sessions already explain."""
        own = [
            entry
            for principal in group.principals
            for entry in self.by_principal.get(principal, ())
            if entry.address not in addresses and entry.session not in sessions
        ]
        return replace(
            group, tokens=sum(entry.tokens for entry in own), unmatched=sum(entry.unmatched for entry in own)
        )


def clustering(others: Mapping[str, tuple[int, int]]) -> float:
    """Intraclass correlation of being unmatched within a principal, by moments; 0 if there is no sign of any.

    Source: Fleiss, Levin, Paik, Statistical Methods for Rates and Proportions, 3rd ed., section 15.3.
    """
    tokens = sum(n for n, _ in others.values())
    unmatched = sum(k for _, k in others.values())
    people = len(others)
    if people < 2 or unmatched in (0, tokens):
        return 0.0
    rate = unmatched / tokens
    squared = sum((k - n * rate) ** 2 / n for n, k in others.values()) / (rate * (1 - rate))
    spread = tokens - sum(n * n for n, _ in others.values()) / tokens
    if spread <= people - 1:
        return 0.0
    return min(1.0, max(0.0, (squared - (people - 1)) / (spread - (people - 1))))


def effective(count: int, tokens: int, correlation: float) -> int:
    """A count divided by the design effect of its tokens, rounded down."""
    return int(count / (1 + (tokens - 1) * correlation))


def measure(group: Group, others: Mapping[str, tuple[int, int]], level: float) -> Measure:
    """Test one group at `level`, half of it spent on the background's bound and half on the tail.

    Args:
        group: the judged group.
        others: tokens and unmatched per principal of its background.
        level: this test's share of FAMILY_WISE.
    """
    tokens = sum(n for n, _ in others.values())
    unmatched = sum(k for _, k in others.values())
    if tokens < ENOUGH:
        return Measure("few", tokens, unmatched, 1.0, 0.0)
    if tokens - unmatched < LINKABLE_SHARE * tokens:
        return Measure("unlinkable", tokens, unmatched, 1.0, 0.0)
    correlation = clustering(others)
    largest = max(n for n, _ in others.values())
    # Clustered tokens are worth fewer than they are: both sides shrink by their design effect, against the accusation.
    n_bound = max(1, effective(tokens, largest, correlation))
    u_bound = math.ceil(unmatched * n_bound / tokens)
    bound = upper_bound(u_bound, n_bound, level / 2)
    k = effective(group.unmatched, group.tokens, correlation)
    m = max(k, effective(group.tokens, group.tokens, correlation))
    log_p = log_upper_tail(m, bound, k)
    if log_p <= math.log(level / 2):
        return Measure("unissued", tokens, unmatched, bound, log_p)
    plain = (unmatched + 1) / (tokens + 2)
    state = "thin" if log_upper_tail(m, plain, k) <= math.log(THIN) else "within"
    return Measure(state, tokens, unmatched, bound, log_p)


MAX_ROUNDS = 20


def judge(cells: Mapping[str, Cell], tests: int) -> dict[tuple[str, str, str], Measure]:
    """Measure every group that has an unmatched token, leaving the flagged out and again until nothing changes.

    In each round addresses and sessions come first; a principal is then tested on what they do not explain, so that
    a victim's own unmatched tokens are not laid at the actor's door. Round r spends FAMILY_WISE / 2^r, divided evenly
    among all tests of the case: the sum over all rounds and tests stays at most FAMILY_WISE however many rounds there
    are. A group once flagged stays flagged.

    Args:
        cells: the cells by name.
        tests: how many groups the case has in all, those without an unmatched token included.

    Returns:
        (cell, group kind, group name) -> measure.
    """
    found: dict[tuple[str, str, str], Measure] = {}
    for name, cell in cells.items():
        flagged: list[Group] = []
        for turn in range(1, MAX_ROUNDS + 1):
            level = FAMILY_WISE / 2**turn / max(1, tests)
            before = len(flagged)
            for principals in (False, True):
                new = measure_groups(name, cell, principals, flagged, level, found)
                flagged.extend(new)
            if len(flagged) == before:
                break
    return found


def measure_groups(
    name: str,
    cell: Cell,
    principals: bool,
    flagged: Sequence[Group],
    level: float,
    found: dict[tuple[str, str, str], Measure],
) -> list[Group]:
    """Measure a cell's principals, or its addresses and sessions; give the newly flagged."""
    gone_principals = {p for group in flagged if group.kind == "principal" for p in group.principals}
    gone_addresses = {a for group in flagged for a in group.addresses}
    addresses = {group.name for group in flagged if group.kind == "address"}
    sessions = {group.name for group in flagged if group.kind == "session"}
    new: list[Group] = []
    for group in cell.groups:
        key = (name, group.kind, group.name)
        if (group.kind == "principal") is not principals or not group.unmatched:
            continue
        if key in found and found[key].state == "unissued":
            continue
        judged = cell.residue(group, addresses, sessions) if principals else group
        if not judged.unmatched:
            found[key] = Measure("within", 0, 0, 1.0, 0.0)
            continue
        others = cell.others(group.principals | gone_principals, group.addresses | gone_addresses)
        if group.kind == "address" and not others:
            others = cell.elsewhere(group, gone_addresses)
        found[key] = measure(judged, others, level)
        if found[key].state == "unissued":
            new.append(group)
    return new
