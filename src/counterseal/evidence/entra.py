"""What a Microsoft Entra sign-in says, whatever envelope it came in: streams, outcomes and event columns.

The three sign-in sources (Graph and diagnostic settings, Log Analytics tables, portal CSV) name their own fields in
a `SignIn`; everything that follows from the fields is written once, here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from counterseal.core.vocabulary import Kind
from counterseal.evidence.source import LogStream

SYSTEM = "entra"
"""All sign-in sources: one sign-in is one event in every envelope."""

CONTRADICTS = ("principal_id", "app_id", "audience", "session_id", "outcome")
"""Spelt alike by every envelope; `outcome`, so that a failed copy never hides a success of the same id."""

INTERRUPTS: Mapping[int, str] = {
    16000: "InteractionRequired: several user identities, or none chosen",
    50055: "InvalidPasswordExpiredPassword",
    50058: "UserInformationNotProvided: not signed in yet",
    50072: "UserStrongAuthEnrollmentRequiredInterrupt",
    50074: "UserStrongAuthClientAuthNRequiredInterrupt",
    50076: "UserStrongAuthClientAuthNRequired",
    50079: "UserStrongAuthEnrollmentRequired",
    50097: "DeviceAuthenticationRequired",
    50125: "PasswordResetRegistrationRequiredInterrupt",
    50127: "BrokerAppNotInstalled",
    50129: "DeviceIsNotWorkplaceJoined",
    50140: "KmsiInterrupt",
    50144: "InvalidPasswordExpiredOnPremPassword",
    50158: "ExternalSecurityChallenge",
    50168: "ChromeBrowserSsoInterruptRequired",
    50199: "CmsiInterrupt",
    51006: "ForceReauthDueToInsufficientAuth",
    52004: "DelegationDoesNotExistForLinkedIn",
    65001: "DelegationDoesNotExist: consent is asked for",
    70016: "AuthorizationPending",
    399218: "user confirmation is asked for",
}
"""Error codes that ask something of the user and issue nothing; every other code but 0 is a failure.

Source: Microsoft Entra authentication and authorization error codes (reference-error-codes).
"""

TABLES = (
    "SigninLogs",
    "AADNonInteractiveUserSignInLogs",
    "AADServicePrincipalSignInLogs",
    "AADManagedIdentitySignInLogs",
    "ADFSSignInLogs",
    "MicrosoftServicePrincipalSignInLogs",
)
"""Log Analytics tables; a diagnostic category is the same name without AAD (SignInLogs, NonInteractiveUser…)."""

STREAM_OF_LOG = {
    "signinlogs": "signin.interactive",
    "noninteractiveusersigninlogs": "signin.non-interactive",
    "serviceprincipalsigninlogs": "signin.service-principal",
    "managedidentitysigninlogs": "signin.managed-identity",
    "adfssigninlogs": "signin.adfs",
}

UNDECIDED = "signin.undecided"

KEPT_FOR = timedelta(days=30)
LATE = timedelta(hours=1)  # measured by others: 28 to 1,077 seconds after the sign-in

USERS = ("user", "guest")

STREAMS = (
    LogStream(
        "signin.interactive",
        Kind.ISSUANCE,
        "entra",
        holds=USERS,
        lag=LATE,
        retention=KEPT_FOR,
        note="Kept 30 days with P1 or P2, 7 without. What Graph gives when nothing is filtered; it holds the first "
        "sign-in of a session, not the tokens renewed later.",
    ),
    LogStream(
        "signin.non-interactive",
        Kind.ISSUANCE,
        "entra",
        holds=USERS,
        lag=LATE,
        retention=KEPT_FOR,
        note="Kept 30 days with P1 or P2, 7 without. Most tokens that read mail are here: without this stream no "
        "user's token can be called never issued.",
    ),
    LogStream(
        "signin.service-principal",
        Kind.ISSUANCE,
        "entra",
        holds=("app",),
        lag=LATE,
        retention=KEPT_FOR,
        note="Kept 30 days with P1 or P2, 7 without. Graph leaves the tenant of these records empty.",
    ),
    LogStream(
        "signin.managed-identity",
        Kind.ISSUANCE,
        "entra",
        holds=("managed",),
        lag=LATE,
        retention=KEPT_FOR,
        note="Kept 30 days with P1 or P2, 7 without. No client address and no session; no tenant in Graph.",
    ),
    LogStream(
        "signin.adfs",
        Kind.ISSUANCE,
        "entra",
        holds=USERS,
        optional=True,
        lag=LATE,
        retention=KEPT_FOR,
        note="Reported by an agent on the AD FS server, whose administrator can invent records: weaker than that "
        "server's own security log.",
    ),
    LogStream(
        UNDECIDED,
        Kind.ISSUANCE,
        "entra",
        holds=(*USERS, "app", "managed"),
        accuses=False,
        lag=LATE,
        retention=KEPT_FOR,
        note="Sign-ins whose export does not say which stream they are from (the portal's interactive and "
        "non-interactive CSV differ only by file name), or which another tenant's log reports. They may match a use; "
        "they never show that a stream is complete. Export through Graph or diagnostic settings instead.",
    ),
)


@dataclass(frozen=True)
class SignIn:
    """SQL, one expression of text per fact, for one envelope; "null" where the envelope does not say it.

    Attributes:
        id: of the sign-in; the token id decodes to it (measured: 522 of 522 records of one tenant).
        created: when the sign-in happened.
        delivered: a later time of the transport, used only where `created` is not in the export.
        uti, session: unique token identifier, session id.
        log: table or diagnostic category.
        event_types: signInEventTypes, as JSON text.
        interactive: isInteractive.
        user, user_id, user_type: UPN, object id, Member or Guest.
        service_principal, app, resource: object id; application ids of client and resource.
        resource_tenant, home_tenant: as the record says.
        owner: tenant whose log this is.
        cross_tenant: crossTenantAccessType.
        address, agent: of the client.
        incoming, protocol: incomingTokenType, authenticationProtocol.
        issuer_type: tokenIssuerType.
        credential: clientCredentialType, or any text that shows an app's own credential.
        code: the error code; 0 is success.
    """

    id: str
    created: str
    uti: str
    session: str
    user: str
    user_id: str
    user_type: str
    service_principal: str
    app: str
    resource: str
    resource_tenant: str
    home_tenant: str
    cross_tenant: str
    address: str
    agent: str
    incoming: str
    protocol: str
    issuer_type: str
    credential: str
    code: str
    delivered: str = "null::varchar"
    log: str = "null::varchar"
    event_types: str = "null::varchar"
    interactive: str = "null::varchar"
    owner: str = "null::varchar"
    correlation: str = "null::varchar"


def quoted(words: tuple[str, ...]) -> str:
    """The words, lower case, as a SQL list of literals."""
    return ", ".join(f"'{word.lower()}'" for word in words)


def is_signin_log(log: str) -> str:
    """SQL: is this the name of a sign-in table or category?"""
    names = {name.lower() for name in TABLES} | {name.lower().removeprefix("aad") for name in TABLES}
    return f"lower({log}) in ({quoted(tuple(sorted(names)))})"


def is_app(of: SignIn) -> str:
    """SQL: did an application sign in, rather than a user?"""
    return f"(said({of.user}) is null and said({of.user_id}) is null and said({of.service_principal}) is not null)"


def is_elsewhere(of: SignIn) -> str:
    """SQL: does another tenant's log report this sign-in, or can that not be excluded?

    A home tenant's log also shows its users' visits to other tenants: those rows say nothing of the other tenant's
    own log. Without the log's owner, every cross-tenant row is doubtful.
    """
    resource, home, owner = (
        f"lower(said({name}))" for name in (of.resource_tenant, of.home_tenant, of.owner)
    )
    return f"""coalesce(case when {owner} is not null then {owner} <> {resource}
        else {resource} <> {home} or lower(said({of.cross_tenant})) <> 'none' end, false)"""


def stream_of(of: SignIn) -> str:
    """SQL for the stream; what the export does not decide stays undecided."""
    logs = " ".join(f"when '{log}' then '{stream}'" for log, stream in STREAM_OF_LOG.items())
    return f"""case
        when {is_elsewhere(of)} then '{UNDECIDED}'
        when lower({of.issuer_type}) = 'adfederationservices' then 'signin.adfs'
        when said({of.log}) is not null
            then coalesce(case regexp_replace(lower({of.log}), '^aad', '') {logs} end, '{UNDECIDED}')
        else list_transform([coalesce(lower({of.event_types}), '')], lambda t: case
            when contains(t, 'noninteractiveuser') and regexp_matches(t, '(^|[^a-z])interactiveuser') then '{UNDECIDED}'
            when contains(t, 'noninteractiveuser') then 'signin.non-interactive'
            when contains(t, 'interactiveuser') then 'signin.interactive'
            when contains(t, 'managedidentity') then 'signin.managed-identity'
            when contains(t, 'serviceprincipal') then 'signin.service-principal'
            when {is_app(of)} then case when said({of.credential}) is null then '{UNDECIDED}'
                when lower({of.credential}) = 'managedidentity' then 'signin.managed-identity'
                else 'signin.service-principal' end
            when flag({of.interactive}) then 'signin.interactive'
            else '{UNDECIDED}' end)[1] end"""


def outcome_of(code: str) -> str:
    """SQL for the outcome: an error code, or the portal's word for it."""
    interrupts = ", ".join(f"'{number}'" for number in INTERRUPTS)
    return f"""list_transform([lower(said({code}))], lambda c: case
        when c in ('0', 'success') then 'success'
        when c in ({interrupts}, 'interrupted') then 'interrupted'
        when regexp_full_match(c, '[0-9]+') or c = 'failure' then 'failure' end)[1]"""


def instant(written: str) -> str:
    """SQL for a time, also in the form that Windows PowerShell 5.1 gives a date in JSON: /Date(milliseconds)/."""
    return f"coalesce(utc({written}), epoch_utc(nullif(regexp_extract({written}, '^/Date\\((\\d+)\\)/$', 1), '')))"


def columns_of(of: SignIn) -> dict[str, str]:
    """Every event column of a sign-in."""
    tenant = f"lower(coalesce(said({of.resource_tenant}), said({of.owner}), said({of.home_tenant})))"
    created = instant(of.created)
    stream = stream_of(of)
    return {
        "time": created
        if of.delivered.startswith("null")
        else f"coalesce({created}, {instant(of.delivered)})",
        "stream": stream,
        "realm": f"""case when {tenant} = '9188040d-6c67-4c5b-b112-36a304b66dad' then 'consumer'
                          when {tenant} is not null then 'enterprise' end""",
        "tenant": tenant,
        "home_tenant": f"lower(said({of.home_tenant}))",
        "principal": f"""case when {is_app(of)} then coalesce(said({of.app}), said({of.service_principal}))
                              else coalesce(said({of.user}), said({of.user_id})) end""",
        "principal_type": f"""case
            when {is_app(of)} then case when lower({of.credential}) = 'managedidentity'
                or {stream} = 'signin.managed-identity' then 'managed' else 'app' end
            when lower(trim({of.user_type})) = 'guest' or contains({of.user}, '#EXT#') then 'guest'
            when coalesce(said({of.user}), said({of.user_id})) is not null then 'user' end""",
        "principal_id": f"lower(case when {is_app(of)} then said({of.service_principal}) else said({of.user_id}) end)",
        "app_id": f"said({of.app})",
        "audience": f"said({of.resource})",
        "token_id": f"coalesce(said({of.uti}), said({of.id}))",
        "session_id": f"said({of.session})",
        # A sign-in over a SAML assertion was made from one: AD FS calls it by the correlation id (its Activity ID).
        "parent_id": f"case when starts_with(lower({of.incoming}), 'saml') then lower(said({of.correlation})) end",
        "issued_at": created,
        "client_ip": f"said({of.address})",
        "user_agent": f"said({of.agent})",
        "grant": f"""nullif(array_to_string(list_filter([said({of.protocol}), said({of.incoming})],
                     lambda word: word is not null), ' '), '')""",
        "outcome": outcome_of(of.code),
        "lossy": f"""case when {is_elsewhere(of)} then 'other-tenants-log' when {stream} = '{UNDECIDED}' then 'stream-unknown'
                          when {created} is null then 'time-of-delivery' end""",
    }


def rejects_of(of: SignIn, time_name: str) -> dict[str, str]:
    """Reasons not to use a sign-in. A time is never invented: the transport's own is not one."""
    delivered = "" if of.delivered.startswith("null") else f" and {instant(of.delivered)} is null"
    return {
        f"{time_name} is missing or not a time": f"{instant(of.created)} is null{delivered}",
        "no result code": f"{outcome_of(of.code)} is null",
    }
