"""timeline.csv: what happened, in the columns Timesketch imports."""

from counterseal.outputs._cells import cell, instant
from counterseal.outputs._output import CaseView, Output, copy_csv

COLUMNS = (
    "verdict",
    "reasons",
    "tenant",
    "realm",
    "principal",
    "mailbox",
    "operation",
    "app_id",
    "client_ip",
    "token_id",
    "session_id",
    "key_id",
    "actor",
    "evidence_file",
    "evidence_record",
    "evidence_offset",
)
"""Beside Timesketch's message, datetime and timestamp_desc. `evidence_file` is the SHA-256 that the manifest lists."""

WHOLE = ("evidence_record", "evidence_offset")

JUDGED = """
    select time, 'use judged ' || verdict as timestamp_desc,
        verdict || ': ' || concat_ws(', ', operation, 'mailbox ' || mailbox, 'from ' || client_ip, 'app ' || app_id)
            || coalesce(': ' || array_to_string(says, '; '), '') as message,
        verdict, array_to_string(reasons, ' ') as reasons, tenant, realm, principal, mailbox, operation, app_id,
        client_ip, token_id, session_id, key_id, actor, evidence_file, evidence_record, evidence_offset
    from verdicts"""

REFUSED = """
    select time, 'use refused', 'refused: ' || concat_ws(', ', operation, 'mailbox ' || mailbox, 'from ' || client_ip,
            'app ' || app_id), null, null, tenant, null, principal, mailbox, operation, app_id, client_ip, token_id,
        session_id, key_id, actor, evidence_file, evidence_record, evidence_offset
    from attempts"""

TOUCHED = """
    select time, 'key touched', 'key: ' || concat_ws(', ', action, 'key ' || key_id, 'by ' || actor, 'on ' || host,
            outcome), null, null, tenant, realm, actor, null, action, null, null, null, null, key_id, null,
        evidence_file, evidence_record, evidence_offset
    from custody"""

TAKEN_BACK = """
    select time, case outcome when 'reuse' then 'refresh token reused' else 'token revoked' end,
        concat_ws(', ', case outcome when 'reuse' then 'reuse: the issuer saw a refresh token twice'
                                     else 'revoked: a token, session or grant was taken back' end,
            'principal ' || principal, 'from ' || client_ip, 'app ' || app_id),
        null, null, tenant, realm, principal, null, "grant", app_id, client_ip, token_id, session_id, key_id, null,
        evidence_file, evidence_record, evidence_offset
    from issuance where outcome in ('reuse', 'revoked')"""


def write(view: CaseView) -> None:
    """Write everything that has a time, earliest first."""
    others = ", ".join(name if name in WHOLE else f"{cell(name)} as {name}" for name in COLUMNS)
    copy_csv(
        view,
        f"""select {cell("message")} as message, {instant("time")} as datetime, timestamp_desc, {others}
            from ({" union all ".join((JUDGED, REFUSED, TOUCHED, TAKEN_BACK))}) as t
            where t.time is not null
            order by t.time, t.timestamp_desc, t.evidence_file, t.evidence_record, t.message""",
        view.case.root / OUTPUT.filename,
    )


OUTPUT = Output(
    name="timeline",
    filename="timeline.csv",
    says="uses that are not `issued`, refused uses, revocations and touches of keys, in Timesketch's columns",
    write=write,
)
