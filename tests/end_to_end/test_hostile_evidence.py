"""Evidence and disks that misbehave, through the command: each is told, the rest is read, and no case is lost."""

import hashlib
import io
import json
import os
import resource
import signal
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import duckdb
import pytest
from against_truth import table

from counterseal.core.lock import locked

EXAMPLE = Path(__file__).parents[2] / "examples" / "storm" / "logs"
LOGS = ("enterprise-issuer.ndjson", "gateway.ndjson")
pytestmark = pytest.mark.slow

COMMAND = [sys.executable, "-m", "counterseal.cli", "investigate"]


def investigate(case: Path, *words: object, **how: Any) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own."""
    command = [*COMMAND, *map(str, words), "--out", str(case)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False, **how)


def entries(case: Path) -> dict[str, dict[str, Any]]:
    """The manifest's evidence by name, folder left out."""
    manifest = json.loads((case / "manifest.json").read_text("utf-8"))
    return {Path(entry["path"]).name: entry for entry in manifest["evidence"]}


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The case of two logs as they are."""
    case = tmp_path_factory.mktemp("plain") / "case"
    assert investigate(case, *(EXAMPLE / name for name in LOGS)).returncode == 0
    return case


def test_archives_give_the_same_case(plain: Path, tmp_path: Path) -> None:
    """Logs in a zip and in a gzipped tar are judged as if they lay there themselves; the manifest names both hashes."""
    folder = tmp_path / "in"
    folder.mkdir()
    with zipfile.ZipFile(folder / "issuer.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(EXAMPLE / LOGS[0], "export/issuer.ndjson")
    with tarfile.open(folder / "gateway.tgz", "w:gz") as archive:
        archive.add(EXAMPLE / LOGS[1], "../gateway.ndjson")
        link = tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    case = tmp_path / "case"
    done = investigate(case, folder)
    assert done.returncode == 0, done.stderr
    for name in ("verdicts", "exposure", "mailboxes", "coverage", "actors", "attempts"):
        assert table(case, name) == table(plain, name), name
    listed = entries(case)
    assert sorted(listed) == ["gateway.ndjson", "gateway.tgz", "issuer.ndjson", "issuer.zip"]
    for member, archive_name, log in zip(
        ("issuer.ndjson", "gateway.ndjson"), ("issuer.zip", "gateway.tgz"), LOGS, strict=True
    ):
        sha256 = hashlib.sha256((EXAMPLE / log).read_bytes()).hexdigest()
        archive_sha256 = hashlib.sha256((folder / archive_name).read_bytes()).hexdigest()
        assert (listed[member]["sha256"], listed[member]["archive"]) == (sha256, archive_sha256)
        assert listed[archive_name]["sha256"] == archive_sha256
    assert listed["gateway.tgz"]["packing"] == ["gzip", "tar"]
    assert listed["gateway.tgz"]["warnings"] == [
        {"code": "skipped", "says": "a symbolic link, which is not followed: link"}
    ]
    assert not list(case.rglob(".*"))


def test_what_cannot_be_read_is_told_and_the_rest_is_read(tmp_path: Path) -> None:
    """A pipe, a broken zip, a bomb's rest and a link beside a good log: exit 4, each named in the manifest, the log judged."""
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "gateway.ndjson").write_bytes((EXAMPLE / LOGS[1]).read_bytes())
    os.mkfifo(folder / "pipe")
    (folder / "loop").symlink_to(folder)
    (folder / "broken.zip").write_bytes(b"PK\x03\x04" + bytes(100))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", bytes(100 << 20))
    (folder / "bomb.zip").write_bytes(out.getvalue())
    case = tmp_path / "case"
    done = investigate(case, folder)
    listed = entries(case)
    assert done.returncode == 4, done.stderr
    assert {name: entry["error"] for name, entry in listed.items() if "error" in entry} == {
        "pipe": "cannot be read: a pipe, a socket or a device; copy it to a file",
        "broken.zip": "cannot be read from here on: File is not a zip file",
        "bomb.zip": "the rest is not read: its members are more than 200 times its size",
    }
    assert [warning["code"] for warning in listed["bomb.zip!zeros"]["warnings"]].count("truncated") == 1
    assert listed["loop"]["warnings"][0]["code"] == "skipped"
    assert listed["gateway.ndjson"]["kept"] > 0
    again = investigate(case, EXAMPLE / LOGS[0])
    assert again.returncode == 4
    assert {name: entry.get("error") for name, entry in entries(case).items()} == {
        **{name: entry.get("error") for name, entry in listed.items()}, LOGS[0]: None,
    }  # fmt: skip


def test_a_second_run_on_the_case_is_refused_while_the_first_runs(plain: Path, tmp_path: Path) -> None:
    """One run at a time; the refusal names the process, and touches nothing."""
    before = {path: path.stat().st_mtime_ns for path in plain.rglob("*")}
    with locked(plain):
        refused = investigate(plain, EXAMPLE / LOGS[0])
    assert refused.returncode == 1
    assert refused.stderr.startswith("error: another run is working on this case\n")
    assert f"(process {os.getpid()} on " in refused.stderr
    assert {path: path.stat().st_mtime_ns for path in plain.rglob("*")} == before


def test_the_lock_of_a_dead_process_is_taken_over(tmp_path: Path) -> None:
    """A run that was killed leaves its file and no lock."""
    script = (
        "import sys, time, pathlib; from counterseal.core.lock import locked\n"
        "with locked(pathlib.Path(sys.argv[1])):\n print('held', flush=True); time.sleep(60)"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path / "case")], stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout
    assert holder.stdout.readline() == "held\n"
    assert investigate(tmp_path / "case", EXAMPLE / LOGS[0]).returncode == 1
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    holder.stdout.close()
    assert (tmp_path / "case" / ".lock").exists()
    assert investigate(tmp_path / "case", EXAMPLE / LOGS[0]).returncode == 0
    assert not (tmp_path / "case" / ".lock").exists()


def test_a_folder_that_is_no_case_is_left_as_it_is(tmp_path: Path) -> None:
    """Refusing a folder leaves nothing in it."""
    (tmp_path / "mine.txt").write_text("x")
    assert investigate(tmp_path, EXAMPLE / LOGS[0]).returncode == 1
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


@pytest.mark.parametrize("limit", [4 << 10, 20 << 10, 60 << 10])
def test_a_full_disk_loses_nothing(plain: Path, tmp_path: Path, limit: int) -> None:
    """Where no file may grow beyond a limit: told as a full disk; every file there was is whole; the next run completes."""
    case = tmp_path / "case"
    subprocess.run(["cp", "-r", str(plain), str(case)], check=True)
    before = {path.relative_to(case) for path in case.rglob("*") if path.is_file()}

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    more = EXAMPLE / "consumer-issuer.ndjson"
    failed = investigate(case, more, preexec_fn=limited)
    assert (failed.returncode, failed.stderr.splitlines()[0]) == (1, "error: the disk is full"), (
        failed.stderr[-500:]
    )
    assert before <= {path.relative_to(case) for path in case.rglob("*") if path.is_file()}
    with duckdb.connect() as con:
        for path in case.rglob("*.parquet"):
            con.execute(f"select count(*) from '{path}'").fetchall()
    for name in ("manifest.json", "summary.json"):
        json.loads((case / name).read_text("utf-8"))
    clean = tmp_path / "clean"
    assert investigate(case, more).returncode == 0
    assert investigate(clean, *(EXAMPLE / name for name in LOGS), more).returncode == 0
    for name in ("verdicts", "exposure", "mailboxes", "coverage", "actors", "attempts"):
        assert table(case, name) == table(clean, name), name
    assert not [
        path for path in case.rglob("*") if ".partial" in path.name or path.name.startswith((".", "tmp_"))
    ]


def test_cases_of_other_versions(plain: Path, tmp_path: Path) -> None:
    """Another format and a damaged manifest are refused; what other rules read is told; what is lost is asked for."""
    case = tmp_path / "case"
    subprocess.run(["cp", "-r", str(plain), str(case)], check=True)
    manifest = (case / "manifest.json").read_text("utf-8")
    for content, says in (
        (manifest.replace('"format": 1', '"format": 99'), "this case has format 99, this version writes 1"),
        (manifest[:100], "manifest.json cannot be read"),
        ('{"format": 1}', "the manifest does not say what the case holds"),
    ):
        (case / "manifest.json").write_text(content, "utf-8")
        refused = investigate(case, EXAMPLE / LOGS[0])
        assert (refused.returncode, refused.stderr.startswith(f"error: {says}")) == (1, True), refused.stderr
    (case / "manifest.json").write_text(manifest, "utf-8")
    first, second = sorted((case / "events" / "ingested").glob("*.json"))
    first.write_text(first.read_text("utf-8").replace('"version": "', '"version": "old'), "utf-8")
    second.write_text('{"of": "another version"}', "utf-8")
    assert investigate(case, EXAMPLE / "consumer-issuer.ndjson").returncode == 4
    by_hash = {entry["sha256"]: entry for entry in entries(case).values()}
    assert "other-version" in [warning["code"] for warning in by_hash[first.stem]["warnings"]]
    assert by_hash[second.stem]["error"].startswith("what was read of it is lost")
    assert investigate(case, *(EXAMPLE / name for name in LOGS)).returncode == 0
    assert [entry.get("error") for entry in entries(case).values()] == [None] * 3
