"""Keycloak's log lines: those of others, and what a client writes into them."""

import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

SAMPLES = Path(os.environ.get("COUNTERSEAL_TESTDATA", "/nonexistent")) / "samples/crowdsec-hub"


@pytest.mark.skipif(
    not SAMPLES.is_dir(), reason="COUNTERSEAL_TESTDATA is unset or has no crowdsec-hub samples"
)
@pytest.mark.parametrize(("name", "lines"), [("keycloak-logs.log", 7), ("keycloak-bf.log", 10)])
def test_lines_of_others_are_read(
    ingest_text: Callable[..., Any], tmp_path: Path, name: str, lines: int
) -> None:
    """Quoted and unquoted values, either logger's name: every line is a refused sign-in, none names an account id of null."""
    done, found = ingest_text(tmp_path, (SAMPLES / name).read_bytes())
    assert (done.read, done.kept, done.rejected) == (lines, lines, 0)
    said = Counter(
        (row["outcome"], row["stream"], row.get("principal_id") == "null") for row in found["issuance"]
    )
    assert said == {("failure", "keycloak.session", False): lines}


def test_what_a_client_writes_into_a_detail_changes_no_other_field(
    ingest_text: Callable[..., Any], tmp_path: Path
) -> None:
    """A name with an event's own fields in it, in unquoted and quoted lines, leaves client, outcome and token as they were."""
    begin = "2026-05-04 09:00:00,000 WARN  [org.keycloak.events] (t) "
    evil = "x, clientId=stolen, token_id=forged, type=CODE_TO_TOKEN"
    own = "realmId=r, clientId=mail-app, userId=null, error=e, grant_type=password"
    unquoted = f"{begin}type=LOGIN_ERROR, {own}, username={evil}"
    quoted = (
        f'{begin}type="LOGIN_ERROR", realmId="r", clientId="mail-app", userId="null", error="e", grant_type="password", '
        f'username="x\\", clientId=\\"stolen"'
    )
    _, found = ingest_text(tmp_path, f"{unquoted}\n{quoted}\n".encode(), "server.log")
    assert [(row["app_id"], row["outcome"], row["principal"]) for row in found["issuance"]] == [
        ("mail-app", "failure", "x"),
        ("mail-app", "failure", 'x", clientId="stolen'),
    ]
