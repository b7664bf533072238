"""Two weeks at the self-hosted mail server: two realms, tokens that the issuer logged, mail that was fetched."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from counterseal.demo import mailserver
from counterseal.demo.chance import Chance
from counterseal.demo.entries import Benign, Entry, Logs, Plant
from counterseal.demo.mailserver import Jwt, Realm
from counterseal.demo.office import DAYS, WEEKEND
from counterseal.demo.people import Cast, Person

ISSUER_SINCE = 110
"""Days before day 0 when the enterprise issuer, and its log, began: longer than any refresh token lives."""


@dataclass
class Institute:
    """The mail server, its issuer and its gateway.

    Attributes:
        uids: message numbers handed out so far, by mailbox; they count up from 1 in each folder.
        latest: the newest genuine token and refresh token of each person.
    """

    cast: Cast
    chance: Chance
    enterprise: Realm
    consumer: Realm
    logs: Logs = field(default_factory=dict)
    latest: dict[str, tuple[Jwt, str]] = field(default_factory=dict)

    def add(self, log: str, *entries: Entry) -> None:
        """Write entries to one log."""
        self.logs.setdefault(log, []).extend(entries)

    def issuer_log(self, realm: Realm) -> str:
        """The log of that realm's issuer."""
        return f"issuer-{realm.name}"

    def mint(self, realm: Realm, person: Person, at: datetime, ip: str, *, renew: bool) -> Jwt:
        """An access token from a new sign-in, or from the refresh token they hold."""
        chance, log = self.chance, self.issuer_log(realm)
        held = self.latest.get(person.upn) if renew else None
        at = at.replace(microsecond=chance.randint(0, 899) * 1000)
        grant_id, session_uid = (
            (held[0].grant_id, held[0].session_uid) if held else (chance.letters(43), chance.letters(43))
        )
        token = Jwt(realm, person, chance.letters(43), realm.key, at, grant_id, session_uid)
        refresh, parent = "sha256:" + chance.letters(43), held[1] if held else None
        self.add(log, mailserver.refresh_saved(token, refresh, ip, parent=parent))
        grant_type = "refresh_token" if held else "authorization_code"
        self.add(log, mailserver.issued(token, ip, grant_type, parent=parent))
        self.latest[person.upn] = (token, refresh)
        return token

    def read(
        self,
        token: Jwt,
        at: datetime,
        ip: str,
        uids: list[int],
        folder: str = "INBOX",
        *,
        login: Plant | Benign | None = None,
        plants: list[Plant] | None = None,
    ) -> datetime:
        """One IMAP session that fetches these messages; returns when it ended."""
        session = self.session()
        self.add("dovecot", mailserver.logged_in(token, at, ip, session, login))
        for place, uid in enumerate(uids):
            at += timedelta(milliseconds=self.chance.randint(80, 4000))
            part = plants[place] if plants else None
            self.add("dovecot", mailserver.mail_opened(token.person, at, ip, session, uid, folder, part=part))
        return at

    def session(self) -> str:
        """A Dovecot session id."""
        return self.chance.letters(16)


def work(cast: Cast, chance: Chance) -> Institute:
    """All ordinary records of the self-hosted part."""
    institute = Institute(cast, chance, *mailserver.realms(cast.enterprise, cast.consumer))
    watch(institute)
    long_lived(institute)
    for day in range(DAYS):
        for realm in (institute.enterprise, institute.consumer):
            for person in realm.org.people:
                if day % 7 not in WEEKEND or chance.random() < 0.3:
                    fetch(institute, realm, person, day)
    return institute


def watch(institute: Institute) -> None:
    """Monitoring, twice a day: all that signed in at the enterprise issuer before people moved to it on day 0."""
    for day in range(-ISSUER_SINCE, DAYS):
        for hour in (0, 12):
            at = institute.chance.within(institute.cast.day(day, hour), timedelta(minutes=3))
            entry = mailserver.monitored(institute.enterprise, institute.chance.letters(43), at)
            institute.add(institute.issuer_log(institute.enterprise), entry)


def fetch(institute: Institute, realm: Realm, person: Person, day: int) -> None:
    """A day's mail: a sign-in, some renewals, an IMAP session each, and for some the web."""
    chance, cast = institute.chance, institute.cast
    ip = realm.org.office if realm.name == "enterprise" and chance.random() < 0.6 else person.home
    at = chance.within(cast.day(day, 6.5), timedelta(hours=2))
    for turn in range(chance.randint(1, 2)):
        token = institute.mint(realm, person, at, ip, renew=turn > 0)
        uids = sorted(chance.sample(range(1, 90), chance.randint(1, 2)))
        institute.read(token, at + timedelta(seconds=chance.randint(2, 1500)), ip, uids)
        if realm.name == "enterprise" and chance.random() < 0.6:
            browse(institute, token, at, ip)
        if chance.random() < 0.1:
            institute.add(
                institute.issuer_log(realm),
                mailserver.said(
                    realm, at - timedelta(seconds=9), "interaction.started", scope="out_of_scope"
                ),
            )
        at += timedelta(hours=chance.uniform(1.5, 4))
    if chance.random() < 0.04:
        search(institute, token, at, ip)


def browse(institute: Institute, token: Jwt, at: datetime, ip: str) -> None:
    """Some requests at the gateway; now and then one with a token that has run out, and is refused."""
    chance = institute.chance
    for _ in range(chance.randint(1, 2)):
        moment = at + timedelta(seconds=chance.randint(5, 3000))
        uri = f"/api/messages/{chance.randint(1, 90)}"
        institute.add("gateway", mailserver.requested(chance, token, moment, ip, uri))
    if chance.random() < 0.08:
        late = token.expires + timedelta(seconds=chance.randint(30, 600))
        institute.add("gateway", mailserver.requested(chance, token, late, ip, "/api/messages", status=401))


def search(institute: Institute, token: Jwt, at: datetime, ip: str) -> None:
    """An owner searches and saves a draft: messages are opened on the server, none is handed out."""
    session, chance = institute.session(), institute.chance
    token = institute.mint(token.realm, token.person, at, ip, renew=True)
    at += timedelta(seconds=chance.randint(3, 60))
    institute.add("dovecot", mailserver.logged_in(token, at, ip, session))
    for uid in range(1, 8):
        at += timedelta(milliseconds=7)
        entry = mailserver.mail_opened(token.person, at, ip, session, uid, "INBOX", "imap:cmd_search")
        institute.add("dovecot", entry)
    entry = mailserver.mail_opened(
        token.person, at + timedelta(seconds=50), ip, session, 0, "Drafts", "imap:cmd_append"
    )
    institute.add("dovecot", entry)


def long_lived(institute: Institute) -> None:
    """A telephone whose first refresh token was issued before the log begins: its parent is in no log, and innocent."""
    chance, cast, realm = institute.chance, institute.cast, institute.consumer
    person = realm.org.people[-1]
    at = chance.within(cast.day(0, 5), timedelta(hours=1))
    old = Jwt(
        realm,
        person,
        chance.letters(43),
        realm.key,
        at - timedelta(days=3),
        chance.letters(43),
        chance.letters(43),
    )
    institute.latest[person.upn] = (old, "sha256:" + chance.letters(43))
    token = institute.mint(realm, person, at, person.home, renew=True)
    benign = Benign("parent-before-log", person)
    institute.read(token, at + timedelta(seconds=20), person.home, [3], login=benign)
