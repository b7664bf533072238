"""Evidence files that were cut short, and which of them another, whole file makes good."""

from collections.abc import Sequence

from counterseal.core.engine.duckdb import Connection, literal, rows
from counterseal.core.vocabulary import Kind
from counterseal.investigate.tables import create_table


def unhealed(con: Connection, files: Sequence[str]) -> list[str]:
    """Those of the torn files that hold a record which stands in no whole file; the others lower nothing.

    Which copy of a record was kept says nothing of this: every copy counts, so all evidence is asked.
    Table made: torn_record(event_id), every record of these files, kept from them or from another.

    Args:
        con: the engine, with the views `<kind>_all` of evidence/duplicates.py.
        files: SHA-256 of the files that were cut short.
    """
    create_table(con, "torn_record", {"event_id": "VARCHAR"})
    if not files:
        return []
    torn = ", ".join(literal(sha256) for sha256 in files)
    everything = " union all ".join(f"select event_id, evidence_file from {kind}_all" for kind in Kind)
    left = [
        sha256
        for (sha256,) in rows(
            con,
            f"""select distinct evidence_file from ({everything}) where evidence_file in ({torn}) and event_id not in
                (select event_id from ({everything}) where evidence_file not in ({torn})) order by 1""",
        )
    ]
    if left:
        listed = ", ".join(literal(sha256) for sha256 in left)
        con.execute(
            f"""insert into torn_record
                select distinct event_id from ({everything}) where evidence_file in ({listed})"""
        )
    return left
