"""The realms file: which keys may sign for whom, and when. Whatever is not clear in it is refused as a whole.

    realms = load_realms(path)      # raises TrustError
    realms.realm_rows()             # view `realm`
    realms.key_rows()               # view `key`

A file is refused when (in this order):

1. it is not TOML, or holds a name that the format does not have;
2. a key stands outside every realm, or a realm has neither issuer, tenant nor audience;
3. a value is of another type, a date has no zone, dates contradict each other or the state;
4. a JWK holds a private member, is no public RSA, EC or OKP key, is weak, or has another id than its entry;
5. two keys of a realm share an id in any spelling, one key stands in two realms, or two realms name one issuer or tenant.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from counterseal.core.errors import TrustError
from counterseal.trust.keys import LEAST_RSA_BITS, PRIVATE, fingerprint, jwk_thumbprint, rsa_bits, spellings
from counterseal.trust.realm import Key, KeyState, Realm, Realms

__all__ = ["Key", "KeyState", "Realm", "Realms", "load_realms", "parse_realms"]

LISTS = ("issuers", "tenants", "audiences", "algorithms", "types")
REALM = (*LISTS, "max_lifetime", "max_key_age", "complete", "complete_since", "complete_until", "keys")
THUMBPRINTS = ("x5t", "x5t#S256", "sha1", "sha256")
DATES = ("not_before", "not_after", "retired_at", "revoked_at")
KEY = ("kid", *THUMBPRINTS, "aliases", "state", *DATES, "jwk")
ASYMMETRIC = (
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "ES512",
    "ES256K",
    "EdDSA",
    "Ed25519",
)
"""Signatures that a verifier cannot make himself. Source: RFC 8725 3.1, 3.2; RFC 9864."""

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def load_realms(path: Path) -> Realms:
    """Read a realms file.

    Raises:
        TrustError: it cannot be read, or may not be trusted as it is.
    """
    try:
        text = path.read_text("utf-8-sig")
    except OSError as error:
        raise TrustError(f"cannot read the realms file: {error.strerror}", where=str(path)) from error
    except UnicodeDecodeError as error:
        raise TrustError("the realms file is not UTF-8", where=f"{path}, byte {error.start}") from error
    return parse_realms(text, str(path))


def parse_realms(text: str, where: str) -> Realms:
    """Read the text of a realms file; `where` names it in errors.

    Raises:
        TrustError: it may not be trusted as it is.
    """
    try:
        document = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise TrustError("the realms file is not TOML", where=f"{where}: {error}") from error
    if "keys" in document or "key" in document:
        raise TrustError(
            "a key without a realm", where=where, next_step="write it under [[realms.NAME.keys]]"
        )
    _known(document, ("realms",), where)
    given = document.get("realms")
    if not isinstance(given, dict) or not given:
        raise TrustError("no realm", where=where, next_step="write one: [realms.NAME]")
    realms = tuple(_realm(name, content, f"{where}: realms.{name}") for name, content in given.items())
    _check_apart(realms, where)
    return Realms(realms)


def _known(given: Mapping[str, object], known: Sequence[str], where: str) -> None:
    """Refuse a name that the format does not have: a misspelt `revoked_at` must not read as "never revoked"."""
    for name in given:
        if name not in known:
            close = get_close_matches(name, known, n=1)
            advice = f"did you mean {close[0]!r}?" if close else f"known are {', '.join(known)}"
            raise TrustError(f"unknown name {name[:60]!r}", where=where, next_step=advice)


def _realm(name: str, given: object, where: str) -> Realm:
    if not isinstance(given, dict):
        raise TrustError("a realm is a table", where=where, next_step=f"write [realms.{name}]")
    _known(given, REALM, where)
    lists = {key: _texts(given, key, where) for key in LISTS}
    lists["tenants"] = tuple(tenant.lower() for tenant in lists["tenants"])
    lists["issuers"] = tuple(
        issuer for template in lists["issuers"] for issuer in _issuers(template, lists["tenants"], where)
    )
    if not (lists["issuers"] or lists["tenants"] or lists["audiences"]):
        raise TrustError(
            "the realm has neither issuers, tenants nor audiences",
            where=where,
            next_step="say whom it speaks for",
        )
    for algorithm in lists["algorithms"]:
        if algorithm not in ASYMMETRIC:
            raise TrustError(
                f"algorithm {algorithm[:20]!r}", where=where, next_step=f"allowed are {', '.join(ASYMMETRIC)}"
            )
    complete = given.get("complete", False)
    if not isinstance(complete, bool):
        raise TrustError(
            "complete is true or false",
            where=where,
            next_step="put dates into complete_since, complete_until",
        )
    since, until = _moment(given, "complete_since", where), _moment(given, "complete_until", where)
    if (since or until) and not complete:
        raise TrustError("complete_since or complete_until without complete = true", where=where)
    if since and until and until <= since:
        raise TrustError("complete_until does not lie after complete_since", where=where)
    return Realm(
        name,
        **lists,
        max_lifetime=_duration(given, "max_lifetime", where),
        max_key_age=_duration(given, "max_key_age", where),
        complete=complete,
        complete_since=since,
        complete_until=until,
        keys=_keys(given.get("keys", []), where),
    )


def _issuers(template: str, tenants: Sequence[str], where: str) -> tuple[str, ...]:
    """An issuer, or one for each tenant of a template. Source: OpenID Connect Discovery; Microsoft's `{tenantid}`."""
    if "{tenantid}" in template:
        if not tenants:
            raise TrustError(
                "an issuer template without tenants fits every tenant",
                where=where,
                next_step="list the tenants",
            )
        return tuple(template.replace("{tenantid}", tenant) for tenant in tenants)
    if "{" in template or "}" in template or "*" in template:
        raise TrustError(
            f"issuer {template[:80]!r}", where=where, next_step="the only placeholder is {tenantid}"
        )
    return (template,)


def _texts(given: Mapping[str, object], name: str, where: str) -> tuple[str, ...]:
    """A list of non-empty texts."""
    found = given.get(name, [])
    if not isinstance(found, list) or not all(isinstance(one, str) and one.strip() for one in found):
        raise TrustError(f"{name} is not a list of texts", where=where, next_step=f'write {name} = ["…"]')
    return tuple(one.strip() for one in found)


def _text(given: Mapping[str, object], name: str, where: str) -> str | None:
    found = given.get(name)
    if found is not None and not (isinstance(found, str) and found.strip()):
        raise TrustError(f"{name} is not a text", where=where, next_step="put it between quotes")
    return found.strip() if isinstance(found, str) else None


def _moment(given: Mapping[str, object], name: str, where: str) -> datetime | None:
    """A date-time with a zone: a day alone leaves 24 hours open in which a key was or was not trusted."""
    found = given.get(name)
    if found is None:
        return None
    if not isinstance(found, datetime):
        raise TrustError(
            f"{name} is not a date and time",
            where=where,
            next_step="write it without quotes: 2026-05-01T00:00:00Z",
        )
    if found.tzinfo is None:
        raise TrustError(f"{name} has no zone", where=where, next_step=f"write {found.isoformat()}Z for UTC")
    return found


def _duration(given: Mapping[str, object], name: str, where: str) -> timedelta | None:
    """A whole number of seconds, minutes, hours or days: "90m", "28h", "365d"."""
    found = _text(given, name, where)
    if found is None:
        return None
    match = re.fullmatch(r"([1-9]\d{0,5})\s*([smhd])", found)
    if not match:
        raise TrustError(f"{name} is no duration", where=where, next_step="write it like 90m, 28h or 365d")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def _keys(given: object, where: str) -> tuple[Key, ...]:
    if not isinstance(given, list):
        raise TrustError("keys is not a list of tables", where=where, next_step="write [[realms.NAME.keys]]")
    found: list[Key] = []
    owner: dict[str, int] = {}
    for number, one in enumerate(given, 1):
        key = _key(one, f"{where}.keys, number {number}")
        for spelling in key.spellings:
            if (other := owner.setdefault(spelling, number)) != number:
                raise TrustError(
                    f"key id {spelling[:80]!r} twice in one realm",
                    where=f"{where}.keys, numbers {other} and {number}",
                )
        found.append(key)
    return tuple(found)


def _key(given: object, where: str) -> Key:
    if not isinstance(given, dict):
        raise TrustError("a key is a table", where=where, next_step="write [[realms.NAME.keys]]")
    _known(given, KEY, where)
    jwk = given.get("jwk")
    material = _check_jwk(jwk, given.get("kid"), where) if jwk is not None else None
    kid = _text(given, "kid", where) or (jwk and _text(jwk, "kid", where))
    names = [
        kid,
        *(_thumbprint(given, name, where) for name in THUMBPRINTS),
        *_texts(given, "aliases", where),
        material,
    ]
    ids = [name for name in names if name]
    if not ids:
        raise TrustError(
            "a key without an id", where=where, next_step=f"give kid, {', '.join(THUMBPRINTS)} or jwk"
        )
    state = _text(given, "state", where)
    if state not in list(KeyState):
        raise TrustError(
            f"state {str(state)[:40]!r}", where=where, next_step=f"it is one of {', '.join(KeyState)}"
        )
    dates = {name: _moment(given, name, where) for name in DATES}
    _check_dates(KeyState(state), dates, where)
    forms = tuple(dict.fromkeys(form for name in ids for form in spellings(name)))
    return Key(ids[0], forms, KeyState(state), **dates, material=material)


def _thumbprint(given: Mapping[str, object], name: str, where: str) -> str | None:
    """A certificate thumbprint of the length its name says."""
    found = _text(given, name, where)
    if found is None:
        return None
    digest = fingerprint(found)
    length = 20 if name in ("x5t", "sha1") else 32
    if digest is None or len(digest) != length:
        raise TrustError(
            f"{name} is no thumbprint of {length} bytes", where=where, next_step="hex or base64url"
        )
    return found


def _check_dates(state: KeyState, dates: Mapping[str, datetime | None], where: str) -> None:
    """Dates must not contradict each other or the state."""
    begins = dates["not_before"]
    for name in ("not_after", "retired_at", "revoked_at"):
        ends = dates[name]
        if begins and ends and ends < begins:
            raise TrustError(f"{name} lies before not_before", where=where)
    if state is KeyState.ACTIVE and (dates["retired_at"] or dates["revoked_at"]):
        raise TrustError("an active key that was retired or revoked", where=where, next_step="set its state")
    if dates["revoked_at"] and state is not KeyState.REVOKED:
        raise TrustError(
            "revoked_at on a key that is not revoked", where=where, next_step='state = "revoked"'
        )


def _check_jwk(jwk: Any, kid: object, where: str) -> str:
    """The thumbprint of a public, strong key of that id."""
    if not isinstance(jwk, dict):
        raise TrustError("jwk is not a table", where=where)
    if private := [name for name in PRIVATE if name in jwk]:
        raise TrustError(
            f"a private key (member {private[0]})",
            where=where,
            next_step="take it out, and treat the key as known to everyone who has read this file",
        )
    if kid is not None and jwk.get("kid") not in (None, kid):
        raise TrustError("jwk has another kid than its entry", where=where)
    try:
        bits = rsa_bits(jwk)
        found = jwk_thumbprint(jwk)
    except ValueError as error:
        raise TrustError(f"jwk: {error}", where=where) from error
    if bits is not None and bits < LEAST_RSA_BITS:
        raise TrustError(
            f"an RSA key of {bits} bits", where=where, next_step=f"the least is {LEAST_RSA_BITS}"
        )
    return found


def _check_apart(realms: Sequence[Realm], where: str) -> None:
    """One key, one issuer, one tenant: one realm. Plain ids may repeat between realms: a kid names a key in one only."""
    owner: dict[tuple[str, str], str] = {}
    for realm in realms:
        claims = {("issuer", issuer.lower()) for issuer in realm.issuers} | {
            ("tenant", tenant) for tenant in realm.tenants
        }
        claims |= {("key", form) for key in realm.keys for form in key.spellings if fingerprint(form)}
        for kind, value in sorted(claims):
            if (other := owner.setdefault((kind, value), realm.name)) != realm.name:
                raise TrustError(
                    f"one {kind} in two realms: {value[:80]}", where=f"{where}: {other} and {realm.name}"
                )
