"""Two weeks of ordinary work in the premium tenant: what its logs hold when nothing is wrong."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from counterseal.demo import audit, signins
from counterseal.demo.audit import GRAPH, Client, Token, Visit
from counterseal.demo.chance import Chance
from counterseal.demo.entries import Benign, Entry, Logs
from counterseal.demo.people import Cast, Message, Organisation, Person

DAYS = 14
MARGIN = 2
"""Sign-ins are exported from this many days before the first mailbox record to as many after the last."""
WEEKEND = (5, 6)
QUIET_SUNDAY = 6
GAP_DAY = 2
"""A Wednesday whose non-interactive sign-ins are missing from the export."""
ROLLOUT_DAY = 8
BACKGROUND = 0.015
"""Share of genuine tokens without a sign-in row, unless the caller says otherwise."""
WITHOUT_IDS = 0.1
"""Share of genuine records that carry no token or session id."""


@dataclass
class Office:
    """The premium tenant's people at work.

    Attributes:
        background: share of genuine tokens whose sign-in row does not exist.
        sessions: who is in which session since when.
        tokens: genuine Outlook Web tokens by person, for those who copy one.
    """

    cast: Cast
    chance: Chance
    background: float
    logs: Logs = field(default_factory=dict)
    sessions: dict[str, tuple[str, datetime]] = field(default_factory=dict)
    tokens: dict[str, list[Token]] = field(default_factory=dict)

    @property
    def org(self) -> Organisation:
        """The premium tenant."""
        return self.cast.premium

    def add(self, log: str, *entries: Entry) -> None:
        """Write entries to one log."""
        self.logs.setdefault(log, []).extend(entries)

    def sign_in(
        self, person: Person, at: datetime, ip: str, client: Client, app_name: str, *, luck: bool = True
    ) -> tuple[Token, str | None]:
        """A token of the session they have, or of a new sign-in, and why no row shows it (null: one does)."""
        session, since = self.sessions.get(person.upn, ("", at))
        stream = signins.NON_INTERACTIVE
        if (
            not session
        ):  # A session of before the export has no interactive root in it: the normal state of a real one.
            session, since = self.chance.guid(), self.cast.day(self.chance.randint(-4, -1))
        elif at - since > timedelta(days=4.5) and self.cast.number(at) != QUIET_SUNDAY:
            session, since, stream = self.chance.guid(), at, signins.INTERACTIVE
        self.sessions[person.upn] = (session, since)
        token = Token(self.chance.request_id(), at.replace(microsecond=0), session)
        if stream == signins.NON_INTERACTIVE:
            if luck and self.chance.random() < self.background * person.unlucky:
                return token, "background"
            if self.cast.number(at) == GAP_DAY:
                return token, "gap"
        entry = signins.signed_in(
            self.chance,
            self.org,
            person,
            stream,
            token,
            app=client.acting,
            app_name=app_name,
            ip=ip,
            resource=client.resource,
        )
        self.add("interactive" if stream == signins.INTERACTIVE else "non-interactive", entry)
        return token, None


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


def in_export(day: int) -> bool:
    """Are mailbox records of that day exported? Sign-ins reach further at both ends."""
    return 0 <= day < DAYS


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


def use(
    office: Office, visit: Visit, after: datetime, times: int, span: timedelta, missing: str | None
) -> None:
    """Read mail with a token some times, and now and then answer or tidy up."""
    chance = office.chance
    for _ in range(times):
        at = chance.within(after + timedelta(seconds=5), span)
        shown, part = visit, Benign(missing, visit.owner) if missing else None
        if chance.random() < WITHOUT_IDS:
            shown, part = replace(visit, token=None), Benign("no-identifier", visit.owner)
        office.add("audit", audit.opened(chance, shown, at, some_mail(chance, visit.owner), part=part))
        if chance.random() < 0.25:
            operation = chance.choice(("Send", "Update", "MoveToDeletedItems", "Create"))
            entry = audit.handled(
                chance, shown, at + timedelta(seconds=40), operation, chance.choice(visit.owner.messages)
            )
            office.add("audit", replace(entry, part=part))


def some_mail(chance: Chance, owner: Person) -> list[Message]:
    """A few messages, mostly one."""
    return chance.some(owner.messages, 1, chance.choice((1, 1, 1, 2, 3)))


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


def services(office: Office, day: int) -> None:
    """Every night: the backup over twelve mailboxes, an automation, and the provider's own search back end."""
    chance, cast = office.chance, office.cast
    fixed = Chance.of(0, office.org.tenant + "services")
    backup = Client(
        audit.EXCHANGE, fixed.guid(), "Client=WebServices;ExchangeWebServices/15.20 (Vault Backup);"
    )
    search = Client(fixed.guid(), None, "Client=REST;Client=RESTSystem;;")
    robot = fixed.guid()
    at = chance.within(cast.day(day, 1), timedelta(minutes=10))
    token = Token(chance.request_id(), at.replace(microsecond=0), None)
    office.add(
        "service-principal",
        app_row(office, signins.SERVICE_PRINCIPAL, token, backup.acting, "Vault Backup", "192.0.2.50"),
    )
    for hour in (4, 12, 20):
        robot_token = Token(
            chance.request_id(),
            chance.within(cast.day(day, hour), timedelta(hours=1)).replace(microsecond=0),
            None,
        )
        office.add(
            "managed-identity",
            app_row(office, signins.MANAGED_IDENTITY, robot_token, robot, "night-jobs", "192.0.2.60"),
        )
    if not in_export(day):
        return
    visit = Visit(office.org, office.org.people[0], backup, "192.0.2.50", token, app_only=True)
    for place, person in enumerate(chance.some(office.org.people, 12, 12)):
        mail = chance.some(person.messages, 2, 5)
        office.add(
            "audit", audit.opened(chance, visit.to(person), at + timedelta(seconds=20 + 9 * place), mail)
        )
    for person in chance.some(office.org.people, 3, 5):
        moment = chance.within(cast.day(day), timedelta(hours=23))
        hidden = Token(chance.request_id(), (moment - timedelta(minutes=4)).replace(microsecond=0), None)
        inside = Visit(office.org, person, search, chance.choice(cast.provider), hidden)
        part = Benign("provider-back-end", person)
        office.add("audit", audit.opened(chance, inside, moment, some_mail(chance, person), part=part))
    if day % 7 not in WEEKEND:
        for person in chance.some(office.org.people, 3, 5):
            office.add(
                "audit",
                audit.chat(chance, office.org, person, chance.within(cast.day(day, 8), timedelta(hours=9))),
            )


def app_row(office: Office, stream: str, token: Token, app: str, name: str, ip: str) -> Entry:
    """An application's own sign-in."""
    return signins.app_signed_in(office.chance, office.org, stream, token, app=app, app_name=name, ip=ip)


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


def weekdays() -> list[int]:
    """Working days of the exported fortnight."""
    return [day for day in range(DAYS) if day % 7 not in WEEKEND]
