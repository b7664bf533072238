"""Where a command prints: data to stdout, the rest to stderr, nothing of it able to steer a terminal."""

import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TextIO

from counterseal.core.inert import visible

BOLD, PLAIN = "\x1b[1m", "\x1b[0m"


@dataclass(frozen=True)
class Console:
    """The two streams of a command."""

    out: TextIO = field(default_factory=lambda: sys.stdout)
    err: TextIO = field(default_factory=lambda: sys.stderr)
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)

    @property
    def shows_progress(self) -> bool:
        """Is stderr a terminal that can rewrite a line?"""
        return self.err.isatty() and self.environment.get("TERM") != "dumb"

    @property
    def shows_bold(self) -> bool:
        """May stdout be given bold type? (https://no-color.org)."""
        return (
            self.out.isatty()
            and not self.environment.get("NO_COLOR")
            and self.environment.get("TERM") != "dumb"
        )

    def bold(self, text: str) -> str:
        """The text in bold type where the terminal may be given it."""
        return f"{BOLD}{text}{PLAIN}" if self.shows_bold else text

    def line(self, text: str = "") -> None:
        """Print one line of data; whatever it holds, it stays one line and inert."""
        self.out.write(visible(text) + "\n")

    def heading(self, text: str) -> None:
        """Print a heading line of data."""
        self.out.write(self.bold(visible(text)) + "\n")

    def note(self, text: str) -> None:
        """Print one line that is not data."""
        self.err.write(visible(text) + "\n")

    def error(self, what: str, where: str | None, next_step: str | None) -> None:
        """Print what went wrong, where, and what to do next."""
        self.note(f"error: {what}")
        if where:
            self.note(f"  where: {where}")
        if next_step:
            self.note(f"  next:  {next_step}")

    def json(self, document: object) -> None:
        """Print one JSON document on one line; everything beyond ASCII escaped."""
        self.out.write(json.dumps(document, default=str) + "\n")

    def table(self, headings: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """Print rows in columns as wide as their widest cell; columns of whole numbers stand right."""
        body = [list(row) for row in rows]
        cells = [list(headings)] + [[visible("-" if v is None else str(v)) for v in row] for row in body]
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        right = [bool(body) and all(isinstance(row[n], int) for row in body) for n in range(len(headings))]
        for number, row in enumerate(cells):
            spaced = [c.rjust(w) if r else c.ljust(w) for c, w, r in zip(row, widths, right, strict=True)]
            text = "  ".join(spaced).rstrip()
            self.out.write((self.bold(text) if number == 0 else text) + "\n")
