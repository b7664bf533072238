"""The synthetic incident, investigated by the command, beside the truth that was written before its logs."""

import json
import secrets
import subprocess
import sys
from pathlib import Path

import pytest
from against_truth import compare, table

from counterseal import demo

EXAMPLE = Path(__file__).parents[2] / "examples" / "storm"


def investigate(evidence: Path, case: Path, *more: str) -> None:
    """Run the command as a user would."""
    command = [
        sys.executable,
        "-m",
        "counterseal.cli",
        "investigate",
        str(evidence),
        "--out",
        str(case),
        *more,
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_example_is_found_as_its_truth_says(tmp_path: Path) -> None:
    """Every planted use, victim, message and blind spot of examples/storm; no innocent; sums balance."""
    investigate(EXAMPLE, tmp_path / "case")
    assert compare(EXAMPLE, tmp_path / "case") == []


@pytest.mark.parametrize("turn", [0, *(pytest.param(turn, marks=pytest.mark.full) for turn in range(1, 12))])
def test_a_fresh_seed_is_found_as_its_truth_says(
    tmp_path: Path, turn: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """A seed nobody chose: the same demands. The seed is printed, so that a failure can be repeated."""
    seed = secrets.randbelow(1_000_000)
    with capsys.disabled():
        print(f"\nfresh seed {seed}: counterseal demo FOLDER --seed {seed}")
    demo.write(tmp_path / "storm", seed)
    investigate(tmp_path / "storm", tmp_path / "case")
    assert compare(tmp_path / "storm", tmp_path / "case") == [], f"seed {seed}"


def test_evidence_added_in_two_steps_gives_the_same_case(tmp_path: Path) -> None:
    """Half the files first, all of them later, in another order: the same tables as in one run."""
    logs = sorted((EXAMPLE / "logs").iterdir())
    settings = [
        "--realms", str(EXAMPLE / "realms.toml"), "--declare", str(EXAMPLE / "declare.toml"),
        "--roster", str(EXAMPLE / "roster.csv"), "--indicators", str(EXAMPLE / "indicators.json"),
    ]  # fmt: skip
    whole, steps = tmp_path / "whole", tmp_path / "steps"

    def run(case: Path, files: list[Path]) -> None:
        command = [
            sys.executable,
            "-m",
            "counterseal.cli",
            "investigate",
            *map(str, files),
            "--out",
            str(case),
            *settings,
        ]
        assert subprocess.run(command, capture_output=True, check=False).returncode == 0

    run(whole, logs)
    run(steps, logs[::2][::-1])
    run(steps, logs[1::2])
    for name in (
        "verdicts",
        "exposure",
        "mailboxes",
        "coverage",
        "actors",
        "attempts",
        "background",
        "keys",
        "detections",
    ):
        assert table(steps, name) == table(whole, name), name
    first, second = (json.loads((case / "manifest.json").read_text("utf-8")) for case in (whole, steps))
    assert first["evidence"] == second["evidence"]
