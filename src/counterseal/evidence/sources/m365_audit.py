"""Microsoft 365 unified audit log: mailbox, file and sign-in records, in every envelope people export them in."""

from datetime import timedelta

from counterseal.core.vocabulary import Kind
from counterseal.evidence.source import LogStream, Source

STRUCTURE = {
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
    "ClientInfoString": "VARCHAR",
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
    "OperationProperties": [{"Name": "VARCHAR", "Value": "VARCHAR"}],
    "DeviceProperties": [{"Name": "VARCHAR", "Value": "VARCHAR"}],
    "Folders": [
        {
            "Path": "VARCHAR",
            "FolderItems": [
                {"InternetMessageId": "VARCHAR", "Id": "VARCHAR", "ImmutableId": "VARCHAR", "SizeInBytes": "VARCHAR"}
            ],
        }
    ],
    "Item": {"ParentFolder": {"Name": "VARCHAR", "Path": "VARCHAR"}},
    "OperationCount": "VARCHAR",
}

APP_ONLY = "(r.UserType in ('5', '6') or is_guid(r.UserKey) and r.Workload = 'Exchange')"

SOURCE = Source(
    name="m365_audit",
    says="Microsoft 365 unified audit log",
    system="m365",
    structure=STRUCTURE,
    claims="r.CreationTime is not null and r.Operation is not null and r.RecordType is not null",
    kind="""case when r.Workload in ('Exchange', 'SharePoint', 'OneDrive') and r.RecordType in ('2', '3', '50', '6') then 'use'
                 when r.RecordType = '15' then 'issuance' else 'out_of_scope' end""",
    native_id="r.Id",
    columns={
        "time": "utc(r.CreationTime)",
        "stream": "case when r.RecordType = '15' then 'ual.login' when r.Operation = 'MailItemsAccessed' then 'mail-access' else 'mailbox-audit' end",
        "realm": "case when lower(r.OrganizationId) = '9188040d-6c67-4c5b-b112-36a304b66dad' then 'consumer' else 'enterprise' end",
        "tenant": "lower(r.OrganizationId)",
        "principal": f"case when {APP_ONLY} then coalesce(said(r.ClientAppId), said(r.AppId)) else said(r.UserId) end",
        "principal_type": f"case when {APP_ONLY} then 'app' when contains(r.UserId, '#EXT#') then 'guest' else 'user' end",
        "mailbox": "case when r.Workload = 'Exchange' then coalesce(said(r.MailboxOwnerUPN), said(r.MailboxGuid), case when r.LogonType = '0' then said(r.UserId) end) end",
        "operation": "r.Operation",
        "token_id": "said(r.AppAccessContext.UniqueTokenId)",
        "session_id": "coalesce(said(r.AppAccessContext.AADSessionId), said(r.SessionId), said(named(r.DeviceProperties, 'SessionId')))",
        "issued_at": "utc(r.AppAccessContext.IssuedAtTime)",
        "app_id": "said(coalesce(r.AppId, r.ApplicationId))",
        "client_app_id": "coalesce(said(r.ClientAppId), said(r.AppAccessContext.ClientAppId))",
        "client_ip": "said(coalesce(r.ClientIPAddress, r.ClientIP, r.ActorIpAddress))",
        "user_agent": "r.ClientInfoString",
        "access": "lower(named(r.OperationProperties, 'MailAccessType'))",
        "throttled": "flag(named(r.OperationProperties, 'IsThrottled'))",
        "count": "whole(r.OperationCount)",
        "outcome": "'accepted'",
        "messages": """flatten(list_transform(r.Folders, lambda f: list_transform(f.FolderItems, lambda i:
            {'message_id': i.InternetMessageId, 'item_id': coalesce(i.ImmutableId, i.Id), 'folder': f.Path,
             'bytes': whole(i.SizeInBytes)})))""",
    },
    rejects={"CreationTime is not a time": "utc(r.CreationTime) is null"},
    streams=(
        LogStream("mail-access", Kind.USE, "entra", retention=timedelta(days=180)),
        LogStream("mailbox-audit", Kind.USE, "entra", retention=timedelta(days=180)),
        LogStream("ual.login", Kind.ISSUANCE, "entra", holds=("user", "guest"), accuses=False),
    ),
)
