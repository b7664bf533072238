"""The premium tenant as its own logs show it: sessions, tokens with and without a row, mail read and written."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from counterseal.demo import audit, signins
from counterseal.demo.audit import Client, Token, Visit
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


def in_export(day: int) -> bool:
    """Are mailbox records of that day exported? Sign-ins reach further at both ends."""
    return 0 <= day < DAYS


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


def weekdays() -> list[int]:
    """Working days of the exported fortnight."""
    return [day for day in range(DAYS) if day % 7 not in WEEKEND]
