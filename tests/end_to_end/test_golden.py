"""Small evidence in, the whole case folder out: everything a run writes and prints, compared with what was reviewed.

`COUNTERSEAL_GOLDEN=write pytest tests/end_to_end/test_golden.py` (`just golden`) rewrites `golden/*/expected`; the
difference is reviewed like code. Masked are the clock, the version, timings, and the digests of the outputs.
"""

import io
import json
import os
import re
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from counterseal import __version__
from counterseal.cli import main
from counterseal.cli._console import Console

GOLDEN = Path(__file__).parent / "golden"
CASES = {"self-hosted-forgery": 0, "mailbox-audit-alone": 0, "wreckage": 0}
"""Each case, and the exit status of the command on it."""

REWRITE = os.environ.get("COUNTERSEAL_GOLDEN") == "write"

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("name", CASES)
def test_a_golden_case_is_what_was_reviewed(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every table row, count, sentence and page of the case, and what the terminal shows, is as expected."""
    monkeypatch.chdir(GOLDEN / name)
    case, screen = tmp_path / "case", io.StringIO()
    status = main(["investigate", "evidence", "--out", str(case)], Console(screen, screen, {}))
    found = {**written(case), "terminal.txt": masked(screen.getvalue(), case)}
    expected = GOLDEN / name / "expected"
    if REWRITE:
        rewrite(expected, found)
    assert status == CASES[name]
    assert sorted(found) == sorted(texts(expected))
    for file, text in texts(expected).items():
        assert found[file] == text, file


def test_every_golden_folder_is_run() -> None:
    """No folder of evidence lies there unread."""
    assert sorted(path.name for path in GOLDEN.iterdir()) == sorted(CASES)


def texts(folder: Path) -> dict[str, str]:
    """Every file under a folder."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes().decode() for path in files}


def rewrite(folder: Path, found: dict[str, str]) -> None:
    """Replace what is expected by what was found."""
    for name in texts(folder):
        (folder / name).unlink()
    for name, text in found.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(text.encode())


def written(case: Path) -> dict[str, str]:
    """Every file of a case as readable text: tables as sorted JSON lines, what differs from run to run masked."""
    found: dict[str, str] = {}
    for path in sorted(case.rglob("*")):
        name = path.relative_to(case).as_posix()
        if path.suffix == ".parquet":
            found[name.removesuffix("parquet") + "jsonl"] = table(path)
        elif path.is_file() and path.suffix != ".xlsx":  # a zip file; its own tests read it
            found[name] = masked(path.read_bytes().decode(), case)
    return found


def table(path: Path) -> str:
    """The rows, sorted; what is null is left out. First the columns, with their types."""
    read = pq.read_table(path)
    head = json.dumps({field.name: str(field.type) for field in read.schema})
    rows = sorted(json.dumps(said(row), default=spelt, ensure_ascii=False) for row in read.to_pylist())
    return "".join(f"{line}\n" for line in (head, *rows))


def said(value: Any) -> Any:
    """A value without its nulls."""
    if isinstance(value, dict):
        return {name: said(inner) for name, inner in value.items() if inner is not None}
    return [said(inner) for inner in value] if isinstance(value, list) else value


def spelt(value: object) -> str:
    """A time in ISO form; no other value needs it."""
    assert isinstance(value, datetime), type(value)
    return value.isoformat()


MASKS = (
    (r'(?<="version": ")[0-9a-f]{16}(?=")', "EVIDENCE-VERSION"),
    (re.escape(__version__) + r"(?=[\"<, ])", "VERSION"),
    (r'("(?:started|ended|created|modified)": )"(?!2022-10-01)[^"]+"', r'\1"CLOCK"'),
    (r'("(?:time|modified_time)": )\d{13}', r'\1"CLOCK"'),
    (
        r'("(?:ingest|duplicates|prepare|link|coverage|background|verdicts|trace|exposure|roster|write)": )[\d.]+',
        r"\1SECONDS",
    ),
)


def masked(text: str, case: Path) -> str:
    """The text with clock, version, timings, the case's own path and the digests of outputs masked."""
    manifest = json.loads((case / "manifest.json").read_text("utf-8"))
    for moment in (manifest["started"], manifest["ended"]):
        text = text.replace(moment[:19].replace("T", " "), "CLOCK")
    for pattern, word in MASKS:
        text = re.sub(pattern, word, text)
    text = text.replace(str(case), "CASE")
    if '"outputs": [' in text:
        before, outputs = text.split('"outputs": [')
        text = before + '"outputs": [' + re.sub(r'"sha256": "\w+"', '"sha256": "DIGEST"', outputs)
    return text
