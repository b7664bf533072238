"""The traps of the cloud campaign: cases that a careless judge gets wrong, one of each."""

from dataclasses import replace
from datetime import timedelta

from counterseal.demo import audit, signins
from counterseal.demo.audit import Client, Token, Visit
from counterseal.demo.entries import Entry, Plant
from counterseal.demo.incident import (
    FIRST_DAY,
    FORGED_WEB,
    FORGER,
    LAST_DAY,
    STRANGE_PAIR,
    Incident,
    forged_use,
)
from counterseal.demo.people import Cast, Message, Person

FOLDER = "Archive"
OVER_MAPI = Client(audit.EXCHANGE, audit.OUTLOOK_WEB, "Client=MSExchangeRPC")


def set_traps(incident: Incident, cast: Cast) -> None:
    """Derived session, synchronised folder, copied token id, back-end path, wrecked export, throttled day."""
    first, second, third = incident.victims[:3]
    derive(incident, cast, third)
    synchronise(incident, cast, second)
    copy_id(incident, cast, second, first)
    use_back_door(incident, cast, third)
    wreck(incident, cast, first)
    throttle(incident, cast, first)


def suspicious(
    person: Person, what: str, *reasons: str, served: tuple[Message, ...] = (), folder: str | None = None
) -> Plant:
    """A use that the logs make suspicious at least; it is no error to say that its token was never issued."""
    return Plant(
        FORGER, "suspicious", reasons, what, person, accept=("unissued",), served=served, folder=folder
    )


def derive(incident: Incident, cast: Cast, victim: Person) -> None:
    """The forged session is good for one token that the service itself issues, sign-in row and all."""
    chance, ip = incident.chance, incident.addresses[1]
    at = chance.within(cast.day(10), timedelta(hours=8))
    token = Token(chance.request_id(), at.replace(microsecond=0), session_of(incident, victim))
    row = signins.signed_in(
        chance,
        cast.premium,
        victim,
        signins.NON_INTERACTIVE,
        token,
        app=audit.OUTLOOK_WEB,
        app_name="One Outlook Web",
        ip=ip,
    )
    incident.office.add("non-interactive", row)
    served = tuple(chance.sample(victim.messages, 2))
    what = "a token properly issued, in a session that otherwise only tokens never issued have"
    plant = suspicious(victim, what, "shares-session", served=served)
    visit = Visit(cast.premium, victim, FORGED_WEB, ip, token)
    incident.office.add("audit", audit.opened(chance, visit, at + timedelta(seconds=9), served, part=plant))


def synchronise(incident: Incident, cast: Cast, victim: Person) -> None:
    """One of the forged tokens synchronises a folder: the record names no message."""
    token = incident.chance.choice(incident.forged[victim.upn])
    visit = Visit(cast.premium, victim, OVER_MAPI, incident.shared, token)
    what = "a folder synchronised with one of the tokens never issued"
    plant = suspicious(victim, what, "shares-token", "indicator", folder=FOLDER)
    moment = token.issued_at + timedelta(minutes=31)
    incident.office.add("audit", audit.synchronised(incident.chance, visit, moment, FOLDER, part=plant))


def copy_id(incident: Incident, cast: Cast, victim: Person, owner: Person) -> None:
    """A forged token that carries the id of a genuine token of somebody else."""
    chance, genuine = incident.chance, incident.office.tokens[owner.upn]
    before = [token for token in genuine if token.issued_at < cast.day(LAST_DAY)]
    recent = [token for token in before if token.issued_at >= cast.day(FIRST_DAY)]
    token = replace(chance.choice(recent or before), session=session_of(incident, victim))
    served = tuple(chance.sample(victim.messages, 1))
    plant = suspicious(
        victim, "a token id copied from a genuine token of somebody else", "id-reused", served=served
    )
    visit = Visit(cast.premium, victim, FORGED_WEB, incident.shared, token)
    moment = token.issued_at + timedelta(minutes=20)
    incident.office.add("audit", audit.opened(chance, visit, moment, served, part=plant))


def use_back_door(incident: Incident, cast: Cast, victim: Person) -> None:
    """The web client's application on the path of back ends: a class with nothing genuine to compare with."""
    chance, session = incident.chance, incident.chance.guid()
    at = chance.within(cast.day(LAST_DAY), timedelta(hours=8))
    for _ in range(2):
        token = Token(chance.request_id(), at.replace(microsecond=0), session)
        served = tuple(chance.sample(victim.messages, 1))
        what = "the web client's application on a back-end path, where nothing is there to compare with"
        plant = suspicious(victim, what, "first-party-app-unusual-path", served=served)
        visit = Visit(cast.premium, victim, STRANGE_PAIR, incident.addresses[1], token)
        entry = audit.opened(chance, visit, at + timedelta(seconds=6), served, part=plant)
        incident.office.add("audit", entry)
        at += timedelta(minutes=9)


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


def throttle(incident: Incident, cast: Cast, victim: Person) -> None:
    """A flag in the actor's own session: for 24 hours no message of that mailbox is recorded, for anyone."""
    since, chance = incident.throttled_from, incident.chance
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
