"""Running one command line in this process, its streams caught."""

import io
from typing import NamedTuple

from counterseal.cli import main
from counterseal.cli._console import Console


class Ran(NamedTuple):
    """What came of a command line."""

    status: int
    out: str
    err: str


class Terminal(io.StringIO):
    """A stream that somebody looks at."""

    def isatty(self) -> bool:
        return True


def run_command(*words: object, terminal: bool = False, environment: dict[str, str] | None = None) -> Ran:
    """Run it."""
    out, err = (Terminal(), Terminal()) if terminal else (io.StringIO(), io.StringIO())
    status = main([str(word) for word in words], Console(out, err, environment or {}))
    return Ran(status, out.getvalue(), err.getvalue())
