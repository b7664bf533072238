"""Mapping files: which records of a log nobody knows here are events, and which of their fields is which column.

    source = load_map(path)      # raises UsageError

A map is refused when (in this order):

1. it is not TOML, or holds a name that the format does not have;
2. its kind is none, or its stream is none of that kind;
3. it does not say which records it means;
4. a pattern or a time format cannot be read by the engine, or names no group;
5. a column does not exist in that kind's table, is said in two ways, or may hold a word that the column does not know;
6. the time, or for uses and issuances the outcome, is not said.

Patterns are RE2 (DuckDB's `regexp_*`): no back-references, no look-around, time linear in the line's length. Lines
longer than the readers' 16 MiB and patterns longer than `MAX_PATTERN` are refused, so that no map can stall a run.
"""

import hashlib
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NoReturn

from counterseal.core.engine.duckdb import Connection, literal
from counterseal.core.errors import UsageError
from counterseal.core.vocabulary import Kind
from counterseal.evidence.mapped_columns import (
    CLOSED,
    PARTS,
    Check,
    Said,
    message_columns,
    outside,
    typed,
    writable,
)
from counterseal.evidence.mapped_fields import Fields
from counterseal.evidence.source import Source, known_streams

MAX_BYTES = 256 << 10
MAX_PATTERN = 4_000
LINES_TRIED = 50
PREFIX = "map:"
"""What the names of mapped sources begin with, in the column `source` and in the manifest."""

TOP = ("name", "says", "kind", "stream", "record", "columns", "reject")
RECORD = ("line", "has", "where", "events", "id")
COLUMN = ("field", "constant", "pattern", "part", "values", "otherwise", "format", "zone")
REJECT = ("missing", "field", "matching", "not_matching", "is")
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,40}")
ZONE = re.compile(r"([+-])(\d\d):(\d\d)")


@dataclass(frozen=True, eq=False)
class MappedSource(Source):
    """A log described by a file of the analyst's.

    Attributes:
        version: hash of the file: with another map, evidence is read again.
        gives: the kind of its events.
        pattern: of the lines it reads; empty: it reads JSON or CSV.
    """

    version: str = ""
    gives: Kind = Kind.USE
    pattern: str = ""


def load_map(path: Path) -> MappedSource:
    """Read a mapping file.

    Raises:
        UsageError: it cannot be read or understood; says where, and what to do.
    """
    try:
        with path.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
        text = raw.decode("utf-8-sig")
    except OSError as error:
        raise UsageError(f"cannot read the map: {error.strerror}", where=str(path)) from error
    except UnicodeDecodeError as error:
        raise UsageError("the map is not UTF-8", where=f"{path}, byte {error.start}") from error
    if len(raw) > MAX_BYTES:
        raise UsageError(f"the map is longer than {MAX_BYTES} bytes", where=str(path))
    return parse_map(text, str(path))


def load_maps(paths: Sequence[Path]) -> tuple[MappedSource, ...]:
    """Read several; each has a name of its own.

    Raises:
        UsageError: as `load_map`, or two maps have one name.
    """
    maps = tuple(load_map(path) for path in paths)
    names = [mapped.name for mapped in maps]
    for name in names:
        if names.count(name) > 1:
            raise UsageError(f"two maps are named {name.removeprefix(PREFIX)}", where="--map")
    return maps


def parse_map(text: str, where: str) -> MappedSource:
    """Read the text of a mapping file; `where` names it in errors.

    Raises:
        UsageError: it cannot be understood.
    """
    try:
        document = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise UsageError("the map is not TOML", where=f"{where}: {error}") from error
    return Parser(document, where).source(hashlib.sha256(text.encode()).hexdigest()[:16])


class Parser:
    """One mapping file being read; the steps are those at the top of this module."""

    def __init__(self, document: Mapping[str, Any], where: str) -> None:
        self.document = document
        self.where = where

    def source(self, version: str) -> MappedSource:
        """The source it describes."""
        self.known(self.document, TOP, "")
        name = self.text(self.document, "name", "")
        if not NAME.fullmatch(name):
            self.fail(f"{name!r} is no name", "name", "use small letters, digits, dots and dashes")
        kind = self.kind()
        stream = self.stream(kind)
        record = self.table(self.document, "record", "")
        self.known(record, RECORD, "record")
        line = self.pattern(record, "line", "record") if "line" in record else ""
        fields = Fields(self.groups(line) if line else None, self.field_failed)
        claims = self.claims(record, fields)
        events = " and ".join(self.conditions(record, "events", fields))
        event_kind = literal(kind.value)
        columns, rejects = self.columns(kind, fields)
        if stream:
            columns = {"stream": literal(stream), **columns}
        rejects |= {words: check.predicate for words, check in self.rejects(fields)}
        identity = fields.identity(self.texts(record, "id", "record"))
        return MappedSource(
            name=PREFIX + name,
            says=self.text(self.document, "says", "")
            if "says" in self.document
            else f"A log mapped by {name}",
            system=PREFIX + name,
            structure=fields.structure("record"),
            claims=claims,
            kind=f"case when {events} then {event_kind} end" if events else event_kind,
            native_id=identity,
            columns=columns,
            rejects=rejects,
            envelopes={"groups": fields.envelope(line)} if line else {"bare": "text"},
            in_lines=bool(line),
            version=version,
            gives=kind,
            pattern=line,
        )

    def kind(self) -> Kind:
        """Step 2: what its records are."""
        kind = self.text(self.document, "kind", "")
        if kind not in list(Kind):
            self.fail(f"{kind!r} is no kind of event", "kind", f"write one of {', '.join(Kind)}")
        return Kind(kind)

    def stream(self, kind: Kind) -> str | None:
        """Step 2: which stream of that kind they belong to; custody may have none."""
        if kind is Kind.CUSTODY and "stream" not in self.document:
            return None
        stream = self.text(self.document, "stream", "")
        names = [known.name for known in known_streams() if known.kind is kind]
        if stream not in names:
            self.fail(f"no stream of kind {kind} is named {stream!r}", "stream", nearest(stream, names))
        return stream

    def claims(self, record: Mapping[str, Any], fields: Fields) -> str:
        """Step 3: the condition that a record is one of this log."""
        tests = [
            f"{fields.said(path, 'record.has')} is not null" for path in self.texts(record, "has", "record")
        ]
        tests += self.conditions(record, "where", fields)
        if fields.groups is not None:
            tests.append("body is not null")
        if not tests:
            self.fail(
                "the map means every record of every file",
                "record",
                'say which fields its records have: has = ["a", "b"], or what a field says: where = { a = ["x"] }',
            )
        return " and ".join(f"({test})" for test in tests)

    def conditions(self, record: Mapping[str, Any], name: str, fields: Fields) -> list[str]:
        """Conditions that fields hold one of some values."""
        where = f"record.{name}"
        return [
            f"{fields.said(path, where)} in ({', '.join(map(literal, self.words(allowed, f'{where}.{path}')))})"
            for path, allowed in self.table(record, name, "record").items()
        ]

    def columns(self, kind: Kind, fields: Fields) -> tuple[dict[str, str], dict[str, str]]:
        """Steps 5 and 6: every column's expression, and what makes a record useless."""
        given = self.table(self.document, "columns", "")
        for needed in ("time", *(() if kind is Kind.CUSTODY else ("outcome",))):
            if needed not in given:
                self.fail(
                    f"the map does not say the {needed}",
                    "columns",
                    f'write {needed} = "the field that holds it"'
                    + (
                        f', or {needed} = {{ constant = "{CLOSED["outcome"][kind][0]}" }}'
                        if needed == "outcome"
                        else ""
                    ),
                )
        known = writable(kind)
        rejects: dict[str, str] = {}
        found: dict[str, str] = {}
        for name, said in given.items():
            if name not in known:
                self.fail(f"{kind} has no column {name[:60]!r}", "columns", nearest(name, known))
            value = self.said(said, f"columns.{name}", fields)
            closed = CLOSED.get(name, {}).get(kind, ())
            for word in value.words if closed else ():
                if word not in closed:
                    self.fail(
                        f"{name} cannot be {word!r}", f"columns.{name}", f"it is one of {', '.join(closed)}"
                    )
            found[name] = typed(name, known[name], value)
            if closed and value.constant is None:
                rejects[f"{name} is none of {', '.join(closed)}"] = outside(found[name], closed)
        rejects = {"the time is missing or not a time": f"{found['time']} is null", **rejects}
        if "outcome" in given and kind is not Kind.CUSTODY:
            rejects["the outcome is missing"] = f"{found['outcome']} is null"
        return message_columns(found), rejects

    def said(self, given: object, where: str, fields: Fields) -> Said:
        """One column: a field, a list of fields of which the first that says something counts, or a table."""
        if isinstance(given, str | list):
            given = {"field": given}
        if not isinstance(given, dict):
            self.fail(
                "neither a field nor a table",
                where,
                'write "field", ["field", "field"] or { constant = "x" }',
            )
        self.known(given, COLUMN, where)
        if ("field" in given) == ("constant" in given):
            self.fail("either a field or a constant", where, "write one of the two")
        if "constant" in given:
            return Said("", constant=self.words(given["constant"], f"{where}.constant")[0])
        text = fields.first([fields.said(path, where) for path in self.texts(given, "field", where)])
        if "pattern" in given:
            pattern = self.pattern(given, "pattern", where)
            if not re.compile(pattern).groups:
                self.fail("the pattern takes nothing out", f"{where}.pattern", "put what is wanted in ( )")
            text = f"nullif(regexp_extract({text}, {literal(pattern)}, 1), '')"
        if "part" in given:
            part = self.text(given, "part", where)
            if part not in PARTS:
                self.fail(f"no part is named {part!r}", f"{where}.part", nearest(part, list(PARTS)))
            text = PARTS[part].format(text)
        values = {
            key: self.words(word, f"{where}.values")[0]
            for key, word in self.table(given, "values", where).items()
        }
        otherwise = self.words(given["otherwise"], f"{where}.otherwise")[0] if "otherwise" in given else None
        formats = self.texts(given, "format", where)
        for pattern in formats:
            self.check_format(pattern, f"{where}.format", given)
        return Said(text, None, values, otherwise, tuple(formats), self.zone(given, where))

    def rejects(self, fields: Fields) -> Iterable[tuple[str, Check]]:
        """The author's own checks: reason -> predicate."""
        for words, given in self.table(self.document, "reject", "").items():
            where = f"reject.{words[:40]}"
            if not words.strip() or len(words) > 120 or not words.isprintable():
                self.fail("a reason is a few words", where, 'write "no user" = { missing = "user" }')
            if not isinstance(given, dict):
                self.fail(
                    "a check is a table",
                    where,
                    '{ missing = "field" } or { field = "a", not_matching = "^[0-9]+$" }',
                )
            self.known(given, REJECT, where)
            if "missing" in given:
                yield words, Check(f"{fields.said(self.text(given, 'missing', where), where)} is null")
                continue
            text = fields.said(self.text(given, "field", where), where)
            if "is" in given:
                listed = ", ".join(map(literal, self.words(given["is"], where)))
                yield words, Check(f"{text} in ({listed})")
            elif "matching" in given or "not_matching" in given:
                name = "matching" if "matching" in given else "not_matching"
                matches = f"regexp_matches({text}, {literal(self.pattern(given, name, where))})"
                yield words, Check(matches if name == "matching" else f"not coalesce({matches}, false)")
            else:
                self.fail("the check tests nothing", where, "write is, matching or not_matching beside field")

    def pattern(self, given: Mapping[str, Any], name: str, where: str) -> str:
        """Step 4: a regular expression that RE2 takes."""
        import duckdb  # the engine that will run it has the last word

        pattern = self.text(given, name, where)
        where = f"{where}.{name}"
        if len(pattern) > MAX_PATTERN:
            self.fail(f"the pattern is longer than {MAX_PATTERN} characters", where, None)
        try:
            with duckdb.connect() as con:
                con.execute("select regexp_matches('', ?)", [pattern]).fetchall()
            re.compile(pattern)
        except (duckdb.Error, re.error, RecursionError, OverflowError) as error:
            says = str(error).splitlines()[0].removeprefix("Invalid Input Error: ")
            self.fail(
                f"the pattern cannot be read: {says}", where, "write RE2: no look-around, no back-references"
            )
        return pattern

    def check_format(self, written: str, where: str, given: Mapping[str, Any]) -> None:
        """Step 4: a strptime format that the engine takes, and whose times have a zone."""
        import duckdb

        try:
            with duckdb.connect() as con:
                con.execute("select try_strptime('', ?)", [written]).fetchall()
        except duckdb.Error as error:
            self.fail(
                f"the time format cannot be read: {str(error).splitlines()[0]}",
                where,
                "write it like %Y-%m-%d %H:%M:%S",
            )
        if "%z" not in written and "zone" not in given:
            self.fail("a time without a zone", where, 'add zone = "+00:00", or %z to the format')

    def zone(self, given: Mapping[str, Any], where: str) -> int:
        """Minutes east of the zone that the log's times are in."""
        if "zone" not in given:
            return 0
        written = self.text(given, "zone", where)
        found = ZONE.fullmatch(written)
        if not found or not given.get("format"):
            self.fail(
                f"{written[:20]!r} is no zone of a format",
                f"{where}.zone",
                'write format, and zone like "+02:00"',
            )
        return (-1 if found[1] == "-" else 1) * (60 * int(found[2]) + int(found[3]))

    def groups(self, line: str) -> list[str]:
        """The names of a line pattern's groups, in order; nameless ones get a name that no field has."""
        compiled = re.compile(line)
        names = {number: name for name, number in compiled.groupindex.items()}
        if not names:
            self.fail("the pattern names no group", "record.line", "name what it finds: (?P<user>[^ ]+)")
        return [names.get(number, f" {number}") for number in range(1, compiled.groups + 1)]

    def field_failed(self, path: str, where: str, known: Sequence[str] | None) -> NoReturn:
        """A field cannot be what is written there."""
        advice = (
            nearest(path, known)
            if known is not None
            else 'write it like "user.name", or "/user.name" with a dot'
        )
        self.fail(f"no field {path[:60]!r}", where, advice)

    def table(self, given: Mapping[str, Any], name: str, where: str) -> Mapping[str, Any]:
        """A table, empty where there is none."""
        found = given.get(name, {})
        if not isinstance(found, dict):
            self.fail(f"{name} is a table", ".".join(filter(None, (where, name))), f"write [{name}]")
        return found

    def text(self, given: Mapping[str, Any], name: str, where: str) -> str:
        """Text that has to be there."""
        found = given.get(name)
        if not isinstance(found, str) or not found.strip():
            self.fail(f"{name} is missing or no text", where or "top", f'write {name} = "…"')
        return found

    def texts(self, given: Mapping[str, Any], name: str, where: str) -> list[str]:
        """One text or a list of them, none where there is none."""
        found = given.get(name, [])
        found = [found] if isinstance(found, str) else found
        if not isinstance(found, list) or not all(isinstance(entry, str) and entry for entry in found):
            self.fail(
                f"{name} is no text and no list of texts", where, f'write {name} = "a" or {name} = ["a", "b"]'
            )
        return found

    def words(self, given: object, where: str) -> list[str]:
        """One value or several, spelt as JSON spells them."""
        found = given if isinstance(given, list) else [given]
        if not found or not all(isinstance(entry, str | int | bool) for entry in found):
            self.fail("neither text nor a number", where, 'write "text", 200, true, or a list of these')
        return [str(entry).lower() if isinstance(entry, bool) else str(entry) for entry in found]

    def known(self, given: Mapping[str, Any], names: Sequence[str], where: str) -> None:
        """Step 1: refuse a name that the format does not have."""
        for name in given:
            if name not in names:
                self.fail(f"unknown name {name[:60]!r}", where or "top", nearest(name, names))

    def fail(self, what: str, where: str, next_step: str | None) -> NoReturn:
        """Refuse the map."""
        raise UsageError(what, where=f"{self.where}: {where}", next_step=next_step)


def reads_as_lines(con: Connection, maps: Sequence[MappedSource], head: bytes) -> bool:
    """Are most of a file's first lines lines of a map, whatever else they look like (commas make a CSV)?"""
    lines = [line.strip() for line in head.decode("utf-8", "replace").split("\n")[:LINES_TRIED]]
    lines = [line for line in lines if line]
    for mapped in maps:
        if mapped.pattern and lines:
            query = (
                "select count(*) filter (where regexp_matches(line, $p)) from (select unnest($lines) as line)"
            )
            found = con.execute(query, {"p": mapped.pattern, "lines": lines}).fetchall()
            if found[0][0] * 2 > len(lines):
                return True
    return False


def nearest(name: str, known: Iterable[str]) -> str:
    """Advice for a misspelt name: the nearest ones, and all there are."""
    names = list(known)
    close = get_close_matches(name, names, n=3)
    listed = f"known are {', '.join(names)}"
    return f"did you mean {' or '.join(close)}? {listed}" if close else listed
