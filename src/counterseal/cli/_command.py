"""What a command is, and help that teaches it."""

import argparse
import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NoReturn

from counterseal.cli._console import Console
from counterseal.core.errors import UsageError

EXITS: Mapping[int, str] = {0: "done, whatever was found", 1: "failed", 2: "wrong arguments"}
"""Exit statuses that every command has."""

INTERRUPTED: Mapping[int, str] = {130: "interrupted; run again to go on"}

MANUAL = "docs/reference/commands.md"


@dataclass(frozen=True)
class Command:
    """One command; its module in this folder defines COMMAND.

    Attributes:
        name: the module's name.
        says: one sentence without a full stop.
        example: one that works in a clone of the repository.
        configure: adds the arguments to its parser.
        run: does it and gives the exit status.
        exits: exit statuses beside those that every command has.
        more: a paragraph of help after the options.
    """

    name: str
    says: str
    example: str
    configure: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace, Console], int]
    exits: Mapping[int, str] = field(default_factory=dict)
    more: str = ""

    def parser(self) -> "Parser":
        """The parser of its arguments."""
        exits = "\n".join(
            f"  {code:<4} {says}" for code, says in sorted({**EXITS, **self.exits, **INTERRUPTED}.items())
        )
        parser = Parser(
            prog=f"counterseal {self.name}",
            description=f"{self.says}.\n\nexample:\n  {self.example}",
            epilog="\n\n".join(
                filter(None, (self.more, f"exit status:\n{exits}", f"manual: {MANUAL}#{self.name}"))
            ),
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
            add_help=False,
        )
        self.configure(parser)
        parser.add_argument_group("help").add_argument(
            "-h", "--help", action="help", help="show this and leave"
        )
        return parser


class Parser(argparse.ArgumentParser):
    """An argument parser whose help opens with what the command is for, and whose errors are the house's."""

    def format_help(self) -> str:
        """Sentence and example first, then usage, groups, exit statuses and the manual page."""
        parts = self.formatter_class(prog=self.prog)
        parts.add_text(self.description)
        parts.add_usage(self.usage, self._actions, self._mutually_exclusive_groups)
        for group in self._action_groups:
            parts.start_section(group.title)
            parts.add_text(group.description)
            parts.add_arguments(group._group_actions)
            parts.end_section()
        parts.add_text(self.epilog)
        return parts.format_help()

    def error(self, message: str) -> NoReturn:
        """Raise what argparse would print.

        Raises:
            UsageError: always.
        """
        raise UsageError(message, where=self.prog, next_step=f"{self.prog} --help")


def command_names() -> list[str]:
    """Every command in the folder, sorted."""
    import counterseal.cli as folder

    return sorted(
        module.name for module in pkgutil.iter_modules(folder.__path__) if not module.name.startswith("_")
    )


def load(name: str) -> Command:
    """One command."""
    command = importlib.import_module(f"counterseal.cli.{name}").COMMAND
    assert isinstance(command, Command)
    return command
