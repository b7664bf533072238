"""Microsoft Graph activity logs: every request to Microsoft Graph, with the token that was presented."""

from datetime import timedelta

from counterseal.core.vocabulary import Kind
from counterseal.evidence.microsoft365 import message, realm
from counterseal.evidence.source import LogStream, Source

FIELDS = {
    "TimeGenerated": "timeGenerated",
    "AadTenantId": "tenantId",
    "RequestId": "requestId",
    "RequestMethod": "requestMethod",
    "RequestUri": "requestUri",
    "ResponseStatusCode": "responseStatusCode",
    "AppId": "appId",
    "UserId": "userId",
    "ClientAuthMethod": "clientAuthMethod",
    "SignInActivityId": "signInActivityId",
    "UniqueTokenId": "uniqueTokenId",
    "SessionId": "sessionId",
    "TokenIssuedAt": "tokenIssuedAt",
    "IPAddress": "ipAddress",
    "UserAgent": "userAgent",
    "C_Iat": "C_Iat",
    "C_Sid": "C_Sid",
}
"""Column of the table -> name in diagnostic settings. The table's `TenantId` is the workspace, so it is not read.

Source: MicrosoftGraphActivityLogs, azure-monitor-docs 19acc6a; C_Iat and C_Sid: seen in exports.
"""

STAMPED = """case when contains(text, '"TimeGenerated [UTC]"') and json_valid(text) then json_merge_patch(text,
    json_object('TimeGenerated', text->>'$."TimeGenerated [UTC]"', 'TokenIssuedAt',
                coalesce(text->>'$."TokenIssuedAt [UTC]"', text->>'$.TokenIssuedAt')))::varchar else text end"""


def diagnostic() -> str:
    """SQL: the row of the table from a record of diagnostic settings."""
    outer = {"timeGenerated": "text->>'$.time'", "tenantId": "text->>'$.tenantId'"}
    members = ", ".join(
        f"'{column}', coalesce(p->>'$.{name}', {outer.get(name, 'null')})" for column, name in FIELDS.items()
    )
    return f"""case when contains(text, '"properties"') and json_valid(text) then list_transform([
        case json_type(text, '$.properties') when 'OBJECT' then json_extract(text, '$.properties')
            when 'VARCHAR' then try(json_extract_string(text, '$.properties')::json) end],
        lambda p: json_object({members})::varchar)[1] end"""


# The path alone, its ids as segments: users('a@x')/messages('b') is users/a@x/messages/b. A query may hold a token.
URI = r"""regexp_replace(split_part(r.RequestUri, '?', 1), '\(''([^'']*)''\)', '/\1', 'g')"""
STEPS = f"string_split(regexp_replace({URI}, '^https?://[^/]+/+(?i:v1\\.0|beta)/+', ''), '/')"
OWNER = """list_transform([{}], lambda s: case when lower(s[1]) = 'me' then {{'who': null, 'rest': s[2:]}}
    when lower(s[1]) = 'users' then {{'who': nullif(try(url_decode(s[2])), ''), 'rest': s[3:]}} end)[1]"""
AT = OWNER.format(STEPS)
MAIL_STEPS = "('messages', 'mailfolders', 'sendmail', 'inferenceclassification')"
MAIL = f"coalesce(lower({AT}.rest[1]) in {MAIL_STEPS}, false)"


def after(step: str) -> str:
    """SQL: the segment after one of this name in the path below the owner, null if there is none."""
    return f"""list_transform([{AT}.rest], lambda s: nullif(try(url_decode(
        s[list_position(list_transform(s, lambda x: lower(x)), '{step}') + 1])), ''))[1]"""


MESSAGE = f"""list_transform([{after("messages")}], lambda m:
    case when lower(m) in ('delta', '$count', 'delta()', 'microsoft.graph.delta()') then null else m end)[1]"""
FOLDER = after("mailfolders")
STATUS = "whole(r.ResponseStatusCode)"
SERVED = f"(r.RequestMethod = 'GET' and {STATUS} between 200 and 299)"
LISTED = f"({SERVED} and {MAIL} and {MESSAGE} is null and lower({AT}.rest[-1]) in ('messages', 'delta', 'delta()'))"
BOUND = f"({SERVED} and {MAIL} and {MESSAGE} is not null)"

SOURCE = Source(
    name="graph_activity",
    says="Microsoft Graph activity log: table MicrosoftGraphActivityLogs, or its diagnostic settings",
    system="graph-activity",
    structure=dict.fromkeys(FIELDS, "VARCHAR"),
    claims="""r.RequestUri is not null and r.RequestMethod is not null and r.ResponseStatusCode is not null
        and coalesce(r.RequestId, r.SignInActivityId) is not null""",
    kind="'use'",
    native_id="said(r.RequestId)",
    columns={
        "time": "utc(r.TimeGenerated)",
        "stream": "'graph-activity'",
        "realm": realm("said(r.AadTenantId)"),
        "tenant": "lower(said(r.AadTenantId))",
        "principal": "coalesce(said(r.UserId), said(r.AppId))",
        # A certificate may be a managed identity's or one of Microsoft's own, whose sign-ins stand in other streams.
        "principal_type": """case when said(r.UserId) is not null then 'user'
            when r.ClientAuthMethod in ('1', '1.0') then 'app' end""",
        "principal_id": "lower(said(r.UserId))",
        "mailbox": f"case when {MAIL} then coalesce({AT}.who, said(r.UserId)) end",
        "resource": f"nullif({URI}, '')",
        "operation": "r.RequestMethod",
        "path": "'graph'",
        "token_id": "rtrim(coalesce(said(r.UniqueTokenId), said(r.SignInActivityId)), '=')",
        "session_id": "coalesce(said(r.SessionId), said(r.C_Sid))",
        "issued_at": "coalesce(utc(r.TokenIssuedAt), epoch_utc(r.C_Iat))",
        "app_id": "said(r.AppId)",
        "client_ip": "said(r.IPAddress)",
        "user_agent": "said(r.UserAgent)",
        "logon_type": f"""case when {MAIL} and said(r.UserId) is not null
            and (lower({AT}.who) = lower(r.UserId) or {AT}.who is null) then 'owner' end""",
        "access": f"case when {BOUND} or {LISTED} then 'bind' else 'other' end",
        "messages": f"""case when {MAIL} and {MESSAGE} is not null then [{message(item=MESSAGE, folder=FOLDER)}]
            when {LISTED} then [{message(folder=FOLDER)}] end""",
        "outcome": f"""case when {STATUS} in (401, 403, 429) or {STATUS} >= 500 or {STATUS} = 0 then 'refused'
            else 'accepted' end""",
        "lossy": f"case when {LISTED} then 'no-items' end",
    },
    rejects={
        "TimeGenerated is missing or not a time": "utc(r.TimeGenerated) is null",
        "no status code": f"{STATUS} is null",
    },
    envelopes={"bare": STAMPED, "diagnostic": diagnostic()},
    contradicts=("token_id", "session_id", "principal_id", "resource"),
    capped_at=(10_000, 30_000, 500_000),
    streams=(
        LogStream(
            "graph-activity",
            Kind.USE,
            "entra",
            lag=timedelta(hours=1),
            note="One row a request, also those that Microsoft Graph refused. Kept as long as the workspace keeps it; "
            "there is no record of the time before the export was switched on.",
        ),
    ),
    vendor=(
        "https://learn.microsoft.com/graph/microsoft-graph-activity-logs-overview",
        "https://learn.microsoft.com/azure/azure-monitor/reference/tables/microsoftgraphactivitylogs",
        "https://learn.microsoft.com/graph/api/resources/message",
    ),
    export="Diagnostic settings of Microsoft Entra ID with the category MicrosoftGraphActivityLogs, to a workspace, "
    "storage or an event hub; query the table without project and export every column.",
    proves="Which token, of which session and app, was presented to Microsoft Graph from where, for which address, and "
    "whether it was let through; a request for one message names that message.",
    cannot="What a list of messages held: those requests are kept as served without names. Outlook on the web, EWS, "
    "IMAP and the old REST interface do not pass here. Whether an app with a certificate is a managed identity. The "
    "object id stands for the mailbox unless the address was written with the name.",
)
