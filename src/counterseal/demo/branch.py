"""Two weeks in the standard tenant: its mailbox audit exists, its sign-ins were never exported."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from counterseal.demo import audit
from counterseal.demo.audit import Client, Token, Visit
from counterseal.demo.chance import Chance
from counterseal.demo.entries import Benign, Logs
from counterseal.demo.office import DAYS, WEEKEND, some_mail
from counterseal.demo.people import Cast, Organisation, Person

CUT_DAY = 12
"""The second export of this tenant's audit stops at noon of this day."""


@dataclass
class Branch:
    """The standard tenant's people at work: telephones and desktop programs, hardly ever the web."""

    cast: Cast
    chance: Chance
    logs: Logs = field(default_factory=lambda: {"audit": []})

    @property
    def org(self) -> Organisation:
        """The standard tenant."""
        return self.cast.standard


def work(cast: Cast, chance: Chance) -> Branch:
    """All ordinary records of the standard tenant."""
    branch = Branch(cast, chance)
    search = Client(Chance.of(0, cast.standard.tenant).guid(), None, "Client=REST;Client=RESTSystem;;")
    for day in range(DAYS):
        for person in cast.standard.people:
            carry(branch, person, day)
            if day % 7 not in WEEKEND:
                synchronise(branch, person, day)
        for person in chance.some(cast.standard.people, 2, 4):
            at = chance.within(cast.day(day), timedelta(hours=23))
            token = Token(chance.request_id(), (at - timedelta(minutes=7)).replace(microsecond=0), None)
            visit = Visit(cast.standard, person, search, chance.choice(cast.provider), token)
            look(branch, visit, at, "provider-back-end")
    return branch


def carry(branch: Branch, person: Person, day: int) -> None:
    """A telephone: one token a day, used once or twice."""
    chance = branch.chance
    begin = branch.cast.day(day, 6)
    token = Token(
        chance.request_id(), chance.within(begin - timedelta(hours=4), timedelta(hours=3)), chance.guid()
    )
    visit = Visit(branch.org, person, audit.MOBILE, person.home, token)
    for _ in range(chance.randint(1, 2) if day % 7 not in WEEKEND else chance.randint(0, 1)):
        look(branch, visit, chance.within(begin, timedelta(hours=14)), "not-exported")


def synchronise(branch: Branch, person: Person, day: int) -> None:
    """Outlook on the desktop."""
    session = Chance.of(0, person.mailbox_guid).guid()
    visit = Visit(branch.org, person, audit.DESKTOP, branch.org.office, session=session)
    at = branch.chance.within(branch.cast.day(day, 8), timedelta(hours=1))
    part = Benign("not-exported", person)
    branch.logs["audit"].append(audit.synchronised(branch.chance, visit, at, "Inbox", part=part))


def look(branch: Branch, visit: Visit, at: datetime, cause: str) -> None:
    """Read a few messages."""
    part = Benign(cause, visit.owner)
    entry = audit.opened(branch.chance, visit, at, some_mail(branch.chance, visit.owner), part=part)
    branch.logs["audit"].append(entry)
