"""Google Workspace: activities of the Reports API. Sign-ins, grants and revocations, messages opened in Gmail, admin changes.

One activity holds several events, each with named parameters, which may hold parameters in turn. Panther writes one
event an activity, its parameters as members.
"""

from datetime import timedelta

from counterseal.core.vocabulary import Kind
from counterseal.evidence.source import LogStream, Source

STRUCTURE = {
    "kind": "VARCHAR",
    "id": {"time": "VARCHAR", "uniqueQualifier": "VARCHAR", "applicationName": "VARCHAR"},
    "actor": {"email": "VARCHAR", "profileId": "VARCHAR"},
    "ipAddress": "VARCHAR",
    "events": [{"name": "VARCHAR", "parameters": "JSON"}],
    "name": "VARCHAR",
    "parameters": "JSON",
    "resourceDetails": [{"id": "VARCHAR"}],
}

SERVED = {
    7: "message opened for the first time",
    17: "attachment downloaded",
    18: "attachment saved to Drive",
    28: "attachment previewed",
    31: "message viewed",
    32: "message downloaded by POP3",
    33: "message accessed by an app on the user's behalf",
}
DONE = {
    1: "message sent",
    3: "classified by the user",
    8: "marked as unread",
    9: "replied to",
    10: "forwarded",
    12: "moved to the inbox",
    13: "moved to trash",
    14: "moved out of trash",
    15: "link clicked",
    16: "link clicked in an attachment's preview",
    19: "Drive item saved",
    26: "archived",
    27: "permanently deleted",
    29: "saved as draft",
    35: "sending begun",
}
"""mail_event_type of what somebody did in a mailbox; every other value is a step of delivery.
Source: Google, Gmail Activity Events; Schema for Gmail logs in BigQuery."""

TRUST = (
    "AUTHORIZE_API_CLIENT_ACCESS",
    "REMOVE_API_CLIENT_ACCESS",
    "TOGGLE_SSO_ENABLED",
    "CHANGE_SSO_SETTINGS",
    "UPLOAD_OAUTH_CERTIFICATE",
)
"""Admin events that change who may vouch for whom. Source: Google, Admin Audit Activity Events, Domain and Security Settings."""

APP = "lower(r.id.applicationName)"
WHO = "said(r.actor.email)"
TIME = "utc(r.id.time)"


def parameter(holder: str, name: str) -> str:
    """SQL: the parameter of that name as JSON: an entry of a list, or a member."""
    return f"""list_transform([{holder}], lambda p: coalesce(list_filter(json_extract(p, '$[*]'),
        lambda x: json_extract_string(x, '$.name') = '{name}')[1], json_extract(p, '$.{name}')))[1]"""


def said_by(*path: str) -> str:
    """SQL: what a parameter says, or one inside others."""
    holder = "each.parameters"
    for name in path[:-1]:
        inner = parameter(holder, name)
        holder = f"list_transform([{inner}], lambda i: coalesce(json_extract(i, '$.messageValue.parameter'), i))[1]"
    return f"""said(list_transform([{parameter(holder, path[-1])}], lambda v: coalesce(json_extract_string(v, '$.value'),
        json_extract_string(v, '$.intValue'), json_extract_string(v, '$.multiValue[0]'),
        case when json_type(v) <> 'OBJECT' then json_extract_string(v, '$') end))[1])"""


def meanings(events: dict[int, str]) -> str:
    """SQL: a mail event type in words."""
    return " ".join(
        f"when {number} then '{words.replace(chr(39), chr(39) * 2)}'" for number, words in events.items()
    )


MAIL_EVENT = (
    f"""coalesce(whole({said_by("event_info", "mail_event_type")}), whole({said_by("mail_event_type")}))"""
)
CLIENT = said_by("client_id")
DELEGATE = said_by("event_info", "client_context", "session_context", "delegate_user_email")
CLIENT_TYPE = f"lower({said_by('event_info', 'client_context', 'client_type')})"
# Where the message's own fields are not exported, the resource is "account id/message id".
MESSAGE_ID = f"""coalesce({said_by("message_info", "rfc2822_message_id")}, list_transform([r.resourceDetails[1].id],
    lambda i: case when contains(i, '/') then said(substr(i, strpos(i, '/') + 1)) end)[1])"""

IN_GMAIL = f"{APP} = 'gmail'"
API_CALL = f"{APP} = 'token' and each.name = 'activity'"
IS_SERVED = f"({IN_GMAIL} and {MAIL_EVENT} in {tuple(SERVED)})"
IS_USE = f"({API_CALL} or {IN_GMAIL} and {MAIL_EVENT} in {(*SERVED, *DONE)})"

OUTCOME = f"""case when {APP} = 'token' then case each.name when 'authorize' then 'success' when 'deny' then 'failure'
        when 'revoke' then 'revoked' end
    when {APP} in ('login', 'saml') then case each.name when 'login_success' then 'success'
        when 'login_failure' then 'failure' end end"""
KIND = f"""case when {IS_USE} then 'use' when {OUTCOME} is not null then 'issuance'
    when {APP} = 'admin' and each.name in {TRUST} then 'custody' else 'out_of_scope' end"""

SOURCE = Source(
    name="google_workspace",
    says="Google Workspace: activities of the Reports API (login, saml, token, gmail, admin)",
    system="google",
    structure=STRUCTURE,
    claims="r.id.applicationName is not null and coalesce(r.kind, r.name, r.id.uniqueQualifier) is not null",
    each="coalesce(r.events, case when r.name is not null then [{'name': r.name, 'parameters': r.parameters}] end)",
    kind=KIND,
    native_id=f"{APP} || '|' || {TIME}::varchar || '|' || r.id.uniqueQualifier",
    columns={
        "time": TIME,
        "stream": f"""case when {API_CALL} then 'google.api' when {IN_GMAIL} then 'google.gmail'
            when {APP} = 'token' then 'google.token' when {APP} = 'admin' then 'google.admin' else 'google.login' end""",
        "tenant": f"list_transform([{WHO}], lambda e: case when contains(e, '@') then lower(split_part(e, '@', -1)) end)[1]",
        "principal": f"coalesce(case when {IN_GMAIL} then {DELEGATE} end, {WHO})",
        "principal_type": f"case when {WHO} is not null then 'user' end",
        "principal_id": f"case when {IN_GMAIL} and {DELEGATE} is not null then null else said(r.actor.profileId) end",
        "mailbox": f"case when {IN_GMAIL} or {API_CALL} and {said_by('api_name')} = 'gmail' then {WHO} end",
        "operation": f"""case when {API_CALL} then {said_by("method_name")}
            when {IN_GMAIL} then case {MAIL_EVENT} {meanings(SERVED)} {meanings(DONE)} end end""",
        "path": f"case when {API_CALL} then 'api' when {IN_GMAIL} then coalesce({CLIENT_TYPE}, 'gmail') end",
        "app_id": f"case when {APP} = 'token' then {CLIENT} end",
        "audience": f"case when {APP} = 'saml' then {said_by('application_name')} end",
        "family": f"case when {APP} = 'token' and each.name <> 'activity' then {CLIENT} || '|' || {WHO} end",
        "issued_at": f"case when {OUTCOME} = 'success' then {TIME} end",
        "client_ip": "said(r.ipAddress)",
        "grant": f"case when {OUTCOME} is not null then coalesce({said_by('login_type')}, each.name) end",
        "logon_type": f"""case when {IN_GMAIL} and {DELEGATE} is not null then 'delegate'
            when {IN_GMAIL} and {MAIL_EVENT} <> 33 then 'owner' end""",
        "access": f"case when {IS_SERVED} then 'bind' when {IS_USE} then 'other' end",
        "messages": f"""case when {IN_GMAIL} and {IS_USE} and {MESSAGE_ID} is not null then
            [{{'message_id': {MESSAGE_ID}, 'item_id': null::varchar, 'folder': null::varchar, 'bytes': null::bigint}}] end""",
        "resource": f"case when {API_CALL} then {said_by('api_name')} end",
        "actor": WHO,
        "action": f"case when {APP} = 'admin' then lower(replace(each.name, '_', '-')) end",
        "outcome": f"case when {IS_USE} then 'accepted' else coalesce({OUTCOME}, 'success') end",
    },
    rejects={
        "id.time is missing or not a time": f"{TIME} is null",
        "names no account": f"{KIND} in ('use', 'issuance') and {WHO} is null",
    },
    contradicts=("principal", "app_id", "operation"),
    capped_at=(1_000,),  # activities of one page of the API
    streams=(
        LogStream(
            "google.login",
            Kind.ISSUANCE,
            "google",
            holds=("user", "guest"),
            accuses=False,
            lag=timedelta(hours=1),
            retention=timedelta(days=180),
            note="Sign-ins to Google and, by SAML, from Google to applications. No token and no session id: nothing is matched.",
        ),
        LogStream(
            "google.token",
            Kind.ISSUANCE,
            "google",
            holds=("user", "guest"),
            accuses=False,
            lag=timedelta(hours=4),
            retention=timedelta(days=180),
            note="Grants given to applications, refused and taken back. Tokens minted under a grant leave no row, nor does a "
            "refresh token presented twice.",
        ),
        LogStream(
            "google.gmail",
            Kind.USE,
            "google",
            lag=timedelta(hours=1),
            retention=timedelta(days=180),
            note="What was done in a mailbox, by message. Viewing (31) and access by an app (33) are logged only by editions "
            "with Gmail logs, viewing only since 2024.",
        ),
        LogStream(
            "google.api",
            Kind.USE,
            "google",
            lag=timedelta(hours=4),
            retention=timedelta(days=180),
            note="Calls of an API by an application under a user's grant: client and method, no message and no token.",
        ),
        LogStream(
            "google.admin",
            Kind.CUSTODY,
            "google",
            lag=timedelta(hours=1),
            retention=timedelta(days=180),
            note="Domain-wide delegation given and taken, single sign-on settings and certificates changed.",
        ),
    ),
    vendor=(
        "https://developers.google.com/workspace/admin/reports/v1/appendix/activity/token",
        "https://developers.google.com/workspace/admin/reports/v1/appendix/activity/gmail",
        "https://developers.google.com/workspace/admin/reports/v1/appendix/activity/login",
        "https://developers.google.com/workspace/admin/reports/v1/appendix/activity/saml",
        "https://support.google.com/a/answer/7061566",
    ),
    export="activities.list for each of login, saml, token, gmail (30 days a request) and admin, every page: "
    "docs/how-to/google-workspace.md.",
    proves="Which messages were opened, by which kind of client and from where; which application called which API for whom; "
    "which grant was given and taken back; who gave an application the whole domain.",
    cannot="Tie a use to a token: no event names one. Accuse by absence, therefore. Show messages opened in editions without "
    "Gmail logs, or content synchronised by IMAP.",
)
