"""Who lives in the synthetic incident: organisations, people, their mail and their addresses."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from counterseal.demo.chance import Chance

FIRST = (  # noqa: SIM905 - names read better as lines of text
    "Ada Amara Anders Aiko Bela Bruno Carmen Chidi Clara Dalia David Elif Emeka Enzo Farah Felix Freya Goran Greta "
    "Hana Hugo Ines Ivan Jamal Jonas Kaya Kenji Lara Leila Luca Maja Marek Mei Nadia Nils Noor Olga Omar Paula Pavel "
    "Priya Quentin Rana Rosa Ruben Saga Samir Selma Tariq Teodor Tove Uma Viktor Wanda Xenia Yara Yusuf Zoe"
).split()
LAST = (  # noqa: SIM905 - names read better as lines of text
    "Abel Adeyemi Berg Bianchi Castro Cerny Dahl Diallo Eriksen Faber Fontaine Garcia Haddad Holm Ito Jansen Kaur "
    "Keller Kovac Lindgren Lopez Marsh Mensah Moreau Nakamura Novak Okafor Olsen Petrov Quist Rossi Sato Silva Sousa "
    "Tanaka Tran Ueda Varga Vogel Weber Yilmaz Zeman"
).split()
TOWNS = (  # noqa: SIM905 - names read better as lines of text
    "aspenfall brightmoor cedarholm dunmere eastbrook fernhollow glenrock hawksbay ivywood juniper kingsmead larkspur "
    "marlowe northgate oakridge pinecrest quarrybank rowanfield silverlake thornbury"
).split()
FOLDERS = ("Inbox", "Inbox", "Inbox", "Sent Items", "Archive", "Projects", "Travel")


@dataclass(frozen=True)
class Message:
    """One message in a mailbox."""

    message_id: str
    item_id: str
    folder: str
    size_bytes: int


@dataclass(frozen=True)
class Person:
    """One account and its mailbox.

    Attributes:
        upn: as directories and sign-in logs spell it: lower case.
        spelt: as Exchange spells it, for some with capitals.
        home: the address they connect from when not in the office.
        unlucky: how much more or less often than the tenant's rate their genuine tokens have no sign-in row.
    """

    name: str
    upn: str
    spelt: str
    oid: str
    puid: str
    sid: str
    mailbox_guid: str
    home: str
    licence: str
    messages: tuple[Message, ...]
    unlucky: float = 1.0


@dataclass(frozen=True)
class Organisation:
    """One organisation: a cloud tenant, or the self-hosted mail server's customer."""

    name: str
    domain: str
    tenant: str
    people: tuple[Person, ...]
    office: str
    blind: tuple[Person, ...] = ()
    shared: tuple[Person, ...] = ()

    @property
    def everyone(self) -> tuple[Person, ...]:
        """Every mailbox it has."""
        return self.people + self.shared + self.blind


@dataclass
class Addresses:
    """Documentation addresses (RFC 5737, RFC 3849), each given out once."""

    chance: Chance
    homes: list[str] = field(default_factory=list)
    away: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.homes = [f"198.51.100.{host}" for host in range(2, 250)]
        self.away = [f"203.0.113.{host}" for host in range(2, 250)]
        self.chance.shuffle(self.homes)
        self.chance.shuffle(self.away)

    def home(self) -> str:
        """A home line, IPv4 or IPv6."""
        if self.chance.random() < 0.4:
            return f"2001:db8:{self.chance.randint(0x1000, 0xEFFF):x}:{self.chance.randint(1, 0xFFFF):x}::1"
        return self.homes.pop()

    def elsewhere(self) -> str:
        """A hotel's, or a rented server's."""
        return self.away.pop()


@dataclass(frozen=True)
class Cast:
    """Everyone, and the calendar."""

    start: datetime
    premium: Organisation
    standard: Organisation
    enterprise: Organisation
    consumer: Organisation
    guests: tuple[Person, ...]
    addresses: Addresses
    provider: tuple[str, ...]

    def day(self, number: int, hour: float = 0) -> datetime:
        """Midnight UTC of that day of the story (0 is its first Monday), plus hours."""
        return self.start + timedelta(days=number, hours=hour)

    def number(self, time: datetime) -> int:
        """The day of the story that a moment lies in."""
        return (time - self.start).days


def cast(seed: int) -> Cast:
    """Everyone under that seed."""
    chance = Chance.of(seed, "people")
    addresses = Addresses(Chance.of(seed, "addresses"))
    names = [f"{first} {last}" for first in FIRST for last in LAST]
    chance.shuffle(names)
    towns = chance.sample(TOWNS, 5)
    start = datetime(2026, 8, 3, tzinfo=UTC) + timedelta(weeks=chance.randint(0, 8))

    def people(domain: str, count: int, licence: str) -> tuple[Person, ...]:
        return tuple(person(chance, addresses, names.pop(), domain, licence) for _ in range(count))

    premium, standard, mail, post = (f"{town}.example" for town in towns[:4])
    return Cast(
        start=start,
        premium=Organisation(
            f"{towns[0].title()} Ministry",
            premium,
            chance.guid(),
            people(premium, chance.randint(28, 33), "E5"),
            "192.0.2.10",
            shared=(person(chance, addresses, "Joint Projects", premium, "shared"),),
        ),
        standard=Organisation(
            f"{towns[1].title()} Agency",
            standard,
            chance.guid(),
            people(standard, chance.randint(13, 16), "E3"),
            "192.0.2.20",
            blind=people(standard, chance.randint(3, 5), "Basic"),
        ),
        enterprise=Organisation(
            f"{towns[2].title()} Institute",
            mail,
            mail,
            people(mail, chance.randint(11, 14), "self-hosted"),
            "192.0.2.30",
        ),
        consumer=Organisation(
            "Personal accounts", post, post, people(post, chance.randint(6, 8), "personal"), "192.0.2.40"
        ),
        guests=people(f"{towns[4]}.example", 3, "guest"),
        addresses=addresses,
        provider=tuple(
            f"2001:db8:ffff:{chance.randint(1, 0xFFFF):x}::{host:x}" for host in range(0x10, 0x12)
        ),
    )


def person(chance: Chance, addresses: Addresses, name: str, domain: str, licence: str) -> Person:
    """One person with a mailbox full of mail."""
    upn = f"{name.lower().replace(' ', '.')}@{domain}"
    return Person(
        name=name,
        upn=upn,
        spelt=f"{name.replace(' ', '.')}@{domain.title()}" if chance.random() < 0.2 else upn,
        oid=chance.guid(),
        puid=f"1003200{chance.getrandbits(36):09X}",
        sid=f"S-1-5-21-{chance.getrandbits(31)}-{chance.getrandbits(31)}-{chance.getrandbits(31)}-{chance.getrandbits(24)}",
        mailbox_guid=chance.guid(),
        home=addresses.home(),
        licence=licence,
        messages=tuple(message(chance, domain) for _ in range(chance.randint(30, 60))),
        unlucky=chance.uniform(0.4, 1.6),
    )


def message(chance: Chance, domain: str) -> Message:
    """One message."""
    return Message(
        message_id=f"<{chance.letters(24)}@mail.{domain}>",
        item_id="AAkALg" + chance.letters(58),
        folder=chance.choice(FOLDERS),
        size_bytes=chance.randint(4_000, 900_000),
    )
