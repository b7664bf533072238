"""A clone on a machine with nothing but Python and git."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from checkout import ROOT, shipped

SYSTEM = "/usr/bin:/bin"

BARE_PYTHON = """
import importlib.util
real = importlib.util.find_spec
importlib.util.find_spec = lambda name, *rest: None if name in ("ensurepip", "virtualenv") else real(name, *rest)
"""


@pytest.fixture
def clone(tmp_path):
    """A copy of what is committed and about to be."""
    for path in shipped():
        if path.relative_to(ROOT).parts[0] not in ("tests", "docs", "benchmarks", "fuzz"):
            target = tmp_path / "clone" / path.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target)
    return tmp_path / "clone"


@pytest.fixture
def python_first(tmp_path):
    """A PATH on which this test's own Python is the first python3, outside of its environment."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "python3").symlink_to(Path(sys.base_prefix) / "bin" / f"python3.{sys.version_info.minor}")
    return f"{folder}:{SYSTEM}"


def start(clone, path, *arguments, **more):
    """The command as a stranger starts it, in an environment that knows next to nothing."""
    kept = {name: value for name, value in os.environ.items() if "CERT" in name or "PROXY" in name.upper()}
    environment = {**kept, "PATH": path, "HOME": str(clone.parent), **more}
    return subprocess.Popen(
        [clone / "script" / "counterseal", *arguments],
        env=environment,
        cwd=clone.parent,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def outcome(process):
    """Exit status, output and errors of a started command."""
    out, err = process.communicate()
    return process.returncode, out, err


def test_without_a_new_enough_python_it_says_what_to_install(clone, tmp_path):
    """No Python 3.11: exit status 1 and the line to type, nothing else."""
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("sh", "dirname", "readlink", "cksum", "cat"):
        (tools / name).symlink_to(shutil.which(name, path=SYSTEM))
    (tools / "python3").write_text("#!/bin/sh\nexit 127\n")
    (tools / "python3").chmod(0o755)
    status, out, err = outcome(start(clone, str(tools), "--version"))
    assert (status, out) == (1, "")
    assert err.splitlines() == [
        "error: no Python 3.11 or newer was found",
        "  where: PATH (tried python3, python3.11 to python3.14)",
        "  next:  Debian, Ubuntu: apt install python3 python3-venv",
        "         Fedora: dnf install python3; macOS: brew install python3",
    ]


def test_without_venv_it_says_what_to_install(clone, tmp_path, python_first):
    """Debian's python3 without python3-venv: exit status 1 and the line to type, nothing else."""
    bare = tmp_path / "bare"
    bare.mkdir()
    (bare / "sitecustomize.py").write_text(BARE_PYTHON)
    folder, _, _ = python_first.partition(":")
    for name in ("sh", "dirname", "readlink", "cksum", "cat"):
        (Path(folder) / name).symlink_to(shutil.which(name, path=SYSTEM))
    status, out, err = outcome(start(clone, folder, "--version", PYTHONPATH=str(bare)))
    assert (status, out) == (1, "")
    assert err.splitlines() == [
        "error: this Python cannot make a virtual environment",
        f"  where: {folder}/python3 (no ensurepip, and neither virtualenv nor uv was found)",
        "  next:  Debian, Ubuntu: apt install python3-venv",
        "         elsewhere: install virtualenv or uv, then run the same command again",
    ]


@pytest.mark.full
def test_two_first_runs_at_once_make_one_environment(clone, python_first):
    """A clone runs at once, quietly; two first runs do not disturb each other; a changed lock makes it anew."""
    made = clone / ".venv-run" / "made-from"
    both = [start(clone, python_first, "--version") for _ in range(2)]
    assert [outcome(process) for process in both] == [(0, "counterseal 0.1.0\n", "")] * 2
    first = made.stat().st_ino, made.read_text()

    assert outcome(start(clone, python_first, "--version")) == (0, "counterseal 0.1.0\n", "")
    assert (made.stat().st_ino, made.read_text()) == first

    with (clone / "requirements.lock").open("a") as lock:
        lock.write("# changed\n")
    assert outcome(start(clone, python_first, "--version")) == (0, "counterseal 0.1.0\n", "")
    assert made.read_text() != first[1]


@pytest.mark.full
def test_a_failed_installation_says_why_and_the_next_run_tries_again(clone, python_first):
    """A package that is not what the lock says stops the installation, and leaves nothing that looks finished."""
    lock = clone / "requirements.lock"
    right = lock.read_text()
    lock.write_text(right.replace("sha256:", "sha256:0000", 1).replace("sha256:", "sha256:0000"))
    status, out, err = outcome(start(clone, python_first, "--version"))
    assert (status, out) == (1, "")
    assert "error: the environment could not be made" in err
    lock.write_text(right)
    assert outcome(start(clone, python_first, "--version")) == (0, "counterseal 0.1.0\n", "")
