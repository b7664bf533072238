"""The views of the judgement's contract as tables that hold the rows of a test."""

from collections.abc import Mapping
from typing import Any

from counterseal.core.engine.duckdb import Connection, column
from counterseal.investigate.detections import VIEWS


def fill(con: Connection, given: Mapping[str, Any]) -> None:
    """Every view as a table holding the rows given; absent columns are null."""
    for view, wanted in VIEWS.items():
        listed = ", ".join(f"{column(name)} {kind}" for name, kind in wanted.items())
        con.execute(f"create or replace table {column(view)} ({listed})")
        for row in given.get(view, ()):
            names = ", ".join(column(name) for name in row)
            marks = ", ".join(f"cast(? as {wanted[name]})" for name in row)
            con.execute(f"insert into {column(view)} ({names}) values ({marks})", list(row.values()))
