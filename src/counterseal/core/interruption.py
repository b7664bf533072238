"""Ctrl-C, remembered: the engine turns it into an error of its own, and callbacks may swallow it.

Python raises KeyboardInterrupt wherever it stands. Inside a query that is the engine's stack, which makes
"RuntimeError: Query interrupted" of it, or a failed read, which ingest would take for a bad record.
"""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_seen = False
_watching = False


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
    global _seen, _watching
    _seen = False
    try:
        before = signal.signal(signal.SIGINT, _interrupted)
    except ValueError:
        yield
        return
    _watching = True
    try:
        yield
    finally:
        _watching = False
        signal.signal(signal.SIGINT, before or signal.SIG_DFL)


@contextmanager
def stopping(interrupt: Callable[[], object]) -> Iterator[None]:
    """Have Ctrl-C call `interrupt` at once, from another thread.

    The engine works on the main thread too, and then Python's own handler waits until the query has ended.
    """
    from threading import Thread  # not needed by commands that ask nothing of the engine

    read, write = os.pipe()
    os.set_blocking(write, False)
    try:
        before = signal.set_wakeup_fd(write)
    except ValueError:  # off the main thread
        os.close(write)
        os.close(read)
        yield
        return
    relay = Thread(target=_relay, args=(read, interrupt), daemon=True)
    relay.start()
    try:
        yield
    finally:
        signal.set_wakeup_fd(before)
        os.close(write)
        relay.join()
        os.close(read)


def _relay(read: int, interrupt: Callable[[], object]) -> None:
    """Read the numbers of signals as they come, until the other end is closed."""
    global _seen
    while numbers := os.read(read, 64):
        if signal.SIGINT in numbers:
            _seen = _watching
            interrupt()


def _interrupted(_number: int, _frame: FrameType | None) -> None:
    global _seen
    _seen = True
    raise KeyboardInterrupt
