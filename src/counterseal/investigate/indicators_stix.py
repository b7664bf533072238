"""Indicators of a STIX 2.1 bundle: the comparisons in its patterns that a log here can show."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from counterseal.investigate.indicator import LONGEST, Indicator, Skipped, indicators_of, window

LONGEST_PATTERN = 20_000
"""Characters of a STIX pattern that are looked at."""

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


def stix_objects(document: Any) -> list[Any] | None:
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


def from_stix(objects: list[Any], origin: str) -> Iterator[Indicator | Skipped]:
    """The indicators among the objects; what is revoked or in another pattern language is skipped, and said."""
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
                yield from indicators_of(
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
