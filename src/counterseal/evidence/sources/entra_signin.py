"""Microsoft Entra sign-ins as Graph `signIn` objects: bare, or as `properties` of diagnostic settings."""

from counterseal.evidence.entra import (
    CONTRADICTS,
    STREAMS,
    SYSTEM,
    SignIn,
    columns_of,
    is_signin_log,
    rejects_of,
)
from counterseal.evidence.source import Source

STRUCTURE = {
    "id": "VARCHAR",
    "createdDateTime": "VARCHAR",
    "uniqueTokenIdentifier": "VARCHAR",
    "sessionId": "VARCHAR",
    "signInEventTypes": "VARCHAR",
    "isInteractive": "VARCHAR",
    "userPrincipalName": "VARCHAR",
    "userId": "VARCHAR",
    "userType": "VARCHAR",
    "servicePrincipalId": "VARCHAR",
    "appId": "VARCHAR",
    "resourceId": "VARCHAR",
    "resourceTenantId": "VARCHAR",
    "homeTenantId": "VARCHAR",
    "crossTenantAccessType": "VARCHAR",
    "ipAddress": "VARCHAR",
    "userAgent": "VARCHAR",
    "incomingTokenType": "VARCHAR",
    "correlationId": "VARCHAR",
    "authenticationProtocol": "VARCHAR",
    "tokenIssuerType": "VARCHAR",
    "clientCredentialType": "VARCHAR",
    "status": {"errorCode": "VARCHAR"},
    "envelope": {"category": "VARCHAR", "code": "VARCHAR", "tenant": "VARCHAR", "path": "VARCHAR"},
}
"""`envelope` is ours: what stood around the record, put beside its fields before it is parsed."""


def within(inner: str, outer: str) -> str:
    """SQL: the sign-in's JSON text with what stood around it as its member `envelope`; bad JSON gives null.

    Some forwarders write the outer names in lower case, tables in PascalCase. The outer `time` is left out: it is
    the time of delivery, and AD FS writes it in the server's own culture.
    """
    return f"""try(json_merge_patch({inner}, list_transform([json_extract_string({outer},
        ['$.category', '$.Category', '$.resultType', '$.resulttype', '$.tenantId', '$.tenantid', '$.resourceId',
         '$.resourceid'])], lambda v: json_object('envelope', json_object('category', coalesce(v[1], v[2]),
        'code', coalesce(v[3], v[4]), 'tenant', coalesce(v[5], v[6]), 'path', coalesce(v[7], v[8]))))[1])::varchar)"""


SIGN_IN = SignIn(
    id="r.id",
    created="r.createdDateTime",
    uti="r.uniqueTokenIdentifier",
    session="r.sessionId",
    log="r.envelope.category",
    event_types="r.signInEventTypes",
    interactive="r.isInteractive",
    user="r.userPrincipalName",
    user_id="r.userId",
    user_type="r.userType",
    service_principal="r.servicePrincipalId",
    app="r.appId",
    resource="r.resourceId",
    resource_tenant="r.resourceTenantId",
    home_tenant="r.homeTenantId",
    # The resource path of a diagnostic record names the tenant whose log it is.
    owner="coalesce(r.envelope.tenant, nullif(regexp_extract(r.envelope.path, '(?i)^/tenants/([^/]+)/', 1), ''))",
    cross_tenant="r.crossTenantAccessType",
    address="r.ipAddress",
    agent="r.userAgent",
    incoming="r.incomingTokenType",
    correlation="r.correlationId",
    protocol="r.authenticationProtocol",
    issuer_type="r.tokenIssuerType",
    credential="r.clientCredentialType",
    code="coalesce(r.status.errorCode, r.envelope.code)",
)

SOURCE = Source(
    name="entra_signin",
    says="Microsoft Entra sign-in log: Graph signIn objects, diagnostic settings",
    system=SYSTEM,
    structure=STRUCTURE,
    envelopes={
        "bare": f"case when envelope is null then text else {within('text', 'envelope')} end",
        "diagnostic": f"""case when contains(text, '"properties"') then {
            within(
                "case json_type(text, '$.properties') when 'OBJECT' then json_extract(text, '$.properties') "
                "when 'VARCHAR' then json_extract_string(text, '$.properties')::json end",
                "text",
            )
        } end""",
    },
    claims=f"""{is_signin_log("r.envelope.category")} or (
        coalesce(r.userPrincipalName, r.userId, r.servicePrincipalId) is not null
        and coalesce(r.appId, r.resourceId) is not null
        and coalesce(r.status.errorCode, r.isInteractive, r.signInEventTypes, r.uniqueTokenIdentifier) is not null)""",
    kind="'issuance'",
    native_id="said(r.id)",
    columns=columns_of(SIGN_IN),
    rejects=rejects_of(SIGN_IN, "createdDateTime"),
    contradicts=CONTRADICTS,
    streams=STREAMS,
    vendor=(
        "https://learn.microsoft.com/graph/api/resources/signin?view=graph-rest-beta",
        "https://learn.microsoft.com/entra/identity/monitoring-health/concept-diagnostic-settings-logs-options",
        "https://learn.microsoft.com/entra/identity/authentication/how-to-authentication-track-linkable-identifiers",
        "https://learn.microsoft.com/entra/identity-platform/reference-error-codes",
    ),
    export="Graph beta /auditLogs/signIns, once for each of interactiveUser, nonInteractiveUser, servicePrincipal and "
    "managedIdentity in signInEventTypes (without a filter it gives interactive sign-ins only); or diagnostic "
    "settings with all sign-in categories to storage, an event hub or a workspace.",
    proves="That the issuer authenticated this principal for this app and resource, under this token id and session. "
    "The token id is the sign-in's own id in another spelling, so either rebuilds the other.",
    cannot="Tokens that first-party back ends exchange among themselves, tokens of the backup authentication service, "
    "and what fell out of retention have no record. Service principal and managed identity records carry no tenant "
    "in Graph. A record is the issuer's word: who holds its log pipeline can add one.",
)
