"""Carry distinct-token counts from SQL to the mathematics and its measures back: the table `judged`."""

from collections import defaultdict

from counterseal.core.case import BACKGROUND
from counterseal.core.engine.duckdb import rows
from counterseal.core.engine.engine import Engine
from counterseal.investigate.background import Cell, Counts, Group, Measure, judge
from counterseal.investigate.sql_files import step
from counterseal.investigate.tables import count_of, create_table, fill_table

CELL = "tenant, acting_app, path, principal_type, id_kind"
OWN_ADDRESS_SHARE = 0.2
"""An address used by more of a cell's principals than this is nobody's own and is never left out as such."""

MEASURED = {
    "tenant": "VARCHAR",
    "acting_app": "VARCHAR",
    "path": "VARCHAR",
    "principal_type": "VARCHAR",
    "id_kind": "VARCHAR",
    "group_kind": "VARCHAR",
    "group_name": "VARCHAR",
    "state": "VARCHAR",
    "figures": "VARCHAR",
}

CellKey = tuple[str, str, str, str, str]


def measure_background(con: Engine) -> None:
    """Make `judged` and `background` from `use`, `link` and coverage.

    Tables made: measured (one row per tested group), background (core.case), judged(use_id, id_kind, state, basis,
    figures, gap): one row per unmatched use that has an id.
    """
    step(con, "units")
    cells = load_cells(con)
    ((tests,),) = rows(
        con,
        f"""select count(*) from (select distinct {CELL}, 'principal' as kind, principal_key as name from token_sighting
            union select distinct {CELL}, 'address', ip_key from token_sighting where ip_key <> ''
            union select distinct {CELL}, 'session', session_key from token_sighting where session_key is not null)""",
    )
    names = {"\0".join(key): key for key in cells}
    found = judge({name: cells[key] for name, key in names.items()}, tests)
    groups = {
        (name, group.kind, group.name): group for name, key in names.items() for group in cells[key].groups
    }
    create_table(con, "measured", MEASURED)
    fill_table(
        con,
        "measured",
        [
            (
                *names[name],
                kind,
                group,
                result.state,
                result.figures(groups[name, kind, group], names[name][-1]),
            )
            for (name, kind, group), result in sorted(found.items())
        ],
    )
    write_background(con)
    step(con, "judged")
    if count_of(con, "rejected_text"):
        step(con, "rejected")


def load_cells(con: Engine) -> dict[CellKey, Cell]:
    """Every cell that has an unmatched token, with the groups to test."""
    source = f"""(select coalesce(tenant, '') as tenant, acting_app, path, principal_type, id_kind, id, principal_key,
            ip_key, session_key, matched, confirmed from token_sighting) as sighting
        semi join (select coalesce(tenant, '') as tenant, acting_app, path, principal_type, id_kind from token_sighting
            where not matched) as open using ({CELL})"""
    counts: dict[CellKey, list[Counts]] = defaultdict(list)
    for *cell, principal, address, session, tokens, unmatched in rows(
        con,
        f"""select {CELL}, principal_key, ip_key, coalesce(session_key, '') as session, count(distinct id),
                count(distinct id) filter (where not matched)
            from {source} group by all order by all""",
    ):
        counts[tuple(cell)].append(Counts(principal, address, tokens, unmatched, session))
    groups: dict[CellKey, list[Group]] = defaultdict(list)
    for kind, name in (("principal", "principal_key"), ("address", "ip_key"), ("session", "session_key")):
        for *cell, group, tokens, unmatched, principals, addresses in rows(
            con,
            f"""select {CELL}, {name}, count(distinct id), count(distinct id) filter (where not matched),
                    list(distinct principal_key), list(distinct ip_key) filter (where not matched)
                from {source} where {name} is not null and {name} <> '' and not confirmed
                group by {CELL}, {name} having count(*) filter (where not matched) > 0 order by {CELL}, {name}""",
        ):
            key: CellKey = tuple(cell)
            own = own_addresses(counts[key], set(addresses or ()), set(principals))
            if kind == "address":
                own = own | {group}
            groups[key].append(
                Group(kind, group, tokens, unmatched, frozenset(principals), frozenset(own - {""}))
            )
    return {key: Cell(counts[key], groups[key]) for key in counts}


def own_addresses(counts: list[Counts], addresses: set[str], principals: set[str]) -> set[str]:
    """Those of the addresses that few other principals of the cell use: egress shared by many belongs to nobody."""
    users: dict[str, set[str]] = defaultdict(set)
    everyone: set[str] = set()
    for entry in counts:
        everyone.add(entry.principal)
        if entry.address in addresses:
            users[entry.address].add(entry.principal)
    few = max(2.0, OWN_ADDRESS_SHARE * len(everyone))
    return {address for address in addresses if len(users[address] - principals) <= few}


def write_background(con: Engine) -> None:
    """Print the background of every cell, flagged groups included, beside its verdicts."""
    create_table(con, "background", BACKGROUND)
    con.execute(
        f"""insert into background
            select {CELL}, count(distinct id), count(distinct id) filter (where not matched), count(distinct principal_key),
                case when count(distinct id) < 20 then 'thin'
                     when count(distinct id) filter (where matched) * 2 < count(distinct id) then 'unlinkable'
                     else 'linkable' end
            from token_sighting group by all"""
    )


__all__ = ["Measure", "measure_background"]
