"""How far a run is: one line on a terminal, rewritten in place; nothing anywhere else."""

import shutil
from collections.abc import Callable
from time import monotonic

from counterseal.cli._console import Console
from counterseal.core import interruption
from counterseal.core.inert import visible

REDRAW_SECONDS = 0.1
STEADY_SECONDS = 1.0
"""No rate or estimate is shown before this: the first batches say nothing."""

CLEAR = "\r\x1b[K"


def size(number: float) -> str:
    """Bytes as people read them: 512 B, 45.2 MB."""
    for unit in ("B", "kB", "MB", "GB"):
        if number < 1000 or unit == "GB":
            break
        number /= 1000
    return f"{number:.0f} {unit}" if unit == "B" else f"{number:.1f} {unit}"


class Progress:
    """Hears how far a run is (investigate's `Tell`) and shows it where somebody looks.

    Args:
        console: shows nothing unless its stderr is a terminal.
        clock: seconds that only grow.
    """

    def __init__(self, console: Console, clock: Callable[[], float] = monotonic) -> None:
        self._console = console
        self._clock = clock
        self._drawn = 0.0
        self._begun: float | None = None
        self._files = (0, 0)
        self._bytes = (0, 0)

    def files(self, done: int, total: int, done_bytes: int, total_bytes: int) -> None:
        """Evidence files finished, of how many, and their bytes."""
        interruption.check()
        self._files, self._bytes = (done, total), (done_bytes, total_bytes)

    def bytes(self, done: int, total: int, shown: str) -> None:
        """Bytes of the evidence file `shown` that are read: with the rate, and how long all files will still take."""
        now = self._clock()
        if self._begun is None:
            self._begun = now
        spent = now - self._begun
        before, whole = self._bytes
        parts = [f"file {self._files[0] + 1} of {self._files[1]}", f"{size(done)} of {size(total)}"]
        if spent >= STEADY_SECONDS and done:
            rate = (before + done) / spent
            parts += [f"{size(rate)}/s", f"about {max(0, whole - before - done) / rate:.0f} s left to read"]
        self._draw("reading " + ", ".join(parts) + f": {shown}", now)

    def step(self, name: str) -> None:
        """A step of the judgement begins."""
        interruption.check()
        self._draw(f"{name} …", self._clock(), at_once=True)

    def close(self) -> None:
        """Leave the line empty."""
        if self._console.shows_progress and self._drawn:
            self._console.err.write(CLEAR)
            self._console.err.flush()

    def _draw(self, text: str, now: float, *, at_once: bool = False) -> None:
        if not self._console.shows_progress or (not at_once and now - self._drawn < REDRAW_SECONDS):
            return
        self._drawn = now
        width = shutil.get_terminal_size().columns - 1
        self._console.err.write(CLEAR + visible(text)[:width])
        self._console.err.flush()
