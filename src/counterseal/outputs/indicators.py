"""indicators.stix.json: what others can look for, as STIX 2.1, each with the time in which it means something.

Only what an actor alone used: keys that were what was wrong, tokens and sessions that nothing above suspicion used, and
addresses that bind uses to one actor (no provider's, no shared egress). Of actors that are only suspected nothing is
passed on: they may be people. Who was read is not in it.

Source: OASIS, STIX 2.1; FIRST, TLP 2.0, and its STIX form (oasis-open/cti-stix-common-objects, tlp-2.0).
"""

import json
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import Any

from counterseal.core.case import write_atomically
from counterseal.outputs._attack import TECHNIQUES, url
from counterseal.outputs._output import CaseView, Output
from counterseal.outputs._questions import own_sessions

MARGIN = timedelta(days=7)
"""Added on both sides of the time in which a value was seen; addresses change hands."""

MOST = 10_000
"""Indicators of one kind."""

LONGEST = 500
"""Characters of a value that can be looked for; `--indicators` reads no longer one."""

NAMESPACE = uuid.UUID("5b0f7a26-3a86-5d0f-8a4e-2f6a0f7f6f5d")

CONFIDENCE = {"forged": 95, "stolen": 90, "unissued": 80}
"""Source: STIX 2.1, appendix A (None/Low/Med/High scale: High is 70 to 100)."""

TLP = {
    "type": "marking-definition",
    "spec_version": "2.1",
    "id": "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003",
    "created": "2022-10-01T00:00:00.000Z",
    "name": "TLP:AMBER+STRICT",
    "extensions": {
        "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d": {
            "extension_type": "property-extension",
            "tlp_2_0": "amber+strict",
        }
    },
}

KINDS = {
    "ip": ("address", None),
    "key": ("signing key", "x-counterseal-token:key_id"),
    "session": ("session", "x-counterseal-token:session_id"),
    "token": ("token", "x-counterseal-token:token_id"),
}
"""STIX has no object for a token, its key or its session: a custom one, which `--indicators` reads back."""

FOUND = f"""
    with accused as (
        select verdicts.*, actors.keys, actors.rare_ips from verdicts join actors on actors.actor = verdicts.actor
        where verdicts.verdict in ('forged', 'stolen', 'unissued')
    ),
    innocent as (
        select client_ip, token_id, session_id from use
        where coalesce(outcome, 'accepted') <> 'refused'
          and not exists (select 1 from verdicts where verdicts.use_id = use.event_id)
    ),
    named as (
        select 'ip' as kind, client_ip as value, * from accused where list_contains(rare_ips, client_ip)
            and client_ip not in (select client_ip from innocent where client_ip is not null)
        union all select 'key', key_id, * from accused where list_contains(keys, key_id)
        union all select 'session', session_id, * from accused
            where stream not in ({own_sessions()})
                and session_id not in (select session_id from innocent where session_id is not null)
        union all select 'token', token_id, * from accused
            where token_id not in (select token_id from innocent where token_id is not null)
    )
    select kind, value, min(list_position(['forged', 'stolen', 'unissued'], verdict)) as rank, min(actor) as actor,
        count(*) as uses, min(time) as first, max(time) as last,
        list_sort(list_distinct(flatten(array_agg(reasons)))) as reasons
    from named where value is not null and time is not null group by kind, value"""


def write(view: CaseView) -> None:
    """Write the bundle."""
    path = view.case.root / OUTPUT.filename
    now = instant(datetime.fromisoformat(view.summary["ended"]))
    rows = view.rows(
        f"""select * from ({FOUND}) where length(value) <= {LONGEST}
            qualify row_number() over (partition by kind order by rank, first, value) <= {MOST}
            order by kind, rank, first, value"""
    )
    listed = [row for row in rows if row.value.isprintable() and pattern(row.kind, row.value)]
    objects = with_earlier(made(view, listed, now), earlier(path), now)
    bundle = {"type": "bundle", "id": own_id("bundle", *(one["id"] for one in objects)), "objects": objects}
    write_atomically(path, (json.dumps(bundle, indent=1, ensure_ascii=True) + "\n").encode())


def made(view: CaseView, rows: Sequence[Any], now: str) -> list[dict[str, Any]]:
    """Every object of the bundle: who made it, who may see it, techniques, and per value an indicator and a sighting."""
    tool = {
        **head("identity", "counterseal", now=now),
        "name": "Counterseal",
        "description": f"counterseal {view.summary['version']}, reading its own case",
        "identity_class": "system",
    }
    known = view.summary.get("techniques", {})
    techniques = sorted(
        {one for row in rows for reason in row.reasons for one in known.get(reason, {}).get("attack", [])}
    )
    objects: list[dict[str, Any]] = [TLP, tool, *(attack_pattern(one, tool["id"], now) for one in techniques)]
    for row in rows:
        found = indicator(row, tool["id"], now)
        objects += [found, sighting(row, found["id"], tool["id"], now)]
        own = sorted({one for reason in row.reasons for one in known.get(reason, {}).get("attack", [])})
        objects += [indicates(found["id"], one, tool["id"], now) for one in own]
    return objects


def head(kind: str, *about: str, now: str, by: str | None = None) -> dict[str, Any]:
    """What every object begins with. Its id is the same for the same thing, so that a later bundle updates it."""
    found = {"type": kind, "spec_version": "2.1", "id": own_id(kind, *about), "created": now, "modified": now}
    found |= {"created_by_ref": by} if by else {}
    return found | {"object_marking_refs": [TLP["id"]]}


def own_id(kind: str, *about: str) -> str:
    """A UUIDv5 of what the object is about."""
    return f"{kind}--{uuid.uuid5(NAMESPACE, chr(10).join((kind, *about)))}"


def indicator(row: Any, by: str, now: str) -> dict[str, Any]:
    """One value to look for, and when."""
    word = ("forged", "stolen", "unissued")[row.rank - 1]
    what = KINDS[row.kind][0]
    uses = "1 accepted use" if row.uses == 1 else f"{row.uses} accepted uses"
    ends = ": a key that is out stays out." if row.kind == "key" else f" to {MARGIN.days} days after."
    found = {
        **head("indicator", row.kind, row.value, now=now, by=by),
        "name": f"{what} {row.value}"[:250],
        "description": (
            f"{what} of actor {row.actor}, seen in {uses} judged {word} ({', '.join(row.reasons)}) from "
            f"{instant(row.first)} to {instant(row.last)}; valid from {MARGIN.days} days before{ends}"
        ),
        "indicator_types": ["malicious-activity"],
        "pattern": pattern(row.kind, row.value),
        "pattern_type": "stix",
        "pattern_version": "2.1",
        "valid_from": instant(row.first - MARGIN),
        "confidence": CONFIDENCE[word],
    }
    return found if row.kind == "key" else found | {"valid_until": instant(row.last + MARGIN)}


def pattern(kind: str, value: str) -> str | None:
    """A STIX pattern for one value; null for an address that is none.

    Source: STIX 2.1, 9.2 (a quote and a backslash are escaped by a backslash).
    """
    path = KINDS[kind][1]
    if kind == "ip":
        try:
            path = f"ipv{ip_address(value).version}-addr:value"
        except ValueError:
            return None
    quoted = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"[{path} = '{quoted}']"


def sighting(row: Any, of: str, by: str, now: str) -> dict[str, Any]:
    """That it was seen here, when and how often; not by whom."""
    return {
        **head("sighting", row.kind, row.value, now=now, by=by),
        "first_seen": instant(row.first),
        "last_seen": instant(row.last),
        "count": min(row.uses, 999_999_999),
        "sighting_of_ref": of,
    }


def attack_pattern(technique: str, by: str, now: str) -> dict[str, Any]:
    """An ATT&CK technique."""
    return {
        **head("attack-pattern", technique, now=now, by=by),
        "name": TECHNIQUES.get(technique, technique),
        "external_references": [
            {"source_name": "mitre-attack", "external_id": technique, "url": url(technique)}
        ],
    }


def indicates(source: str, technique: str, by: str, now: str) -> dict[str, Any]:
    """What seeing the indicator says."""
    return {
        **head("relationship", source, "indicates", technique, now=now, by=by),
        "relationship_type": "indicates",
        "source_ref": source,
        "target_ref": own_id("attack-pattern", technique),
    }


def earlier(path: Any) -> dict[str, Mapping[str, Any]]:
    """The objects of the bundle that is there, by id; none where there is no bundle."""
    try:
        objects = json.loads(path.read_bytes())["objects"]
        return {
            one["id"]: one for one in objects if isinstance(one, dict) and isinstance(one.get("created"), str)
        }
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def with_earlier(
    objects: Sequence[dict[str, Any]], before: Mapping[str, Mapping[str, Any]], now: str
) -> list[dict[str, Any]]:
    """Objects that were there keep their date of creation, and of change where nothing changed.

    Source: STIX 2.1, 3.6 (a version of an object has another `modified` and the same `created`).
    """
    kept = []
    for one in objects:
        old = before.get(one["id"])
        if old and "modified" in one and str(old["created"]) <= now:
            same = {**one, "created": old["created"], "modified": old.get("modified")}
            one = same if same == old else {**one, "created": old["created"]}
        kept.append(one)
    return kept


def instant(moment: datetime) -> str:
    """Milliseconds and a Z; a moment without a zone is UTC."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return aware.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{aware.microsecond // 1000:03d}Z"


OUTPUT = Output(
    name="indicators",
    filename="indicators.stix.json",
    says="STIX 2.1: what only the actors used, with windows of validity and sightings; TLP:AMBER+STRICT",
    write=write,
)
