"""One Dovecot log line as a flat mapping: who opened which mailbox by which token, and what was served or changed.

A line of an attacker's making may stand in such a log: Dovecot writes a token's id as it is, line breaks included,
and with a stolen key the attacker chooses it. So a record needs a known service before it, the session is the first
one of the line, and key and issuer, which he cannot choose, are the last ones.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from counterseal.evidence.log_stamps import Stamped, split_stamp

LOGIN_SERVICES = ("imap-login", "pop3-login", "submission-login", "managesieve-login")
# fmt: off
SERVICES = frozenset((
    *LOGIN_SERVICES,
    "aggregator", "anvil", "auth", "auth-worker", "config", "dict", "dict-async", "dict-expire",
    "director", "dns-client", "doveadm", "dsync", "fs-auth", "health-check", "imap",
    "imap-hibernate", "imap-postlogin", "imap-urlauth", "imap-urlauth-login", "imap-urlauth-worker",
    "indexer", "indexer-worker", "ipc", "lda", "lmtp", "log", "managesieve", "master", "old-stats",
    "pop3", "postlogin", "quota-status", "replicator", "script", "script-login", "ssl-params",
    "stats", "submission", "tcpwrap",
))
# fmt: on
"""Services that write to the log. Source: `doveconf -a` of 2.3.19, with the names of 2.2, 2.4 and Pigeonhole."""

PROGRAM = re.compile(r"(?:\S+ )?dovecot(?:\[[^\]\s]*\])?: ")
SERVICE = re.compile(
    r"(?P<service>[a-z][a-z0-9_-]*)(?:\((?P<context>.*?)\))?(?P<marks>(?:<[^<>]*>)*): "
    r"(?:(?P<level>Debug|Info|Warning|Error|Fatal|Panic): )?(?P<message>.*)",
    re.DOTALL,
)
TELLING = re.compile(r"\b(?:user|session|jti|kid|iss)=<|^(?:Login|Logged in): |\{\"event\":")
PRETENDED = re.compile(r"(?:Login|Logged in): user=<|\{\"event\":")
ACCEPTED = re.compile(r"(?:Login|Logged in): ")
TOKEN_ID = re.compile(r"\bjti=<")
FIELD = re.compile(r"\b([a-z_]+)=(?:<([^>]*)>?|([^,<]*))")
AFTER_TOKEN_ID = re.compile(r">?,? ?\b(kid|iss|session|method|rip)=(?:<([^>]*)>|([^,<>]*))")
CHANGE = re.compile(
    r"(?P<operation>copy|save|expunge|delete|undelete|flag_change)(?: from (?P<source>.*?))?: (?P<rest>.*)"
)
CHANGE_FIELD = re.compile(r"\b(box|uid|msgid|size)=(.*?)(?=, [a-z]+=|$)")

NOT_SERVED = re.compile(
    r"(?:imap:cmd_(?!(?:uid_)?fetch$)\w+|imap:(?:notify_update|unhibernate)|mail:\w+|mailbox:\w+|storage:\w+|lmtp:\w+"
    r"|doveadm:\w+|indexer:\w+|submission:\w+|fts:\w+|quota:\w+|trash:\w+|lazy_expunge:\w+|pop3:(?!cmd_(?:retr|top)$)\w+)"
)
"""Reasons to open a message that give the client nothing of it: SEARCH, APPEND, COPY, SORT, delivery, indexing.
Source: Dovecot, "Event Reasons"; a reason unknown here counts as serving."""

SERVED_EVENTS = ("mail_opened", "mail_metadata_accessed")


def read_line(line: str) -> Mapping[str, Any] | None:
    """The line as a mapping with `what`: login, refused, served, changed, other, damaged or suspect; null: not Dovecot's."""
    stamped = split_stamp(line)
    rest = stamped.rest if stamped else line
    if program := PROGRAM.match(rest):
        rest = rest[program.end() :]
    elif not stamped:
        return read_unstamped(line)
    found = SERVICE.match(rest)
    if not found or found["service"] not in SERVICES:
        if TELLING.search(rest):
            return {"what": "suspect"}
        return {"what": "other", **stamp_fields(stamped)} if program else None
    return {**stamp_fields(stamped), **read_message(found, rest, stamped)}


def read_unstamped(line: str) -> Mapping[str, Any] | None:
    """A line without a stamp: an event of an exporter's own file, the tail of something torn, or not Dovecot's."""
    if line.startswith("{"):
        ours = '"categories"' in line and '"fields"' in line and '"event"' in line
        return read_event(line, None) if ours else None
    return {"what": "suspect"} if re.search(r"\b(?:session|jti|kid|iss)=<", line) else None


def stamp_fields(stamped: Stamped | None) -> dict[str, Any]:
    """When, as the line says it."""
    return {"at": stamped.at, "local": stamped.local, "year": stamped.year} if stamped else {}


def read_message(found: re.Match[str], rest: str, stamped: Stamped | None) -> dict[str, Any]:
    """What a known service says."""
    service, message = found["service"], found["message"]
    if found["level"] not in (None, "Info"):
        # The rest of a line broken by a token's id: Dovecot's log process stamps it as an error of the service.
        return {"what": "suspect" if PRETENDED.search(message) else "other"}
    if service == "stats" and message.startswith("{"):
        return dict(read_event(message, stamped) or {"what": "other"})
    record: dict[str, Any] = {"what": "other"}
    if service in LOGIN_SERVICES:
        record = read_login(service, message)
    elif service in ("imap", "pop3") and (change := CHANGE.match(message)):
        record = read_change(found, change)
    when = f"{stamped.at or stamped.year} {stamped.local}" if stamped else ""
    return {**record, "id": hashlib.sha256(f"{when} {rest}".encode("utf-8", "replace")).hexdigest()[:32]}


def read_login(service: str, message: str) -> dict[str, Any]:
    """A login that was accepted or refused; other ends of a connection presented no token.

    Source: Dovecot, login_log_format_elements; docs/how-to/self-hosted-mail-server.md for jti, kid and iss.
    """
    before = message.partition("user=<")[0]
    what = "login" if ACCEPTED.match(message) else "refused" if "auth failed" in before else "other"
    if what == "other":
        return {"what": what}
    head, tail = [*TOKEN_ID.split(message, maxsplit=1), ""][:2]
    fields: dict[str, str] = {}
    for field in FIELD.finditer(head):
        fields.setdefault(field[1], value_of(field))
    token = read_token_id(tail, fields)
    return {
        "what": what,
        "path": service.removesuffix("-login"),
        "operation": f"Login ({fields['method']})" if fields.get("method") else "Login",
        "user": fields.get("user"),
        "ip": fields.get("rip"),
        "session": fields.get("session"),
        "jti": token,
        "kid": fields.get("kid"),
        "iss": fields.get("iss"),
        "broken": message.rfind("<") > message.rfind(">") or None,
    }


def value_of(field: re.Match[str]) -> str:
    """The value in pointed brackets, or the bare one."""
    return (field[2] if field[2] is not None else field[3]).strip()


def read_token_id(tail: str, fields: dict[str, str]) -> str:
    """The token id; what the server wrote behind it is added to the fields: the last of each name, for it writes last."""
    end = len(tail)
    last = {found[1]: found for found in AFTER_TOKEN_ID.finditer(tail)}
    for name, found in last.items():
        if name not in fields:
            fields[name] = value_of(found)
            end = min(end, found.start())
    return tail[:end].removesuffix(">")


def read_change(found: re.Match[str], change: re.Match[str]) -> dict[str, Any]:
    """A mail_log line: a message copied, saved, flagged or deleted. Reading is never in it."""
    marks = re.findall(r"<([^<>]*)>", found["marks"])
    fields: dict[str, str] = {}
    for name, value in CHANGE_FIELD.findall(change["rest"]):
        fields.setdefault(name, value)
    named = [mark for mark in marks if mark.startswith("jti=")]
    sessions = [mark for mark in marks if not mark.isdigit() and not mark.startswith("jti=")]
    return {
        "what": "changed",
        "path": found["service"],
        "operation": change["operation"],
        "user": found["context"],
        "session": sessions[0] if sessions else None,
        # The session leads to the login, which names the key too.
        "jti": named[0].removeprefix("jti=") if named and not sessions else None,
        "folder": fields.get("box"),
        "uid": fields.get("uid"),
        "message_id": fields.get("msgid"),
        "bytes": fields.get("size"),
    }


def read_event(text: str, stamped: Stamped | None) -> Mapping[str, Any] | None:
    """An exported event in JSON; null if it is some other program's JSON.

    Source: Dovecot, "Event Export", "List of Events".
    """
    try:
        event = json.loads(text)
        digest = hashlib.sha256(json.dumps(event, sort_keys=True).encode()).hexdigest()
    except (ValueError, RecursionError):
        return {"what": "damaged"}
    fields = event.get("fields")
    if not isinstance(fields, dict) or not isinstance(event.get("event"), str):
        return None
    record = {
        "at": event.get("end_time"),
        "local": stamped.local if stamped and not stamped.year else None,
        "year": None,
        "id": digest[:32],
    }
    served = served_as(event["event"], fields)
    if not served:
        return {**record, "what": "other"}
    categories = event.get("categories")
    services = (
        [entry for entry in categories if entry in ("imap", "pop3")] if isinstance(categories, list) else []
    )
    return {
        **record,
        "what": "served",
        "path": services[0] if services else None,
        "operation": served,
        "user": fields.get("user"),
        "ip": fields.get("remote_ip"),
        "session": fields.get("session"),
        "folder": fields.get("mailbox"),
        "uid": fields.get("uid"),
    }


def served_as(event: str, fields: Mapping[str, Any]) -> str | None:
    """The operation's name if the event says that something of a message was served, else null.

    UID 0 is a message being written, by APPEND or COPY.
    """
    if event not in SERVED_EVENTS or fields.get("uid") in (0, "0"):
        return None
    codes = fields.get("reason_code")
    reasons = [codes] if isinstance(codes, str) else codes if isinstance(codes, list) else []
    serving = [str(code) for code in reasons if not NOT_SERVED.fullmatch(str(code))]
    if reasons and not serving:
        return None
    why = [code.partition(":")[2] for code in serving if ":fetch_" in code or code.startswith("pop3:")]
    return f"{event} ({why[0]})" if why else event
