"""Small cases by the thousand: event rows with a known truth, for testing the measure of `unissued`.

One tenant, one to two weeks, a few dozen people with some hundred tokens. People differ in how busy they are and in how often
their genuine tokens lack a sign-in row; some use a client whose tokens never have one, some share an office address.
"""

import math
import uuid
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from ipaddress import IPv4Address
from typing import Any

from counterseal.core.events import columns
from counterseal.core.vocabulary import Kind
from counterseal.demo.audit import EXCHANGE, OUTLOOK_WEB
from counterseal.demo.chance import Chance, unique_token_id

Row = dict[str, Any]

START = datetime(2026, 9, 7)  # noqa: DTZ001 - event times are UTC without a zone
DAYS = 8
HIDING_CLIENT = "7d4f2a10-0000-4000-8000-00000000c11e"
USERS = ("signin.interactive", "signin.non-interactive")
FILLER_A_DAY = 4
"""Sign-ins of people without a mailbox here, in each stream on each day: a stream's cadence never breaks."""

USE_COLUMNS = dict.fromkeys(columns(Kind.USE)) | {"event_id": None}
ISSUANCE_COLUMNS = dict.fromkeys(columns(Kind.ISSUANCE))


@dataclass(frozen=True)
class Tables:
    """Rows of one case.

    Attributes:
        use, issuance: every column of core.events, keys and places included; null is None.
        planted: event ids of the uses whose token was never issued by anyone.
        victim: the planted uses' principal and mailbox; null in an innocent case.
        unmatched: event ids of the genuine uses without a row.
        rate: the share of genuine tokens that has no row, as asked for.
    """

    use: list[Row]
    issuance: list[Row]
    planted: frozenset[str]
    victim: str | None
    unmatched: frozenset[str]
    rate: float


@dataclass
class Case:
    """A case being made."""

    chance: Chance
    tenant: str
    office: str
    use: list[Row] = field(default_factory=list)
    issuance: list[Row] = field(default_factory=list)
    unmatched: set[str] = field(default_factory=set)
    planted: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class User:
    """One person: busy or not, lucky or not, with a usual client or one that hides its sign-ins."""

    name: str
    oid: str
    home: str
    tokens: int
    unmatched: float
    client: str
    in_office: float


def innocent_case(seed: int, background_rate: float | None = None, *, spread: float = 0.4) -> Tables:
    """A case in which nobody did anything.

    Args:
        seed: another seed is another case.
        background_rate: share of genuine tokens without a row; null: drawn between 0 and 6 %.
        spread: standard deviation of the logarithm of people's own rates around it: 0 makes everyone alike.
    """
    case, rate = populate(seed, background_rate, spread)
    return Tables(case.use, case.issuance, frozenset(), None, frozenset(case.unmatched), rate)


def planted_case(seed: int, background_rate: float, k: int, *, spread: float = 0.0) -> Tables:
    """The same with `k` tokens that nobody issued, all for one victim, from an address and session of the actor's.

    Args:
        seed: another seed is another case.
        background_rate: share of genuine tokens without a row.
        k: how many tokens are planted.
        spread: as in `innocent_case`.
    """
    case, rate = populate(seed, background_rate, spread)
    chance = Chance.of(seed, "planted")
    people = {row["principal"]: row["principal_id"] for row in case.use if row["app_id"] == EXCHANGE}
    victim = chance.choice(sorted(people))
    session, address = chance.guid(), f"203.0.113.{chance.randint(1, 250)}"
    actor = User(victim, people[victim], address, k, 1.0, OUTLOOK_WEB, 0.0)
    for _ in range(k):
        at = chance.within(START + timedelta(days=2), timedelta(days=DAYS - 3))
        case.planted |= present(case, replace(actor, home=address), chance.request_id(), at, session, address)
    return Tables(case.use, case.issuance, frozenset(case.planted), victim, frozenset(case.unmatched), rate)


def populate(seed: int, background_rate: float | None, spread: float) -> tuple[Case, float]:
    """Everyone's genuine tokens."""
    chance = Chance.of(seed, "statistics")
    case = Case(chance, chance.guid(), "192.0.2.10")
    rate = chance.uniform(0, 0.06) if background_rate is None else background_rate
    for number in range(chance.randint(20, 40)):
        work(case, user(chance, number, rate, spread))
    fill(case)
    return case, rate


def user(chance: Chance, number: int, rate: float, spread: float) -> User:
    """Someone; about one in fifteen uses a client whose sign-ins the provider does not show."""
    hidden = chance.random() < 1 / 15
    own = 1.0 if hidden else min(0.9, rate * math.exp(spread * chance.gauss(0, 1) - spread * spread / 2))
    return User(
        f"person{number:02d}@tenant.example",
        chance.guid(),
        f"198.51.100.{number + 1}",
        min(60, max(4, round(chance.gauss(16, 7)))),
        own,
        HIDING_CLIENT if hidden else OUTLOOK_WEB,
        chance.choice((0.0, 0.5, 0.8)),
    )


def work(case: Case, person: User) -> None:
    """One person's tokens over the days, a few of them without a row."""
    chance, session = case.chance, case.chance.guid()
    for _ in range(person.tokens):
        at = chance.within(START + timedelta(days=2), timedelta(days=DAYS - 3))
        request_id = chance.request_id()
        address = case.office if chance.random() < person.in_office else person.home
        found = present(case, person, request_id, at, session, address)
        if chance.random() < person.unmatched:
            case.unmatched |= found
        else:
            stream = USERS[chance.random() < 0.9]
            case.issuance.append(issued(case, person, request_id, at, session, address, stream))


def fill(case: Case) -> None:
    """Sign-ins of others: every stream is alive on every day, before and after."""
    chance = case.chance
    for day in range(-2, DAYS + 2):
        for stream in (*USERS, "signin.service-principal", "signin.managed-identity"):
            for _ in range(FILLER_A_DAY):
                other = User(
                    f"{chance.letters(8)}@tenant.example", chance.guid(), case.office, 0, 0, OUTLOOK_WEB, 1
                )
                at = chance.within(START + timedelta(days=day), timedelta(hours=23))
                row = issued(case, other, chance.request_id(), at, chance.guid(), case.office, stream)
                case.issuance.append(row)


def present(case: Case, person: User, request_id: str, at: datetime, session: str, address: str) -> set[str]:
    """One or two uses of one token; their event ids."""
    found = set()
    hidden = person.client == HIDING_CLIENT
    for turn in range(case.chance.choice((1, 1, 2))):
        event_id = uuid.UUID(int=case.chance.getrandbits(128)).hex
        found.add(event_id)
        case.use.append(
            USE_COLUMNS
            | identity(case, person, request_id, session, address)
            | {
                "event_id": event_id,
                "time": at + timedelta(seconds=4 + 60 * turn),
                "source": "synthetic",
                "stream": "mail-access",
                "mailbox": person.name,
                "mailbox_key": person.name,
                "operation": "MailItemsAccessed",
                "path": "owa",
                "app_id": person.client if hidden else EXCHANGE,
                "client_app_id": None if hidden else person.client,
                "issued_at": at.replace(microsecond=0),
                "logon_type": "owner",
                "access": "bind",
                "outcome": "accepted",
                "evidence_record": len(case.use),
            }
        )
    return found


def issued(
    case: Case, person: User, request_id: str, at: datetime, session: str, address: str, stream: str
) -> Row:
    """One sign-in row."""
    return (
        ISSUANCE_COLUMNS
        | identity(case, person, request_id, session, address)
        | {
            "event_id": uuid.UUID(int=case.chance.getrandbits(128)).hex,
            "time": at + timedelta(milliseconds=300),
            "source": "synthetic",
            "stream": stream,
            "app_id": person.client,
            "issued_at": at.replace(microsecond=0),
            "outcome": "success",
            "evidence_record": len(case.issuance),
        }
    )


def identity(case: Case, person: User, request_id: str, session: str, address: str) -> Row:
    """What a token says of itself wherever it is seen, with the normalised forms beside it."""
    return {
        "realm": "enterprise",
        "tenant": case.tenant,
        "principal": person.name,
        "principal_key": person.name,
        "principal_type": "user",
        "principal_id": person.oid,
        "token_id": unique_token_id(request_id),
        "token_key": request_id,
        "session_id": session,
        "session_key": session,
        "client_ip": address,
        "ip_key": f"00000000000000000000ffff{int(IPv4Address(address)):08x}",
        "acting_app": person.client,
        "authority": case.tenant,
        "evidence_file": "synthetic",
        "evidence_offset": 0,
    }
