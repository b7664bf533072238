"""The command line: one command per file, loaded only when it is called."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from counterseal.cli._console import Console

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None, console: "Console | None" = None) -> int:
    """Run one command line and give its exit status."""
    try:
        # In here, since Ctrl-C during an import is to be no traceback either.
        from counterseal.cli._main import main as run

        return run(arguments, console)
    except KeyboardInterrupt:
        import sys

        sys.stderr.write("interrupted; run again to go on\n")
        return 130
