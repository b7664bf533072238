import re

import pytest
from checkout import ROOT, SOURCE

from counterseal.cli._command import command_names
from counterseal.evidence.packing import known_readers
from counterseal.evidence.source import known_sources
from counterseal.outputs._output import known_outputs

TESTS = ROOT / "tests"


def fixtures(part: str, name: str) -> list[str]:
    """Names of the fixture files of one reader or source."""
    return [
        path.name
        for path in (TESTS / "evidence" / part / name).rglob("*")
        if path.suffix not in ("", ".py", ".pyc")
    ]


@pytest.mark.parametrize("name", [reader.name for reader in known_readers()])
def test_every_reader_has_fixtures(name):
    """No packing is read that is not shown."""
    assert fixtures("readers", name)


@pytest.mark.parametrize("name", [source.name for source in known_sources()])
def test_every_source_has_a_fixture_and_what_it_gives(name):
    """No log is read of which no record is shown, with the rows it becomes."""
    shown = fixtures("sources", name)
    assert any("expected" in file for file in shown)
    assert any("expected" not in file for file in shown)


@pytest.mark.parametrize("source", known_sources(), ids=lambda source: source.name)
def test_every_source_says_what_it_proves_and_cannot(source):
    """The reference page has no empty place."""
    said = {
        name: getattr(source, name) for name in ("says", "export", "proves", "cannot", "vendor", "streams")
    }
    assert [name for name, value in said.items() if not value] == []


@pytest.mark.parametrize("name", [output.name for output in known_outputs()])
def test_every_output_has_a_test(name):
    """No file leaves a case that no test has looked into."""
    folder = TESTS / "outputs"
    assert (folder / f"test_{name}.py").is_file() or list((folder / name).glob("test_*.py"))


@pytest.mark.parametrize("name", command_names())
def test_every_command_has_a_test(name):
    """No command runs first at a user's."""
    assert any(
        re.search(rf"\b{name}\b", path.read_text(encoding="utf-8"))
        for path in (TESTS / "cli").rglob("test_*.py")
    )


DETECTIONS = sorted((SOURCE / "investigate" / "detections").glob("*/*.toml"))


def test_a_reason_has_one_name_and_one_folder():
    """A file name is a code in `reasons`: unique, whatever its verdict."""
    codes = [path.stem for path in DETECTIONS]
    assert sorted(set(codes)) == sorted(codes)
