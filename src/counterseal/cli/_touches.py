"""Everything in a case that touches one value, across tenants and realms, in one table by time."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from counterseal.core.decisions import Selector
from counterseal.core.errors import UsageError
from counterseal.outputs import CaseView

APP = "lower(trim($value)) in (acting_app, lower(app_id){})"
WITHIN = "in (select unnest({}) from actors where actor = $value)"

ISSUANCE: dict[Selector, str] = {
    Selector.KEY: "key_id = $value",
    Selector.TOKEN: "token_key_of($value) in (token_key, token_key_of(parent_id))",
    Selector.SESSION: "session_key = token_key_of($value)",
    Selector.APP: APP.format(""),
    Selector.IP: "ip_key = ip_key_of($value)",
    Selector.MAILBOX: "principal_key = lower(trim($value))",
    Selector.ACTOR: f"token_id {WITHIN.format('tokens')} or session_id {WITHIN.format('sessions')}",
}
"""Which issuances touch a value, compared by the normalised columns of ingest."""

USE: dict[Selector, str] = {
    Selector.KEY: "key_id = $value",
    Selector.TOKEN: "token_key = token_key_of($value)",
    Selector.SESSION: "token_key_of($value) in (session_key, token_key_of(other_session_id))",
    Selector.APP: APP.format(", lower(client_app_id)"),
    Selector.IP: "ip_key = ip_key_of($value)",
    Selector.MAILBOX: "lower(trim($value)) in (mailbox_key, principal_key)",
    Selector.ACTOR: "actor = $value",
}

CUSTODY: dict[Selector, str] = {
    Selector.KEY: "key_id = $value",
    Selector.ACTOR: f"key_id {WITHIN.format('keys')}",
}
"""Custody names keys only."""

JUDGED = """
    select e.* exclude (realm), coalesce(v.realm, e.realm, m.realm) as realm, coalesce(v.actor, a.actor) as actor,
        case when e.outcome is distinct from 'accepted' then 'refused' when not ({}) then 'not judged'
            else coalesce(v.verdict, 'issued') end as word,
        coalesce(v.reasons, []) as reasons
    from use as e
    left join (select *, use_id not in (select event_id from use) as renamed from verdicts) as v
        on v.evidence_file = e.evidence_file and v.evidence_record = e.evidence_record
        and (v.use_id = e.event_id or v.renamed)
    left join attempts as a
        on a.evidence_file = e.evidence_file and a.evidence_record = e.evidence_record and a.use_id = e.event_id
    left join (select tenant, lower(trim(mailbox)) as mailbox, min(realm) as realm from mailboxes
               group by all having count(distinct realm) = 1) as m
        on m.tenant is not distinct from e.tenant and m.mailbox = e.mailbox_key"""
"""Uses with their verdict. A use that contradicts its namesake was judged under an id of its own (`renamed`).

Issued and refused uses stand in no table of the judgement: their realm is their mailbox's, where it has one only.
"""


def window(view: CaseView) -> str:
    """The condition that a use lies in the window that was judged."""
    from counterseal.core.engine.duckdb import literal

    given = view.manifest.get("arguments", {})
    bounds = [
        f"e.time {sign} cast(cast({literal(given[name])} as timestamptz) as timestamp)"
        for name, sign in (("since", ">="), ("until", "<"))
        if given.get(name)
    ]
    return " and ".join(bounds) or "true"


@dataclass(frozen=True)
class Touch:
    """One event that touches the value.

    Attributes:
        kind: issuance, use, attempt or custody.
        word: the verdict of a use, the outcome of anything else.
        did: the operation, the grant or the custody action.
        evidence: the name the evidence file was given by.
    """

    time: Any
    kind: str
    word: str | None
    reasons: list[str]
    actor: str | None
    tenant: str | None
    realm: str | None
    principal: str | None
    mailbox: str | None
    did: str | None
    app: str | None
    ip: str | None
    token: str | None
    session: str | None
    key: str | None
    evidence: str
    record: int
    offset: int


def touches(view: CaseView, selector: Selector, value: str) -> Iterator[Touch]:
    """Every touch, earliest first.

    Raises:
        UsageError: the value is no address although `ip` was asked for.
    """
    if selector is Selector.IP and view.rows("select ip_key_of(?) as key", [value])[0].key is None:
        raise UsageError(f"not an address: {value}", where="VALUE", next_step="one address, e.g. 192.0.2.7")
    judged = JUDGED.format(window(view))
    parts = [
        f"""select time, 'issuance' as kind, outcome as word, []::varchar[] as reasons, null as actor, tenant, realm,
            principal, null as mailbox, coalesce("grant", stream) as did, app_id as app, client_ip as ip,
            token_id as token, session_id as session, key_id as key, evidence_file, evidence_record, evidence_offset
        from issuance where {ISSUANCE[selector]}""",
        f"""select time, case word when 'refused' then 'attempt' else 'use' end, word, reasons, actor, tenant, realm,
            principal, mailbox, operation, coalesce(acting_app, app_id), client_ip, token_id, session_id, key_id,
            evidence_file, evidence_record, evidence_offset
        from ({judged}) where {USE[selector]}""",
    ]
    if selector in CUSTODY:
        parts.append(
            f"""select time, 'custody', outcome, [], null, tenant, realm, actor, null, action, null, null, null, null,
                key_id, evidence_file, evidence_record, evidence_offset from custody where {CUSTODY[selector]}"""
        )
    found = view.con.cursor()  # a result read in steps blocks its connection
    found.execute(
        f"""select t.* exclude (evidence_file, evidence_record, evidence_offset),
                coalesce(n.path, t.evidence_file) as evidence, evidence_record, evidence_offset
            from ({" union all ".join(parts)}) as t left join evidence_named as n on n.sha256 = t.evidence_file
            order by time nulls first, kind, evidence_file, evidence_record, token, mailbox""",
        {"value": value},
    )
    try:
        while some := found.fetchmany(2_000):
            yield from (Touch(*row) for row in some)
    finally:
        found.close()
