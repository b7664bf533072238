"""How exports pack records: the same entries as NDJSON, Graph pages, diagnostic lines, and three kinds of CSV."""

import csv
import gzip
import io
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from counterseal.demo.audit import plain
from counterseal.demo.entries import Entry, Record

NAMES = {2: "ExchangeItem", 3: "ExchangeItemGroup", 25: "MicrosoftTeams", 50: "ExchangeItemAggregated"}
PURVIEW = (
    "RecordId",
    "CreationDate",
    "RecordType",
    "Operation",
    "UserId",
    "AuditData",
    "AssociatedAdminUnits",
    "AssociatedAdminUnitsNames",
)
SEARCH = (
    "PSComputerName",
    "RunspaceId",
    "PSShowComputerName",
    "RecordType",
    "CreationDate",
    "UserIds",
    "Operations",
    "AuditData",
    "ResultIndex",
    "ResultCount",
    "Identity",
    "IsValid",
    "ObjectState",
)
SENTINEL = (
    "TenantId",
    "RecordType",
    "TimeGenerated [UTC]",
    "Operation",
    "OrganizationId",
    "UserType",
    "UserKey",
    "OfficeWorkload",
    "ResultStatus",
    "UserId",
    "ExternalAccess",
    "OriginatingServer",
    "OrganizationName",
    "Logon_Type",
    "InternalLogonType",
    "MailboxGuid",
    "MailboxOwnerUPN",
    "MailboxOwnerSid",
    "LogonUserSid",
    "ClientInfoString",
    "Client_IPAddress",
    "Folder",
    "DestFolder",
    "Folders",
    "AffectedItems",
    "Item",
    "SourceSystem",
    "OfficeId",
    "SourceRecordId",
    "Start_Time [UTC]",
    "OfficeTenantId",
    "OperationProperties",
    "AppId",
    "ClientAppId",
    "Type",
)
SAME = (
    "Operation",
    "OrganizationId",
    "UserKey",
    "ResultStatus",
    "UserId",
    "OriginatingServer",
    "OrganizationName",
    "InternalLogonType",
    "MailboxGuid",
    "MailboxOwnerUPN",
    "MailboxOwnerSid",
    "LogonUserSid",
    "ClientInfoString",
    "AppId",
    "ClientAppId",
)
NESTED = ("Folder", "DestFolder", "Folders", "AffectedItems", "Item", "OperationProperties")
LOGON_TYPES = {0: "Owner", 1: "Admin", 2: "Delegated"}
USER_TYPES = {0: "Regular", 5: "Application"}

Packing = Callable[[Sequence[Entry]], bytes]


@dataclass(frozen=True)
class Export:
    """One evidence file to be: its entries in the order of its records.

    Attributes:
        name: path under the evidence folder.
        warns: codes of warnings that a reader should raise about the file as a whole.
    """

    name: str
    entries: tuple[Entry, ...]
    packing: Packing
    warns: tuple[str, ...] = ()

    def content(self) -> bytes:
        """The file's bytes, compressed where the name says so; equal on every machine but for the compressor."""
        content = self.packing(self.entries)
        return zipped(content) if self.name.endswith(".gz") else content


def zipped(content: bytes) -> bytes:
    """Gzip without a name or a time; `gzip.compress` writes another header on every other Python."""
    out = io.BytesIO()
    with gzip.GzipFile("", "wb", 9, out, mtime=0) as stream:
        stream.write(content)
    return out.getvalue()


def objects(entries: Iterable[Entry]) -> list[Record]:
    """The records of entries that are objects."""
    return [entry.record for entry in entries if isinstance(entry.record, dict)]


def compact(record: object) -> str:
    """JSON as logs write it: no blanks, characters as they are."""
    return json.dumps(record, separators=(",", ":"), ensure_ascii=False)


def lines(entries: Sequence[Entry]) -> bytes:
    """One record a line: JSON, text, or bytes that are neither."""
    return b"".join(line(entry.record) + b"\n" for entry in entries)


def line(record: Record | str | bytes) -> bytes:
    """One line without its end."""
    if isinstance(record, bytes):
        return record
    return (record if isinstance(record, str) else compact(record)).encode()


def graph_pages(entries: Sequence[Entry]) -> bytes:
    """Answers of the Graph API, saved one after the other in one file."""
    size, pages = 60, []
    for first in range(0, len(entries), size):
        page = {
            "@odata.context": "https://graph.microsoft.com/beta/$metadata#auditLogs/signIns",
            "value": objects(entries[first : first + size]),
        }
        pages.append(json.dumps(page, indent=2, ensure_ascii=False))
    return "\n".join(pages).encode() + b"\n"


def diagnostic_lines(entries: Sequence[Entry]) -> bytes:
    """Entra's diagnostic export: the sign-in under `properties`, and a later time of its own around it."""
    rows = []
    for entry, record in zip(entries, objects(entries), strict=True):
        rows.append(
            {
                "time": plain(entry.time + timedelta(seconds=130)) + ".0000000Z",
                "resourceId": f"/tenants/{record['resourceTenantId']}/providers/Microsoft.aadiam",
                "operationName": "Sign-in activity",
                "operationVersion": "1.0",
                "category": "NonInteractiveUserSignInLogs",
                "tenantId": record["resourceTenantId"],
                "resultType": str(record["status"]["errorCode"]),
                "callerIpAddress": record["ipAddress"],
                "correlationId": record["correlationId"],
                "Level": 4,
                "properties": record,
            }
        )
    return "".join(compact(row) + "\n" for row in rows).encode()


def purview_csv(entries: Sequence[Entry]) -> bytes:
    """The Purview portal's export: a byte-order mark, CRLF, and times with a blank at their end."""
    return table(
        PURVIEW,
        [
            {
                "RecordId": record["Id"],
                "CreationDate": record["CreationTime"] + ".0000000Z ",
                "RecordType": record["RecordType"],
                "Operation": record["Operation"],
                "UserId": record["UserId"],
                "AuditData": compact(record),
            }
            for record in objects(entries)
        ],
    )


def search_csv(total: int) -> Packing:
    """Search-UnifiedAuditLog piped to Export-Csv; the service said that there are `total` records."""

    def packing(entries: Sequence[Entry]) -> bytes:
        return table(
            SEARCH,
            [
                {
                    "PSShowComputerName": "False",
                    "RecordType": NAMES[record["RecordType"]],
                    "CreationDate": american(entry.time, ""),
                    "UserIds": record["UserId"],
                    "Operations": record["Operation"],
                    "AuditData": compact(record),
                    "ResultIndex": number,
                    "ResultCount": total,
                    "Identity": record["Id"],
                    "IsValid": "True",
                    "ObjectState": "Unchanged",
                }
                for number, (entry, record) in enumerate(zip(entries, objects(entries), strict=True), 1)
            ],
        )

    return packing


def sentinel_csv(workspace: str) -> Packing:
    """Sentinel's OfficeActivity: flat, nested values as JSON text, and without any token or session column."""

    def packing(entries: Sequence[Entry]) -> bytes:
        return table(
            SENTINEL,
            [
                office_activity(workspace, entry, record)
                for entry, record in zip(entries, objects(entries), strict=True)
            ],
        )

    return packing


def office_activity(workspace: str, entry: Entry, record: Record) -> dict[str, object]:
    """One record as Sentinel's table has it."""
    return {
        **{name: record.get(name, "") for name in SAME},
        **{name: json.dumps(record[name], indent=2) if name in record else "" for name in NESTED},
        "TenantId": workspace,
        # Newer record types stand there as a number.
        "RecordType": "50" if record["RecordType"] == 50 else NAMES[record["RecordType"]],
        "TimeGenerated [UTC]": american(entry.time, ","),
        "Start_Time [UTC]": american(entry.time + timedelta(minutes=11), ","),
        "UserType": USER_TYPES[record["UserType"]],
        "Logon_Type": LOGON_TYPES[record["LogonType"]],
        "OfficeWorkload": record["Workload"],
        "ExternalAccess": str(record["ExternalAccess"]).upper(),
        "Client_IPAddress": record["ClientIPAddress"],
        "SourceSystem": "OfficeActivityManager",
        "OfficeId": record["Id"],
        "SourceRecordId": record["Id"],
        "OfficeTenantId": "$RestApiTenantId$",
        "Type": "OfficeActivity",
    }


def wrecked_json(entries: Sequence[Entry]) -> bytes:
    """PowerShell's ConvertTo-Json at its default depth: lists of objects become text, message ids are gone.

    The last record is a page of its own, which that tool writes as an object and not as an array.
    """
    flat = [{name: flattened(value) for name, value in record.items()} for record in objects(entries)]
    return (json.dumps(flat[:-1], indent=4) + "\n\n" + json.dumps(flat[-1], indent=4) + "\n").encode()


def flattened(value: object) -> object:
    """What is left of a value: `@{Path=Inbox; FolderItems=System.Object[]}`."""
    if not isinstance(value, list):
        return value
    return [
        "@{"
        + "; ".join(
            f"{name}={'System.Object[]' if isinstance(inside, list) else inside}"
            for name, inside in one.items()
        )
        + "}"
        for one in value
    ]


def table(columns: Sequence[str], rows: Iterable[dict[str, object]]) -> bytes:
    """A CSV as Microsoft's tools write it: byte-order mark, CRLF, every cell quoted."""
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, restval="", quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def american(time: datetime, comma: str) -> str:
    """5/18/2021 9:13:33 PM; with a comma also milliseconds: 5/18/2021, 9:13:33.000 PM."""
    hour, half = (time.hour % 12 or 12), "AM" if time.hour < 12 else "PM"
    fraction = ".000" if comma else ""
    return f"{time.month}/{time.day}/{time.year}{comma} {hour}:{time.minute:02d}:{time.second:02d}{fraction} {half}"
