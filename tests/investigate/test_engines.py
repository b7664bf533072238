"""Every piece of the judgement's SQL gives the same rows on DuckDB and on Spark: only this proves a file portable."""

import re
from collections import Counter
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import duckdb
import pytest
from judging import fill_kept
from odd_rows import REJECTED, draw, grounds

from counterseal.core.engine.duckdb import Connection, connect, literal, rows
from counterseal.core.engine.engine import Engine
from counterseal.core.vocabulary import Kind
from counterseal.investigate.judgement import Timings, judge
from counterseal.investigate.sql_files import step
from counterseal.investigate.summary import summarise

pytest.importorskip("pyspark", reason="the extra `spark` is not installed")
spark = pytest.importorskip("counterseal.core.engine.spark")
pytestmark = pytest.mark.full

MADE = re.compile(
    r"(?:create (?:or replace )?(?:temp )?(?:table|view)(?: if not exists)?|insert into|update) \"?(\w+)",
    re.IGNORECASE,
)
TABLES_OF_RECORDS = ("issuance_kept", "use_kept", "custody_kept", "rejected_text")


@pytest.fixture(scope="module")
def duck(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    with connect(tmp_path_factory.mktemp("duck") / "spill", threads=2) as con:
        yield con


@pytest.fixture(scope="module")
def sparks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with spark.connect("local[2]", tmp_path_factory.mktemp("spark")) as engine:
        yield engine


def plain(value: Any) -> Any:
    """A value as both engines can say it: a struct is its fields, a list a tuple."""
    if isinstance(value, dict):
        return tuple(plain(one) for one in value.values())
    return tuple(plain(one) for one in value) if isinstance(value, (list, tuple)) else value


def content(con: Engine, query: str) -> list[str]:
    """The rows of a query, sorted: each as one line."""
    return sorted(repr(plain(row)) for row in rows(con, query))


class Watched:
    """An engine whose every table is written down as soon as a statement has made or changed it."""

    def __init__(self, engine: Any) -> None:
        self.engine = engine
        self.seen: list[tuple[str, list[str]]] = []
        self.held: list[Any] | None = None

    def execute(self, query: str, parameters: Any = (), /) -> "Watched":
        for statement in duckdb.extract_statements(query):
            self.engine.execute(statement.query, parameters)
            self.held = None
            if made := MADE.match(bare(statement.query)):
                self.held = self.engine.fetchall()
                self.seen.append((made[1], content(self.engine, f"select * from {made[1]}")))
        return self

    def fetchall(self) -> list[Any]:
        return self.engine.fetchall() if self.held is None else self.held

    def register(self, view_name: str, python_object: Any, /) -> None:
        self.engine.register(view_name, python_object)

    def unregister(self, view_name: str, /) -> None:
        self.engine.unregister(view_name)


def bare(statement: str) -> str:
    """A statement without the comment above it."""
    return "\n".join(
        line for line in statement.splitlines() if line and not line.lstrip().startswith("--")
    ).strip()


def hand_over(duck: Connection, sparks: Any, folder: Path, names: tuple[str, ...]) -> None:
    """Give Spark the same tables, as Parquet."""
    for name in names:
        path = folder / f"{name}.parquet"
        duck.execute(f"copy {name} to {literal(str(path))} (format parquet)")
        sparks.read_parquet(name, [path])


def judged_on(con: Any, given: Any) -> tuple[list[tuple[str, list[str]]], Any]:
    """Every table in the order in which the judgement makes it, and the summary."""
    watched = Watched(con)
    judge(watched, given, Timings())
    step(watched, "verdict_rows")
    return watched.seen, summarise(watched, {"evidence": [], "started": "", "ended": ""}, {})


def test_every_step_makes_the_same_tables(duck: Connection, sparks: Any, tmp_path: Path) -> None:
    """Statement for statement, the rows are equal, over events in which whatever engines disagree on occurs."""
    events, given = draw(seed=1), grounds()
    duck.execute(
        "create or replace temp table rejected_text as select unnest(?::varchar[]) as raw", [REJECTED]
    )
    fill_kept(duck, Kind.USE, events.uses)
    fill_kept(duck, Kind.ISSUANCE, events.issuances)
    fill_kept(duck, Kind.CUSTODY, [])
    hand_over(duck, sparks, tmp_path, TABLES_OF_RECORDS)
    expected, summary = judged_on(duck, given)
    found, found_summary = judged_on(sparks, given)
    for (name, table), (its_name, its_table) in zip(expected, found, strict=True):
        assert (its_name, Counter(its_table) - Counter(table), Counter(table) - Counter(its_table)) == (
            name,
            {},
            {},
        )
    assert found_summary == summary
    written = [path.read_text("utf-8") for path in (files("counterseal.investigate") / "sql").iterdir()]
    of_files = {made for text in written for made in MADE.findall(text)}
    assert of_files - {name for name, _ in found} == set(), "a step was not run: the test must reach it"
