"""Entra sign-ins in the Graph `signIn` shape, synthetic: the issuance side of the cloud tenant."""

from datetime import datetime, timedelta

from counterseal.demo.audit import EXCHANGE, GRAPH, Token, plain
from counterseal.demo.chance import Chance
from counterseal.demo.entries import Entry, Record
from counterseal.demo.people import Organisation, Person

INTERACTIVE, NON_INTERACTIVE = "interactiveUser", "nonInteractiveUser"
SERVICE_PRINCIPAL, MANAGED_IDENTITY = "servicePrincipal", "managedIdentity"
AGENT = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/146.0.0.0 Safari/537.36"
NAMES = {EXCHANGE: "Office 365 Exchange Online", GRAPH: "Microsoft Graph"}


def signed_in(
    chance: Chance,
    org: Organisation,
    person: Person,
    stream: str,
    token: Token,
    *,
    app: str,
    app_name: str,
    ip: str,
    resource: str = EXCHANGE,
    error: int = 0,
) -> Entry:
    """A person's sign-in or silent renewal; its id is the token's request id."""
    time = token.issued_at + timedelta(milliseconds=chance.randint(0, 999))
    record = signin_record(chance, org, stream, token.request_id, time, app, app_name, ip, resource)
    record |= {
        "userPrincipalName": person.upn,
        "userId": person.oid,
        "userDisplayName": person.name,
        "userType": "member",
        "sessionId": token.session,
        "uniqueTokenIdentifier": token.unique_id,
        "userAgent": AGENT,
        "isInteractive": stream == INTERACTIVE,
        "incomingTokenType": "none" if stream == INTERACTIVE else "refreshToken",
        "status": {
            "errorCode": error,
            "failureReason": "Other." if not error else "Invalid username or password.",
        },
    }
    return Entry(time, record, "entra", token.request_id)


def app_signed_in(
    chance: Chance,
    org: Organisation,
    stream: str,
    token: Token,
    *,
    app: str,
    app_name: str,
    ip: str,
    resource: str = EXCHANGE,
) -> Entry:
    """An application's or a managed identity's own sign-in."""
    time = token.issued_at + timedelta(milliseconds=chance.randint(0, 999))
    record = signin_record(chance, org, stream, token.request_id, time, app, app_name, ip, resource)
    record |= {
        "servicePrincipalId": app[:-4] + "5e0f",
        "servicePrincipalName": app_name,
        "uniqueTokenIdentifier": token.unique_id,
        "isInteractive": False,
        "incomingTokenType": "none",
        "clientCredentialType": "certificate" if stream == SERVICE_PRINCIPAL else "none",
        "status": {"errorCode": 0, "failureReason": "Other."},
    }
    return Entry(time, record, "entra", token.request_id)


def signin_record(
    chance: Chance,
    org: Organisation,
    stream: str,
    request_id: str,
    time: datetime,
    app: str,
    app_name: str,
    ip: str,
    resource: str,
) -> Record:
    """What every sign-in carries."""
    return {
        "id": request_id,
        "createdDateTime": f"{plain(time)}.{time.microsecond:06d}0+00:00",
        "correlationId": chance.guid(),
        "appId": app,
        "appDisplayName": app_name,
        "resourceId": resource,
        "resourceDisplayName": NAMES.get(resource, "Synthetic resource"),
        "resourceTenantId": org.tenant,
        "homeTenantId": org.tenant,
        "ipAddress": ip,
        "signInEventTypes": [stream],
        "tokenIssuerType": "AzureAD",
        "authenticationProtocol": "none",
        "conditionalAccessStatus": "notApplied",
        "crossTenantAccessType": "none",
    }
