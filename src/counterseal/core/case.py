"""The case folder: names and columns of everything `investigate` writes."""

import os
from dataclasses import dataclass
from pathlib import Path

from counterseal.core.events import EVIDENCE
from counterseal.core.vocabulary import Kind

VERDICTS: dict[str, str] = {
    "use_id": "VARCHAR",
    "time": "TIMESTAMP",
    "source": "VARCHAR",
    "stream": "VARCHAR",
    "realm": "VARCHAR",
    "tenant": "VARCHAR",
    "principal": "VARCHAR",
    "principal_type": "VARCHAR",
    "mailbox": "VARCHAR",
    "operation": "VARCHAR",
    "path": "VARCHAR",
    "token_id": "VARCHAR",
    "session_id": "VARCHAR",
    "key_id": "VARCHAR",
    "app_id": "VARCHAR",
    "client_app_id": "VARCHAR",
    "client_ip": "VARCHAR",
    "user_agent": "VARCHAR",
    "verdict": "VARCHAR",
    "reasons": "VARCHAR[]",  # codes, sorted
    "says": "VARCHAR[]",  # one sentence per reason, same order
    "basis": "VARCHAR",
    "match": "VARCHAR",  # digest, token, session, time, derived; null: nothing matched
    "background": "VARCHAR",  # the figures in words; null where no measure was made
    "actor": "VARCHAR",
    "support": "STRUCT(file VARCHAR, record BIGINT)[]",
    **EVIDENCE,
}

EXPOSURE: dict[str, str] = {
    "tenant": "VARCHAR",
    "realm": "VARCHAR",
    "mailbox": "VARCHAR",
    "message_id": "VARCHAR",
    "item_id": "VARCHAR",
    "folder": "VARCHAR",
    "exposure": "VARCHAR",
    "bytes": "BIGINT",
    "items_min": "BIGINT",
    "items_max": "BIGINT",  # null: no bound known, never 0
    "first_access": "TIMESTAMP",
    "last_access": "TIMESTAMP",
    "actor": "VARCHAR",
    "verdict": "VARCHAR",
    "reason": "VARCHAR",  # served, synchronised, throttled, export-lossy, not-recorded …
    "use_id": "VARCHAR",  # the earliest use that carries the row
}

MAILBOXES: dict[str, str] = {
    "tenant": "VARCHAR",
    "realm": "VARCHAR",
    "organisation": "VARCHAR",
    "account": "VARCHAR",
    "mailbox": "VARCHAR",
    "status": "VARCHAR",
    "reason": "VARCHAR",
    "verdict": "VARCHAR",
    "first": "TIMESTAMP",
    "last": "TIMESTAMP",
    "certain": "BIGINT",
    "presumed_min": "BIGINT",
    "presumed_max": "BIGINT",  # null: no bound known
    "suspected": "BIGINT",  # messages served to uses only suspicious; `certain` and `presumed_min` leave those out
    "blind_days": "BIGINT",
    "actors": "VARCHAR[]",
}

COVERAGE: dict[str, str] = {
    "tenant": "VARCHAR",
    "mailbox": "VARCHAR",  # '*': the whole tenant
    "kind": "VARCHAR",
    "stream": "VARCHAR",
    "begins": "TIMESTAMP",
    "ends": "TIMESTAMP",  # exclusive
    "state": "VARCHAR",
    "basis": "VARCHAR",
    "reason": "VARCHAR",
}

ACTORS: dict[str, str] = {
    "actor": "VARCHAR",
    "method": "VARCHAR",  # forgery, theft, consent, unknown
    "verdict": "VARCHAR",  # the worst of its uses
    "uses": "BIGINT",
    "keys": "VARCHAR[]",
    "tokens": "VARCHAR[]",
    "sessions": "VARCHAR[]",
    "apps": "VARCHAR[]",
    "ips": "VARCHAR[]",
    "rare_ips": "VARCHAR[]",  # those that bind: no provider's, and not of people above suspicion
    "mailboxes": "VARCHAR[]",
    "first": "TIMESTAMP",
    "last": "TIMESTAMP",
    "last_success": "TIMESTAMP",
    "attempts_after": "BIGINT",  # refused uses after the last success; null: the logs show no refusals at all
}

KEYS: dict[str, str] = {
    "realm": "VARCHAR",
    "key_id": "VARCHAR",
    "state": "VARCHAR",  # active, retired, revoked, seen
    "not_before": "TIMESTAMP",
    "not_after": "TIMESTAMP",
    "retired_at": "TIMESTAMP",
    "revoked_at": "TIMESTAMP",
    "complete": "BOOLEAN",  # that realm's key list is declared complete
    "given": "BOOLEAN",  # false: only seen in logs
    "first_seen": "TIMESTAMP",
    "last_seen": "TIMESTAMP",
    "uses": "BIGINT",
    "issuances": "BIGINT",
}

DETECTIONS: dict[str, str] = {
    "reason": "VARCHAR",
    "verdict": "VARCHAR",
    "state": "VARCHAR",  # fired, silent, unable
    "missing": "VARCHAR[]",  # columns that never occur, for `unable`
    "uses": "BIGINT",
}

ATTEMPTS: dict[str, str] = {
    "use_id": "VARCHAR",
    "time": "TIMESTAMP",
    "tenant": "VARCHAR",
    "principal": "VARCHAR",
    "mailbox": "VARCHAR",
    "token_id": "VARCHAR",
    "session_id": "VARCHAR",
    "key_id": "VARCHAR",
    "client_ip": "VARCHAR",
    "app_id": "VARCHAR",
    "operation": "VARCHAR",
    "actor": "VARCHAR",
    **EVIDENCE,
}
"""Refused uses: they make nobody a victim."""

BACKGROUND: dict[str, str] = {
    "tenant": "VARCHAR",
    "acting_app": "VARCHAR",
    "path": "VARCHAR",
    "principal_type": "VARCHAR",
    "id_kind": "VARCHAR",
    "tokens": "BIGINT",  # distinct, in coverage
    "unmatched": "BIGINT",
    "principals": "BIGINT",
    "state": "VARCHAR",  # linkable, unlinkable, thin
}

TABLES: dict[str, dict[str, str]] = {
    "verdicts": VERDICTS,
    "exposure": EXPOSURE,
    "mailboxes": MAILBOXES,
    "coverage": COVERAGE,
    "actors": ACTORS,
    "keys": KEYS,
    "detections": DETECTIONS,
    "attempts": ATTEMPTS,
    "background": BACKGROUND,
}
"""Tables written as `<name>.parquet` in the case folder."""


@dataclass(frozen=True)
class Case:
    """Paths inside one case folder."""

    root: Path

    @property
    def manifest(self) -> Path:
        """Evidence files, sums, arguments and outputs, as JSON."""
        return self.root / "manifest.json"

    @property
    def summary(self) -> Path:
        """Every count, as JSON."""
        return self.root / "summary.json"

    @property
    def rejected(self) -> Path:
        """Rejected records with their raw text, NDJSON, mode 0600."""
        return self.root / "rejected.ndjson"

    @property
    def decisions(self) -> Path:
        """The analyst's append-only decisions, NDJSON."""
        return self.root / "decisions.ndjson"

    @property
    def report(self) -> Path:
        """The page people open."""
        return self.root / "report.html"

    @property
    def timeline(self) -> Path:
        """Timesketch's columns."""
        return self.root / "timeline.csv"

    @property
    def duplicates(self) -> Path:
        """Surplus copies of records."""
        return self.root / "events" / "duplicates.parquet"

    @property
    def ingested(self) -> Path:
        """What each evidence file gave, one JSON per file: the cache of finished ingest."""
        return self.root / "events" / "ingested"

    @property
    def spill(self) -> Path:
        """The engine's own scratch folder: cleared at start and end."""
        return self.root / ".spill"

    def events(self, kind: Kind) -> Path:
        """The folder of one event kind: one Parquet file per evidence file."""
        return self.root / "events" / kind.value

    def table(self, name: str) -> Path:
        """The Parquet file of one case table."""
        return self.root / f"{name}.parquet"


def write_atomically(path: Path, content: bytes, mode: int = 0o644) -> None:
    """Write under a temporary name in the same folder, sync, rename: never a half file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    partial.replace(path)
