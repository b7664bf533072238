"""`counterseal map` and `--map`: the page's worked example, mistakes told with their place, and the cache."""

import json
import re
from pathlib import Path

import pytest
from running import run_command

from counterseal.core.case import Case

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "map"
PAGE = ROOT / "docs" / "how-to" / "map-your-own-log.md"


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)


def test_the_page_shows_the_example_as_it_is(monkeypatch):
    """Log, map and output of the worked example are those of the files and of the command."""
    monkeypatch.chdir(ROOT)
    (log,), (mapped,), (shown,) = blocks("text"), blocks("toml"), blocks("console")
    assert log == (EXAMPLE / "acme-gateway.log").read_text("utf-8")
    assert mapped == (EXAMPLE / "acme-gateway.toml").read_text("utf-8")
    command, _, output = shown.partition("\n")
    assert command == "$ counterseal map examples/map/acme-gateway.toml examples/map/acme-gateway.log"
    ran = run_command(*command.split()[2:])
    assert (ran.status, ran.out, ran.err) == (0, output, "")


def test_json_gives_whole_rows():
    """A program reads sums, rows, reasons, silent columns and unused fields."""
    ran = run_command("map", EXAMPLE / "acme-gateway.toml", EXAMPLE / "acme-gateway.log", "--json")
    found = json.loads(ran.out)
    sums = {
        name: found[name]
        for name in ("read", "kept", "out_of_scope", "rejected", "not_meant", "repeated_ids")
    }
    assert sums == {"read": 6, "kept": 3, "out_of_scope": 1, "rejected": 2, "not_meant": 1, "repeated_ids": 0}
    assert found["rows"][0] == {
        "time": "2026-05-15 02:10:00",
        "stream": "gateway",
        "tenant": "ent.example",
        "principal": "alice@ent.example",
        "operation": "GET",
        "path": "gateway",
        "token_id": "8f0c4d1e-synthetic-1",
        "key_id": "ent-2026",
        "issuer": "https://login.ent.example",
        "app_id": "mail-app",
        "client_ip": "192.0.2.10",
        "outcome": "accepted",
        "resource": "/mail/inbox",
    }
    assert (found["silent"], found["unused"]) == ([], [])


def test_a_map_that_means_nothing(tmp_path):
    """A file of which the map means no record ends with 3 and names the file's own fields."""
    (tmp_path / "other.ndjson").write_text('{"when": 1, "who": "a"}\n')
    (tmp_path / "map.toml").write_text(
        'name="m"\nkind="use"\nstream="gateway"\n[record]\nhas=["ts"]\n[columns]\ntime="ts"\noutcome={constant="accepted"}\n'
    )
    ran = run_command("map", tmp_path / "map.toml", tmp_path / "other.ndjson")
    assert ran.status == 3
    assert ran.err == (
        f"error: the map means no record of this file\n  where: {tmp_path / 'other.ndjson'}, read as ndjson\n"
        "  next:  its fields are: when, who\n"
    )


@pytest.mark.parametrize(
    "words",
    [
        ("map", "missing.toml", EXAMPLE / "acme-gateway.log"),
        ("map", EXAMPLE / "acme-gateway.toml", "missing.log"),
    ],
)
def test_files_that_are_not_there(words):
    """A missing map or file is the user's mistake."""
    assert run_command(*words).status == 2


def sources(case: Case) -> list[list[str]]:
    return [entry["source"] for entry in json.loads(case.manifest.read_text("utf-8"))["evidence"]]


def test_a_changed_map_reads_again(tmp_path):
    """Evidence is read once by one map, and again as soon as a byte of the map is another."""
    case, mapped = Case(tmp_path / "case"), tmp_path / "map.toml"
    mapped.write_bytes((EXAMPLE / "acme-gateway.toml").read_bytes())
    command = ("investigate", EXAMPLE / "acme-gateway.log", "--map", mapped, "--out", case.root)
    assert run_command(*command).status == 0
    (events,) = case.root.glob("events/use/*.parquet")
    written = events.stat().st_mtime_ns
    assert run_command(*command).status == 0
    assert (sources(case), events.stat().st_mtime_ns) == ([["map:acme-gateway"]], written)
    mapped.write_text(mapped.read_text("utf-8").replace("acme-gateway", "other"), "utf-8")
    assert run_command(*command).status == 0
    assert (sources(case), events.stat().st_mtime_ns > written) == ([["map:other"]], True)


def test_a_map_beside_the_evidence_is_none(tmp_path):
    """A map that lies in the evidence folder is not read as a log."""
    for name in ("acme-gateway.log", "acme-gateway.toml"):
        (tmp_path / "in").mkdir(exist_ok=True)
        (tmp_path / "in" / name).write_bytes((EXAMPLE / name).read_bytes())
    ran = run_command(
        "investigate",
        tmp_path / "in",
        "--map",
        tmp_path / "in" / "acme-gateway.toml",
        "--out",
        tmp_path / "case",
        "--json",
    )
    assert (ran.status, json.loads(ran.out)["read"]["files"]) == (0, 1)
