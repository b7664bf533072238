"""The yardstick: DuckDB's typed JSON reader to Parquet, no proof kept (no raw text, no offset, no rejects)."""

import sys

import duckdb

from counterseal.evidence.source import source_named


def sql_type(structure: object) -> str:
    """A declared structure as a SQL type."""
    if isinstance(structure, str):
        return structure
    if isinstance(structure, list):
        return sql_type(structure[0]) + "[]"
    assert isinstance(structure, dict)
    return "STRUCT(" + ", ".join(f'"{name}" {sql_type(inner)}' for name, inner in structure.items()) + ")"


source, target = sys.argv[1:]
columns = ", ".join(
    f"'{name}': '{sql_type(kind)}'" for name, kind in source_named("m365_audit").structure.items()
)
con = duckdb.connect()
con.execute(
    f"""copy (select * from read_json('{source}', format = 'newline_delimited', ignore_errors = true,
        columns = {{{columns}}})) to '{target}' (format parquet)"""
)
con.close()
