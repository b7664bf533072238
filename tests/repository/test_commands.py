import os
import subprocess
import sys

import pytest
from checkout import ROOT

from counterseal.cli._command import EXITS, command_names, load

MANUAL = (ROOT / "docs" / "reference" / "commands.md").read_text(encoding="utf-8")

LOADED_BY_HELP = """
import sys
from counterseal.cli import main
status = main([*sys.argv[1:]])
heavy = {"duckdb", "pyarrow", "numpy", "jinja2", "pandas"}
sys.exit(status or " ".join(sorted(heavy & set(sys.modules))) or 0)
"""


@pytest.mark.parametrize("name", command_names())
def test_every_command_is_documented(name):
    """The manual page that the help names has that heading."""
    assert f"\n## {name}\n" in MANUAL


@pytest.mark.parametrize("name", command_names())
def test_help_teaches(name):
    """Help opens with a sentence and an example, and names the exit statuses and the manual page."""
    command = load(name)
    lines = command.parser().format_help().splitlines()
    assert lines[0].endswith(".")
    assert "example:" in lines
    assert command.example.split()[:2] == ["counterseal", name]
    assert [
        code for code in EXITS | command.exits if not any(line.startswith(f"  {code} ") for line in lines)
    ] == []
    assert lines[-1] == f"manual: docs/reference/commands.md#{name}"


@pytest.mark.parametrize("name", [None, *command_names()])
def test_help_loads_no_engine(name):
    """Help is quick because nothing heavy is imported before a command needs it."""
    arguments = [name, "--help"] if name else ["--help"]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("COV_CORE")}
    ran = subprocess.run(
        [sys.executable, "-c", LOADED_BY_HELP, *arguments], env=environment, capture_output=True, text=True
    )
    assert (ran.returncode, ran.stderr) == (0, "")
