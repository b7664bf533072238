"""Small tables computed in Python, carried to the engine in bulk."""

from collections.abc import Sequence

import pyarrow as pa

from counterseal.core.engine.duckdb import column, one
from counterseal.core.engine.engine import Engine


def create_table(con: Engine, name: str, columns: dict[str, str]) -> None:
    """Create an empty table, replacing any of that name."""
    listed = ", ".join(f"{column(key)} {kind}" for key, kind in columns.items())
    con.execute(f"create or replace temp table {column(name)} ({listed})")


def fill_table(con: Engine, name: str, values: Sequence[Sequence[object]]) -> None:
    """Insert rows into an existing table; each row has all its columns, in order."""
    if not values:
        return
    arrays = [pa.array(list(column_values)) for column_values in zip(*values, strict=True)]
    con.register("filling", pa.table(arrays, names=[f"c{i}" for i in range(len(arrays))]))
    try:
        con.execute(f"insert into {column(name)} select * from filling")
    finally:
        con.unregister("filling")


def count_of(con: Engine, table: str, where: str = "true") -> int:
    """Rows of a table that satisfy a condition."""
    return int(one(con, f"select count(*) from {table} where {where}")[0])
