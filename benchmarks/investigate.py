"""Ingest and investigation side by side with their yardsticks, interleaved in one run: medians, ratios, peak memory.

    python benchmarks/investigate.py [--records 200000] [--repeat 5] [--zircolite FOLDER --rules FOLDER] [--write]

Zircolite (https://github.com/wagga40/Zircolite) and the Sigma rules are not on PyPI: give the folders of a checkout
and of its rules, and the Python that has its requirements (--zircolite-python). Without them that row is left out.
"""

import argparse
import os
import platform
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import records

RESULTS = Path(__file__).parent / "RESULTS.md"
INGEST = """
import sys
from pathlib import Path
from counterseal.core.case import Case
from counterseal.core.engine.duckdb import connect
from counterseal.evidence import files
from counterseal.evidence.ingest import ingest
case = Case(Path(sys.argv[2]))
with connect(case.spill) as con:
    done = ingest(con, case, files.hashed(Path(sys.argv[1]), "e"))
assert done.read == done.kept + done.out_of_scope + done.rejected
"""


def timed(command: list[str], folder: Path) -> tuple[float, float]:
    """Wall seconds and peak MiB of one run, in an empty folder."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    begun = time.perf_counter()
    child = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert child.stderr
    trouble = child.stderr.read()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"{command}: {child.returncode}\n{trouble.decode()[-2000:]}")
    return time.perf_counter() - begun, usage.ru_maxrss / 1024


def main() -> None:
    """Measure and print; --write also keeps the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--records", type=int, default=200_000)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--zircolite", type=Path)
    parser.add_argument("--zircolite-python", default=sys.executable)
    parser.add_argument("--rules", type=Path)
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    folder = Path(tempfile.gettempdir()) / "counterseal-benchmark"
    evidence = records.write(folder / f"ual-{given.records}.ndjson", given.records)
    python = sys.executable
    here = Path(__file__).parent
    runs: dict[str, list[str]] = {
        "typed reader to Parquet, no proof": [
            python,
            str(here / "typed_reader.py"),
            str(evidence),
            "typed.parquet",
        ],
        "ingest with full proof": [python, "-c", INGEST, str(evidence), "case"],
        "whole command": [python, "-m", "counterseal.cli", "investigate", str(evidence), "--out", "case"],
        "counterseal --help": [python, "-m", "counterseal.cli", "--help"],
    }
    if given.zircolite:
        runs["Zircolite, Sigma m365 rules"] = [
            given.zircolite_python, str(given.zircolite / "zircolite.py"), "-e", str(evidence), "-j", "-r",
            str(given.rules), "-o", "found.json", "--no-auto-mode", "-c", str(given.zircolite / "config" / "config.yaml"),
        ]  # fmt: skip
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in runs}
    for turn in range(given.repeat):
        for name, command in runs.items():
            if name.startswith("Zircolite") and turn >= 3:
                continue
            taken[name].append(timed(command, folder / "run"))
            print(f"{turn + 1}/{given.repeat} {name}: {taken[name][-1][0]:.2f} s", file=sys.stderr)
    base = statistics.median(seconds for seconds, _ in taken["typed reader to Parquet, no proof"])
    rows = [
        f"| {name} | {statistics.median(s for s, _ in found):.2f} | {statistics.median(s for s, _ in found) / base:.2f} "
        f"| {max(m for _, m in found):.0f} | {len(found)} |"
        for name, found in taken.items()
    ]
    size = evidence.stat().st_size / 1e6
    table = "\n".join(
        [
            f"## {given.records:,} records ({size:.0f} MB NDJSON, synthetic)",
            "",
            f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, warm cache.",
            "Medians of interleaved runs, interpreter start included.",
            "",
            "| run | s | × typed reader | peak MiB | runs |",
            "|---|---|---|---|---|",
            *rows,
        ]
    )
    print(table)
    if given.write:
        opening = "# Results\n\nRatios travel, seconds do not. Made by `benchmarks/investigate.py`."
        RESULTS.write_text(f"{opening}\n\n{table}\n", "utf-8")


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    main()
