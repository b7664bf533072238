"""What a source is: a declared structure, a projection in SQL, and what its streams can and cannot prove."""

import importlib
import json
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from typing import Any

from counterseal.core.errors import UsageError
from counterseal.core.vocabulary import Kind
from counterseal.evidence import sources

Structure = Mapping[str, Any]
"""DuckDB's json_transform structure: {"Id": "VARCHAR", "Folders": [{"Path": "VARCHAR"}]}."""


@dataclass(frozen=True)
class LogStream:
    """One stream of a log, and what its presence or absence can prove.

    Attributes:
        name: as it stands in the `stream` column, e.g. "signin.interactive".
        kind: issuance, use or custody.
        family: issuance streams of one family answer together for a grant ("entra", "oidc"); for a use stream,
            the family whose streams would hold its token, or "any" for whatever family has the authority's records.
        holds: principal types whose grants this issuance stream holds.
        optional: an issuance stream that only counts where the evidence shows that it exists (AD FS).
        accuses: false for a stream that may match a use but never accuse one (derived joins).
        longest_lifetime: of a token this stream records; how far before a use its issuance may lie.
        lag: how late records may appear.
        retention: how long the provider keeps it by default; null: unknown.
        session_from: the stream whose rows carry the token of this use stream's sessions; empty: none.
        note: one sentence for the reference page.
    """

    name: str
    kind: Kind
    family: str
    holds: tuple[str, ...] = ()
    optional: bool = False
    accuses: bool = True
    longest_lifetime: timedelta = timedelta(hours=28)
    lag: timedelta = timedelta(hours=1)
    retention: timedelta | None = None
    session_from: str = ""
    note: str = ""


@dataclass(frozen=True, eq=False)
class Source:
    """One log, one file.

    The engine parses each record once into `r` (a struct of `structure`) and evaluates SQL expressions over
    `r`, `around` (JSON text of what was wrapped round the record, or null) and `each` (see `each`).

    Attributes:
        name: the module's name; `--source NAME`.
        says: one sentence: which log this is.
        system: the system whose native ids are unique; equal for all sources that hold the same records.
        structure: of the inner record.
        claims: is this record one of mine? Exactly one source may claim a record.
        kind: 'issuance', 'use', 'custody' or 'out_of_scope'.
        native_id: the record's own id, null if it has none (then the parsed record is hashed).
        columns: event column (core.events) -> expression. `*_key`, `acting_app`, `authority` and `event_id` are
            the engine's.
        rejects: reason in plain words -> predicate: a record of mine that cannot be used.
        expected: how many records the export says it has, where a record tells (ResultCount), else null.
        each: a list expression for records that hold several events; `each` is then one element.
        envelopes: name -> expression over `text` and `envelope` that gives the inner record as JSON text or null.
        line: for logs of lines: the line as a JSON-able mapping, or null if it is not one of mine.
        in_lines: the envelopes apply to lines of text too.
        contradicts: columns that every envelope spells alike, so that two copies of one id that differ in them
            contradict each other.
        capped_at: row counts at which an export of this log is cut without a word.
        streams: what it holds.
        vendor: pages read for it.
        export: how to get it.
        proves, cannot: sentences for the reference page.
    """

    name: str
    says: str
    system: str
    structure: Structure
    claims: str
    kind: str
    native_id: str
    columns: Mapping[str, str]
    rejects: Mapping[str, str] = field(default_factory=dict)
    expected: str = "null"
    each: str | None = None
    envelopes: Mapping[str, str] = field(default_factory=lambda: {"bare": "text"})
    line: Callable[[str], Mapping[str, Any] | None] | None = None
    in_lines: bool = False
    contradicts: tuple[str, ...] = ()
    capped_at: tuple[int, ...] = ()
    streams: tuple[LogStream, ...] = ()
    vendor: tuple[str, ...] = ()
    export: str = ""
    proves: str = ""
    cannot: str = ""

    @property
    def structure_json(self) -> str:
        """The structure as json_transform takes it."""
        return json.dumps(self.structure)


@cache
def known_sources() -> tuple[Source, ...]:
    """Every source in the folder, by name."""
    found = [
        importlib.import_module(f"{sources.__name__}.{module.name}").SOURCE
        for module in pkgutil.iter_modules(sources.__path__)
    ]
    return tuple(sorted(found, key=lambda source: source.name))


def source_named(name: str) -> Source:
    """The source of that name.

    Raises:
        UsageError: there is none.
    """
    for source in known_sources():
        if source.name == name:
            return source
    raise UsageError(
        f"no source is named {name}",
        where="--source",
        next_step="one of: " + ", ".join(source.name for source in known_sources()),
    )


def known_streams() -> tuple[LogStream, ...]:
    """Every stream of every source, by name."""
    streams = {stream.name: stream for source in known_sources() for stream in source.streams}
    return tuple(streams[name] for name in sorted(streams))
