"""A full disk, told as what it is, whoever meets it: Python or the engine."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from counterseal.core.errors import CaseError

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
SAYS = ("no space left on device", "disk quota exceeded", "file too large", "max_temp_directory_size")
"""How the engine words the same (its exceptions carry no number)."""


def is_full(error: Exception) -> bool:
    """Is this a disk, a quota or a file-size limit that is used up?"""
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno in FULL
    engines = type(error).__module__.lstrip("_").split(".")[0] == "duckdb"
    return engines and any(says in str(error).lower() for says in SAYS)


@contextmanager
def needing_room(folder: Path) -> Iterator[None]:
    """Tell a full disk as the user's to mend.

    Raises:
        CaseError: the disk is full. Every finished file of the case is as it was, or whole and new.
    """
    try:
        yield
    except Exception as error:
        if not is_full(error):
            raise
        raise CaseError(
            "the disk is full",
            where=str(folder),
            next_step="free some space and run the same command again: what was finished is kept",
        ) from error
