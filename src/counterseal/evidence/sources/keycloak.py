"""Keycloak: user events, as lines of the server log, as the same lines in JSON logs, or as stored events of the admin API.

Measured on Keycloak 26.7.3: `token_id` is the access token's `jti`, prefix included; a refresh token presented twice is a
REFRESH_TOKEN_ERROR with a reason; REFRESH_TOKEN and its error are not among the events stored by default.
"""

import json
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from counterseal.core.vocabulary import Kind
from counterseal.evidence.log_stamps import instant, split_stamp, stamp_loss
from counterseal.evidence.source import LogStream, Source

DETAILS = ("token_id", "refresh_token_id", "username", "grant_type", "code_id", "reason", "audience")
"""Details that are read. Source: Keycloak, org.keycloak.events.Details."""

STRUCTURE = {
    **dict.fromkeys(("what", "at", "local", "year", "epoch", "id", "issuer"), "VARCHAR"),
    **dict.fromkeys(("type", "clientId", "userId", "sessionId", "ipAddress"), "VARCHAR"),
    **dict.fromkeys(DETAILS, "VARCHAR"),
}

LINE = re.compile(r'(?:^|[\s(])(?:(type)|(operationType))="?[A-Z_0-9]+"?, realmId=')
PAIR = re.compile(r'(\w+)=(?:"((?:[^"\\]|\\.)*)"|(.*?))(?=, \w+=|$)')
STAMPED = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d")
NULL = (None, "", "null")


def read_line(line: str) -> Mapping[str, Any] | None:
    """A record as a flat mapping; null: not Keycloak's."""
    if line.lstrip().startswith("{"):
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            return None
        return read_object(record) if isinstance(record, dict) else None
    found = LINE.search(line)
    if not found:
        return None
    # Behind a prefix of syslog's stands the server's own stamp, which has a year.
    own = STAMPED.search(line, 0, found.start())
    stamped = split_stamp(line[own.start() :] if own else line)
    when = {"at": stamped.at, "local": stamped.local, "year": stamped.year} if stamped else {}
    return {**when, **read_pairs(line, found)}


def read_pairs(text: str, found: re.Match[str]) -> dict[str, Any]:
    """The event in a log message. Of a repeated name the first counts: details, which a client chooses, come last."""
    start = found.start(1) if found[1] else found.start(2)
    pairs: dict[str, str] = {}
    for pair in PAIR.finditer(text, start):
        value = pair[3] if pair[2] is None else re.sub(r"\\(.)", r"\1", pair[2])
        pairs.setdefault(pair[1], value)
    return flat(pairs, pairs, "event" if found[1] else "admin")


def read_object(record: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """A stored event, or a log message in a JSON log (Quarkus' own format, or ECS)."""
    message = record.get("message")
    if isinstance(message, str) and (found := LINE.search(message)):
        return {"at": record.get("timestamp") or record.get("@timestamp"), **read_pairs(message, found)}
    if "realmId" not in record or not isinstance(record.get("time"), int):
        return None
    if "operationType" in record:
        return {"what": "admin", "epoch": str(record["time"]), "type": record["operationType"]}
    if not isinstance(record.get("type"), str):
        return None
    details = record.get("details")
    stored = flat(record, details if isinstance(details, dict) else {}, "event")
    return {**stored, "epoch": str(record["time"]), "id": record.get("id"), "issuer": record.get("issuer")}


def flat(event: Mapping[str, Any], details: Mapping[str, Any], what: str) -> dict[str, Any]:
    """The event's own fields and its details side by side; the word null is none."""
    own = {name: event.get(name) for name in ("type", "clientId", "userId", "sessionId", "ipAddress")}
    return {
        "what": what,
        **{name: value for name, value in own.items() if value not in NULL},
        **{name: details[name] for name in DETAILS if details.get(name) not in NULL},
    }


YEAR = "case when regexp_full_match(r.year, '[12][0-9]{3}') then r.year end"
STAMP = ("r.at", "r.local", YEAR)
TIME = f"coalesce(epoch_utc(r.epoch), {instant(*STAMP)})"

MINTING = (
    *("LOGIN", "CODE_TO_TOKEN", "REFRESH_TOKEN", "CLIENT_LOGIN", "TOKEN_EXCHANGE", "IMPERSONATE"),
    *("OAUTH2_DEVICE_CODE_TO_TOKEN", "AUTHREQID_TO_TOKEN", "PERMISSION_TOKEN"),
)
"""Source: Keycloak 26.7.3, org.keycloak.events.EventType. LOGIN alone has a token id only where a password was traded for one."""

MINTED = f"(r.type in {MINTING} or not ends_with(r.type, '_ERROR') and r.token_id is not null and r.grant_type is not null)"
REUSED = "r.type = 'REFRESH_TOKEN_ERROR' and (contains(lower(r.reason), 'token reuse') or r.reason = 'Stale token')"
"""Source: Keycloak 26.7.3, org.keycloak.protocol.oidc.TokenManager."""

OUTCOME = f"""case when r.what <> 'event' then null when {REUSED} then 'reuse'
    when r.type in ('REVOKE_GRANT', 'LOGOUT') then 'revoked'
    when {MINTED} then 'success' when regexp_replace(r.type, '_ERROR$', '') in {MINTING} then 'failure' end"""

SERVICE = "r.type = 'CLIENT_LOGIN' or starts_with(r.username, 'service-account-')"
SESSION = "coalesce(said(r.sessionId), said(r.code_id))"

SOURCE = Source(
    name="keycloak",
    says="Keycloak: user events from the server log or the event store",
    system="keycloak",
    structure=STRUCTURE,
    line=read_line,
    claims="r.what is not null",
    kind=f"case when {OUTCOME} is not null then 'issuance' else 'out_of_scope' end",
    native_id="said(r.id)",
    columns={
        "time": TIME,
        "stream": "case when r.token_id is null and r.refresh_token_id is null then 'keycloak.session' else 'keycloak.token' end",
        "issuer": "said(r.issuer)",
        "tenant": "case when contains(r.username, '@') then lower(split_part(r.username, '@', -1)) end",
        "principal": f"case when {SERVICE} then coalesce(said(r.clientId), said(r.username)) else said(r.username) end",
        "principal_type": f"case when {SERVICE} then 'app' when coalesce(r.userId, r.username) is not null then 'user' end",
        "principal_id": "lower(said(r.userId))",
        "app_id": "said(r.clientId)",
        # Only an exchange names it, and then as it was asked for.
        "audience": "said(r.audience)",
        "token_id": f"case when {REUSED} then said(r.refresh_token_id) else said(r.token_id) end",
        "session_id": SESSION,
        # A refresh token presented twice ends this client's part of the session.
        "family": f"case when r.type not in ('REVOKE_GRANT', 'LOGOUT') then {SESSION} || '|' || r.clientId end",
        "parent_id": "case when r.type = 'REFRESH_TOKEN' then said(r.refresh_token_id) end",
        "issued_at": f"case when {MINTED} then {TIME} end",
        "client_ip": "said(r.ipAddress)",
        "grant": "coalesce(said(r.grant_type), lower(r.type))",
        "outcome": OUTCOME,
        "lossy": f"case when r.epoch is null then {stamp_loss(*STAMP)} end",
    },
    rejects={"time-unreadable: not a time": f"r.what = 'event' and {TIME} is null"},
    contradicts=("principal_id", "app_id", "token_id", "outcome"),
    capped_at=(100,),  # events that the admin API gives unless asked for more
    streams=(
        LogStream(
            "keycloak.token",
            Kind.ISSUANCE,
            "oidc",
            holds=("user", "guest", "app"),
            longest_lifetime=timedelta(days=1),
            lag=timedelta(minutes=5),
            note="One row per access token minted, under its jti. Complete only if the realm stores all events (REFRESH_TOKEN is "
            "not stored by default) and keeps them, or the server log holds org.keycloak.events at level DEBUG. Say so with "
            "--declare.",
        ),
        LogStream(
            "keycloak.session",
            Kind.ISSUANCE,
            "oidc",
            holds=("user", "guest"),
            accuses=False,
            longest_lifetime=timedelta(days=1),
            lag=timedelta(minutes=5),
            note="Sign-ins by browser, sign-outs, refusals: no token id, but the session that the token names as sid.",
        ),
    ),
    vendor=(
        "https://www.keycloak.org/docs/latest/server_admin/#configuring-auditing-to-track-events",
        "https://www.keycloak.org/docs-api/latest/rest-api/index.html",
    ),
    export="GET /admin/realms/REALM/events?max=…, each event with the realm's issuer beside it, or the server log: "
    "docs/how-to/keycloak.md.",
    proves="Which access token (jti) was minted for whom, for which client, in which session, by which grant; which refresh "
    "token it came from; that a refresh token was presented twice; that a session or token was taken back.",
    cannot="What was minted while the event type was not stored, after it expired from the store, or with the realm's key "
    "outside Keycloak. The events name neither the signing key nor the token's digest; log lines name no issuer.",
)
