"""Microsoft Defender's table CloudAppEvents where the audit record itself is not in it (no RawEventData).

For an app's access this table names the app as the account; the mailbox owner stands only in RawEventData.
"""

import json

from counterseal.evidence.microsoft365 import (
    PAIRS,
    STREAMS,
    SYSTEM,
    access,
    message,
    one_of,
    pair,
    path,
    words,
)
from counterseal.evidence.source import Source, Structure

STRUCTURE: Structure = dict.fromkeys(
    (
        "Timestamp",
        "ActionType",
        "Application",
        "AccountId",
        "AccountObjectId",
        "AccountType",
        "IPAddress",
        "UserAgent",
        "ObjectName",
        "ReportId",
        "OAuthAppId",
        "ActivityObjects",
        "RawEventData",
    ),
    "VARCHAR",
)

MAILBOX_OPERATIONS = (
    "MailItemsAccessed",
    "AttachmentAccess",
    "Send",
    "SendAs",
    "SendOnBehalf",
    "SearchQueryInitiatedExchange",
    "MailboxLogin",
    "Create",
    "Update",
    "Copy",
    "Move",
    "MoveToDeletedItems",
    "SoftDelete",
    "HardDelete",
    "UpdateInboxRules",
    "FolderBind",
    "AddFolderPermissions",
    "UpdateFolderPermissions",
    "ModifyFolderPermissions",
    "RemoveFolderPermissions",
)
"""Mailbox audit operations. Source: Microsoft, "Manage mailbox auditing"."""

MAIL = "r.ActionType = 'MailItemsAccessed'"
MAILBOX = f"(r.Application = 'Microsoft Exchange Online' and {one_of('r.ActionType', MAILBOX_OPERATIONS)})"
FILE = """(r.Application in ('Microsoft SharePoint Online', 'Microsoft OneDrive for Business')
    and starts_with(r.ActionType, 'File'))"""
APP_ONLY = "coalesce(r.AccountType = 'Application', false)"
OBJECTS = f"""json_transform(case when json_valid(r.ActivityObjects) then r.ActivityObjects end,
    '{json.dumps(PAIRS)}')"""
ACCESS = access("r.ActionType", pair(OBJECTS, "MailAccessType"), "null")
RAW = "(case when json_valid(r.RawEventData) then r.RawEventData end)"

SOURCE = Source(
    name="m365_cloud_app_events",
    says="Microsoft Defender's table CloudAppEvents, exported without the audit record in RawEventData",
    system=SYSTEM,
    structure=STRUCTURE,
    # With its audit record inside, the row belongs to m365_audit.
    claims=f"""r.ActionType is not null and r.Application is not null and r.ReportId is not null
        and not coalesce(json_exists({RAW}, '$.Operation') and json_exists({RAW}, '$.RecordType')
                         and json_exists({RAW}, '$.Workload'), false)""",
    kind=f"case when {MAILBOX} or {FILE} then 'use' else 'out_of_scope' end",
    # ReportId ends in the audit record's id: one access is one use in either table.
    native_id=r"""coalesce(nullif(regexp_extract(r.ReportId, '[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$'), ''),
        r.ReportId)""",
    columns={
        "time": "utc(r.Timestamp)",
        "stream": f"""case when {MAIL} then 'mail-access' when {FILE} then 'file-audit'
            when {MAILBOX} then 'mailbox-audit' end""",
        "tenant": f"lower(coalesce(around->>'$.tenantId', {RAW}->>'$.OrganizationId'))",
        "principal": f"""case when {APP_ONLY} then coalesce({words("r.OAuthAppId")}, {words("r.AccountObjectId")})
            else coalesce({words("r.AccountId")}, {words("r.AccountObjectId")}) end""",
        "principal_type": f"case when {APP_ONLY} then 'app' when r.AccountType in ('Regular', 'Admin') then 'user' end",
        "principal_id": f"case when not {APP_ONLY} and is_guid(r.AccountObjectId) then lower(r.AccountObjectId) end",
        "mailbox": f"case when {MAILBOX} then {RAW}->>'$.MailboxOwnerUPN' end",
        "resource": f"case when {FILE} then {words('r.ObjectName')} end",
        "operation": "r.ActionType",
        "path": path("r.UserAgent", "null"),
        "client_app_id": words("r.OAuthAppId"),
        "client_ip": words("r.IPAddress"),
        "user_agent": words("r.UserAgent"),
        "access": ACCESS,
        "messages": f"case when {ACCESS} = 'sync' then [{message()}] end",
        "throttled": f"case when {MAIL} then flag({pair(OBJECTS, 'IsThrottled')}) end",
        "outcome": "'accepted'",
        "lossy": f"case when {MAILBOX} then 'no-items' end",
    },
    rejects={"Timestamp is missing or is not a time": "utc(r.Timestamp) is null"},
    envelopes={"bare": "text", "streaming": "case when json_valid(text) then text->>'$.properties' end"},
    contradicts=("time", "operation"),
    capped_at=(10_000, 100_000),
    streams=STREAMS,
    vendor=("https://learn.microsoft.com/defender-xdr/advanced-hunting-cloudappevents-table",),
    export="Defender > Advanced hunting: `CloudAppEvents | where Timestamp between (…)`, every column; or the "
    "streaming API. With RawEventData the rows are read as the audit log itself: keep that column.",
    proves="That an operation happened, when, by which account or app and from which address.",
    cannot="Whose mailbox was accessed, which items, with which session or token, and whether it was refused: that "
    "stands in RawEventData alone.",
)
