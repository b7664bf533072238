"""Access logs of HTTP gateways in text: combined format (nginx, Apache) and Envoy's default, with named token fields."""

from counterseal.evidence.access_lines import FIELDS, read_line
from counterseal.evidence.source import Source
from counterseal.evidence.sources import gateway_access

SAYS_WHOSE = "coalesce(said(r.jti), said(r.kid), said(r.iss), said(r.sub), said(r.sid)) is not null"
STATUS = "whole(r.status)"

SOURCE = Source(
    name="gateway_text",
    says="Access log of an HTTP gateway in text: combined format or Envoy's default, with token ids",
    # One request logged in JSON and in text is one use by its request id.
    system=gateway_access.SOURCE.system,
    structure=dict.fromkeys(("time", "status", "method", "uri", "user_agent", "broken", *FIELDS), "VARCHAR"),
    line=read_line,
    claims="r.time is not null and (r.status is not null or r.broken is not null)",
    kind=f"case when {SAYS_WHOSE} or {STATUS} in (401, 403) then 'use' else 'out_of_scope' end",
    native_id="said(r.rid)",
    columns={
        "time": "utc(r.time)",
        "stream": "'gateway'",
        "tenant": "case when contains(r.sub, '@') then lower(split_part(r.sub, '@', -1)) end",
        "principal": "coalesce(said(r.sub), said(r.client_id))",
        "principal_type": """case when coalesce(said(r.sub), said(r.client_id)) is null then null
            when coalesce(said(r.sub), said(r.client_id)) = said(r.client_id) then 'app' else 'user' end""",
        "operation": "said(r.method)",
        "path": "'gateway'",
        "token_id": "said(r.jti)",
        "session_id": "said(r.sid)",
        "key_id": "said(r.kid)",
        "issuer": "said(r.iss)",
        "audience": """list_transform([said(r.aud)], lambda a: case when starts_with(a, '[')
            then nullif(array_to_string(try_cast(a as json)::varchar[], ' '), '') else a end)[1]""",
        "digest": "lower(said(r.digest))",
        "issued_at": "coalesce(epoch_utc(r.iat), utc(r.iat))",
        "app_id": "said(r.client_id)",
        "client_ip": "said(r.ip)",
        "user_agent": "said(r.user_agent)",
        "access": "'other'",
        # Without the query, which may hold a token.
        "resource": "nullif(coalesce(said(r.host), '') || coalesce(split_part(said(r.uri), '?', 1), ''), '')",
        "outcome": f"case when {STATUS} in (401, 403) or {STATUS} >= 500 or {STATUS} = 0 then 'refused' else 'accepted' end",
    },
    rejects={
        "the time is not a time": "utc(r.time) is null",
        "a field stands twice": "r.broken = 'a field stands twice'",
        "the quotation marks do not fit together": "r.broken is not null",
    },
    contradicts=("principal", "token_id", "key_id", "resource"),
    streams=gateway_access.SOURCE.streams,
    vendor=(
        "https://nginx.org/en/docs/http/ngx_http_log_module.html",
        "https://httpd.apache.org/docs/2.4/mod/mod_log_config.html",
        "https://www.envoyproxy.io/docs/envoy/latest/configuration/observability/access_log/usage",
    ),
    export="Append the fields of docs/how-to/gateway-logs.md by name to the log format; copy the file as it is.",
    proves="Which token, by which key of which issuer, was presented for which address, and whether it was let through.",
    cannot="Whose token a request carried where the format has no such fields; the client's address in Envoy's default "
    "format; requests with quotation marks in their token's text (Envoy escapes none): those are rejected.",
)
