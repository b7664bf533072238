"""The same synthetic sign-ins in every envelope that people export them in.

`python entra_envelopes.py` rewrites the fixture inputs of the three sign-in sources.
"""

import base64
import csv
import io
import json
import uuid
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
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
        "created": datetime(2026, 5, 14, 8, 0, 0) + timedelta(minutes=7 * number),
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
        "TimeGenerated": (of["created"] + timedelta(seconds=64)).isoformat() + "Z",
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
    milliseconds = int((of["created"] - datetime(1970, 1, 1)).total_seconds() * 1000)
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


PORTAL_USER = (
    "Date (UTC),Request ID,User agent,Correlation ID,User ID,User,Username,User type,Cross tenant access type,"
    "Incoming token type,Authentication Protocol,Unique token identifier,Original transfer method,Client credential type,"
    "Token Protection - Sign In Session,Token Protection - Sign In Session StatusCode,Application,Application ID ,"
    "App owner tenant ID,Resource,Resource ID ,Resource tenant ID,Resource owner tenant ID,Home tenant ID,"
    "Home tenant name,IP address,Location,Status,Sign-in error code,Failure reason,Client app,Device ID,Browser,"
    "Operating System,Compliant,Managed,Join Type,Multifactor authentication result,"
    "Multifactor authentication auth method,Multifactor authentication auth detail,Authentication requirement,"
    "Sign-in identifier,Session ID,IP address (seen by resource),Through Global Secure Access,"
    "Global Secure Access IP address,Autonomous system  number,Flagged for review,Token issuer type,"
    "Incoming token type,Token issuer name,Latency,Conditional Access,Managed Identity type,Associated Resource Id,"
    "Federated Token Id,Federated Token Issuer"
).split(",")
"""Source: a responder's schema notes of 2026-01; one heading stands twice, two end in a blank."""

PORTAL_APP = (
    "Date (UTC),Request ID,Correlation ID,Service principal ID,Service principal name,Credential key ID,"
    "Credential thumbprint,Application,Application ID ,App owner tenant ID,Resource,Resource ID ,Resource tenant ID,"
    "Resource owner tenant ID,Home tenant ID,Home tenant name,IP address,Location,Status,Sign-in error code,"
    "Failure reason,Conditional Access"
).split(",")


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
    "table.csv": table_csv,
    "powershell.ndjson": lambda: ndjson(powershell),
    "portal-users.csv": lambda: portal_csv(PORTAL_USER, users()),
    "portal-apps.csv": lambda: portal_csv(PORTAL_APP, service_principals()),
}
