"""Ctrl-C, remembered: the engine turns it into an error of its own, and callbacks may swallow it.

Python raises KeyboardInterrupt wherever it stands. Inside a query that is the engine's stack, which makes
"RuntimeError: Query interrupted" of it, or a failed read, which ingest would take for a bad record.
"""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_seen = False


def seen() -> bool:
    """Did the user ask to stop?"""
    return _seen


def check() -> None:
    """Go no further if the user asked to stop.

    Raises:
        KeyboardInterrupt: he did.
    """
    if _seen:
        raise KeyboardInterrupt


@contextmanager
def watched() -> Iterator[None]:
    """Remember SIGINT, and raise KeyboardInterrupt as ever; off the main thread nothing can be watched."""
    global _seen
    _seen = False
    try:
        before = signal.signal(signal.SIGINT, _interrupted)
    except ValueError:
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before or signal.SIG_DFL)


def _interrupted(_number: int, _frame: FrameType | None) -> None:
    global _seen
    _seen = True
    raise KeyboardInterrupt
