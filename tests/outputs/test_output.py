import json

import pytest

from counterseal import outputs
from counterseal.core.case import Case
from counterseal.core.errors import CaseError
from counterseal.core.manifest import finish
from counterseal.outputs import known_outputs, open_view, write_all


def test_public_names():
    """The package gives these names and no other."""
    assert sorted(outputs.__all__) == [
        "CaseView",
        "Output",
        "concerns",
        "known_outputs",
        "open_view",
        "uses_of_actor",
        "whose_now",
        "write_all",
    ]


def test_known_outputs():
    """Every file of the folder is an output of its own name, and no two write the same file."""
    assert [(output.name, output.filename) for output in known_outputs()] == [
        ("findings", "findings.ndjson"),
        ("html", "report.html"),
        ("indicators", "indicators.stix.json"),
        ("mailboxes_csv", "mailboxes.csv"),
        ("question_sheet", "questions.csv"),
        ("questions", "questions.md"),
        ("timeline", "timeline.csv"),
        ("workbook", "case.xlsx"),
    ]


def test_write_all_leaves_nothing_half_done(storm_case: Case):
    """All outputs are there, no temporary file and no spill is, and equal cases give equal bytes."""
    before = {path.name for path in storm_case.root.iterdir()}
    write_all(storm_case)
    written = {
        output.filename: (storm_case.root / output.filename).read_bytes() for output in known_outputs()
    }
    assert {path.name for path in storm_case.root.iterdir()} == before | set(written)
    write_all(storm_case)
    assert {name: (storm_case.root / name).read_bytes() for name in written} == written


def test_manifest_names_outputs_and_keeps_evidence(storm_case: Case):
    """Finishing adds the outputs, never decisions or the manifest itself, and changes nothing else."""
    before = json.loads(storm_case.manifest.read_text("utf-8"))
    (storm_case.root / ".report.html.partial").write_text("of a run that was killed", "utf-8")
    finished = finish(storm_case)
    assert json.loads(storm_case.manifest.read_text("utf-8")) == finished
    listed = [output["path"] for output in finished.pop("outputs")]
    assert finished == before
    assert listed == sorted(listed)
    assert not {"manifest.json", "decisions.ndjson"} & set(listed)
    assert "rejected.ndjson" in listed
    assert ".report.html.partial" not in listed


@pytest.mark.parametrize("content", [None, "", "[]", "{"])
def test_no_case(content, tmp_path):
    """A folder without a summary, or with a broken one, is no finished case."""
    if content is not None:
        (tmp_path / "summary.json").write_text(content, "utf-8")
    with pytest.raises(CaseError), open_view(Case(tmp_path)):
        pass
