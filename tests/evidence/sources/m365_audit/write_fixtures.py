"""Write the input fixtures of the Microsoft 365 sources anew from `audit_records` (run after changing a record).

Then rewrite the golden files and review their difference.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from audit_envelopes import (
    cloud_app_event,
    is_no_sign_in,
    lines,
    office_activity_row,
    power_cells,
    to_depth,
)
from audit_records import BINDS, FILES, OTHERS, RECORDS, SYNCS, TENANT, WITHOUT_A_TIME, record_id, without

HERE = Path(__file__).parent


def office_activity() -> list[Mapping[str, Any]]:
    """Every mailbox and file record as Sentinel has it, and the wrecks that only this table makes."""
    rows = [office_activity_row(record) for record in RECORDS if is_no_sign_in(record)]
    portal = {**office_activity_row(BINDS[0], " [UTC]"), "OfficeId": "", "SourceRecordId": record_id(80)}
    cut = {**rows[2], "OfficeId": record_id(81), "Folders": rows[2]["Folders"][:60]}
    by_resource = {**rows[0], "OfficeId": record_id(82), "AppId": "", "AzureADAppId": BINDS[1]["AppId"]}
    timeless = {**without(rows[0], "TimeGenerated"), "OfficeId": record_id(83)}
    return [*rows, portal, cut, by_resource, timeless, {**timeless, "TimeGenerated": "28.4.2021 15:05"}]


def cloud_app_events() -> list[Mapping[str, Any]]:
    """Rows without their audit record: hunting, streaming, another service's, and with some of the record left."""
    held = [*BINDS, *SYNCS, *OTHERS, *FILES]
    rows = [cloud_app_event(record) for record in held]
    some = {
        "MailboxOwnerUPN": BINDS[0]["MailboxOwnerUPN"],
        "OrganizationId": TENANT,
        "Operation": "MailItemsAccessed",
    }
    return [
        *rows,
        {"tenantId": TENANT.upper(), "category": "AdvancedHunting-CloudAppEvents", "properties": rows[0]},
        {**rows[0], "RawEventData": some, "ReportId": "85526804_20893_" + record_id(84)},
        {**rows[0], "Application": "Google Workspace", "ActionType": "view", "ReportId": "1_2_x"},
        {**rows[0], "Timestamp": ""},
    ]


def activity_log() -> list[Mapping[str, Any]]:
    """Lines of words from Defender for Cloud Apps' own log."""
    line = {
        "Event ID": "85526804_15600_" + record_id(40),
        "Category": "Access file",
        "Description": "Access file: file https://contoso-my.sharepoint.example/personal/ada/Documents/plan.pptx",
        "User": "Ada",
        "User Principle Name": "ada.moreno@contoso.example",
        "App": "Microsoft OneDrive for Business",
        "Device": "PC",
        "Location": "Finland",
        "Date": "2024-11-02 12:00:00 UTC",
        "IP address": "203.0.113.20",
        "User agent": "Mozilla/5.0",
        "Organizations": "someone",
    }
    spelt = {**without(line, "User Principle Name"), "User Principal Name": "bob@contoso.example"}
    return [
        line,
        {
            **spelt,
            "Event ID": "85526804_20893_" + record_id(1),
            "Category": "Unspecified",
            "Description": "MailItemsAccessed",
        },
        {
            **line,
            "Event ID": "85526804_15600_" + record_id(85),
            "Category": "Unspecified",
            "Description": "ListViewed",
        },
        {**line, "Event ID": "85526804_15600_" + record_id(86), "Date": ""},
    ]


FIXTURES = {
    "m365_audit/records.ndjson": [*RECORDS, *WITHOUT_A_TIME],
    "m365_audit/flattened.ndjson": [
        *(to_depth(record, 1) for record in RECORDS),
        *(to_depth(record, 2) for record in RECORDS),
        *(power_cells(record) for record in RECORDS),
    ],
    "m365_office_activity/rows.ndjson": office_activity(),
    "m365_cloud_app_events/rows.ndjson": cloud_app_events(),
    "m365_activity_log/rows.ndjson": activity_log(),
}

if __name__ == "__main__":
    for name, records in FIXTURES.items():
        path = HERE.parent / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(lines(records))
