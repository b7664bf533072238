"""Microsoft Entra sign-ins as the admin centre's CSV, with headings for people."""

from counterseal.evidence.entra import CONTRADICTS, STREAMS, SYSTEM, SignIn, columns_of, rejects_of
from counterseal.evidence.source import Source

STRUCTURE = {
    "Date (UTC)": "VARCHAR",
    "Request ID": "VARCHAR",
    "User agent": "VARCHAR",
    "User ID": "VARCHAR",
    "Username": "VARCHAR",
    "User type": "VARCHAR",
    "Cross tenant access type": "VARCHAR",
    "Incoming token type": "VARCHAR",
    "Correlation ID": "VARCHAR",
    "Authentication Protocol": "VARCHAR",
    "Unique token identifier": "VARCHAR",
    "Client credential type": "VARCHAR",
    "Application ID": "VARCHAR",
    "Application ID ": "VARCHAR",
    "Resource ID": "VARCHAR",
    "Resource ID ": "VARCHAR",
    "Resource tenant ID": "VARCHAR",
    "Home tenant ID": "VARCHAR",
    "IP address": "VARCHAR",
    "Status": "VARCHAR",
    "Sign-in error code": "VARCHAR",
    "Session ID": "VARCHAR",
    "Token issuer type": "VARCHAR",
    "Service principal ID": "VARCHAR",
    "Credential key ID": "VARCHAR",
    "Credential thumbprint": "VARCHAR",
    "Managed Identity type": "VARCHAR",
}
"""The portal writes two headings with a trailing blank, scripts that imitate it without."""

SIGN_IN = SignIn(
    id='r."Request ID"',
    created='r."Date (UTC)"',
    uti='r."Unique token identifier"',
    session='r."Session ID"',
    user="r.Username",
    user_id='r."User ID"',
    user_type='r."User type"',
    service_principal='r."Service principal ID"',
    app='coalesce(said(r."Application ID "), said(r."Application ID"))',
    resource='coalesce(said(r."Resource ID "), said(r."Resource ID"))',
    resource_tenant='r."Resource tenant ID"',
    home_tenant='r."Home tenant ID"',
    cross_tenant='r."Cross tenant access type"',
    address='r."IP address"',
    agent='r."User agent"',
    incoming='r."Incoming token type"',
    correlation='r."Correlation ID"',
    protocol='r."Authentication Protocol"',
    issuer_type='r."Token issuer type"',
    # Only an app's own credential tells a service principal from a managed identity here.
    credential="""coalesce(case when said(r."Managed Identity type") is not null then 'managedIdentity' end,
        said(r."Client credential type"), said(r."Credential key ID"), said(r."Credential thumbprint"))""",
    code='coalesce(said(r."Sign-in error code"), said(r.Status))',
)

SOURCE = Source(
    name="entra_signin_portal",
    says="Microsoft Entra sign-in log: CSV of the admin centre",
    system=SYSTEM,
    structure=STRUCTURE,
    claims="""(case when r."Request ID" is not null then 1 else 0 end) + (case when r."Date (UTC)" is not null then 1 else 0 end)
        + (case when r."Sign-in error code" is not null or r.Status is not null then 1 else 0 end) >= 2
        and coalesce(r.Username, r."User ID", r."Service principal ID") is not null""",
    kind="'issuance'",
    native_id='said(r."Request ID")',
    columns=columns_of(SIGN_IN),
    rejects=rejects_of(SIGN_IN, "Date (UTC)"),
    contradicts=CONTRADICTS,
    capped_at=(5_000, 50_000, 100_000, 250_000),  # download limits, past and present
    streams=STREAMS,
    vendor=("https://learn.microsoft.com/entra/identity/monitoring-health/howto-download-logs",),
    export="Entra admin centre, Sign-in logs, Download, CSV: a file for each tab. Prefer the JSON download: it says "
    "which stream a sign-in is from.",
    proves="One sign-in under its token id and session. The service principal CSV has neither; there the request id "
    "gives the token id.",
    cannot="The CSV of interactive and of non-interactive sign-ins differ only by file name, so neither can show that "
    "the stream of user sign-ins is complete: such rows match uses and never accuse.",
)
