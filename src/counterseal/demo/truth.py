"""The truth of the synthetic incident: what a judge of its logs must find, may find, and must never find."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from counterseal.demo.branch import CUT_DAY
from counterseal.demo.entries import Benign, Entry, Plant
from counterseal.demo.incident import FORGER, THIEF
from counterseal.demo.mailserver import stamp
from counterseal.demo.office import DAYS, GAP_DAY
from counterseal.demo.people import Organisation, Person
from counterseal.demo.story import Story

Truth = dict[str, Any]

ACCEPTED = {
    "background": ("unknown", "suspicious"),
    "gap": ("unknown",),
    "no-identifier": ("unknown", "suspicious"),
    "session-root-not-exported": ("unknown", "suspicious"),
    "provider-back-end": ("unknown", "suspicious"),
    "not-exported": ("unknown", "suspicious"),
    "guest": ("unknown", "suspicious"),
    "add-in": ("unknown", "suspicious"),
    "parent-before-log": ("issued", "unknown", "suspicious"),
}
"""What may be said of a genuine use that nothing matches, by the cause of that."""


def truth(story: Story) -> Truth:
    """Everything the logs will be measured against, as JSON-able values."""
    places = places_of(story)
    entries = {id(entry): entry for export in story.exports for entry in export.entries}
    known = sorted(
        entries.values(),
        key=lambda entry: (entry.time, places[id(entry)][0]["file"], places[id(entry)][0]["record"]),
    )
    planted = [entry for entry in known if isinstance(entry.part, Plant)]
    return {
        "says": "synthetic: every name, address and key is invented; written before the logs were",
        "seed": story.seed,
        "background": story.background,
        "begins": stamp(story.cast.day(0)),
        "ends": stamp(story.cast.day(DAYS)),
        "organisations": organisations(story),
        "actors": actors(story),
        "uses": [planted_use(entry, places) for entry in planted],
        "attempts": [located(entry, places) | {"actor": entry.attempt} for entry in known if entry.attempt],
        "mailboxes": [
            mailbox(story, org, person, planted) for org in everyone(story) for person in org.everyone
        ],
        "benign": benign(known, places),
        "searched": [
            {"mailbox": box, "folder": folder, "uid": uid} for box, folder, uid in story.raid.searched
        ],
        "blind": blind(story),
        "rejected": [
            {"file": export.name, "record": number, "why": entry.why}
            for export in story.exports
            for number, entry in enumerate(export.entries)
            if entry.scope == "rejected"
        ],
        "files": files(story),
        "sums": sums(story),
    }


def benign(known: list[Entry], places: dict[int, list[dict[str, object]]]) -> list[Truth]:
    """Genuine uses that nothing matches, by cause and mailbox: what may be said of them, and where they stand."""
    groups: dict[tuple[str, str], list[dict[str, object]]] = {}
    victims = {plant.person.upn for plant in plants(known)}
    for entry in known:
        if isinstance(entry.part, Benign):
            groups.setdefault((entry.part.cause, entry.part.person.upn), []).extend(places[id(entry)])
    return [
        {"cause": cause, "mailbox": box, "accept": accepted(cause, box, victims), "records": listed(found)}
        for (cause, box), found in sorted(groups.items())
    ]


def accepted(cause: str, box: str, victims: set[str]) -> list[str]:
    """What may be said of them. A victim's own few cannot be told from the forger's by counting: that is no error."""
    return [*ACCEPTED[cause], *(["unissued"] if cause == "background" and box in victims else [])]


def listed(found: list[dict[str, object]]) -> dict[str, list[object]]:
    """Record numbers by file."""
    files: dict[str, list[object]] = {}
    for place in found:
        files.setdefault(str(place["file"]), []).append(place["record"])
    return files


def places_of(story: Story) -> dict[int, list[dict[str, object]]]:
    """Where each entry stands: file and record, from 0; several places where it was exported several times."""
    found: dict[int, list[dict[str, object]]] = {}
    for export in story.exports:
        for number, entry in enumerate(export.entries):
            found.setdefault(id(entry), []).append({"file": export.name, "record": number})
    return found


def everyone(story: Story) -> tuple[Organisation, ...]:
    """All organisations."""
    return story.cast.premium, story.cast.standard, story.cast.enterprise, story.cast.consumer


def organisations(story: Story) -> list[Truth]:
    """Each with the verdict that its logs can reach at most."""
    ceilings = ("unissued", "suspicious", "forged", "forged")
    return [
        {"organisation": org.name, "tenant": org.tenant, "ceiling": ceiling, "mailboxes": len(org.everyone)}
        for org, ceiling in zip(everyone(story), ceilings, strict=True)
    ]


def actors(story: Story) -> list[Truth]:
    """Who did it, and by what they can be recognised."""
    addresses = {*story.incident.addresses, story.raid.ip, story.raid.own}
    return [
        {
            "actor": FORGER,
            "method": "forgery",
            "ips": sorted(addresses),
            "keys": [story.institute.consumer.retired],
        },
        {"actor": THIEF, "method": "theft", "ips": [story.raid.thief], "keys": []},
    ]


def located(entry: Entry, places: dict[int, list[dict[str, object]]]) -> Truth:
    """An entry by its places and, where its log has one, its own id."""
    return {
        "system": entry.system,
        "id": entry.native,
        "places": places[id(entry)],
        "time": stamp(entry.time),
    }


def planted_use(entry: Entry, places: dict[int, list[dict[str, object]]]) -> Truth:
    """One planted use and what to say of it."""
    plant = entry.part
    assert isinstance(plant, Plant)
    return located(entry, places) | {
        "actor": plant.actor,
        "mailbox": plant.person.upn,
        "verdict": plant.verdict,
        "accept": sorted({plant.verdict, *plant.accept}),
        "reasons": list(plant.reasons),
        "what": plant.what,
    }


def mailbox(story: Story, org: Organisation, person: Person, planted: list[Entry]) -> Truth:
    """What is to be said of one mailbox."""
    own = [entry for entry in planted if isinstance(entry.part, Plant) and entry.part.person is person]
    verdicts = {plant.verdict for plant in plants(own)}
    fact: Truth = {"mailbox": person.upn, "tenant": org.tenant, "organisation": org.name}
    if verdicts & {"forged", "stolen", "unissued"}:
        fact |= {"status": "victim", "accept": ["victim"]}
    elif verdicts:
        fact |= {"status": "suspected", "accept": ["suspected"]}
    elif person in org.blind:
        fact |= {"status": "undetermined", "accept": ["undetermined"]}
    else:
        accept = ["cleared", "undetermined"]
        fact |= {
            "status": "innocent",
            "accept": accept + ["suspected"] * (person.upn in odd_but_innocent(story)),
        }
    if own:
        fact |= exposure(story, person, own) | {"also": own_unmatched(story, person)}
    return fact


def plants(entries: list[Entry]) -> Iterator[Plant]:
    """The planted parts of entries."""
    return (entry.part for entry in entries if isinstance(entry.part, Plant))


def exposure(story: Story, person: Person, own: list[Entry]) -> Truth:
    """Which of a mailbox's messages the actors had, and how sure the logs can be of it."""
    served = {
        (message.message_id, message.item_id, message.folder): None
        for plant in plants(own)
        for message in plant.served
    }
    lost = {message.message_id: None for plant in plants(own) for message in plant.lost}
    fact: Truth = {
        "first": stamp(min(entry.time for entry in own)),
        "last": stamp(max(entry.time for entry in own)),
        "certain": [{"message_id": a or None, "item_id": b, "folder": c} for a, b, c in sorted(served)],
        "presumed_folders": sorted({plant.folder for plant in plants(own) if plant.folder}),
        "possible": sorted(lost),
        "actors": sorted({plant.actor for plant in plants(own)}),
    }
    if person is story.incident.victims[0]:
        since = story.incident.throttled_from
        fact["presumed_mailbox"] = {"begins": stamp(since), "ends": stamp(since + timedelta(hours=24))}
    return fact


def own_unmatched(story: Story, person: Person) -> list[str]:
    """Messages a victim read with genuine tokens that have no row: no counting tells these from the forger's."""
    found = {
        item["InternetMessageId"]
        for export in story.exports
        for entry in export.entries
        if isinstance(entry.part, Benign) and entry.part.cause == "background" and entry.part.person is person
        if isinstance(entry.record, dict)
        for folder in entry.record.get("Folders", ())
        for item in folder["FolderItems"]
    }
    return sorted(found)


def odd_but_innocent(story: Story) -> set[str]:
    """People on whom some suspicion may fall, and no more.

    A new application, an odd client, travel, guests, an add-in; and whoever has genuine tokens without a row.
    """
    people = story.cast.premium.people
    return {
        *unlucky(story),
        *(person.upn for person in people[:15]),
        *(person.upn for person in story.cast.premium.shared),
        story.cast.consumer.people[-1].upn,
    }


def unlucky(story: Story) -> set[str]:
    """Whoever has genuine tokens without a row: of a victim, these cannot be told from the forger's by counting alone."""
    return {
        entry.part.person.upn
        for export in story.exports
        for entry in export.entries
        if isinstance(entry.part, Benign) and entry.part.cause == "background"
    }


def blind(story: Story) -> list[Truth]:
    """Where no judge can see, and the code that a report should give."""
    cast, victim, since = story.cast, story.incident.victims[0], story.incident.throttled_from
    begin, end = cast.day(0), cast.day(DAYS)
    spots = [
        spot(cast.premium.tenant, victim.upn, "mail-access", since, since + timedelta(hours=24), "throttled"),
        spot(
            cast.premium.tenant,
            "*",
            "signin.non-interactive",
            cast.day(GAP_DAY),
            cast.day(GAP_DAY + 1),
            "gap",
        ),
        spot(cast.standard.tenant, "*", "signin.interactive", begin, end, "not-exported"),
        spot(cast.standard.tenant, "*", "signin.non-interactive", begin, end, "not-exported"),
        spot(cast.standard.tenant, "*", "mail-access", cast.day(CUT_DAY, 12), end, "truncated"),
    ]
    return spots + [
        spot(cast.standard.tenant, person.upn, "mail-access", begin, end, "licence")
        for person in cast.standard.blind
    ]


def spot(tenant: str, box: str, stream: str, begin: datetime, end: datetime, code: str) -> Truth:
    """One blind spot."""
    return {
        "tenant": tenant,
        "mailbox": box,
        "stream": stream,
        "begins": stamp(begin),
        "ends": stamp(end),
        "code": code,
    }


def files(story: Story) -> dict[str, Truth]:
    """What a reader must count in each file; which copy of a record counts as the duplicate is the reader's choice."""
    found = {}
    for export in story.exports:
        scopes = Counter(entry.scope for entry in export.entries)
        found[export.name] = {
            "read": len(export.entries),
            "kept_or_duplicate": scopes["kept"],
            "out_of_scope": scopes["out_of_scope"],
            "rejected": scopes["rejected"],
            "warns": list(export.warns),
        }
    return found


def sums(story: Story) -> Truth:
    """The same over all files, where duplicates can be told: records whose own id was seen before."""
    everything = [entry for export in story.exports for entry in export.entries]
    scopes = Counter(entry.scope for entry in everything)
    different = len({id(entry) for entry in everything if entry.scope == "kept"})
    return {
        "read": len(everything),
        "kept": different,
        "duplicate": scopes["kept"] - different,
        "out_of_scope": scopes["out_of_scope"],
        "rejected": scopes["rejected"],
    }
