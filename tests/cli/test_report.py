"""Making outputs of a finished case anew."""

import json

from counterseal.core.manifest import sha256_of
from counterseal.outputs import known_outputs


def test_all_outputs_are_made_and_their_hashes_renewed(run, storm_case):
    """Without a format every output is written, and the manifest has the hash of each as it now is."""
    ran = run("report", storm_case.root)
    assert ran.status == 0
    names = [output.filename for output in known_outputs()]
    assert ran.out.splitlines() == [str(storm_case.root / name) for name in names]
    listed = {
        one["path"]: one["sha256"] for one in json.loads(storm_case.manifest.read_text("utf-8"))["outputs"]
    }
    assert {name: listed[name] for name in names} == {
        name: sha256_of(storm_case.root / name) for name in names
    }


def test_only_what_is_asked_for_is_made(run, storm_case):
    """One format writes one file; what was judged stays byte for byte; the hash of a spoilt output is right again."""
    run("report", storm_case.root)
    verdicts = storm_case.table("verdicts").read_bytes()
    (storm_case.root / "timeline.csv").write_text("spoilt")
    (storm_case.root / "mailboxes.csv").unlink()
    ran = run("report", storm_case.root, "--format", "timeline")
    assert (ran.status, ran.out) == (0, f"{storm_case.timeline}\n")
    assert storm_case.timeline.read_text("utf-8").startswith("message,")
    assert not (storm_case.root / "mailboxes.csv").exists()
    assert storm_case.table("verdicts").read_bytes() == verdicts
    listed = {
        one["path"]: one["sha256"] for one in json.loads(storm_case.manifest.read_text("utf-8"))["outputs"]
    }
    assert listed["timeline.csv"] == sha256_of(storm_case.timeline)


def test_unknown_output_and_no_case(run, storm_case, tmp_path):
    """A misspelt output names the nearest; a folder that is no case is an error; nothing is written."""
    ran = run("report", storm_case.root, "--format", "timelime")
    assert ran.status == 2
    assert "did you mean timeline?" in ran.err
    assert run("report", tmp_path / "nothing").status == 1
    assert not storm_case.timeline.exists()
