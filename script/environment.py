"""Make a virtual environment from a hash-pinned lock: the one way every script here gets one.

Needs nothing but the standard library. It holds a lock while it works, so two first runs at once make one
environment, and writes `made-from` last, so a killed run is simply made again.
"""

import argparse
import fcntl
import importlib.util
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STAMP = "made-from"

NO_VENV = """error: this Python cannot make a virtual environment
  where: {python} (no ensurepip, and neither virtualenv nor uv was found)
  next:  Debian, Ubuntu: apt install python3-venv
         elsewhere: install virtualenv or uv, then run the same command again
"""

FAILED = """error: the environment could not be made
  where: {where}
  next:  see the lines above; the whole log is {log}
"""


class EnvironmentFailedError(Exception):
    """The environment could not be made; the message is for the user."""


def command_that_makes_one(directory: Path) -> list[str]:
    """The command that creates an empty virtual environment with what this machine has.

    Raises:
        EnvironmentFailedError: nothing here can make one.
    """
    if importlib.util.find_spec("ensurepip"):
        return [sys.executable, "-m", "venv", str(directory)]
    if importlib.util.find_spec("virtualenv"):
        return [sys.executable, "-m", "virtualenv", "--quiet", str(directory)]
    if virtualenv := shutil.which("virtualenv"):
        return [virtualenv, "--quiet", "--python", sys.executable, str(directory)]
    if uv := shutil.which("uv"):
        return [uv, "venv", "--quiet", "--seed", "--python", sys.executable, str(directory)]
    raise EnvironmentFailedError(NO_VENV.format(python=sys.executable))


def run(command: Sequence[str], log: Path) -> None:
    """Run one step, its output kept in the log and shown only if it fails.

    Raises:
        EnvironmentFailedError: it did not end with status 0.
    """
    with log.open("a", encoding="utf-8") as written:
        written.write(f"$ {' '.join(command)}\n")
        written.flush()
        done = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=written, stderr=written)
    if done.returncode:
        tail = log.read_text(encoding="utf-8", errors="replace").splitlines()[-15:]
        raise EnvironmentFailedError("\n".join([*tail, FAILED.format(where=" ".join(command), log=log)]))


def make(directory: Path, lock: str, project: Sequence[str], made_from: str) -> None:
    """Make the environment anew: packages of the lock, then the project itself.

    Args:
        directory: where; whatever was there is removed.
        lock: a lock in the root of the checkout; every package is checked against its hashes.
        project: pip's arguments that install the project (a wheel, or `-e .`); empty: the lock alone.
        made_from: what the caller compares to know that the environment is still good.
    """
    log = directory.with_name(f"{directory.name}.log")
    log.unlink(missing_ok=True)
    shutil.rmtree(directory, ignore_errors=True)
    install = [
        str(directory / "bin" / "python"),
        "-m",
        "pip",
        "--disable-pip-version-check",
        "--no-input",
        "install",
    ]
    say(f"making {directory.name} (once; about a minute) with {sys.executable}")
    run(command_that_makes_one(directory), log)
    say(f"installing {lock}")
    run([*install, "--require-hashes", "--requirement", lock], log)
    if project:
        say("installing counterseal")
        run([*install, "--no-deps", "--no-index", "--no-build-isolation", *project], log)
    (directory / STAMP).write_text(made_from + "\n", encoding="utf-8")


def say(step: str) -> None:
    """Progress, on a terminal only."""
    if sys.stderr.isatty():
        print(f"counterseal: {step} …", file=sys.stderr, flush=True)


def is_good(directory: Path, made_from: str) -> bool:
    """Was it finished, and from the same things?"""
    stamp = directory / STAMP
    works = (directory / "bin" / "python").exists()  # false once the Python it was made with is gone
    return works and stamp.is_file() and stamp.read_text(encoding="utf-8").strip() == made_from


def main() -> int:
    """Make the environment unless it is good already; 1 and a message if that cannot be done."""
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("directory", type=Path)
    parser.add_argument("lock")
    parser.add_argument("--made-from", required=True)
    parser.add_argument("--wheel", type=Path, help="install this wheel of the project")
    parser.add_argument("--editable", action="store_true", help="install the checkout itself")
    arguments = parser.parse_args()
    made_from = arguments.made_from.strip()
    project = [str(arguments.wheel)] if arguments.wheel else ["--editable", "."] if arguments.editable else []
    with arguments.directory.with_name(f"{arguments.directory.name}.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        if not is_good(arguments.directory, made_from):
            try:
                make(arguments.directory, arguments.lock, project, made_from)
            except EnvironmentFailedError as failure:
                sys.stderr.write(str(failure))
                return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
