"""Ctrl-C ends a run with 130 and no traceback, whoever makes what of it."""

import signal
import subprocess
import sys

import pytest
from running import run_command

from counterseal.cli import _main


def interrupted_as(monkeypatch, becomes):
    """A command during which the user presses Ctrl-C, of which something else makes another error, or nothing."""

    def dispatch(words, console):
        try:
            signal.raise_signal(signal.SIGINT)
        except KeyboardInterrupt:
            if becomes:
                raise becomes from None
        return 0

    monkeypatch.setattr(_main, "dispatch", dispatch)


@pytest.mark.parametrize(
    "becomes",
    [KeyboardInterrupt(), RuntimeError("Query interrupted"), OSError(4, "Interrupted", "log.csv"), None],
    ids=["as it is", "the engine's error", "a file's error", "swallowed"],
)
def test_ctrl_c_is_130(monkeypatch, becomes):
    """The exit status and one line, whatever became of the interrupt on its way."""
    interrupted_as(monkeypatch, becomes)
    assert run_command("sources") == (130, "", "interrupted; run again to go on\n")


def test_an_error_without_ctrl_c_stays_what_it_is(monkeypatch):
    """The engine's own failure is a bug and shows; an earlier Ctrl-C is not remembered for the next command."""
    interrupted_as(monkeypatch, KeyboardInterrupt())
    run_command("sources")

    def failing(words, console):
        raise RuntimeError("Query interrupted")

    monkeypatch.setattr(_main, "dispatch", failing)
    with pytest.raises(RuntimeError, match="Query interrupted"):
        run_command("sources")


QUERY = """
import os, signal, sys, threading
from counterseal.cli import _main, main
from counterseal.core.engine.duckdb import connect
from pathlib import Path

def dispatch(words, console):
    with connect(Path(sys.argv[1])) as con:
        threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()
        con.execute("select sum(sqrt(range)) from range(1_000_000_000_000)")
    return 0

_main.dispatch = dispatch
sys.exit(main([]))
"""


def test_ctrl_c_in_a_query(tmp_path):
    """A query that would run for hours ends at once."""
    done = subprocess.run(
        [sys.executable, "-c", QUERY, str(tmp_path / "spill")], capture_output=True, text=True, timeout=120
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "interrupted; run again to go on\n")


def test_ctrl_c_while_modules_load():
    """Before the command line itself is loaded, too."""
    script = (
        "import sys\nclass Press:\n    def find_spec(self, name, *rest):\n"
        "        if name == 'counterseal.cli._main': raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Press())\nfrom counterseal.cli import main\nsys.exit(main([]))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (130, "interrupted; run again to go on\n")
