"""Microsoft Sentinel's table OfficeActivity: the unified audit log as flat columns, exported as CSV or JSON.

Nested values are JSON in text, record types names or, for newer ones, numbers in text. `TenantId` is the workspace.
"""

import json

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
    logon_type,
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
from counterseal.evidence.source import Source, Structure

STRUCTURE: Structure = dict.fromkeys(
    (
        "TimeGenerated",
        "TimeGenerated [UTC]",
        "OfficeId",
        "SourceRecordId",
        "RecordType",
        "Operation",
        "OrganizationId",
        "OfficeWorkload",
        "ResultStatus",
        "OfficeObjectId",
        "UserId",
        "UserKey",
        "UserType",
        "Client_IPAddress",
        "ClientIP",
        "ClientInfoString",
        "UserAgent",
        "Logon_Type",
        "MailboxGuid",
        "MailboxOwnerUPN",
        "AppId",
        "ClientAppId",
        "AzureADAppId",
        "OperationProperties",
        "Folders",
        "Item",
        "AffectedItems",
    ),
    "VARCHAR",
)
"""The log's own columns; Log Analytics adds `[UTC]` to times in CSV."""


def nested(field: str, structure: object) -> str:
    """SQL: JSON text in a cell as a typed value, null if it was cut."""
    return f"(json_transform(case when json_valid(r.{field}) then r.{field} end, '{json.dumps(structure)}'))"


TIME = """coalesce(nullif(trim(r."TimeGenerated [UTC]"), ''), nullif(trim(r.TimeGenerated), ''))"""
APP_ONLY = """coalesce(r.UserType in ('Application', 'ServicePrincipal', '5', '6')
    or lower(r.UserKey) in (lower(r.AppId), lower(r.ClientAppId)), false)"""
MAIL = "r.Operation = 'MailItemsAccessed'"
FILE = one_of("r.RecordType", FILE_TYPES)
MAILBOX = f"({one_of('r.RecordType', MAIL_TYPES)} or r.Operation = 'SearchQueryInitiatedExchange')"
PROPERTIES = nested("OperationProperties", PAIRS)
FOLDER_LIST = nested("Folders", FOLDERS)
ONE_ITEM = nested("Item", ITEM)
AFFECTED = nested("AffectedItems", [ITEM])
ACCESS = access("r.Operation", pair(PROPERTIES, "MailAccessType"), "r.RecordType")
CUT = " or ".join(
    f"(r.{field} <> '' and not json_valid(r.{field}))"
    for field in ("Folders", "Item", "AffectedItems", "OperationProperties")
)

SOURCE = Source(
    name="m365_office_activity",
    says="Microsoft Sentinel's table OfficeActivity: the unified audit log in flat columns",
    system=SYSTEM,
    structure=STRUCTURE,
    claims="r.OfficeWorkload is not null and r.Operation is not null and r.RecordType is not null",
    kind=f"case when {MAILBOX} or {FILE} then 'use' else 'out_of_scope' end",
    native_id="coalesce(nullif(trim(r.OfficeId), ''), nullif(trim(r.SourceRecordId), ''))",
    columns={
        "time": f"utc({TIME})",
        "stream": f"""case when {MAIL} then 'mail-access' when {FILE} then 'file-audit'
            when {MAILBOX} then 'mailbox-audit' end""",
        "realm": realm("r.OrganizationId"),
        "tenant": "lower(nullif(r.OrganizationId, ''))",
        "principal": f"""case when {APP_ONLY} then coalesce({words("r.ClientAppId")},
                case when is_guid(r.UserKey) then r.UserKey end, {first("r.AppId", "r.AzureADAppId", "r.UserId")})
            else {words("r.UserId")} end""",
        "principal_type": principal_type(APP_ONLY, "r.UserId", "r.UserType"),
        "principal_id": f"case when not {APP_ONLY} and is_guid(r.UserKey) then lower(r.UserKey) end",
        "mailbox": f"""case when r.OfficeWorkload = 'Exchange' then coalesce({words("r.MailboxOwnerUPN")},
            {words("r.MailboxGuid")}, case when {logon_type("r.Logon_Type")} = 'owner' then {words("r.UserId")} end)
            end""",
        "resource": f"case when {FILE} then {words('r.OfficeObjectId')} end",
        "operation": "r.Operation",
        "path": path("r.ClientInfoString", "r.AppId"),
        "app_id": first("r.AppId", "r.AzureADAppId"),
        "client_app_id": words("r.ClientAppId"),
        "client_ip": first("r.Client_IPAddress", "r.ClientIP"),
        "user_agent": first("r.ClientInfoString", "r.UserAgent"),
        "logon_type": logon_type("r.Logon_Type"),
        "access": ACCESS,
        "messages": f"case {messages('r.Operation', ACCESS, FOLDER_LIST, ONE_ITEM, AFFECTED)} end",
        "throttled": f"case when {MAIL} then flag({pair(PROPERTIES, 'IsThrottled')}) end",
        "outcome": outcome("r.ResultStatus"),
        "lossy": f"""case when {CUT} then 'cut'
            when {no_items(MAIL, ACCESS, FOLDER_LIST, ONE_ITEM)} or r.Operation = 'AttachmentAccess' then 'no-items' end""",
    },
    rejects={
        "no time of the event: TimeGenerated is missing": f"{TIME} is null",
        "TimeGenerated is not a time": f"utc({TIME}) is null",
    },
    contradicts=("time", "tenant", "operation", "mailbox"),
    capped_at=(10_000, 30_000, 500_000),
    streams=STREAMS,
    vendor=(
        "https://learn.microsoft.com/azure/azure-monitor/reference/tables/officeactivity",
        "https://learn.microsoft.com/azure/azure-monitor/service-limits",
    ),
    export="Sentinel > Logs: `OfficeActivity | where TimeGenerated between (…)`, then export all columns as CSV. Keep "
    "TimeGenerated; prefer the audit log itself, which has the session and token ids that this table lacks.",
    proves="What the audit log proves of mailboxes and files.",
    cannot="Which session or token was used, and how many items a record aggregates: the table has no such columns. "
    "Start_Time and ElevationTime are times of ingestion and stand for nothing.",
)
