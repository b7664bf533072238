"""Records of the Microsoft 365 unified audit log in their shape of 2025, synthetic."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from counterseal.demo.chance import Chance, unique_token_id
from counterseal.demo.entries import Benign, Entry, Plant, Record
from counterseal.demo.people import Message, Organisation, Person

EXCHANGE = "00000002-0000-0ff1-ce00-000000000000"
GRAPH = "00000003-0000-0000-c000-000000000000"
OUTLOOK_WEB = "9199bf20-a13f-4107-85dc-02114787ef48"
OUTLOOK_MOBILE = "27922004-5251-4030-b22d-91ecd9a37ea4"
OFFICE = "d3590ed6-52b3-4102-aeff-aad2292ab01c"
THUNDERBIRD = "9e5f94bc-e8a4-4e73-b8be-63364c29d753"
# Published ids of Microsoft's and Mozilla's applications; every other GUID of the story is made by the seed.


@dataclass(frozen=True)
class Client:
    """How a program reaches a mailbox, as the audit record shows it."""

    app: str
    client_app: str | None
    text: str
    resource: str = EXCHANGE

    @property
    def acting(self) -> str:
        """The application that a sign-in row names."""
        return self.client_app or self.app


WEB = Client(EXCHANGE, OUTLOOK_WEB, "Client=OWA;Action=ViaProxy")
MOBILE = Client(OUTLOOK_MOBILE, None, "Client=OutlookService;Outlook-iOS/2.0;")
DESKTOP = Client(OFFICE, None, "Client=MSExchangeRPC")
IMAP = Client(THUNDERBIRD, None, "Client=IMAP4;Thunderbird")


@dataclass(frozen=True)
class Token:
    """A token as far as the mailbox's records show it.

    Attributes:
        request_id: the sign-in it comes from, real or claimed.
        issued_at: what the token says.
        session: the session it says it belongs to.
    """

    request_id: str
    issued_at: datetime
    session: str | None

    @property
    def unique_id(self) -> str:
        """As audit records and sign-ins spell it."""
        return unique_token_id(self.request_id)


@dataclass(frozen=True)
class Visit:
    """Someone at a mailbox: who, whose, how and from where."""

    org: Organisation
    owner: Person
    client: Client
    ip: str
    token: Token | None = None
    session: str | None = None
    guest: Person | None = None
    app_only: bool = False

    def to(self, owner: Person) -> "Visit":
        """The same visitor at another mailbox."""
        return replace(self, owner=owner)


def opened(
    chance: Chance,
    visit: Visit,
    time: datetime,
    messages: Sequence[Message],
    *,
    part: Plant | Benign | None = None,
    throttled: bool = False,
) -> Entry:
    """MailItemsAccessed, Bind: these messages were served (RecordType 50)."""
    folders: dict[str, list[Message]] = {}
    for message in messages:
        folders.setdefault(message.folder, []).append(message)
    record = mailbox_record(chance, visit, time, "MailItemsAccessed", 50)
    record["OperationProperties"] = [
        {"Name": "MailAccessType", "Value": "Bind"},
        {"Name": "IsThrottled", "Value": "True" if throttled else "False"},
    ]
    record["Folders"] = [
        {
            "Id": "LgAAAA" + chance.letters(40),
            "Path": f"\\{folder}",
            "FolderItems": [
                {
                    "InternetMessageId": item.message_id,
                    "Id": item.item_id[:40],
                    "ImmutableId": item.item_id,
                    "SizeInBytes": item.size_bytes,
                }
                for item in items
            ],
        }
        for folder, items in folders.items()
    ]
    record["OperationCount"] = len(messages)
    return Entry(time, record, "m365", record["Id"], part=part)


def synchronised(
    chance: Chance, visit: Visit, time: datetime, folder: str, *, part: Plant | Benign | None = None
) -> Entry:
    """MailItemsAccessed, Sync: the folder is named, its messages are not (RecordType 2)."""
    record = mailbox_record(chance, visit, time, "MailItemsAccessed", 2)
    record["OperationProperties"] = [
        {"Name": "MailAccessType", "Value": "Sync"},
        {"Name": "IsThrottled", "Value": "False"},
    ]
    record["Item"] = {
        "Id": "LgAAAA" + chance.letters(40),
        "ParentFolder": {"Id": "LgAAAA" + chance.letters(40), "Name": folder, "Path": "Not Available"},
    }
    return Entry(time, record, "m365", record["Id"], part=part)


def handled(chance: Chance, visit: Visit, time: datetime, operation: str, message: Message) -> Entry:
    """An owner at work: Send, Create, Update or MoveToDeletedItems."""
    moved = operation == "MoveToDeletedItems"
    record = mailbox_record(chance, visit, time, operation, 3 if moved else 2)
    item = {
        "Id": message.item_id[:40],
        "ImmutableId": message.item_id,
        "InternetMessageId": message.message_id,
        "ParentFolder": {"Id": "LgAAAA" + chance.letters(40), "Path": f"\\{message.folder}"},
        "SizeInBytes": message.size_bytes,
    }
    if moved:
        record["AffectedItems"] = [item]
        record["Folder"] = item["ParentFolder"]
        record["DestFolder"] = {"Id": "LgAAAA" + chance.letters(40), "Path": "\\Deleted Items"}
    else:
        record["Item"] = item
    return Entry(time, record, "m365", record["Id"], part=None)


def mailbox_record(chance: Chance, visit: Visit, time: datetime, operation: str, record_type: int) -> Record:
    """What every mailbox record carries."""
    owner, org, client = visit.owner, visit.org, visit.client
    actor = visit.guest or owner
    record: Record = {
        "CreationTime": plain(time),
        "Id": chance.guid(),
        "Operation": operation,
        "OrganizationId": org.tenant,
        "RecordType": record_type,
        "ResultStatus": "Succeeded",
        "UserKey": client.acting if visit.app_only else actor.puid,
        "UserType": 5 if visit.app_only else 0,
        "Version": 1,
        "Workload": "Exchange",
        "UserId": f"{actor.upn.replace('@', '_')}#EXT#@{org.domain}" if visit.guest else owner.spelt,
        "AppId": client.app,
        "ClientIPAddress": visit.ip,
        "ClientInfoString": client.text,
        "ExternalAccess": False,
        "InternalLogonType": 0,
        "LogonType": 2 if visit.guest else 0,
        "LogonUserSid": actor.sid,
        "MailboxGuid": owner.mailbox_guid,
        "MailboxOwnerSid": owner.sid,
        "MailboxOwnerUPN": owner.spelt,
        "OrganizationName": org.domain,
        "OriginatingServer": "SYNTH01 (15.20.9000.000)",
    }
    if client.client_app:
        record["ClientAppId"] = client.client_app
    if token := visit.token:
        if not visit.app_only:
            record["TokenObjectId"] = actor.oid
        record["TokenTenantId"] = org.tenant
        record["AppAccessContext"] = {
            "APIId": client.resource,
            "ClientAppId": client.acting,
            "IssuedAtTime": plain(token.issued_at),
            "UniqueTokenId": token.unique_id,
        }
        if token.session:
            record["AppAccessContext"]["AADSessionId"] = token.session
    elif visit.session:
        record["SessionId"] = visit.session
    return record


def chat(chance: Chance, org: Organisation, person: Person, time: datetime) -> Entry:
    """A Teams message: a record of this log that says nothing of mail (out of scope)."""
    record: Record = {
        "CreationTime": plain(time),
        "Id": chance.guid(),
        "Operation": "MessageSent",
        "OrganizationId": org.tenant,
        "RecordType": 25,
        "UserKey": person.oid,
        "UserType": 0,
        "Version": 1,
        "Workload": "MicrosoftTeams",
        "UserId": person.upn,
        "ClientIP": org.office,
        "CommunicationType": "OneOnOne",
    }
    return Entry(time, record, "m365", record["Id"], scope="out_of_scope")


def plain(time: datetime) -> str:
    """UTC to the second, without a zone, as this log writes it."""
    return time.strftime("%Y-%m-%dT%H:%M:%S")
