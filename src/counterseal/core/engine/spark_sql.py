"""From the judgement's SQL, in DuckDB's spelling, to Spark's: what SQLGlot carries over, and what it needs help with.

Each help keeps DuckDB's answer where Spark's own would differ. tests/investigate/test_engines.py is the proof.
"""

from functools import cache

from sqlglot import exp, parse, parse_one

LOWERED_AT_LENGTH = ("İΣ", "iσ")
"""The letters that Java lowers to several characters or by their neighbours, and DuckDB one by one.

Source: Unicode, SpecialCasing.txt.
"""


@cache
def statements(sql: str) -> tuple[exp.Expression, ...]:
    """The statements of a text in DuckDB's dialect, made to give DuckDB's answers on Spark."""
    parsed = parse(sql, read="duckdb")
    return tuple(helped(found) for found in parsed if found and not isinstance(found, exp.Semicolon))


def spark_sql(expression: exp.Expression) -> str:
    """A statement, a query or a type in Spark's dialect; every name quoted, since `from stream` means something there."""
    return str(expression.sql(dialect="spark", comments=False, identify=True))


def helped(statement: exp.Expression) -> exp.Expression:
    """A statement whose every node gives DuckDB's answer; inner nodes first."""
    for node in reversed(list(statement.walk())):
        for kind, help_it in HELP.items():
            if isinstance(node, kind):
                better = help_it(node)
                statement = better if node is statement else statement
                node.replace(better)
                break
    return statement


def lowered(node: exp.Expression) -> exp.Expression:
    """One character for one."""
    old, new = (exp.Literal.string(letters) for letters in LOWERED_AT_LENGTH)
    return exp.Lower(this=exp.func("TRANSLATE", node.this.copy(), old, new))


def truncated(node: exp.Expression) -> exp.Expression:
    """An instant without a zone, which Spark's date_trunc does not give."""
    return exp.cast(node.copy(), "TIMESTAMP_NTZ", dialect="spark")


def boundaries(node: exp.Expression) -> exp.Expression:
    """Boundaries crossed, not whole units elapsed: the same once both ends are truncated to the unit."""
    unit = node.args["unit"]
    whole = {
        name: truncated(exp.TimestampTrunc(this=node.args[name].copy(), unit=unit.copy()))
        for name in ("this", "expression")
    }
    return exp.DateDiff(**whole, unit=unit.copy(), date_part_boundary=False)


def gathered(node: exp.Expression) -> exp.Expression:
    """Null, not an empty list, where there is nothing to gather."""
    inside = node.this if isinstance(node, exp.Filter) else node
    if not isinstance(inside, exp.ArrayAgg) or isinstance(node.parent, exp.Filter):
        return node
    return exp.Nullif(this=node.copy(), expression=exp.Array(expressions=[]))


def first_by(node: exp.Expression) -> exp.Expression:
    """Rows without a value do not count, and nulls inside an order come last."""
    value, order = node.this, node.expression
    if isinstance(order, exp.Struct):
        fields = [field.expression for field in order.expressions]
        order = exp.Struct(expressions=[part for field in fields for part in (is_null(field), field.copy())])
    given = exp.Case(ifs=[exp.If(this=exp.Not(this=is_null(value)), true=order.copy())])
    return node.__class__(this=value.copy(), expression=given)


def is_null(expression: exp.Expression) -> exp.Expression:
    """Whether an expression is null."""
    return exp.Is(this=exp.paren(expression.copy()), expression=exp.null())


def qualified(node: exp.Expression) -> exp.Expression:
    """`qualify` by a subquery: a name in it is the column's, not that of a selected expression of the same name."""
    if not node.args.get("qualify"):
        return node
    inside = node.copy()
    kept = inside.args["qualify"].pop().this
    names: list[str] = []
    for window in list(kept.find_all(exp.Window)):
        names.append(f"window_{len(names)}")
        inside.select(exp.alias_(window.copy(), names[-1]), copy=False)
        window.replace(exp.column(names[-1]))
    outside = parse_one(f"select * exclude ({', '.join(names)}) from inside", read="duckdb")
    outside.find(exp.Table).replace(inside.subquery("inside"))
    return outside.where(kept)


HELP = {
    exp.Select: qualified,
    exp.Lower: lowered,
    exp.TimestampTrunc: truncated,
    exp.DateTrunc: truncated,
    exp.DateDiff: boundaries,
    exp.ArrayAgg: gathered,
    exp.Filter: gathered,
    exp.ArgMin: first_by,
    exp.ArgMax: first_by,
}
"""Node -> what gives DuckDB's answer in its place."""
