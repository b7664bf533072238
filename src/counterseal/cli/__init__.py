"""The command line: one command per file, loaded only when it is called."""

from counterseal.cli._main import main

__all__ = ["main"]
