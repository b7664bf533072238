"""One request to Microsoft Graph is one use in every envelope, and its address says whose mail and which message."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from graph_requests import ALICE, APP, ENVELOPES, ROWS, TENANT
from source_fixtures import Row

HERE = Path(__file__).parent
REWRITE = bool(os.environ.get("COUNTERSEAL_REWRITE_EXPECTED"))

BOB = "bob@ent.example"
SAYS = {
    1: (ALICE, "bind", [{"item_id": "AAMkAGI2/x="}], "accepted", "user"),
    2: (BOB, "bind", [{"item_id": "AAMkB=", "folder": "inbox"}], "accepted", "app"),
    3: (ALICE, "bind", [{"item_id": "AAMkC="}], "accepted", "user"),
    4: (ALICE, "bind", [{"folder": "inbox"}], "accepted", "user"),
    5: (ALICE, "bind", [{}], "accepted", "user"),
    6: (ALICE, "other", None, "accepted", "user"),
    7: (ALICE, "other", [{"item_id": "AAMkD="}], "accepted", "user"),
    8: (ALICE, "other", [{"item_id": "AAMkE="}], "accepted", "user"),
    9: (ALICE, "other", [{"item_id": "AAMkF="}], "refused", "user"),
    10: (None, "other", None, "accepted", "user"),
    11: (BOB, "other", None, "refused", None),
    12: (None, "other", None, "accepted", "user"),
    13: (BOB, "bind", [{"item_id": "AAMkG="}], "accepted", "user"),
    14: (ALICE, "other", None, "accepted", "user"),
    15: (ALICE, "other", [{"item_id": "AAMkH="}], "refused", "user"),
}
"""Request -> mailbox, access, messages, outcome and whose token it was."""


@pytest.mark.parametrize("name", ENVELOPES)
def test_the_fixtures_are_these_requests(name: str) -> None:
    """The files beside this test are the rows of `graph_requests`, packed; rewritten with the expected rows."""
    if REWRITE:
        (HERE / name).write_bytes(ENVELOPES[name]())
    assert (HERE / name).read_bytes() == ENVELOPES[name]()


@pytest.mark.parametrize("name", ENVELOPES)
def test_the_address_says_whose_mail_and_which_message(
    name: str, ingest_text: Callable[..., Any], tmp_path: Path
) -> None:
    """Mailbox, message, folder and outcome of every request, whatever the export; lists are served without names."""
    done, found = ingest_text(tmp_path, ENVELOPES[name](), "evidence")
    assert (done.read, done.kept, done.rejected) == (len(ROWS), 15, 2)
    said = {row["evidence_record"] + 1: row for row in found["use"]}
    assert {number: shown(row) for number, row in said.items()} == SAYS
    assert {number for number, row in said.items() if row.get("lossy")} == {4, 5}
    assert {(row["tenant"], row["acting_app"], row["stream"]) for row in said.values()} == {
        (TENANT, APP, "graph-activity")
    }


def shown(row: Row) -> tuple[Any, ...]:
    """What `SAYS` holds of a row."""
    return tuple(row.get(name) for name in ("mailbox", "access", "messages", "outcome", "principal_type"))


def test_every_envelope_gives_the_same_token_session_and_id(
    ingest_text: Callable[..., Any], tmp_path: Path
) -> None:
    """The join keys, the issue time and the event id of a request do not depend on its export."""
    seen = []
    for make in ENVELOPES.values():
        _, found = ingest_text(tmp_path, make(), "evidence")
        names = ("event_id", "token_key", "session_key", "issued_at", "principal_id")
        seen.append({row["evidence_record"]: tuple(row.get(name) for name in names) for row in found["use"]})
    assert seen[0] == seen[1] == seen[2]
    assert len({row[1] for row in seen[0].values()}) == 1
    assert {row[3] for row in seen[0].values()} == {"2026-05-04T08:59:00"}


def test_no_query_is_kept(ingest_text: Callable[..., Any], tmp_path: Path) -> None:
    """What stands behind the question mark, which may be a search or a secret, is in no row."""
    _, found = ingest_text(tmp_path, ENVELOPES["table.ndjson"](), "evidence")
    assert "?" not in "".join(row["resource"] for row in found["use"])
