import hashlib
import json
import os
import shutil
from pathlib import Path

import pytest
from running import run_command

from counterseal.cli._closing import COLUMNS, LINES
from counterseal.core.case import Case
from counterseal.demo import write
from counterseal.evidence import files

LOGS = ("enterprise-issuer.ndjson", "consumer-issuer.ndjson", "gateway.ndjson")


@pytest.fixture(scope="module")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A part of the synthetic incident: two issuers, a gateway that logs key ids, and the realms file."""
    whole, part = tmp_path_factory.mktemp("whole"), tmp_path_factory.mktemp("part")
    write(whole)
    for name in (*(f"logs/{log}" for log in LOGS), "realms.toml"):
        shutil.copy(whole / name, part / Path(name).name)
    return part


@pytest.fixture(scope="module")
def finished(evidence: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Case, str]:
    """A case made by the command, and what the command printed."""
    case = Case(tmp_path_factory.mktemp("out") / "case")
    ran = run_command("investigate", evidence, "--out", case.root)
    assert (ran.status, ran.err) == (0, "")
    return case, ran.out


def documents(case: Case) -> tuple[dict, dict]:
    return json.loads(case.summary.read_text("utf-8")), json.loads(case.manifest.read_text("utf-8"))


def timeless(summary: dict) -> dict:
    return {name: value for name, value in summary.items() if name not in ("started", "ended", "timings")}


def test_ends_with_one_screen(finished):
    """A finished run prints, on one screen, sums as in summary.json, the verdicts, and where the report is."""
    case, out = finished
    summary, _ = documents(case)
    lines = out.splitlines()
    read = summary["read"]
    assert len(lines) < LINES
    assert lines[0] == f"read         {read['records']:,} records in 3 files"
    assert lines[1] == (
        f"             = {read['kept']:,} kept + {read['duplicate']:,} duplicate + {read['out_of_scope']:,} out of scope "
        f"+ {read['rejected']:,} rejected"
    )
    assert lines[-1] == f"report       {case.report}"
    assert max(map(len, lines[:-1])) <= COLUMNS
    assert summary["verdicts"]["forged"] > 0


def hashed_files(case: Case) -> dict[str, str]:
    """Every file of a case but the manifest and the decisions, under its SHA-256."""
    there = {
        path.relative_to(case.root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in case.root.rglob("*")
        if path.is_file()
    }
    there.pop("manifest.json")
    there.pop("decisions.ndjson", None)
    return there


def test_manifest_covers_every_output(finished):
    """The manifest lists every file of the case but itself and the decisions, each under its SHA-256."""
    case, _ = finished
    _, manifest = documents(case)
    there = hashed_files(case)
    assert {output["path"]: output["sha256"] for output in manifest["outputs"]} == there
    assert {"report.html", "timeline.csv", "mailboxes.csv", "verdicts.parquet", "summary.json"} <= set(there)


def test_decision_is_in_the_report_at_once(finished, tmp_path):
    """After `decide` the report shows the decision, and the manifest's hashes are those of the files that are there."""
    case = Case(shutil.copytree(finished[0].root, tmp_path / "case"))
    before = hashed_files(case)
    assert run_command("decide", case.root, "app", "x", "--as", "benign", "--because", "ours").status == 0
    after = hashed_files(case)
    changed = {path for path in before | after if before.get(path) != after.get(path)}
    assert changed == {"report.html", "case.xlsx"}
    assert "ours" in case.report.read_text("utf-8")
    assert {output["path"]: output["sha256"] for output in documents(case)[1]["outputs"]} == after


def test_second_run_changes_nothing_but_shows_decisions(finished, evidence, tmp_path):
    """The same evidence again gives the same case; a decision made in between survives and stands in the report."""
    case = Case(shutil.copytree(finished[0].root, tmp_path / "case"))
    before = documents(case)[0]
    decided = run_command(
        "decide", case.root, "app", "x", "--as", "benign", "--because", "seen <b>before</b>", "--by", "me"
    )
    line = case.decisions.read_bytes()
    ran = run_command("investigate", evidence, "--out", case.root, "--json")
    assert (decided.status, ran.status, ran.err) == (0, 0, "")
    assert timeless(documents(case)[0]) == timeless(before)
    assert case.decisions.read_bytes() == line
    assert "seen &lt;b&gt;before&lt;/b&gt;" in case.report.read_text("utf-8")
    told = json.loads(ran.out)
    assert (told.pop("case"), told.pop("report")) == (str(case.root), str(case.report))
    assert told == documents(case)[0]


def test_more_evidence_is_judged_by_what_the_case_keeps(finished, evidence, tmp_path):
    """A run on one more file, without any flag, still judges by the realms of the first; --forget drops them."""
    case = Case(shutil.copytree(finished[0].root, tmp_path / "case"))
    before, kept = documents(case)
    more = tmp_path / "more.ndjson"
    more.write_bytes((evidence / "gateway.ndjson").read_bytes().splitlines(keepends=True)[0])
    ran = run_command("investigate", more, "--out", case.root)
    after, manifest = documents(case)
    assert (ran.status, ran.err) == (0, "")
    assert before["verdicts"]["forged"] > 0
    assert after["verdicts"] == before["verdicts"]
    realms = (evidence / "realms.toml").read_bytes()
    digest = hashlib.sha256(realms).hexdigest()
    place = f"grounds/realms/{digest[:16]}/realms.toml"
    listed = {"argument": "realms", "given": f"{evidence}/realms.toml", "path": place, "sha256": digest}
    assert manifest["grounds"] == kept["grounds"] == [listed]
    assert (case.root / place).read_bytes() == realms
    assert run_command("investigate", more, "--out", case.root, "--forget", "realms").status == 0
    after, manifest = documents(case)
    assert (after["verdicts"]["forged"], manifest["grounds"], (case.root / place).exists()) == (0, [], False)


def test_a_case_inside_the_evidence_folder_is_no_evidence(evidence, tmp_path, monkeypatch):
    """`investigate . --out case`, twice: the second run reads the same files; what was laid into the case is read."""
    for name in ("enterprise-issuer.ndjson", "realms.toml"):
        shutil.copy(evidence / name, tmp_path)
    monkeypatch.chdir(tmp_path)
    read = []
    for _ in range(2):
        assert run_command("investigate", ".", "--out", "case").status == 0
        read.append([entry["path"] for entry in documents(Case(Path("case")))[1]["evidence"]])
    assert read == [["enterprise-issuer.ndjson"]] * 2
    shutil.copy(evidence / "gateway.ndjson", "case")
    assert run_command("investigate", ".", "--out", "case").status == 0
    assert [entry["path"] for entry in documents(Case(Path("case")))[1]["evidence"]] == [
        "case/gateway.ndjson",
        "enterprise-issuer.ndjson",
    ]


def test_one_file_by_two_spellings_is_one(finished, evidence, tmp_path, monkeypatch):
    """A file that is given again by another path to the same place is the same file, not a copy of it."""
    case = Case(shutil.copytree(finished[0].root, tmp_path / "case"))
    before = documents(case)
    monkeypatch.chdir(evidence)
    assert run_command("investigate", "gateway.ndjson", "--out", case.root).status == 0
    summary, manifest = documents(case)
    assert (summary["read"], manifest["evidence"]) == (before[0]["read"], before[1]["evidence"])
    shutil.copy("gateway.ndjson", tmp_path / "copy.ndjson")
    assert run_command("investigate", tmp_path / "copy.ndjson", "--out", case.root).status == 0
    assert len(documents(case)[1]["evidence"]) == len(manifest["evidence"]) + 1


def test_only_an_unreadable_file(evidence, tmp_path, no_gateway):
    """Where nothing could be read the reason is said, not that the log is unknown."""
    for words in (("investigate", "--out", tmp_path / "case"), ("coverage",)):
        ran = run_command(words[0], evidence / "gateway.ndjson", *words[1:])
        assert (ran.status, ran.err.splitlines()[:2]) == (
            3,
            [
                "error: no known evidence could be read",
                f"  where: {evidence}/gateway.ndjson cannot be read: Permission denied",
            ],
        )


def test_a_declaration_that_means_nothing_is_said(evidence, tmp_path):
    """A stream that no log holds is refused; a tenant that no record names is warned of, with the nearest."""
    declare = tmp_path / "declare.toml"
    issuer = json.loads((evidence / "gateway.ndjson").read_text("utf-8").splitlines()[0])
    text = '[[complete]]\ntenant = "{}"\nstream = "{}"\nfrom = 2026-10-01\nto = 2026-10-02\nby = "x"\nwhy = "y"\n'
    case = tmp_path / "case"
    declare.write_text(text.format("x", "oidc.isued"), "utf-8")
    ran = run_command("investigate", evidence, "--out", case, "--declare", declare)
    assert (ran.status, ran.err.splitlines()[0]) == (2, "error: unknown stream 'oidc.isued'")
    assert ran.err.splitlines()[-1] == "  next:  did you mean 'oidc.issued'?"
    spelt = "https://login.dunmere.example"
    assert spelt in json.dumps(issuer)
    declare.write_text(text.format(spelt, "oidc.issued") + text.format(spelt + "/", "oidc.issued"), "utf-8")
    ran = run_command("investigate", evidence, "--out", case, "--declare", declare)
    assert (ran.status, ran.err) == (
        0,
        f"warning: no record names the declared tenant {spelt}/; is it {spelt}?\n",
    )


def test_another_realms_file_beside_new_evidence_is_refused(finished, evidence, tmp_path):
    """What lies beside new evidence does not silently replace what the case was judged by; a flag does."""
    case = Case(shutil.copytree(finished[0].root, tmp_path / "case"))
    other = tmp_path / "other"
    other.mkdir()
    shutil.copy(evidence / "gateway.ndjson", other)
    realms = other / "realms.toml"
    realms.write_bytes((evidence / "realms.toml").read_bytes() + b"# another\n")
    ran = run_command("investigate", other, "--out", case.root)
    assert (ran.status, ran.err.splitlines()) == (
        2,
        [
            f"error: this case was judged by another realms file, {evidence}/realms.toml",
            f"  where: {realms}",
            "  next:  say which: --realms FILE",
        ],
    )
    assert run_command("investigate", other, "--out", case.root, "--realms", realms).status == 0
    [listed] = documents(case)[1]["grounds"]
    assert listed["given"] == str(realms)


def test_indicators_add_up(finished, evidence, tmp_path):
    """Indicators of an earlier run stay when a later one brings others; the same path stands for its new version."""
    case = Case(shutil.copytree(finished[0].root, tmp_path / "case"))
    one, two = tmp_path / "one.csv", tmp_path / "two.csv"
    for path in (one, two):
        path.write_text(f"kind,value,name\nip,192.0.2.1,{path.stem}\n", "utf-8")
    for given in (("--indicators", one, "--indicators", "storm-0558"), ("--indicators", two), ()):
        assert run_command("investigate", evidence, "--out", case.root, *given).status == 0
    one.write_text("kind,value,name\nip,192.0.2.2,newer\n", "utf-8")
    assert run_command("investigate", evidence, "--out", case.root, "--indicators", one).status == 0
    listed = [entry for entry in documents(case)[1]["grounds"] if entry["argument"] == "indicators"]
    assert [(entry["given"], entry["sha256"]) for entry in listed] == [
        ("storm-0558", None),
        (str(two), hashlib.sha256(two.read_bytes()).hexdigest()),
        (str(one), hashlib.sha256(one.read_bytes()).hexdigest()),
    ]


def test_an_indicator_that_no_log_can_show_is_said(evidence, tmp_path):
    """A hash of a file in STIX, a domain in CSV: the run goes on, warns, and the report names them."""
    stix, table = tmp_path / "i.json", tmp_path / "i.csv"
    indicator = {
        "type": "indicator",
        "id": "indicator--1",
        "pattern_type": "stix",
        "pattern": "[file:hashes.'SHA-256' = 'aa']",
    }
    stix.write_text(json.dumps({"type": "bundle", "objects": [indicator]}), "utf-8")
    table.write_text("kind,value\ndomain,x.example\n", "utf-8")
    case = Case(tmp_path / "case")
    gateway = evidence / "gateway.ndjson"
    ran = run_command("investigate", gateway, "--out", case.root, "--indicators", stix, "--indicators", table)
    assert (ran.status, ran.err) == (
        0,
        (
            "warning: 2 of the indicators given cannot be used: i.json: indicator--1: no log here shows "
            "file:hashes.sha-256; i.csv, line 2: no log here shows domain\n"
        ),
    )
    assert documents(case)[0]["indicators_skipped"] == [
        {"where": "i.json: indicator--1", "why": "no log here shows file:hashes.sha-256"},
        {"where": "i.csv, line 2", "why": "no log here shows domain"},
    ]
    assert "<li>i.csv, line 2: no log here shows domain</li>" in case.report.read_text("utf-8")


def test_missing_evidence_leaves_no_case_behind(tmp_path):
    """A mistyped path is the user's mistake, and no empty folder stays."""
    ran = run_command("investigate", tmp_path / "mising.json", "--out", tmp_path / "case")
    assert (ran.status, ran.err.splitlines()[0]) == (2, "error: no such evidence")
    assert list(tmp_path.iterdir()) == []


def test_a_file_name_that_is_no_text(evidence, tmp_path):
    """A name in another encoding is spelt out, in the folder, as an argument and among the analyst's files."""
    folder = tmp_path / os.fsdecode(b"caf\xe9")
    folder.mkdir()
    log, realms = (folder / os.fsdecode(name) for name in (b"gate\xff.ndjson", b"realms\xff.toml"))
    shutil.copy(evidence / "gateway.ndjson", log)
    shutil.copy(evidence / "realms.toml", realms)
    case = Case(tmp_path / "case")
    ran = run_command("investigate", log, "--out", case.root, "--realms", realms)
    assert (ran.status, ran.err) == (0, "")
    _, manifest = documents(case)
    assert [entry["path"] for entry in manifest["evidence"]] == [f"{tmp_path}/caf\\udce9/gate\\udcff.ndjson"]
    assert [entry["given"] for entry in manifest["grounds"]] == [f"{tmp_path}/caf\\udce9/realms\\udcff.toml"]
    assert {output["path"] for output in manifest["outputs"]} >= {manifest["grounds"][0]["path"]}


def test_kept_grounds_that_were_changed_are_refused(finished, evidence, tmp_path):
    """A case does not go on by a realms file that somebody altered inside it."""
    case = Case(shutil.copytree(finished[0].root, tmp_path / "case"))
    [place] = (case.root / "grounds").rglob("realms.toml")
    place.write_bytes(b"")
    ran = run_command("investigate", evidence / "gateway.ndjson", "--out", case.root)
    assert (ran.status, ran.err.splitlines()[0]) == (
        1,
        "error: the realms file that this case was judged by is gone or changed",
    )


@pytest.mark.parametrize(
    ("verdict", "window", "status"),
    [
        ("forged", [], 10),
        ("suspicious", [], 10),
        ("stolen", ["--until", "2001-01-01"], 0),
        ("forged", ["--since", "2099-01-01"], 0),
    ],
)
def test_fail_on(verdict, window, status, finished, evidence, tmp_path):
    """--fail-on exits with 10 if any judged use is as bad as that or worse, and with 0 if none is."""
    case = shutil.copytree(finished[0].root, tmp_path / "case")
    assert run_command("investigate", evidence, "--out", case, "--fail-on", verdict, *window).status == status


def test_no_evidence(tmp_path):
    """A folder without any known evidence exits with 3 and says what is known."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "notes.txt").write_text("nothing here", "utf-8")
    ran = run_command("investigate", tmp_path / "in", "--out", tmp_path / "case")
    assert (ran.status, ran.out) == (3, "")
    assert ran.err.startswith("error: nothing here is known evidence\n  where: ")


@pytest.fixture
def no_gateway(monkeypatch):
    """The gateway's log cannot be read."""
    hashed = files.hashed

    def broken(path, shown):
        if path.name == "gateway.ndjson":
            raise PermissionError(13, "Permission denied", str(path))
        return hashed(path, shown)

    monkeypatch.setattr(files, "hashed", broken)


def test_unreadable_file(evidence, tmp_path, no_gateway):
    """A whole file that cannot be read is named, the rest is judged, and the exit status is 4."""
    ran = run_command("investigate", evidence, "--out", tmp_path / "case")
    assert (ran.status, ran.err) == (4, "")
    assert ran.out.splitlines()[0].endswith(" records in 3 files; 1 file could not be read")
    assert '<b class="broken">cannot be read: Permission denied</b>' in (
        tmp_path / "case/report.html"
    ).read_text("utf-8")


def test_out_is_something_else(evidence, tmp_path):
    """A folder that is no case is left alone."""
    (tmp_path / "precious.txt").write_text("mine", "utf-8")
    ran = run_command("investigate", evidence, "--out", tmp_path)
    assert (ran.status, ran.out, ran.err.splitlines()[0]) == (1, "", "error: this folder is not a case")
    assert [path.name for path in tmp_path.iterdir()] == ["precious.txt"]


def test_a_file_that_is_no_evidence(evidence, tmp_path):
    """A text beside the logs is listed without a reader and with a warning, and is no file that was read."""
    licence = tmp_path / "licence.txt"
    licence.write_text("Permission is hereby granted\n", "utf-8")
    case = Case(tmp_path / "case")
    ran = run_command("investigate", evidence, licence, "--out", case.root)
    summary, manifest = documents(case)
    listed = next(entry for entry in manifest["evidence"] if entry["path"].endswith("licence.txt"))
    assert ran.out.splitlines()[0].endswith(" records in 3 files; 1 more is no evidence")
    assert (summary["read"]["files"], summary["read"]["no_evidence"]) == (3, 1)
    assert (listed["reader"], listed["source"], listed["read"]) == (None, [], 0)
    assert [warning["code"] for warning in listed["warnings"]] == ["no-evidence"]
    assert "3 files, and 1 more that is no evidence." in case.report.read_text("utf-8")


def test_progress_only_on_a_terminal(evidence, tmp_path):
    """On a terminal the run shows how far it is, and leaves an empty line behind; the data are the same."""
    ran = run_command(
        "investigate", evidence, "--out", tmp_path / "case", terminal=True, environment={"NO_COLOR": "1"}
    )
    assert "ingest …" in ran.err
    assert "of 3, " in ran.err
    assert ran.err.endswith("\r\x1b[K")
    assert "\x1b" not in ran.out


def test_coverage(evidence):
    """`coverage` states days per tenant, mailbox and stream, says that nothing is missing, and leaves no case behind."""
    ran = run_command("coverage", evidence, "--json")
    told = json.loads(ran.out)
    assert (ran.status, ran.err) == (0, "")
    assert {row["stream"] for row in told["coverage"]} >= {"oidc.issued", "gateway"}
    assert list(told["coverage"][0]) == [
        "tenant", "mailbox", "kind", "stream", "begins", "ends", "state", "basis", "reason",
    ]  # fmt: skip
    shown = run_command("coverage", evidence).out.splitlines()
    assert shown[0].split() == list(told["coverage"][0])
    assert (
        shown[len(told["coverage"]) + 2] == "No day is missing in the streams that these records belong to."
    )
    assert [path.name for path in sorted(evidence.iterdir())] == sorted((*LOGS, "realms.toml"))


def test_what_to_export_next(tmp_path):
    """A mailbox's audit alone: both sign-in streams are asked for, for the day in question, with how to get them."""
    record = {
        "CreationTime": "2026-05-04T09:00:00", "Id": "5f3a1c00-0000-4000-8000-00000000ab1f", "Operation": "Send",
        "OrganizationId": "5f3a1c00-0000-4000-8000-00000000ab1e", "RecordType": 2, "Workload": "Exchange",
        "UserId": "a@corp.example", "MailboxOwnerUPN": "a@corp.example", "UserType": 0, "LogonType": 0,
    }  # fmt: skip
    (tmp_path / "audit.ndjson").write_text(json.dumps(record) + "\n", "utf-8")
    told = json.loads(run_command("coverage", tmp_path, "--json").out)
    assert [(gap["stream"], gap["reason"]) for gap in told["export_next"]] == [
        ("signin.interactive", "not-exported"),
        ("signin.non-interactive", "not-exported"),
    ]
    assert "entra_signin" in told["how"]
    assert "export next" in run_command("coverage", tmp_path).out.splitlines()


def test_coverage_of_an_unreadable_file(evidence, no_gateway):
    """`coverage` names a whole file that cannot be read, says what the others show, and ends with 4."""
    ran = run_command("coverage", evidence)
    assert (ran.status, ran.err) == (4, "")
    assert ran.out.splitlines()[-1] == f"{evidence}/gateway.ndjson cannot be read: Permission denied"
    told = run_command("coverage", evidence, "--json")
    assert told.status == 4
    assert json.loads(told.out)["unreadable"] == [
        {"path": f"{evidence}/gateway.ndjson", "error": "cannot be read: Permission denied"}
    ]


def test_coverage_of_nothing(tmp_path):
    """No known evidence is said so."""
    (tmp_path / "notes.txt").write_text("nothing here", "utf-8")
    ran = run_command("coverage", tmp_path)
    assert (ran.status, ran.out) == (3, "")


def test_sources(run):
    """`sources` lists each log, packing and detection in the folders, sorted."""
    from counterseal.evidence.packing import known_readers
    from counterseal.evidence.source import known_sources
    from counterseal.investigate import detections

    told = json.loads(run("sources", "--json").out)
    assert [row["name"] for row in told["sources"]] == [source.name for source in known_sources()]
    assert [row["name"] for row in told["readers"]] == [reader.name for reader in known_readers()]
    assert [row["reason"] for row in told["detections"]] == [rule.reason for rule in detections.load()]
    assert "token-not-issued" in run("sources").out


def test_demo(run, tmp_path):
    """`demo` writes the same incident for the same seed, another for another, and only where nothing else is."""
    folders = [tmp_path / name for name in ("one", "two", "other")]
    for folder, seed in zip(folders, ("7", "7", "8"), strict=True):
        assert run("demo", folder, "--seed", seed).status == 0
    one, two, other = ((folder / "truth.json").read_bytes() for folder in folders)
    assert one == two != other
    assert run("demo", folders[2], "--seed", "7").status == 0
    assert (folders[2] / "truth.json").read_bytes() == one
    refused = run("demo", tmp_path)
    assert (refused.status, refused.err.splitlines()[0]) == (2, "error: this is no earlier incident")
