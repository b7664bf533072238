"""A small finished case, written by hand from the tables of core/case.py. Synthetic."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from counterseal.core.case import TABLES, Case
from counterseal.core.engine.duckdb import column, connect, literal
from counterseal.core.events import columns
from counterseal.core.vocabulary import Kind

MAIL, LOGIN = "a" * 64, "b" * 64
TENANT = "11111111-1111-4111-8111-111111111111"
HOSTILE = "<script>alert(1)</script>"
ESCAPE = "\x1b[31mred\x1b[0m"
OVERRIDE = "invoice\u202efdp.exe"
FORMULA = "=cmd|' /C calc'!A0"
TOKEN = "AAAAAAAAAAAAAAAAAAAAAA"
TOKEN_KEY = "00000000-0000-0000-0000-000000000000"

Rows = Iterable[Mapping[str, Any]]


def write_table(case: Case, path: Path, wanted: dict[str, str], rows: Rows) -> None:
    """Write rows given as mappings; what a row does not name is null."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with connect(case.root / ".making", threads=1) as con:
        con.execute(
            f"create table t ({', '.join(f'{column(name)} {kind}' for name, kind in wanted.items())})"
        )
        for row in rows:
            assert set(row) <= set(wanted), set(row) - set(wanted)
            names = ", ".join(column(name) for name in row)
            con.execute(f"insert into t ({names}) values ({', '.join('?' * len(row))})", list(row.values()))
        con.execute(f"copy t to {literal(str(path))} (format parquet)")


def use(number: int, **more: Any) -> dict[str, Any]:
    """One verdict row of user a@ministry.example."""
    return {
        "use_id": f"u{number}",
        "time": f"2026-05-16 08:0{number}:00",
        "source": "m365_audit",
        "stream": "mail-access",
        "realm": "enterprise",
        "tenant": TENANT,
        "principal": "a@ministry.example",
        "principal_type": "user",
        "mailbox": "a@ministry.example",
        "operation": "MailItemsAccessed",
        "app_id": "app-1",
        "client_ip": "192.0.2.7",
        "token_id": TOKEN,
        "session_id": "s-1",
        "evidence_file": MAIL,
        "evidence_record": number,
        "evidence_offset": number * 100,
    } | more


VERDICTS = [
    use(
        1,
        key_id="k-consumer",
        verdict="forged",
        reasons=["key-outside-realm"],
        says=["signed by k-consumer, a key of the consumer realm, for the enterprise realm"],
        basis="bundle",
        actor="A1",
        support=[{"file": MAIL, "record": 1}],
    ),
    use(
        2,
        verdict="unissued",
        reasons=["token-not-issued"],
        says=[f"token {TOKEN} was never issued"],
        basis="measured",
        background="9 of 10 tokens unmatched; elsewhere 3 of 400 (at most 1.9 %)",
        actor="A1",
        support=[{"file": MAIL, "record": 2}],
    ),
    use(
        3,
        mailbox="b@ministry.example",
        principal="b@ministry.example",
        token_id=HOSTILE,
        user_agent=ESCAPE,
        app_id=FORMULA,
        verdict="suspicious",
        reasons=["app-never-seen", "shares-session"],
        says=[f"app {FORMULA} never seen here", f"shares session s-1 with A1 {ESCAPE}"],
        basis="rule",
        actor="A1",
    ),
    use(
        4,
        mailbox="c@ministry.example",
        principal="c@ministry.example",
        token_id=None,
        session_id=None,
        verdict="unknown",
        reasons=["no-identifier"],
        says=["the record names no token and no session"],
    ),
]

EXPOSURE = [
    {
        "tenant": TENANT,
        "realm": "enterprise",
        "mailbox": "a@ministry.example",
        "message_id": "<m1@ministry.example>",
        "item_id": "item-1",
        "folder": r"\Inbox",
        "exposure": "certain",
        "bytes": 2048,
        "items_min": 1,
        "items_max": 1,
        "first_access": "2026-05-16 08:01:00",
        "last_access": "2026-05-16 08:02:00",
        "actor": "A1",
        "verdict": "forged",
        "reason": "served",
        "use_id": "u1",
    },
    {
        "tenant": TENANT,
        "realm": "enterprise",
        "mailbox": "a@ministry.example",
        "folder": OVERRIDE,
        "exposure": "presumed",
        "items_min": 212,
        "items_max": None,
        "first_access": "2026-05-16 08:02:00",
        "last_access": "2026-05-16 08:02:00",
        "actor": "A1",
        "verdict": "unissued",
        "reason": "synchronised",
        "use_id": "u2",
    },
]


def roster(mailbox: str, status: str, reason: str, **more: Any) -> dict[str, Any]:
    """One row of the roster."""
    return {
        "tenant": TENANT,
        "realm": "enterprise",
        "organisation": "Ministry",
        "account": mailbox,
        "mailbox": mailbox,
        "status": status,
        "reason": reason,
        "certain": 0,
        "presumed_min": 0,
        "presumed_max": 0,
        "suspected": 0,
        "blind_days": 0,
        "actors": [],
    } | more


MAILBOXES = [
    roster("d@ministry.example", "cleared", "covered, and everything issued", verdict="issued"),
    roster(
        "c@ministry.example",
        "undetermined",
        "no-identifier",
        blind_days=3,
        presumed_max=None,
    ),
    roster("b@ministry.example", "suspected", "app-never-seen", verdict="suspicious", actors=["A1"]),
    roster(
        "a@ministry.example",
        "victim",
        "key-outside-realm",
        verdict="forged",
        first="2026-05-16 08:01:00",
        last="2026-05-16 08:02:00",
        certain=1,
        presumed_min=212,
        presumed_max=None,
        actors=["A1"],
    ),
]

COVERAGE = [
    {
        "tenant": TENANT,
        "mailbox": "*",
        "kind": "issuance",
        "stream": "signin.interactive",
        "begins": "2026-05-15",
        "ends": "2026-05-18",
        "state": "covered",
        "basis": "measured",
    },
    {
        "tenant": TENANT,
        "mailbox": "c@ministry.example",
        "kind": "use",
        "stream": "mail-access",
        "begins": "2026-05-15",
        "ends": "2026-05-18",
        "state": "absent",
        "basis": "measured",
        "reason": "not-exported",
    },
]

ACTORS = [
    {
        "actor": "A1",
        "method": "forgery",
        "verdict": "forged",
        "uses": 3,
        "keys": ["k-consumer"],
        "tokens": [TOKEN],
        "sessions": ["s-1"],
        "apps": ["app-1"],
        "ips": ["192.0.2.7"],
        "rare_ips": ["192.0.2.7"],
        "mailboxes": ["a@ministry.example", "b@ministry.example"],
        "first": "2026-05-16 08:01:00",
        "last": "2026-05-16 08:05:00",
        "last_success": "2026-05-16 08:03:00",
        "attempts_after": 1,
    }
]

KEYS = [
    {
        "realm": "consumer",
        "key_id": "k-consumer",
        "state": "retired",
        "given": True,
        "complete": True,
        "retired_at": "2021-04-04",
        "first_seen": "2026-05-16 08:01:00",
        "last_seen": "2026-05-16 08:01:00",
        "uses": 1,
        "issuances": 0,
    }
]

DETECTIONS = [
    {"reason": "key-outside-realm", "verdict": "forged", "state": "fired", "uses": 1},
    {"reason": "key-retired", "verdict": "forged", "state": "silent", "uses": 0},
    {
        "reason": "refresh-reuse",
        "verdict": "stolen",
        "state": "unable",
        "missing": ["issuance.family"],
        "uses": 0,
    },
]

ATTEMPTS = [
    {
        "use_id": "u5",
        "time": "2026-05-16 08:05:00",
        "tenant": TENANT,
        "principal": "a@ministry.example",
        "mailbox": "a@ministry.example",
        "token_id": TOKEN,
        "client_ip": "192.0.2.7",
        "operation": "MailItemsAccessed",
        "actor": "A1",
        "evidence_file": MAIL,
        "evidence_record": 5,
        "evidence_offset": 500,
    }
]

BACKGROUND = [
    {
        "tenant": TENANT,
        "acting_app": "app-1",
        "path": "owa",
        "principal_type": "user",
        "id_kind": "token",
        "tokens": 400,
        "unmatched": 3,
        "principals": 40,
        "state": "linkable",
    }
]


def event_use(number: int, **more: Any) -> dict[str, Any]:
    """The use event behind a verdict row, with the normalised forms of ingest."""
    row = use(number) | {"outcome": "accepted", "token_key": TOKEN_KEY} | more
    return without(row, "use_id") | {
        "event_id": row["use_id"],
        "principal_key": row["principal"],
        "mailbox_key": row["mailbox"],
        "session_key": row["session_id"],
        "ip_key": "00000000000000000000ffffc0000207",
        "acting_app": "app-1",
        "authority": TENANT,
    }


def without(row: dict[str, Any], *names: str) -> dict[str, Any]:
    """The row without some of its columns."""
    return {name: value for name, value in row.items() if name not in names}


D = "d@ministry.example"
USES = [
    event_use(1, key_id="k-consumer"),
    event_use(2),
    event_use(5, outcome="refused", realm=None),
    event_use(6, principal=D, mailbox=D, token_id="t-6", token_key="t-6", session_id="s-6"),
]

ISSUANCES = [
    {
        "event_id": "i1",
        "time": "2026-05-16 08:00:00",
        "source": "entra_signin",
        "stream": "signin.interactive",
        "realm": "enterprise",
        "tenant": TENANT,
        "principal": "d@ministry.example",
        "principal_key": "d@ministry.example",
        "token_id": "t-6",
        "token_key": "t-6",
        "session_id": "s-6",
        "session_key": "s-6",
        "app_id": "app-1",
        "acting_app": "app-1",
        "outcome": "success",
        "evidence_file": LOGIN,
        "evidence_record": 0,
        "evidence_offset": 0,
    },
    {
        "event_id": "i2",
        "time": "2026-05-16 09:00:00",
        "stream": "signin.interactive",
        "tenant": TENANT,
        "principal": "a@ministry.example",
        "principal_key": "a@ministry.example",
        "session_id": "s-1",
        "session_key": "s-1",
        "outcome": "revoked",
        "evidence_file": LOGIN,
        "evidence_record": 1,
        "evidence_offset": 80,
    },
]

CUSTODY = [
    {
        "event_id": "c1",
        "time": "2026-05-15 07:00:00",
        "source": "hsm",
        "realm": "consumer",
        "key_id": "k-consumer",
        "actor": "engineer",
        "action": "export",
        "host": "hsm-1",
        "outcome": "success",
        "evidence_file": LOGIN,
        "evidence_record": 2,
        "evidence_offset": 160,
    }
]

SUMMARY: dict[str, Any] = {
    "version": "0.0.0",
    "started": "2026-06-01T10:00:00+00:00",
    "ended": "2026-06-01T10:00:03+00:00",
    "window": {
        "since": None,
        "until": None,
        "first": "2026-05-15",
        "last": "2026-05-17",
        "uses_outside": 0,
    },
    "tier": {"ceiling": "forged", "reached": "forged", "because": "the uses name their signing key"},
    "read": {
        "files": 2,
        "records": 14,
        "kept": 9,
        "duplicate": 2,
        "out_of_scope": 2,
        "rejected": 1,
        "conflicts": 0,
    },
    "events": {"issuance": 2, "use": 5, "custody": 1, "attempts": 1},
    "verdicts": {"forged": 1, "stolen": 0, "unissued": 1, "suspicious": 1, "unknown": 1, "issued": 1},
    "reasons": {
        "app-never-seen": 1,
        "key-outside-realm": 1,
        "no-identifier": 1,
        "shares-session": 1,
        "token-not-issued": 1,
    },
    "victims": {"organisations": 1, "accounts": 1, "mailboxes": 1},
    "suspected": {"organisations": 1, "accounts": 1, "mailboxes": 1},
    "cleared": {"organisations": 1, "accounts": 1, "mailboxes": 1},
    "undetermined": {"organisations": 1, "accounts": 1, "mailboxes": 1},
    "messages": {
        "certain": 1,
        "presumed_min": 212,
        "presumed_max": None,
        "possible_min": 0,
        "possible_max": 0,
    },
    "when": {
        "first": "2026-05-16T08:01:00",
        "last": "2026-05-16T08:03:00",
        "last_success": "2026-05-16T08:03:00",
        "attempts_after": 1,
    },
    "actors": 1,
    "reconciled": {
        "uses": 5,
        "with_token_id": 4,
        "with_session": 4,
        "matched": {"token": 1},
        "share": 0.2,
    },
    "cannot_tell": [
        {
            "code": "not-exported",
            "says": "mailbox access was not exported for these mailboxes",
            "mailboxes": 1,
            "uses": 0,
            "days": 3,
        },
        {
            "code": "no-identifier",
            "says": "the record names no token and no session",
            "mailboxes": 1,
            "uses": 1,
            "days": 1,
        },
    ],
    "detections": {
        "fired": ["key-outside-realm"],
        "silent": ["key-retired"],
        "unable": [{"reason": "refresh-reuse", "missing": ["issuance.family"]}],
    },
    "timings": {"ingest": 1.5, "judge": 0.5},
}

MANIFEST: dict[str, Any] = {
    "version": "0.0.0",
    "started": "2026-06-01T10:00:00+00:00",
    "ended": "2026-06-01T10:00:03+00:00",
    "arguments": {"evidence": ["logs"], "realms": "realms.toml", "since": None},
    "evidence": [
        {
            "path": f"logs/{HOSTILE}.csv",
            "sha256": MAIL,
            "bytes": 5120,
            "reader": "purview_csv",
            "source": ["m365_audit"],
            "read": 11,
            "kept": 6,
            "duplicate": 2,
            "out_of_scope": 2,
            "rejected": 1,
            "conflicts": 0,
            "first": "2026-05-15T00:00:00",
            "last": "2026-05-17T23:59:00",
            "warnings": [{"code": "truncated", "says": "exactly 5000 records"}],
        },
        {
            "path": "logs/signin.ndjson",
            "sha256": LOGIN,
            "bytes": 900,
            "reader": "ndjson",
            "source": ["entra_signin"],
            "read": 3,
            "kept": 3,
            "duplicate": 0,
            "out_of_scope": 0,
            "rejected": 0,
            "conflicts": 0,
            "first": "2026-05-16T08:00:00",
            "last": "2026-05-16T09:00:00",
            "warnings": [],
        },
    ],
}

DECISION = {
    "time": "2026-06-02T09:00:00+00:00",
    "kind": "app",
    "value": FORMULA,
    "as": "benign",
    "because": f"our archive {HOSTILE}",
    "by": "analyst",
}

STORM: dict[str, Rows] = {
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


def write_case(root: Path, tables: Mapping[str, Rows], summary: Any, manifest: Any = MANIFEST) -> Case:
    """Write a finished case without its outputs."""
    case = Case(root)
    root.mkdir(parents=True, exist_ok=True)
    for name, wanted in TABLES.items():
        write_table(case, case.table(name), wanted, tables.get(name, ()))
    case.summary.write_text(json.dumps(summary), "utf-8")
    case.manifest.write_text(json.dumps(manifest), "utf-8")
    case.rejected.write_text('{"reason":"quote never closed","raw":"SECRET-RAW"}\n', "utf-8")
    return case


def storm(root: Path) -> Case:
    """The whole small incident: one victim, one suspected, one undetermined, one cleared mailbox."""
    case = write_case(root, STORM, SUMMARY)
    for kind, rows in ((Kind.USE, USES), (Kind.ISSUANCE, ISSUANCES), (Kind.CUSTODY, CUSTODY)):
        for sha256 in sorted({row["evidence_file"] for row in rows}):
            own = [row for row in rows if row["evidence_file"] == sha256]
            write_table(case, case.events(kind) / f"{sha256}.parquet", columns(kind), own)
    case.decisions.write_text(json.dumps(DECISION) + "\n", "utf-8")
    return case


def innocent(root: Path) -> Case:
    """Everything that could be judged was issued."""
    nobody = {"organisations": 0, "accounts": 0, "mailboxes": 0}
    summary = SUMMARY | {
        "tier": {"ceiling": "unissued", "reached": "unknown", "because": "sign-in streams, and no key ids"},
        "verdicts": {"forged": 0, "stolen": 0, "unissued": 0, "suspicious": 0, "unknown": 1, "issued": 4},
        "reasons": {"no-identifier": 1},
        "victims": nobody,
        "suspected": nobody,
        "messages": {
            "certain": 0,
            "presumed_min": 0,
            "presumed_max": 0,
            "possible_min": 0,
            "possible_max": None,
        },
        "when": {"first": None, "last": None, "last_success": None, "attempts_after": None},
        "actors": 0,
    }
    tables = {
        "verdicts": VERDICTS[3:],
        "mailboxes": MAILBOXES[:2],
        "coverage": COVERAGE,
        "detections": DETECTIONS[1:],
    }
    return write_case(root, tables, summary)
