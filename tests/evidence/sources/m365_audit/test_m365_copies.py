"""One record in twenty exports is one event; a doctored copy is none of its copies."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from audit_envelopes import ENVELOPES, lines
from audit_records import BINDS, RECORDS
from source_fixtures import plain

from counterseal.core.case import Case
from counterseal.core.engine.duckdb import Connection, connect, rows
from counterseal.core.events import USE
from counterseal.evidence.duplicates import find_duplicates
from counterseal.evidence.files import hashed
from counterseal.evidence.ingest import ingest


@pytest.fixture
def case(tmp_path: Path) -> Iterator[tuple[Connection, Case]]:
    """An empty case and its engine."""
    found = Case(tmp_path / "case")
    with connect(found.spill, threads=2) as con:
        yield con, found


def take_in(con: Connection, case: Case, tmp_path: Path, files: dict[str, bytes]) -> None:
    """Ingest files and look for duplicates among them."""
    seen = []
    for name, content in files.items():
        path = tmp_path / name
        path.write_bytes(content)
        seen.append(ingest(con, case, hashed(path, name)).sha256)
    find_duplicates(con, case, seen)


def kept(con: Connection) -> dict[str, str]:
    """Every use that counts: its columns as JSON, by event id; of messages the ids.

    Their folders and sizes are no columns: of copies with equally many columns any may stay.
    """
    names = [f'"{name}"' for name in USE if name not in ("source", "messages")]
    ids = "list_transform(messages, lambda m: [m.message_id, m.item_id])"
    return {
        key: json.dumps([plain(value) for value in values])
        for key, *values in rows(con, f"select event_id, {', '.join(names)}, {ids} from use_kept")
    }


def test_all_exports_together_are_the_records_once(case: tuple[Connection, Case], tmp_path: Path) -> None:
    """Of the copies of each record in every envelope the whole one stays, and none contradicts another."""
    con, folder = case
    take_in(con, folder, tmp_path, {"bare": lines(RECORDS)})
    alone = kept(con)
    take_in(con, folder, tmp_path, {name: envelope.write(RECORDS) for name, envelope in ENVELOPES.items()})
    assert rows(con, "select * from conflict") == []
    assert kept(con) == alone


def test_a_doctored_copy_is_a_conflict(case: tuple[Connection, Case], tmp_path: Path) -> None:
    """The same id with another mailbox is kept as a use of its own and counted."""
    con, folder = case
    doctored = {**BINDS[0], "MailboxOwnerUPN": "somebody.else@contoso.example"}
    take_in(con, folder, tmp_path, {"bare": lines(BINDS[:1]), "doctored": lines([doctored])})
    assert len(rows(con, "select * from conflict")) == 1
    assert len(kept(con)) == 2
