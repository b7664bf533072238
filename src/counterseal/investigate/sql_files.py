"""The judgement's steps, each a .sql file that an expert witness can read."""

from importlib.resources import files

from counterseal.core.engine.engine import Engine


def step(con: Engine, name: str, **values: str) -> None:
    """Run sql/NAME.sql. `$name` in it is replaced by the SQL text given; nothing of the evidence ever is.

    Args:
        con: the engine.
        name: the file's stem.
        values: SQL text by name; must come from this package, never from a log.
    """
    sql = files("counterseal.investigate").joinpath("sql", f"{name}.sql").read_text("utf-8")
    for key, text in values.items():
        sql = sql.replace(f"${key}", text)
    con.execute(sql)
