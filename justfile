# Each recipe is a plain line that works without just. `just` lists them.

default:
    @just --list

# style, types, layers and the default tests, on this checkout
check:
    .venv/bin/ruff check . && .venv/bin/ruff format --check . && .venv/bin/mypy && .venv/bin/lint-imports && .venv/bin/pytest

# both tiers as CI runs them, on the built wheel
test tier="":
    script/test {{tier}}

# the generated reference, the README's output, and the site
docs:
    .venv/bin/python script/reference.py && .venv/bin/python script/readme.py && NO_MKDOCS_2_WARNING=1 .venv/bin/mkdocs build --strict

# rewrite the golden cases; review the difference like code
golden:
    COUNTERSEAL_GOLDEN=write .venv/bin/python -m pytest tests/end_to_end/test_golden.py

# the measurements of benchmarks/RESULTS.md
bench:
    .venv/bin/python benchmarks/investigate.py

# the locks, from pyproject.toml
lock:
    script/lock
