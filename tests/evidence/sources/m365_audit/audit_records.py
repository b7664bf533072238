"""Synthetic unified audit log records: every year's shape, every kind of operation. Nobody's data."""

from typing import Any

Record = dict[str, Any]

TENANT = "0f3c8a1e-6a35-4c1e-9a57-1d2b3c4d5e6f"
CONSUMER = "9188040d-6c67-4c5b-b112-36a304b66dad"
EXCHANGE = "00000002-0000-0ff1-ce00-000000000000"
GRAPH = "00000003-0000-0000-c000-000000000000"
OUTLOOK_MOBILE = "27922004-5251-4030-b22d-91ecd9a37ea4"
ARCHIVER = "b7c1d7de-11aa-4f0e-9d1c-0a2b4c6d8e01"
ADA, EVE, BOB = "Ada.Moreno@contoso.example", "eve@contoso.example", "bob@contoso.example"
GUEST = "carol_fabrikam.example#EXT#@contoso.onmicrosoft.com"
OWA = "Client=OWA;Mozilla/5.0 (Windows NT 10.0; Win64; x64)"


def record_id(number: int) -> str:
    """The id of the n-th record, of the form sign-in ids have (ending 00)."""
    return f"{number:08x}-5a17-4be1-8c00-7d5e2f9a0{number:01x}00"[:36].ljust(36, "0")


def mailbox_record(
    number: int, time: str, operation: str, record_type: int, owner: str, **more: Any
) -> Record:
    """What every mailbox record has, and more."""
    return {
        "CreationTime": time,
        "Id": record_id(number),
        "Operation": operation,
        "OrganizationId": TENANT,
        "RecordType": record_type,
        "ResultStatus": "Succeeded",
        "UserKey": "10032001266C162C",
        "UserType": 0,
        "Version": 1,
        "Workload": "Exchange",
        "UserId": owner,
        "AppId": EXCHANGE,
        "ClientIPAddress": "198.51.100.7",
        "ClientInfoString": OWA,
        "ExternalAccess": False,
        "InternalLogonType": 0,
        "LogonType": 0,
        "MailboxGuid": "3b1f0a52-7d7e-4c53-9f0f-3f1f9f1f0001",
        "MailboxOwnerUPN": owner,
        "OrganizationName": "contoso.onmicrosoft.com",
        "OriginatingServer": "AB1PR01MB0001 (15.20.3977.033)\r\n",
        **more,
    }


def properties(access: str, throttled: str | None = "False") -> list[Record]:
    """OperationProperties as MailItemsAccessed has them; since 2025 without IsThrottled."""
    pairs = [{"Name": "MailAccessType", "Value": access}]
    return pairs + ([{"Name": "IsThrottled", "Value": throttled}] if throttled is not None else [])


def folder(path: str, *items: Record) -> Record:
    """One entry of Folders."""
    return {"FolderItems": list(items), "Id": "LgAAAABfolder", "Path": path}


def bind(number: int, time: str, owner: str, *folders: Record, **more: Any) -> Record:
    """A MailItemsAccessed Bind."""
    return mailbox_record(
        number,
        time,
        "MailItemsAccessed",
        50,
        owner,
        **{
            "OperationProperties": properties("Bind"),
            "Folders": list(folders),
            "OperationCount": sum(len(entry["FolderItems"]) for entry in folders),
            **more,
        },
    )


def without(record: Record, *names: str) -> Record:
    """The record without some fields."""
    return {name: value for name, value in record.items() if name not in names}


def item(number: int, **more: Any) -> Record:
    """One FolderItems entry."""
    return {"InternetMessageId": f"<message-{number}@mail.example>", **more}


BINDS = [
    bind(
        1,
        "2021-05-18T21:13:33",
        ADA,
        folder("\\Inbox", item(1), item(2)),
        SessionId="11111111-AAAA-4000-8000-000000000001",
    ),
    bind(
        2,
        "2021-05-18T21:14:01",
        EVE,
        folder("\\Sent Items", item(3)),
        AppId="8a18aa92-0a1e-4e06-abd0-e118fa4787b1",
        ClientAppId="3c8e478f-21ca-493a-b87c-c7366d664d54",
        ClientInfoString="Client=REST;Client=RESTSystem;;",
        ClientIPAddress="2603:10a6:803:64:cafe::a4",
    ),
    bind(
        4,
        "2023-09-20T04:05:03",
        ADA,
        folder("\\Inbox", item(1, SizeInBytes=41210, Sensitivity=0), item(4, SizeInBytes="1156492.00")),
        folder("\\Archive", item(5, SizeInBytes=77)),
        SessionId="11111111-aaaa-4000-8000-000000000001",
        ClientInfoString="Client=MSExchangeRPC",
    ),
    # Throttled, with the pair in a third place and the names in an order of their own.
    bind(
        5,
        "2023-09-20T05:00:00",
        ADA,
        folder("\\Inbox", item(6)),
        OperationProperties=[
            {"Value": "x", "Name": "Filler"},
            {"Value": "Bind", "Name": "MailAccessType"},
            {"Name": "Alone"},
            {"Value": "True", "Name": "IsThrottled"},
        ],
        ClientInfoString="Client=IMAP4;Protocol=IMAP4",
        ClientIPAddress="203.0.113.9:50123",
    ),
    # An app acting alone: UserId is the mailbox owner, UserKey the app.
    bind(
        6,
        "2024-06-10T08:00:00",
        BOB,
        folder("\\Inbox", item(7, Id="RgAAAABitem7", ClientRequestId="c0ffee00-0000-4000-8000-000000000007")),
        UserType=5,
        UserKey=ARCHIVER,
        AppId=GRAPH,
        ClientAppId=ARCHIVER,
        ClientInfoString="Client=REST;;",
        ExternalAccess="False",
    ),
    bind(
        7,
        "2021-06-10T08:01:00",
        BOB,
        folder("\\Inbox", item(8)),
        UserKey=ARCHIVER.upper(),
        AppId=ARCHIVER,
        ClientInfoString="Client=WebServices;ExchangeWebServices (ExchangeServicesClient/15.00.0913.015);",
    ),
    without(
        bind(
            8,
            "2025-10-14T09:30:00",
            ADA,
            folder("\\Inbox", item(9, Id="RgAAAABitem9", ImmutableId="AAAAABimmutable9", SizeInBytes=900)),
            OperationProperties=properties("Bind", None),
            AppId=OUTLOOK_MOBILE,
            ClientInfoString="Client=OutlookService;Outlook-iOS/2.0;",
            SessionId="22222222-aaaa-4000-8000-000000000002",
            TokenObjectId="ABCDEF01-0000-4000-8000-0000000000AD",
            TokenTenantId=TENANT,
            AppAccessContext={
                "AADSessionId": "33333333-AAAA-4000-8000-000000000003",
                "APIId": EXCHANGE,
                "ClientAppId": OUTLOOK_MOBILE,
                "IssuedAtTime": "2025-10-13T15:32:59",
                "UniqueTokenId": "AQAAABda4UuMAH1eL5oBAA",
            },
        ),
        "ClientIPAddress",
    )
    | {"ClientIP": "[2001:db8::7]:443"},
    bind(10, "2025-10-14T09:31:00", GUEST, folder("\\Inbox", item(10)), UserId=GUEST, MailboxOwnerUPN=EVE),
    bind(11, "2021-05-19T07:00:00", EVE, folder("\\Inbox"), OperationCount=1),
    bind(12, "2021-05-19T07:05:00", EVE, folder("\\Inbox", item(11)), ResultStatus="Failed"),
    bind(
        13,
        "2021-05-19T07:06:00",
        EVE,
        folder("\\Inbox", item(12)),
        ClientInfoString="Client=POP3;",
        ClientIPAddress="",
    ),
    bind(
        14,
        "2021-05-19T07:07:00",
        EVE,
        folder("\\Inbox", item(13)),
        ClientInfoString="Client=ActiveSync;iPhone",
    ),
    bind(
        15,
        "2021-05-19T07:08:00",
        BOB,
        folder("\\Inbox", item(14)),
        AppId=GRAPH,
        ClientAppId="",
        ClientInfoString="",
        ActorInfoString="Actor=Somebody",
        OrganizationId=CONSUMER.upper(),
    ),
    without(
        bind(16, "2021-05-19T07:09:00", EVE, folder("\\Inbox", item(15))),
        "MailboxOwnerUPN",
        "OperationProperties",
    ),
    without(
        bind(17, "2021-05-19T07:10:00", EVE, folder("\\Inbox", item(16))), "MailboxOwnerUPN", "MailboxGuid"
    ),
    # Known as an app by its user type alone.
    bind(
        18,
        "2024-06-10T08:02:00",
        BOB,
        folder("\\Inbox", item(17)),
        UserType=6,
        UserKey="Not Available",
        AppId=ARCHIVER,
    ),
]

SYNCS = [
    mailbox_record(
        20,
        "2021-05-18T21:20:00",
        "MailItemsAccessed",
        2,
        ADA,
        OperationProperties=properties("Sync"),
        ClientInfoString="Client=MSExchangeRPC",
        SessionId="11111111-aaaa-4000-8000-000000000001",
        Item={
            "Id": "LgAAAABposteingang",
            "ParentFolder": {"Id": "LgAAAABp", "Name": "Posteingang", "Path": "Not Available"},
        },
    ),
    without(
        mailbox_record(
            21,
            "2021-05-18T21:21:00",
            "MailItemsAccessed",
            2,
            ADA,
            Item={
                "Id": "LgAAAABprojekte",
                "ParentFolder": {"Id": "LgAAAABq", "Name": "x", "Path": "\\Projekte"},
            },
        ),
        "LogonType",
    ),
]

OTHERS = [
    mailbox_record(
        30,
        "2025-09-29T01:01:01",
        "AttachmentAccess",
        50,
        BOB,
        OperationProperties=[{"Name": "AttachmentAccessType", "Value": "Bind"}],
        ActorInfoString="Client=REST;Client=RESTSystem;UserAgent=[NoUserAgent];",
        ClientInfoString="Client=REST;Client=RESTSystem;;",
        OperationCount="3.0",
        Messages=[
            {
                "Id": "AAMkmessage1",
                "Path": "Messages",
                "MessageItems": [{"Id": "a1", "SizeInBytes": 2379}, {"Id": "a2", "SizeInBytes": 21.0}],
            },
            {"Id": "AAMkmessage2", "Path": "Messages", "MessageItems": [{"Id": "a3", "SizeInBytes": 7}]},
        ],
        AppAccessContext={
            "APIId": GRAPH,
            "ClientAppId": ARCHIVER,
            "IssuedAtTime": "2025-09-29T00:31:01",
            "UniqueTokenId": "0000001e-5a17-4be1-8c00-7d5e2f9a0e00",
        },
        AppId=GRAPH,
        UserType=5,
        UserKey=ARCHIVER,
    ),
    mailbox_record(
        31,
        "2021-05-20T10:00:00",
        "Send",
        2,
        EVE,
        ClientIP="198.51.100.9",
        Item={"Id": "Unknown", "InternetMessageId": "<sent-1@mail.example>", "Subject": "=HYPERLINK(\"http://x\")"},
    ),
    mailbox_record(
        32,
        "2024-05-20T10:01:00",
        "SendAs",
        2,
        EVE,
        UserId=BOB,
        LogonType=2,
        Item={
            "Id": "RgAAAABsent2",
            "ImmutableId": "AAAAABimmutable-sent2",
            "InternetMessageId": "<sent-2@mail.example>",
            "ParentFolder": {"Id": "LgAAAABd", "Path": "\\Drafts"},
            "SizeInBytes": 1234,
        },
    ),
    mailbox_record(
        33,
        "2021-05-20T10:02:00",
        "HardDelete",
        3,
        EVE,
        AffectedItems=[
            {
                "Id": "RgAAAABdel1",
                "InternetMessageId": "<del-1@mail.example>",
                "ParentFolder": {"Id": "Lg", "Path": "\\Drafts"},
            },
            {
                "Id": "RgAAAABdel2",
                "ImmutableId": "AAAAABim-del2",
                "InternetMessageId": "<del-2@mail.example>",
                "SizeInBytes": 5,
                "ParentFolder": {"Id": "Lg", "Name": "Kladde", "Path": "Not Available"},
            },
        ],
    ),
    mailbox_record(
        34, "2021-05-20T10:03:00", "Create", 2, EVE, UserId="S-1-5-18", UserKey="S-1-5-18", UserType=2, LogonType=1,
        ClientIPAddress="::1", ClientInfoString="Client=Management;Action=Configure",
        Item={"Id": "RgAAAABnew", "InternetMessageId": "<new@mail.example>", "ParentFolder": {"Path": "\\Inbox"}},
    ),
    mailbox_record(
        35, "2021-05-20T10:04:00", "FolderBind", 2, EVE, UserId=BOB, UserType=2, LogonType=6, Item={"Id": "LgAAAABx"}
    ),
    mailbox_record(36, "2021-05-20T10:05:00", "MailboxLogin", 2, EVE, LogonType=3),
    without(
        mailbox_record(37, "2024-05-20T10:06:00", "SearchQueryInitiatedExchange", 58, EVE),
        "MailboxOwnerUPN", "MailboxGuid", "LogonType", "ClientInfoString",
    ),
]  # fmt: skip

FILES = [
    {
        "CreationTime": "2024-11-02T12:00:00",
        "Id": record_id(40),
        "Operation": "FileDownloaded",
        "OrganizationId": TENANT,
        "RecordType": 6,
        "UserKey": "i:0h.f|membership|10032000c7584fec@live.com",
        "UserType": 0,
        "Version": 1,
        "Workload": "OneDrive",
        "ClientIP": "203.0.113.20",
        "UserId": ADA.lower(),
        "ApplicationId": "d3590ed6-52b3-4102-aeff-aad2292ab01c",
        "AuthenticationType": "OAuth",
        "ObjectId": "https://contoso-my.sharepoint.example/personal/ada/Documents/plan.pptx",
        "UserAgent": "Mozilla/5.0",
        "AppAccessContext": {
            "AADSessionId": "33333333-aaaa-4000-8000-000000000003",
            "ClientAppId": "00000000-0000-0000-0000-000000000000",
            "ClientAppName": "",
            "IssuedAtTime": "1601-01-01T00:00:00",
            "UniqueTokenId": "AgAAABda4UuMAH1eL5oCAA",
        },
    },
    {
        "CreationTime": "2024-11-02T12:01:00",
        "Id": record_id(41),
        "Operation": "FileAccessed",
        "OrganizationId": TENANT,
        "RecordType": 6,
        "UserKey": "0D0E0F00-1111-4000-8000-00000000CA01",
        "UserType": 10,
        "Version": 1,
        "Workload": "SharePoint",
        "ClientIP": "203.0.113.21",
        "UserId": "carol@fabrikam.example",
        "ObjectId": "https://contoso.sharepoint.example/sites/x/Shared Documents/a.docx",
    },
]


def login(number: int, time: str, operation: str, error: str, **more: Any) -> Record:
    """A UserLoggedIn or UserLoginFailed. ResultStatus lies."""
    return {
        "CreationTime": time,
        "Id": record_id(number),
        "Operation": operation,
        "OrganizationId": TENANT,
        "RecordType": 15,
        "ResultStatus": "Success",
        "UserKey": "ABCDEF01-0000-4000-8000-0000000000AD",
        "UserType": 0,
        "Version": 1,
        "Workload": "AzureActiveDirectory",
        "ClientIP": "198.51.100.7",
        "ObjectId": EXCHANGE,
        "UserId": ADA.lower(),
        "AzureActiveDirectoryEventType": 1,
        "ExtendedProperties": [
            {"Name": "ResultStatusDetail", "Value": "Success"},
            {"Name": "UserAgent", "Value": "Mozilla/5.0 (iPhone)"},
            {"Name": "RequestType", "Value": "OAuth2:Token"},
        ],
        "ActorContextId": TENANT,
        "ActorIpAddress": "198.51.100.7",
        "IntraSystemId": record_id(number),
        "Target": [{"ID": EXCHANGE, "Type": 0}],
        "ApplicationId": OUTLOOK_MOBILE,
        "DeviceProperties": [
            {"Name": "OS", "Value": "Ios"},
            {"Name": "BrowserType", "Value": "Safari"},
            {"Name": "SessionId", "Value": "33333333-aaaa-4000-8000-000000000003"},
        ],
        "ErrorNumber": error,
        **more,
    }


LOGINS = [
    login(50, "2025-10-13T15:32:59", "UserLoggedIn", "0"),
    login(51, "2025-10-13T15:33:10", "UserLoginFailed", "50126", LogonError="InvalidUserNameOrPassword"),
    login(52, "2025-10-13T15:34:00", "UserLoggedIn", "50140"),
    without(login(53, "2025-10-13T15:35:00", "UserLoggedIn", "0", LogonError="SsoArtifact"), "ErrorNumber"),
    without(login(54, "2025-10-13T15:36:00", "UserLoggedIn", "0"), "ClientIP", "DeviceProperties"),
]

OUT_OF_SCOPE = [
    {
        **mailbox_record(60, "2021-05-20T11:00:00", "Set-Mailbox", 1, EVE),
        "Parameters": [{"Name": "Force", "Value": "True"}],
    },
    {
        **login(61, "2021-05-20T11:01:00", "Update application – Certificates and secrets management ", "0"),
        "RecordType": 8,
    },
]

RECORDS: list[Record] = [*BINDS, *SYNCS, *OTHERS, *FILES, *LOGINS, *OUT_OF_SCOPE]
"""Every record that has a time."""

WITHOUT_A_TIME: list[Record] = [
    without(bind(70, "", EVE, folder("\\Inbox", item(70))), "CreationTime"),
    bind(71, "yesterday", EVE, folder("\\Inbox", item(71))),
]
