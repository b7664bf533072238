"""The judgement on Spark, for cases that outgrow one machine: the same SQL over the same Parquet.

Needs the extra `spark`. Executors run SQL alone: they need Spark and the case folder, no Python and no Counterseal.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from counterseal.core.errors import UsageError

try:
    from py4j.protocol import Py4JJavaError
    from pyspark.errors import PySparkRuntimeError
    from pyspark.sql import DataFrame, SparkSession
    from sqlglot import exp

    from counterseal.core.engine.spark_sql import spark_sql, statements
except ImportError as error:
    raise UsageError(
        f"the Spark engine is not installed (no module {error.name})",
        where="--engine",
        next_step="install it: pip install 'counterseal[spark]'; Java 17 or newer is needed too",
    ) from error

CORRECT = {
    "spark.sql.ansi.enabled": "true",  # an overflow or a bad cast is an error, never a silent null
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.timestampType": "TIMESTAMP_NTZ",  # event times are UTC and carry no zone
    "spark.sql.parquet.inferTimestampNTZ.enabled": "true",
    "spark.sql.caseSensitive": "false",
    # Spark 4.3 loses track of a checkpoint's columns where two of them are united: "key not found" in its optimiser.
    "spark.sql.constraintPropagation.enabled": "false",
}
"""What the answers rest on: never left to a cluster's defaults."""

QUIET = {"spark.ui.enabled": "false", "spark.ui.showConsoleProgress": "false", "spark.log.level": "ERROR"}

LOCAL_PARTITIONS = 4
"""Partitions of a shuffle on one machine: Spark's 200 are for a cluster."""


@contextmanager
def connect(master: str, spill: Path, memory_bytes: int = 2**30) -> "Iterator[SparkEngine]":
    """Start a session, give an engine on it, and stop it again.

    Args:
        master: `local[2]`, `spark://host:7077`, `yarn`, `k8s://…`: what Spark calls a master.
        spill: the driver's scratch folder.
        memory_bytes: the heap of a local session; a cluster's own settings say how large its executors are.

    Raises:
        UsageError: no Java, or nobody answers there.
    """
    builder = SparkSession.builder.master(master).appName("counterseal")
    settings = {**QUIET, **CORRECT}
    if master.startswith("local"):
        settings |= {
            "spark.driver.host": "127.0.0.1",
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.driver.memory": f"{memory_bytes // 2**20}m",
            "spark.local.dir": str(spill),
            "spark.sql.shuffle.partitions": str(LOCAL_PARTITIONS),
        }
    for name, value in settings.items():
        builder = builder.config(name, value)
    try:
        session = builder.getOrCreate()
    except (PySparkRuntimeError, Py4JJavaError) as error:
        raise UsageError(
            f"Spark did not start: {str(error).splitlines()[0]}",
            where=f"--engine {master}",
            next_step="Java 17 or newer must be installed (JAVA_HOME), and the master must answer",
        ) from error
    try:
        yield SparkEngine(session)
    finally:
        session.stop()


class SparkEngine:
    """Runs DuckDB's spelling of the portable subset (core.engine.engine.Engine) on a Spark session.

    A table is a result that Spark holds under its name: computed once, its history forgotten, so that a step plans
    from the tables before it and not from everything since the evidence. A view is computed anew by each reader.
    """

    def __init__(self, session: SparkSession) -> None:
        self.session = session
        self.fetch: Callable[[], list[tuple[Any, ...]]] = list
        self.run: dict[type, Callable[[Any, list[Any]], Callable[[], list[tuple[Any, ...]]] | None]] = {
            exp.Create: self._create,
            exp.Insert: self._insert,
            exp.Drop: self._drop,
            exp.Alter: self._rename,
            exp.Describe: self._describe,
        }

    def execute(self, query: str, parameters: Sequence[object] = ()) -> "SparkEngine":
        """Run one statement or several; the last one's rows can be fetched."""
        for statement in statements(query):
            run = self.run.get(type(statement), self._select)
            self.fetch = run(statement, list(parameters)) or list
        return self

    def fetchall(self) -> list[tuple[Any, ...]]:
        """All rows of the last statement; of an insert, how many were added."""
        found, self.fetch = self.fetch(), list
        return found

    def register(self, view_name: str, python_object: Any) -> None:
        """Make an Arrow table readable by name."""
        self.session.createDataFrame(python_object).createOrReplaceTempView(view_name)

    def unregister(self, view_name: str) -> None:
        """Forget a registered table."""
        self.session.catalog.dropTempView(view_name)

    def read_parquet(self, name: str, paths: Sequence[Path]) -> None:
        """Make Parquet files readable by name."""
        listed = [str(path) for path in paths]
        self.session.read.option("mergeSchema", "true").parquet(*listed).createOrReplaceTempView(name)

    def _query(self, query: "exp.Expression", parameters: list[Any]) -> DataFrame:
        return self.session.sql(spark_sql(query), args=parameters or None)

    def _select(
        self, statement: "exp.Expression", parameters: list[Any]
    ) -> Callable[[], list[tuple[Any, ...]]]:
        found = self._query(statement, parameters)
        return lambda: [tuple(row) for row in found.collect()]

    def _describe(
        self, statement: "exp.Expression", parameters: list[Any]
    ) -> Callable[[], list[tuple[Any, ...]]]:
        found = self._query(statement.this, parameters)
        return lambda: [(field.name, field.dataType.simpleString()) for field in found.schema]

    def _create(self, statement: "exp.Expression", parameters: list[Any]) -> None:
        """A table of columns, or a table or view of a query."""
        name = statement.find(exp.Table).name
        if statement.expression is None:
            # As a query, since a data frame of no Python rows would start Python on every executor.
            listed = ", ".join(
                f"cast(null as {spark_sql(column.kind)}) as `{column.name}`"
                for column in statement.this.expressions
            )
            if statement.args.get("exists") and self.session.catalog.tableExists(name):
                return
            self.session.sql(f"select {listed} where false").createOrReplaceTempView(name)
            return
        found = self._query(statement.expression, parameters)
        if statement.args["kind"] == "TABLE":
            found = found.localCheckpoint()
        found.createOrReplaceTempView(name)

    def _insert(
        self, statement: "exp.Expression", parameters: list[Any]
    ) -> Callable[[], list[tuple[Any, ...]]]:
        """The table as it was and the new rows beside it, each cast to its column."""
        name = statement.this.name
        table = self.session.table(name)
        found = self._query(statement.expression, parameters).toDF(
            *(f"c{i}" for i in range(len(table.schema)))
        )
        cast = (found[f"c{i}"].cast(field.dataType).alias(field.name) for i, field in enumerate(table.schema))
        added = found.select(*cast).localCheckpoint()
        table.union(added).createOrReplaceTempView(name)
        return lambda: [(added.count(),)]

    def _drop(self, statement: "exp.Expression", _parameters: list[Any]) -> None:
        for table in statement.args["tables"]:
            self.session.catalog.dropTempView(table.name)

    def _rename(self, statement: "exp.Expression", _parameters: list[Any]) -> None:
        (action,) = statement.args["actions"]
        self.session.table(statement.this.name).createOrReplaceTempView(action.this.name)
        self.session.catalog.dropTempView(statement.this.name)
