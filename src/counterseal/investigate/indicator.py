"""One indicator: a value in its comparable form, and the window it holds in."""

import base64
import ipaddress
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from counterseal.trust.keys import spellings

INDICATOR: dict[str, str] = {
    "indicator": "VARCHAR",  # one id for all spellings of one indicator
    "kind": "VARCHAR",
    "low": "VARCHAR",  # an ip: the range's ip_key; else the normalised text
    "high": "VARCHAR",
    "begins": "TIMESTAMP",  # margin applied; both null: no window, a lead at most
    "ends": "TIMESTAMP",
    "name": "VARCHAR",
    "origin": "VARCHAR",
    "weak": "BOOLEAN",  # never a finding alone
}

KINDS = ("ip", "app", "user_agent", "token", "session", "key", "message")

LONGEST = 500
"""Characters of an indicator's text or name that are kept."""


@dataclass(frozen=True)
class Indicator:
    """One value to look for. `begins` and `ends` have the margin applied; null is open on that side."""

    indicator: str
    kind: str
    low: str
    high: str
    begins: datetime | None
    ends: datetime | None
    name: str
    origin: str
    weak: bool = False

    @property
    def windowed(self) -> bool:
        """Whether it may make a finding at all."""
        return self.begins is not None or self.ends is not None


@dataclass(frozen=True)
class Skipped:
    """An indicator that no log of ours can show, or that its author took back."""

    where: str
    why: str


def indicators_of(
    identity: str,
    kind: str,
    value: str,
    begins: datetime | None,
    ends: datetime | None,
    name: str,
    origin: str,
    weak: bool,
) -> Iterator[Indicator]:
    """One row for each comparable form of the value.

    Raises:
        ValueError: the value is not of its kind.
    """
    for low, high in _forms(kind, refang(value)):
        yield Indicator(identity, kind, low, high, begins, ends, (name or value)[:LONGEST], origin, weak)


def _forms(kind: str, value: str) -> list[tuple[str, str]]:
    if not value or len(value) > LONGEST:
        raise ValueError("no value" if not value else "value is too long")
    match kind:
        case "ip":
            return [ip_range(value)]
        case "key":
            return [(form, form) for form in spellings(value)]
        case "token" | "session":
            return [(form := token_key(value), form)]
        case "app":
            return [(value.lower(), value.lower())]
        case "message":
            return [(form := value.strip(" \t<>"), form)]
        case _:  # printed pages turn straight quotation marks into typographic ones
            form = value.translate(str.maketrans("“”„‘’", '"""\'\''))
            return [(form, form)]


def refang(text: str) -> str:
    """The value as it was before someone made it unclickable: `[.]`, `(.)`, `[dot]`, `[:]`, `hxxp`."""
    text = re.sub(r"\[\.\]|\(\.\)|\{\.\}|\[dot\]|\(dot\)", ".", text.strip(), flags=re.IGNORECASE)
    text = text.replace("[:]", ":").replace("[@]", "@").replace("[at]", "@")
    return re.sub(r"^hxxp", "http", text, flags=re.IGNORECASE)


def ip_range(text: str) -> tuple[str, str]:
    """First and last `ip_key` (32 hex digits, IPv4 as ::ffff:a.b.c.d) of an address, a CIDR block or a URL's host.

    Raises:
        ValueError: it is none.
    """
    if text.lower().startswith(("http://", "https://")):
        text = urlsplit(text).hostname or ""
    try:
        network = ipaddress.ip_network(text.strip("[]"), strict=False)
    except ValueError:
        raise ValueError(f"not an address: {text[:60]}") from None
    lead = "00000000000000000000ffff" if network.version == 4 else ""
    digits = 8 if network.version == 4 else 32
    return tuple(f"{lead}{int(end):0{digits}x}" for end in (network[0], network[-1]))  # type: ignore[return-value]


_GUID = re.compile(r"[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}")


def token_key(text: str) -> str:
    """The comparable form of a token or session id, as the engine's `token_key_of` makes it.

    Source: Microsoft, "Track and investigate identity activities with linkable identifiers".
    """
    try:
        if _GUID.fullmatch(text):
            return text.lower()
        if len(text) == 22:
            return str(uuid.UUID(bytes_le=base64.b64decode(text + "==", altchars=b"-_", validate=True)))
        if len(text) == 48:
            spelt = base64.b64decode(text.translate(str.maketrans("-_", "+/")), validate=True).decode("ascii")
            return spelt.lower() if _GUID.fullmatch(spelt) else text
    except ValueError:
        pass
    return text


def window(first: object, last: object) -> tuple[datetime | None, datetime | None]:
    """First and last sighting as instants. A day means the whole day; no zone written means UTC; null is open.

    Raises:
        ValueError: not a time, or the last before the first.
    """
    begins, ends = instant(first), instant(last)
    if ends is not None and re.fullmatch(r"\d{4}-\d\d-\d\d", str(last).strip()):
        ends += timedelta(days=1)
    if begins and ends and ends < begins:
        raise ValueError(f"last seen {str(last)[:40]} lies before first seen {str(first)[:40]}")
    return begins, ends


def instant(text: object) -> datetime | None:
    """A day or a time of ISO 8601, UTC unless it says otherwise; null for nothing.

    Raises:
        ValueError: not a time.
    """
    if text is None or not str(text).strip():
        return None
    try:
        found = datetime.fromisoformat(str(text).strip())
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"not a time: {str(text)[:60]} (write 2023-05-15 or 2023-05-15T02:11:40Z)") from None


def with_margin(given: Indicator, margin: timedelta) -> Indicator:
    """The window, wider by the margin on both sides."""
    try:
        begins = given.begins and given.begins - margin
    except OverflowError:
        begins = None
    try:
        ends = given.ends and given.ends + margin
    except OverflowError:
        ends = None
    return replace(given, begins=begins, ends=ends)


def naive(moment: datetime | None) -> datetime | None:
    """The engine's TIMESTAMP is UTC by contract and carries no zone."""
    return moment and moment.astimezone(UTC).replace(tzinfo=None)
