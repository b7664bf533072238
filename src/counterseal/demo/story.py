"""The whole synthetic incident under one seed: who, what happened, and which exports of it exist."""

from dataclasses import dataclass
from datetime import datetime

from counterseal.demo import branch, forgery, incident, institute, packings, staff, traps
from counterseal.demo.branch import CUT_DAY, Branch
from counterseal.demo.chance import Chance
from counterseal.demo.entries import Entry
from counterseal.demo.forgery import Raid
from counterseal.demo.incident import Incident
from counterseal.demo.institute import Institute
from counterseal.demo.mailserver import by_time
from counterseal.demo.office import BACKGROUND, Office
from counterseal.demo.packings import Export
from counterseal.demo.people import Cast, cast

COPIED_DAY = 8
"""The day whose morning was exported a second time from the portal; the next morning is in Sentinel as well."""
HALF_WAY = 7
REPEATED = 3


@dataclass(frozen=True)
class Story:
    """Everything that happened, and the files that tell of it."""

    seed: int
    background: float
    cast: Cast
    office: Office
    branch: Branch
    institute: Institute
    incident: Incident
    raid: Raid
    exports: tuple[Export, ...]


def tell(seed: int, background: float | None = None) -> Story:
    """The story of that seed; `background` is the share of genuine cloud tokens without a sign-in row."""
    rate = BACKGROUND if background is None else background
    people = cast(seed)
    first = staff.work(people, Chance.of(seed, "office"), rate)
    second = branch.work(people, Chance.of(seed, "branch"))
    third = institute.work(people, Chance.of(seed, "institute"))
    struck = incident.strike(people, Chance.of(seed, "incident"), first, second)
    traps.set_traps(struck, people)
    raided = forgery.raid(people, Chance.of(seed, "raid"), third, struck.shared)
    exports = (
        *premium_exports(people, first, struck, Chance.of(seed, "exports")),
        *standard_exports(people, second),
        *self_hosted_exports(third),
    )
    return Story(seed, rate, people, first, second, third, struck, raided, exports)


def premium_exports(people: Cast, work: Office, struck: Incident, chance: Chance) -> tuple[Export, ...]:
    """The premium tenant's audit four times over, in part, and its four sign-in streams."""
    logs = {name: by_time(entries) for name, entries in work.logs.items()}
    kept = [entry for entry in logs["audit"] if entry.scope == "kept"]
    copied = between(kept, people.day(COPIED_DAY), people.day(COPIED_DAY, 12))
    morning = between(kept, people.day(COPIED_DAY + 1), people.day(COPIED_DAY + 1, 12))
    whole = [*with_rubble(logs["audit"], people, chance), *chance.sample(kept, REPEATED)]
    return (
        Export("logs/premium-audit.ndjson.gz", tuple(whole), packings.lines),
        Export("logs/premium-audit-portal.csv", tuple(copied), packings.purview_csv),
        Export("logs/premium-officeactivity.csv", tuple(morning), packings.sentinel_csv(chance.guid())),
        Export(
            "logs/premium-audit-flattened.json",
            tuple(by_time(struck.wreck)),
            packings.wrecked_json,
            ("flattened",),
        ),
        Export("logs/premium-signins-interactive.json", tuple(logs["interactive"]), packings.graph_pages),
        Export(
            "logs/premium-signins-noninteractive.ndjson.gz",
            tuple(logs["non-interactive"]),
            packings.diagnostic_lines,
        ),
        Export("logs/premium-signins-apps.ndjson", tuple(logs["service-principal"]), packings.lines),
        Export("logs/premium-signins-identities.ndjson", tuple(logs["managed-identity"]), packings.lines),
    )


def standard_exports(people: Cast, work: Branch) -> tuple[Export, ...]:
    """The standard tenant's audit in two exports; the second stops in the middle of a day and does not say so."""
    entries = by_time(work.logs["audit"])
    early = between(entries, people.day(0), people.day(HALF_WAY))
    late = between(entries, people.day(HALF_WAY), people.day(99))
    shown = between(late, people.day(HALF_WAY), people.day(CUT_DAY, 12))
    return (
        Export("logs/standard-audit-1.csv", tuple(early), packings.purview_csv),
        Export("logs/standard-audit-2.csv", tuple(shown), packings.search_csv(len(late)), ("truncated",)),
    )


def self_hosted_exports(work: Institute) -> tuple[Export, ...]:
    """Two issuers' logs, the mail server's and the gateway's."""
    logs = {name: tuple(by_time(entries)) for name, entries in work.logs.items()}
    return (
        Export("logs/enterprise-issuer.ndjson", logs["issuer-enterprise"], packings.lines),
        Export("logs/consumer-issuer.ndjson", logs["issuer-consumer"], packings.lines),
        Export("logs/dovecot.log", logs["dovecot"], packings.lines),
        Export("logs/gateway.ndjson", logs["gateway"], packings.lines),
    )


def between(entries: list[Entry], begin: datetime, end: datetime) -> list[Entry]:
    """Those of a span of time."""
    return [entry for entry in entries if begin <= entry.time < end]


def with_rubble(entries: list[Entry], people: Cast, chance: Chance) -> list[Entry]:
    """The log with four records that cannot be read, each beside good ones."""
    good = [entry for entry in entries if entry.scope == "kept" and isinstance(entry.record, dict)]
    cut, binary = (packings.line(entry.record) for entry in chance.sample(good, 2))
    sample = chance.choice(good)
    timeless = {
        **(sample.record if isinstance(sample.record, dict) else {}),
        "Id": chance.guid(),
        "CreationTime": "yesterday",
    }
    rubble = (
        (cut[: len(cut) * 3 // 5], "JSON that breaks off"),
        (packings.line(timeless), "a time that is none"),
        (
            packings.line({"note": "synthetic: an object that is no log record"}),
            "an object of no known source",
        ),
        (binary.replace(b'"Operation":"', b'"Operation":"\xff\xfe', 1), "bytes that are not UTF-8"),
    )
    found = list(entries)
    for place, (record, why) in zip(sorted(chance.sample(range(40, len(found)), 4)), rubble, strict=True):
        found.insert(place, Entry(people.start, record, "m365", scope="rejected", why=why))
    return found
