"""From the arguments to one command, and from its errors to an exit status."""

import os
import sys
from collections.abc import Sequence

from counterseal import __version__
from counterseal.cli._command import Command, command_names, load
from counterseal.cli._console import Console
from counterseal.cli._settings import words_of_settings
from counterseal.core import interruption
from counterseal.core.errors import CountersealError, UsageError

INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None, console: Console | None = None) -> int:
    """Run one command line and give its exit status."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    console = console or open_console()
    with interruption.watched():
        try:
            status = attempt(words, console)
            interruption.check()
        except (Exception, KeyboardInterrupt) as error:
            if not interruption.seen() and not isinstance(error, KeyboardInterrupt):
                raise
            # Whatever it was by the time it came here: the engine, or a callback, makes other errors of Ctrl-C.
            console.note("interrupted; run again to go on")
            return INTERRUPTED
    return status


def attempt(words: Sequence[str], console: Console) -> int:
    """Run one command line; every error that is the user's to mend, as an exit status."""
    try:
        status = dispatch(words, console)
        console.out.flush()
    except CountersealError as error:
        interruption.check()
        console.error(error.what, error.where, error.next_step)
        return error.exit_code
    except BrokenPipeError:
        # The reader of our output left. Python would complain once more while it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        if not error.filename or interruption.seen():
            raise
        console.error(str(error.strerror), str(error.filename), None)
        return 1
    return status


def open_console() -> Console:
    """The process's own streams, made unable to fail on a character they cannot encode."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    return Console()


def dispatch(words: Sequence[str], console: Console) -> int:
    """Load the named command and run it, or print what there is.

    Raises:
        UsageError: no such command, or wrong arguments.
    """
    if not words:
        raise UsageError("no command given", next_step="counterseal --help")
    if words[0] in ("-h", "--help"):
        console.out.write(overview())
        return 0
    if words[0] == "--version":
        console.line(f"counterseal {__version__}")
        return 0
    command = named(words[0])
    parser, typed = command.parser(), words[1:]
    options = parser.parse_args(
        [*words_of_settings(parser, command.name, typed, console.environment), *typed]
    )
    configure_logging(console)
    return command.run(options, console)


def named(word: str) -> Command:
    """The command of that name.

    Raises:
        UsageError: there is none.
    """
    names = command_names()
    if word in names:
        return load(word)
    import difflib  # only needed for this error

    near = difflib.get_close_matches(word, names, 1)
    raise UsageError(
        f"no such command: {word}",
        next_step=f"did you mean {near[0]}?" if near else "counterseal --help",
    )


def overview() -> str:
    """The help of the whole program."""
    commands = [load(name) for name in command_names()]
    listed = "\n".join(f"  {command.name:<12} {command.says}" for command in commands)
    return f"""Was this token ever issued? Counterseal judges uses of tokens against their issuance.

example:
  counterseal investigate examples/storm --out case

usage: counterseal COMMAND ...
       counterseal COMMAND --help

commands:
{listed}

options:
  -h, --help   show this and leave
  --version    show the version and leave

manual: docs/index.md
"""


def configure_logging(console: Console) -> None:
    """Warnings to stderr, one inert line each."""
    import logging  # 10 ms that --help need not pay

    class ToConsole(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            console.note(f"{record.levelname.lower()}: {record.getMessage()}")

    logging.basicConfig(level=logging.WARNING, handlers=[ToConsole()], force=True)
