"""The play: owners read their mail, and somebody who stole the consumer realm's key reads an enterprise mailbox."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from reenactment.endpoints import Endpoint, NaiveEndpoint, serving
from reenactment.mail_server import Clock, MailServer, Message
from reenactment.realm import AUDIENCE, Realm, new_realm, provider, sign_in
from servers import stage_folder

VICTIM = "alice@ent.example"
BYSTANDERS = ("bob@ent.example", "dora@ent.example", "carol@con.example")
FORGED_IDS = ("forged-0001", "forged-0002")


@dataclass
class Truth:
    """What happened, as the clients saw it."""

    victim: str
    key: str
    begins: datetime
    ends: datetime | None = None
    taken: list[Message] = field(default_factory=list)
    copied: list[Message] = field(default_factory=list)
    read_by_owners: list[Message] = field(default_factory=list)
    forged_logins: int = 0
    refused: int = 0


def forge(realm: Realm, claimed: Realm, mailbox: str, token_id: str, **changes: Any) -> str:
    """A token signed by one realm's key that claims another realm's issuer."""
    now = int(time.time())
    claims = {
        "iss": claimed.issuer,
        "aud": AUDIENCE,
        "sub": mailbox,
        "email": mailbox,
        "client_id": "mail-app",
        "jti": token_id,
        "iat": now,
        "exp": now + 3600,
        **changes,
    }
    return jwt.encode(claims, realm.key, "ES256", headers={"kid": realm.kid, "typ": "at+jwt"})


def fill(server: MailServer) -> None:
    """Messages that were there before."""
    for mailbox in (VICTIM, *BYSTANDERS):
        server.deliver(mailbox, "INBOX", [f"inbox {number}" for number in range(1, 7)])
        server.deliver(mailbox, "Archive", [f"archive {number}" for number in range(1, 4)])


def owners_read(server: MailServer, truth: Truth, tokens: dict[str, str]) -> None:
    """Each owner signs in with a genuine token, reads, searches, and keeps a draft."""
    for mailbox, token in tokens.items():
        with server.opened(mailbox, token) as box:
            truth.read_by_owners += [*box.read("Archive", 3), *box.read("INBOX", 1, 2)]
            box.search("INBOX", "Synthetic")
            box.append("Archive", f"<draft.{mailbox}>")


def intruder_reads(server: MailServer, truth: Truth, consumer: Realm, enterprise: Realm) -> None:
    """Two forged tokens, three sessions: whole messages, one header, a search, a copy."""
    first, second = (forge(consumer, enterprise, VICTIM, token_id) for token_id in FORGED_IDS)
    with server.opened(VICTIM, first) as box:
        truth.taken += box.read("INBOX", 2, 4)
        box.search("INBOX", "Synthetic")
    with server.opened(VICTIM, first) as box:
        truth.taken += box.read("Archive", 1)
    with server.opened(VICTIM, second) as box:
        truth.taken += box.read("INBOX", 5, part="BODY.PEEK[HEADER]")
        truth.copied.append(box.copy("INBOX", 6, "Archive"))
    truth.forged_logins += 3


def intruder_fails(server: MailServer, truth: Truth, consumer: Realm, enterprise: Realm) -> None:
    """Tokens that even the naive validator refuses: a key nobody published, another audience, an old one."""
    stranger = Realm("stranger", "", 0, "unknown-key", ec.generate_private_key(ec.SECP256R1()), Path())
    for token in (
        forge(stranger, enterprise, BYSTANDERS[0], "refused-0001"),
        forge(consumer, enterprise, BYSTANDERS[0], "refused-0002", aud="urn:another"),
        forge(consumer, enterprise, BYSTANDERS[0], "refused-0003", exp=int(time.time()) - 60),
    ):
        assert server.refuses(BYSTANDERS[0], token)
        truth.refused += 1


@dataclass(frozen=True)
class Stage:
    """The running servers."""

    consumer: Realm
    enterprise: Realm
    server: MailServer

    def tokens(self, *mailboxes: str) -> dict[str, str]:
        """A genuine token for each mailbox, from its own realm."""
        return {
            mailbox: sign_in(
                self.consumer if mailbox.endswith(self.consumer.domain) else self.enterprise, mailbox
            )
            for mailbox in mailboxes
        }


@contextmanager
def staged(evidence: Path, clock: Clock, endpoint: type[Endpoint]) -> Iterator[Stage]:
    """Run two providers, the endpoint and the mail server; at the end collect what they wrote.

    Args:
        evidence: gets enterprise.ndjson, consumer.ndjson and dovecot.log; realms.toml and declare.toml go beside it.
        clock: how the mail server writes time.
        endpoint: what the mail server asks about a token.
    """
    begins = datetime.now(UTC)
    with stage_folder() as folder:
        consumer = new_realm(folder, "consumer", "con.example", "con-2016")
        enterprise = new_realm(folder, "enterprise", "ent.example", "ent-2026")
        server = MailServer(folder, clock)
        fill(server)
        with (
            provider(folder, consumer),
            provider(folder, enterprise),
            serving(endpoint([consumer.issuer, enterprise.issuer], AUDIENCE)) as port,
            server.running(port),
        ):
            yield Stage(consumer, enterprise, server)
        evidence.mkdir(parents=True)
        for path in (consumer.log, enterprise.log, server.log):
            (evidence / path.name).write_bytes(path.read_bytes() if path.exists() else b"")
    (evidence.parent / "realms.toml").write_text(realms(consumer, enterprise))
    (evidence.parent / "declare.toml").write_text(declaration(begins, consumer, enterprise))


def play(evidence: Path, clock: Clock) -> Truth:
    """Owners read their mail, the intruder reads and fails, owners read again; gives what the clients saw."""
    with staged(evidence, clock, NaiveEndpoint) as stage:
        truth = Truth(VICTIM, stage.consumer.kid, datetime.now(UTC))
        tokens = stage.tokens(VICTIM, *BYSTANDERS)
        owners_read(stage.server, truth, tokens)
        intruder_reads(stage.server, truth, stage.consumer, stage.enterprise)
        intruder_fails(stage.server, truth, stage.consumer, stage.enterprise)
        owners_read(stage.server, truth, tokens)
    truth.ends = datetime.now(UTC)
    return truth


def realms(*known: Realm) -> str:
    """The realms file: what each issuer's administrator knows."""
    return "\n".join(
        f"""[realms.{realm.name}]
issuers = ["{realm.issuer}"]
tenants = ["{realm.domain}"]
complete = true

[[realms.{realm.name}.keys]]
kid = "{realm.kid}"
state = "active"
not_before = 2016-04-01T00:00:00Z
"""
        for realm in known
    )


def declaration(begins: datetime, *known: Realm) -> str:
    """Somebody answers for both providers' issuance logs being complete."""
    first = begins.date()
    return "\n".join(
        f"""[[complete]]
tenant = "{realm.issuer}"
stream = "oidc.issued"
from = {first - timedelta(days=1)}T00:00:00Z
to = {first + timedelta(days=2)}T00:00:00Z
by = "the administrator of {realm.name}"
why = "one process issues tokens, and the hook runs in it"
"""
        for realm in known
    )
