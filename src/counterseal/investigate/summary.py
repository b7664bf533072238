"""Every count of a case in one JSON object, from the tables of the judgement."""

from collections.abc import Mapping
from typing import Any

from counterseal import __version__
from counterseal.core.engine.duckdb import one, rows
from counterseal.core.engine.engine import Engine
from counterseal.core.vocabulary import Status, Verdict
from counterseal.investigate.tier import tier_reached
from counterseal.investigate.words import sentence, sentence_of_mailbox, sentence_of_stream

SUMS = ("read", "kept", "duplicate", "out_of_scope", "rejected", "conflicts")


def summarise(con: Engine, manifest: Mapping[str, Any], timings: Mapping[str, float]) -> dict[str, Any]:
    """The content of summary.json."""
    evidence = manifest["evidence"]
    no_evidence = sum(entry["reader"] is None and not entry.get("error") for entry in evidence)
    return {
        "version": __version__,
        "started": manifest["started"],
        "ended": manifest["ended"],
        "window": window(con, manifest.get("arguments") or {}),
        "tier": tier_reached(con),
        "read": {
            "files": len(evidence) - no_evidence,
            "no_evidence": no_evidence,
            "records": sum(entry["read"] for entry in evidence),
            **{name: sum(entry[name] for entry in evidence) for name in SUMS[1:]},
        },
        "events": events(con),
        "verdicts": verdicts(con),
        "reasons": dict(
            rows(con, "select reason, count(distinct use_id) from hit group by reason order by 2 desc, 1")
        ),
        "unknown_reasons": dict(
            rows(
                con,
                "select gap, count(*) from verdict where verdict = 'unknown' group by gap order by 2 desc, 1",
            )
        ),
        **{status_key(status): people(con, status) for status in Status},
        "messages": messages(con),
        "when": when(con),
        "actors": one(con, "select count(*) from actors")[0],
        "reconciled": reconciled(con),
        "leads": leads(con),
        "cannot_tell": cannot_tell(con),
        "detections": detections(con),
        "timings": dict(timings),
    }


def window(con: Engine, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """What was judged: asked for by --since and --until (null: all there is), the days the uses on record span, and
    how many accepted uses lie outside.
    """
    ((first, last),) = rows(con, "select min(day), max(day) from use_day")
    return {
        "since": arguments.get("since"),
        "until": arguments.get("until"),
        "first": first.isoformat() if first else None,
        "last": last.isoformat() if last else None,
        "uses_outside": outside(con)[1],
    }


def outside(con: Engine) -> tuple[int, int]:
    """Mailboxes and number of the accepted uses that lie outside the window and are not judged."""
    mailboxes, uses = one(
        con,
        """select count(distinct concat(coalesce(tenant, ''), ' ', mailbox_key)), count(*)
           from (select use_id, tenant, mailbox_key from use_all_times where coalesce(outcome, 'accepted') <> 'refused')
               as accepted anti join use on use.use_id = accepted.use_id""",
    )
    return mailboxes, uses


def status_key(status: Status) -> str:
    """How summary.json names a status: victims in the plural, the others as they are."""
    return "victims" if status is Status.VICTIM else status.value


def events(con: Engine) -> dict[str, int]:
    """How many events of each kind were judged."""
    issuance, use, custody, attempts = one(
        con,
        """select (select count(*) from issuance where stream is distinct from 'answer'), (select count(*) from use),
               (select count(*) from custody), (select count(*) from attempt)""",
    )
    return {"issuance": issuance, "use": use, "custody": custody, "attempts": attempts}


def verdicts(con: Engine) -> dict[str, int]:
    """Accepted uses by verdict, all six words."""
    found = dict(rows(con, "select verdict, count(*) from verdict group by verdict"))
    return {verdict.value: found.get(verdict.value, 0) for verdict in Verdict}


def people(con: Engine, status: Status) -> dict[str, int]:
    """Organisations, accounts and mailboxes of a status: three different numbers."""
    organisations, accounts, mailboxes = one(
        con,
        """select count(distinct organisation), count(distinct lower(account)),
               count(distinct concat(coalesce(tenant, ''), ' ', lower(mailbox)))
           from mailboxes where status = ?""",
        [status.value],
    )
    return {"organisations": organisations, "accounts": accounts, "mailboxes": mailboxes}


def messages(con: Engine) -> dict[str, int | None]:
    """Messages by exposure with their bounds; an upper bound nobody knows is null. Suspicious uses are left out."""
    certain, suspected, presumed_min, presumed_max, possible_min, possible_max = one(
        con,
        """select count(*) filter (where exposure = 'certain' and verdict <> 'suspicious'),
               count(*) filter (where exposure = 'certain' and verdict = 'suspicious'),
               coalesce(sum(items_min) filter (where exposure = 'presumed' and verdict <> 'suspicious'), 0),
               case when count(*) filter (where exposure = 'presumed' and verdict <> 'suspicious' and items_max is null) > 0
                    then null else coalesce(sum(items_max) filter (where exposure = 'presumed'
                                                                   and verdict <> 'suspicious'), 0) end,
               coalesce(sum(items_min) filter (where exposure = 'possible' and verdict <> 'suspicious'), 0),
               case when count(*) filter (where exposure = 'possible' and verdict <> 'suspicious' and items_max is null) > 0
                    then null else coalesce(sum(items_max) filter (where exposure = 'possible'
                                                                   and verdict <> 'suspicious'), 0) end
           from (select tenant_key, mailbox_key, coalesce(message_id, item_id) as item, folder, exposure,
                     case when bool_or(verdict <> 'suspicious') then 'accused' else 'suspicious' end as verdict,
                     min(items_min) as items_min, max(items_max) as items_max from exposed group by all)""",
    )
    return {
        "certain": certain, "suspected": suspected, "presumed_min": int(presumed_min),
        "presumed_max": None if presumed_max is None else int(presumed_max),
        "possible_min": int(possible_min), "possible_max": None if possible_max is None else int(possible_max),
    }  # fmt: skip


def when(con: Engine) -> dict[str, Any]:
    """First and last accused use, the last success, and attempts of accused actors after that very success.

    Null attempts: the logs cannot show the refusals of at least one of them. Each actor's own are in `actors`.
    """
    first, last, attempts = one(
        con,
        """select seen.first, seen.last,
               case when (select count(*) from actors where verdict in ('forged', 'stolen', 'unissued')
                          and attempts_after is null) > 0 then null
                    else (select count(*) from actor_of_attempt
                          join attempt on attempt.use_id = actor_of_attempt.use_id
                          join actors on actors.actor = actor_of_attempt.actor
                          where actors.verdict in ('forged', 'stolen', 'unissued') and attempt.time > seen.last) end
           from (select min(use.time) as first, max(use.time) as last
                 from verdict join use on use.use_id = verdict.use_id
                 where verdict.verdict in ('forged', 'stolen', 'unissued')) as seen""",
    )
    return {
        "first": first.isoformat() if first else None,
        "last": last.isoformat() if last else None,
        "last_success": last.isoformat() if last else None,
        "attempts_after": None if first is None or attempts is None else int(attempts),
    }


def reconciled(con: Engine) -> dict[str, Any]:
    """How many uses could be reconciled at all, and by what."""
    uses, with_token, with_session = one(
        con, "select count(*), count(token_key), count(session_key) from use"
    )
    matched = dict(rows(con, "select match, count(*) from link where agrees group by match order by match"))
    return {
        "uses": uses,
        "with_token_id": with_token,
        "with_session": with_session,
        "matched": matched,
        "share": round(sum(matched.values()) / uses, 4) if uses else None,
    }


def leads(con: Engine) -> list[dict[str, Any]]:
    """Indicators touched outside their window, without one, or weakly: no finding, worth a look."""
    from counterseal.investigate.inputs import LEADS

    names = ["indicator", "name", "origin", "weak", "windowless", "uses", "mailboxes", "first", "last"]
    return [dict(zip(names, row, strict=True)) for row in rows(con, LEADS)]


def cannot_tell(con: Engine) -> list[dict[str, Any]]:
    """What is not shown: uses outside the window, then, worst first, undetermined mailboxes and undecided uses by reason."""
    mailboxes_outside, uses_outside = outside(con)
    said: list[dict[str, Any]] = [
        {
            "code": "outside-window",
            "says": sentence("outside-window"),
            "mailboxes": mailboxes_outside,
            "uses": uses_outside,
            "days": 0,
        }
    ] if uses_outside else []  # fmt: skip
    said += [
        {
            "code": code,
            "says": sentence_of_mailbox(code, blind),
            "mailboxes": mailboxes,
            "uses": 0,
            "days": int(days or 0),
        }
        for code, blind, mailboxes, days in rows(
            con,
            """select reason, blind_days > 0 as blind, count(*), max(blind_days) from mailboxes
               where status = 'undetermined' group by reason, blind order by 3 desc, 1, 2""",
        )
    ]
    said += [
        {"code": code, "says": sentence(code), "mailboxes": mailboxes, "uses": uses, "days": days}
        for code, mailboxes, uses, days in rows(
            con,
            """select verdict.gap, count(distinct concat(coalesce(use.tenant, ''), ' ', use.mailbox_key)), count(*),
                   count(distinct date_trunc('day', use.time))
               from verdict join use on use.use_id = verdict.use_id where verdict.verdict = 'unknown'
               group by verdict.gap order by 3 desc, 1""",
        )
    ]
    said += [
        {
            "code": f"{stream}: {reason}",
            "says": f"{stream} of {tenant if tenants == 1 else f'{tenants:,} tenants'}: {sentence_of_stream(reason)}",
            "mailboxes": 0,
            "uses": 0,
            "days": int(days),
        }
        for stream, reason, tenants, tenant, days in rows(
            con,
            """select stream, reason, count(*), min(tenant), max(days)
               from (select stream, reason, coalesce(nullif(tenant, ''), 'no named tenant') as tenant,
                         sum(date_diff('day', begins, ends)) as days
                     from coverage where mailbox = '*' and state <> 'covered' and reason <> 'edge' group by all)
               group by stream, reason order by 5 desc, 1, 2""",
        )
    ]
    return said + not_compared(con)


def not_compared(con: Engine) -> list[dict[str, Any]]:
    """Fields of the tuple that two logs write differently for most tokens, so that no match rests on them."""
    return [
        {
            "code": f"incomparable: {field}",
            "says": f"the {field} in {stream} is written otherwise than in the records of {authority}: no match rests on it",
            "mailboxes": 0,
            "uses": uses,
            "days": 0,
        }
        for stream, authority, field, uses in rows(
            con,
            """select incomparable.stream, incomparable.authority, incomparable.field, count(use.use_id)
               from incomparable join use on use.stream = incomparable.stream and use.token_key is not null
               group by incomparable.stream, incomparable.authority, incomparable.field order by 4 desc, 1, 2, 3""",
        )
    ]


def detections(con: Engine) -> dict[str, Any]:
    """Detections that fired, stayed silent, or could not fire for want of a column."""
    found = rows(con, "select reason, state, missing from detection order by reason")
    return {
        "fired": [reason for reason, state, _ in found if state == "fired"],
        "silent": [reason for reason, state, _ in found if state == "silent"],
        "unable": [
            {"reason": reason, "missing": missing} for reason, state, missing in found if state == "unable"
        ],
    }
