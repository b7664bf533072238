"""What the analyst of the synthetic incident knows besides the logs: realms, a roster, declarations, indicators."""

import csv
import io
import json
from collections.abc import Sequence
from datetime import timedelta

from counterseal.demo.chance import Chance
from counterseal.demo.forgery import Raid
from counterseal.demo.incident import ODD_AGENT, Incident
from counterseal.demo.institute import ISSUER_SINCE
from counterseal.demo.mailserver import Realm
from counterseal.demo.office import DAYS
from counterseal.demo.people import Cast, Organisation

CONSUMER_TENANT = "9188040d-6c67-4c5b-b112-36a304b66dad"
BEGUN = {
    "ent-2024": "2024-01-08",
    "ent-2026": "2026-01-05",
    "con-2016": "2016-04-05",
    "con-2026": "2026-01-05",
}
SYNTHETIC = "# Synthetic: every name, address and key in this folder is invented.\n"


def realms_toml(cast: Cast, realms: tuple[Realm, Realm]) -> str:
    """Which key may sign for whom, and since when: the consumer realm's old key was retired years ago."""
    enterprise, consumer = realms
    tenants = {
        enterprise.name: [cast.premium.tenant, cast.standard.tenant, enterprise.org.domain],
        consumer.name: [CONSUMER_TENANT, consumer.org.domain],
    }
    return SYNTHETIC + "".join(realm_toml(realm, tenants[realm.name]) for realm in realms)


def realm_toml(realm: Realm, tenants: Sequence[str]) -> str:
    """One realm: the key it retired, and the one it signs with."""
    return f"""
[realms.{realm.name}]
issuers = ["{realm.issuer}"]
tenants = [{", ".join(f'"{tenant}"' for tenant in tenants)}]
audiences = ["{realm.audience}"]
max_lifetime = "24h"
complete = true

[[realms.{realm.name}.keys]]
kid = "{realm.retired}"
state = "retired"
not_before = {BEGUN[realm.retired]}T00:00:00Z
retired_at = {realm.retired_since:%Y-%m-%dT%H:%M:%SZ}

[[realms.{realm.name}.keys]]
kid = "{realm.key}"
state = "active"
not_before = {BEGUN[realm.key]}T00:00:00Z
"""


def roster_csv(cast: Cast) -> str:
    """Every mailbox anyone answers for, those without audit included; contacts are never a mailbox in question."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("mailbox", "tenant", "organisation", "account", "licence", "contact"))
    for org in organisations(cast):
        for person in org.everyone:
            contact = f"incident-desk@help.{org.domain}"
            writer.writerow((person.upn, org.tenant, org.name, person.name, person.licence, contact))
    return out.getvalue()


def organisations(cast: Cast) -> tuple[Organisation, ...]:
    """All of them."""
    return cast.premium, cast.standard, cast.enterprise, cast.consumer


def declare_toml(cast: Cast, realms: tuple[Realm, Realm]) -> str:
    """The mail server's operator answers for the issuers' logs being complete."""
    return SYNTHETIC + "".join(complete_toml(cast, realm) for realm in realms)


def complete_toml(cast: Cast, realm: Realm) -> str:
    """One issuer's declaration: the enterprise issuer's log is whole from its first day, the consumer's for the fortnight."""
    begin = cast.day(-ISSUER_SINCE if realm.name == "enterprise" else 0)
    return f"""
[[complete]]
tenant = "{realm.issuer}"
stream = "oidc.issued"
from = {begin:%Y-%m-%dT%H:%M:%SZ}
to = {cast.day(DAYS):%Y-%m-%dT%H:%M:%SZ}
by = "The mail server's operator (synthetic)"
why = "the hook writes before a token is released, on the only server there is"
"""


def indicators_json(seed: int, cast: Cast, incident: Incident, raid: Raid) -> str:
    """A STIX bundle: an address of the actor in its window, an innocent's address months ago, an odd user agent."""
    chance = Chance.of(seed, "indicators")
    innocent = cast.premium.people[4].home
    kind = "ipv6-addr" if ":" in innocent else "ipv4-addr"
    header = "network-traffic:extensions.'http-request-ext'.request_header.'User-Agent'"
    given = [
        (f"[ipv4-addr:value = '{incident.shared}']", "Rented server of the actor", 5, 12),
        (f"[ipv4-addr:value = '{raid.own}']", "Second rented server of the actor", 5, 12),
        (f"[{kind}:value = '{innocent}']", "An address that had another tenant in spring", -150, -140),
        (f"[{header} = '{ODD_AGENT}']", "A header value sent as a user agent", 5, 12),
    ]
    made = f"{cast.day(15):%Y-%m-%dT%H:%M:%S.000Z}"
    bundle = {
        "type": "bundle",
        "id": f"bundle--{chance.guid()}",
        "objects": [
            {
                "type": "indicator",
                "spec_version": "2.1",
                "id": f"indicator--{chance.guid()}",
                "created": made,
                "modified": made,
                "name": f"{name} (synthetic)",
                "indicator_types": ["malicious-activity"],
                "pattern": pattern,
                "pattern_type": "stix",
                "valid_from": f"{cast.start + timedelta(days=begin):%Y-%m-%dT%H:%M:%S.000Z}",
                "valid_until": f"{cast.start + timedelta(days=end):%Y-%m-%dT%H:%M:%S.000Z}",
            }
            for pattern, name, begin, end in given
        ],
    }
    return json.dumps(bundle, indent=2) + "\n"
