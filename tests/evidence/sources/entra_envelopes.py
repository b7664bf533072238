"""The same synthetic sign-ins in every envelope that people export them in.

`python entra_envelopes.py` rewrites the fixture inputs of the three sign-in sources.
"""

import base64
import csv
import io
import json
import uuid
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent

OURS = "1b0e5c7a-6d1f-4a5e-9c53-0a1d5f3c7e01"
THEIRS = "2c1f6d8b-7e2a-4b6f-8d64-1b2e6a4d8f02"
CONSUMER = "9188040d-6c67-4c5b-b112-36a304b66dad"
WORKSPACE = "3d2a7e9c-8f3b-4c7a-9e75-2c3f7b5e9a03"
OUTLOOK = "d3590ed6-52b3-4102-aeff-aad2292ab01c"
DAEMON = "4e3b8fad-9a4c-4d8b-8f86-3d4a8c6fab04"
EXCHANGE = "00000002-0000-0ff1-ce00-000000000000"
GRAPH = "00000003-0000-0000-c000-000000000000"
SESSION = "005cb2a1-d18f-4151-92cf-ebb662153620"

Facts = dict[str, Any]


def guid(number: int, last: str = "00") -> str:
    """An invented request id; real ones end in 00, 01 or 02."""
    return f"5f4c9abe-{number:04x}-4e9c-9a97-4e5b9d7abc{last}"


def uti_of(request: str) -> str:
    """The unique token identifier of a request id: base64url of the GUID's bytes in .NET order."""
    return base64.urlsafe_b64encode(uuid.UUID(request).bytes_le).decode().rstrip("=")


def fact(number: int, **given: Any) -> Facts:
    """One sign-in of a user of ours; what is given replaces the usual."""
    return {
        "id": guid(number),
        "created": datetime(2026, 5, 14, 8, tzinfo=UTC) + timedelta(minutes=7 * number),
        "log": "SignInLogs",
        "event_type": "interactiveUser",
        "interactive": True,
        "user": f"user{number}@contoso.example",
        "user_id": f"6a5dabcf-{number:04x}-4fad-8ba8-5f6cae8bcd05",
        "user_type": "member",
        "service_principal": "",
        "app": OUTLOOK,
        "app_name": "Microsoft Office",
        "resource": EXCHANGE,
        "resource_tenant": OURS,
        "home_tenant": OURS,
        "cross_tenant": "none",
        "session": SESSION,
        "address": "198.51.100.7",
        "agent": "Mozilla/5.0 (synthetic)",
        "incoming": "none",
        "protocol": "oAuth2",
        "issuer_type": "AzureAD",
        "credential": "none",
        "code": 0,
        **given,
    }


NON_INTERACTIVE = {
    "log": "NonInteractiveUserSignInLogs",
    "event_type": "nonInteractiveUser",
    "interactive": False,
}
APP = {
    "log": "ServicePrincipalSignInLogs",
    "event_type": "servicePrincipal",
    "interactive": False,
    "user": "",
    "user_id": "",
    "user_type": None,
    "service_principal": "7b6ebcda-0b5d-4abe-8cb9-6a7dbf9cde06",
    "app": DAEMON,
    "app_name": "Nightly export",
    "resource": GRAPH,
    "resource_tenant": "",
    "home_tenant": "",
    "agent": "",
    "protocol": "none",
    "issuer_type": "UnknownFutureValue",
    "credential": "clientSecret",
}
MANAGED = {
    **APP,
    "log": "ManagedIdentitySignInLogs",
    "event_type": "managedIdentity",
    "credential": "managedIdentity",
    "session": "",
    "address": "",
}

SIGN_INS: list[Facts] = [
    fact(1),
    fact(2, **NON_INTERACTIVE, incoming="refreshToken"),
    fact(3, **NON_INTERACTIVE, incoming="primaryRefreshToken", address="2001:db8::7"),
    fact(4, code=50140),
    fact(5, code=50126, protocol="ropc"),
    fact(6, **APP),
    fact(7, **{**APP, "code": 7000215, "credential": "clientAssertion"}),
    fact(8, **MANAGED),
    fact(9, log="ADFSSignInLogs", issuer_type="ADFederationServices", incoming="none", protocol="none"),
    fact(10, user_type="guest", home_tenant=THEIRS, cross_tenant="b2bCollaboration"),
    fact(11, resource_tenant=THEIRS, cross_tenant="b2bCollaboration"),
    fact(12, user="Nutzer.Ä#EXT#@contoso.example", agent='=cmd|"/C calc"!A0\u001b[31m<b>'),
    fact(13, **NON_INTERACTIVE, code=65001),
    fact(14, resource_tenant=CONSUMER, home_tenant=CONSUMER, owner=CONSUMER),
]


def owner_of(of: Facts) -> str:
    """The tenant whose log a sign-in is in."""
    return str(of.get("owner", OURS))


def graph(of: Facts) -> dict[str, Any]:
    """A Graph beta `signIn`."""
    return {
        "id": of["id"],
        "createdDateTime": of["created"].strftime("%Y-%m-%dT%H:%M:%SZ"),
        "userDisplayName": "Somebody",
        "userPrincipalName": of["user"],
        "userId": of["user_id"],
        "appId": of["app"],
        "appDisplayName": of["app_name"],
        "ipAddress": of["address"],
        "userAgent": of["agent"],
        "correlationId": "8c7fcdeb-1c6e-4bcf-9dca-7b8ecaadef07",
        "conditionalAccessStatus": "notApplied",
        "isInteractive": of["interactive"],
        "tokenIssuerName": "",
        "tokenIssuerType": of["issuer_type"],
        "clientCredentialType": of["credential"],
        "resourceDisplayName": "Office 365 Exchange Online",
        "resourceId": of["resource"],
        "resourceTenantId": of["resource_tenant"],
        "homeTenantId": of["home_tenant"],
        "servicePrincipalId": of["service_principal"],
        "signInEventTypes": [of["event_type"]],
        "userType": of["user_type"],
        "crossTenantAccessType": of["cross_tenant"],
        "uniqueTokenIdentifier": uti_of(of["id"]),
        "incomingTokenType": of["incoming"],
        "authenticationProtocol": of["protocol"],
        "sessionId": of["session"],
        "status": {"errorCode": of["code"], "failureReason": "Other.", "additionalDetails": None},
        "location": {"city": "Leiden", "countryOrRegion": "NL"},
    }


def diagnostic(of: Facts) -> dict[str, Any]:
    """A record of diagnostic settings; its own time is that of delivery, in the server's culture for AD FS."""
    properties = graph(of) | {"createdDateTime": of["created"].strftime("%Y-%m-%dT%H:%M:%S.0000000+00:00")}
    del properties["signInEventTypes"]
    late = of["created"] + timedelta(seconds=1077)
    adfs = of["log"] == "ADFSSignInLogs"
    return {
        "time": late.strftime("%m/%d/%Y %I:%M:%S %p" if adfs else "%Y-%m-%dT%H:%M:%S.1234567Z"),
        "resourceId": f"/tenants/{owner_of(of)}/providers/Microsoft.aadiam",
        "operationName": "Sign-in activity",
        "category": of["log"],
        "tenantId": owner_of(of),
        "resultType": str(of["code"]),
        "properties": properties,
    }


def table(of: Facts) -> dict[str, Any]:
    """A row of a Log Analytics table."""
    name = of["log"]
    table_name = name if name == "ADFSSignInLogs" else "SigninLogs" if name == "SignInLogs" else f"AAD{name}"
    return {
        "TenantId": WORKSPACE,
        "TimeGenerated": (of["created"] + timedelta(seconds=64)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "Type": table_name,
        "Category": name,
        "Id": of["id"],
        "CreatedDateTime": of["created"].strftime("%Y-%m-%dT%H:%M:%S.0000000Z"),
        "UniqueTokenIdentifier": uti_of(of["id"]),
        "SessionId": of["session"],
        "IsInteractive": of["interactive"],
        "UserPrincipalName": of["user"],
        "UserId": of["user_id"],
        "UserType": of["user_type"],
        "ServicePrincipalId": of["service_principal"],
        "AppId": of["app"],
        "AppDisplayName": of["app_name"],
        "ResourceIdentity": of["resource"],
        "ResourceId": f"/tenants/{owner_of(of)}/providers/Microsoft.aadiam",
        "AADTenantId": "" if of["service_principal"] else owner_of(of),
        "ResourceTenantId": of["resource_tenant"],
        "HomeTenantId": of["home_tenant"],
        "CrossTenantAccessType": of["cross_tenant"],
        "IPAddress": of["address"],
        "UserAgent": of["agent"],
        "IncomingTokenType": of["incoming"],
        "AuthenticationProtocol": of["protocol"],
        "TokenIssuerType": of["issuer_type"],
        "ClientCredentialType": of["credential"],
        "ResultType": str(of["code"]),
        "Status": json.dumps({"errorCode": of["code"]}),
    }


def table_cells(of: Facts) -> dict[str, str]:
    """A row of the same table in the CSV of the portal's query page."""
    row = table(of)
    created = of["created"]
    row["CreatedDateTime [UTC]"] = (
        f"{created.month}/{created.day}/{created.year}, {created.strftime('%I:%M:%S').lstrip('0')}.000 "
        f"{created.strftime('%p')}"
    )
    row["Status_dynamic"] = row.pop("Status")
    row["Status_string"] = ""
    del row["CreatedDateTime"], row["TimeGenerated"], row["ResultType"]
    return {name: "" if value is None else str(value) for name, value in row.items()}


def powershell(of: Facts) -> dict[str, Any]:
    """An object of the Microsoft.Graph.Beta module as Windows PowerShell 5.1 writes it to JSON."""
    milliseconds = int(of["created"].timestamp()) * 1000
    return {
        "Id": of["id"],
        "CreatedDateTime": f"/Date({milliseconds})/",
        "AppDisplayName": of["app_name"],
        "AppId": of["app"],
        "AuthenticationProtocol": of["protocol"],
        "ClientCredentialType": of["credential"],
        "CrossTenantAccessType": of["cross_tenant"],
        "HomeTenantId": of["home_tenant"],
        "IncomingTokenType": of["incoming"],
        "IpAddress": of["address"],
        "IsInteractive": of["interactive"],
        "ResourceId": of["resource"],
        "ResourceTenantId": of["resource_tenant"],
        "ServicePrincipalId": of["service_principal"],
        "SessionId": of["session"],
        "SignInEventTypes": [of["event_type"]],
        "Status": {"AdditionalDetails": None, "ErrorCode": of["code"], "FailureReason": "Other."},
        "TokenIssuerType": of["issuer_type"],
        "UniqueTokenIdentifier": uti_of(of["id"]),
        "UserAgent": of["agent"],
        "UserId": of["user_id"],
        "UserPrincipalName": of["user"],
        "UserType": of["user_type"],
    }


PORTAL_USER, PORTAL_APP = (
    (HERE / "entra_signin_portal" / f"{kind}.header").read_text("utf-8").rstrip("\n").split(",")
    for kind in ("user", "app")
)
"""Headings of the two files, one of them twice, two ending in a blank. Source: a responder's notes of 2026-01."""


def portal_cells(of: Facts) -> dict[str, str]:
    """What the admin centre's CSV says, by heading."""
    code = of["code"]
    return {
        "Date (UTC)": of["created"].strftime("%Y-%m-%dT%H:%M:%SZ"),
        "Request ID": of["id"],
        "User agent": of["agent"],
        "User ID": of["user_id"],
        "User": "Somebody",
        "Username": of["user"],
        "User type": of["user_type"] or "",
        "Cross tenant access type": of["cross_tenant"],
        "Incoming token type": of["incoming"],
        "Authentication Protocol": of["protocol"],
        "Unique token identifier": uti_of(of["id"]),
        "Client credential type": of["credential"],
        "Application": of["app_name"],
        "Application ID ": of["app"],
        "Resource ID ": of["resource"],
        "Resource tenant ID": of["resource_tenant"],
        "Home tenant ID": of["home_tenant"],
        "IP address": of["address"],
        "Location": "Leiden, Zuid-Holland, NL",
        "Status": "Success" if code == 0 else "Interrupted" if code in (50140, 65001) else "Failure",
        "Sign-in error code": str(code),
        "Session ID": of["session"],
        "Token issuer type": of["issuer_type"],
        "Service principal ID": of["service_principal"],
        "Credential key ID": "9d8adefc-2d7f-4cda-8edb-8c9fdbbefa08" if of["service_principal"] else "",
    }


def csv_of(header: list[str], rows: Iterable[list[str]], *, mark: bool = True) -> bytes:
    """CSV with CRLF, a byte-order mark and quotes where needed, as portals write it."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows(rows)
    return (b"\xef\xbb\xbf" if mark else b"") + text.getvalue().encode()


def ndjson(form: Callable[[Facts], Any], facts: Iterable[Facts] = SIGN_INS) -> bytes:
    """One object a line."""
    return "".join(json.dumps(form(of), ensure_ascii=False) + "\n" for of in facts).encode()


def users(facts: Iterable[Facts] = SIGN_INS) -> list[Facts]:
    """The sign-ins of users."""
    return [of for of in facts if not of["service_principal"]]


def service_principals(facts: Iterable[Facts] = SIGN_INS) -> list[Facts]:
    """The sign-ins of service principals."""
    return [of for of in facts if of["event_type"] == "servicePrincipal"]


def table_csv() -> bytes:
    """All sign-ins in the CSV of the query page."""
    rows = [table_cells(of) for of in SIGN_INS]
    return csv_of(list(rows[0]), [list(row.values()) for row in rows])


def portal_csv(header: list[str], facts: list[Facts]) -> bytes:
    """Sign-ins in the admin centre's CSV."""
    return csv_of(header, [[portal_cells(of).get(name, "") for name in header] for of in facts])


def graph_page() -> bytes:
    """A page as Graph answers it."""
    return json.dumps({"@odata.context": "…", "value": [graph(of) for of in SIGN_INS]}).encode()


def graph_array() -> bytes:
    """Arrays of two pages one after the other, as Microsoft-Extractor-Suite appends them; the last is an object."""
    pages = [[graph(of) for of in SIGN_INS[:-1]], graph(SIGN_INS[-1])]
    return "\r\n".join(json.dumps(page, indent=4) for page in pages).encode("utf-8-sig")


ENVELOPES: dict[str, Callable[[], bytes]] = {
    "graph.ndjson": lambda: ndjson(graph),
    "graph-page.json": graph_page,
    "graph-arrays.json": graph_array,
    "diagnostic.ndjson": lambda: ndjson(diagnostic),
    "table.ndjson": lambda: ndjson(table),
    "table-cells.csv": table_csv,
    "powershell.ndjson": lambda: ndjson(powershell),
    "portal-users.csv": lambda: portal_csv(PORTAL_USER, users()),
    "portal-apps.csv": lambda: portal_csv(PORTAL_APP, service_principals()),
}


def edges_of_graph() -> list[Any]:
    """Graph and diagnostic records that leave something out or say it in another way."""
    bare = graph(fact(21))
    app = graph(fact(22, **APP))
    outer = diagnostic(fact(23))
    inner = outer["properties"]
    without = {name: value for name, value in bare.items() if name != "signInEventTypes"}
    lower = {name.lower(): value for name, value in outer.items() if name not in ("tenantId", "properties")}
    no_path = {name: value for name, value in outer.items() if name != "resourceId"}
    unsaid = {"status": None, "resourceTenantId": None, "homeTenantId": None}
    return [
        without | {"id": guid(31), "isInteractive": True},
        without | {"id": guid(32), "isInteractive": False},
        bare | {"id": guid(33), "signInEventTypes": ["interactiveUser", "nonInteractiveUser"]},
        app | {"id": guid(34), "signInEventTypes": [], "clientCredentialType": "none"},
        app | {"id": guid(35), "signInEventTypes": [], "clientCredentialType": "clientSecret"},
        app | {"id": guid(36), "signInEventTypes": [], "clientCredentialType": "managedIdentity"},
        bare | {"id": guid(37), "uniqueTokenIdentifier": base64.b64encode(guid(37).encode()).decode()},
        bare | {"id": guid(38), "uniqueTokenIdentifier": None},
        bare | {"id": guid(39), "createdDateTime": "2026-05-14T08:00:00.123456789+02:00"},
        bare | {"id": guid(40), "createdDateTime": "14/05/2026"},
        bare | {"id": guid(41), "createdDateTime": None},
        bare | {"id": guid(42), "status": None},
        bare | {"id": guid(43), "status": {"errorCode": "0"}, "userType": "Guest"},
        bare | {"id": guid(44), "userPrincipalName": "", "crossTenantAccessType": "b2bDirectConnect"},
        bare | {"id": guid(45), "resourceTenantId": None},
        bare
        | {"id": guid(46), "resourceTenantId": None, "homeTenantId": None, "crossTenantAccessType": None},
        bare | {"id": guid(51), "homeTenantId": THEIRS, "crossTenantAccessType": None},
        {**no_path, "category": None, "Category": "SignInLogs"},
        lower | {"properties": inner | unsaid | {"id": guid(47)}},
        no_path | {"resultType": "Success", "properties": inner | unsaid | {"id": guid(48)}},
        outer | {"properties": json.dumps(inner | {"id": guid(49)})},
        outer | {"category": "MicrosoftServicePrincipalSignInLogs", "properties": app | {"id": guid(50)}},
        outer | {"properties": None},
        outer | {"category": "AuditLogs", "properties": {"id": "Directory_1", "result": "success"}},
    ]


def edges_of_table() -> list[Any]:
    """Rows of tables that leave something out or say it in another way."""
    row = table(fact(24))
    untyped = {name: value for name, value in row.items() if name not in ("Type", "Category")}
    no_time = {"CreatedDateTime": None, "TimeGenerated": None}
    no_tenant = {"AADTenantId": "", "ResourceTenantId": "", "HomeTenantId": ""}
    path = f"/tenants/{OURS}/providers/Microsoft.aadiam"
    return [
        untyped | {"Id": guid(61), "$table": "AADNonInteractiveUserSignInLogs"},
        untyped | {"Id": guid(62), "Category": "NonInteractiveUserSignInLogs"},
        untyped | {"Id": guid(63)},
        untyped | {"Id": guid(64), "IsInteractive": "False"},
        row | no_time | {"Id": guid(65), "CreatedDateTime [UTC]": "5/14/2026, 10:48:00.500 AM"},
        row | {"Id": guid(66), "CreatedDateTime": None},
        row | no_time | {"Id": guid(67), "TimeGenerated [UTC]": "5/14/2026, 10:49:04.000 AM"},
        row | no_time | {"Id": guid(68)},
        row | {"Id": guid(69), "ResultType": None, "Status": None, "Status_dynamic": '{"errorCode":50074}'},
        row | {"Id": guid(70), "ResultType": "", "Status": "", "Status_string": '{"errorCode":0}'},
        row | {"Id": guid(71), "ResultType": None},
        row | {"Id": guid(72), "ResultType": None, "Status": "System.Object"},
        row | no_tenant | {"Id": guid(73)},
        row | no_tenant | {"Id": guid(74), "ResourceId": "", "_ResourceId": path},
        row | {"Id": guid(75), "ResourceTenantId": "", "HomeTenantId": "", "ResourceId": ""},
        row | {"Id": guid(76), "Status": "", "ResultType": "50126"},
        untyped
        | {"Id": guid(77), "AADTenantId": "", "ResourceId": "", "CrossTenantAccessType": "serviceProvider"},
        {name: value for name, value in table(fact(27, **APP)).items() if name not in ("Type", "Category")},
        {"StartTime [UTC]": "5/14/2026, 9:00:00.000 AM", "attempts": 4, "Type": "SigninLogs"},
        {
            "CreatedDateTime": "3/12/2025 7:22:01 AM",
            "UserPrincipalName": "user@contoso.example",
            "AppDisplayName": "Microsoft Office",
            "IPAddress": "198.51.100.7",
            "Status": "Success",
        },
    ]


def edges_of_portal() -> list[dict[str, str]]:
    """Rows of the admin centre, and of scripts that imitate it, which leave something out."""
    user = portal_cells(fact(25))
    app = portal_cells(fact(26, **APP))
    imitated = {name.strip(): value for name, value in user.items()}
    no_code = {"Sign-in error code": ""}
    no_credential = {"Credential key ID": "", "Client credential type": ""}
    return [
        imitated | {"Request ID": guid(81)},
        user | no_code | {"Request ID": guid(82), "Status": "Interrupted"},
        user | no_code | {"Request ID": guid(83), "Status": "Failure"},
        user | no_code | {"Request ID": guid(84), "Status": "Success"},
        user | no_code | {"Request ID": guid(85), "Status": ""},
        user | {"Request ID": guid(86), "Date (UTC)": ""},
        user | {"Request ID": guid(87), "User type": "Guest"},
        user
        | {"Request ID": guid(88), "Cross tenant access type": "b2bCollaboration", "Home tenant ID": THEIRS},
        app | no_credential | {"Request ID": guid(89)},
        app | no_credential | {"Request ID": guid(90), "Credential thumbprint": "4C7A"},
        app | {"Request ID": guid(91), "Managed Identity type": "systemAssigned"},
        app | {"Request ID": guid(92), "Client credential type": "", "Resource tenant ID": OURS},
        user | {"Request ID": guid(93), "Token issuer type": "ADFederationServices"},
        user | {"Request ID": guid(94), "Cross tenant access type": "serviceProvider"},
        user
        | {
            "Request ID": guid(96),
            "Token issuer type": "ADFederationServices",
            "Cross tenant access type": "serviceProvider",
        },
        app | no_credential | {"Request ID": guid(97), "Client credential type": "managedIdentity"},
        imitated | {"Request ID": guid(98), "Sign-in error code": "50126", "Status": "Interrupted"},
        user | {"Request ID": guid(95), "User type": "", "Username": "a_b.example#EXT#@contoso.example"},
    ]


def write_fixtures() -> None:
    """Write the inputs of the three sources' fixture folders."""
    for source, names in {
        "entra_signin": ("graph.ndjson", "graph-page.json", "graph-arrays.json", "diagnostic.ndjson"),
        "entra_signin_table": ("table.ndjson", "table-cells.csv", "powershell.ndjson"),
        "entra_signin_portal": ("portal-users.csv", "portal-apps.csv"),
    }.items():
        for name in names:
            (HERE / source / name).write_bytes(ENVELOPES[name]())
    for source, records in {"entra_signin": edges_of_graph(), "entra_signin_table": edges_of_table()}.items():
        text = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
        (HERE / source / "edges.ndjson").write_text(text, "utf-8")
    edges = edges_of_portal()
    header = list(dict.fromkeys(name for row in edges for name in row))
    cells = [[row.get(name, "") for name in header] for row in edges]
    (HERE / "entra_signin_portal" / "edges.csv").write_bytes(csv_of(header, cells))


if __name__ == "__main__":
    write_fixtures()
