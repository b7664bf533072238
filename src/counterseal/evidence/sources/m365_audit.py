"""Microsoft 365 unified audit log: mailbox, file and sign-in records, in every envelope people export them in."""

from datetime import timedelta

from counterseal.core.vocabulary import Kind
from counterseal.evidence.microsoft365 import (
    FILE_TYPES,
    FOLDERS,
    ITEM,
    MAIL_TYPES,
    PAIRS,
    STREAMS,
    SYSTEM,
    access,
    first,
    instant,
    logon_type,
    message,
    messages,
    no_items,
    one_of,
    outcome,
    pair,
    path,
    principal_type,
    realm,
    words,
)
from counterseal.evidence.powershell import readable
from counterseal.evidence.source import LogStream, Source, Structure

STRUCTURE: Structure = {
    "Id": "VARCHAR",
    "CreationTime": "VARCHAR",
    "Operation": "VARCHAR",
    "RecordType": "VARCHAR",
    "ResultStatus": "VARCHAR",
    "Workload": "VARCHAR",
    "OrganizationId": "VARCHAR",
    "UserId": "VARCHAR",
    "UserKey": "VARCHAR",
    "UserType": "VARCHAR",
    "AppId": "VARCHAR",
    "ClientAppId": "VARCHAR",
    "ApplicationId": "VARCHAR",
    "ObjectId": "VARCHAR",
    "ClientIPAddress": "VARCHAR",
    "ClientIP": "VARCHAR",
    "ActorIpAddress": "VARCHAR",
    "ActorContextId": "VARCHAR",
    "ClientInfoString": "VARCHAR",
    "ActorInfoString": "VARCHAR",
    "UserAgent": "VARCHAR",
    "LogonType": "VARCHAR",
    "MailboxGuid": "VARCHAR",
    "MailboxOwnerUPN": "VARCHAR",
    "SessionId": "VARCHAR",
    "TokenObjectId": "VARCHAR",
    "ErrorNumber": "VARCHAR",
    "LogonError": "VARCHAR",
    "AppAccessContext": {
        "AADSessionId": "VARCHAR",
        "ClientAppId": "VARCHAR",
        "UniqueTokenId": "VARCHAR",
        "IssuedAtTime": "VARCHAR",
    },
    "OperationProperties": PAIRS,
    "DeviceProperties": PAIRS,
    "ExtendedProperties": PAIRS,
    "Folders": FOLDERS,
    "Item": ITEM,
    "AffectedItems": [ITEM],
    "Messages": [{"Id": "VARCHAR", "MessageItems": [{"SizeInBytes": "VARCHAR"}]}],
    "OperationCount": "VARCHAR",
    "Lossy": "VARCHAR",
}
"""`Lossy` is no field of the log: `powershell.rebuilt` adds it."""

WRAPPERS = (
    "$.AuditData",  # Search-UnifiedAuditLog objects, Microsoft-Extractor-Suite: JSON text or object
    "$.auditData",  # Microsoft Graph auditLogRecord
    "$.RawEventData",  # Defender CloudAppEvents, advanced hunting
    "$.properties.RawEventData",  # Defender CloudAppEvents, streaming
    "$.result.AuditData",  # Splunk's JSON export of a search
    "$.result._raw",
)
"""Where a record lies inside what was wrapped round it, as JSON or as JSON text."""

INNER = ", ".join(f"text->>'{place}'" for place in WRAPPERS)
WRAPPED = f"case when json_valid(text) then coalesce({INNER}) end"


def lower_keys(record: str) -> str:
    """SQL: the record with this source's own spelling of its keys, if a column store folded them to lower case.

    In JSON text `"key":` is never part of a string: there, its quotes are escaped.
    """
    respelt = f"json({record})::varchar"
    for name in STRUCTURE:
        respelt = f"""replace({respelt}, '"{name.lower()}":', '"{name}":')"""
    return f"case when json_valid({record}) and json_exists({record}, '$.creationtime') then {respelt} end"


# Who. Since 2024 an app acting alone has UserType 5 or 6, the mailbox owner as UserId and its own id as UserKey.
APP_ONLY = """coalesce(r.UserType in ('5', '6') or lower(r.UserKey) in (lower(r.AppId), lower(r.ClientAppId),
    lower(r.AppAccessContext.ClientAppId)), false)"""
LOGIN = "r.RecordType = '15'"
MAIL = "r.Operation = 'MailItemsAccessed'"
FILE = one_of("r.RecordType", FILE_TYPES)
MAILBOX = f"({one_of('r.RecordType', MAIL_TYPES)} or r.Operation = 'SearchQueryInitiatedExchange')"


# ResultStatus lies here: 145 of 216 failures say "Success"; 26 of 353 UserLoggedIn carry error 50140.
LOGIN_OUTCOME = """case when r.Operation = 'UserLoginFailed' then 'failure'
    when coalesce(nullif(r.ErrorNumber, ''), '0') <> '0' or r.LogonError <> '' then 'interrupted' else 'success' end"""


ACCESS = access("r.Operation", pair("r.OperationProperties", "MailAccessType"), "r.RecordType")
ATTACHED = message(
    item="m.Id", size="list_sum(list_transform(m.MessageItems, lambda a: whole(a.SizeInBytes)))"
)
LOSSY = f"""case when r.Lossy = 'flattened' then 'flattened'
    when {no_items(MAIL, ACCESS, "r.Folders", "r.Item")} then 'no-items'
    when r.Operation = 'AttachmentAccess' and coalesce(len(r.Messages), 0) = 0 then 'no-items' end"""

SOURCE = Source(
    name="m365_audit",
    says="Microsoft 365 unified audit log (UAL), as the audit record itself, in whatever envelope it was exported",
    system=SYSTEM,
    structure=STRUCTURE,
    claims="r.Operation is not null and r.RecordType is not null and r.Workload is not null",
    kind=f"""case when {LOGIN} and r.Operation in ('UserLoggedIn', 'UserLoginFailed') then 'issuance'
        when {MAILBOX} or {FILE} then 'use' else 'out_of_scope' end""",
    native_id="nullif(trim(r.Id), '')",
    columns={
        "time": "utc(r.CreationTime)",
        "stream": f"""case when {LOGIN} then 'ual.login' when {MAIL} then 'mail-access'
            when {FILE} then 'file-audit' when {MAILBOX} then 'mailbox-audit' end""",
        "realm": realm("r.OrganizationId"),
        "tenant": "lower(nullif(r.OrganizationId, ''))",
        "home_tenant": "lower(r.ActorContextId)",
        "principal": f"""case when {APP_ONLY}
            then coalesce({first("r.ClientAppId", "r.AppAccessContext.ClientAppId")},
                case when is_guid(r.UserKey) then r.UserKey end, {first("r.AppId", "r.ApplicationId", "r.UserId")})
            else {words("r.UserId")} end""",
        "principal_type": principal_type(APP_ONLY, "r.UserId", "r.UserType"),
        "principal_id": f"""lower(coalesce(nullif(r.TokenObjectId, ''),
            case when not {APP_ONLY} and length(r.UserKey) = 36 and is_guid(r.UserKey) then r.UserKey end))""",
        "mailbox": f"""case when r.Workload = 'Exchange' then coalesce({words("r.MailboxOwnerUPN")},
            {words("r.MailboxGuid")}, case when r.LogonType = '0' then {words("r.UserId")} end) end""",
        "resource": f"case when {FILE} then {words('r.ObjectId')} end",
        "audience": f"case when {LOGIN} then lower({words('r.ObjectId')}) end",
        "operation": "r.Operation",
        "path": path("r.ClientInfoString", "r.AppId"),
        # Id is the id of the sign-in request (569 of 569), and a token id is that id in another spelling.
        "token_id": f"""case when {LOGIN} then case when {LOGIN_OUTCOME} = 'success' and is_guid(r.Id) then r.Id end
            else {words("r.AppAccessContext.UniqueTokenId")} end""",
        "session_id": f"""coalesce({words("r.AppAccessContext.AADSessionId")}, {words("r.SessionId")},
            case when {LOGIN} then {pair("r.DeviceProperties", "SessionId")} end)""",
        "other_session_id": """case when r.AppAccessContext.AADSessionId <> ''
            and lower(r.SessionId) <> lower(r.AppAccessContext.AADSessionId) then nullif(r.SessionId, '') end""",
        "issued_at": f"case when {LOGIN} then utc(r.CreationTime) else {instant('r.AppAccessContext.IssuedAtTime')} end",
        "app_id": first("r.AppId", "r.ApplicationId"),
        "client_app_id": first("r.ClientAppId", "r.AppAccessContext.ClientAppId"),
        "client_ip": first("r.ClientIPAddress", "r.ClientIP", "r.ActorIpAddress"),
        "user_agent": f"""coalesce({first("r.ClientInfoString", "r.ActorInfoString", "r.UserAgent")},
            case when {LOGIN} then {pair("r.ExtendedProperties", "UserAgent")} end)""",
        "grant": f"case when {LOGIN} then {pair('r.ExtendedProperties', 'RequestType')} end",
        "logon_type": logon_type("r.LogonType"),
        "access": f"case when not {LOGIN} then {ACCESS} end",
        "messages": f"""case {messages("r.Operation", ACCESS, "r.Folders", "r.Item", "r.AffectedItems")}
            when r.Messages is not null then list_transform(r.Messages, lambda m: {ATTACHED}) end""",
        "throttled": f"case when {MAIL} then flag({pair('r.OperationProperties', 'IsThrottled')}) end",
        "count": "whole(r.OperationCount)",
        "outcome": f"case when {LOGIN} then {LOGIN_OUTCOME} else {outcome('r.ResultStatus')} end",
        "lossy": LOSSY,
    },
    rejects={
        "CreationTime is missing": "nullif(trim(r.CreationTime), '') is null",
        "CreationTime is not a time": "utc(r.CreationTime) is null",
    },
    # Search-UnifiedAuditLog repeats beside every record how many its search found.
    expected="whole(around->>'$.ResultCount')",
    envelopes={
        "bare": readable("text"),
        "wrapped": f"list_transform([{WRAPPED}], lambda w: {readable('w')})[1]",
        "lower-case": lower_keys("text"),
    },
    contradicts=("time", "tenant", "operation", "mailbox", "token_id"),
    capped_at=(5_000, 50_000),
    streams=(
        *STREAMS,
        LogStream(
            "ual.login",
            Kind.ISSUANCE,
            "entra",
            holds=("user", "guest"),
            accuses=False,
            lag=timedelta(hours=24),
            retention=timedelta(days=180),
            note="UserLoggedIn: its record id is the sign-in request's id, of which a token id is another spelling "
            "(inferred; not shown on one tenant yet). So it may match a use, and never accuses one.",
        ),
    ),
    vendor=(
        "https://learn.microsoft.com/office/office-365-management-api/office-365-management-activity-api-schema",
        "https://learn.microsoft.com/purview/audit-log-investigate-accounts",
        "https://learn.microsoft.com/entra/identity/authentication/how-to-authentication-track-linkable-identifiers",
        "https://learn.microsoft.com/powershell/module/exchangepowershell/search-unifiedauditlog",
    ),
    export="Purview portal > Audit > search, then export (at most 50,000 rows: search day by day); or "
    "Search-UnifiedAuditLog with -SessionCommand ReturnLargeSet (5,000 a call, 50,000 a session); or "
    "Microsoft-Extractor-Suite Get-UAL with -Output JSONL, never -AuditDataOnly with CSV, which destroys message ids; "
    "or the Office 365 Management Activity API (Audit.Exchange, Audit.SharePoint, Audit.AzureActiveDirectory); or "
    "Microsoft Graph security/auditLog/queries; or CloudAppEvents with RawEventData from Defender; or a Splunk export.",
    proves="That an item was served (MailItemsAccessed bind, AttachmentAccess), that a folder was synchronised, what "
    "was sent, moved or deleted, by which app over which path, and with which token or session where it says so.",
    cannot="That anything was read; what was accessed while throttled, unlicensed or repeated within an hour; which "
    "key signed the token or who issued it; the client's address behind Microsoft's own services.",
)
