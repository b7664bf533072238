"""One run at a time in a case folder: a lock that dies with the process that holds it."""

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from counterseal.core.errors import CaseError

NAME = ".lock"


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a folder's lock; made if absent.

    The kernel keeps the lock, not the file: a run that was killed holds nothing, and its file is taken over.

    Raises:
        CaseError: another run holds it.
    """
    import fcntl  # POSIX only, like the rest

    made = not folder.exists()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / NAME
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = told(os.read(descriptor, 1_000))
            os.close(descriptor)
            raise CaseError(
                "another run is working on this case",
                where=f"{folder}{holder}",
                next_step="wait until it has ended, or give --out another folder",
            ) from error
        if same_file(descriptor, path):
            break
        os.close(descriptor)  # its holder ended and removed it between our two steps
    try:
        os.ftruncate(descriptor, 0)
        os.write(descriptor, json.dumps(holder_now()).encode())
        yield
    finally:
        path.unlink(missing_ok=True)
        os.close(descriptor)
        if made and not any(folder.iterdir()):
            folder.rmdir()


def same_file(descriptor: int, path: Path) -> bool:
    """Is the file that is open still the one of that name?"""
    try:
        there = path.stat(follow_symlinks=False)
    except FileNotFoundError:
        return False
    return os.path.samestat(os.fstat(descriptor), there)


def holder_now() -> dict[str, object]:
    """Who holds the lock, for whoever is refused."""
    return {
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "since": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def told(raw: bytes) -> str:
    """The holder in words; nothing where the file says nothing yet."""
    try:
        holder = json.loads(raw)
        return f" (process {holder['pid']} on {holder['host']}, since {holder['since']})"
    except (ValueError, KeyError, TypeError):
        return ""
