"""Indicators of others, read from STIX 2.1, MISP JSON, CSV or a built-in pack, each with the window it holds in.

An indicator without a window is kept, but only ever as a lead: addresses are rented and recycled.
A weak one (a browser's user agent, half of an AND) never makes a finding alone.
"""

import base64
import csv
import io
import ipaddress
import json
import re
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from counterseal.core.errors import UsageError
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

MARGIN = timedelta(hours=24)
"""Either side of a window: published first and last sightings are days, seen from one place."""

LONGEST_PATTERN = 20_000
"""Characters of a STIX pattern that are looked at."""

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


@dataclass(frozen=True)
class Indicators:
    """What was given, and what of it could not be used."""

    given: tuple[Indicator, ...] = ()
    skipped: tuple[Skipped, ...] = ()

    def rows(self) -> list[tuple[object, ...]]:
        """Rows of the view `indicator`, in the order of INDICATOR; times naive UTC."""
        return [
            (i.indicator, i.kind, i.low, i.high, _naive(i.begins), _naive(i.ends), i.name, i.origin, i.weak)
            for i in self.given
        ]


def read_indicators(given: Iterable[str | Path], margin: timedelta = MARGIN) -> Indicators:
    """Read every file given; a name that is a built-in pack's and no file's is that pack.

    Raises:
        UsageError: a file cannot be read or understood.
    """
    found: list[Indicator] = []
    skipped: list[Skipped] = []
    for wanted in given:
        path = Path(wanted)
        if not path.exists() and str(wanted) in packs():
            text, origin = _pack(str(wanted)), str(wanted)
        else:
            text, origin = read_text(path, "--indicators"), path.name
        for one in _entries(text, origin):
            (skipped if isinstance(one, Skipped) else found).append(one)  # type: ignore[arg-type]
    return Indicators(tuple(_with_margin(one, margin) for one in found), tuple(skipped))


@cache
def packs() -> tuple[str, ...]:
    """Names of the built-in indicator packs."""
    folder = files("counterseal.investigate").joinpath("packs", "indicators")
    return tuple(
        sorted(entry.name.removesuffix(".csv") for entry in folder.iterdir() if entry.name.endswith(".csv"))
    )


def read_text(path: Path, option: str) -> str:
    """A file of the user's own as text: UTF-8 with or without BOM, UTF-16 with BOM (Excel's "Unicode text")."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}", where=option) from error
    try:
        return raw.decode("utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(
            f"{path} is not text in UTF-8", where=f"byte {error.start}", next_step="save it as UTF-8"
        ) from error


def read_table(
    text: str, where: str, wanted: Sequence[str], needed: Sequence[str]
) -> Iterator[tuple[int, dict[str, str]]]:
    """Rows of a CSV with a header as (line, column -> trimmed text). `#` lines are comments; `;` may separate.

    Raises:
        UsageError: a column is unknown (names the nearest) or missing, or a row has too many cells.
    """
    lines = io.StringIO(text, newline="")
    first = next((line for line in text.splitlines() if line.strip() and not line.startswith("#")), "")
    separator = ";" if ";" in first and "," not in first else ","
    reader = csv.reader(lines, delimiter=separator)
    header: list[str] = []
    for cells in reader:
        if not any(cell.strip() for cell in cells) or cells[0].startswith("#"):
            continue
        line = f"{where}, line {reader.line_num}"
        if not header:
            header = [cell.strip().lower() for cell in cells]
            _check_header(header, line, wanted, needed)
        elif len(cells) > len(header):
            raise UsageError(
                "more cells than columns", where=line, next_step="quote the cells that hold a comma"
            )
        else:
            yield reader.line_num, {name: cell.strip() for name, cell in zip(header, cells, strict=False)}


def _check_header(header: Sequence[str], where: str, wanted: Sequence[str], needed: Sequence[str]) -> None:
    for name in header:
        if name not in wanted:
            raise UsageError(f"unknown column {name[:60]!r}", where=where, next_step=nearest(name, wanted))
    for name in needed:
        if name not in header:
            raise UsageError(
                f"no column {name!r}", where=where, next_step=f"the columns are {', '.join(wanted)}"
            )


def nearest(name: str, known: Sequence[str]) -> str:
    """Advice for a misspelt name."""
    close = get_close_matches(name, known, n=1)
    return f"did you mean {close[0]!r}?" if close else f"known are {', '.join(known)}"


def _entries(text: str, origin: str) -> Iterator[Indicator | Skipped]:
    """Tell the three formats apart by content."""
    if text.lstrip()[:1] not in ("{", "["):
        yield from _from_csv(text, origin)
        return
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(
            "not JSON", where=f"{origin}: {str(error)[:120]}", next_step="give STIX 2.1, MISP JSON or CSV"
        ) from error
    if (stix := _stix_objects(document)) is not None:
        yield from _from_stix(stix, origin)
    elif (events := _misp_events(document)) is not None:
        yield from _from_misp(events, origin)
    else:
        raise UsageError(
            "neither a STIX bundle nor a MISP event",
            where=origin,
            next_step="give STIX 2.1, MISP JSON or CSV",
        )


# CSV ------------------------------------------------------------------------------------------------------------

COLUMNS = ("kind", "value", "first_seen", "last_seen", "name", "weak")


def _from_csv(text: str, origin: str) -> Iterator[Indicator]:
    """kind,value,first_seen,last_seen,name and optionally weak; a mistake in it is the user's to mend."""
    for number, row in read_table(text, origin, COLUMNS, ("kind", "value")):
        where = f"{origin}, line {number}"
        kind = row["kind"].lower().replace("-", "_")
        if kind not in KINDS:
            raise UsageError(f"unknown kind {kind[:60]!r}", where=where, next_step=nearest(kind, KINDS))
        weak = {"": kind == "user_agent", "yes": True, "no": False}.get(row.get("weak", "").lower())
        try:
            begins, ends = window(row.get("first_seen", ""), row.get("last_seen", ""))
            if weak is None:
                raise ValueError("weak is yes or no")
            yield from _indicators(
                f"{origin}#{number}", kind, row["value"], begins, ends, row.get("name", ""), origin, weak
            )
        except ValueError as error:
            raise UsageError(str(error), where=where) from error


# STIX 2.1 -------------------------------------------------------------------------------------------------------

_STRING = r"'(?:[^'\\]|\\.)*'"
_PATH = rf"(?<![a-z0-9-])[a-z0-9][a-z0-9-]*:(?:[A-Za-z0-9_-]+|{_STRING})(?:\.(?:[A-Za-z0-9_-]+|{_STRING})|\[[^\]]*\])*"
_COMPARISON = re.compile(
    rf"(?P<path>{_PATH})\s*(?P<operator>=|IN\b|ISSUBSET\b)\s*(?P<value>{_STRING}|\(\s*{_STRING}(?:\s*,\s*{_STRING})*\s*\))"
)
_SPAN = re.compile(r"\bSTART\s+t'([^']*)'\s+STOP\s+t'([^']*)'")
_BETWEEN = re.compile(r"(?:\[|\]|\(|\)|\s|\bOR\b|\bAND\b|\bFOLLOWEDBY\b)*")

_OBJECTS = {
    "ipv4-addr:value": "ip",
    "ipv6-addr:value": "ip",
    "network-traffic:src_ref.value": "ip",
    "network-traffic:dst_ref.value": "ip",
    "network-traffic:extensions.http-request-ext.request_header.user-agent": "user_agent",
    "email-message:message_id": "message",
    "x509-certificate:hashes.sha-1": "key",
    "x509-certificate:hashes.sha-256": "key",
}
"""Source: STIX 2.1, 6 (cyber-observable objects)."""

_CUSTOM = {
    "token_id": "token",
    "jti": "token",
    "uti": "token",
    "session_id": "session",
    "sid": "session",
    "key_id": "key",
    "kid": "key",
    "app_id": "app",
    "client_id": "app",
    "user_agent": "user_agent",
    "message_id": "message",
}
"""Properties of custom objects (`x-…:token_id`): STIX has no object for a token, its key or its session."""


def _stix_objects(document: Any) -> list[Any] | None:
    """The objects of a bundle, of a bare list, or one alone; null if it is not STIX."""
    if isinstance(document, Mapping) and document.get("type") == "bundle":
        found = document.get("objects", [])
        return found if isinstance(found, list) else []
    if isinstance(document, Mapping) and document.get("type") == "indicator":
        return [document]
    if isinstance(document, list) and any(
        isinstance(one, Mapping) and one.get("type") == "indicator" for one in document
    ):
        return document
    return None


def _from_stix(objects: list[Any], origin: str) -> Iterator[Indicator | Skipped]:
    for given in objects:
        if not isinstance(given, Mapping) or given.get("type") != "indicator":
            continue
        name = str(given.get("id", "indicator"))[:LONGEST]
        if given.get("revoked") is True:
            yield Skipped(f"{origin}: {name}", "revoked by its author")
        elif given.get("pattern_type", "stix") != "stix" or not isinstance(given.get("pattern"), str):
            yield Skipped(f"{origin}: {name}", f"pattern type {str(given.get('pattern_type'))[:40]}")
        else:
            yield from _from_pattern(given["pattern"], name, given, origin)


def _from_pattern(
    pattern: str, identity: str, given: Mapping[str, Any], origin: str
) -> Iterator[Indicator | Skipped]:
    """The comparisons of one pattern. Joined by OR each stands alone; any AND makes all of them weak.

    Source: STIX 2.1, 9 (patterning).
    """
    if len(pattern) > LONGEST_PATTERN:
        yield Skipped(f"{origin}: {identity}", "pattern is too long")
        return
    spans = _SPAN.findall(pattern)
    bare = _SPAN.sub(" ", pattern)
    parts = list(_COMPARISON.finditer(bare))
    if not parts or not _BETWEEN.fullmatch(_COMPARISON.sub(" ", bare)):
        yield Skipped(f"{origin}: {identity}", "pattern not understood")
        return
    combined = bool(re.search(r"\b(AND|FOLLOWEDBY)\b", _COMPARISON.sub(" ", bare)))
    for part in parts:
        path = re.sub(r"'", "", part["path"]).lower()
        custom = _CUSTOM.get(path.partition(":")[2]) if path.startswith("x-") else None
        kind = _OBJECTS.get(path) or custom
        if kind is None:
            yield Skipped(f"{origin}: {identity}", f"no log here shows {path[:80]}")
            continue
        for quoted in re.findall(_STRING, part["value"]):
            value = re.sub(r"\\(.)", r"\1", quoted[1:-1])
            try:
                begins, ends = (
                    window(*spans[0])
                    if len(spans) == 1
                    else window(given.get("valid_from"), given.get("valid_until"))
                )
                yield from _indicators(
                    identity,
                    kind,
                    value,
                    begins,
                    ends,
                    str(given.get("name", "")),
                    origin,
                    combined or kind == "user_agent",
                )
            except ValueError as error:
                yield Skipped(f"{origin}: {identity}", str(error))


# MISP -----------------------------------------------------------------------------------------------------------

_ATTRIBUTES = {
    "ip-src": "ip",
    "ip-dst": "ip",
    "ip-src|port": "ip",
    "ip-dst|port": "ip",
    "user-agent": "user_agent",
    "x509-fingerprint-sha1": "key",
    "x509-fingerprint-sha256": "key",
    "email-message-id": "message",
}
"""Source: MISP core format, attribute types."""


def _misp_events(document: Any) -> list[Mapping[str, Any]] | None:
    """The events of an export in each of its wrappings; null if it is not MISP."""
    if isinstance(document, Mapping) and "response" in document:
        document = document["response"]
    found = [
        one.get("Event")
        for one in (document if isinstance(document, list) else [document])
        if isinstance(one, Mapping)
    ]
    events = [event for event in found if isinstance(event, Mapping)]
    return events or None


def _from_misp(events: list[Mapping[str, Any]], origin: str) -> Iterator[Indicator | Skipped]:
    for event in events:
        holders = [event, *(held for held in event.get("Object") or () if isinstance(held, Mapping))]
        for holder in holders:
            for given in holder.get("Attribute") or ():
                if isinstance(given, Mapping):
                    yield from _from_attribute(given, holder, str(event.get("info", "")), origin)


def _from_attribute(
    given: Mapping[str, Any], holder: Mapping[str, Any], info: str, origin: str
) -> Iterator[Indicator | Skipped]:
    """One attribute; `to_ids` false means context, so weak; an object's own sighting dates stand in for missing ones."""
    identity = str(given.get("uuid") or f"{given.get('type')}:{given.get('value')}")[:LONGEST]
    kind = _ATTRIBUTES.get(str(given.get("type")))
    if given.get("deleted") in (True, "1", 1):
        yield Skipped(f"{origin}: {identity}", "deleted by its author")
    elif kind is None:
        yield Skipped(f"{origin}: {identity}", f"no log here shows {str(given.get('type'))[:80]}")
    else:
        value = str(given.get("value", ""))
        weak = kind == "user_agent" or given.get("to_ids") in (False, "0", 0)
        try:
            begins, ends = window(
                given.get("first_seen") or holder.get("first_seen"),
                given.get("last_seen") or holder.get("last_seen"),
            )
            if kind == "ip":
                value = value.partition("|")[0]
            yield from _indicators(identity, kind, value, begins, ends, info, origin, weak)
        except ValueError as error:
            yield Skipped(f"{origin}: {identity}", str(error))


# Values and windows ---------------------------------------------------------------------------------------------


def _indicators(
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


def _with_margin(given: Indicator, margin: timedelta) -> Indicator:
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


def _naive(moment: datetime | None) -> datetime | None:
    """The engine's TIMESTAMP is UTC by contract and carries no zone."""
    return moment and moment.astimezone(UTC).replace(tzinfo=None)


def _pack(name: str) -> str:
    return files("counterseal.investigate").joinpath("packs", "indicators", f"{name}.csv").read_text("utf-8")
