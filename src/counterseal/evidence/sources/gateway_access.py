"""Access logs of HTTP gateways in JSON (nginx, Envoy and kin) that name the token of each request."""

from counterseal.core.vocabulary import Kind
from counterseal.evidence.source import LogStream, Source

SPELLINGS = {
    "time": ("time", "time_iso8601", "start_time", "time_local", "msec"),
    "status": ("status", "response_code"),
    "method": ("method", "request_method"),
    "uri": ("uri", "request_uri", "path"),
    "request": ("request",),
    "host": ("host", "http_host", "authority"),
    "sub": ("sub",),
    "jti": ("jti",),
    "kid": ("kid",),
    "iss": ("iss",),
    "aud": ("aud",),
    "iat": ("iat",),
    "sid": ("sid",),
    "digest": ("digest",),
    "client_id": ("client_id",),
    "ip": ("ip", "remote_addr", "downstream_remote_address"),
    "user_agent": ("user_agent", "http_user_agent"),
    "rid": ("rid", "request_id"),
}
"""Our name -> spellings: that of docs/how-to/gateway-logs.md first, then nginx's variables and Envoy's defaults.
Source: nginx ngx_http_core_module, ngx_http_log_module; Envoy "Access logging", default JSON format."""


def field(name: str) -> str:
    """SQL: the first spelling that says something."""
    return "coalesce(" + ", ".join(f"said(r.{spelling})" for spelling in SPELLINGS[name]) + ")"


TIME = f"""coalesce(utc({field("time")}), epoch_utc({field("time")}),
    cast(try_strptime({field("time")}, '%d/%b/%Y:%H:%M:%S %z') as timestamp))"""
METHOD = f"""coalesce({field("method")}, nullif(regexp_extract({field("request")}, '^([A-Z]+) ', 1), ''))"""
URI = f"""coalesce({field("uri")}, nullif(regexp_extract({field("request")}, '^[A-Z]+ (\\S+)', 1), ''))"""
STATUS = f"whole({field('status')})"
TOKEN = (
    f"coalesce({field('jti')}, {field('kid')}, {field('iss')}, {field('sub')}, {field('sid')}) is not null"
)

# One audience is often written as a list of one; several are joined with blanks, as the issuance sources do.
AUDIENCE = f"""list_transform([{field("aud")}], lambda a: case when starts_with(a, '[')
    then nullif(array_to_string(try_cast(a as json)::varchar[], ' '), '') else a end)[1]"""

SOURCE = Source(
    name="gateway_access",
    says="Access log of an HTTP gateway (nginx, Envoy) with token ids, in JSON",
    system="gateway",
    structure={spelling: "VARCHAR" for spellings in SPELLINGS.values() for spelling in spellings},
    claims=f"""{field("time")} is not null and {field("status")} is not null
        and coalesce({field("method")}, {field("request")}) is not null
        and coalesce({field("uri")}, {field("request")}) is not null and {STATUS} between 0 and 999""",
    kind=f"case when {TOKEN} or {STATUS} in (401, 403) then 'use' else 'out_of_scope' end",
    native_id=field("rid"),
    columns={
        "time": TIME,
        "stream": "'gateway'",
        "tenant": f"""list_transform([{field("sub")}], lambda s: case when contains(s, '@')
            then lower(split_part(s, '@', -1)) end)[1]""",
        "principal": f"coalesce({field('sub')}, {field('client_id')})",
        "principal_type": f"""case when {field("sub")} is null and {field("client_id")} is null then null
            when coalesce({field("sub")}, {field("client_id")}) = {field("client_id")} then 'app' else 'user' end""",
        "operation": METHOD,
        "path": "'gateway'",
        "token_id": field("jti"),
        "session_id": field("sid"),
        "key_id": field("kid"),
        "issuer": field("iss"),
        "audience": AUDIENCE,
        # SHA-256 in hex of the token's core, as the issuer's log writes it.
        "digest": f"lower({field('digest')})",
        "issued_at": f"coalesce(epoch_utc({field('iat')}), utc({field('iat')}))",
        "app_id": field("client_id"),
        "client_ip": field("ip"),
        "user_agent": field("user_agent"),
        "access": "'other'",
        # Without the query, which may hold a token.
        "resource": f"nullif(coalesce({field('host')}, '') || coalesce(split_part({URI}, '?', 1), ''), '')",
        "outcome": f"case when {STATUS} in (401, 403) or {STATUS} >= 500 or {STATUS} = 0 then 'refused' else 'accepted' end",
    },
    rejects={"the time is missing or not a time": f"{TIME} is null"},
    contradicts=("principal", "token_id", "key_id", "resource"),
    streams=(
        LogStream(
            "gateway",
            Kind.USE,
            "any",
            note="One row per request that names a token or was answered 401 or 403. A request answered 5xx, or cut off "
            "before an answer, served nothing and counts as refused.",
        ),
    ),
    vendor=(
        "https://nginx.org/en/docs/http/ngx_http_log_module.html",
        "https://www.envoyproxy.io/docs/envoy/latest/configuration/observability/access_log/usage",
    ),
    export="Use the log format of docs/how-to/gateway-logs.md; copy the file as it is.",
    proves="Which token, by which key of which issuer, was presented for which address, and whether it was let through.",
    cannot="What the application behind the gateway did with the request; requests that reached it by another way; the "
    "token of a request whose fields the gateway left empty.",
)
