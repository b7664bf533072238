"""Okta System Log: sessions, tokens granted and taken back, refresh tokens presented twice, signing keys rolled."""

from datetime import timedelta

from counterseal.core.vocabulary import Kind
from counterseal.evidence.source import LogStream, Source

STRUCTURE = {
    "uuid": "VARCHAR",
    "published": "VARCHAR",
    "eventType": "VARCHAR",
    "severity": "VARCHAR",
    "actor": {"id": "VARCHAR", "type": "VARCHAR", "alternateId": "VARCHAR"},
    "client": {"id": "VARCHAR", "ipAddress": "VARCHAR", "userAgent": {"rawUserAgent": "VARCHAR"}},
    "authenticationContext": {"externalSessionId": "VARCHAR", "rootSessionId": "VARCHAR"},
    "outcome": {"result": "VARCHAR"},
    "debugContext": {"debugData": {"grantType": "VARCHAR"}},
    "target": [
        {"id": "VARCHAR", "type": "VARCHAR", "alternateId": "VARCHAR", "detailEntry": {"expires": "VARCHAR"}}
    ],
}

PANTHER = ("eventType", "authenticationContext", "debugContext")
"""Members that Panther writes in lower case."""

LOWER_CASE = f"""case when contains(text, '"eventtype"') then try(json_merge_patch(text, json_object(
    {", ".join(f"'{name}', json_extract(text, '$.{name.lower()}')" for name in PANTHER)}))::varchar) else text end"""

EVENT = "r.eventType"
GRANTED = rf"regexp_full_match({EVENT}, 'app\.oauth2\.(as\.)?token\.grant(\.[a-z_]+)?')"
REUSED = f"{EVENT} in ('app.oauth2.as.token.detect_reuse', 'app.oauth2.token.detect_reuse')"
REVOKED = rf"regexp_full_match({EVENT}, 'app\.oauth2\.(as\.)?token\.revoke(\.[a-z_.]+)?')"
SIGNED_OUT = f"{EVENT} = 'user.session.end'"
SIGNED_IN = f"{EVENT} in ('user.session.start', 'user.authentication.sso')"
OF_TOKEN = f"({GRANTED} or {REUSED} or {REVOKED})"
KEY_ROLLED = f"{EVENT} in ('app.oauth2.key.rollover', 'app.oauth2.as.key.rollover')"
PROVIDER_CHANGED = f"starts_with({EVENT}, 'system.idp.lifecycle.')"

RESULT = """case upper(r.outcome.result) when 'SUCCESS' then 'success' when 'ALLOW' then 'success' when 'FAILURE' then 'failure'
    when 'DENY' then 'failure' when 'CHALLENGE' then 'interrupted' end"""
"""Source: Okta, System Log API, Outcome object. SKIPPED and UNKNOWN say nothing."""

OUTCOME = f"""case when {REUSED} then 'reuse'
    when {REVOKED} or {SIGNED_OUT} then case when {RESULT} = 'success' then 'revoked' end
    when {GRANTED} or {SIGNED_IN} or {KEY_ROLLED} or {PROVIDER_CHANGED} then {RESULT} end"""

USER = "list_filter(r.target, lambda t: t.type = 'User')[1]"
APP = "list_filter(r.target, lambda t: t.type = 'AppInstance')[1]"
# A grant names what it granted last; a revocation and a reuse name a token or nothing.
TOKEN = f"""list_filter(r.target, lambda t: t.type = case when {REUSED} then 'refresh_token'
    when {GRANTED} then split_part({EVENT}, '.', -1) when ends_with(t.type, '_token') then t.type end)[1]"""
IS_USER = "r.actor.type = 'User'"
# Never the user's id in place of his name: uses name him by his login, and another name would look like another person.
NAME = f"case when {IS_USER} then said(r.actor.alternateId) else said({USER}.alternateId) end"
USER_ID = f"case when {IS_USER} then said(r.actor.id) else said({USER}.id) end"
CLIENT = f"coalesce(said(r.client.id), case when not {IS_USER} then said(r.actor.id) end, said({APP}.id))"


def known(session: str) -> str:
    """SQL: a session id; Okta writes `unknown` where there is none."""
    return f"nullif(said({session}), 'unknown')"


SOURCE = Source(
    name="okta_system_log",
    says="Okta System Log: sessions, tokens, refresh-token reuse, signing keys",
    system="okta",
    structure=STRUCTURE,
    envelopes={
        "bare": LOWER_CASE,
        # Amazon EventBridge, Okta's log streaming.
        "detail": "case when contains(text, '\"detail-type\"') then try(json_extract(text, '$.detail')::varchar) end",
    },
    claims=rf"""regexp_full_match({EVENT}, '[a-z0-9_]+(\.[A-Za-z0-9_]+)+') and r.severity is not null
        and coalesce(r.actor.id, r.actor.alternateId, r.uuid, r.outcome.result) is not null""",
    kind=f"""case when {OUTCOME} is null then 'out_of_scope' when {KEY_ROLLED} or {PROVIDER_CHANGED} then 'custody'
        else 'issuance' end""",
    native_id="said(r.uuid)",
    columns={
        "time": "utc(r.published)",
        "stream": f"""case when {OF_TOKEN} then 'okta.token' when {KEY_ROLLED} or {PROVIDER_CHANGED} then 'okta.custody'
            else 'okta.session' end""",
        "tenant": f"""list_transform([{NAME}], lambda n: case when contains(n, '@')
            then lower(split_part(n, '@', -1)) end)[1]""",
        "principal": f"coalesce({NAME}, case when {USER_ID} is null then {CLIENT} end)",
        "principal_type": f"case when {USER_ID} is not null then 'user' when {CLIENT} is not null then 'app' end",
        "principal_id": f"lower(coalesce({USER_ID}, {CLIENT}))",
        "app_id": CLIENT,
        "token_id": f"case when {OF_TOKEN} then said({TOKEN}.id) end",
        "session_id": f"""coalesce({known("r.authenticationContext.rootSessionId")},
            {known("r.authenticationContext.externalSessionId")})""",
        # A reuse takes back all tokens of this client and user since the sign-in; a revocation takes back what it names.
        "family": f"case when {GRANTED} or {REUSED} then {CLIENT} || '|' || {USER_ID} end",
        "issued_at": f"case when {GRANTED} or {SIGNED_IN} then utc(r.published) end",
        "expires": f"case when {GRANTED} then utc({TOKEN}.detailEntry.expires) end",
        "client_ip": "said(r.client.ipAddress)",
        "user_agent": "said(r.client.userAgent.rawUserAgent)",
        "grant": f"coalesce(said(r.debugContext.debugData.grantType), case when {SIGNED_IN} then {EVENT} end)",
        "actor": "coalesce(said(r.actor.alternateId), said(r.actor.id))",
        "action": f"""case when {KEY_ROLLED} then 'key-rolled'
            when {PROVIDER_CHANGED} then 'identity-provider-' || split_part({EVENT}, '.', -1) end""",
        "outcome": OUTCOME,
    },
    rejects={"published is missing or not a time": "utc(r.published) is null"},
    contradicts=("principal_id", "app_id", "token_id", "outcome"),
    capped_at=(1_000,),  # events of one page of the API
    streams=(
        LogStream(
            "okta.token",
            Kind.ISSUANCE,
            "oidc",
            holds=("user", "guest", "app"),
            longest_lifetime=timedelta(days=1),
            lag=timedelta(minutes=10),
            retention=timedelta(days=90),
            note="One row per access, ID or refresh token granted, by the org's and by custom authorization servers. Kept 90 "
            "days. An access token lives at most a day. Whether the id is the token's jti, Okta does not document.",
        ),
        LogStream(
            "okta.session",
            Kind.ISSUANCE,
            "oidc",
            holds=("user", "guest"),
            accuses=False,
            longest_lifetime=timedelta(days=1),
            lag=timedelta(minutes=10),
            retention=timedelta(days=90),
            note="Sessions begun and ended, and sign-ins to applications. No token id: they may match a use, never accuse one.",
        ),
        LogStream(
            "okta.custody",
            Kind.CUSTODY,
            "oidc",
            lag=timedelta(minutes=10),
            retention=timedelta(days=90),
            note="Signing keys rolled, identity providers created or changed.",
        ),
    ),
    vendor=(
        "https://developer.okta.com/docs/reference/api/system-log/",
        "https://developer.okta.com/docs/reference/api/event-types/",
        "https://developer.okta.com/docs/guides/refresh-tokens/main/",
    ),
    export="GET /api/v1/logs?since=…&until=…&limit=1000, following the Link header to its end, or log streaming; keep the JSON: "
    "docs/how-to/okta.md.",
    proves="Which client was granted which token for whom and until when; that a refresh token was presented twice; that a "
    "session or token was taken back; that a signing key was rolled.",
    cannot="Where a token was used, or by which key it was signed. The log names no issuer: rows answer for the mail domain "
    "of the user. A reuse names a client and a user, not which of two holders is the thief.",
)
