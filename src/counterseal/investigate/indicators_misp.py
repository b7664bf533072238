"""Indicators of a MISP event: the attributes that a log here can show."""

from collections.abc import Iterator, Mapping
from typing import Any

from counterseal.investigate.indicator import LONGEST, Indicator, Skipped, indicators_of, window

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


def misp_events(document: Any) -> list[Mapping[str, Any]] | None:
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


def from_misp(events: list[Mapping[str, Any]], origin: str) -> Iterator[Indicator | Skipped]:
    """The attributes of events and of their objects."""
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
            yield from indicators_of(identity, kind, value, begins, ends, info, origin, weak)
        except ValueError as error:
            yield Skipped(f"{origin}: {identity}", str(error))
