"""What the judgement asks of a SQL engine; it runs on whatever gives this."""

from typing import Any, Protocol


class Engine(Protocol):
    """Runs statements of the portable subset in DuckDB's spelling; a DuckDB connection is one."""

    def execute(self, query: str, parameters: Any = ..., /) -> Any:
        """Run one statement or several; the last one's rows can be fetched."""

    def fetchall(self) -> list[Any]:
        """All rows of the last statement; of an insert, how many were added."""

    def register(self, view_name: str, python_object: Any, /) -> Any:
        """Make an Arrow table readable by name."""

    def unregister(self, view_name: str, /) -> Any:
        """Forget a registered table."""
