"""A sign-in over a SAML assertion names what it was made from; any other has no parent."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

SOURCES = Path(__file__).parent.parent
CORRELATION = "8c7fcdeb-1c6e-4bcf-9dca-7b8ecaadef07"


@pytest.mark.parametrize(
    "name",
    [
        "entra_signin/federated.ndjson",
        "entra_signin_table/federated.ndjson",
        "entra_signin_portal/federated.csv",
    ],
)
def test_the_correlation_id_is_the_parent_of_an_asserted_sign_in_alone(
    name: str, ingest_text: Callable[..., Any], tmp_path: Path
) -> None:
    """SAML 1.1, SAML 2.0 and a refresh token, all with a correlation id: two have a parent, in lower case."""
    _, found = ingest_text(tmp_path, (SOURCES / name).read_bytes())
    assert [row.get("parent_id") for row in found["issuance"]] == [CORRELATION, CORRELATION, None]
