"""CSV with a JSON record in one cell: Purview, Search-UnifiedAuditLog, Defender and Splunk exports."""

import json
from collections.abc import Iterator

import pyarrow as pa

from counterseal.evidence.csv_records import Header, Record, Records, first_records
from counterseal.evidence.packing import Framing, Reader, Stream

CELLS = ("auditdata", "raweventdata", "properties", "_raw")
"""Columns that hold the record, in lower case, the likeliest first."""

NEEDED = "auditdata"
"""A record without this cell, where the header has it, is no record: the other columns only repeat parts of it."""


def sniff(head: bytes) -> bool:
    """A CSV header with such a column, and an early record with an object in it (or no record yet)."""
    found = first_records(head, fault)
    if found is None:
        return False
    header, records = found
    named = {name.lower() for name in header.names}
    if not records:
        return NEEDED in named or CELLS[1] in named
    return NEEDED in named or any(json_column(header, cells) is not None for cells in records)


def json_columns(header: Header) -> list[int]:
    """The columns that may hold the record, likeliest first."""
    names = [name.lower() for name in header.names]
    return [names.index(name) for name in CELLS if name in names]


def json_column(header: Header, cells: list[str]) -> int | None:
    """The column that holds this record; null if none does."""
    return next((number for number in json_columns(header) if cells[number].lstrip().startswith("{")), None)


def fault(header: Header, cells: list[str]) -> str | None:
    """A JSON cell that does not end like an object was cut."""
    number = json_column(header, cells)
    if number is not None and not cells[number].rstrip().endswith("}"):
        return f"the JSON in {header.names[number]} is cut short"
    return None


def frames(stream: Stream) -> Iterator[pa.RecordBatch]:
    """The JSON cell is the record, the other cells its envelope."""
    framing = Framing(stream)
    records = Records(stream, fault)
    for record in records:
        if record.cells is None or records.header is None:
            framing.reject(record.place, record.length, record.raw, record.problem)
        else:
            frame(framing, records.header, record, record.cells)
        if framing.full:
            yield from framing.batch()
    yield from framing.batch()


def frame(framing: Framing, header: Header, record: Record, cells: list[str]) -> None:
    """Frame one whole record."""
    number = json_column(header, cells)
    place, length, raw = record.place, record.length, record.raw
    if number is not None:
        others = {
            name: cell for name, cell in zip(header.names, cells, strict=True) if name != header.names[number]
        }
        framing.add(place, length, text=cells[number], envelope=json.dumps(others), raw=raw)
    elif empty := next((name for name in header.names if name.lower() == NEEDED), None):
        framing.reject(place, length, raw, f"{empty} holds no record")
    else:
        framing.add(place, length, text=json.dumps(dict(zip(header.names, cells, strict=True))), raw=raw)


READER = Reader(
    name="csv_json",
    says="CSV with a JSON record in one cell (AuditData, RawEventData, properties, _raw).",
    order=50,
    sniff=sniff,
    frames=frames,
)
