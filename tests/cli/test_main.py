import re
import subprocess
import sys

import pytest
from running import Ran, Terminal

from counterseal.cli import _main, main
from counterseal.cli._command import Command, command_names, load
from counterseal.cli._console import Console
from counterseal.core.errors import CaseError

COMMANDS = command_names()


def test_commands_are_those_of_the_folder():
    """Every command file is a command, named as the file, and no other exists."""
    assert [load(name).name for name in COMMANDS] == COMMANDS
    assert [
        *("coverage", "decide", "demo", "investigate", "map"),
        *("report", "seal", "sources", "trace", "verify"),
    ] == COMMANDS


@pytest.mark.parametrize("name", COMMANDS)
def test_help_teaches(name, run):
    """Help opens with a sentence and an example, groups every option, and names exit codes and manual page."""
    with pytest.raises(SystemExit) as left:
        run(name, "--help")
    assert left.value.code in (0, None)
    command = load(name)
    text = command.parser().format_help()
    assert text.startswith(f"{command.says}.\n\nexample:\n  counterseal {name}")
    assert command.example.startswith(f"counterseal {name}")
    assert "positional arguments:" not in text
    assert "\noptions:" not in text
    assert re.search(r"\nexit status:\n  0    .*\n  1    .*\n  2    (.*\n)*  130  ", text)
    assert text.endswith(f"manual: docs/reference/commands.md#{name}\n")


def test_overview_lists_every_command(run):
    """The program's own help shows one line for each command."""
    ran = run("--help")
    assert (ran.status, ran.err) == (0, "")
    assert re.findall(r"^  (\w+) {2,}[A-Z]", ran.out, re.MULTILINE) == COMMANDS


@pytest.mark.parametrize(
    "words",
    [["--help"], ["--version"], *([name, "--help"] for name in COMMANDS)],
)
def test_help_loads_nothing_heavy(words):
    """Help loads no engine, no template engine and nothing of the judgement: this is what keeps it quick."""
    script = (
        "import sys\nfrom counterseal.cli import main\n"
        f"try:\n    main({words!r})\nexcept SystemExit:\n    pass\n"
        "heavy = {'duckdb', 'pyarrow', 'numpy', 'jinja2', 'logging', 'counterseal.evidence', 'counterseal.investigate',"
        " 'counterseal.outputs', 'counterseal.core.engine'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stderr == "[]\n"


def test_module_runs_as_a_program():
    """`python -m counterseal.cli` is the same program, and its exit status is the command's."""
    done = subprocess.run(
        [sys.executable, "-m", "counterseal.cli", "nothing"], capture_output=True, text=True
    )
    assert (done.returncode, done.stdout, done.stderr) == (
        2,
        "",
        "error: no such command: nothing\n  next:  counterseal --help\n",
    )


@pytest.mark.parametrize(
    ("words", "err"),
    [
        ([], "error: no command given\n  next:  counterseal --help\n"),
        (["investigat"], "error: no such command: investigat\n  next:  did you mean investigate?\n"),
        (
            ["investigate", "x"],
            (
                "error: the following arguments are required: --out\n  where: counterseal investigate\n"
                "  next:  counterseal investigate --help\n"
            ),
        ),
        (
            ["investigate", "x", "--ou", "y"],
            (
                "error: the following arguments are required: --out\n  where: counterseal investigate\n"
                "  next:  counterseal investigate --help\n"
            ),
        ),
        (
            ["investigate", "x", "--out", "y", "--since", "yesterday"],
            (
                "error: argument --since: not a time: yesterday (write 2026-05-01 or 2026-05-01T08:00Z)\n"
                "  where: counterseal investigate\n  next:  counterseal investigate --help\n"
            ),
        ),
        (
            ["investigate", "x", "--out", "y", "--memory", "1M"],
            "error: 1M is too little memory\n  where: --memory\n  next:  give at least 400M; 1G is the default\n",
        ),
        (
            ["trace", "/nowhere", "key", "k"],
            (
                "error: no summary.json here\n  where: /nowhere\n"
                "  next:  make the case first: counterseal investigate EVIDENCE... --out CASE\n"
            ),
        ),
    ],
)
def test_errors_name_what_where_and_next(words, err, run):
    """A user's mistake prints three lines on stderr, nothing on stdout, never a traceback; no option is abbreviated."""
    assert run(*words) == Ran(1 if words[:1] == ["trace"] else 2, "", err)


def test_errors_cannot_steer_a_terminal(run):
    """Control characters of a name that comes back in an error are spelt out, and make no line of their own."""
    ran = run("trace", "/no\x1b[2J\nwhere", "key", "k", terminal=True)
    assert "  where: /no\\x1b[2J\\nwhere\n" in ran.err
    assert "\x1b" not in ran.err


def raising(error):
    def command(options, console):
        raise error

    return Command("raising", "Raise", "counterseal raising", lambda parser: None, command)


@pytest.mark.parametrize(
    ("error", "status", "err"),
    [
        (CaseError("broken"), 1, "error: broken\n"),
        (KeyboardInterrupt(), 130, "interrupted; run again to go on\n"),
        (PermissionError(13, "Permission denied", "/case"), 1, "error: Permission denied\n  where: /case\n"),
    ],
)
def test_exit_status_of_what_goes_wrong(error, status, err, monkeypatch):
    """Failures exit with 1, an interruption with 130."""
    monkeypatch.setattr(_main, "named", lambda word: raising(error))
    out, told = Terminal(), Terminal()
    assert main(["raising"], Console(out, told, {})) == status
    assert (out.getvalue(), told.getvalue()) == ("", err)


def test_a_bug_shows_its_traceback(monkeypatch):
    """What is nobody's mistake but ours is not dressed up as an error of the user's."""
    monkeypatch.setattr(_main, "named", lambda word: raising(ZeroDivisionError("bug")))
    with pytest.raises(ZeroDivisionError):
        main(["raising"], Console(Terminal(), Terminal(), {}))


@pytest.mark.parametrize(
    ("words", "err"),
    [
        (
            ["trace", "case", "keys", "k"],
            "argument KIND: invalid choice: 'keys' (choose from key, token, session, app, ip, mailbox, actor)",
        ),
        (
            ["investigate", "x", "--out", "y", "--since", "2026-05-02", "--until", "2026-05-01"],
            "--until does not lie after --since: no use could be judged",
        ),
    ],
)
def test_wrong_arguments_are_told_in_words(run, words, err):
    """No enum's own spelling, and a window that holds nothing is refused before anything is read."""
    ran = run(*words)
    assert (ran.status, ran.err.splitlines()[0].replace("'", "")) == (2, f"error: {err}".replace("'", ""))
