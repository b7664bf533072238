"""Dovecot: logins with session, token id and key, events of messages served, and the mail_log plugin's lines."""

from counterseal.core.vocabulary import Kind
from counterseal.evidence.dovecot_lines import read_line
from counterseal.evidence.log_stamps import instant, stamp_loss
from counterseal.evidence.source import LogStream, Source

STRUCTURE = {
    "what": "VARCHAR",
    "at": "VARCHAR",
    "local": "VARCHAR",
    "year": "VARCHAR",
    "path": "VARCHAR",
    "operation": "VARCHAR",
    "user": "VARCHAR",
    "ip": "VARCHAR",
    "session": "VARCHAR",
    "jti": "VARCHAR",
    "kid": "VARCHAR",
    "iss": "VARCHAR",
    "folder": "VARCHAR",
    "uid": "VARCHAR",
    "message_id": "VARCHAR",
    "bytes": "VARCHAR",
    "broken": "VARCHAR",
    "id": "VARCHAR",
}

STAMP = ("r.at", "r.local", "r.year")
USES = "r.what in ('login', 'refused', 'served', 'changed')"
SAFE_ID = "regexp_full_match(r.jti, '[A-Za-z0-9._:/-]{1,128}')"

SOURCE = Source(
    name="dovecot",
    says="Dovecot's log: logins, messages served, messages changed",
    system="dovecot",
    structure=STRUCTURE,
    line=read_line,
    claims="r.what is not null",
    kind=f"case when {USES} then 'use' else 'out_of_scope' end",
    native_id="r.id",
    columns={
        "time": instant(*STAMP),
        "stream": "case when r.what in ('login', 'refused') then 'dovecot.login' else 'dovecot.mail' end",
        "tenant": "case when contains(r.user, '@') then lower(split_part(r.user, '@', -1)) end",
        "principal": "said(r.user)",
        "principal_type": "case when said(r.user) is not null then 'user' end",
        "mailbox": "said(r.user)",
        "operation": "r.operation",
        "path": "r.path",
        "token_id": "said(r.jti)",
        "session_id": "said(r.session)",
        "key_id": "said(r.kid)",
        "issuer": "said(r.iss)",
        "client_ip": "said(r.ip)",
        "logon_type": "case when said(r.user) is not null then 'owner' end",
        "access": "case when r.what = 'served' then 'bind' else 'other' end",
        "messages": """case when r.what in ('served', 'changed') and coalesce(said(r.uid), said(r.message_id)) is not null
            then [{'message_id': case when r.message_id <> '(null)' then said(r.message_id) end,
                   'item_id': said(r.folder) || '/' || said(r.uid), 'folder': said(r.folder),
                   'bytes': whole(r.bytes)}] end""",
        "outcome": "case when r.what = 'refused' then 'refused' else 'accepted' end",
        "lossy": f"""case when r.broken is not null or said(r.jti) is not null and not {SAFE_ID} then 'unsafe-id'
            else {stamp_loss(*STAMP)} end""",
    },
    rejects={
        "no known Dovecot service stands before it: it may be text injected through a token's id": "r.what = 'suspect'",
        "an event that is not whole JSON": "r.what = 'damaged'",
        "follows a line that breaks off inside a field: it may be text injected through a token's id": (
            f"{USES} and lag(r.broken) over (order by record) is not null"
        ),
        "names no mailbox": "r.what in ('login', 'served', 'changed') and said(r.user) is null",
        "time-unreadable: not a time, or without a year, and no other line of this file decides it": (
            f"{USES} and {instant(*STAMP)} is null"
        ),
    },
    contradicts=("principal", "session_id", "operation"),
    streams=(
        LogStream(
            "dovecot.login",
            Kind.USE,
            "any",
            note="One row per login, accepted or refused. Token id, key and issuer are there only if the introspection "
            "endpoint returns them and login_log_format_elements writes them.",
        ),
        LogStream(
            "dovecot.mail",
            Kind.USE,
            "any",
            session_from="dovecot.login",
            note="mail_opened events are messages served; mail_log lines are messages changed. Neither names a token: "
            "the session leads to the login that does. Headers and previews from Dovecot's cache are served unseen.",
        ),
    ),
    vendor=(
        "https://doc.dovecot.org/2.3/admin_manual/event_export/",
        "https://doc.dovecot.org/2.3/admin_manual/event_reasons/",
        "https://doc.dovecot.org/2.3/configuration_manual/mail_log_plugin/",
        "https://doc.dovecot.org/2.3/settings/core/",
    ),
    export="Copy Dovecot's log (log_path or syslog) with the settings of docs/how-to/self-hosted-mail-server.md; "
    "a log_timestamp with year and zone spares guessing.",
    proves="Which token opened which session, and every message whose text or whole header a session was handed, by "
    "folder and UID, also where the client left it unread.",
    cannot="Headers, previews and structure served from the cache; what a body search told the client; Message-IDs of "
    "messages served; anything before the settings were made.",
)
