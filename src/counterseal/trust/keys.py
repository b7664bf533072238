"""One key, many spellings: key ids, certificate thumbprints and JWK thumbprints, and what a public JWK may hold."""

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Mapping

PRIVATE = ("d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv")
"""Members of a JWK that are secret. Source: RFC 7518 6.2.2, 6.3.2, 6.4.1; RFC 8037 2; "priv": RFC 9964 (AKP)."""

REQUIRED = {"RSA": ("e", "n"), "EC": ("crv", "x", "y"), "OKP": ("crv", "x")}
"""Members that make a public key, in the order of RFC 7638 3.2 (with "kty")."""

LEAST_RSA_BITS = 2048
"""Source: NIST SP 800-131A revision 2, table 2; RFC 7518 3.3."""

_HEX = re.compile(r"(?:[0-9A-Fa-f]{2}[:\s]?){19}[0-9A-Fa-f]{2}|(?:[0-9A-Fa-f]{2}[:\s]?){31}[0-9A-Fa-f]{2}")
_BASE64URL = re.compile(r"[A-Za-z0-9_-]{27}=?|[A-Za-z0-9_-]{43}=?")


def fingerprint(text: str) -> bytes | None:
    """The 20 or 32 bytes of a thumbprint in any spelling, null where the text is none.

    Hex in either case, with or without colons or blanks (certificate viewers), or base64url as in `x5t`,
    `x5t#S256` and many a `kid` (RFC 7515 4.1.7, 4.1.8).
    """
    text = text.strip()
    if _HEX.fullmatch(text):
        return bytes.fromhex(re.sub(r"[:\s]", "", text))
    if _BASE64URL.fullmatch(text):
        digits = text.rstrip("=")
        try:
            return base64.b64decode(digits + "=" * (-len(digits) % 4), altchars=b"-_", validate=True)
        except binascii.Error:
            return None
    return None


def spellings(text: str) -> tuple[str, ...]:
    """Every form in which logs write this key id, the given one first.

    A thumbprint is written as base64url (`kid`, `x5t`) and as hex in both cases; other ids have one form.
    """
    found = fingerprint(text)
    if found is None:
        return (text.strip(),)
    encoded = base64.urlsafe_b64encode(found).rstrip(b"=").decode("ascii")
    given = text.strip()
    return tuple(dict.fromkeys((given, encoded, found.hex(), found.hex().upper())))


def jwk_thumbprint(jwk: Mapping[str, object]) -> str:
    """The RFC 7638 thumbprint of a public key, base64url of SHA-256.

    Raises:
        ValueError: not a public RSA, EC or OKP key.
    """
    needed = REQUIRED.get(str(jwk.get("kty")))
    if needed is None:
        raise ValueError(f"key type {jwk.get('kty')!r} is not RSA, EC or OKP")
    if missing := [name for name in needed if not isinstance(jwk.get(name), str)]:
        raise ValueError(f"member {missing[0]} is missing")
    members = {name: jwk[name] for name in sorted((*needed, "kty"))}
    canonical = json.dumps(members, separators=(",", ":"), ensure_ascii=False).encode()
    return base64.urlsafe_b64encode(hashlib.sha256(canonical).digest()).rstrip(b"=").decode("ascii")


def rsa_bits(jwk: Mapping[str, object]) -> int | None:
    """Length of the modulus of an RSA key; null for other types.

    Raises:
        ValueError: the modulus is not base64url.
    """
    if jwk.get("kty") != "RSA":
        return None
    digits = str(jwk.get("n"))
    if not re.fullmatch(r"[A-Za-z0-9_-]+", digits):
        raise ValueError("member n is not base64url")
    return int.from_bytes(base64.urlsafe_b64decode(digits + "=" * (-len(digits) % 4))).bit_length()
