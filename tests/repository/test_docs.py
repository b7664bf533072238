import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib

import pytest
from checkout import ROOT, script

import counterseal
from counterseal.cli import main

FRONT = ("README.md", "CONTRIBUTING.md", "SECURITY.md")
PAGES = [*sorted((ROOT / "docs").rglob("*.md")), *(ROOT / name for name in FRONT)]
BLOCK = re.compile(r"^( *)```(\w+)\n(.*?)^\1```", re.MULTILINE | re.DOTALL)

STORM = ROOT / "examples" / "storm"


def blocks(language):
    """Every fenced block of that language: (page, text)."""
    return [
        pytest.param(match.group(3), id=f"{page.relative_to(ROOT)}-{number}")
        for page in PAGES
        for number, match in enumerate(BLOCK.finditer(page.read_text(encoding="utf-8")), 1)
        if match.group(2) == language
    ]


def test_the_generated_reference_is_current():
    """The reference says what the code says."""
    if sys.version_info >= (3, 13):
        pytest.skip("argparse prints help in another form from Python 3.13 on")
    assert script("reference").stale() == []


def test_the_readme_shows_what_the_command_prints():
    """The README's example output is the true one, to the byte."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert script("readme").filled(readme) == readme


@pytest.fixture(scope="module")
def at_the_analysts_desk(tmp_path_factory):
    """A folder with the names that the documentation uses, holding the synthetic incident."""
    desk = tmp_path_factory.mktemp("desk")
    shutil.copytree(ROOT / "examples", desk / "examples")
    shutil.copytree(
        STORM / "logs", desk / "exports", ignore=shutil.ignore_patterns("*issuer*", "dovecot*", "gateway*")
    )
    shutil.copytree(
        STORM / "logs",
        desk / "issuer-log",
        ignore=shutil.ignore_patterns("premium*", "standard*", "d*", "g*"),
    )
    (desk / "more-exports").mkdir()
    for name in ("dovecot.log", "gateway.ndjson"):
        shutil.copy(STORM / "logs" / name, desk / name)
    shutil.copy(STORM / "logs" / "gateway.ndjson", desk / "more-exports")
    shutil.copy(STORM / "realms.toml", desk)
    assert main(["investigate", str(desk / "exports"), "--out", str(desk / "case")]) == 0
    return desk


@pytest.mark.slow
@pytest.mark.parametrize("text", blocks("console"))
def test_commands_in_the_documentation_work(text, at_the_analysts_desk, monkeypatch):
    """Every command that the documentation shows ends with status 0."""
    monkeypatch.chdir(at_the_analysts_desk)
    shown = [line.removeprefix("$ ") for line in text.splitlines() if line.startswith("$ ")]
    assert shown
    for line in shown:
        words = shlex.split(line)
        assert words[0] in ("counterseal", "script/counterseal")
        assert main(words[1:]) == 0, line


@pytest.mark.parametrize("text", blocks("toml"))
def test_toml_in_the_documentation_can_be_read(text):
    """A file copied from the documentation is at least TOML."""
    assert tomllib.loads(text)


def test_links_lead_somewhere():
    """Every relative link in the README and the pages beside it names a file that is there."""
    link = re.compile(r"\]\((?!https?:|#|mailto:)([^)#]+)")
    missing = [
        f"{page.relative_to(ROOT)} -> {target}"
        for page in PAGES
        for target in link.findall(
            re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
        )
        if not (page.parent / target).exists()
    ]
    assert missing == []


def test_the_site_builds_and_calls_nobody(tmp_path):
    """mkdocs builds the documentation without a warning, and its pages load nothing from another host."""
    pytest.importorskip("mkdocs", reason="mkdocs is not installed in this environment")
    ran = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path)],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
    )
    assert (ran.returncode, ran.stdout + ran.stderr) == (0, "")
    loads = re.compile(
        r'<(?:script|img|iframe)[^>]+src="https?:|<link[^>]+rel="(?:stylesheet|preconnect)"[^>]+href="https?:'
    )
    pages = sorted(tmp_path.rglob("*.html"))
    assert tmp_path / "index.html" in pages
    assert [page.name for page in pages if loads.search(page.read_text(encoding="utf-8"))] == []


def test_the_changelog_knows_this_version():
    """A released version has its section, and every section is headed by Verdicts."""
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    sections = re.split(r"^## ", text, flags=re.MULTILINE)[1:]
    assert [section.splitlines()[0] for section in sections if "### Verdicts" not in section] == []
    assert (
        any(counterseal.__version__ in section.splitlines()[0] for section in sections)
        or "Unreleased" in sections[0]
    )
