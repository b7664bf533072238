"""From hits and matches to one verdict per use, associations followed to a fixed point."""

from counterseal.core.case import Case
from counterseal.core.engine.duckdb import ROW_GROUP, Connection, literal
from counterseal.core.engine.engine import Engine
from counterseal.investigate import detections
from counterseal.investigate.sql_files import step
from counterseal.investigate.tables import count_of, create_table, fill_table
from counterseal.investigate.words import UNKNOWN

MAX_STEPS = 50
"""Association steps; a chain longer than this is cut, and said so (it has never been seen)."""


def reach_verdicts(con: Engine) -> int:
    """Run every detection and give each accepted use its verdict.

    Returns:
        How many association steps it took until nothing was added.
    """
    step(con, "parents")
    while count_of(con, "orphan") and inherit(con):
        pass
    step(con, "orphans")
    detections.prepare(con)
    detections.run_stage(con, "direct")
    steps = 0
    while steps < MAX_STEPS and detections.run_stage(con, "association"):
        steps += 1
    detections.conclude(con)
    step(con, "verdicts")
    create_table(con, "words", {"code": "VARCHAR", "says": "VARCHAR"})
    fill_table(con, "words", sorted(UNKNOWN.items()))
    return steps


def inherit(con: Engine) -> int:
    """Pass a broken chain on to the tokens minted from what is broken already; how many that are."""
    step(con, "heirs")
    return count_of(con, "heir")


def write_verdicts(con: Connection, case: Case) -> None:
    """Write verdicts.parquet: one row per accepted use that is not issued."""
    step(con, "verdict_rows")
    con.execute(
        f"""copy (select * from verdict_row order by time, use_id) to {literal(str(case.table("verdicts")))}
            (format parquet, compression zstd, row_group_size {ROW_GROUP})"""
    )
