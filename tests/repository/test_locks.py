import re

import pytest
from checkout import ROOT, shipped

LOCKS = sorted(ROOT.glob("requirements*.lock"))


def test_the_locks_are_there():
    """The three environments each have a lock."""
    assert [path.name for path in LOCKS] == [
        "requirements-dev.lock",
        "requirements-test.lock",
        "requirements.lock",
    ]


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.name)
def test_every_package_is_pinned_by_version_and_hash(path):
    """Nothing can be installed from a lock that was not there when it was written."""
    entries = re.split(r"^(?=\S)", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    packages = [entry for entry in entries if entry and not entry.startswith("#")]
    assert packages
    assert [
        entry
        for entry in packages
        if not re.match(r"[a-z0-9.-]+(\[[a-z0-9,-]+\])?==\S+", entry)
        or not re.search(r"--hash=sha256:[0-9a-f]{64}\b", entry)
    ] == []


def test_no_lock_names_a_host():
    """Any mirror serves: a lock says what and which hash, never where from."""
    locks = [
        path for path in shipped() if path.suffix == ".lock" or path.name in ("package-lock.json", "uv.lock")
    ]
    where_from = re.compile(r'"resolved"|^(?!.*"(url|funding|homepage)").*://', re.MULTILINE)
    assert [path.name for path in locks if where_from.search(path.read_text(encoding="utf-8"))] == []
