"""Synthetic unified audit log records for benchmarks: years 2021 to 2025 mixed, 2 % repeats, 0.05 % malformed.

Synthetic: names, ids and proportions are invented; only the shapes follow published records.
"""

import base64
import json
import random
import sys
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

TENANT = "aaaaaaaa-0000-4000-8000-000000000000"
USERS = 400
BEGIN = datetime(2026, 5, 1)


def guid(random_source: random.Random) -> str:
    return str(uuid.UUID(int=random_source.getrandbits(128), version=4))


def uti(of: str) -> str:
    return base64.urlsafe_b64encode(uuid.UUID(of).bytes_le).decode().rstrip("=")


def common(
    random_source: random.Random, user: int, operation: str, record_type: int, workload: str
) -> dict[str, object]:
    time = BEGIN + timedelta(seconds=random_source.randrange(30 * 86400))
    return {
        "CreationTime": time.isoformat(), "Id": guid(random_source), "Operation": operation, "RecordType": record_type,
        "ResultStatus": "Succeeded", "Workload": workload, "OrganizationId": TENANT, "UserId": f"user{user}@corp.example",
        "UserKey": f"1003200{user:09d}", "UserType": 0, "Version": 1,
    }  # fmt: skip


def mail_items_accessed(random_source: random.Random, user: int, sign_in: str) -> dict[str, object]:
    sync = random_source.random() < 0.2
    record = common(random_source, user, "MailItemsAccessed", 2 if sync else 50, "Exchange") | {
        "AppId": "00000002-0000-0ff1-ce00-000000000000", "ClientAppId": "9199bf20-a13f-4107-85dc-02114787ef48",
        "ClientIPAddress": f"198.51.{user % 100}.{user % 250}", "ClientInfoString": "Client=OWA;Action=ViaProxy",
        "ExternalAccess": False, "InternalLogonType": 0, "LogonType": 0, "LogonUserSid": f"S-1-5-21-1-2-3-{user}",
        "MailboxGuid": f"bbbbbbbb-0000-4000-8000-{user:012d}", "MailboxOwnerSid": f"S-1-5-21-1-2-3-{user}",
        "MailboxOwnerUPN": f"user{user}@corp.example", "OrganizationName": "corp.onmicrosoft.com",
        "OperationProperties": [{"Name": "MailAccessType", "Value": "Sync" if sync else "Bind"},
                                {"Name": "IsThrottled", "Value": str(random_source.random() < 0.003)}],
        "OriginatingServer": "XX0P000XX0000 (15.20.7000.000)\r\n", "SessionId": guid(random_source),
    }  # fmt: skip
    if sync:
        folder = {"Id": "LgAA" + "y" * 40, "Name": "Inbox", "Path": "Not Available"}
        record["Item"] = {"Id": "LgAA" + "x" * 40, "ParentFolder": folder}
        return record
    record["Folders"] = [
        {
            "Id": "LgAAAAB" + "z" * 40,
            "Path": "\\Inbox",
            "FolderItems": [
                {"InternetMessageId": f"<{random_source.getrandbits(60):x}@mail.example>", "Id": "RgAAAA" + "a" * 60,
                 "ImmutableId": "AAkALg" + "b" * 60, "SizeInBytes": random_source.randrange(2_000, 200_000)}
                for _ in range(random_source.randrange(1, 9))
            ],
        }
    ]  # fmt: skip
    record["OperationCount"] = len(record["Folders"][0]["FolderItems"])  # type: ignore[index]
    if random_source.random() < 0.5:
        record["AppAccessContext"] = {
            "AADSessionId": record["SessionId"], "APIId": guid(random_source),
            "ClientAppId": record["ClientAppId"], "IssuedAtTime": record["CreationTime"], "UniqueTokenId": uti(sign_in),
        }  # fmt: skip
    return record


def other(random_source: random.Random, user: int, kind: float) -> dict[str, object]:
    if kind < 0.6:
        record = common(random_source, user, "UserLoggedIn", 15, "AzureActiveDirectory")
        return record | {
            "ActorIpAddress": "198.51.100.7", "ApplicationId": "9199bf20-a13f-4107-85dc-02114787ef48", "ErrorNumber": "0",
            "IntraSystemId": record["Id"], "ObjectId": "00000002-0000-0ff1-ce00-000000000000",
            "DeviceProperties": [{"Name": "SessionId", "Value": guid(random_source)}],
        }  # fmt: skip
    if kind < 0.8:
        return common(random_source, user, "FileAccessed", 6, "SharePoint") | {
            "ClientIP": "198.51.100.7", "ObjectId": "https://corp.example/sites/a/b.docx", "ItemType": "File",
        }  # fmt: skip
    return common(random_source, user, "Send", 2, "Exchange") | {
        "ClientIPAddress": "198.51.100.7", "LogonType": 0, "MailboxOwnerUPN": f"user{user}@corp.example",
        "ClientInfoString": "Client=OWA;", "Item": {"Id": "RgAA", "InternetMessageId": f"<{user}@mail.example>", "Subject": "s"},
    }  # fmt: skip


def lines(count: int, seed: int = 1) -> Iterator[str]:
    """NDJSON lines; 55 % MailItemsAccessed as in peers' measurements."""
    random_source = random.Random(seed)
    sign_ins = [[guid(random_source) for _ in range(12)] for _ in range(USERS)]
    recent: list[str] = []
    for _ in range(count):
        chance = random_source.random()
        if chance < 0.0005:
            yield '{"CreationTime":"2026-05-01T00:00:00","Id":"cut off'
        elif chance < 0.0205 and recent:
            yield random_source.choice(recent)
        else:
            user = random_source.randrange(USERS)
            if random_source.random() < 0.55:
                record = mail_items_accessed(random_source, user, random_source.choice(sign_ins[user]))
            else:
                record = other(random_source, user, random_source.random())
            line = json.dumps(record, separators=(",", ":"))
            recent = [*recent[-50:], line]
            yield line


def write(path: Path, count: int, seed: int = 1) -> Path:
    """Write a file of that many records once."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="utf-8") as stream:
            stream.writelines(line + "\n" for line in lines(count, seed))
    return path


if __name__ == "__main__":
    write(Path(sys.argv[1]), int(sys.argv[2]))
