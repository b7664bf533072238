"""Synthetic events in which everything that engines disagree on occurs: nulls, empty lists, ties, letters beyond ASCII.

Drawn with a fixed seed from small pools, so that every join has partners, every group has rivals and every sort has ties.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any

from counterseal.investigate.indicator import Indicator
from counterseal.investigate.indicators import Indicators
from counterseal.investigate.inputs import Declaration, RosterEntry
from counterseal.investigate.judgement import Grounds
from counterseal.trust.realm import Key, KeyState, Realm, Realms

BEGIN = datetime(2026, 5, 4)
DAYS = 24
ISSUER = "https://login.example/Corp"
TENANT = "münchen.example"
OTHER_TENANT = "İzmir.example"
EXCHANGE = "00000002-0000-0ff1-ce00-000000000000"
OWA = "9199bf20-a13f-4107-85dc-02114787ef48"
IP4 = "00000000000000000000ffff"
WRONG_KEYS = ["k-consumer", "k-unknown", "k-revoked", "k-retired"]
PEOPLE = ["ada", "Ägidius", "ὈΔΥΣΣΕΎΣ", "李", "e\u0301va", "zoë", "ß", "🦊"]


class Odd:
    """One draw of events."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.issuances: list[dict[str, Any]] = []
        self.uses: list[dict[str, Any]] = []

    def maybe(self, value: Any, share: float = 0.85) -> Any:
        """The value, or null."""
        return value if self.random.random() < share else None

    def one(self, pool: Sequence[Any]) -> Any:
        """Any of the pool."""
        return self.random.choice(pool)

    def time(self) -> datetime:
        """Some second of working hours, some of them cut into fractions; equal ones are frequent."""
        day = self.random.randrange(DAYS)
        fraction = self.one([0, 0, 0, 100_000, 900_000])
        return BEGIN + timedelta(days=day, hours=8 + self.random.randrange(9), microseconds=fraction)

    def address(self) -> str | None:
        """One of few addresses."""
        return self.maybe(f"198.51.100.{self.random.randrange(12)}")

    def principal(self) -> tuple[str, str]:
        """Somebody, and the tenant."""
        tenant = self.one([TENANT, TENANT, TENANT, OTHER_TENANT])
        return f"{self.one(PEOPLE)}@{tenant}", tenant

    def issue(self, number: int) -> None:
        """An issuance of some issuer: here and there revoked, presented again, or minted from another token."""
        who, tenant = self.principal()
        time = self.time()
        stream = self.one(
            ["oidc.issued", "oidc.issued", "signin.interactive", "signin.non-interactive", "ual.login"]
        )
        ours = stream == "oidc.issued"
        self.issuances.append({
            "event_id": f"i{number:04}", "time": time, "issued_at": self.maybe(time, 0.7), "source": "synthetic",
            "stream": stream, "issuer": ISSUER if ours else None, "tenant": None if ours else self.maybe(tenant, 0.95),
            "principal": self.maybe(who, 0.95), "principal_type": self.one(["user", "user", "guest", "app", None]),
            "principal_id": self.maybe(f"object-{who}", 0.3), "app_id": self.one(["mua", OWA, EXCHANGE]),
            "audience": self.one([None, "imap", "imap SMTP", "Überall imap"]),
            "key_id": self.one([None, "k-good", "k-retired", "k-seen"]),
            "token_id": self.maybe(f"t{number}", 0.98), "session_id": self.maybe(f"s{number // 3}", 0.6),
            "parent_id": self.one([None, None, f"t{max(0, number - 5)}", f"t{max(0, number - 1)}", "t-never"]
                                  if number % 40 == 7 else [None, f"t{max(0, number - 5)}"]),
            "family": self.maybe(f"f{number // 4}", 0.3), "digest": self.maybe(f"d{number}", 0.3),
            "client_ip": self.address(),
            "outcome": self.one(["success"] * 30 + ["interrupted", "failure", "revoked", "reuse"]),
            "evidence_file": "file-a" if ours or tenant == TENANT else "file-b", "evidence_record": number,
        })  # fmt: skip

    def messages(self) -> Any:
        """What was served: nothing known, nothing, or some; ids with and without brackets, one of them nothing but blanks."""
        return self.one([None, [], [
            {
                "message_id": self.one([f"<m{self.random.randrange(30)}@Ä>", f"m{self.random.randrange(30)}@Ä", " <> ", None]),
                "item_id": self.maybe(f"item{self.random.randrange(40)}", 0.5),
                "folder": self.one(["INBOX", "Gelöscht", None]), "bytes": self.maybe(self.random.randrange(9999)),
            } for _ in range(self.random.randrange(1, 4))
        ]])  # fmt: skip

    def use(self, number: int) -> None:
        """A use: of an issued token mostly, else of one that nobody issued."""
        who, tenant = self.principal()
        stream = self.one(["gateway", "mail-access", "mailbox-audit", "dovecot.login", "dovecot.mail"])
        minted = self.one(self.issuances)
        genuine = self.random.random() < 0.85
        token = minted["token_id"] if genuine else f"forged-{self.random.randrange(12)}"
        time = (
            minted["time"] + timedelta(seconds=self.one([-400, 0, 60, 299, 301, 3600]))
            if genuine
            else self.time()
        )
        mine = stream in ("gateway", "dovecot.login")
        mailbox = self.maybe(minted["principal"] if genuine and minted["principal"] else who, 0.95)
        self.uses.append({
            "event_id": f"u{number:04}", "time": self.maybe(time, 0.98), "source": "synthetic", "stream": stream,
            "tenant": self.maybe(tenant, 0.97), "issuer": ISSUER if mine else None,
            "principal": minted["principal"] if genuine else who, "mailbox": mailbox,
            "principal_type": self.one(["user", "user", "user", "guest", "app", None]),
            "principal_id": self.maybe(minted["principal_id"], 0.8), "operation": self.one(["MailItemsAccessed", "Send"]),
            "path": self.one(["rest", "owa", "gateway", None]),
            "token_id": None if stream == "dovecot.mail" else self.maybe(token, 0.9),
            "session_id": self.one([minted["session_id"], f"login{number // 2}"]),
            "key_id": self.maybe(minted["key_id"] if genuine else self.one(WRONG_KEYS), 0.8),
            "audience": self.one([None, "IMAP", "smtp"]), "digest": self.one([None, None, minted["digest"], f"x{number}"]),
            "issued_at": self.maybe(time - timedelta(seconds=30), 0.5),
            "app_id": self.one([minted["app_id"], EXCHANGE, OWA, None]),
            "client_app_id": self.maybe(minted["app_id"], 0.5), "client_ip": self.address(),
            "user_agent": self.one([None, "Mutt/2.2; Linux/6", "curl/8", "Ünicode"]),
            "logon_type": self.one(["owner", None, "delegate"]), "access": self.one(["bind", "bind", "sync", "other", None]),
            "messages": self.messages(), "throttled": self.one([None, False, False, True]), "count": self.one([None, 1, 40]),
            "outcome": self.one(["accepted"] * 9 + ["refused", None]), "lossy": self.one([None, None, None, "cut", "year"]),
            "evidence_file": self.one(["file-c", "file-d"]), "evidence_record": number, "evidence_offset": number * 100,
        })  # fmt: skip


def sweep(uses: list[dict[str, Any]]) -> None:
    """One strange client late in the case: many records of one session, an app and an address never seen before."""
    for number in range(14):
        who = f"{PEOPLE[number % 4]}@{TENANT}"
        uses.append({
            "event_id": f"x{number:04}", "time": BEGIN + timedelta(days=DAYS - 2, minutes=number), "source": "synthetic",
            "stream": "mail-access", "tenant": TENANT, "principal": who,
            "mailbox": f"{PEOPLE[0]}@{TENANT}" if number < 11 else who,
            "principal_type": "user", "operation": "MailItemsAccessed", "path": "rest", "session_id": "s-sweep",
            "token_id": "t-sweep", "app_id": OWA, "client_app_id": EXCHANGE, "client_ip": "203.0.113.77",
            "user_agent": "Sweeper/1; X/2", "access": "bind", "count": 20, "outcome": "accepted", "logon_type": "owner",
            "messages": [], "key_id": "k-consumer", "evidence_file": "file-c", "evidence_record": 5000 + number,
        })  # fmt: skip


def broken_chain(odd: Odd) -> None:
    """A token minted from one that nobody issued, its own child, and a use of each."""
    time, who = BEGIN + timedelta(days=12), f"{PEOPLE[5]}@{TENANT}"
    for number, (token, parent) in enumerate(
        [("t-child", "t-unborn"), ("t-grandchild", "t-child"), ("t-last", "t-grandchild")]
    ):
        shared = {"time": time, "issued_at": time, "source": "synthetic", "issuer": ISSUER, "principal": who,
                  "principal_type": "user", "app_id": "mua", "token_id": token, "evidence_file": "file-a"}  # fmt: skip
        odd.issuances.append({"event_id": f"i-{token}", "stream": "oidc.issued", "parent_id": parent, "outcome": "success",
                              "evidence_record": 9000 + number, **shared})  # fmt: skip
        odd.uses.append({"event_id": f"u-{token}", "stream": "gateway", "tenant": TENANT, "mailbox": who, "access": "bind",
                         "outcome": "accepted", "evidence_record": 9100 + number, **shared})  # fmt: skip


def draw(seed: int, issuances: int = 240, uses: int = 500) -> Odd:
    """Events of a seed."""
    odd = Odd(seed)
    for number in range(issuances):
        odd.issue(number)
    for number in range(uses):
        odd.use(number)
    sweep(odd.uses)
    broken_chain(odd)
    return odd


def key(key_id: str, state: KeyState = KeyState.ACTIVE, **dates: datetime) -> Key:
    """A key of a realm."""
    return Key(key_id, (key_id,), state, **dates)


def grounds() -> Grounds:
    """Everything an analyst may know, of each kind something that touches the events."""
    middle, end = BEGIN + timedelta(days=10), BEGIN + timedelta(days=DAYS + 5)
    enterprise = Realm(
        name="enterprise", issuers=(ISSUER,), tenants=(TENANT,), max_lifetime=timedelta(hours=1), complete=True,
        complete_since=BEGIN - timedelta(days=400), complete_until=middle,
        keys=(key("k-good"), key("k-retired", KeyState.RETIRED, retired_at=middle),
              key("k-revoked", KeyState.REVOKED, revoked_at=BEGIN),
              key("k-seen", not_before=end)),
    )  # fmt: skip
    consumer = Realm(
        name="consumer",
        issuers=("https://login.example/home",),
        audiences=("smtp",),
        keys=(key("k-consumer"),),
    )
    indicator = {"name": "an actor", "origin": "synthetic"}
    return Grounds(
        realms=Realms((enterprise, consumer)),
        indicators=Indicators((
            Indicator("ip-1", "ip", f"{IP4}cb007100", f"{IP4}cb0071ff", BEGIN, None, **indicator),
            Indicator("agent-1", "user_agent", "Ünicode", "Ünicode", None, middle, **indicator),
            Indicator("app-1", "app", OWA, OWA, None, None, **indicator),
            Indicator("message-1", "message", "m3@Ä", "m3@Ä", BEGIN, end, **indicator),
            Indicator("weak-1", "session", "s3", "s3", BEGIN, end, weak=True, **indicator),
        )),
        roster=(
            RosterEntry(f"ada@{TENANT}", TENANT, "Stadt München", "Ada", "E5", None),
            RosterEntry("nobody@münchen.example", TENANT),
            RosterEntry("ghost@elsewhere.example"),
        ),
        declared=(Declaration(ISSUER, "oidc.issued", BEGIN - timedelta(days=200), end, "the operator", "kept whole"),),
        truncated=("file-b",),
        since=BEGIN + timedelta(hours=1),
    )  # fmt: skip


REJECTED = ['{"jti": "forged-3", "cut', "t-never … Ä"]
"""Records of issuance logs that could not be read; one names a token that nobody issued."""
