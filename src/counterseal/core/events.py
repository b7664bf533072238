"""The three event tables: every part writes or reads these columns and no other copy exists."""

from counterseal.core.vocabulary import Kind

MESSAGE = "STRUCT(message_id VARCHAR, item_id VARCHAR, folder VARCHAR, bytes BIGINT)"

EVIDENCE: dict[str, str] = {
    "evidence_file": "VARCHAR",
    "evidence_record": "BIGINT",
    "evidence_offset": "BIGINT",
}
"""Where a row comes from: SHA-256 of the evidence file, record number from 0, byte offset."""

ISSUANCE: dict[str, str] = {
    "time": "TIMESTAMP",
    "source": "VARCHAR",
    "stream": "VARCHAR",
    "realm": "VARCHAR",
    "tenant": "VARCHAR",
    "home_tenant": "VARCHAR",
    "issuer": "VARCHAR",
    "key_id": "VARCHAR",
    "principal": "VARCHAR",
    "principal_type": "VARCHAR",
    "app_id": "VARCHAR",
    "audience": "VARCHAR",
    "token_id": "VARCHAR",
    "session_id": "VARCHAR",
    "parent_id": "VARCHAR",
    "digest": "VARCHAR",
    "issued_at": "TIMESTAMP",
    "expires": "TIMESTAMP",
    "client_ip": "VARCHAR",
    "user_agent": "VARCHAR",
    "grant": "VARCHAR",
    "outcome": "VARCHAR",
    # beside design 3
    "principal_id": "VARCHAR",  # the directory's object id of the principal, lower case
    "family": "VARCHAR",  # refresh-token family or grant id, where the issuer logs one
}
"""A token was minted or an authentication happened. `outcome`: success, interrupted, failure,
revoked (token, session or grant taken back), reuse (the issuer saw a refresh token twice)."""

USE: dict[str, str] = {
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
    "issuer": "VARCHAR",
    "audience": "VARCHAR",
    "digest": "VARCHAR",
    "issued_at": "TIMESTAMP",
    "app_id": "VARCHAR",
    "client_app_id": "VARCHAR",
    "client_ip": "VARCHAR",
    "user_agent": "VARCHAR",
    "logon_type": "VARCHAR",
    "access": "VARCHAR",
    "messages": f"{MESSAGE}[]",
    "throttled": "BOOLEAN",
    "count": "BIGINT",
    "outcome": "VARCHAR",
    # beside design 3
    "principal_id": "VARCHAR",  # the directory's object id of the principal, lower case
    "resource": "VARCHAR",  # what was reached where it is not a mailbox: a file, a site, a URL
    "other_session_id": "VARCHAR",  # a second session id in the same record; never joined
    "lossy": "VARCHAR",  # code of what the export destroyed in this record; null: nothing known
}
"""A token was presented and something was read or done. `access`: bind, sync, other.
`outcome`: accepted, refused. `logon_type`: owner, admin, delegate, other."""

CUSTODY: dict[str, str] = {
    "time": "TIMESTAMP",
    "source": "VARCHAR",
    "stream": "VARCHAR",
    "realm": "VARCHAR",
    "tenant": "VARCHAR",
    "key_id": "VARCHAR",
    "digest": "VARCHAR",
    "actor": "VARCHAR",
    "action": "VARCHAR",
    "host": "VARCHAR",
    "outcome": "VARCHAR",
    # beside design 3
    "target": "VARCHAR",  # what was touched where it is no key: an application, a domain
    "scope": "VARCHAR",  # the permissions given, joined with blanks
}
"""Something touched a signing key or a trust setting."""

KEYS: dict[str, str] = {
    "event_id": "VARCHAR",  # design 3's use_id: stable hash of (system, native record id)
    "principal_key": "VARCHAR",  # principal, case-folded and trimmed
    "mailbox_key": "VARCHAR",
    "token_key": "VARCHAR",  # GUID in lower case where the id is one, else the id as spelt
    "session_key": "VARCHAR",
    "ip_key": "VARCHAR",  # 32 hex digits, IPv4 as ::ffff:a.b.c.d; null if it is no address
    "acting_app": "VARCHAR",  # the app that acted (real-logs: client app where app_id is a resource)
    "authority": "VARCHAR",  # who answers for issuance: issuer where logged, else tenant
}
"""Normalised forms, computed once at ingest for every source alike; joins use only these."""

TABLES: dict[Kind, dict[str, str]] = {Kind.ISSUANCE: ISSUANCE, Kind.USE: USE, Kind.CUSTODY: CUSTODY}

UNION: dict[str, str] = {**ISSUANCE, **USE, **CUSTODY}
"""Every event column once; the three tables agree on the type of a shared name."""


def columns(kind: Kind) -> dict[str, str]:
    """All columns of one event table on disk, with their SQL types."""
    return {**TABLES[kind], **KEYS, **EVIDENCE}
