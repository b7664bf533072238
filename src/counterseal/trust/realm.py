"""A realm and its keys, and the rows that the judgement reads of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum


class KeyState(StrEnum):
    """What the issuer does with a key now."""

    ACTIVE = "active"
    RETIRED = "retired"
    REVOKED = "revoked"


@dataclass(frozen=True)
class Key:
    """One signing key of one realm.

    Attributes:
        key_id: the id it is called by: `kid` where given, else its thumbprint.
        spellings: every form in which a log may write it, key_id first.
        state: active, retired or revoked.
        not_before, not_after: validity; a token may be signed from one instant to the other.
        retired_at: signing stopped; what was signed before stays valid until it expires.
        revoked_at: the key is no longer trusted at all.
        material: RFC 7638 thumbprint of the public key, where a JWK was given.
    """

    key_id: str
    spellings: tuple[str, ...]
    state: KeyState
    not_before: datetime | None = None
    not_after: datetime | None = None
    retired_at: datetime | None = None
    revoked_at: datetime | None = None
    material: str | None = None


@dataclass(frozen=True)
class Realm:
    """A trust domain for signing keys.

    Attributes:
        name: as the realms file spells it.
        issuers: `iss` values, `{tenantid}` already filled with each tenant.
        tenants: tenant ids or mail domains, lower case.
        audiences: `aud` values.
        algorithms, types: JOSE `alg` and `typ` its tokens carry; empty: not said.
        max_lifetime: the longest a token of this realm may live; null: not said.
        max_key_age: the oldest a signing key may be; null: not said.
        complete: every key the realm ever had, between the two instants, is in the list.
        complete_since, complete_until: null: open.
        keys: in the file's order.
    """

    name: str
    issuers: tuple[str, ...] = ()
    tenants: tuple[str, ...] = ()
    audiences: tuple[str, ...] = ()
    algorithms: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    max_lifetime: timedelta | None = None
    max_key_age: timedelta | None = None
    complete: bool = False
    complete_since: datetime | None = None
    complete_until: datetime | None = None
    keys: tuple[Key, ...] = ()


@dataclass(frozen=True)
class Realms:
    """Everything a realms file says."""

    realms: tuple[Realm, ...] = ()

    def realm_rows(self) -> list[tuple[str, str, str]]:
        """Rows of the view `realm`: (realm, kind, value), values in lower case.

        Kinds: issuer, tenant, audience (only those that one realm alone names: an audience of two realms tells
        neither), max-lifetime (seconds), complete-since and complete-until (both where the key list is complete).
        """
        named = [audience.lower() for realm in self.realms for audience in realm.audiences]
        rows = []
        for realm in self.realms:
            rows += [(realm.name, "issuer", issuer.lower()) for issuer in realm.issuers]
            rows += [(realm.name, "tenant", tenant) for tenant in realm.tenants]
            rows += [
                (realm.name, "audience", a.lower()) for a in realm.audiences if named.count(a.lower()) == 1
            ]
            if realm.max_lifetime:
                rows.append((realm.name, "max-lifetime", str(int(realm.max_lifetime.total_seconds()))))
            if realm.complete:
                rows.append(
                    (realm.name, "complete-since", _text(realm.complete_since, "1970-01-01 00:00:00"))
                )
                rows.append(
                    (realm.name, "complete-until", _text(realm.complete_until, "9999-12-31 00:00:00"))
                )
        return rows

    def key_rows(self) -> list[tuple[object, ...]]:
        """Rows of the view `key`, in the order of core.case.KEYS: one for each spelling of each key, `given` true."""
        return list(self._key_rows())

    def _key_rows(self) -> Iterator[tuple[object, ...]]:
        for realm in self.realms:
            for key in realm.keys:
                when = (key.not_before, key.not_after, key.retired_at, key.revoked_at)
                times = tuple(moment and moment.astimezone(UTC).replace(tzinfo=None) for moment in when)
                for spelling in key.spellings:
                    yield (
                        realm.name,
                        spelling,
                        key.state.value,
                        *times,
                        realm.complete,
                        True,
                        None,
                        None,
                        None,
                        None,
                    )

    def canonical(self) -> list[tuple[str, str, str]]:
        """(realm, spelling, key_id) for every spelling: to count and show a key once."""
        return [
            (realm.name, spelling, key.key_id)
            for realm in self.realms
            for key in realm.keys
            for spelling in key.spellings
        ]


def _text(moment: datetime | None, otherwise: str) -> str:
    """An instant as the engine casts it to TIMESTAMP."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f") if moment else otherwise
