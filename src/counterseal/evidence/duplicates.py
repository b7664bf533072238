"""Which rows are surplus copies of a record, and which contradict their namesake, whatever the order of files.

A duplicate is the same event id with no field that contradicts (null contradicts nothing). Of duplicates the richer
row stays (more non-null columns, then lowest file hash, then record). The same id with contradicting content is kept
as an event of its own and counted as a conflict.
"""

from pathlib import Path

from counterseal.core.case import Case
from counterseal.core.engine.duckdb import (
    Connection,
    column,
    literal,
    one,
    parquet_or_empty,
    rows,
    select_as,
)
from counterseal.core.events import columns
from counterseal.core.vocabulary import Kind
from counterseal.evidence.mapping import PREFIX
from counterseal.evidence.source import known_sources

OUT_OF_SCOPE = "out_of_scope"
SEEN = {"event_id": "VARCHAR", "evidence_file": "VARCHAR", "evidence_record": "BIGINT"}


def find_duplicates(con: Connection, case: Case, evidence: list[str]) -> None:
    """Create `surplus` and `conflict` and the views `<kind>_kept` over all evidence of the case.

    Args:
        con: the engine.
        case: where the Parquet files of each evidence file lie.
        evidence: SHA-256 of every evidence file that counts.

    Tables made: surplus(kind, event_id, evidence_file, evidence_record); conflict(kind, event_id, evidence_file,
    evidence_record, new_id). Views made: issuance_kept, use_kept, custody_kept with the columns of core.events.
    """
    for kind in Kind:
        parquet_or_empty(con, f"{kind}_all", parts(case.events(kind), evidence), columns(kind))
    parquet_or_empty(con, "seen_all", parts(case.root / "events" / OUT_OF_SCOPE, evidence), SEEN)
    con.execute(
        """create or replace temp table surplus (kind varchar, event_id varchar, evidence_file varchar,
               evidence_record bigint);
           create or replace temp table conflict (kind varchar, event_id varchar, evidence_file varchar,
               evidence_record bigint, new_id varchar)"""
    )
    con.execute(
        """create or replace temp table repeated as
           select event_id from (select event_id from use_all union all select event_id from issuance_all
               union all select event_id from custody_all union all select event_id from seen_all)
           group by event_id having count(*) > 1"""
    )
    if one(con, "select count(*) from repeated")[0]:
        for kind in Kind:
            compare_copies(con, kind)
        con.execute(
            """insert into surplus
               select 'out_of_scope', event_id, evidence_file, evidence_record
               from (select *, row_number() over (partition by event_id order by evidence_file, evidence_record) as n
                     from seen_all semi join repeated using (event_id))
               where n > 1 or event_id in (select event_id from use_all union all select event_id from issuance_all
                                           union all select event_id from custody_all)"""
        )
    for kind in Kind:
        keep_view(con, kind)
    con.execute(
        f"copy (select * from surplus order by all) to {literal(str(case.duplicates))} (format parquet)"
    )


def parts(folder: Path, evidence: list[str]) -> list[Path]:
    """The files of these evidence hashes in a folder, sorted."""
    return [path for sha256 in sorted(set(evidence)) if (path := folder / f"{sha256}.parquet").exists()]


def compare_copies(con: Connection, kind: Kind) -> None:
    """Among rows of one id: find columns that contradict, split by them, keep the richest of each part."""
    wanted = columns(kind)
    telling = sorted({name for source in known_sources() for name in source.contradicts} & set(wanted))
    spelt_alike = {
        name: [source.name for source in known_sources() if name in source.contradicts] for name in telling
    }

    def comparable(name: str) -> str:
        names = ", ".join(literal(source) for source in spelt_alike[name])
        return f"case when source in ({names}) or starts_with(source, '{PREFIX}') then cast({column(name)} as varchar) end"

    richness = " + ".join(
        # `lossy` names what an export destroyed: a copy without it is the richer one.
        f"(case when {column(name)} is {'not ' if name == 'lossy' else ''}null then 0 else 1 end)"
        for name in wanted
        if not name.startswith("evidence_")
    )
    values = "".join(f", {comparable(name)} as {column('v_' + name)}" for name in telling)
    order = "richness desc, evidence_file, evidence_record"
    con.execute(
        f"""create or replace temp table copies as
            select event_id, evidence_file, evidence_record, {richness} as richness{values}
            from {kind}_all semi join repeated using (event_id)"""
    )
    # A column contradicts within an id when two rows give two values; where a row is silent it takes the richest's.
    parted = (
        " || '|' || ".join(
            f"""case when min({column("v_" + name)}) over same is distinct from max({column("v_" + name)}) over same
                 then coalesce({column("v_" + name)}, first_value({column("v_" + name)}) over (partition by event_id
                      order by case when {column("v_" + name)} is null then 1 else 0 end, {order}))
                 else '' end"""
            for name in telling
        )
        or "''"
    )
    con.execute(
        f"""create or replace temp table ranked as
            select event_id, evidence_file, evidence_record, part,
                row_number() over (partition by event_id, part order by {order}) as copy_number,
                first_value(part) over (partition by event_id order by {order}) as first_part
            from (select *, {parted} as part from copies window same as (partition by event_id))"""
    )
    con.execute(
        f"""insert into surplus select {literal(kind)}, event_id, evidence_file, evidence_record
            from ranked where copy_number > 1"""
    )
    con.execute(
        f"""insert into conflict select {literal(kind)}, event_id, evidence_file, evidence_record,
                sha256(event_id || '|' || part)[1:32]
            from ranked where copy_number = 1 and part <> first_part"""
    )
    con.execute("drop table copies; drop table ranked")


def keep_view(con: Connection, kind: Kind) -> None:
    """The events that count: surplus copies gone, conflicting ones under an id of their own."""
    name = literal(kind)
    surplus, conflict = (
        one(con, f"select count(*) from {table} where kind = {name}")[0] for table in ("surplus", "conflict")
    )
    select = select_as(columns(kind), set(columns(kind)))
    source = f"{kind}_all"
    if surplus:
        source = f"""(select * from {source} as kept where not exists (select 1 from surplus where kind = {name}
            and surplus.evidence_file = kept.evidence_file and surplus.evidence_record = kept.evidence_record
            and surplus.event_id = kept.event_id))"""
    if conflict:
        source = f"""(select kept.* replace (coalesce(conflict.new_id, kept.event_id) as event_id)
            from {source} as kept left join conflict on conflict.kind = {name}
            and conflict.evidence_file = kept.evidence_file and conflict.evidence_record = kept.evidence_record
            and conflict.event_id = kept.event_id)"""
    con.execute(f"create or replace view {kind}_kept as select {select} from {source}")


def duplicate_records(con: Connection) -> dict[str, dict[str, int]]:
    """Per evidence file: how many kept and out-of-scope records are copies, and how many conflict."""
    counts: dict[str, dict[str, int]] = {}
    for sha256, kept, out_of_scope in rows(
        con,
        """select evidence_file, count(distinct evidence_record) filter (where kind <> 'out_of_scope'),
               count(distinct evidence_record) filter (where kind = 'out_of_scope') from surplus group by 1""",
    ):
        counts[sha256] = {"kept": kept, "out_of_scope": out_of_scope, "conflicts": 0}
    for sha256, conflicts in rows(
        con, "select evidence_file, count(distinct evidence_record) from conflict group by 1"
    ):
        counts.setdefault(sha256, {"kept": 0, "out_of_scope": 0, "conflicts": 0})["conflicts"] = conflicts
    return counts
