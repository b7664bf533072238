import os
import subprocess
import sys
import tomllib

import pytest
from checkout import ROOT, SOURCE

CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
    "contracts"
]


def test_imports_point_downward_only():
    """No module imports one from a layer above it, and the synthetic incident imports no judgement."""
    pytest.importorskip("importlinter", reason="import-linter is not installed in this environment")
    ran = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c(['--no-cache'])"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stdout


def test_every_part_stands_in_a_layer():
    """A new folder of the package cannot escape the rule by not being named in it."""
    layers = next(contract["layers"] for contract in CONTRACTS if contract["type"] == "layers")
    named = {part.strip() for layer in layers for part in layer.split("|")}
    assert named == {path.name for path in SOURCE.iterdir() if (path / "__init__.py").is_file()}
