"""Declarations that no record answers to: most often a tenant that is spelt as no log spells it."""

from collections.abc import Iterator, Sequence
from difflib import get_close_matches

from counterseal.core.engine.duckdb import rows
from counterseal.core.engine.engine import Engine
from counterseal.investigate.inputs import Declaration

TENANTS = """
    select distinct lower(name) from (
        select authority as name from issuance union all select tenant from issuance
        union all select authority from use_all_times union all select tenant from use_all_times)
    where name is not null order by 1"""


def answered_by_nothing(con: Engine, declared: Sequence[Declaration]) -> Iterator[str]:
    """One sentence for each declared tenant that no record names, with the nearest that one does."""
    known = [name for (name,) in rows(con, TENANTS)]
    for tenant in sorted({declaration.tenant for declaration in declared} - {"*", *known}):
        near = get_close_matches(tenant, known, 1)
        yield f"no record names the declared tenant {tenant}" + (f"; is it {near[0]}?" if near else "")
