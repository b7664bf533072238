"""Two weeks of ordinary work in the premium tenant: what its logs hold when nothing is wrong."""

from datetime import timedelta

from counterseal.demo import audit
from counterseal.demo.audit import GRAPH, Client, Token, Visit
from counterseal.demo.chance import Chance
from counterseal.demo.entries import Benign
from counterseal.demo.office import (
    DAYS,
    MARGIN,
    QUIET_SUNDAY,
    ROLLOUT_DAY,
    WEEKEND,
    Office,
    in_export,
    use,
    weekdays,
)
from counterseal.demo.people import Cast, Person
from counterseal.demo.services import services


def work(cast: Cast, chance: Chance, background: float) -> Office:
    """All ordinary records of the premium tenant."""
    office = Office(cast, chance, background)
    people = cast.premium.people
    desktop, mobile = people[: len(people) // 2], people[len(people) // 3 :]
    rollout = frozenset(person.upn for person in people[3:15])
    traveller = people[1]
    hotels = {day: cast.addresses.elsewhere() for day in range(7, 11)}
    for day in range(-MARGIN, DAYS + MARGIN):
        for person in people:
            ip = hotels[day] if person is traveller and day in hotels else None
            browse(office, person, day, ip)
            if person in mobile:
                carry(office, person, day)
            if person in desktop and day % 7 not in WEEKEND:
                synchronise(office, person, day)
            if person.upn in rollout and day >= ROLLOUT_DAY and day % 7 not in WEEKEND:
                take_notes(office, person, day)
        services(office, day)
    oddities(office)
    return office


def browse(office: Office, person: Person, day: int, ip: str | None) -> None:
    """Outlook on the web: some tokens a day, each used once or twice, sometimes to write as well."""
    chance, cast = office.chance, office.cast
    weekend = day % 7 in WEEKEND
    count = chance.choice((0, 0, 0, 1)) if weekend else chance.randint(2, 4)
    if day == QUIET_SUNDAY:
        count = 0
    for _ in range(count):
        at = chance.within(cast.day(day, 7), timedelta(hours=10))
        address = ip or (office.org.office if not weekend and chance.random() < 0.7 else person.home)
        token, missing = office.sign_in(person, at, address, audit.WEB, "One Outlook Web")
        if not in_export(day):
            continue
        if not missing:
            office.tokens.setdefault(person.upn, []).append(token)
        visit = Visit(office.org, person, audit.WEB, address, token)
        use(office, visit, at, chance.randint(1, 2), timedelta(minutes=50), missing)


def carry(office: Office, person: Person, day: int) -> None:
    """A telephone: one long-lived token a day, used up to 20 hours after it was issued."""
    chance = office.chance
    at = chance.within(office.cast.day(day, 3), timedelta(hours=2))
    token, missing = office.sign_in(person, at, person.home, audit.MOBILE, "Outlook Mobile")
    if in_export(day) and day != DAYS - 1:
        visit = Visit(office.org, person, audit.MOBILE, person.home, token)
        use(office, visit, at, chance.randint(1, 2), timedelta(hours=20), missing)


def synchronise(office: Office, person: Person, day: int) -> None:
    """Outlook on the desktop: a folder a day, a session id that no exported sign-in has, no token id."""
    chance = office.chance
    if in_export(day):
        session = Chance.of(0, person.mailbox_guid).guid()
        visit = Visit(office.org, person, audit.DESKTOP, office.org.office, session=session)
        at = chance.within(office.cast.day(day, 8), timedelta(hours=1))
        part = Benign("session-root-not-exported", person)
        office.add("audit", audit.synchronised(chance, visit, at, "Inbox", part=part))


def take_notes(office: Office, person: Person, day: int) -> None:
    """The new application that half the house gets on one morning: unseen before, and signed in to properly."""
    chance = office.chance
    app = notes_app(office)
    at = chance.within(office.cast.day(day, 8), timedelta(hours=8))
    token, missing = office.sign_in(person, at, office.org.office, app, "Field Notes", luck=False)
    if in_export(day):
        use(
            office,
            Visit(office.org, person, app, office.org.office, token),
            at,
            1,
            timedelta(minutes=30),
            missing,
        )


def notes_app(office: Office) -> Client:
    """The application of the rollout."""
    return Client(
        GRAPH, Chance.of(0, office.org.tenant + "notes").guid(), "Client=REST;Client=RESTSystem;;", GRAPH
    )


def oddities(office: Office) -> None:
    """One person with a client of their own, one with an add-in that hides its sign-ins, and guests."""
    chance, cast, people = office.chance, office.cast, office.org.people
    for day in weekdays():
        at = chance.within(cast.day(day, 9), timedelta(hours=6))
        token, missing = office.sign_in(people[2], at, people[2].home, audit.IMAP, "Thunderbird", luck=False)
        visit = Visit(office.org, people[2], audit.IMAP, people[2].home, token)
        use(office, visit, at, 1, timedelta(minutes=30), missing)
    addin = Client(
        Chance.of(0, office.org.tenant + "add-in").guid(), None, "Client=WebServices;Meeting-Minutes/2.1;"
    )
    for day in weekdays()[1::2]:
        at = chance.within(cast.day(day, 9), timedelta(hours=6))
        token = Token(chance.request_id(), at.replace(microsecond=0), None)
        use(
            office,
            Visit(office.org, people[0], addin, office.org.office, token),
            at,
            1,
            timedelta(minutes=30),
            "add-in",
        )
    shared = office.org.shared[0]
    for guest in cast.guests:
        for day in chance.sample(weekdays(), 5):
            at = chance.within(cast.day(day, 9), timedelta(hours=6))
            token = Token(chance.request_id(), at.replace(microsecond=0), chance.guid())
            visit = Visit(office.org, shared, audit.WEB, guest.home, token, guest=guest)
            use(office, visit, at, 1, timedelta(minutes=30), "guest")
