import ast
from collections import Counter

from checkout import ROOT

PYTHON = [path for path in (ROOT / "tests").rglob("*.py") if "node_modules" not in path.parts]
FILES = [path for path in PYTHON if path.name.startswith("test_")]
MODULES = [path for path in PYTHON if not path.name.startswith("test_")]


def test_every_test_says_what_it_proves():
    """The first line of a test is a sentence."""
    silent = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_") and not ast.get_docstring(node)
    ]
    assert silent == []


def test_modules_that_tests_share_have_names_of_their_own():
    """All of them are imported by their bare name, so two of one name would hide each other."""
    names = [path.name for path in MODULES if path.name != "conftest.py"]
    assert [name for name, times in Counter(names).items() if times > 1] == []
