"""The rows of each section, read from the case's tables; sections that could grow without end are bounded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from counterseal.outputs._output import Bounded, CaseView, Row
from counterseal.outputs.mailboxes_csv import RANK, WORST_FIRST

MOST_MAILBOXES = 500
MOST_EXPOSED = 50
MOST_MESSAGES = 100
MOST_USES = 500
MOST_UNKNOWN = 100
MOST_COVERAGE = 500
MOST_ROWS = 200

DECISION = ("kind", "value", "ruling", "who", "time", "because")
CELL = "tenant, acting_app, path, principal_type, id_kind"
SUREST_FIRST = "list_position(['certain', 'presumed', 'possible'], exposure)"

SAME = "concat(coalesce(tenant, ''), ' ', lower(trim(mailbox)))"
MESSAGE_ORDER = f"{SUREST_FIRST}, first_access, message_id, item_id, folder, actor, use_id"

DECIDED = """
    select u.*, (select list(d.ruling || ' by ' || d.who || ': ' || d.because order by d.time, d.because)
        from decided as d where case d.kind
            when 'key' then d.value = u.key_id
            when 'token' then token_key_of(d.value) = token_key_of(u.token_id)
            when 'session' then token_key_of(d.value) = token_key_of(u.session_id)
            when 'app' then lower(trim(d.value)) in (lower(u.app_id), lower(u.client_app_id))
            when 'ip' then ip_key_of(d.value) = ip_key_of(u.client_ip)
            when 'mailbox' then lower(trim(d.value)) in (lower(trim(u.mailbox)), lower(trim(u.principal)))
            when 'actor' then list_contains(d.uses, u.use_id) end) as decisions
    from ({}) as u order by {}"""
"""Uses with the analyst's decisions that concern them, found by the selectors of `decide`."""


@dataclass(frozen=True)
class Exposed:
    """What was exposed in one mailbox."""

    mailbox: Row
    messages: Bounded


@dataclass(frozen=True)
class Sections:
    """Everything the page lists."""

    roster: Bounded
    exposed: Sequence[Exposed]
    exposed_total: int
    actors: Bounded
    accused: Bounded
    unknown: Bounded
    attempts: Bounded
    coverage: Bounded
    background: Bounded
    keys: Bounded
    custody: Bounded
    detections: Sequence[Row]
    bases: Sequence[Row]


def read_sections(view: CaseView) -> Sections:
    """Read every section."""
    exposed, exposed_total = read_exposed(view)
    return Sections(
        roster=view.bounded(
            "select * from mailboxes", f"{RANK}, {WORST_FIRST}, tenant, mailbox, realm", MOST_MAILBOXES
        ),
        exposed=exposed,
        exposed_total=exposed_total,
        actors=view.bounded("select * from actors", "length(actor), actor", MOST_ROWS),
        accused=read_uses(view, "verdict <> 'unknown'", MOST_USES),
        unknown=read_uses(view, "verdict = 'unknown'", MOST_UNKNOWN),
        attempts=view.bounded("select * from attempts", "actor nulls last, time, use_id", MOST_ROWS),
        coverage=view.bounded(
            "select * from coverage", "tenant, mailbox, kind, stream, begins, ends, reason", MOST_COVERAGE
        ),
        background=view.bounded(
            "select * from background",
            "tokens desc, tenant, acting_app, path, principal_type, id_kind",
            MOST_ROWS,
        ),
        keys=view.bounded("select * from keys", "realm nulls last, key_id", MOST_ROWS),
        custody=view.bounded("select * from custody", "time, evidence_file, evidence_record", MOST_ROWS),
        detections=view.rows(f"select * from detections order by state, {WORST_FIRST}, reason"),
        bases=view.rows(
            f"""select verdict, basis, count(*) as uses from verdicts where verdict <> 'unknown'
                group by verdict, basis order by {WORST_FIRST}, basis"""
        ),
    )


def read_uses(view: CaseView, where: str, most: int) -> Bounded:
    """Judged uses, worst first, with the decisions that concern them."""
    view.con.execute(
        f"create or replace temp table decided ({' varchar, '.join(DECISION)} varchar, uses varchar[])",
    )
    for d in view.decisions:
        view.con.execute(
            "insert into decided values (?, ?, ?, ?, ?, ?, ?)",
            [
                d.kind,
                d.value,
                d.ruling,
                d.by,
                d.time,
                d.because,
                list(d.uses) if d.uses is not None else None,
            ],
        )
    order = f"{WORST_FIRST}, time, use_id"
    total = view.rows(f"select count(*) as n from verdicts where {where}")[0].n
    first = f"select * from verdicts where {where} order by {order} limit {most}"
    return Bounded(view.rows(DECIDED.format(first, order)), total)


def read_exposed(view: CaseView) -> tuple[list[Exposed], int]:
    """Exposure per mailbox down to messages, victims first; the counts are the roster's."""
    mailboxes = view.bounded(
        f"""select m.*, e.* from mailboxes as m
            join (select {SAME} as same, count(*) as rows,
                      count(*) filter (where exposure = 'possible' and message_id is null and item_id is null) as stretches
                  from exposure group by {SAME}) as e
            on e.same = concat(coalesce(m.tenant, ''), ' ', lower(trim(m.mailbox)))""",
        f"{RANK}, certain desc, tenant, mailbox, realm",
        MOST_EXPOSED,
    )
    found: dict[str, list[Row]] = {}
    chosen = [row.same for row in mailboxes.rows]
    for row in view.rows(
        f"""select *, {SAME} as same from exposure where list_contains(?::varchar[], {SAME})
            qualify row_number() over (partition by {SAME} order by {MESSAGE_ORDER}) <= {MOST_MESSAGES}
            order by {MESSAGE_ORDER}""",
        [chosen],
    ):
        found.setdefault(row.same, []).append(row)
    return [Exposed(row, Bounded(found[row.same], row.rows)) for row in mailboxes.rows], mailboxes.total


GLOSSARY: Mapping[str, Mapping[str, str]] = {
    "Verdict of a use": {
        "forged": "proof that the issuer did not make the token",
        "stolen": "the token was issued, and the issuer's side proves misuse",
        "unissued": "the issuance records of that time and class would show the token, and do not",
        "suspicious": "behaviour or association, each reason named; no proof",
        "unknown": "the evidence cannot decide, and says why",
        "issued": "the use matches an issuance; this is not a claim of innocence",
    },
    "Exposure of a message": {
        "certain": "the record names the message as served; whether anybody looked at it is not recorded",
        "presumed": "its folder was synchronised, or logging was throttled within the actor's session",
        "possible": "the actor had access while the record was missing, not licensed or blind, or names no serving",
    },
    "Status of a mailbox": {
        "victim": "at least one accepted use is forged, stolen or unissued, messages or not",
        "suspected": "only suspicious uses",
        "undetermined": "the evidence cannot decide, and says why",
        "cleared": "covered for the whole window, and everything issued",
    },
    "Basis": {
        "proven": "a verified ledger",
        "declared": "someone answers for the log being complete, and it shows no gap",
        "measured": "statistics of this very evidence; the figures stand beside the verdict",
        "match": "an issuance record that agrees",
        "derived": "the id of a sign-in in the audit log, taken for a token's id; it may match, never accuse",
        "rule": "a detection's rule",
        "bundle": "the realms file that was given",
        "issuer": "the issuer's own report",
        "association": "shared with a use that is accused on its own",
        "indicator": "an indicator within 24 hours of its window",
    },
}
