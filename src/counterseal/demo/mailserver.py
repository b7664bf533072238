"""Records of the self-hosted part, synthetic: the issuer's log, the mail server's, the gateway's."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from counterseal.demo.chance import Chance
from counterseal.demo.entries import Benign, Entry, Plant, Record
from counterseal.demo.people import Organisation, Person

LIFETIME = timedelta(hours=1)
MAIL_AGENT = "Thunderbird/148.0"
WEB_AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:149.0) Gecko/20100101 Firefox/149.0"


@dataclass(frozen=True)
class Realm:
    """A trust domain of the self-hosted part.

    Attributes:
        key: the key that signs now.
        retired: the key that must not sign any more, and the day since when.
    """

    name: str
    org: Organisation
    issuer: str
    audience: str
    key: str
    retired: str
    retired_since: datetime


@dataclass(frozen=True)
class Jwt:
    """An access token with its claims, real or forged."""

    realm: Realm
    person: Person
    jti: str
    kid: str
    issued_at: datetime
    grant_id: str
    session_uid: str
    client: str = "mail"

    @property
    def expires(self) -> datetime:
        """When it runs out."""
        return self.issued_at + LIFETIME


def realms(enterprise: Organisation, consumer: Organisation) -> tuple[Realm, Realm]:
    """The enterprise and the consumer realm; the consumer realm's old key went out of use five years ago."""
    return (
        Realm(
            "enterprise",
            enterprise,
            f"https://login.{enterprise.domain}",
            f"https://mail.{enterprise.domain}",
            "ent-2026",
            "ent-2024",
            datetime.fromisoformat("2026-01-05T00:00:00+00:00"),
        ),
        Realm(
            "consumer",
            consumer,
            f"https://id.{consumer.domain}",
            f"https://mail.{consumer.domain}",
            "con-2026",
            "con-2016",
            datetime.fromisoformat("2021-04-04T00:00:00+00:00"),
        ),
    )


def issued(
    token: Jwt,
    ip: str,
    grant_type: str,
    *,
    parent: str | None = None,
    moment: timedelta = timedelta(milliseconds=40),
) -> Entry:
    """The issuer released this access token."""
    record: Record = {
        "time": stamp(token.issued_at + moment),
        "event": "access_token.issued",
        "iss": token.realm.issuer,
        "client_id": token.client,
        "grant_type": grant_type,
        "ip": ip,
        "user_agent": MAIL_AGENT,
        "jti": token.jti,
        "sub": token.person.oid,
        "username": token.person.upn,
        "aud": token.realm.audience,
        "scope": "openid mail",
        "iat": int(token.issued_at.timestamp()),
        "exp": int(token.expires.timestamp()),
        "grant_id": token.grant_id,
        "session_uid": token.session_uid,
        "kid": token.kid,
    }
    if parent:
        record["parent"] = parent
    return Entry(
        token.issued_at + moment, record, "oidc", f"{token.realm.issuer}|access_token.issued|{token.jti}"
    )


def refresh_saved(token: Jwt, refresh: str, ip: str, *, parent: str | None = None) -> Entry:
    """The refresh token that goes with it; only its hash is ever written."""
    time = token.issued_at + timedelta(milliseconds=35)
    record: Record = {
        "time": stamp(time),
        "event": "refresh_token.saved",
        "iss": token.realm.issuer,
        "client_id": token.client,
        "ip": ip,
        "jti": refresh,
        "sub": token.person.oid,
        "username": token.person.upn,
        "iat": int(token.issued_at.timestamp()),
        "exp": int((token.issued_at + timedelta(days=14)).timestamp()),
        "grant_id": token.grant_id,
        "session_uid": token.session_uid,
    }
    if parent:
        record["parent"] = parent
    return Entry(time, record, "oidc", f"{token.realm.issuer}|refresh_token.saved|{refresh}")


def monitored(realm: Realm, jti: str, at: datetime) -> Entry:
    """A machine's own token."""
    record: Record = {
        "time": stamp(at),
        "event": "client_credentials.issued",
        "iss": realm.issuer,
        "client_id": "monitor",
        "grant_type": "client_credentials",
        "ip": "192.0.2.6",
        "jti": jti,
        "sub": "monitor",
        "aud": f"https://status.{realm.org.domain}",
        "iat": int(at.timestamp()),
        "exp": int((at + LIFETIME).timestamp()),
        "kid": realm.key,
    }
    return Entry(at, record, "oidc", f"{realm.issuer}|client_credentials.issued|{jti}")


def said(realm: Realm, time: datetime, event: str, scope: str = "kept", **fields: str) -> Entry:
    """Any other event of the issuer."""
    record: Record = {"time": stamp(time), "event": event, "iss": realm.issuer, "client_id": "mail", **fields}
    return Entry(time, record, "oidc", scope=scope)


def logged_in(token: Jwt, time: datetime, ip: str, session: str, part: Plant | Benign | None = None) -> Entry:
    """Dovecot let the token's bearer in."""
    line = (
        f"{stamp(time)} mail dovecot: imap-login: Info: Login: user=<{token.person.upn}>, method=OAUTHBEARER, rip={ip}, "
        f"lip=192.0.2.5, TLS, session=<{session}>, jti=<{token.jti}>, kid=<{token.kid}>, iss=<{token.realm.issuer}>"
    )
    return Entry(time, line, "dovecot", part=part)


def turned_away(person: Person, time: datetime, ip: str, session: str, actor: int | None) -> Entry:
    """Dovecot refused a token; it then knows neither its id nor its key."""
    line = (
        f"{stamp(time)} mail dovecot: imap-login: Info: Disconnected: Connection closed (auth failed, 1 attempts in 2 secs): "
        f"user=<{person.upn}>, method=OAUTHBEARER, rip={ip}, lip=192.0.2.5, TLS, session=<{session}>"
    )
    return Entry(time, line, "dovecot", attempt=actor)


def mail_opened(
    person: Person,
    time: datetime,
    ip: str,
    session: str,
    uid: int,
    folder: str,
    reason: str = "imap:fetch_body",
    part: Plant | Benign | None = None,
) -> Entry:
    """Dovecot opened one message for a session: handed out (fetch), only searched, or just appended by its owner."""
    event = {
        "event": "mail_opened",
        "hostname": "mail",
        "start_time": stamp(time),
        "end_time": stamp(time + timedelta(microseconds=60)),
        "categories": ["mail", "mailbox", "imap"],
        "fields": {
            "user": person.upn,
            "local_ip": "192.0.2.5",
            "remote_ip": ip,
            "session": session,
            "cmd_name": {"imap:cmd_search": "UID SEARCH", "imap:cmd_append": "APPEND"}.get(
                reason, "UID FETCH"
            ),
            "reason_code": [
                f"imap:cmd_{'search' if 'search' in reason else 'append' if 'append' in reason else 'uid_fetch'}"
            ]
            + ([reason] if "fetch" in reason else []),
            "mailbox": folder,
            "uid": uid,
        },
    }
    line = f"{stamp(time)} mail dovecot: stats: Info: {json.dumps(event, separators=(',', ':'))}"
    return Entry(time, line, "dovecot", part=part, scope="kept" if "fetch" in reason else "out_of_scope")


def requested(
    chance: Chance,
    token: Jwt,
    time: datetime,
    ip: str,
    uri: str,
    *,
    status: int = 200,
    kid: str | None = None,
    agent: str = WEB_AGENT,
    part: Plant | Benign | None = None,
    attempt: int | None = None,
) -> Entry:
    """A request at the gateway, with what its validator said of the token; `kid` overrides what was logged of the key."""
    record: Record = {
        "time": time.replace(microsecond=0).isoformat(),
        "status": status,
        "method": "GET",
        "uri": uri,
        "host": f"mail.{token.realm.org.domain}",
        "sub": token.person.upn,
        "jti": token.jti,
        "kid": token.kid if kid is None else kid,
        "iss": token.realm.issuer,
        "aud": token.realm.audience,
        "client_id": token.client,
        "ip": ip,
        "user_agent": agent,
        "rid": f"{chance.getrandbits(128):032x}",
    }
    return Entry(time, record, "gateway", record["rid"], part=part, attempt=attempt)


def stamp(time: datetime) -> str:
    """ISO 8601 with milliseconds, as JavaScript and a modern syslog write it."""
    return time.strftime("%Y-%m-%dT%H:%M:%S.") + f"{time.microsecond // 1000:03d}Z"


def by_time(entries: Sequence[Entry]) -> list[Entry]:
    """In the order in which they were written."""
    return sorted(entries, key=lambda entry: entry.time)
