"""Where each record of a CSV file starts and ends, and its cells, whatever happened to its quotes.

A record ends with the first line on which its quotes are even. Where what that gives has another number of cells than
the header, a quote was lost: then the first later line on which a whole record starts ends the damage. So a record that
was cut inside a quoted cell costs itself and no neighbour (RFC 4180 has no such rule; readers that lack it lose rows).
"""

import csv
import re
from codecs import BOM_UTF8
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO
from itertools import islice

from counterseal.evidence.packing import MAX_RECORD_BYTES, RAW_KEPT, Stream, text_of, whole_lines

MAX_COLUMNS = 2_000
DELIMITERS = ",;\t|"
TYPE_LINE = b"#TYPE"
NAME = re.compile(r"[A-Za-z_@$(][^={}<>\r\n\0]{0,127}")
"""A column's name. Prose and log lines with commas have blanks after them, signs or times where names would be."""

SNIFFED = 20
"""Records that are tried before a file is said not to be CSV."""

csv.field_size_limit(MAX_RECORD_BYTES)


@dataclass(frozen=True)
class Header:
    """A CSV file's first line that names its columns.

    Attributes:
        names: as they stand, blanks included; a name that comes again gets " (2)", " (3)" ….
        delimiter: between cells.
        line: the line itself, without its end.
    """

    names: tuple[str, ...]
    delimiter: str
    line: bytes

    def cells(self, text: str) -> list[str] | None:
        """A record's cells, one per column; null if there are not as many."""
        found: list[str] = []
        for strict in (True, False):
            try:
                found = next(csv.reader([text], delimiter=self.delimiter, strict=strict), [])
                break
            except csv.Error:
                continue
        while len(found) > len(self.names) and not found[-1]:
            found.pop()
        return found if len(found) == len(self.names) else None


Fault = Callable[[Header, list[str]], str | None]


def header_of(line: bytes) -> Header | None:
    """The header that a line is; null if it is none."""
    line = line.rstrip(b"\r\n")
    text, problem = text_of(line)
    if problem or not text:
        return None
    delimiter = max(DELIMITERS, key=text.count)
    try:
        names = next(csv.reader([text], delimiter=delimiter, strict=True))
    except csv.Error:
        return None
    if not 2 <= len(names) <= MAX_COLUMNS or not all(NAME.fullmatch(name) for name in names):
        return None
    return Header(tuple(told_apart(names)), delimiter, line)


def told_apart(names: list[str]) -> Iterator[str]:
    """Names, each once: Entra's portal writes "Incoming token type" twice."""
    seen: dict[str, int] = {}
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        yield name if seen[name] == 1 else f"{name} ({seen[name]})"


@dataclass(frozen=True)
class Record:
    """One CSV record, or what is left of one.

    Attributes:
        place: offset of its first byte.
        length: bytes, its line's end left out.
        raw: as it stands in the file; of a very long one, the beginning.
        cells: one per column; null if it cannot be read.
        problem: why not.
    """

    place: int
    length: int
    raw: str
    cells: list[str] | None
    problem: str = ""


@dataclass(frozen=True)
class Line:
    """One physical line."""

    place: int
    content: bytes
    length: int

    @property
    def odd(self) -> bool:
        """Does it open or close a quoted cell?"""
        return self.content.count(b'"') % 2 == 1


class Records:
    """The records of a CSV file, one after another; the header is found on the way and is none.

    Args:
        stream: the file.
        fault: what is wrong with these cells, one per column; null: nothing. What has a fault is taken for damage.
    """

    def __init__(self, stream: Stream, fault: Fault) -> None:
        self.header: Header | None = None
        self._fault = fault
        self._stream = stream
        self._unread = physical_lines(stream)
        self._held: list[Line] = []  # lines read ahead

    def __iter__(self) -> Iterator[Record]:
        """Every record."""
        while self._line(0) is not None:
            first = self._held[0]
            if not first.content.strip():
                del self._held[0]
            elif self.header is None:
                del self._held[0]
                if not first.content.startswith(TYPE_LINE):
                    self.header = header_of(first.content)
                    if self.header is None:
                        yield self._record([first], "the header cannot be read")
                        return
            elif first.content.rstrip(b"\r\n") == self.header.line:
                del self._held[0]  # files put one after the other
            else:
                yield self._next()

    def _line(self, number: int) -> Line | None:
        """A line read ahead; null at the end of the file."""
        while len(self._held) <= number:
            line = next(self._unread, None)
            if line is None:
                return None
            self._held.append(line)
        return self._held[number]

    def _next(self) -> Record:
        """The record that starts with the first line held."""
        if self._held[0].length > len(self._held[0].content):
            return self._record([self._held.pop(0)], f"longer than {MAX_RECORD_BYTES} bytes")
        end, closed = self._end_of(0)
        record = self._record(self._held[:end])
        if not closed or record.cells is None:
            problem = "quote never closed" if not closed or end > 1 else record.problem
            start = next((start for start in range(1, end) if self._starts(start)), end)
            end, record = start, self._record(self._held[:start], problem)
            if problem == "quote never closed":
                self._stream.notice("truncated", "records are cut off inside a cell: what they held is lost")
        del self._held[:end]
        return record

    def _end_of(self, start: int) -> tuple[int, bool]:
        """After which line a record that starts at a line ends, and whether its quotes are closed there."""
        first = self._held[start]
        if not first.odd:
            return start + 1, True
        number, size = start + 1, first.length
        while (line := self._line(number)) is not None:
            number, size = number + 1, size + line.length
            if size > MAX_RECORD_BYTES:
                return number, False
            if line.odd:
                return number, True
        return number, False

    def _starts(self, start: int) -> bool:
        """Does a whole record start with this line?"""
        if not self._held[start].content.strip():
            return False
        end, closed = self._end_of(start)
        return closed and self._record(self._held[start:end]).cells is not None

    def _record(self, lines: list[Line], problem: str = "") -> Record:
        """A record of these lines."""
        place = lines[0].place
        content = b"".join(line.content for line in lines)
        length = len(content.rstrip(b"\r\n"))
        if lines[0].length > len(lines[0].content):
            length = lines[0].length
        raw, undecodable = text_of(content.rstrip(b"\r\n"))
        problem = problem or undecodable or ""
        cells = None
        if not problem and self.header:
            cells = self.header.cells(raw)
            if cells is None:
                problem = f"does not have the header's {len(self.header.names)} columns"
            elif fault := self._fault(self.header, cells):
                cells, problem = None, fault
        return Record(place, length, raw[:RAW_KEPT] if problem else raw, cells, problem)


def physical_lines(stream: Stream) -> Iterator[Line]:
    """Lines with their ends; of one that is too long, the beginning."""
    for lines in whole_lines(stream):
        if lines.overlong:
            yield Line(lines.place, lines.block, lines.length)
            continue
        place = lines.place
        for content in BytesIO(lines.block):
            skipped = len(BOM_UTF8) if content.startswith(BOM_UTF8) else 0  # files one after the other
            yield Line(place + skipped, content[skipped:], len(content) - skipped)
            place += len(content)


def first_records(head: bytes, fault: Fault) -> tuple[Header, list[list[str]]] | None:
    """The header and early records, if a file begins like CSV: one of them has a cell for each name, or there is none."""
    records = Records(Stream(BytesIO(head)), fault)
    found = list(islice(records, SNIFFED))
    read = [record.cells for record in found if record.cells]
    if records.header is None:
        return None
    # Nothing but a header, or a first record longer than the head.
    alone = not found or (len(found) == 1 and found[0].place + found[0].length >= len(head.rstrip()))
    return (records.header, read) if read or (alone and len(records.header.names) >= 4) else None
