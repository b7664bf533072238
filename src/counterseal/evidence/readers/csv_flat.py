"""CSV whose cells are the fields: Sentinel and portal exports."""

import json
from collections.abc import Iterator

import pyarrow as pa

from counterseal.evidence.csv_records import Header, Records, first_records
from counterseal.evidence.packing import Framing, Reader, Stream


def sniff(head: bytes) -> bool:
    """A header, and an early record with a cell for each of its names."""
    return first_records(head, fault) is not None


def fault(_header: Header, _cells: list[str]) -> str | None:
    """As many cells as the header has names are all that can be asked."""
    return None


def frames(stream: Stream) -> Iterator[pa.RecordBatch]:
    """Each record as a JSON object of its cells, names as the header has them."""
    framing = Framing(stream)
    records = Records(stream, fault)
    for record in records:
        if record.cells is None or records.header is None:
            framing.reject(record.place, record.length, record.raw, record.problem)
        else:
            text = json.dumps(dict(zip(records.header.names, record.cells, strict=True)))
            framing.add(record.place, record.length, text=text, raw=record.raw)
        if framing.full:
            yield from framing.batch()
    yield from framing.batch()


READER = Reader(
    name="csv_flat",
    says="CSV whose cells are the fields (Sentinel, Defender, Entra portal).",
    order=60,
    sniff=sniff,
    frames=frames,
)
