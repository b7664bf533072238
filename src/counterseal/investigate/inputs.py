"""What the analyst brings: indicators, a roster of mailboxes, declarations that a log is complete, provider ranges.

For the judgement:

    read_indicators(paths, margin=…)   -> Indicators   .rows() fill view `indicator` (columns INDICATOR); .skipped to report
    LEADS                              -> SQL: per indicator, uses it touches outside its window, without one, or weakly
    read_roster(path)                  -> tuple[RosterEntry, ...]
    read_declarations(path)            -> tuple[Declaration, ...]
    provider_ranges()                  -> (low, high, name) rows of addresses that bind nothing
"""

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from counterseal.core.errors import UsageError
from counterseal.investigate.analyst_files import nearest, read_table, read_text
from counterseal.investigate.indicator import INDICATOR, Indicator, Skipped, ip_range
from counterseal.investigate.indicators import MARGIN, Indicators, packs, read_indicators

__all__ = [
    "INDICATOR",
    "LEADS",
    "MARGIN",
    "Declaration",
    "Indicator",
    "Indicators",
    "RosterEntry",
    "Skipped",
    "packs",
    "provider_ranges",
    "read_declarations",
    "read_indicators",
    "read_roster",
]

LEADS = """
    select indicator.indicator, min(indicator.name) as name, min(indicator.origin) as origin,
           bool_or(coalesce(indicator.weak, false)) as weak,
           bool_and(indicator.begins is null and indicator.ends is null) as windowless,
           count(distinct use.use_id) as uses, count(distinct use.mailbox_key) as mailboxes,
           min(use.time) as first, max(use.time) as last
    from indicator join use on
        indicator.kind = 'ip' and use.ip_key between indicator.low and indicator.high
        or indicator.kind = 'app' and indicator.low in (lower(use.app_id), lower(use.client_app_id))
        or indicator.kind = 'user_agent' and contains(use.user_agent, indicator.low)
        or indicator.kind = 'token' and use.token_key = indicator.low
        or indicator.kind = 'session' and use.session_key = indicator.low
        or indicator.kind = 'key' and use.key_id = indicator.low
    where coalesce(indicator.weak, false) or indicator.begins is null and indicator.ends is null
        or use.time < indicator.begins or use.time >= indicator.ends
    group by indicator.indicator order by indicator.indicator"""
"""Touches that are no finding: reported as leads, never as a reason for a verdict."""

ROSTER = ("mailbox", "tenant", "organisation", "account", "licence", "contact")

DECLARED = ("tenant", "stream", "from", "to", "by", "why")


@dataclass(frozen=True)
class RosterEntry:
    """One mailbox the analyst asks about; what the file leaves empty is null."""

    mailbox: str
    tenant: str | None = None
    organisation: str | None = None
    account: str | None = None
    licence: str | None = None
    contact: str | None = None


@dataclass(frozen=True)
class Declaration:
    """Someone answers for a stream being complete: every event of `begins` <= time < `ends` is in the evidence."""

    tenant: str
    stream: str
    begins: datetime
    ends: datetime
    by: str
    why: str


def read_roster(path: Path) -> tuple[RosterEntry, ...]:
    """The roster CSV, one mailbox a row; mailbox and tenant in lower case, as comparisons use them.

    Raises:
        UsageError: an unknown or missing column, a row without mailbox, a mailbox named twice.
    """
    entries: list[RosterEntry] = []
    seen: dict[tuple[str, str | None], int] = {}
    for line, row in read_table(read_text(path, "--roster"), path.name, ROSTER, ("mailbox",)):
        where = f"{path.name}, line {line}"
        said = {name: row.get(name) or None for name in ROSTER}
        mailbox = (said.pop("mailbox") or "").lower()
        if not mailbox:
            raise UsageError("no mailbox", where=where)
        tenant = said.pop("tenant")
        entry = RosterEntry(mailbox, tenant and tenant.lower(), **said)
        earlier = seen.setdefault((entry.mailbox, entry.tenant), line)
        if earlier != line:
            raise UsageError(
                f"{mailbox[:80]} stands here twice", where=where, next_step=f"see line {earlier}"
            )
        entries.append(entry)
    return tuple(entries)


def read_declarations(path: Path, streams: Sequence[str] = ()) -> tuple[Declaration, ...]:
    """The declarations TOML: `[[complete]]` with tenant (or "*"), stream, from, to, by, why.

    A day in `to` is included to its end. Times need a zone.

    Args:
        path: the file.
        streams: names of the streams that exist; empty: not checked.

    Raises:
        UsageError: the file does not say clearly who declares what complete for when.
    """
    text = read_text(path, "--declare")
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError("not TOML", where=f"{path.name}: {error}") from error
    for name in document:
        if name != "complete":
            raise UsageError(
                f"unknown table {name!r}", where=path.name, next_step=nearest(name, ("complete",))
            )
    given = document.get("complete", [])
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        raise UsageError("complete is not a list of tables", where=path.name, next_step="write [[complete]]")
    lines = _headers(text)
    return tuple(
        _declaration(one, f"{path.name}, line {lines[number] if number < len(lines) else '?'}", streams)
        for number, one in enumerate(given)
    )


def _headers(text: str) -> list[int]:
    """Line numbers of the `[[complete]]` headers: the TOML parser keeps none."""
    return [
        number
        for number, line in enumerate(text.splitlines(), 1)
        if re.match(r"\s*\[\[\s*complete\s*\]\]", line)
    ]


def _declaration(given: dict[str, Any], where: str, streams: Sequence[str]) -> Declaration:
    for name in given:
        if name not in DECLARED:
            raise UsageError(f"unknown key {name!r}", where=where, next_step=nearest(name, DECLARED))
    for name in DECLARED:
        if name not in given:
            raise UsageError(
                f"no {name!r}",
                where=where,
                next_step="a declaration says tenant, stream, from, to, by and why",
            )
    for name in ("tenant", "stream", "by", "why"):
        if not isinstance(given[name], str) or not given[name].strip():
            raise UsageError(f"{name} is not a text", where=where)
    stream = given["stream"].strip()
    if streams and stream not in streams:
        raise UsageError(f"unknown stream {stream!r}", where=where, next_step=nearest(stream, streams))
    begins, ends = _moment(given["from"], where, "from"), _moment(given["to"], where, "to")
    if type(given["to"]) is date:
        ends += timedelta(days=1)
    if ends <= begins:
        raise UsageError("to does not lie after from", where=where)
    return Declaration(
        given["tenant"].strip().lower(), stream, begins, ends, given["by"].strip(), given["why"].strip()
    )


def _moment(given: object, where: str, name: str) -> datetime:
    """A TOML date (midnight UTC) or a date-time with a zone."""
    if isinstance(given, datetime):
        if given.tzinfo is None:
            raise UsageError(
                f"{name} has no zone", where=where, next_step=f"write {given.isoformat()}Z for UTC"
            )
        return given.astimezone(UTC)
    if isinstance(given, date):
        return datetime.combine(given, time(), UTC)
    raise UsageError(f"{name} is not a date", where=where, next_step="write it without quotes: 2026-05-01")


@cache
def provider_ranges() -> tuple[tuple[str, str, str], ...]:
    """Address ranges (low and high `ip_key`, name) that stand for a provider's machines or for no place at all."""
    return tuple(_ranges())


def _ranges() -> Iterator[tuple[str, str, str]]:
    text = files("counterseal.investigate").joinpath("packs", "provider-addresses.csv").read_text("utf-8")
    for _, row in read_table(text, "provider-addresses.csv", ("cidr", "name", "source"), ("cidr", "name")):
        low, high = ip_range(row["cidr"])
        yield low, high, row["name"]
