"""Settings: command line before environment before file, each checked as its option is, unknown ones refused."""

import argparse
import os
from pathlib import Path

import pytest
from running import run_command

from counterseal.cli import _main
from counterseal.cli._command import command_names, load
from counterseal.cli._console import Console

FILE = """
[investigate]
out = "from-file"
realms = "realms.toml"
memory = "2G"
since = "2026-05-01"
fail-on = "forged"
indicators = ["a.csv", "b.csv"]
json = true

[coverage]
memory = "3G"
"""
FOLDER = Path("settings")


@pytest.fixture
def parsed(tmp_path, monkeypatch):
    """Gives the options that a command line ends up with, run in a folder with settings/counterseal.toml."""
    monkeypatch.chdir(tmp_path)
    FOLDER.mkdir()
    (FOLDER / "counterseal.toml").write_text(FILE, "utf-8")

    def options(*words: str, environment: dict[str, str] | None = None) -> dict[str, object]:
        seen: list[argparse.Namespace] = []
        command = load(words[0])
        caught = type(command)(**{**vars(command), "run": lambda options, console: seen.append(options) or 0})
        monkeypatch.setattr(_main, "named", lambda word: caught)
        assert _main.dispatch(words, Console(environment=environment or {})) == 0
        return vars(seen[0])

    return options


def test_file(parsed, monkeypatch):
    """A file says whatever an option can, its paths from its own folder; each command has its own table."""
    found = parsed("investigate", "logs", "--config", "settings/counterseal.toml")
    assert (found["evidence"], found["out"], found["realms"]) == (
        ["logs"],
        FOLDER / "from-file",
        FOLDER / "realms.toml",
    )
    assert (found["memory"], found["fail_on"], found["json"], found["since"].isoformat()) == (
        "2G",
        "forged",
        True,
        "2026-05-01T00:00:00+00:00",
    )
    assert found["indicators"] == [FOLDER / "a.csv", FOLDER / "b.csv"]
    assert found["roster"] is None
    assert parsed("coverage", "logs", "--config", "settings/counterseal.toml")["memory"] == "3G"
    monkeypatch.chdir(FOLDER)
    assert parsed("investigate", "logs")["out"] == Path("from-file")


def test_environment_then_command_line(parsed):
    """The environment wins over the file and the command line over both, lists being replaced whole."""
    environment = {
        "COUNTERSEAL_MEMORY": "4G",
        "COUNTERSEAL_FAIL_ON": "stolen",
        "COUNTERSEAL_INDICATORS": f"c.csv{os.pathsep}d.csv",
        "COUNTERSEAL_JSON": "0",
        "COUNTERSEAL_TESTDATA": "none of ours",
    }
    words = ("investigate", "logs", "--config=settings/counterseal.toml")
    found = parsed(*words, environment=environment)
    assert (found["memory"], found["fail_on"], found["json"]) == ("4G", "stolen", False)
    assert found["indicators"] == [Path("c.csv"), Path("d.csv")]
    found = parsed(*words, "--memory=5G", "--indicators", "e.csv", "--out", "x", environment=environment)
    assert (found["memory"], found["indicators"], found["out"]) == ("5G", [Path("e.csv")], Path("x"))


@pytest.mark.parametrize(
    ("text", "err"),
    [
        (
            '[investigate]\nrealm = "x"\n',
            "unknown setting 'realm'\n  where: counterseal.toml, [investigate] realm\n  next:  did you mean realms?",
        ),
        (
            "[investigat]\n",
            "unknown setting 'investigat'\n  where: counterseal.toml\n  next:  did you mean investigate?",
        ),
        ("investigate = 1\n", "investigate is not a table\n  where: counterseal.toml\n  next:  write [investigate]"),
        (
            "[investigate]\njson = 1\n",
            "not yes or no: 1\n  where: counterseal.toml, [investigate] json\n  next:  write true or false",
        ),
        ("[investigate]\nmemory = [1]\n", "not one value: [1]\n  where: counterseal.toml, [investigate] memory"),
        (
            '[investigate]\nsince = "soon"\n',
            """not a time: soon (write 2026-05-01 or 2026-05-01T08:00Z)
  where: counterseal.toml, [investigate] since""",
        ),
        (
            '[investigate]\nfail-on = "issued"\n',
            """issued is none of forged, stolen, unissued, suspicious, unknown
  where: counterseal.toml, [investigate] fail-on""",
        ),
        ("[investigate\n", "not TOML\n  where: counterseal.toml: "),
    ],
)  # fmt: skip
def test_mistakes(text, err, tmp_path, monkeypatch):
    """An unknown name or a value that its option does not take ends the run before anything is read."""
    monkeypatch.chdir(tmp_path)
    Path("counterseal.toml").write_text(text, "utf-8")
    ran = run_command("investigate", "logs", "--out", "case")
    assert (ran.status, ran.out) == (2, "")
    assert ran.err.startswith(f"error: {err}")
    assert not Path("case").exists()


def test_no_such_file(tmp_path):
    """A named file that is not there is an error; only the file nobody named may be absent."""
    ran = run_command("investigate", "logs", "--out", "case", "--config", tmp_path / "none.toml")
    assert (ran.status, ran.err.splitlines()[1]) == (2, "  where: --config")


def test_help_and_other_commands_need_no_settings(tmp_path, monkeypatch):
    """Help and commands without settings work beside a broken file."""
    monkeypatch.chdir(tmp_path)
    Path("counterseal.toml").write_text("broken", "utf-8")
    with pytest.raises(SystemExit) as left:
        run_command("investigate", "--help")
    assert left.value.code in (0, None)
    assert run_command("sources").status == 0
    takes = [name for name in command_names() if "--config" in load(name).parser().format_help()]
    assert takes == ["coverage", "investigate"]
