"""Names that other people's scripts, reports and testimony rest on. A change here belongs in the changelog."""

from importlib.metadata import version

import counterseal
import counterseal.cli
from counterseal.cli._command import command_names
from counterseal.core import case, errors, vocabulary
from counterseal.core.vocabulary import CoverageState, Exposure, Kind, Status, Verdict
from counterseal.outputs._output import known_outputs


def test_commands():
    """Every command there is."""
    assert command_names() == [
        "coverage",
        "decide",
        "demo",
        "investigate",
        "map",
        "report",
        "seal",
        "sources",
        "trace",
        "verify",
    ]


def test_words():
    """Every closed word of the product."""
    assert {
        words: [word.value for word in words] for words in (Kind, Verdict, Exposure, Status, CoverageState)
    } == {
        Kind: ["issuance", "use", "custody"],
        Verdict: ["forged", "stolen", "unissued", "suspicious", "unknown", "issued"],
        Exposure: ["certain", "presumed", "possible"],
        Status: ["victim", "suspected", "cleared", "undetermined"],
        CoverageState: ["covered", "partial", "absent"],
    }
    assert [*vocabulary.ACCUSING] == ["forged", "stolen", "unissued"]


def test_tables_and_files_of_a_case():
    """Every table and every output of a case folder."""
    assert sorted(case.TABLES) == [
        "actors",
        "attempts",
        "background",
        "coverage",
        "detections",
        "exposure",
        "keys",
        "mailboxes",
        "verdicts",
    ]
    assert sorted(output.filename for output in known_outputs()) == [
        "case.xlsx",
        "findings.ndjson",
        "indicators.stix.json",
        "mailboxes.csv",
        "questions.csv",
        "questions.md",
        "report.html",
        "timeline.csv",
    ]


def test_errors_and_exit_statuses():
    """Every error a user can meet, with its exit status."""
    tree = [errors.CountersealError, *errors.CountersealError.__subclasses__()]
    assert {error.__name__: error.exit_code for error in tree} == {
        "CaseError": 1,
        "CountersealError": 1,
        "EvidenceError": 3,
        "TrustError": 2,
        "UsageError": 2,
    }


def test_the_package_offers_its_version_and_its_command():
    """What Python programs may import."""
    assert counterseal.__version__ == version("counterseal")
    assert counterseal.cli.__all__ == ["main"]
