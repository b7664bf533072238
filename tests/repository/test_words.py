import re

from checkout import ROOT, SOURCE, shipped

TEXT = {
    "",
    ".py",
    ".md",
    ".toml",
    ".sql",
    ".yml",
    ".lock",
    ".json",
    ".js",
    ".mjs",
    ".html",
    ".css",
    ".csv",
    ".log",
}
OURS = [
    path
    for path in shipped()
    if path.suffix in TEXT and path != ROOT / "tests" / "repository" / "test_words.py"
]

# Places of one machine, and hosts of package registries: a stranger has neither.
FOREIGN = re.compile(
    r"(?<![\w.:/])/work/|(?<![\w.:])/root/|(?<![\w.:])/home/\w+/"
    r"|pypi\.org/simple|files\.pythonhosted\.org|registry\.npmjs\.org|proxy\.golang\.org|deb\.debian\.org"
)
VAGUE = {"utils", "util", "helpers", "helper", "common", "base", "manager", "data", "info", "process", "misc"}


def test_no_file_names_a_place_of_one_machine_or_a_registry():
    """The repository works on machines whose folders and mirrors are others."""
    found = {
        f"{path.relative_to(ROOT)}: {match.group()}"
        for path in OURS
        for match in FOREIGN.finditer(path.read_text(encoding="utf-8", errors="replace"))
    }
    assert sorted(found) == []


def test_the_folder_of_real_samples_is_reached_by_one_variable_only():
    """Only .ci/run may guess where the real samples lie."""
    guess = re.compile(r"\.\./shared\b")
    found = [
        str(path.relative_to(ROOT))
        for path in OURS
        if guess.search(path.read_text(encoding="utf-8", errors="replace"))
    ]
    assert found == [".ci/run"]


def test_no_module_has_a_name_that_says_nothing():
    """A module is a noun that says what is in it."""
    named = [
        path
        for path in SOURCE.rglob("*.py")
        if VAGUE & {part.strip("_") for part in path.with_suffix("").parts[-2:]}
    ]
    assert named == []


def test_no_real_sample_is_shipped():
    """What ships as evidence is ours, and small."""
    assert [str(path.relative_to(ROOT)) for path in shipped() if path.stat().st_size > 3 << 20] == []
