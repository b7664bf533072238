"""The same audit records as every tool and portal exports them, and what each of these exports loses."""

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from audit_records import Record

RECORD_TYPES = {
    1: "ExchangeAdmin",
    2: "ExchangeItem",
    3: "ExchangeItemGroup",
    6: "SharePointFileOperation",
    8: "AzureActiveDirectory",
    15: "AzureActiveDirectoryStsLogon",
    50: "ExchangeItemAggregated",
    58: "58",
}
USER_TYPES = {0: "Regular", 2: "Admin", 5: "Application", 6: "ServicePrincipal", 10: "Guest"}
LOGON_TYPES = {0: "Owner", 1: "Admin", 2: "Delegated", 3: "Transport", 6: "DelegatedAdmin"}


def lines(records: Iterable[Mapping[str, Any]]) -> bytes:
    """NDJSON."""
    return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records).encode()


def table(rows: Sequence[Mapping[str, Any]], *, bom: bool = False, header: Iterable[str] = ()) -> bytes:
    """CSV with CRLF between rows, as portals write it."""
    out = io.StringIO()
    names = list(header) or list(dict.fromkeys(name for row in rows for name in row))
    writer = csv.DictWriter(out, names, extrasaction="ignore", quoting=csv.QUOTE_ALL)
    writer.writeheader()
    writer.writerows(rows)
    return (b"\xef\xbb\xbf" if bom else b"") + out.getvalue().encode()


def american(record: Record) -> str:
    """5/18/2021 9:13:33 PM."""
    time = datetime.fromisoformat(record["CreationTime"])
    return f"{time.month}/{time.day}/{time.year} {time:%I:%M:%S %p}".replace(" 0", " ")


def searched(
    records: Sequence[Record], audit_data: Callable[[Record], Any] = json.dumps
) -> list[dict[str, Any]]:
    """Objects of Search-UnifiedAuditLog, in its 13 columns."""
    return [
        {
            "PSComputerName": "outlook.office365.com",
            "RunspaceId": "56d5e2ad-cfa3-47e8-9c1c-8a36d721ce20",
            "PSShowComputerName": False,
            "RecordType": RECORD_TYPES[record["RecordType"]],
            "CreationDate": american(record),
            "UserIds": record["UserId"],
            "Operations": record["Operation"],
            "AuditData": audit_data(record),
            "ResultIndex": number,
            "ResultCount": len(records),
            "Identity": record["Id"],
            "IsValid": True,
            "ObjectState": "Unchanged",
        }
        for number, record in enumerate(records, 1)
    ]


def management_api(records: Sequence[Record]) -> bytes:
    """A content blob of the Management Activity API: one array."""
    return json.dumps(records).encode()


def purview_new(records: Sequence[Record]) -> bytes:
    """The Purview portal's export of 2026, with its trailing blank."""
    return table(
        [
            {
                "RecordId": record["Id"],
                "CreationDate": record["CreationTime"] + ".0000000Z ",
                "RecordType": record["RecordType"],
                "Operation": record["Operation"],
                "UserId": record["UserId"],
                "AuditData": json.dumps(record),
                "AssociatedAdminUnits": "",
                "AssociatedAdminUnitsNames": "",
            }
            for record in records
        ],
        bom=True,
    )


def purview_classic(records: Sequence[Record]) -> bytes:
    """The classic portal's four columns."""
    return table(
        [
            {
                "CreationDate": american(record),
                "UserIds": record["UserId"],
                "Operations": record["Operation"],
                "AuditData": json.dumps(record),
            }
            for record in records
        ],
        bom=True,
    )


def search_csv(records: Sequence[Record]) -> bytes:
    """Search-UnifiedAuditLog | Export-Csv under PowerShell 5.1."""
    return b"#TYPE Deserialized.Microsoft.Exchange.Data.ApplicationLogic.UnifiedAuditLogEvent\r\n" + table(
        searched(records)
    )


def extractor_json(records: Sequence[Record]) -> bytes:
    """Microsoft-Extractor-Suite -Output JSON: an indented array per page, a page of one record an object."""
    found = searched(records)
    pages = [found[:10], *[[one] for one in found[10:12]], found[12:]]
    return "\r\n\r\n".join(
        json.dumps(page if len(page) > 1 else page[0], indent=4) for page in pages
    ).encode()


def extractor_jsonl(records: Sequence[Record]) -> bytes:
    """Microsoft-Extractor-Suite -Output JSONL: AuditData as JSON in text."""
    return lines(searched(records))


def extractor_jsonl_objects(records: Sequence[Record]) -> bytes:
    """The same with AuditData as an object."""
    return lines(searched(records, audit_data=lambda record: record))


def graph(records: Sequence[Record]) -> bytes:
    """Microsoft Graph's auditLogRecord, two pages; userId is the UserKey, userPrincipalName the UserId."""
    found = [
        {
            "id": record["Id"],
            "createdDateTime": record["CreationTime"] + "Z",
            "auditLogRecordType": RECORD_TYPES[record["RecordType"]],
            "operation": record["Operation"],
            "organizationId": record["OrganizationId"],
            "userType": USER_TYPES[record["UserType"]],
            "userId": record["UserKey"],
            "service": record["Workload"],
            "userPrincipalName": record["UserId"],
            "auditData": {"@odata.type": "#microsoft.graph.security.defaultAuditData", **record},
        }
        for record in records
    ]
    context = "https://graph.microsoft.com/beta/$metadata#security/auditLog/queries"
    return lines([{"@odata.context": context, "value": page} for page in (found[:12], found[12:])])


def cloud_app_event(record: Record) -> dict[str, Any]:
    """A row of CloudAppEvents without its RawEventData: for an app's access, the app is the account."""
    apps = [record.get(name, "").lower() for name in ("AppId", "ClientAppId")]
    app = record["UserType"] in (5, 6) or record["UserKey"].lower() in apps
    exchange = record["Workload"] == "Exchange"
    return {
        "Timestamp": record["CreationTime"] + "Z",
        "ActionType": record["Operation"],
        "Application": "Microsoft Exchange Online" if exchange else "Microsoft OneDrive for Business",
        "AccountId": record["AppId"] if app else record["UserId"],
        "AccountObjectId": record["UserKey"],
        "AccountDisplayName": "Archiver" if app else "Somebody",
        "AccountType": "Application" if app else USER_TYPES[record["UserType"]],
        "IPAddress": record.get("ClientIPAddress", record.get("ClientIP", "")),
        "UserAgent": record.get("ClientInfoString", record.get("UserAgent", "")),
        "ObjectName": record.get("ObjectId", ""),
        "OAuthAppId": record.get("ClientAppId") or record.get("AppAccessContext", {}).get("ClientAppId", ""),
        "ReportId": f"85526804_20893_{record['Id']}",
        "ActivityObjects": [
            {"Type": "Property", "Role": "Parameter", "Name": pair["Name"], "Value": pair.get("Value")}
            for pair in record.get("OperationProperties", [])
        ],
    }


def defender_streaming(records: Sequence[Record]) -> bytes:
    """CloudAppEvents as Defender streams it; `time` is later than the event."""
    return lines(
        {
            "time": "2026-01-01T00:00:00.0000000Z",
            "tenantId": record["OrganizationId"],
            "operationName": "Publish",
            "category": "AdvancedHunting-CloudAppEvents",
            "properties": {
                **cloud_app_event(record),
                "RawEventData": {**record, "CreationTime": record["CreationTime"] + "Z"},
            },
        }
        for record in records
    )


def defender_hunting(records: Sequence[Record]) -> bytes:
    """CloudAppEvents as rows of advanced hunting, RawEventData as JSON in text."""
    return lines({**cloud_app_event(record), "RawEventData": json.dumps(record)} for record in records)


def defender_csv(records: Sequence[Record]) -> bytes:
    """CloudAppEvents as the hunting page's CSV."""
    return table(
        [
            {
                **cloud_app_event(record),
                "ActivityObjects": json.dumps(cloud_app_event(record)["ActivityObjects"]),
                "RawEventData": json.dumps(record),
            }
            for record in records
        ],
        bom=True,
    )


def splunk_csv(records: Sequence[Record]) -> bytes:
    """Splunk's CSV of an indexed Search-UnifiedAuditLog CSV: AuditData, and `_raw`, the line it came from."""
    found = searched(records)
    raw = [table([row]).decode().split("\r\n", 1)[1].rstrip("\r\n") for row in found]
    return table(
        [
            {
                "AuditData": row["AuditData"],
                "CreationDate": row["CreationDate"],
                "_raw": line,
                "_time": "2021-01-01T00:00:00.000+0200",
            }
            for row, line in zip(found, raw, strict=True)
        ]
    )


def splunk_raw(records: Sequence[Record]) -> bytes:
    """Splunk's JSON export of a search over Management API events."""
    return lines(
        {"preview": False, "offset": number, "result": {"_raw": json.dumps(record), "_time": "2021-01-01"}}
        for number, record in enumerate(records)
    )


def splunk_fields(records: Sequence[Record]) -> bytes:
    """The same of an indexed CSV, where AuditData is a field."""
    return lines(
        {"preview": False, "result": {"AuditData": json.dumps(record), "_time": "2021-01-01"}}
        for record in records
    )


def lower_keys(value: Any) -> Any:
    """Every key of the record itself in lower case, as column stores fold them; nested keys stay."""
    return {name.lower(): entry for name, entry in value.items()}


def power_text(value: Any) -> str:
    """What PowerShell makes of a value below its depth."""
    if isinstance(value, list):
        return "System.Object[]"
    if isinstance(value, dict):
        parts = ("" if isinstance(entry, dict) else power_text(entry) for entry in value.values())
        return "@{" + "; ".join(f"{name}={part}" for name, part in zip(value, parts, strict=True)) + "}"
    return "" if value is None else str(value)


def to_depth(value: Any, depth: int) -> Any:
    """ConvertTo-Json -Depth: entries of lists count a level, what lies deeper becomes text."""
    if isinstance(value, list):
        return [to_depth(entry, depth - 1) for entry in value]
    if isinstance(value, dict):
        if depth < 0:
            return power_text(value)
        return {
            name: power_text(entry) if isinstance(entry, list) and depth == 0 else to_depth(entry, depth - 1)
            for name, entry in value.items()
        }
    return value


def shallow_json(records: Sequence[Record]) -> bytes:
    """ConvertTo-Json with too small a depth: lists stay, what is in them becomes "@{…}"."""
    return lines(to_depth(record, 1) for record in records)


def deeper_json(records: Sequence[Record]) -> bytes:
    """ConvertTo-Json a level deeper: the items of a folder become "@{…}", nothing that is read is lost."""
    return lines(to_depth(record, 3) for record in records)


def power_cells(record: Record) -> dict[str, str]:
    """The record's fields as Export-Csv writes each of them."""
    return {
        name: american(record) if name == "CreationTime" else power_text(value)
        for name, value in record.items()
    }


def audit_data_only(records: Sequence[Record], header: Iterable[str] = ()) -> bytes:
    """Microsoft-Extractor-Suite -AuditDataOnly -Output CSV: the record's fields as columns, lists destroyed."""
    return table([power_cells(record) for record in records], header=header)


def office_activity_row(record: Record, suffix: str = "") -> dict[str, Any]:
    """A row of Sentinel's OfficeActivity: nested values as JSON in text, names for numbers."""
    number = record["RecordType"]
    nested = {
        name: re.sub(r"\n", "\r\n", json.dumps(record[name], indent=2))
        for name in ("Folders", "Item", "AffectedItems")
        if name in record
    }
    if "OperationProperties" in record:
        nested["OperationProperties"] = json.dumps(
            [dict(reversed(pair.items())) for pair in record["OperationProperties"]]
        )
    return {
        "TenantId": "7c759f10-0000-4000-8000-00000000f0aa",
        "TimeGenerated" + suffix: american(record)
        .replace(" ", ", ", 1)
        .replace(" AM", ".000 AM")
        .replace(" PM", ".000 PM")
        if suffix
        else record["CreationTime"] + "Z",
        "Start_Time" + suffix: "1/1/2026, 1:00:00.000 AM",
        "RecordType": str(number) if number == 50 else RECORD_TYPES[number],
        "Operation": record["Operation"],
        "OrganizationId": record["OrganizationId"],
        "OfficeWorkload": record["Workload"],
        "OfficeId": record["Id"],
        "SourceRecordId": record["Id"],
        "OfficeObjectId": record.get("ObjectId", ""),
        "ResultStatus": record.get("ResultStatus", ""),
        "UserId": record["UserId"],
        "UserKey": record["UserKey"],
        "UserType": USER_TYPES[record["UserType"]],
        "Client_IPAddress": record.get("ClientIPAddress", ""),
        "ClientIP": record.get("ClientIP", ""),
        "ClientInfoString": record.get("ClientInfoString", ""),
        "UserAgent": record.get("UserAgent", ""),
        "Logon_Type": LOGON_TYPES[record["LogonType"]] if "LogonType" in record else "",
        "MailboxGuid": record.get("MailboxGuid", ""),
        "MailboxOwnerUPN": record.get("MailboxOwnerUPN", ""),
        "AppId": record.get("AppId", ""),
        "ClientAppId": record.get("ClientAppId", ""),
        **nested,
        "OfficeTenantId": "$RestApiTenantId$",
        "Type": "OfficeActivity",
    }


def office_activity_csv(records: Sequence[Record]) -> bytes:
    """OfficeActivity as the portal's CSV: times in words, `[UTC]` in the header."""
    return table([office_activity_row(record, " [UTC]") for record in records], bom=True)


def office_activity_json(records: Sequence[Record]) -> bytes:
    """OfficeActivity as JSON lines (continuous export)."""
    return lines(office_activity_row(record) for record in records)


@dataclass(frozen=True)
class Envelope:
    """One export.

    Attributes:
        write: records -> the file.
        source: the source that reads it.
        lost: columns that this export loses in some records; then they are null, never another value.
        changed: columns whose value follows from what was lost.
        kept: the records that this log holds at all.
    """

    write: Callable[[Sequence[Record]], bytes]
    source: str = "m365_audit"
    lost: frozenset[str] = frozenset()
    changed: frozenset[str] = frozenset()
    kept: Callable[[Record], bool] = lambda _: True


def is_no_sign_in(record: Record) -> bool:
    """Tables that hold mailbox and file operations alone."""
    return record["RecordType"] not in (8, 15)


WITHOUT_ITEMS = frozenset({"messages", "lossy"})
OF_LISTS = frozenset({"throttled", "session_id", "session_key", "user_agent", "grant"})
NO_TOKENS = frozenset(
    {
        "session_id",
        "session_key",
        "other_session_id",
        "token_id",
        "token_key",
        "issued_at",
        "count",
        "principal_id",
        "app_id",
        "client_app_id",
        "acting_app",
        "user_agent",
    }
)
OFFICE = Envelope(
    office_activity_csv,
    "m365_office_activity",
    NO_TOKENS,
    WITHOUT_ITEMS | {"source", "acting_app"},
    is_no_sign_in,
)
NO_OWNER = NO_TOKENS | {
    "mailbox",
    "mailbox_key",
    "logon_type",
    "tenant",
    "authority",
    "realm",
    "access",
    "throttled",
}
ENVELOPES: dict[str, Envelope] = {
    "lines": Envelope(lines),
    "management-api": Envelope(management_api),
    "purview-new": Envelope(purview_new),
    "purview-classic": Envelope(purview_classic),
    "search-csv": Envelope(search_csv),
    "extractor-json": Envelope(extractor_json),
    "extractor-jsonl": Envelope(extractor_jsonl),
    "extractor-jsonl-objects": Envelope(extractor_jsonl_objects),
    "graph": Envelope(graph),
    "defender-streaming": Envelope(defender_streaming),
    "defender-hunting": Envelope(defender_hunting),
    "defender-csv": Envelope(defender_csv),
    "splunk-csv": Envelope(splunk_csv),
    "splunk-raw": Envelope(splunk_raw),
    "splunk-fields": Envelope(splunk_fields),
    "lower-case-keys": Envelope(lambda records: lines(map(lower_keys, records))),
    "deeper-json": Envelope(deeper_json),
    "shallow-json": Envelope(shallow_json, changed=WITHOUT_ITEMS),
    "audit-data-only": Envelope(audit_data_only, lost=OF_LISTS, changed=WITHOUT_ITEMS),
    "office-activity-csv": OFFICE,
    "office-activity-json": replace(OFFICE, write=office_activity_json),
    "defender-flat": Envelope(
        lambda records: lines(map(cloud_app_event, records)),
        "m365_cloud_app_events",
        NO_OWNER,
        WITHOUT_ITEMS
        | {"source", "acting_app", "outcome", "principal_type", "principal", "principal_key", "path"},
        is_no_sign_in,
    ),
}
