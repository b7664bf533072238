"""Indicators of others, read from STIX 2.1, MISP JSON, CSV or a built-in pack, each with the window it holds in.

An indicator without a window is kept, but only ever as a lead: addresses are rented and recycled.
A weak one (a browser's user agent, half of an AND) never makes a finding alone.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from pathlib import Path

from counterseal.core.errors import UsageError
from counterseal.core.inert import visible
from counterseal.investigate.analyst_files import nearest, read_table, read_text
from counterseal.investigate.indicator import (
    KINDS,
    Indicator,
    Skipped,
    indicators_of,
    naive,
    window,
    with_margin,
)
from counterseal.investigate.indicators_misp import from_misp, misp_events
from counterseal.investigate.indicators_stix import from_stix, stix_objects

MARGIN = timedelta(hours=24)
"""Either side of a window: published first and last sightings are days, seen from one place."""

COLUMNS = ("kind", "value", "first_seen", "last_seen", "name", "weak")


@dataclass(frozen=True)
class Indicators:
    """What was given, and what of it could not be used."""

    given: tuple[Indicator, ...] = ()
    skipped: tuple[Skipped, ...] = ()

    def rows(self) -> list[tuple[object, ...]]:
        """Rows of the view `indicator`, in the order of INDICATOR; times naive UTC."""
        return [
            (i.indicator, i.kind, i.low, i.high, naive(i.begins), naive(i.ends), i.name, i.origin, i.weak)
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
            text, origin = read_text(path, "--indicators"), visible(path.name)
        for one in _entries(text, origin):
            (skipped if isinstance(one, Skipped) else found).append(one)  # type: ignore[arg-type]
    return Indicators(tuple(with_margin(one, margin) for one in found), tuple(skipped))


@cache
def packs() -> tuple[str, ...]:
    """Names of the built-in indicator packs."""
    folder = files("counterseal.investigate").joinpath("packs", "indicators")
    return tuple(
        sorted(entry.name.removesuffix(".csv") for entry in folder.iterdir() if entry.name.endswith(".csv"))
    )


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
    if (stix := stix_objects(document)) is not None:
        yield from from_stix(stix, origin)
    elif (events := misp_events(document)) is not None:
        yield from from_misp(events, origin)
    else:
        raise UsageError(
            "neither a STIX bundle nor a MISP event",
            where=origin,
            next_step="give STIX 2.1, MISP JSON or CSV",
        )


def _from_csv(text: str, origin: str) -> Iterator[Indicator | Skipped]:
    """kind,value,first_seen,last_seen,name and optionally weak; a mistake in it is the user's to mend.

    A kind that is nearly one of ours is a mistake; any other (a domain, a file's hash) no log here can show.
    """
    for number, row in read_table(text, origin, COLUMNS, ("kind", "value")):
        where = f"{origin}, line {number}"
        kind = row["kind"].lower().replace("-", "_")
        if kind not in KINDS and not get_close_matches(kind, KINDS, n=1):
            yield Skipped(where, f"no log here shows {kind[:80]}")
            continue
        if kind not in KINDS:
            raise UsageError(f"unknown kind {kind[:60]!r}", where=where, next_step=nearest(kind, KINDS))
        weak = {"": kind == "user_agent", "yes": True, "no": False}.get(row.get("weak", "").lower())
        try:
            begins, ends = window(row.get("first_seen", ""), row.get("last_seen", ""))
            if weak is None:
                raise ValueError("weak is yes or no")
            yield from indicators_of(
                f"{origin}#{number}", kind, row["value"], begins, ends, row.get("name", ""), origin, weak
            )
        except ValueError as error:
            raise UsageError(str(error), where=where) from error


def _pack(name: str) -> str:
    return files("counterseal.investigate").joinpath("packs", "indicators", f"{name}.csv").read_text("utf-8")
