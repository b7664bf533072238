"""What the provider is asked: one question about each token or session that the evidence could not decide."""

from counterseal.core.engine.duckdb import literal
from counterseal.core.questions import PREFIX
from counterseal.evidence.source import known_streams
from counterseal.outputs._cells import UNSEEN
from counterseal.outputs._output import CaseView

ASKABLE = ("unissued", "suspicious", "unknown")
"""Verdicts that the issuer's word can change. A key outside its realm or a reported reuse needs no answer."""

LONGEST = 512
"""Characters of an id that can be asked about."""

PLAIN = f"length(id) <= {LONGEST} and trim(id) = id and not regexp_matches(id, '{UNSEEN}')"
"""SQL: an id that comes back from a spreadsheet as it was sent. No issuer writes another."""


def own_sessions() -> str:
    """SQL list of the streams whose session ids are a mail server's own: no issuer knows them."""
    named = {stream.name for stream in known_streams() if stream.session_from}
    named |= {stream.session_from for stream in known_streams() if stream.session_from}
    return ", ".join(literal(name) for name in sorted(named)) or "''"


def define_asked(view: CaseView) -> None:
    """Make, once a view, `asked`: question, tenant, kind, id, verdict, reasons, mailboxes, uses, first, last; and `unaskable`.

    One row per tenant and id: the token's where a use names one, else the session's.
    """
    verdicts = ", ".join(literal(verdict) for verdict in ASKABLE)
    view.con.execute(
        f"""create temp table if not exists identified as
            select tenant, case when token_id is not null then 'token' else 'session' end as kind,
                coalesce(token_id, session_id) as id, verdict, reasons, mailbox, time, use_id
            from verdicts
            where verdict in ({verdicts})
              and (token_id is not null or session_id is not null and stream not in ({own_sessions()}));
            create or replace temp view askable as
            select * from identified where {PLAIN};
            create temp table if not exists unaskable as
            select coalesce(tenant, '') as tenant, count(distinct id) as ids from identified
            where not ({PLAIN}) group by 1;
            create temp table if not exists asked as
            select '{PREFIX}' || substr(sha256(lower(coalesce(min(tenant), '')) || chr(10) || kind || chr(10) || id_key), 1, 16)
                    as question,
                min(tenant) as tenant, kind, min(id) as id,
                case min(list_position([{verdicts}], verdict)) when 1 then 'unissued' when 2 then 'suspicious'
                    else 'unknown' end as verdict,
                list_sort(list_distinct(flatten(array_agg(reasons)))) as reasons,
                count(distinct mailbox) as mailboxes, count(*) as uses, min(time) as first, max(time) as last
            from (select *, token_key_of(id) as id_key from askable) as keyed
            group by lower(coalesce(tenant, '')), kind, id_key"""
    )


ORDER = "coalesce(tenant, ''), list_position(['unissued', 'suspicious', 'unknown'], verdict), first, question"
"""The order of questions, in the sheet and on the page."""
