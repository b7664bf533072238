"""Write what README.md's command really prints into README.md.

`.venv/bin/python script/readme.py`, or `just docs`. A test fails while the README shows anything else.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BEGINS = "<!-- output begins: written by script/readme.py -->\n"
ENDS = "<!-- output ends -->\n"


def output() -> str:
    """What `investigate examples/storm --out case` prints into a pipe.

    Raises:
        CalledProcessError: it failed.
    """
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(ROOT / "examples", Path(folder) / "examples")
        command = [sys.executable, "-m", "counterseal.cli", "investigate", "examples/storm", "--out", "case"]
        ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return ran.stdout


def filled(readme: str) -> str:
    """The README with the command's present output."""
    before, rest = readme.split(BEGINS)
    after = rest.split(ENDS)[1]
    return f"{before}{BEGINS}\n```text\n{output().strip()}\n```\n\n{ENDS}{after}"


if __name__ == "__main__":
    path = ROOT / "README.md"
    path.write_text(filled(path.read_text(encoding="utf-8")), encoding="utf-8")
