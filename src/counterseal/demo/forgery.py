"""What both actors do at the self-hosted mail server: forged, derived and stolen tokens, and doors that closed."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from counterseal.demo import mailserver
from counterseal.demo.chance import Chance
from counterseal.demo.entries import Plant
from counterseal.demo.incident import FORGER, THIEF
from counterseal.demo.institute import Institute
from counterseal.demo.mailserver import Jwt, Realm
from counterseal.demo.people import Cast, Message, Person

BLOCKED_DAY, BLOCKED_HOUR = 11, 12
"""When the retired key stops opening doors: what the forger tries afterwards is refused."""


@dataclass
class Raid:
    """The campaigns at the mail server.

    Attributes:
        ip: the forger's address, the one used in the cloud too; `own` is used nowhere else.
        forged, robbed, derived: whose mailboxes, by method; all of the enterprise realm.
        personal: consumer accounts opened with the retired key.
        searched: bodies the forger only searched: (mailbox, folder, uid).
    """

    institute: Institute
    chance: Chance
    ip: str
    own: str
    thief: str
    forged: list[Person]
    derived: Person
    robbed: list[Person]
    personal: list[Person]
    searched: list[tuple[str, str, int]]


def raid(cast: Cast, chance: Chance, institute: Institute, shared: str) -> Raid:
    """Plant both campaigns."""
    people = chance.sample(institute.enterprise.org.people, 5)
    story = Raid(
        institute,
        chance,
        shared,
        cast.addresses.elsewhere(),
        cast.addresses.elsewhere(),
        people[:2],
        people[2],
        people[3:],
        chance.some(institute.consumer.org.people[:-1], 2, 3),
        [],
    )
    for victim in story.forged:
        forge(story, cast, institute.enterprise, victim, "key-outside-realm")
    for victim in story.personal:
        forge(story, cast, institute.consumer, victim, "key-retired")
    search(story, cast)
    through_the_gateway(story, cast)
    exchange(story, cast)
    steal_refresh_token(story, cast, story.robbed[0])
    use_after_revocation(story, cast, story.robbed[1])
    knock(story, cast)
    return story


def forged_token(story: Raid, realm: Realm, person: Person, at: datetime) -> Jwt:
    """Signed with the consumer realm's retired key, whoever it claims to come from."""
    chance = story.chance
    return Jwt(
        realm, person, chance.letters(43), story.institute.consumer.retired, at.replace(microsecond=0), "", ""
    )


def forge(story: Raid, cast: Cast, realm: Realm, victim: Person, reason: str) -> None:
    """Some IMAP sessions with forged tokens that fetch messages."""
    chance = story.chance
    for turn in range(chance.randint(2, 3)):
        at = chance.within(cast.day(chance.randint(7, 10)), timedelta(hours=9))
        ip = story.ip if turn == 0 else chance.choice((story.ip, story.own))
        token = forged_token(story, realm, victim, at)
        what = "a token signed with a key that was retired years ago" + (
            ", a key of another realm" if reason == "key-outside-realm" else ""
        )
        plant = Plant(FORGER, "forged", (reason,), what, victim)
        take(story, token, at + timedelta(seconds=4), ip, plant, chance.randint(3, 6))


def take(story: Raid, token: Jwt, at: datetime, ip: str, plant: Plant, count: int) -> None:
    """An IMAP session: the login, then one use for each message handed out."""
    uids = sorted(story.chance.sample(range(1, 90), count))
    plants = [replace(plant, served=(handed_out(uid),)) for uid in uids]
    story.institute.read(token, at, ip, uids, login=plant, plants=plants)


def handed_out(uid: int, folder: str = "INBOX") -> Message:
    """A message as this server's log names it: folder and number, no Message-ID."""
    return Message("", f"{folder}/{uid}", folder, 0)


def search(story: Raid, cast: Cast) -> None:
    """The forger searches a mailbox: many messages are opened on the server, two are handed out."""
    chance, victim, institute = story.chance, story.forged[0], story.institute
    at = chance.within(cast.day(8), timedelta(hours=8))
    token = forged_token(story, institute.enterprise, victim, at)
    plant = Plant(
        FORGER,
        "forged",
        ("key-outside-realm",),
        "a forged token's session that searched and then fetched",
        victim,
    )
    session = institute.session()
    institute.add("dovecot", mailserver.logged_in(token, at, story.ip, session, plant))
    for uid in range(91, 103):
        at += timedelta(milliseconds=9)
        story.searched.append((victim.upn, "INBOX", uid))
        entry = mailserver.mail_opened(victim, at, story.ip, session, uid, "INBOX", "imap:cmd_search")
        institute.add("dovecot", entry)
    for uid in (103, 104):
        at += timedelta(seconds=2)
        part = replace(plant, served=(handed_out(uid),))
        institute.add(
            "dovecot", mailserver.mail_opened(victim, at, story.ip, session, uid, "INBOX", part=part)
        )


def through_the_gateway(story: Raid, cast: Cast) -> None:
    """Requests with forged tokens: some by the retired key, some where the gateway did not log a key at all."""
    chance, institute, victim = story.chance, story.institute, story.forged[1]
    at = chance.within(cast.day(9), timedelta(hours=8))
    for turn in range(chance.randint(5, 7)):
        token = forged_token(story, institute.enterprise, victim, at)
        keyless = turn % 2 == 1
        plant = Plant(
            FORGER,
            "unissued" if keyless else "forged",
            ("token-not-issued",) if keyless else ("key-outside-realm",),
            "a request whose token the issuer's complete log does not hold"
            if keyless
            else "a request with a forged token",
            victim,
        )
        uri = f"/api/messages/{chance.randint(1, 90)}"
        entry = mailserver.requested(
            chance, token, at + timedelta(seconds=3), story.ip, uri, kid="" if keyless else None, part=plant
        )
        institute.add("gateway", entry)
        at += timedelta(minutes=chance.randint(1, 9))


def exchange(story: Raid, cast: Cast) -> None:
    """The forged token is exchanged for a genuine one, which reads the mail: what was never issued is its parent."""
    chance, institute, realm = story.chance, story.institute, story.institute.enterprise
    at = chance.within(cast.day(10), timedelta(hours=8))
    root = forged_token(story, realm, story.derived, at)
    token = Jwt(
        realm,
        story.derived,
        chance.letters(43),
        realm.key,
        (at + timedelta(seconds=20)).replace(microsecond=0),
        chance.letters(43),
        chance.letters(43),
    )
    grant_type = "urn:ietf:params:oauth:grant-type:token-exchange"
    institute.add(
        institute.issuer_log(realm), mailserver.issued(token, story.own, grant_type, parent=root.jti)
    )
    plant = Plant(
        FORGER,
        "unissued",
        ("parent-not-issued",),
        "a token properly issued in exchange for one that was not",
        story.derived,
    )
    take(story, token, at + timedelta(seconds=40), story.own, plant, chance.randint(3, 5))


def steal_refresh_token(story: Raid, cast: Cast, victim: Person) -> None:
    """The thief redeems a refresh token before its owner does; the owner's own attempt makes the issuer notice."""
    chance, institute, realm = story.chance, story.institute, story.institute.enterprise
    log = institute.issuer_log(realm)
    at = chance.within(cast.day(8, 10), timedelta(hours=3))
    phone = Jwt(
        realm,
        victim,
        chance.letters(43),
        realm.key,
        at,
        chance.letters(43),
        chance.letters(43),
        client="phone",
    )
    first = "sha256:" + chance.letters(43)
    institute.add(log, mailserver.refresh_saved(phone, first, victim.home))
    institute.add(log, mailserver.issued(phone, victim.home, "authorization_code"))
    institute.read(phone, at + timedelta(seconds=12), victim.home, [5, 6])

    stolen = replace(phone, jti=chance.letters(43), issued_at=at + timedelta(minutes=20))
    second = "sha256:" + chance.letters(43)
    institute.add(log, mailserver.refresh_saved(stolen, second, story.thief, parent=first))
    institute.add(log, mailserver.issued(stolen, story.thief, "refresh_token", parent=first))
    plant = Plant(
        THIEF,
        "suspicious",
        ("shares-token",),
        "a stolen token before the issuer noticed anything: who held it then, its log cannot tell",
        victim,
        accept=("stolen",),
    )
    take(story, stolen, at + timedelta(minutes=21), story.thief, plant, 3)
    notice(story, stolen, plant, first, at + timedelta(minutes=45))


def notice(story: Raid, stolen: Jwt, plant: Plant, refresh: str, noticed: datetime) -> None:
    """The owner presents the refresh token: the issuer takes the grant back; the thief's token works on."""
    institute, realm, victim = story.institute, stolen.realm, stolen.person
    log = institute.issuer_log(realm)
    detail = {"error": "invalid_grant", "error_detail": "refresh token already used", "parent": refresh}
    fields = {
        "grant_id": stolen.grant_id,
        "session_uid": stolen.session_uid,
        "sub": victim.oid,
        "ip": victim.home,
    }
    institute.add(
        log, mailserver.said(realm, noticed, "grant.revoked", grant_id=stolen.grant_id, ip=victim.home)
    )
    institute.add(
        log, mailserver.said(realm, noticed + timedelta(milliseconds=2), "grant.error", **detail, **fields)
    )
    late = replace(
        plant,
        verdict="stolen",
        reasons=("refresh-reuse", "used-after-revocation"),
        what="the same token after the owner's refresh token turned out to be used twice, and its grant was taken back",
        accept=(),
    )
    take(story, stolen, noticed + timedelta(minutes=12), story.thief, late, 3)


def use_after_revocation(story: Raid, cast: Cast, victim: Person) -> None:
    """The owner takes a grant back; the thief's copy of its token goes on opening the mailbox."""
    chance, institute, realm = story.chance, story.institute, story.institute.enterprise
    log = institute.issuer_log(realm)
    at = chance.within(cast.day(9, 11), timedelta(hours=3))
    token = Jwt(
        realm,
        victim,
        chance.letters(43),
        realm.key,
        at,
        chance.letters(43),
        chance.letters(43),
        client="tablet",
    )
    institute.add(log, mailserver.issued(token, victim.home, "authorization_code"))
    revoked = at + timedelta(minutes=15)
    institute.add(
        log, mailserver.said(realm, revoked, "grant.revoked", grant_id=token.grant_id, ip=victim.home)
    )
    plant = Plant(
        THIEF, "stolen", ("used-after-revocation",), "a token used after its grant was taken back", victim
    )
    take(story, token, revoked + timedelta(minutes=11), story.thief, plant, 4)


def knock(story: Raid, cast: Cast) -> None:
    """After the key is blocked the forger goes on trying, at the mail server and at the gateway: refused."""
    chance, institute = story.chance, story.institute
    at = cast.day(BLOCKED_DAY, BLOCKED_HOUR)
    for victim in story.forged:
        for _ in range(chance.randint(2, 3)):
            at += timedelta(minutes=chance.uniform(1, 12))
            institute.add(
                "dovecot", mailserver.turned_away(victim, at, story.ip, institute.session(), FORGER)
            )
            token = forged_token(story, institute.enterprise, victim, at)
            entry = mailserver.requested(
                chance,
                token,
                at + timedelta(seconds=40),
                story.ip,
                "/api/messages",
                status=401,
                attempt=FORGER,
            )
            institute.add("gateway", entry)
