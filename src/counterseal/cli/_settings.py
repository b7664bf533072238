"""Options that are not on the command line: from COUNTERSEAL_* in the environment, else from counterseal.toml.

A setting becomes the words that somebody would have typed, put before those that he did type, and only for options
that he did not: so the command line wins, and a setting is checked and converted exactly as an option is.
"""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from counterseal.core.errors import UsageError

FILE = "counterseal.toml"
PREFIX = "COUNTERSEAL_"
SAYS = """Each option may also stand, by its name, in a TOML file under the command's
name in brackets, or in the environment: COUNTERSEAL_FAIL_ON for --fail-on.
The command line wins, then the environment. Paths in the file start from
its folder."""
YES, NO = ("1", "true", "yes"), ("0", "false", "no", "")


def add_settings(parser: argparse.ArgumentParser) -> None:
    """The option that names the file."""
    parser.add_argument_group("settings", SAYS).add_argument(
        "--config", metavar="FILE", type=Path, help=f"settings (default: {FILE} here, if there is one)"
    )


def settable(parser: argparse.ArgumentParser) -> dict[str, argparse.Action]:
    """Every option that a setting may stand for, by its name without dashes."""
    return {
        action.option_strings[-1].removeprefix("--"): action
        for action in parser._actions
        if action.option_strings and action.dest not in ("help", "config")
    }


def words_of_settings(
    parser: argparse.ArgumentParser, command: str, typed: Sequence[str], environment: Mapping[str, str]
) -> list[str]:
    """The words that settings add before the typed ones; none where the command takes no settings, or help is asked for.

    Raises:
        UsageError: the file cannot be read, or a setting is unknown or not what its option takes.
    """
    options = settable(parser)
    if not any(action.dest == "config" for action in parser._actions) or {"-h", "--help"} & set(typed):
        return []
    given = {word.partition("=")[0].removeprefix("--") for word in typed if word.startswith("--")}
    from_file = dict(settings_in_file(config_of(typed), command, options))
    words: list[str] = []
    for name, action in options.items():
        variable = PREFIX + name.upper().replace("-", "_")
        if name in given:
            continue
        if variable in environment:
            words += words_for(name, action, from_text(action, environment[variable]), variable)
        elif name in from_file:
            words += words_for(name, action, *from_file[name])
    return words


def config_of(typed: Sequence[str]) -> Path | None:
    """The file that --config names."""
    finder = argparse.ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    finder.add_argument("--config", type=Path)
    try:
        found: Path | None = finder.parse_known_args(list(typed))[0].config
    except argparse.ArgumentError:
        return None  # no file is named: the command's own parser says so
    return found


def settings_in_file(
    named: Path | None, command: str, options: Mapping[str, argparse.Action]
) -> Iterator[tuple[str, tuple[Any, str]]]:
    """The command's settings in the file: name, and the value with where it stands."""
    path = named or Path(FILE)
    if named is None and not path.exists():
        return
    import tomllib  # only needed where there is a file

    from counterseal.cli._command import command_names

    try:
        document = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}", where="--config") from error
    except ValueError as error:
        raise UsageError("not TOML", where=f"{path}: {error}") from error
    for name in document:
        if name not in command_names():
            unknown(name, command_names(), str(path))
    table = document.get(command, {})
    if not isinstance(table, dict):
        raise UsageError(f"{command} is not a table", where=str(path), next_step=f"write [{command}]")
    for name, value in table.items():
        where = f"{path}, [{command}] {name}"
        if name not in options:
            unknown(name, list(options), where)
        if options[name].type is Path:
            beside = [str(path.parent / str(one)) for one in (value if isinstance(value, list) else [value])]
            value = beside if isinstance(value, list) else beside[0]
        yield name, (value, where)


def unknown(name: str, known: Sequence[str], where: str) -> NoReturn:
    """Refuse a name, with the nearest that is known."""
    import difflib  # only needed for this error

    near = difflib.get_close_matches(name, known, 1)
    advice = f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}"
    raise UsageError(f"unknown setting {name!r}", where=where, next_step=advice)


def from_text(action: argparse.Action, text: str) -> object:
    """What an environment variable says: a list is parted as PATH is, a switch is 1 or 0."""
    import os

    if action.nargs == 0:
        return True if text.lower() in YES else False if text.lower() in NO else text
    return text.split(os.pathsep) if isinstance(action, argparse._AppendAction) else text


def words_for(name: str, action: argparse.Action, value: object, where: str) -> list[str]:
    """One setting as typed words, refused where its option would refuse it.

    Raises:
        UsageError: the option takes no such value.
    """
    if action.nargs == 0:
        if not isinstance(value, bool):
            raise UsageError(f"not yes or no: {value}", where=where, next_step="write true or false")
        return [f"--{name}"] if value else []
    several = isinstance(action, argparse._AppendAction)
    values = value if several and isinstance(value, list) else [value]
    for one in values:
        if isinstance(one, list | dict | bool):
            raise UsageError(f"not one value: {one}", where=where)
        try:
            converted = action.type(str(one)) if callable(action.type) else str(one)
        except (ValueError, TypeError, argparse.ArgumentTypeError) as error:
            raise UsageError(str(error), where=where) from error
        if action.choices is not None and converted not in action.choices:
            raise UsageError(f"{one} is none of {', '.join(map(str, action.choices))}", where=where)
    return [f"--{name}={one}" for one in values]
