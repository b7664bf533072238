"""What the first actor does in the two cloud tenants, planted record by record with the verdict each deserves."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from counterseal.demo import audit, signins
from counterseal.demo.audit import Client, Token, Visit
from counterseal.demo.branch import Branch
from counterseal.demo.chance import Chance
from counterseal.demo.entries import Entry, Plant
from counterseal.demo.office import Office
from counterseal.demo.people import Cast, Message, Person

FORGER, THIEF = 1, 2
FIRST_DAY, LAST_DAY = 7, 11
"""The actor works Monday to Friday of the second week, 00:00 to 09:00 UTC."""
FOLDER = "Archive"
ODD_AGENT = '"Microsoft Edge";v="113", "Chromium";v="113", "Not-A.Brand";v="24"'
# A sec-ch-ua value sent as a user agent, as Microsoft published of Storm-0558 on 2023-07-14.
FORGED_WEB = Client(audit.EXCHANGE, audit.OUTLOOK_WEB, f"Client=OWA;{ODD_AGENT}")
BACK_DOOR = Client(audit.EXCHANGE, audit.OUTLOOK_WEB, "Client=REST;Client=RESTSystem;;")
OVER_MAPI = Client(audit.EXCHANGE, audit.OUTLOOK_WEB, "Client=MSExchangeRPC")


@dataclass
class Incident:
    """The first actor's campaign in the cloud.

    Attributes:
        shared: the address that turns up in every organisation.
        addresses: those used in the premium tenant, the shared one first.
        victims, suspects: whom the evidence can name in the premium and the standard tenant.
        throttled_from: since when the premium tenant's first victim is blind for 24 hours.
        forged: the tokens made for each victim.
        wreck: records that exist only in an export that lost their message ids.
    """

    office: Office
    branch: Branch
    chance: Chance
    shared: str
    addresses: list[str]
    victims: list[Person]
    suspects: list[Person]
    throttled_from: datetime
    forged: dict[str, list[Token]] = field(default_factory=dict)
    wreck: list[Entry] = field(default_factory=list)


def strike(cast: Cast, chance: Chance, office: Office, branch: Branch) -> Incident:
    """Plant the campaign in both cloud tenants."""
    ordinary = [person for person in cast.premium.people[3:] if len(office.tokens.get(person.upn, ())) > 8]
    shared = cast.addresses.elsewhere()
    incident = Incident(
        office,
        branch,
        chance,
        shared,
        [shared, cast.addresses.elsewhere()],
        chance.some(ordinary, 3, 5),
        chance.some(cast.standard.people, 1, 2),
        chance.within(cast.day(9, 2), timedelta(hours=2)),
    )
    for victim in incident.victims:
        sweep(incident, cast, victim)
    special_cases(incident, cast)
    throttle(incident, cast)
    for suspect in incident.suspects:
        sweep_standard(incident, cast, suspect)
    return incident


def sweep(incident: Incident, cast: Cast, victim: Person) -> None:
    """Forged tokens, a new one every time, each used once or twice: no sign-in ever issued them."""
    chance, session = incident.chance, incident.chance.guid()
    mail = list(victim.messages)
    chance.shuffle(mail)
    if victim is incident.victims[0]:
        mail[0] = replace(
            mail[0],
            message_id='<=HYPERLINK("https://rows.example","<script>alert(1)</script>")@mail.example>',
        )
    days = (7, 8, 11) if victim is incident.victims[0] else (7, 8, 9, 10, 11)  # around the throttled day
    for turn in range(chance.randint(11, 15)):
        at = chance.within(cast.day(chance.choice(days)), timedelta(hours=9))
        # The first two come from one address each, so that every victim ties both addresses together.
        ip = incident.addresses[turn % 2 if turn < 2 else chance.randint(0, 1)]
        token = Token(chance.request_id(), at.replace(microsecond=0), session)
        incident.forged.setdefault(victim.upn, []).append(token)
        visit = Visit(cast.premium, victim, FORGED_WEB, ip, token)
        for _ in range(chance.randint(1, 2)):
            served, mail = mail[:2], mail[2:] or list(victim.messages)
            part = forged_use(victim, served)
            incident.office.add(
                "audit", audit.opened(chance, visit, at + timedelta(seconds=3), served, part=part)
            )
            at += timedelta(minutes=chance.uniform(2, 20))


def forged_use(victim: Person, served: list[Message]) -> Plant:
    """The plain case: Outlook on the web, with a token that no sign-in issued."""
    return Plant(
        FORGER,
        "unissued",
        ("token-not-issued",),
        "web mail with a token that was never issued",
        victim,
        served=tuple(served),
    )


def special_cases(incident: Incident, cast: Cast) -> None:
    """One of each trap: derived session, synchronised folder, copied token id, back-end path, wrecked export."""
    chance, (first, second, third) = incident.chance, incident.victims[:3]
    session = session_of(incident, third)
    ip = incident.addresses[1]
    at = chance.within(cast.day(10), timedelta(hours=8))
    derived = Token(chance.request_id(), at.replace(microsecond=0), session)
    row = signins.signed_in(
        chance,
        cast.premium,
        third,
        signins.NON_INTERACTIVE,
        derived,
        app=audit.OUTLOOK_WEB,
        app_name="One Outlook Web",
        ip=ip,
    )
    incident.office.add("non-interactive", row)
    served = tuple(chance.sample(third.messages, 2))
    plant = Plant(
        FORGER,
        "suspicious",
        ("shares-session",),
        "a token properly issued, in a session that only tokens never issued share",
        third,
        accept=("unissued",),
        served=served,
    )
    visit = Visit(cast.premium, third, FORGED_WEB, ip, derived)
    incident.office.add("audit", audit.opened(chance, visit, at + timedelta(seconds=9), served, part=plant))

    used = chance.choice(incident.forged[second.upn])
    visit = Visit(cast.premium, second, OVER_MAPI, incident.shared, used)
    plant = Plant(
        FORGER,
        "suspicious",
        (),
        "a folder synchronised with one of the tokens never issued",
        second,
        accept=("unissued",),
        folder=FOLDER,
    )
    moment = used.issued_at + timedelta(minutes=31)
    incident.office.add("audit", audit.synchronised(chance, visit, moment, FOLDER, part=plant))

    genuine = incident.office.tokens[first.upn]
    copied = chance.choice(
        [token for token in genuine if token.issued_at >= cast.day(FIRST_DAY)] or genuine[-1:]
    )
    copied = replace(copied, session=session_of(incident, second))
    served = tuple(chance.sample(second.messages, 1))
    plant = Plant(
        FORGER,
        "suspicious",
        ("id-reused",),
        "a token id copied from a genuine token of somebody else",
        second,
        accept=("unissued",),
        served=served,
    )
    visit = Visit(cast.premium, second, FORGED_WEB, incident.shared, copied)
    moment = copied.issued_at + timedelta(minutes=20)
    incident.office.add("audit", audit.opened(chance, visit, moment, served, part=plant))

    at = chance.within(cast.day(LAST_DAY), timedelta(hours=8))
    session = chance.guid()
    for _ in range(2):
        token = Token(chance.request_id(), at.replace(microsecond=0), session)
        served = tuple(chance.sample(third.messages, 1))
        plant = Plant(
            FORGER,
            "suspicious",
            ("first-party-app-unusual-path",),
            "the web client's application on a back-end path, where nothing is there to compare with",
            third,
            accept=("unissued",),
            served=served,
        )
        visit = Visit(cast.premium, third, BACK_DOOR, ip, token)
        incident.office.add(
            "audit", audit.opened(chance, visit, at + timedelta(seconds=6), served, part=plant)
        )
        at += timedelta(minutes=9)
    wreck(incident, cast, first)


def wreck(incident: Incident, cast: Cast, victim: Person) -> None:
    """Some records, planted and genuine, that exist only in an export which lost its message ids."""
    chance, session = incident.chance, session_of(incident, victim)
    for _ in range(3):
        at = chance.within(cast.day(8, 4), timedelta(hours=4))
        token = Token(chance.request_id(), at.replace(microsecond=0), session)
        visit = Visit(cast.premium, victim, FORGED_WEB, incident.shared, token)
        served = chance.sample(victim.messages, 2)
        part = replace(
            forged_use(victim, []),
            lost=tuple(served),
            what="the same, in an export that lost its message ids",
        )
        incident.wreck.append(audit.opened(chance, visit, at + timedelta(seconds=4), served, part=part))
    log = incident.office.logs["audit"]
    candidates = [
        entry for entry in log if entry.part is None and isinstance(entry.record, dict) and is_bind(entry)
    ]
    genuine = chance.sample([entry for entry in candidates if entry.time >= cast.day(0)], 9)
    moved = {entry.native for entry in genuine}
    incident.office.logs["audit"] = [entry for entry in log if entry.native not in moved]
    incident.wreck.extend(genuine)


def is_bind(entry: Entry) -> bool:
    """Is this a record of messages served?"""
    return isinstance(entry.record, dict) and entry.record["RecordType"] == 50


def session_of(incident: Incident, victim: Person) -> str:
    """The session id that the actor's forged tokens claim for this victim."""
    return incident.forged[victim.upn][0].session or ""


def throttle(incident: Incident, cast: Cast) -> None:
    """A flag in the actor's own session: for 24 hours no message of that mailbox is recorded, for anyone."""
    victim, since, chance = incident.victims[0], incident.throttled_from, incident.chance
    until = since + timedelta(hours=24)

    def shown(entry: Entry) -> bool:
        return not (since <= entry.time < until and is_bind(entry) and is_at(entry, victim))

    incident.office.logs["audit"] = [entry for entry in incident.office.logs["audit"] if shown(entry)]
    incident.wreck = [entry for entry in incident.wreck if shown(entry)]
    token = Token(
        chance.request_id(),
        (since - timedelta(minutes=3)).replace(microsecond=0),
        session_of(incident, victim),
    )
    visit = Visit(cast.premium, victim, FORGED_WEB, incident.shared, token)
    served = chance.sample(victim.messages, 3)
    part = replace(
        forged_use(victim, served),
        what="the record that says: nothing of this mailbox is recorded for 24 hours",
    )
    incident.office.add("audit", audit.opened(chance, visit, since, served, part=part, throttled=True))


def is_at(entry: Entry, owner: Person) -> bool:
    """Is this a record of that mailbox?"""
    return isinstance(entry.record, dict) and entry.record.get("MailboxGuid") == owner.mailbox_guid


def sweep_standard(incident: Incident, cast: Cast, suspect: Person) -> None:
    """The same in the tenant without sign-in logs: an application pair that was never seen there, twice from elsewhere."""
    chance, session = incident.chance, incident.chance.guid()
    for turn in range(chance.randint(5, 8)):
        at = chance.within(cast.day(chance.randint(9, LAST_DAY)), timedelta(hours=9))
        token = Token(chance.request_id(), at.replace(microsecond=0), session)
        ip = chance.choice(cast.provider) if turn in (2, 4) else incident.shared
        visit = Visit(cast.standard, suspect, BACK_DOOR, ip, token)
        served = chance.sample(suspect.messages, chance.randint(1, 3))
        plant = Plant(
            FORGER,
            "suspicious",
            ("app-never-seen",),
            "an application pair never seen in this tenant; no sign-in log can say more",
            suspect,
            served=tuple(served),
        )
        incident.branch.logs["audit"].append(
            audit.opened(chance, visit, at + timedelta(seconds=3), served, part=plant)
        )
