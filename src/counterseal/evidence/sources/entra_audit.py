"""Microsoft Entra directory audit log: who touched a credential, a federation or a permission, in every export."""

from datetime import timedelta

from counterseal.core.vocabulary import Kind
from counterseal.evidence.directory import (
    STREAM,
    act,
    app_of,
    is_custody,
    is_on_resource,
    keys_touched,
    plain,
    scope_of,
)
from counterseal.evidence.microsoft365 import realm
from counterseal.evidence.source import LogStream, Source, Structure

STRUCTURE: Structure = {
    "id": "VARCHAR",
    "activityDateTime": "VARCHAR",
    "timeGenerated": "VARCHAR",
    "activityDisplayName": "VARCHAR",
    "loggedByService": "VARCHAR",
    "result": "VARCHAR",
    "tenantId": "VARCHAR",
    "initiatedBy": {
        "user": {
            "id": "VARCHAR",
            "displayName": "VARCHAR",
            "userPrincipalName": "VARCHAR",
            "ipAddress": "VARCHAR",
        },
        "app": {
            "appId": "VARCHAR",
            "displayName": "VARCHAR",
            "servicePrincipalId": "VARCHAR",
        },
    },
    "targetResources": [
        {
            "id": "VARCHAR",
            "displayName": "VARCHAR",
            "modifiedProperties": [{"displayName": "VARCHAR", "oldValue": "VARCHAR", "newValue": "VARCHAR"}],
        }
    ],
    "additionalDetails": [{"key": "VARCHAR", "value": "VARCHAR"}],
    "ActorType": "VARCHAR",
}
"""Graph's `directoryAudit`; `tenantId` and `timeGenerated` stand in the diagnostic and table forms alone, `ActorType`
in the portal's CSV."""

NESTED = ("initiatedBy", "targetResources", "additionalDetails")

PASCAL = {
    "Id": "id",
    "ActivityDateTime": "activityDateTime",
    "ActivityDateTime [UTC]": "activityDateTime",
    "TimeGenerated": "timeGenerated",
    "TimeGenerated [UTC]": "timeGenerated",
    "ActivityDisplayName": "activityDisplayName",
    "LoggedByService": "loggedByService",
    "Result": "result",
    "AADTenantId": "tenantId",
    "InitiatedBy": "initiatedBy",
    "User": "user",
    "App": "app",
    "AppId": "appId",
    "DisplayName": "displayName",
    "UserPrincipalName": "userPrincipalName",
    "IpAddress": "ipAddress",
    "IPAddress": "ipAddress",
    "ServicePrincipalId": "servicePrincipalId",
    "TargetResources": "targetResources",
    "ModifiedProperties": "modifiedProperties",
    "OldValue": "oldValue",
    "NewValue": "newValue",
    "AdditionalDetails": "additionalDetails",
    "Key": "key",
    "Value": "value",
}
"""Names in Log Analytics tables and PowerShell objects. `TenantId` is left out: in tables it is the workspace."""


def respelt(record: str) -> str:
    """SQL: the record with Graph's spelling of its names.

    In JSON text `"name":` is never part of a string: there, its quotes are escaped.
    """
    text = f"json({record})::varchar"
    for name, ours in PASCAL.items():
        text = f"""replace({text}, '"{name}":', '"{ours}":')"""
    return text


def unwrapped(record: str) -> str:
    """SQL: the record with its nested parts as JSON where an export has them as JSON text."""
    parts = ", ".join(
        f"""'{name}', case when json_type({record}, '$.{name}') = 'VARCHAR'
            then try(({record}->>'$.{name}')::json) else json_extract({record}, '$.{name}') end"""
        for name in NESTED
    )
    return f"json_merge_patch({record}, json_object({parts}))::varchar"


TABLE = f"""case when contains(text, '"ActivityDisplayName"') and json_valid(text)
    then list_transform([{respelt("text")}], lambda w: {unwrapped("w")})[1] end"""

# The tenant stands around the properties, sometimes only in the path of the resource; a forwarder may write it small.
DIAGNOSTIC = """case when contains(text, '"properties"') and json_valid(text)
    then list_transform([case json_type(text, '$.properties') when 'OBJECT' then json_extract(text, '$.properties')
            when 'VARCHAR' then try(json_extract_string(text, '$.properties')::json) end], lambda p:
        json_merge_patch(p, json_object('tenantId', coalesce(text->>'$.tenantId', text->>'$.tenantid', p->>'$.tenantId',
            nullif(regexp_extract(text->>'$.resourceId', '(?i)^/tenants/([^/]+)/', 1), '')),
            'activityDisplayName', coalesce(p->>'$.activityDisplayName', text->>'$.operationName')))::varchar)[1] end"""

TARGETS, PROPERTIES, DETAILS = 3, 5, 8
"""How many the portal's CSV has room for."""


def cell(name: str) -> str:
    """SQL: a cell of the portal's CSV."""
    return f"""(text->>'$."{name}"')"""


def portal_target(number: int) -> str:
    """SQL: one target of the portal's CSV."""
    changed = ", ".join(
        f"""json_object('displayName', {cell(f"Target{number}ModifiedProperty{place}Name")},
            'oldValue', {cell(f"Target{number}ModifiedProperty{place}OldValue")},
            'newValue', {cell(f"Target{number}ModifiedProperty{place}NewValue")})"""
        for place in range(1, PROPERTIES + 1)
    )
    return f"""json_object('id', {cell(f"Target{number}ObjectId")},
        'displayName', {cell(f"Target{number}DisplayName")}, 'modifiedProperties', json_array({changed}))"""


PORTAL = f"""case when contains(text, '"ActorType"') and json_valid(text) then json_object(
    'activityDateTime', {cell("Date (UTC)")}, 'activityDisplayName', {cell("Activity")},
    'loggedByService', {cell("Service")}, 'result', {cell("Result")},
    'ActorType', {cell("ActorType")}, 'initiatedBy', json_object('user', json_object(
            'id', {cell("ActorObjectId")}, 'displayName', {cell("ActorDisplayName")},
            'userPrincipalName', {cell("ActorUserPrincipalName")}, 'ipAddress', {cell("IPAddress")}),
        'app', json_object('displayName', {cell("ActorDisplayName")},
            'servicePrincipalId', coalesce({cell("ActorServicePrincipalId")}, {cell("ActorObjectId")}))),
    'targetResources', json_array({", ".join(portal_target(number) for number in range(1, TARGETS + 1))}),
    'additionalDetails', json_array({
    ", ".join(
        f"json_object('key', {cell(f'AdditionalDetail{n}Key')}, 'value', {cell(f'AdditionalDetail{n}Value')})"
        for n in range(1, DETAILS + 1)
    )
}))::varchar end"""

CHANGED = "flatten(list_transform(r.targetResources, lambda t: coalesce(t.modifiedProperties, [])))"


def changed(name: str, value: str = "newValue") -> str:
    """SQL: the value of a changed property, of whichever target has it."""
    return f"list_filter({CHANGED}, lambda m: m.displayName = '{name}' and m.{value} is not null)[1].{value}"


def detail(name: str) -> str:
    """SQL: the value of an additional detail."""
    return f"list_filter(r.additionalDetails, lambda d: lower(d.key) = '{name}')[1].value"


USER, APP = "r.initiatedBy.user", "r.initiatedBy.app"
UPN = f"said({USER}.userPrincipalName)"
ACT = act("r.activityDisplayName")
IS_CUSTODY = is_custody("r.activityDisplayName", f"list_transform({CHANGED}, lambda m: m.displayName)")
IS_USER = f"coalesce(r.ActorType = 'User', coalesce({UPN}, said({USER}.id)) is not null)"
# The directory leaves a person's display name empty: where one stands beside the account, a service acted for it.
THROUGH = f"case when {IS_USER} and {UPN} is not null then said({USER}.displayName) end"
TIME = "coalesce(utc(r.activityDateTime), utc(r.timeGenerated))"
RESULT = "lower(said(r.result))"
ON_RESOURCE = is_on_resource("r.activityDisplayName")
TARGET = "coalesce(said(r.targetResources[1].displayName), said(r.targetResources[1].id))"
KEYS = keys_touched(changed("KeyDescription", "oldValue"), changed("KeyDescription"))
GIVEN_TO = app_of(
    changed("ServicePrincipal.AppId"),
    detail("appid"),
    changed("TargetId.ServicePrincipalNames"),
    ON_RESOURCE,
)

SOURCE = Source(
    name="entra_audit",
    says="Microsoft Entra directory audit log: Graph directoryAudits, diagnostic settings, table AuditLogs, portal CSV",
    system="entra-audit",
    structure=STRUCTURE,
    claims="""r.activityDisplayName is not null and r.loggedByService is not null
        and (r.initiatedBy is not null or r.targetResources is not null or r.ActorType is not null)""",
    # One record may be both: a service acting under a person's account adds a credential.
    each=f"""list_filter([case when {IS_CUSTODY} then 'custody' end, case when {THROUGH} is not null then 'use' end],
        lambda k: k is not null)""",
    kind="each",
    # The portal's CSV has no id; two events of one such record must not have one id.
    native_id="coalesce(said(r.id), sha256(cast(to_json(r) as varchar)))",
    columns={
        "time": TIME,
        "stream": f"case each when 'custody' then '{STREAM.name}' when 'use' then 'directory-audit' end",
        "realm": realm("said(r.tenantId)"),
        "tenant": "lower(said(r.tenantId))",
        "principal": f"""case when {IS_USER} then coalesce({UPN}, said({USER}.id))
            else coalesce(said({APP}.appId), said({APP}.servicePrincipalId), said({APP}.displayName)) end""",
        "principal_type": f"case when each = 'use' then case when contains({UPN}, '#EXT#') then 'guest' else 'user' end end",
        "principal_id": f"case when each = 'use' then lower(said({USER}.id)) end",
        "actor": f"""case when each = 'custody' then case when {IS_USER} then coalesce({UPN}, said({USER}.id))
            else coalesce(said({APP}.displayName), said({APP}.appId), said({APP}.servicePrincipalId)) end end""",
        "action": f"case when each = 'custody' then {ACT} end",
        "operation": f"case when each = 'use' then {ACT} end",
        "app_id": f"case when each = 'use' then {THROUGH} else {GIVEN_TO} end",
        "key_id": f"case when each = 'custody' then {KEYS} end",
        "target": f"""case when each = 'custody' then coalesce({plain(changed("ServicePrincipal.DisplayName"))},
            case when not {ON_RESOURCE} then {TARGET} end) end""",
        "scope": f"""case when each = 'custody' then {
            scope_of(
                changed("DelegatedPermissionGrant.Scope"),
                changed("AppRole.Value"),
                changed("ConsentAction.Permissions"),
            )
        } end""",
        "resource": f"case when each = 'use' then {TARGET} end",
        "client_ip": f"coalesce(said({USER}.ipAddress), {detail('ipaddr')})",
        "user_agent": f"case when each = 'use' then {detail('user-agent')} end",
        "access": "case when each = 'use' then 'other' end",
        "outcome": f"""case when each = 'use' then case when {RESULT} in ('failure', 'timeout') then 'refused' else 'accepted' end
            else coalesce({RESULT}, 'unknown') end""",
    },
    rejects={"activityDateTime is missing or not a time": f"{TIME} is null"},
    envelopes={"bare": "text", "diagnostic": DIAGNOSTIC, "table": TABLE, "portal": PORTAL},
    contradicts=("principal", "action"),
    capped_at=(10_000, 30_000, 50_000, 250_000, 500_000),
    streams=(
        STREAM,
        LogStream(
            "directory-audit",
            Kind.USE,
            "entra",
            lag=timedelta(hours=1),
            retention=timedelta(days=30),
            note="Writes to the directory whose record names a service beside the account in whose name it acted: the "
            "form that CVE-2025-55241 left. No token and no session is named.",
        ),
    ),
    vendor=(
        "https://learn.microsoft.com/graph/api/resources/directoryaudit",
        "https://learn.microsoft.com/entra/identity/monitoring-health/reference-audit-activities",
        "https://learn.microsoft.com/azure/azure-monitor/reference/tables/auditlogs",
        "https://learn.microsoft.com/entra/identity/hybrid/connect/how-to-connect-monitor-federation-changes",
    ),
    export="Graph /auditLogs/directoryAudits, every page; diagnostic settings with the category AuditLogs; the table "
    "AuditLogs without project; Microsoft-Extractor-Suite Get-EntraAuditLogs; or Entra admin center > Audit logs > "
    "Download (CSV or JSON).",
    proves="Who added a credential to which application, changed the federation of which domain, or gave which "
    "application which permissions, when and from where; and that a service wrote in a person's name.",
    cannot="Reading: the directory records writes alone. What the key was used for; who held the account that acted. The "
    "portal's CSV has no record id and at most three targets of five properties. Acts on the old Azure AD Graph by a "
    "forged actor token show the account, not the forger.",
)
