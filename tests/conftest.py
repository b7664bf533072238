"""What holds for every test."""

from pathlib import Path

from hypothesis import settings

import counterseal

# The machine may be slow; a test never fails for that.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


def pytest_report_header() -> str:
    """Say which copy of the package is tested: the built wheel, or the checkout."""
    return f"counterseal {counterseal.__version__} from {Path(counterseal.__file__).parent}"
