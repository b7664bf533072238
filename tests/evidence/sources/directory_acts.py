"""Synthetic acts on a directory, each as a Graph `directoryAudit`, and every envelope that people export them in."""

import copy
import csv
import io
import json
import uuid
from collections.abc import Callable
from typing import Any

Act = dict[str, Any]

TENANT = "5f3a1c00-0000-4000-8000-00000000ab1e"
MAILER, MAILER_OBJECT = "0d1e5a00-0000-4000-8000-0000000000a1", "0d1e5a00-0000-4000-8000-0000000000b1"
OLD_KEY, NEW_KEY = "0d1e5a00-0000-4000-8000-0000000000c1", "0d1e5a00-0000-4000-8000-0000000000c2"
GRAPH_NAMES = "00000003-0000-0000-c000-000000000000/ags.windows.net;00000003-0000-0000-c000-000000000000"


def guid(name: str) -> str:
    """The same GUID for the same name."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"https://synthetic.example/{name}"))


def user(upn: str, name: str | None = None, ip: str | None = "192.0.2.10") -> Act:
    """A person as initiator; the directory leaves the display name empty."""
    who = {"id": guid(upn), "displayName": name, "userPrincipalName": upn, "ipAddress": ip, "roles": []}
    return {"user": who, "app": None}


def service(name: str, app: str | None = None) -> Act:
    """A service principal as initiator; the directory often leaves its app id empty."""
    who = {
        "appId": app, "displayName": name, "servicePrincipalId": guid(name), "servicePrincipalName": None,
    }  # fmt: skip
    return {"user": None, "app": who}


def target(kind: str, name: str | None, identity: str, **properties: tuple[str | None, str | None]) -> Act:
    """A target with its changed properties: name -> (old, new), an underscore standing for a dot."""
    changed = [
        {"displayName": key.replace("__", "."), "oldValue": old, "newValue": new}
        for key, (old, new) in properties.items()
    ]
    return {
        "id": identity, "displayName": name, "type": kind, "userPrincipalName": None, "groupType": None,
        "modifiedProperties": changed,
    }  # fmt: skip


def act(number: int, name: str, by: Act, *targets: Act, result: str = "success", **details: str) -> Act:
    """One record of the directory's audit log."""
    correlation = guid(f"act {number}")
    return {
        "id": f"Directory_{correlation}_AB1E{number}_{number}00", "category": "ApplicationManagement",
        "correlationId": correlation, "result": result, "resultReason": "", "activityDisplayName": name,
        "activityDateTime": f"2026-05-04T08:{number:02}:30.1234567Z", "loggedByService": "Core Directory",
        "operationType": "Update", "initiatedBy": by, "targetResources": list(targets),
        "additionalDetails": [{"key": key.replace("_", "-"), "value": value} for key, value in details.items()],
    }  # fmt: skip


def keys(*ids: str) -> str:
    """KeyDescription as the directory writes it: a JSON list of bracketed texts."""
    return json.dumps(
        [f"[KeyIdentifier={key},KeyType=Password,KeyUsage=Verify,DisplayName=k]" for key in ids]
    )


ADMIN, ALICE = "Admin@ent.example", "alice@ent.example"
AGENT = "Mozilla/5.0 (X11; synthetic)"

CONSENT = (
    '"[] => [[Id: x, ClientId: y, PrincipalId: p, ResourceId: r, ConsentType: Principal, '
    'Scope:  Mail.Read offline_access]]; "'
)

ACTS: list[Act] = [
    act(
        1, "Update application – Certificates and secrets management ", user(ADMIN),
        target("Application", "mailer", MAILER_OBJECT,
               KeyDescription=(keys(OLD_KEY), keys(OLD_KEY, NEW_KEY)),
               **{"Included Updated Properties": (None, '"KeyDescription"')}),
        User_Agent=AGENT, AppId=MAILER,
    ),
    act(
        2, "Add service principal credentials", user(ADMIN),
        target("ServicePrincipal", "mailer", guid("sp"), KeyDescription=("[]", keys(NEW_KEY)),
               TargetId__ServicePrincipalNames=(None, f'"{MAILER};https://mailer.ent.example"')),
    ),
    act(
        3, "Remove service principal credentials", user(ADMIN), target("ServicePrincipal", "mailer", guid("sp"),
        KeyDescription=(keys(NEW_KEY), "[]"), TargetId__ServicePrincipalNames=(None, f'"{MAILER}"')),
    ),
    act(4, "Set domain authentication", user(ADMIN, ip="2001:db8::7"),
        target("Domain", "ent.example", "ent.example", LiveType=('["Managed"]', '["Federated"]'))),
    act(5, "Set federation settings on domain", service("Sync Service"),
        target("Domain", None, "branch.ent.example"), result="failure"),
    act(
        6, "Consent to application", user(ALICE),
        target("ServicePrincipal", "Reader", guid("reader object"),
               ConsentContext__IsAdminConsent=(None, '"False"'),
               ConsentAction__Permissions=(None, CONSENT),
               TargetId__ServicePrincipalNames=(None, f'"{guid("reader")}"')),
    ),
    act(
        7, "Add delegated permission grant", user(ALICE),
        target("ServicePrincipal", "Microsoft Graph", guid("graph object"),
               DelegatedPermissionGrant__Scope=(None, '" Mail.Read offline_access"'),
               ServicePrincipal__AppId=(None, f'"{guid("reader")}"'),
               ServicePrincipal__DisplayName=(None, '"Reader"'),
               TargetId__ServicePrincipalNames=(None, f'"{GRAPH_NAMES}"')),
    ),
    act(
        8, "Add app role assignment to service principal", service("Deployer", guid("deployer")),
        target("ServicePrincipal", "Microsoft Graph", guid("graph object"),
               AppRole__Value=(None, '"Mail.Read"'), ServicePrincipal__AppId=(None, f'"{MAILER}"'),
               ServicePrincipal__DisplayName=(None, '"mailer"'),
               TargetId__ServicePrincipalNames=(None, f'"{GRAPH_NAMES}"')),
    ),
    act(9, "Update group", user(ALICE, name="Office 365 Exchange Online"), target("Group", "Board", guid("board")),
        User_Agent=AGENT),
    act(10, "Add service principal credentials", user("guest#EXT#@ent.example", name="Dataverse"),
        target("ServicePrincipal", "mailer", guid("sp"), KeyDescription=("[]", keys(OLD_KEY)),
               TargetId__ServicePrincipalNames=(None, f'"{MAILER}"')), result="failure"),
    act(11, "Update user", user(ADMIN), target("User", "Alice", guid(ALICE))),
    act(12, "Update application", user("", ip=None), target("Application", "mailer", MAILER_OBJECT,
        FederatedIdentityCredentials=("[]", '"[x]"')), ipaddr="192.0.2.77"),
]  # fmt: skip
ACTS[11]["initiatedBy"]["user"]["id"] = guid(ADMIN)
"""Credentials, federation, consent, grants, a service in a person's name, both at once, and acts of no concern."""


def lines(records: list[Any]) -> bytes:
    """One record a line."""
    return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records).encode()


def diagnostic(record: Act) -> Act:
    """Diagnostic settings: the record as `properties`."""
    return {
        "time": record["activityDateTime"], "resourceId": f"/tenants/{TENANT}/providers/Microsoft.aadiam",
        "operationName": record["activityDisplayName"], "category": "AuditLogs", "tenantId": TENANT,
        "resultSignature": "None", "durationMs": 0, "correlationId": record["correlationId"], "properties": record,
    }  # fmt: skip


def pascal(value: Any) -> Any:
    """The names with a capital, at every depth: what PowerShell's typed cmdlets give."""
    if isinstance(value, list):
        return [pascal(entry) for entry in value]
    if isinstance(value, dict):
        return {name[0].upper() + name[1:]: pascal(entry) for name, entry in value.items()}
    return value


def table(record: Act) -> Act:
    """A row of the table AuditLogs: nested values are JSON text with Graph's own names."""
    row = {name[0].upper() + name[1:]: value for name, value in record.items()}
    for name in ("InitiatedBy", "TargetResources", "AdditionalDetails"):
        row[name] = json.dumps(row[name], ensure_ascii=False)
    return {
        "TenantId": guid("workspace"), "TimeGenerated": record["activityDateTime"], "AADTenantId": TENANT,
        "OperationName": record["activityDisplayName"], "SourceSystem": "Azure AD", "Type": "AuditLogs", **row,
    }  # fmt: skip


def portal(record: Act) -> dict[str, str]:
    """A row of the portal's CSV."""
    who, app = record["initiatedBy"]["user"], record["initiatedBy"]["app"]
    row = {
        "Date (UTC)": record["activityDateTime"], "CorrelationId": record["correlationId"],
        "Service": record["loggedByService"], "Category": record["category"],
        "Activity": record["activityDisplayName"], "Result": record["result"], "ResultReason": "", "User Agent": "",
        "ActorType": "User" if who else "Application", "ActorDisplayName": (who or app)["displayName"] or "",
        "ActorObjectId": who["id"] if who else app["servicePrincipalId"],
        "ActorUserPrincipalName": who["userPrincipalName"] if who else "",
        "IPAddress": who["ipAddress"] or "" if who else "", "ActorHomeTenantId": "", "ActorHomeTenantName": "",
        "ActorServicePrincipalId": "" if who else app["servicePrincipalId"], "ActorServicePrincipalName": "",
    }  # fmt: skip
    for number in range(1, 4):
        held = record["targetResources"][number - 1] if number <= len(record["targetResources"]) else {}
        row |= {
            f"Target{number}Type": held.get("type", ""),
            f"Target{number}DisplayName": held.get("displayName") or "",
            f"Target{number}ObjectId": held.get("id", ""),
            f"Target{number}UserPrincipalName": "",
        }
        changed = held.get("modifiedProperties", [])
        for place in range(1, 6):
            one = changed[place - 1] if place <= len(changed) else {}
            for ours, theirs in (("Name", "displayName"), ("OldValue", "oldValue"), ("NewValue", "newValue")):
                row[f"Target{number}ModifiedProperty{place}{ours}"] = one.get(theirs) or ""
    for number in range(1, 9):
        details = record["additionalDetails"]
        one = details[number - 1] if number <= len(details) else {}
        row[f"AdditionalDetail{number}Key"] = one.get("key", "")
        row[f"AdditionalDetail{number}Value"] = one.get("value", "")
    return row


def as_csv(rows: list[dict[str, Any]]) -> bytes:
    """A CSV as the portals write it: UTF-8 with BOM, CRLF."""
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, list(rows[0]), lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def stamped(record: Act) -> Act:
    """The Sentinel portal's CSV: times under another name, in another form."""
    row = table(record)
    minute = record["activityDateTime"][14:16]
    row["TimeGenerated [UTC]"] = row["ActivityDateTime [UTC]"] = f"5/4/2026, 8:{minute}:30.123 AM"
    del row["TimeGenerated"], row["ActivityDateTime"]
    return row


def delivered(record: Act) -> Act:
    """A row of the table whose query dropped ActivityDateTime."""
    row = table(record)
    del row["ActivityDateTime"]
    return row


ENVELOPES: dict[str, Callable[[], bytes]] = {
    "graph.ndjson": lambda: lines(ACTS),
    "graph-page.json": lambda: json.dumps({"@odata.context": "x", "value": ACTS}).encode(),
    "diagnostic.ndjson": lambda: lines([diagnostic(record) for record in ACTS]),
    "powershell.ndjson": lambda: lines([pascal(copy.deepcopy(record)) for record in ACTS]),
    "table.ndjson": lambda: lines([table(record) for record in ACTS]),
    "table-without-activity-time.ndjson": lambda: lines([delivered(record) for record in ACTS]),
    "table-cells.csv": lambda: as_csv([stamped(record) for record in ACTS]),
    "portal.csv": lambda: as_csv([portal(record) for record in ACTS]),
}
