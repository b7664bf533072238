"""The sheet that goes to a provider and comes back: one question a row, each about one token or session.

A question's id is a hash of what it asks about. So the same question keeps its id from run to run, and an answer whose
token was mangled on the way (a spreadsheet's number, a lost dash) is known by its id no longer fitting.
"""

import base64
import hashlib
import re
import uuid

PREFIX = "Q-"

ASKED = ("question", "tenant", "token_id", "session_id", "presented_first", "presented_last")
"""Columns of the sheet that are filled in when it is sent."""

REPLY = ("issued", "answered_by", "note")
"""Columns the provider fills in for every question: yes, no or unknown; who says so; anything more."""

RECORD = (
    "principal", "principal_id", "principal_type", "app_id", "audience", "issued_at", "expires", "time", "issuer", "key_id",
    "parent_id", "digest", "client_ip", "user_agent",
)  # fmt: skip
"""Columns the provider fills in from its own record of the issuance; spelt as core.events.ISSUANCE spells them."""

SHEET = (*ASKED[:4], *REPLY[:2], *RECORD, REPLY[2], *ASKED[4:])
"""The columns of the sheet, in order."""

_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{22}|[A-Za-z0-9+/_-]{48}")


def question_id(tenant: str | None, kind: str, value: str) -> str:
    """The id of a question about a token or a session of a tenant.

    Args:
        tenant: as the uses name it; case does not matter.
        kind: token or session.
        value: the id, as the log spells it.
    """
    asked = "\n".join(((tenant or "").lower(), kind, id_key(value)))
    return PREFIX + hashlib.sha256(asked.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def id_key(value: str) -> str:
    """A token or session id in its comparable form: what the macro `token_key_of` gives for it.

    Source: real-world forms of Entra's `uti`: 22 characters (base64url of the GUID's bytes in .NET order), 48 (base64
    of the ASCII GUID), and a plain GUID.
    """
    if _GUID.fullmatch(value):
        return value.lower()
    if not _BASE64.fullmatch(value):
        return value
    raw = base64.b64decode(value.replace("-", "+").replace("_", "/") + "=" * (-len(value) % 4))
    if len(value) == 22:
        return str(uuid.UUID(bytes_le=raw))
    text = raw.decode("ascii", "replace")
    return text.lower() if _GUID.fullmatch(text) else value
