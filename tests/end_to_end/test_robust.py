"""What must not change a verdict, and what must not lose a case: order, copies, splits, threads, kills, noise."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from against_truth import table
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from counterseal import demo
from counterseal.core.case import Case
from counterseal.investigate.run import Arguments, investigate

EXAMPLE = Path(__file__).parents[2] / "examples" / "storm"
TESTDATA = os.environ.get("COUNTERSEAL_TESTDATA")
BESIDE = {
    "realms": EXAMPLE / "realms.toml",
    "declare": EXAMPLE / "declare.toml",
    "roster": EXAMPLE / "roster.csv",
    "indicators": (EXAMPLE / "indicators.json",),
}
JUDGED = ("verdict", "reasons", "basis", "match", "actor", "principal", "mailbox", "time")


def run(case: Path, *evidence: Path, threads: int | None = None) -> None:
    """Investigate in process, with the example's settings."""
    investigate(Case(case), Arguments(tuple(map(str, evidence)), threads=threads, **BESIDE))  # type: ignore[arg-type]


def judged(case: Path) -> dict[str, tuple[Any, ...]]:
    """What was said of every use, whatever file it came from."""
    return {
        row["use_id"]: tuple(map(repr, (row[name] for name in JUDGED))) for row in table(case, "verdicts")
    }


@pytest.fixture(scope="module")
def lines() -> list[bytes]:
    """Records of the self-hosted part of the example: issuance, uses with key ids, forged and stolen among them."""
    found: list[bytes] = []
    for name in ("enterprise-issuer.ndjson", "consumer-issuer.ndjson", "gateway.ndjson"):
        found += (EXAMPLE / "logs" / name).read_bytes().splitlines(keepends=True)
    return found


@pytest.fixture(scope="module")
def whole(lines: list[bytes], tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Any, ...]]:
    """The verdicts on these records, each kind in a file of its own, on one thread."""
    folder = tmp_path_factory.mktemp("whole")
    logs = [
        EXAMPLE / "logs" / name
        for name in ("enterprise-issuer.ndjson", "consumer-issuer.ndjson", "gateway.ndjson")
    ]
    run(folder / "case", *logs, threads=1)
    said = judged(folder / "case")
    assert any("'forged'" in row for row in said.values())
    return said


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10_000), pieces=st.integers(1, 6), copies=st.integers(0, 200))
def test_splitting_shuffling_and_copying_files_changes_no_verdict(
    lines: list[bytes],
    whole: dict[str, tuple[Any, ...]],
    tmp_path_factory: pytest.TempPathFactory,
    seed: int,
    pieces: int,
    copies: int,
) -> None:
    """The same records dealt into other files, in another order, some of them twice, kinds mixed in one file."""
    chance = random.Random(seed)
    dealt = [*lines, *chance.choices(lines, k=copies)]
    chance.shuffle(dealt)
    folder = tmp_path_factory.mktemp("dealt")
    files = []
    for number in range(pieces):
        path = folder / f"{number}.bin"
        path.write_bytes(b"".join(dealt[number::pieces]))
        files.append(path)
    chance.shuffle(files)
    run(folder / "case", *files, threads=2)
    assert judged(folder / "case") == whole
    manifest = json.loads((folder / "case" / "manifest.json").read_text("utf-8"))
    assert sum(entry["duplicate"] for entry in manifest["evidence"]) == copies


@pytest.mark.parametrize(
    "seed", [1, 2, *(pytest.param(seed, marks=pytest.mark.full) for seed in range(3, 15))]
)
def test_a_killed_run_leaves_a_case_that_the_next_run_completes(tmp_path: Path, seed: int) -> None:
    """SIGKILL at a random moment, then the same command again: the same case as without the kill, nothing left over."""
    demo.write(tmp_path / "storm", 7)
    command = [sys.executable, "-m", "counterseal.cli", "investigate", str(tmp_path / "storm"), "--out"]
    chance = random.Random(seed)
    clean = tmp_path / "clean"
    begun = time.monotonic()
    subprocess.run([*command, str(clean)], check=True, capture_output=True)
    took = time.monotonic() - begun
    killed = tmp_path / "killed"
    for _ in range(3):
        child = subprocess.Popen(
            [*command, str(killed)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            child.wait(chance.uniform(0.05, 1.0) * took)
        except subprocess.TimeoutExpired:
            child.send_signal(signal.SIGKILL)
            child.wait()
    subprocess.run([*command, str(killed)], check=True, capture_output=True)
    for name in ("verdicts", "exposure", "mailboxes", "coverage", "actors", "attempts"):
        assert table(killed, name) == table(clean, name), name
    assert not [path for path in killed.rglob("*") if ".partial" in path.name or ".spill" in str(path)]


SAMPLES = (
    "sentinel-training-lab/office_activity.csv", "sentinel-training-lab/sign-in_adelete.csv",
    "sentinel-training-lab/disable_accounts.csv", "sentinel-training-lab/office_activity_inbox_rule.csv",
    "plaso-m365/microsoft_audit_log.jsonl", "plaso-m365/m365_activity_log_002.csv",
    "invictus-o365/auditrecords-part1.csv", "crowdsec-hub/dovecot-logs.log", "crowdsec-hub/dovecot-spam.log",
)  # fmt: skip


@pytest.mark.skipif(not TESTDATA, reason="COUNTERSEAL_TESTDATA is not set: the real samples are not here")
@pytest.mark.parametrize("sample", [*SAMPLES, "all"])
def test_real_logs_without_an_incident_accuse_nobody(tmp_path: Path, sample: str) -> None:
    """Every real sample alone, and all together: balanced sums, and no forged, stolen or unissued."""
    folder = Path(str(TESTDATA)) / "samples"
    files = [folder / name for name in (SAMPLES if sample == "all" else [sample])]
    investigate(Case(tmp_path / "case"), Arguments(tuple(map(str, files))))
    accused = [
        row
        for row in table(tmp_path / "case", "verdicts")
        if row["verdict"] in ("forged", "stolen", "unissued")
    ]
    assert accused == []
    manifest = json.loads((tmp_path / "case" / "manifest.json").read_text("utf-8"))
    for entry in manifest["evidence"]:
        terms = [entry[term] for term in ("kept", "duplicate", "out_of_scope", "rejected")]
        assert entry["read"] == sum(terms) > 0, entry


def test_a_token_in_a_record_that_cannot_be_read_is_not_called_unissued(tmp_path: Path) -> None:
    """The issuer's declared log holds the token, in a line that breaks off: unknown, and the reason says so."""
    issuer, token = "https://issuer.example", "token-of-the-broken-line"
    line = {
        "time": "2026-05-04T08:00:00Z",
        "event": "access_token.issued",
        "iss": issuer,
        "sub": "a",
        "client_id": "c",
    }
    issued = [json.dumps({**line, "jti": f"token-number-{number}"}) for number in range(4)]
    (tmp_path / "issuer.ndjson").write_text(
        "\n".join([*issued, json.dumps({**line, "jti": token})[:-2], ""]), "utf-8"
    )
    use = {"time": "2026-05-04T09:00:00Z", "status": 200, "method": "GET", "uri": "/mail/1", "host": "mail.example",
           "sub": "a", "iss": issuer, "client_id": "c", "ip": "198.51.100.1"}  # fmt: skip
    uses = [{**use, "jti": f"token-number-{number}", "rid": f"r{number}"} for number in range(4)]
    lost = [{**use, "jti": token, "rid": "broken"}, {**use, "jti": "token-nobody-issued", "rid": "missing"}]
    (tmp_path / "gateway.ndjson").write_text(
        "".join(json.dumps(one) + "\n" for one in [*uses, *lost]), "utf-8"
    )
    declared = tmp_path / "declare.toml"
    declared.write_text(
        f"""[[complete]]\ntenant = "{issuer}"\nstream = "oidc.issued"\nfrom = 2026-01-01T00:00:00Z
to = 2027-01-01T00:00:00Z\nby = "ops"\nwhy = "kept whole"\n""",
        "utf-8",
    )
    logs = (str(tmp_path / "issuer.ndjson"), str(tmp_path / "gateway.ndjson"))
    investigate(Case(tmp_path / "case"), Arguments(logs, declare=declared))
    said = {row["token_id"]: (row["verdict"], row["reasons"]) for row in table(tmp_path / "case", "verdicts")}
    assert said == {
        token: ("unknown", ["in-rejected-record"]),
        "token-nobody-issued": ("unissued", ["token-not-issued"]),
    }
