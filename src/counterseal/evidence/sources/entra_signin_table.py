"""Microsoft Entra sign-ins with PascalCase names: Log Analytics and Sentinel tables, PowerShell objects."""

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
    "Type": "VARCHAR",
    "$table": "VARCHAR",
    "Category": "VARCHAR",
    "Id": "VARCHAR",
    "CreatedDateTime": "VARCHAR",
    "CreatedDateTime [UTC]": "VARCHAR",
    "TimeGenerated": "VARCHAR",
    "TimeGenerated [UTC]": "VARCHAR",
    "UniqueTokenIdentifier": "VARCHAR",
    "SessionId": "VARCHAR",
    "SignInEventTypes": "VARCHAR",
    "IsInteractive": "VARCHAR",
    "UserPrincipalName": "VARCHAR",
    "UserId": "VARCHAR",
    "UserType": "VARCHAR",
    "ServicePrincipalId": "VARCHAR",
    "AppId": "VARCHAR",
    "AppDisplayName": "VARCHAR",
    "ResourceIdentity": "VARCHAR",
    "ResourceId": "VARCHAR",
    "_ResourceId": "VARCHAR",
    "AADTenantId": "VARCHAR",
    "ResourceTenantId": "VARCHAR",
    "HomeTenantId": "VARCHAR",
    "CrossTenantAccessType": "VARCHAR",
    "IPAddress": "VARCHAR",
    "UserAgent": "VARCHAR",
    "IncomingTokenType": "VARCHAR",
    "CorrelationId": "VARCHAR",
    "AuthenticationProtocol": "VARCHAR",
    "TokenIssuerType": "VARCHAR",
    "ClientCredentialType": "VARCHAR",
    "ResultType": "VARCHAR",
    "Status": "VARCHAR",
    "Status_dynamic": "VARCHAR",
    "Status_string": "VARCHAR",
}
"""`TenantId` is left out on purpose: in these tables it is the workspace."""

NAMED = 'coalesce(said(r.Type), said(r."$table"))'
LOG = f"coalesce({NAMED}, said(r.Category))"

OF_PATH = "nullif(regexp_extract({}, '(?i)^/tenants/([^/]+)/', 1), '')"

ERROR_CODE = """list_transform([coalesce(said(r.Status), said(r.Status_dynamic), said(r.Status_string))], lambda s:
    try(coalesce(json_extract_string(s, '$.errorCode'), json_extract_string(s, '$.ErrorCode'))))[1]"""

SIGN_IN = SignIn(
    id="r.Id",
    created='coalesce(r.CreatedDateTime, r."CreatedDateTime [UTC]")',
    delivered='coalesce(r.TimeGenerated, r."TimeGenerated [UTC]")',
    uti="r.UniqueTokenIdentifier",
    session="r.SessionId",
    log=LOG,
    event_types="r.SignInEventTypes",
    interactive="r.IsInteractive",
    user="r.UserPrincipalName",
    user_id="r.UserId",
    user_type="r.UserType",
    service_principal="r.ServicePrincipalId",
    app="r.AppId",
    # PowerShell objects name the resource ResourceId; in a table that is the path of the tenant.
    resource="coalesce(said(r.ResourceIdentity), case when is_guid(r.ResourceId) then r.ResourceId end)",
    resource_tenant="r.ResourceTenantId",
    home_tenant="r.HomeTenantId",
    owner=f"coalesce(said(r.AADTenantId), {OF_PATH.format('r.ResourceId')}, {OF_PATH.format('r._ResourceId')})",
    cross_tenant="r.CrossTenantAccessType",
    address="r.IPAddress",
    agent="r.UserAgent",
    incoming="r.IncomingTokenType",
    correlation="r.CorrelationId",
    protocol="r.AuthenticationProtocol",
    issuer_type="r.TokenIssuerType",
    credential="r.ClientCredentialType",
    code=f"coalesce(said(r.ResultType), {ERROR_CODE})",
)

WHO = "coalesce(said(r.UserPrincipalName), said(r.UserId), said(r.ServicePrincipalId))"

SOURCE = Source(
    name="entra_signin_table",
    says="Microsoft Entra sign-in log: Log Analytics and Sentinel tables, PowerShell objects, old portal CSV",
    system=SYSTEM,
    structure=STRUCTURE,
    envelopes={
        # json_transform knows one spelling of a name; PowerShell modules write IpAddress.
        "bare": """case when contains(text, '"IpAddress"')
                        then try(json_merge_patch(text, json_object('IPAddress', json_extract(text, '$.IpAddress')))::varchar)
                        else text end""",
    },
    claims=f"""{is_signin_log(NAMED)} or ({is_signin_log("r.Category")} and {WHO} is not null) or (
        coalesce(r.CreatedDateTime, r."CreatedDateTime [UTC]", r.TimeGenerated, r."TimeGenerated [UTC]") is not null
        and {WHO} is not null and coalesce(said(r.AppId), said(r.AppDisplayName)) is not null
        and coalesce(r.ResultType, r.Status, r.Status_dynamic, r.IsInteractive) is not null)""",
    kind="'issuance'",
    native_id="said(r.Id)",
    columns=columns_of(SIGN_IN),
    rejects={
        "a result about sign-ins, not a sign-in": f"said(r.Id) is null and {WHO} is null",
        "no id, and a time whose day and month cannot be told apart": "said(r.Id) is null "
        "and regexp_matches(r.CreatedDateTime, '^[0-9]{1,2}/[0-9]{1,2}/')",
        **rejects_of(SIGN_IN, "CreatedDateTime"),
    },
    contradicts=CONTRADICTS,
    capped_at=(10_000, 30_000, 500_000),  # rows of a query, portal (past, present) and API
    streams=STREAMS,
    vendor=(
        "https://learn.microsoft.com/azure/azure-monitor/reference/tables/signinlogs",
        "https://learn.microsoft.com/azure/azure-monitor/reference/tables/aadnoninteractiveusersigninlogs",
        "https://learn.microsoft.com/azure/azure-monitor/reference/tables/aadserviceprincipalsigninlogs",
        "https://learn.microsoft.com/azure/azure-monitor/reference/tables/aadmanagedidentitysigninlogs",
        "https://learn.microsoft.com/azure/azure-monitor/reference/tables/adfssigninlogs",
    ),
    export="Query each of SigninLogs, AADNonInteractiveUserSignInLogs, AADServicePrincipalSignInLogs, "
    "AADManagedIdentitySignInLogs and ADFSSignInLogs without project, and export all columns; the column Type (or "
    "$table) says which stream a row is from.",
    proves="The same as the Graph log: one sign-in under its token id and session. The column Type says the stream.",
    cannot="A query that drops Type leaves the stream unknown; one that drops CreatedDateTime leaves only the time of "
    "delivery, which is later. Retention and row limits of the workspace cut silently.",
)
