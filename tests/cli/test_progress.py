import io

import pytest
from running import Terminal

from counterseal.cli._console import Console
from counterseal.cli._progress import CLEAR, Progress, size


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(autouse=True)
def columns(monkeypatch):
    monkeypatch.setenv("COLUMNS", "90")


def told(stream, environment=None):
    clock = Clock()
    progress = Progress(Console(io.StringIO(), stream, environment or {}), clock)
    progress.files(0, 2, 0, 20_000_000)
    progress.bytes(1_000, 10_000_000, "a\x1b.csv")
    clock.now += 0.05
    progress.bytes(2_000, 10_000_000, "a\x1b.csv")
    clock.now += 1.95
    progress.bytes(4_000_000, 10_000_000, "a\x1b.csv")
    progress.step("link")
    progress.close()
    return stream.getvalue()


def test_terminal_sees_rate_and_estimate():
    """On a terminal one line is rewritten, not too often, with rate and estimate once they mean something."""
    assert told(Terminal()) == (
        f"{CLEAR}reading file 1 of 2, 1.0 kB of 10.0 MB: a\\x1b.csv"
        f"{CLEAR}reading file 1 of 2, 4.0 MB of 10.0 MB, 2.0 MB/s, about 8 s left to read: a\\x1b.csv"
        f"{CLEAR}link …{CLEAR}"
    )


def test_the_estimate_is_of_the_whole_run():
    """A second file goes on with the rate of the first, and the time left is that of all files."""
    clock, stream = Clock(), Terminal()
    progress = Progress(Console(io.StringIO(), stream, {}), clock)
    progress.files(0, 3, 0, 40_000_000)
    progress.bytes(1_000, 10_000_000, "a")
    clock.now += 5
    progress.files(1, 3, 10_000_000, 40_000_000)
    progress.bytes(10_000_000, 20_000_000, "b")
    assert stream.getvalue().endswith(
        "reading file 2 of 3, 10.0 MB of 20.0 MB, 4.0 MB/s, about 5 s left to read: b"
    )


def test_pipe_sees_nothing():
    """In a pipe, and on a terminal that cannot rewrite a line, there is no progress."""
    assert (told(io.StringIO()), told(Terminal(), {"TERM": "dumb"})) == ("", "")


def test_line_never_wraps(monkeypatch):
    """A line as long as the terminal is wide could not be rewritten in place."""
    monkeypatch.setenv("COLUMNS", "20")
    assert {len(part) for part in told(Terminal()).split(CLEAR) if part.startswith("reading")} == {19}


def test_sizes():
    """Bytes are written as people read them."""
    assert [size(n) for n in (0, 999, 1000, 45_200_000, 3e12)] == [
        "0 B",
        "999 B",
        "1.0 kB",
        "45.2 MB",
        "3000.0 GB",
    ]
