"""AD FS: tokens issued and key material touched, as the Windows event log of the federation server and its domain says it.

One event comes as flat JSON of a forwarder (NXLog), as a row of Sentinel's SecurityEvent or Event table, as an object
of PowerShell, winlogbeat, evtx_dump or EvtxECmd. What AD FS says stands in XML inside a text of any of them, escaped
or not; so texts are searched, not walked.
"""

from dataclasses import replace

from counterseal.core.vocabulary import Kind
from counterseal.evidence.entra import STREAMS as ENTRA_STREAMS
from counterseal.evidence.entra import instant
from counterseal.evidence.source import LogStream, Source

STRUCTURE = {
    "EventID": "JSON",
    "Id": "VARCHAR",
    "SourceName": "VARCHAR",
    "EventSourceName": "VARCHAR",
    "Source": "VARCHAR",
    "ProviderName": "VARCHAR",
    "Provider": "VARCHAR",
    "Hostname": "VARCHAR",
    "Computer": "VARCHAR",
    "MachineName": "VARCHAR",
    "EventTime": "VARCHAR",
    "TimeCreated": "VARCHAR",
    "@timestamp": "VARCHAR",
    "TimeGenerated": "VARCHAR",
    "TimeGenerated [UTC]": "VARCHAR",
    "RecordNumber": "VARCHAR",
    "EventRecordId": "VARCHAR",
    "RecordId": "VARCHAR",
    "Message": "VARCHAR",
    "RenderedDescription": "VARCHAR",
    "ParameterXml": "VARCHAR",
    "EventData": "JSON",
    "Payload": "VARCHAR",
    "SubjectDomainName": "VARCHAR",
    "SubjectUserName": "VARCHAR",
    "ObjectType": "VARCHAR",
    "Properties": "VARCHAR",
    "Event": {
        "System": {
            "EventID": "JSON",
            "Provider": {"#attributes": {"Name": "VARCHAR"}},
            "TimeCreated": {"#attributes": {"SystemTime": "VARCHAR"}},
            "EventRecordID": "VARCHAR",
            "Computer": "VARCHAR",
        },
        "EventData": "JSON",
    },
    "winlog": {
        "event_id": "VARCHAR",
        "provider_name": "VARCHAR",
        "computer_name": "VARCHAR",
        "record_id": "VARCHAR",
        "event_data": "JSON",
    },
}

ISSUED = ("1200", "1201", "1202", "1203")
"""A token for an application, issued or refused; fresh credentials, accepted or refused.
Source: Microsoft, "Auditing Enhancements to AD FS in Windows Server 2016"."""

CALLED, CALLER, OBJECT_READ, DATABASE_READ = "412", "501", "4662", "33205"

AUDITING = "AD FS Auditing"
SECURITY = "Microsoft-Windows-Security-Auditing"

THUMBNAIL_PHOTO = "8d3bca50-1d7e-11d0-a081-00aa006c33ed"
CONTACT = "5cb41ed0-0e4c-11d0-a286-00aa003049e2"
"""The master key of AD FS' distributed key manager is the thumbnailPhoto of a contact object in Active Directory.
Source: Azure Sentinel, "ADFS DKM Master Key Export"; Australian Signals Directorate, "Detecting and Mitigating
Active Directory Compromises", Golden SAML."""

GUID = "[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"


def number(event: str) -> str:
    """SQL: an event number that may stand alone or beside its qualifiers."""
    return f"""coalesce(json_extract_string({event}, '$."#text"'), json_extract_string({event}, '$'))"""


def unescaped(text: str) -> str:
    """SQL: the text of a JSON value with its escapes undone: a string as it is, an object's strings readable."""
    return rf"""list_transform([replace({text}, '\\', chr(1))], lambda t:
        replace(replace(replace(replace(replace(t, '\r', ''), '\n', chr(10)), '\t', ' '), '\"', '"'), chr(1), '\'))[1]"""


def data(value: str) -> str:
    """SQL: event data in plain text, be it XML in a JSON string or a JSON object."""
    return f"""case when json_type({value}) = 'VARCHAR' then json_extract_string({value}, '$')
        else {unescaped(f"{value}::varchar")} end"""


def first_of(*fields: str) -> str:
    """SQL: the first field that is not empty. Asked of every record many times over, so without a pattern."""
    return "coalesce(" + ", ".join(f"nullif({field}, '')" for field in fields) + ")"


EVENT = first_of(number("r.EventID"), "r.Id", number("r.Event.System.EventID"), "r.winlog.event_id")
PROVIDER = first_of(
    *("r.SourceName", "r.EventSourceName", "r.ProviderName", "r.Provider", "r.Source"),
    *('r.Event.System.Provider."#attributes".Name', "r.winlog.provider_name"),
)
HOST = first_of(
    "r.Hostname", "r.Computer", "r.MachineName", "r.Event.System.Computer", "r.winlog.computer_name"
)
RECORD = first_of(
    *(
        "r.RecordNumber",
        "r.EventRecordId",
        "r.RecordId",
        "r.Event.System.EventRecordID",
        "r.winlog.record_id",
    ),
)
WRITTEN = first_of(
    *("r.EventTime", "r.TimeCreated", 'r."@timestamp"', "r.TimeGenerated", 'r."TimeGenerated [UTC]"'),
    'r.Event.System.TimeCreated."#attributes".SystemTime',
)
TIME = instant(WRITTEN)

AD_FS = f"{PROVIDER} = '{AUDITING}'"
IS_ISSUED = f"({AD_FS} and {EVENT} in {ISSUED})"
TELLING = f"""({AD_FS} and {EVENT} in {(*ISSUED, CALLED, CALLER)} or {PROVIDER} = '{SECURITY}' and {EVENT} = '{OBJECT_READ}'
    or starts_with({PROVIDER}, 'MSSQL') and {EVENT} = '{DATABASE_READ}')"""

TEXT = f"""concat_ws(chr(10), r.Message, r.RenderedDescription, r.ParameterXml, {data("r.EventData")},
    {unescaped("r.Payload")}, {data("r.Event.EventData")}, {data("r.winlog.event_data")}, r.ObjectType, r.Properties)"""


def of_text(events: str, said: str) -> str:
    """SQL: an expression over `t`, the event's text, evaluated for these events alone: most records are none of ours."""
    return f"case when {events} then list_transform([{TEXT}], lambda t: {said})[1] end"


def element(name: str) -> str:
    """SQL over `t`: what an element of the audit's XML says, itself escaped or not."""
    found = f"said(regexp_extract(t, '(?s)(?:<|&lt;){name}(?:>|&gt;)(.*?)(?:<|&lt;)/{name}(?:>|&gt;)', 1))"
    return f"replace(replace({found}, '&amp;amp;', '&'), '&amp;', '&')"


def field(name: str) -> str:
    """SQL over `t`: a named field of event data, in XML, as a JSON member, or as EvtxECmd writes it."""
    return f"""coalesce(
        said(regexp_extract(t, 'Name=["'']{name}["'']>([^<]*)<', 1)),
        said(regexp_extract(t, '"{name}": ?"([^"]*)"', 1)),
        said(regexp_extract(t, '"@Name": ?"{name}", ?"#text": ?"([^"]*)"', 1)))"""


def audited(name: str) -> str:
    """SQL over `t`: a field of SQL Server's audit text, up to the next field."""
    return rf"nullif(trim(regexp_extract(t, '(?s)(?:^|\s){name}:(.*?)\s+[a-z_]+:', 1)), '')"


KEY_READ = of_text(
    f"{PROVIDER} = '{SECURITY}' and {EVENT} = '{OBJECT_READ}'",
    f"contains(lower(t), '{THUMBNAIL_PHOTO}') and contains(lower(t), '{CONTACT}')",
)
SETTINGS_READ = of_text(
    f"starts_with({PROVIDER}, 'MSSQL') and {EVENT} = '{DATABASE_READ}'",
    "contains(lower(t), 'adfsconfiguration') and regexp_matches(lower(t), 'statement:[^:]*servicesettings')",
)
TRANSFER = of_text(f"{AD_FS} and {EVENT} = '{CALLED}'", "contains(t, '/SecureConversation')")
ACTION = f"""case when {KEY_READ} then 'dkm-key-read' when {SETTINGS_READ} then 'policy-store-read'
    when {TRANSFER} then 'policy-store-transfer' end"""

INSTANCE = of_text(
    f"{AD_FS} and {EVENT} in {(CALLED, CALLER)}",
    rf"lower(coalesce(nullif(regexp_extract(t, 'Instance ID:?\s*({GUID})', 1), ''), regexp_extract(t, '({GUID})', 1)))",
)
NAMED = of_text(
    f"{AD_FS} and {EVENT} = '{CALLER}'",
    r"""said(regexp_extract(t, '/identity/claims/name(?:[\s",]|</?Data>)+([^\r\n<",]+)', 1))""",
)
# A 412 names no caller; the 501 of the same instance beside it does.
CALLERS = f"max({NAMED}) over (partition by coalesce({INSTANCE}, {RECORD}))"

ACTIVITY = of_text(
    IS_ISSUED,
    rf"""lower(coalesce(nullif(regexp_extract(t, 'Activity ID:\s*({GUID})', 1), ''),
        nullif(regexp_extract(t, '(?s)({GUID}).*AuditBase', 1), '')))""",
)
RESULT = of_text(IS_ISSUED, element("AuditResult"))

SOURCE = Source(
    name="adfs",
    says="AD FS: the Windows event log of the federation server, its database and its domain",
    system="windows",
    structure=STRUCTURE,
    envelopes={
        # json_transform knows one spelling of a name; EvtxECmd writes EventId.
        "bare": """case when contains(text, '"EventId"')
            then try(json_merge_patch(text, json_object('EventID', json_extract(text, '$.EventId')))::varchar) else text end"""
    },
    claims=f"""{PROVIDER} is not null and {HOST} is not null and regexp_full_match({EVENT}, '[0-9]{{1,5}}')
        and coalesce(r.Message, r.RenderedDescription, r.EventData::varchar, r.Payload, r.ParameterXml,
            r.Event.System.Computer, r.winlog.computer_name) is not null""",
    kind=f"""case when not coalesce({TELLING}, false) then 'out_of_scope' when {IS_ISSUED} then 'issuance'
        when {ACTION} is not null then 'custody' else 'out_of_scope' end""",
    native_id=f"lower({HOST}) || '|' || {PROVIDER} || '|' || {EVENT} || '|' || {RECORD}",
    columns={
        "time": TIME,
        "stream": f"case when {IS_ISSUED} then 'signin.adfs' else 'adfs.custody' end",
        "issuer": of_text(IS_ISSUED, element("Server")),
        "principal": of_text(IS_ISSUED, element("UserId")),
        "principal_type": f"case when {of_text(IS_ISSUED, element('UserId'))} is not null then 'user' end",
        "app_id": of_text(IS_ISSUED, element("OAuthClientId")),
        "audience": of_text(IS_ISSUED, element("RelyingParty")),
        # The Entra sign-in that followed has this as its correlation id.
        "family": f"nullif({ACTIVITY}, '00000000-0000-0000-0000-000000000000')",
        "issued_at": f"case when {IS_ISSUED} then {TIME} end",
        # Behind a proxy the client's own address is the forwarded one; the first of several is the outermost.
        "client_ip": of_text(
            IS_ISSUED,
            f"trim(split_part(coalesce({element('ForwardedIpAddress')}, {element('IpAddress')}), ',', 1))",
        ),
        "user_agent": of_text(IS_ISSUED, element("UserAgentString")),
        "grant": of_text(IS_ISSUED, f"concat_ws(' ', {element('AuthProtocol')}, {element('OAuthGrant')})"),
        "actor": f"""case when {KEY_READ} then concat_ws('\\',
                coalesce(said(r.SubjectDomainName), {of_text("true", field("SubjectDomainName"))}),
                coalesce(said(r.SubjectUserName), {of_text("true", field("SubjectUserName"))}))
            when {SETTINGS_READ} then
                {of_text("true", f"coalesce({audited('session_server_principal_name')}, {audited('server_principal_name')})")}
            when {TRANSFER} then {CALLERS} end""",
        "action": ACTION,
        "host": HOST,
        "outcome": f"""case when {IS_ISSUED} then case when {RESULT} = 'Success' then 'success' else 'failure' end
            when {SETTINGS_READ} and {of_text("true", audited("succeeded"))} = 'false' then 'failure' else 'success' end""",
        "lossy": f"case when regexp_matches({WRITTEN}, '^[0-9]{{1,2}}/') and r.TimeCreated is not null then 'zone-assumed' end",
    },
    rejects={
        "time is missing or not a time": f"{TELLING} and {TIME} is null",
        "the audit's XML is missing or cut short": f"{IS_ISSUED} and coalesce({RESULT}, '') not in ('Success', 'Failure')",
    },
    contradicts=("principal", "audience", "outcome"),
    streams=(
        replace(
            next(stream for stream in ENTRA_STREAMS if stream.name == "signin.adfs"),
            note="The federation server's own record of a token or of fresh credentials, on every node of the farm: only "
            "all nodes together are complete. Kept as long as the Security log's size allows. Counts where AD FS is in use. "
            "Entra's copy comes from an agent on the server, whose administrator can invent records.",
        ),
        LogStream(
            "adfs.custody",
            Kind.CUSTODY,
            "entra",
            note="Reads of the key material: dkm-key-read (4662), policy-store-read (33205), policy-store-transfer (412 with "
            "the caller of its 501). The service account and the farm's own nodes do all three in the ordinary course: who "
            "did it decides.",
        ),
    ),
    vendor=(
        "https://learn.microsoft.com/windows-server/identity/ad-fs/technical-reference/auditing-enhancements-to-ad-fs-in-windows-server",
        "https://learn.microsoft.com/windows-server/identity/ad-fs/troubleshooting/ad-fs-tshoot-logging",
        "https://learn.microsoft.com/previous-versions/windows/it-pro/windows-10/security/threat-protection/auditing/event-4662",
        "https://learn.microsoft.com/sql/relational-databases/security/auditing/sql-server-audit-database-engine",
    ),
    export="Security log of every federation server and domain controller, Application log of the database server, by "
    "evtx_dump, EvtxECmd, Get-WinEvent | ConvertTo-Json, winlogbeat, NXLog, or Sentinel's SecurityEvent and Event: "
    "docs/how-to/ad-fs.md.",
    proves="Each token that this farm issued: for whom, for which relying party, from where, when, under which activity id "
    "(the correlation id of the Entra sign-in that followed). Who read the key that decrypts the signing certificate, or "
    "the settings that hold it, where auditing of these objects was on.",
    cannot="Name a token: AD FS logs no token or assertion id. Show what was signed elsewhere with a stolen key: that is "
    "missing here by nature. Show reads while auditing was off, which is the default for the key's container and for the "
    "database; or the reads of an administrator who cleared the log.",
)
