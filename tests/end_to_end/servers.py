"""Real servers on free ports of 127.0.0.1: each in a folder of its own, awaited by its port, ended by its process."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

START_SECONDS = 30
STOP_SECONDS = 10
PAUSE_SECONDS = 0.05


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def listens(port: int) -> bool:
    """Does anybody accept connections on that port?"""
    with socket.socket() as client:
        client.settimeout(1)
        return client.connect_ex(("127.0.0.1", port)) == 0


def await_that(is_so: Callable[[], bool], what: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Return as soon as something is so.

    Raises:
        AssertionError: the server ended first, or it took too long; with the end of the server's log.
    """
    deadline = time.monotonic() + START_SECONDS
    while not is_so():
        ended = pause(process)
        if ended is not None or time.monotonic() > deadline:
            said = log.read_text("utf-8", "replace")[-2000:] if log.exists() else ""
            raise AssertionError(f"waited in vain for {what} (exit status {ended})\n{said}")


def pause(process: subprocess.Popen[bytes]) -> int | None:
    """Give the server a moment; its exit status if it ended."""
    try:
        return process.wait(PAUSE_SECONDS)
    except subprocess.TimeoutExpired:
        return None


@contextmanager
def running(
    command: Sequence[str], port: int, log: Path, **environment: str
) -> Iterator[subprocess.Popen[bytes]]:
    """A server that listens on that port for as long as the block lasts.

    Args:
        command: stays in the foreground.
        port: awaited before the block begins.
        log: gets what the server says.
        environment: variables beside our own.
    """
    with log.open("ab") as out:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            cwd=log.parent,
            env={**os.environ, **environment},
        )
    try:
        await_that(lambda: listens(port), f"port {port}", process, log)
        yield process
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def stage_folder() -> Iterator[Path]:
    """A scratch folder that servers running as another user can enter (pytest's own are closed to them)."""
    folder = Path(tempfile.mkdtemp(prefix="counterseal-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def missing_programs(wanted: dict[str, str]) -> str | None:
    """What to install, in one sentence, or null if nothing is missing.

    Args:
        wanted: program -> Debian package or other way to get it.
    """
    missing = [f"{program} ({package})" for program, package in wanted.items() if not find(program)]
    return f"not installed: {', '.join(missing)}" if missing else None


def find(name: str) -> str | None:
    """The full path of a program on PATH, in the system's folder or beside this Python (servers come as wheels too)."""
    places = (os.environ.get("PATH", ""), "/usr/sbin", str(Path(sys.executable).parent))
    return shutil.which(name, path=os.pathsep.join(places))


def program(name: str) -> str:
    """The full path of a program that `missing_programs` did not miss."""
    found = find(name)
    assert found, f"{name} is not installed"
    return found
