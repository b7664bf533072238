"""findings.ndjson: one OCSF Detection Finding per mailbox and verdict, for those who watch a SIEM.

The grain is tenant, realm, mailbox and verdict, not the actor: actors are numbered anew with every run, a mailbox keeps
its name. So a finding keeps its uid when evidence is added, and the one that is there is updated.

Source: OCSF 1.8.0, Detection Finding (class 2004).
"""

import json
import uuid
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Any

from counterseal.core.inert import clipped, visible
from counterseal.outputs._attack import ATTACK_VERSION, TECHNIQUES, url
from counterseal.outputs._output import CaseView, Output

OCSF = "1.8.0"
CATEGORY, CLASS, CREATE = 2, 2004, 1
TLP = "TLP:AMBER+STRICT"

NAMESPACE = uuid.UUID("6f1b3f0e-6f0e-5c1a-9d55-0c6d2a3f8b11")
"""Of this product's findings: a uid is a UUIDv5 of what the finding is about."""

EVIDENCES = 100
"""Uses told one by one in a finding; `unmapped` has how many there are."""

VALUES = 1_000
"""Token, session and key ids named in a finding."""

LONGEST = 1_000

SEVERITY = {
    "forged": (4, "High"),
    "stolen": (4, "High"),
    "unissued": (4, "High"),
    "suspicious": (3, "Medium"),
}

CONFIDENCE = {1: "Low", 2: "Medium", 3: "High"}

TITLES = {
    "forged": "Tokens that the issuer did not make were accepted",
    "stolen": "Tokens were used that the issuer's own records show as misused",
    "unissued": "Tokens were accepted that were never issued",
    "suspicious": "Uses of tokens that call for an explanation",
}

GROUPED = f"""
    select coalesce(tenant, '') as tenant, coalesce(realm, '') as realm, coalesce(mailbox, '') as mailbox, verdict,
        count(*) as uses, min(time) as first, max(time) as last,
        list_sort(list_distinct(flatten(array_agg(reasons)))) as reasons,
        list_sort(list_distinct(flatten(array_agg(says))))[1:{EVIDENCES}] as says,
        list_sort(array_agg(distinct basis) filter (where basis is not null)) as bases,
        list_sort(array_agg(distinct actor) filter (where actor is not null)) as actors,
        list_sort(array_agg(distinct token_id) filter (where token_id is not null))[1:{VALUES}] as tokens,
        list_sort(array_agg(distinct session_id) filter (where session_id is not null))[1:{VALUES}] as sessions,
        list_sort(array_agg(distinct key_id) filter (where key_id is not null))[1:{VALUES}] as keys
    from judged group by all"""

LISTED = f"""
    select coalesce(tenant, '') as tenant, coalesce(realm, '') as realm, coalesce(mailbox, '') as mailbox, verdict,
        use_id, time, principal, operation, token_id, session_id, key_id, app_id, client_ip, user_agent, evidence_file,
        evidence_record, evidence_offset
    from judged
    qualify row_number() over (partition by tenant, realm, mailbox, verdict order by time, use_id) <= {EVIDENCES}"""

ORDER = "tenant, realm, mailbox, list_position(['forged', 'stolen', 'unissued', 'suspicious'], verdict)"


def write(view: CaseView) -> None:
    """Write the findings, a line each."""
    view.con.execute(
        """create or replace temp view judged as select * from verdicts
           where verdict in ('forged', 'stolen', 'unissued', 'suspicious')"""
    )
    names = ("tenant", "realm", "mailbox", "verdict")
    groups = view.rows(f"select * from ({GROUPED}) order by {ORDER}")
    uses = in_order(view.rows(f"select * from ({LISTED}) order by {ORDER}, time, use_id"), names)
    path = view.case.root / OUTPUT.filename
    partial = path.with_name(f".{path.name}.partial")
    with partial.open("w", encoding="ascii", newline="\n") as out:
        for group, told in zip(groups, uses, strict=True):
            out.write(json.dumps(finding(view, group, told), ensure_ascii=True, sort_keys=True) + "\n")
    partial.replace(path)


def in_order(rows: Sequence[Any], names: Sequence[str]) -> Iterator[list[Any]]:
    """Rows that agree in these columns, together."""
    told: list[Any] = []
    for row in rows:
        if told and any(getattr(row, name) != getattr(told[0], name) for name in names):
            yield told
            told = []
        told.append(row)
    if told:
        yield told


def finding(view: CaseView, group: Any, uses: Sequence[Any]) -> dict[str, Any]:
    """One Detection Finding."""
    severity, word = SEVERITY[group.verdict]
    confidence = confidence_of(group.verdict, group.bases or [])
    ended = milliseconds(datetime.fromisoformat(view.summary["ended"]))
    span = {"start_time": group.first, "end_time": group.last}
    plural = "use" if group.uses == 1 else "uses"
    who = group.mailbox or "a resource that is no mailbox"
    return {
        "activity_id": CREATE,
        "activity_name": "Create",
        "category_uid": CATEGORY,
        "category_name": "Findings",
        "class_uid": CLASS,
        "class_name": "Detection Finding",
        "type_uid": CLASS * 100 + CREATE,
        "type_name": "Detection Finding: Create",
        "time": ended,
        "timezone_offset": 0,
        **{name: milliseconds(moment) for name, moment in span.items() if moment},
        "count": group.uses,
        "severity_id": severity,
        "severity": word,
        "confidence_id": confidence,
        "confidence": CONFIDENCE[confidence],
        "status_id": 1,
        "status": "New",
        "is_alert": group.verdict != "suspicious",
        "message": text(
            f"{group.verdict}: {group.uses:,} accepted {plural} at {who}: {'; '.join(group.says)}"
        ),
        "metadata": metadata(view, group),
        "finding_info": finding_info(view, group, ended),
        "resources": resources(group),
        "evidences": [evidence(view, use) for use in uses],
        "unmapped": {
            "counterseal": {
                "verdict": group.verdict,
                "basis": group.bases or [],
                "reasons": group.reasons,
                "says": [text(one) for one in group.says],
                "realm": text(group.realm),
                "actors": group.actors or [],
                "token_ids": [text(one) for one in group.tokens or []],
                "session_ids": [text(one) for one in group.sessions or []],
                "key_ids": [text(one) for one in group.keys or []],
                "uses": group.uses,
                "uses_told": len(uses),
                "tlp": TLP,
            }
        },
    }


def confidence_of(verdict: str, bases: Sequence[str]) -> int:
    """A proof or somebody's word is high, a measurement medium, an association low."""
    if verdict == "suspicious":
        return 1
    return 2 if verdict == "unissued" and set(bases) <= {"measured"} else 3


def metadata(view: CaseView, group: Any) -> dict[str, Any]:
    """Who made the finding, in which schema, and who may see it."""
    found: dict[str, Any] = {
        "version": OCSF,
        "product": {"name": "Counterseal", "vendor_name": "Counterseal", "version": view.summary["version"]},
        "uid": uid_of(group),
        "labels": [TLP],
    }
    return found | ({"tenant_uid": text(group.tenant)} if group.tenant else {})


def finding_info(view: CaseView, group: Any, ended: int) -> dict[str, Any]:
    """What was found, when, by which reasons, and how it may be mistaken."""
    known = view.summary.get("techniques", {})
    analytics = [{"type_id": 1, "type": "Rule", "uid": reason, "name": reason} for reason in group.reasons]
    techniques = sorted({one for reason in group.reasons for one in known.get(reason, {}).get("attack", [])})
    mistaken = [known[reason]["mistaken"] for reason in group.reasons if reason in known]
    seen = {"first_seen_time": group.first, "last_seen_time": group.last}
    found: dict[str, Any] = {
        "uid": uid_of(group),
        "title": TITLES[group.verdict],
        "desc": text(
            " ".join((f"Judged {group.verdict}.", *(f"It may be mistaken where {one}." for one in mistaken)))
        ),
        "types": [group.verdict],
        **{name: milliseconds(moment) for name, moment in seen.items() if moment},
        "modified_time": ended,
        "analytic": analytics[0],
        "attacks": [attack(one) for one in techniques],
    }
    return found | ({"related_analytics": analytics[1:]} if analytics[1:] else {})


def attack(technique: str) -> dict[str, Any]:
    """A technique, with its parent where it is a sub-technique."""
    parent = technique.partition(".")[0]
    found: dict[str, Any] = {"version": ATTACK_VERSION, "technique": named(parent)}
    return found | ({"sub_technique": named(technique)} if technique != parent else {})


def named(technique: str) -> dict[str, str]:
    """A technique's id, name and page."""
    return {"uid": technique, "name": TECHNIQUES.get(technique, technique), "src_url": url(technique)}


def resources(group: Any) -> list[dict[str, Any]]:
    """The mailbox."""
    if not group.mailbox:
        return []
    found = {"uid": text(group.mailbox), "name": text(group.mailbox), "type": "mailbox"}
    return [found | ({"namespace": text(group.tenant)} if group.tenant else {})]


def evidence(view: CaseView, use: Any) -> dict[str, Any]:
    """One use: who, from where, with what, and the record that says so."""
    place = {
        "evidence_path": text(view.evidence_name(use.evidence_file)),
        "evidence_sha256": use.evidence_file,
        "evidence_record": use.evidence_record,
        "evidence_offset": use.evidence_offset,
    }
    said = {"time": f"{use.time.isoformat()}Z" if use.time else None, "operation": use.operation}
    said |= {"token_id": use.token_id, "key_id": use.key_id, "app_id": use.app_id, "client_ip": use.client_ip}
    found: dict[str, Any] = {
        "uid": use.use_id,
        "name": "use of a token",
        "data": place | {name: text(value) for name, value in said.items() if value is not None},
    }
    actor: dict[str, Any] = {}
    if use.principal:
        actor["user"] = {"name": text(use.principal)}
    if use.session_id:
        actor["session"] = {"uid": text(use.session_id)}
    if use.app_id:
        actor["app_uid"] = text(use.app_id)
    if actor:
        found["actor"] = actor
    if is_address(use.client_ip):
        found["src_endpoint"] = {"ip": use.client_ip}
    if use.user_agent:
        found["http_request"] = {"user_agent": text(use.user_agent)}
    return found


def uid_of(group: Any) -> str:
    """The same for the same mailbox and verdict, whatever else the case holds."""
    about = "\n".join((group.tenant.lower(), group.realm, group.mailbox.lower(), group.verdict))
    return str(uuid.uuid5(NAMESPACE, about))


def text(written: Any) -> str:
    """Text out of evidence, bounded, with what prints nothing spelt out."""
    return visible(clipped(str(written), LONGEST))


def is_address(written: str | None) -> bool:
    """Is it an address, and nothing beside one?"""
    try:
        return written is not None and bool(ip_address(written))
    except ValueError:
        return False


def milliseconds(moment: datetime) -> int:
    """Milliseconds since 1970; a moment without a zone is UTC."""
    return round((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)


OUTPUT = Output(
    name="findings",
    filename="findings.ndjson",
    says="OCSF 1.8.0 Detection Findings: one per mailbox and verdict, with its uses as evidences",
    write=write,
)
