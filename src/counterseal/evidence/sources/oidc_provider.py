"""npm oidc-provider: the JSON lines of the hook in docs/how-to/oidc-provider-log.md, one per token event.

oidc-provider has no log of its own; it emits events. The hook writes them under the provider's own event names,
with the claims of the released token beside them.
"""

from datetime import timedelta

from counterseal.core.vocabulary import Kind
from counterseal.evidence.source import LogStream, Source

STRUCTURE = {
    "time": "VARCHAR",
    "event": "VARCHAR",
    "iss": "VARCHAR",
    "client_id": "VARCHAR",
    "grant_type": "VARCHAR",
    "ip": "VARCHAR",
    "user_agent": "VARCHAR",
    "jti": "VARCHAR",
    "sub": "VARCHAR",
    "username": "VARCHAR",
    "aud": "VARCHAR",
    "iat": "VARCHAR",
    "exp": "VARCHAR",
    "kid": "VARCHAR",
    "digest": "VARCHAR",
    "grant_id": "VARCHAR",
    "session_uid": "VARCHAR",
    "parent": "VARCHAR",
    "error_detail": "VARCHAR",
}

NAMES = (
    "access_token|client_credentials|refresh_token|authorization_code|device_code|grant|session|interaction"
    "|authorization|device_authorization|end_session|backchannel|backchannel_authentication_request"
    "|pushed_authorization_request|initial_access_token|registration_access_token|registration_create"
    "|registration_update|registration_delete|replay_detection"
)
"""First half of every event name the provider emits. Source: oidc-provider 9.13.3, lib/**/*.js, `emit(`."""

ISSUED = (
    "r.event in ('access_token.issued', 'access_token.saved', 'client_credentials.issued', "
    "'client_credentials.saved', 'refresh_token.saved')"
)
# A JWT is `issued`, an opaque token `saved`: the provider emits one or the other (lib/models/base_model.js).

REVOKED = "r.event in ('grant.revoked', 'access_token.destroyed', 'client_credentials.destroyed', 'refresh_token.destroyed')"
# Not `session.destroyed`: a sign-out leaves the grants of clients with offline access alive, and the provider says
# which grants it takes back itself, by `grant.revoked` (lib/actions/end_session.js).

REUSE = "r.event = 'grant.error' and r.error_detail = 'refresh token already used'"
# lib/actions/grants/refresh_token.js; the grant is revoked in the same breath.

OUTCOME = f"""case when {ISSUED} then 'success' when {REVOKED} then 'revoked' when {REUSE} then 'reuse'
                   when r.event in ('grant.error', 'authorization.error') then 'failure' end"""

AUDIENCE = """case when starts_with(r.aud, '[')
                   then nullif(array_to_string(try_cast(r.aud as json)::varchar[], ' '), '') else said(r.aud) end"""

SOURCE = Source(
    name="oidc_provider",
    says="npm oidc-provider: token events written by a hook",
    system="oidc-provider",
    structure=STRUCTURE,
    claims=f"""regexp_full_match(r.event, '({NAMES})\\.[a-z_]+')
               and (r.iss is not null or r.client_id is not null) and r.iss not like '{{%'""",
    kind=f"case when {OUTCOME} is not null then 'issuance' else 'out_of_scope' end",
    native_id=f"case when {ISSUED} then r.iss || '|' || r.event || '|' || r.jti end",
    columns={
        "time": "utc(r.time)",
        "stream": "'oidc.issued'",
        "issuer": "said(r.iss)",
        "key_id": "said(r.kid)",
        "principal": "coalesce(said(r.username), said(r.sub))",
        "principal_type": """case when r.sub is null then null
            when starts_with(r.event, 'client_credentials.') or r.sub = r.client_id then 'app' else 'user' end""",
        "principal_id": "lower(said(r.sub))",
        "app_id": "said(r.client_id)",
        "audience": AUDIENCE,
        "token_id": f"case when {REUSE} then said(r.parent) else said(r.jti) end",
        "session_id": "said(r.session_uid)",
        "parent_id": f"case when {ISSUED} then said(r.parent) end",
        "family": "said(r.grant_id)",
        "digest": "lower(said(r.digest))",
        "issued_at": f"case when {ISSUED} then coalesce(epoch_utc(r.iat), utc(r.time)) end",
        "expires": f"case when {ISSUED} then epoch_utc(r.exp) end",
        "client_ip": "said(r.ip)",
        "user_agent": "said(r.user_agent)",
        "grant": "said(r.grant_type)",
        "outcome": OUTCOME,
    },
    rejects={
        "time is missing or not a time": "utc(r.time) is null",
        "a token event without jti": f"{ISSUED} and said(r.jti) is null",
        "grant.revoked without grant_id": "r.event = 'grant.revoked' and said(r.grant_id) is null",
    },
    contradicts=("digest", "principal", "app_id", "audience", "key_id"),
    streams=(
        LogStream(
            "oidc.issued",
            Kind.ISSUANCE,
            "oidc",
            holds=("user", "guest", "app"),
            longest_lifetime=timedelta(days=1),
            lag=timedelta(minutes=1),
            note="The hook writes before the response leaves: a token that cannot be logged is not released. "
            "Complete only if every process of the provider runs the hook and no line was lost afterwards; "
            "say so with --declare.",
        ),
    ),
    vendor=(
        "https://github.com/panva/node-oidc-provider/blob/main/docs/events.md",
        "https://github.com/panva/node-oidc-provider/blob/main/docs/README.md",
    ),
    export="Add the hook of docs/how-to/oidc-provider-log.md to the provider; its file is NDJSON.",
    proves="Every access and refresh token the provider released since the hook ran: token id, digest of a JWT, "
    "signing key, account, client, audience, grant, session; every grant revoked; every refresh token used twice.",
    cannot="What was issued before the hook, by a process without it, or with the signing key outside the provider. "
    "A JWT access token works until it expires even after its grant is revoked.",
)
