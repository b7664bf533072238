"""Microsoft Defender for Cloud Apps' activity log, exported from its portal as CSV: one line of words per event."""

from counterseal.evidence.microsoft365 import STREAMS, SYSTEM, first, words
from counterseal.evidence.source import Source, Structure

STRUCTURE: Structure = dict.fromkeys(
    (
        "Event ID",
        "Category",
        "Description",
        "User Principle Name",  # so spelt in the export
        "User Principal Name",
        "App",
        "Date",
        "IP address",
        "User agent",
    ),
    "VARCHAR",
)

MAIL = "r.Description = 'MailItemsAccessed'"
FILE = "ends_with(r.Category, ' file')"

SOURCE = Source(
    name="m365_activity_log",
    says="Microsoft Defender for Cloud Apps' activity log, as its portal exports it (CSV)",
    system=SYSTEM,
    structure=STRUCTURE,
    claims="""r."Event ID" is not null and r.Category is not null and r.Description is not null and r.App is not null""",
    kind=f"case when {MAIL} or {FILE} then 'use' else 'out_of_scope' end",
    # The event id ends in the audit record's id: one access is one use in either log.
    native_id=r"""coalesce(nullif(regexp_extract(r."Event ID", '[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$'), ''),
        nullif(r."Event ID", ''))""",
    columns={
        "time": "utc(r.Date)",
        "stream": f"case when {MAIL} then 'mail-access' when {FILE} then 'file-audit' end",
        "principal": first('r."User Principle Name"', 'r."User Principal Name"'),
        "resource": f"case when {FILE} then nullif(regexp_extract(r.Description, '^[^:]*: (?:file )?(.+)$', 1), '') end",
        "operation": f"case when {FILE} then r.Category else r.Description end",
        "client_ip": words('r."IP address"'),
        "user_agent": words('r."User agent"'),
        "access": "'other'",
        "outcome": "'accepted'",
        "lossy": f"case when {MAIL} then 'no-items' end",
    },
    rejects={"Date is missing or is not a time": "utc(r.Date) is null"},
    capped_at=(5_000,),
    streams=STREAMS,
    vendor=("https://learn.microsoft.com/defender-cloud-apps/activity-filters-queries",),
    export="Defender portal > Cloud apps > Activity log > Export. Prefer the audit log itself, which this one was "
    "made from: it names mailboxes, items, sessions and tokens.",
    proves="That a user reached a file or a mailbox, when and from which address.",
    cannot="Whose mailbox, which items, which app, session or token; which tenant.",
)
