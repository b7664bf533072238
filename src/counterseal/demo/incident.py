"""What the first actor does in the two cloud tenants, planted record by record with the verdict each deserves."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from counterseal.demo import audit
from counterseal.demo.audit import Client, Token, Visit
from counterseal.demo.branch import Branch
from counterseal.demo.chance import Chance
from counterseal.demo.entries import Entry, Plant
from counterseal.demo.office import Office
from counterseal.demo.people import Cast, Message, Person

FORGER, THIEF = 1, 2
FIRST_DAY, LAST_DAY = 7, 11
"""The actor works Monday to Friday of the second week, 00:00 to 09:00 UTC."""
ODD_AGENT = '"Microsoft Edge";v="113", "Chromium";v="113", "Not-A.Brand";v="24"'
# A sec-ch-ua value sent as a user agent, as Microsoft published of Storm-0558 on 2023-07-14.
FORGED_WEB = Client(audit.EXCHANGE, audit.OUTLOOK_WEB, f"Client=OWA;{ODD_AGENT}")
STRANGE_PAIR = Client(audit.EXCHANGE, audit.OUTLOOK_WEB, "Client=REST;Client=RESTSystem;;")


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
    """Plant the campaign in both cloud tenants; the traps come on top."""
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


def sweep_standard(incident: Incident, cast: Cast, suspect: Person) -> None:
    """The same in the tenant without sign-in logs: an application pair that was never seen there, twice from elsewhere."""
    chance, session = incident.chance, incident.chance.guid()
    for turn in range(chance.randint(5, 8)):
        at = chance.within(cast.day(chance.randint(9, LAST_DAY)), timedelta(hours=9))
        token = Token(chance.request_id(), at.replace(microsecond=0), session)
        ip = chance.choice(cast.provider) if turn in (2, 4) else incident.shared
        visit = Visit(cast.standard, suspect, STRANGE_PAIR, ip, token)
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
