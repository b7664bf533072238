"""The ways in which people install commands: pipx and uv."""

import os
import subprocess
import sys
from importlib.util import find_spec

import pytest
from checkout import ROOT

pytestmark = pytest.mark.full


def works(command, folder):
    """Does the installed command write an incident and a case about it?"""
    for arguments in (["demo", "storm", "--seed", "5"], ["investigate", "storm", "--out", "case"]):
        subprocess.run([command, *arguments], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return (folder / "case" / "report.html").is_file()


@pytest.mark.skipif(not find_spec("pipx"), reason="pipx is not installed in this environment")
def test_pipx_installs_it(tmp_path):
    """`pipx install .` gives a command that works, and a small environment."""
    environment = {**os.environ, "PIPX_HOME": str(tmp_path / "pipx"), "PIPX_BIN_DIR": str(tmp_path / "bin")}
    subprocess.run([sys.executable, "-m", "pipx", "install", str(ROOT)], env=environment, check=True)
    assert works(tmp_path / "bin" / "counterseal", tmp_path)

    listing = "import importlib.metadata as m; print(*sorted(d.name.lower() for d in m.distributions()))"
    python = tmp_path / "pipx" / "venvs" / "counterseal" / "bin" / "python"
    packages = subprocess.run(
        [python, "-c", listing], check=True, capture_output=True, text=True
    ).stdout.split()
    assert [name for name in packages if name not in ("pip", "setuptools")] == [
        *(
            "cffi",
            "counterseal",
            "cryptography",
            "duckdb",
            "jinja2",
            "markupsafe",
            "pyarrow",
            "pycparser",
            "xlsxwriter",
        )
    ]


@pytest.mark.skipif(not find_spec("uv"), reason="uv is not installed in this environment")
def test_uv_installs_it(tmp_path):
    """`uv tool install .` gives a command that works."""
    environment = {
        **os.environ,
        "UV_TOOL_DIR": str(tmp_path / "tools"),
        "UV_TOOL_BIN_DIR": str(tmp_path / "bin"),
    }
    command = [
        sys.executable,
        "-m",
        "uv",
        "tool",
        "install",
        "--python",
        sys.executable,
        "--no-python-downloads",
        str(ROOT),
    ]
    subprocess.run(command, env=environment, check=True)
    assert works(tmp_path / "bin" / "counterseal", tmp_path)
