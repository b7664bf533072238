"""Raw log records as their systems write them, synthetic, with every value given or derived from a name."""

import base64
import csv
import io
import json
import uuid
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

ENTERPRISE, CONSUMER = "https://login.ent.example", "https://login.con.example"
TENANT = "5f3a1c00-0000-4000-8000-00000000ab1e"
EXCHANGE = "00000002-0000-0ff1-ce00-000000000000"
OUTLOOK_WEB = "9199bf20-a13f-4107-85dc-02114787ef48"
OUTLOOK_MOBILE = "27922004-5251-4030-b22d-91ecd9a37ea4"
OWA, REST, MOBILE = (
    "Client=OWA;Action=ViaProxy",
    "Client=REST;Client=RESTSystem;;",
    "Client=OutlookService;Outlook-iOS/2.0;",
)
MONDAY = datetime(2026, 5, 4, tzinfo=UTC)

Record = dict[str, Any]


def at(day: float, hour: float = 0, minute: float = 0) -> datetime:
    """An instant, counted from midnight of Monday, 4 May 2026."""
    return MONDAY + timedelta(days=day, hours=hour, minutes=minute)


def guid(name: str) -> str:
    """The same GUID for the same name."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"https://synthetic.example/{name}"))


def unique_token_id(name: str) -> str:
    """A token id as Entra spells it: base64url of the sign-in's GUID in .NET byte order."""
    return base64.urlsafe_b64encode(uuid.UUID(guid(name)).bytes_le).decode().rstrip("=")


def digest(name: str) -> str:
    """The digest of a token's core."""
    return sha256(name.encode()).hexdigest()


def stamp(time: datetime) -> str:
    """UTC with a Z."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


def ndjson(*records: Mapping[str, Any]) -> bytes:
    """One record a line; what is null is not written."""
    written = ({name: value for name, value in record.items() if value is not None} for record in records)
    return "".join(json.dumps(record) + "\n" for record in written).encode()


def purview_csv(records: Iterable[Mapping[str, Any]]) -> bytes:
    """The Purview portal's export: UTF-8 with BOM, CRLF, the audit record as JSON in one cell."""
    out = io.StringIO(newline="")
    table = csv.writer(out, lineterminator="\r\n")
    table.writerow(
        ["RecordId", "CreationDate", "RecordType", "Operation", "UserId", "AuditData", "AssociatedAdminUnits"]
    )
    for record in records:
        head = [record[name] for name in ("Id", "CreationTime", "RecordType", "Operation", "UserId")]
        table.writerow([*head, json.dumps({k: v for k, v in record.items() if v is not None}), ""])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def lines(*written: str) -> bytes:
    """Lines of a text log."""
    return "".join(f"{line}\n" for line in written).encode()


def request(
    time: datetime, sub: str, jti: str, *, kid: str = "ent-2026", iss: str = ENTERPRISE, **fields: object
) -> Record:
    """One line of a gateway's access log: a request that was let through."""
    return {
        "time": stamp(time), "status": "200", "method": "GET", "uri": "/mail/inbox", "host": "mail.ent.example",
        "sub": sub, "jti": jti, "kid": kid, "iss": iss, "aud": "urn:mail", "client_id": "mail-app",
        "ip": "192.0.2.10", "user_agent": "synthetic/1.0", "rid": guid(f"{time} {sub} {jti}"), **fields,
    }  # fmt: skip


def seconds(time: datetime) -> str:
    """Seconds since 1970, as a token's `iat` reaches a log."""
    return str(int(time.timestamp()))


def issued(time: datetime, username: str, jti: str, **fields: object) -> Record:
    """oidc-provider's hook: an access token was released."""
    return event(
        time, "access_token.issued", grant_type="authorization_code", jti=jti, sub=guid(username), username=username,
        aud="urn:mail", iat=int(time.timestamp()), exp=int(time.timestamp()) + 3600, **{"kid": "ent-2026", **fields},
    )  # fmt: skip


def saved(time: datetime, username: str, jti: str, **fields: object) -> Record:
    """oidc-provider's hook: a refresh token was released."""
    return event(
        time, "refresh_token.saved", grant_type="authorization_code", jti=jti, sub=guid(username), username=username,
        iat=int(time.timestamp()), **fields,
    )  # fmt: skip


def event(time: datetime, name: str, **fields: object) -> Record:
    """Any line of oidc-provider's hook."""
    return {
        "time": stamp(time), "event": name, "iss": ENTERPRISE, "client_id": "mail-app", "ip": "192.0.2.10",
        "user_agent": "synthetic/1.0", **fields,
    }  # fmt: skip


def login(
    time: datetime, user: str, session: str, jti: str, *, kid: str = "ent-2026", iss: str = ENTERPRISE,
    ip: str = "192.0.2.10",
) -> str:  # fmt: skip
    """Dovecot: an IMAP login by token."""
    return (
        f"{stamp(time)} mx1 dovecot: imap-login: Info: Login: user=<{user}>, method=OAUTHBEARER, rip={ip}, lip=192.0.2.5, "
        f"TLS, session=<{session}>, jti=<{jti}>, kid=<{kid}>, iss=<{iss}>"
    )


def opened(
    time: datetime, user: str, session: str, uid: int, *, ip: str = "192.0.2.10", folder: str = "INBOX"
) -> str:
    """Dovecot: the event of one message's body being served."""
    fields = {
        "user": user, "remote_ip": ip, "session": session, "cmd_name": "UID FETCH",
        "reason_code": ["imap:cmd_uid_fetch", "imap:fetch_body"], "mailbox": folder, "uid": uid,
    }  # fmt: skip
    exported = {
        "event": "mail_opened", "hostname": "mx1", "start_time": stamp(time), "end_time": stamp(time),
        "categories": ["storage", "mailbox", "mail", "imap"], "fields": fields,
    }  # fmt: skip
    return f"{stamp(time)} mx1 dovecot: stats: Info: {json.dumps(exported)}"


def mailbox_record(time: datetime, owner: str, operation: str, record_type: int, **fields: object) -> Record:
    """What every mailbox record of the unified audit log carries."""
    return {
        "CreationTime": time.strftime("%Y-%m-%dT%H:%M:%S"), "Id": guid(f"{time} {owner} {operation} {fields}"),
        "Operation": operation, "OrganizationId": TENANT, "RecordType": record_type, "ResultStatus": "Succeeded",
        "UserKey": "1003200100000000", "UserType": 0, "Version": 1, "Workload": "Exchange", "UserId": owner,
        "AppId": EXCHANGE, "ClientAppId": OUTLOOK_WEB, "ClientIPAddress": "192.0.2.10", "ClientInfoString": OWA,
        "ExternalAccess": False, "LogonType": 0, "MailboxGuid": guid(owner), "MailboxOwnerUPN": owner,
        "OrganizationName": "ent.example", **fields,
    }  # fmt: skip


def token(name: str, issued_at: datetime, session: str | None = None, app: str = OUTLOOK_WEB) -> Record:
    """The part of a mailbox record that names the token presented."""
    return {
        "AppAccessContext": {
            "APIId": EXCHANGE, "ClientAppId": app, "IssuedAtTime": issued_at.strftime("%Y-%m-%dT%H:%M:%S"),
            "UniqueTokenId": unique_token_id(name), **({"AADSessionId": guid(session)} if session else {}),
        }
    }  # fmt: skip


def bound(time: datetime, owner: str, *, items: int = 1, **fields: object) -> Record:
    """MailItemsAccessed, Bind: so many messages were served."""
    served = [
        {
            "InternetMessageId": f"<{stamp(time)}-{number}@elsewhere.example>",
            "Id": f"RgAAA{number}",
            "SizeInBytes": 4096,
        }
        for number in range(items)
    ]
    return mailbox_record(
        time, owner, "MailItemsAccessed", 50,
        OperationProperties=[{"Name": "MailAccessType", "Value": "Bind"}, {"Name": "IsThrottled", "Value": "False"}],
        Folders=[{"Id": "LgAAA", "Path": "\\Inbox", "FolderItems": served}], OperationCount=items, **fields,
    )  # fmt: skip


def synced(time: datetime, owner: str, folder: str = "Inbox", **fields: object) -> Record:
    """MailItemsAccessed, Sync: a folder was synchronised."""
    return mailbox_record(
        time, owner, "MailItemsAccessed", 2,
        OperationProperties=[{"Name": "MailAccessType", "Value": "Sync"}, {"Name": "IsThrottled", "Value": "False"}],
        Item={"Id": "LgAAA", "ParentFolder": {"Id": "LgAAA", "Name": folder, "Path": "Not Available"}}, **fields,
    )  # fmt: skip


def sent(time: datetime, owner: str, **fields: object) -> Record:
    """The owner sends a mail."""
    item = {
        "Id": "RgAAAS", "InternetMessageId": f"<{stamp(time)}-sent@ent.example>",
        "ParentFolder": {"Id": "LgAAA", "Path": "\\Sent Items"}, "SizeInBytes": 900,
    }  # fmt: skip
    return mailbox_record(time, owner, "Send", 2, Item=item, **fields)


def signed_in(
    time: datetime, user: str, name: str, *, stream: str = "nonInteractiveUser", session: str | None = None,
    app: str = OUTLOOK_WEB, ip: str = "192.0.2.10",
) -> Record:  # fmt: skip
    """Graph `signIn`: the issuance of the token of that name."""
    return {
        "id": guid(name), "createdDateTime": stamp(time), "appId": app, "resourceId": EXCHANGE,
        "resourceTenantId": TENANT, "homeTenantId": TENANT, "ipAddress": ip, "signInEventTypes": [stream],
        "tokenIssuerType": "AzureAD", "crossTenantAccessType": "none", "userPrincipalName": user,
        "userId": guid(f"oid {user}"), "userType": "member", "sessionId": guid(session) if session else None,
        "uniqueTokenIdentifier": unique_token_id(name), "isInteractive": stream == "interactiveUser",
        "status": {"errorCode": 0, "failureReason": "Other."},
    }  # fmt: skip


def realm(name: str, issuer: str, tenant: str, *keys: str, settings: str = "") -> str:
    """One realm of a realms file; a key is the rest of its table: `kid = "k", state = "active"`."""
    listed = "".join(f"\n[[realms.{name}.keys]]\n" + "\n".join(key.split(", ")) + "\n" for key in keys)
    return f"""# Synthetic.
[realms.{name}]
issuers = ["{issuer}"]
tenants = ["{tenant}"]
{settings}
{listed}"""


ENTERPRISE_REALM = realm("enterprise", ENTERPRISE, "ent.example", 'kid = "ent-2026", state = "active"')
CONSUMER_REALM = realm("consumer", CONSUMER, "con.example", 'kid = "con-2016", state = "active"')
REALMS = (ENTERPRISE_REALM + CONSUMER_REALM).encode()


def declared(owner: str, begins: datetime, *streams: str) -> bytes:
    """Somebody answers for these streams being complete from then on, until a month after the story."""
    return "".join(
        f'[[complete]]\ntenant = "{owner}"\nstream = "{stream}"\nfrom = {stamp(begins)}\nto = {stamp(at(42))}\n'
        'by = "an operator (synthetic)"\nwhy = "nothing leaves without a line"\n\n'
        for stream in streams
    ).encode()
