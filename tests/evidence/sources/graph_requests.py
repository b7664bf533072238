"""Synthetic requests to Microsoft Graph as rows of MicrosoftGraphActivityLogs, and the envelopes they come in."""

from typing import Any

from directory_acts import TENANT, as_csv, guid, lines

Row = dict[str, Any]

ALICE, APP, TOKEN = guid("oid alice"), guid("mail app"), "q0ZMeL1bFEqXWT8ZYGkAAA"
ROOT = "https://graph.microsoft.com/v1.0"


def row(number: int, method: str, path: str, status: int = 200, **changed: Any) -> Row:
    """One row of the table."""
    return {
        "TenantId": guid("workspace"), "TimeGenerated": f"2026-05-04T09:{number:02}:00.1234567Z",
        "AadTenantId": TENANT, "RequestId": guid(f"request {number}"), "OperationId": guid(f"operation {number}"),
        "RequestMethod": method, "RequestUri": path if path.startswith("http") else ROOT + path,
        "ResponseStatusCode": status, "AppId": APP, "UserId": ALICE, "ServicePrincipalId": "", "ClientAuthMethod": 0,
        "SignInActivityId": TOKEN, "SessionId": guid("session"), "TokenIssuedAt": "2026-05-04T08:59:00Z",
        "IPAddress": "192.0.2.10", "UserAgent": "synthetic/1.0", "Scopes": "Mail.Read",
        "IdentityProvider": f"https://sts.windows.net/{TENANT}/", "Type": "MicrosoftGraphActivityLogs", **changed,
    }  # fmt: skip


ALONE = {"UserId": "", "SessionId": "", "ClientAuthMethod": 1}

ROWS: list[Row] = [
    row(1, "GET", "/me/messages/AAMkAGI2%2Fx%3D?$select=subject"),
    row(2, "GET", "/users/bob@ent.example/mailFolders/inbox/messages/AAMkB=/attachments", **ALONE),
    row(3, "GET", f"/users('{ALICE}')/messages('AAMkC=')/$value"),
    row(4, "GET", "/me/mailFolders/inbox/messages?$top=50"),
    row(5, "GET", "/me/messages/delta"),
    row(6, "POST", "/me/sendMail", 202),
    row(7, "PATCH", "/me/messages/AAMkD="),
    row(8, "GET", "/me/messages/AAMkE=", 404),
    row(9, "GET", "/me/messages/AAMkF=", 403),
    row(10, "GET", "/users?$filter=x", UniqueTokenId=TOKEN + "==", SignInActivityId=""),
    row(11, "GET", "/users/bob@ent.example/messages", 503, **(ALONE | {"ClientAuthMethod": 2})),
    row(12, "POST", "/$batch", C_Sid=guid("session"), SessionId="", C_Iat="1777885140", TokenIssuedAt=""),
    row(13, "GET", "https://graph.microsoft.com/beta/users/bob@ent.example/messages/AAMkG="),
    row(14, "GET", "/me/mailFolders"),
    row(15, "GET", "/me/messages/AAMkH=/", 429),
    row(16, "GET", "/me/messages", TimeGenerated=""),
    row(17, "GET", "/me/messages", ResponseStatusCode="none"),
]
"""Messages named and listed, mail sent and changed, refusals, other people's mailboxes, no mail at all, and two rejects."""


def diagnostic(of: Row) -> Row:
    """The same request in diagnostic settings."""
    names = {"AadTenantId": "tenantId", "IPAddress": "ipAddress", "C_Iat": "C_Iat", "C_Sid": "C_Sid"}
    properties = {
        names.get(name, name[0].lower() + name[1:]): value
        for name, value in of.items()
        if name not in ("TenantId", "TimeGenerated", "Type")
    }
    return {
        "time": of["TimeGenerated"], "resourceId": f"/TENANTS/{TENANT.upper()}/PROVIDERS/MICROSOFT.AADIAM",
        "operationName": "Microsoft Graph Activity", "category": "MicrosoftGraphActivityLogs", "tenantId": TENANT,
        "resultSignature": str(of["ResponseStatusCode"]), "durationMs": 1, "callerIpAddress": of["IPAddress"],
        "properties": properties,
    }  # fmt: skip


def stamped(of: Row) -> Row:
    """The Sentinel portal's CSV."""
    changed = dict.fromkeys((*ROWS[9], *ROWS[11])) | of
    if of["TimeGenerated"]:
        changed["TimeGenerated [UTC]"] = f"5/4/2026, 9:{of['TimeGenerated'][14:16]}:00.123 AM"
    changed["TokenIssuedAt [UTC]"] = "5/4/2026, 8:59:00.000 AM" if of["TokenIssuedAt"] else ""
    del changed["TimeGenerated"], changed["TokenIssuedAt"]
    return {"TimeGenerated [UTC]": "", **changed}


ENVELOPES = {
    "table.ndjson": lambda: lines(ROWS),
    "diagnostic.ndjson": lambda: lines([diagnostic(of) for of in ROWS]),
    "cells.csv": lambda: as_csv([stamped(of) for of in ROWS]),
}
