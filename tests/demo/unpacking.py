"""Read an export of the synthetic incident without the product: plain csv, json and gzip."""

import csv
import gzip
import io
import json
from pathlib import Path
from typing import Any


def content(path: Path) -> bytes:
    """The file's bytes, decompressed: compressors differ between machines, what they compress does not."""
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()


def records(path: Path) -> list[Any]:
    """Every record in order: an object, a line of text, or None for what is neither."""
    raw = content(path)
    if path.suffix == ".csv":
        return [inner(row) for row in csv.DictReader(io.StringIO(raw.decode("utf-8-sig"), newline=""))]
    if path.suffix == ".json":
        return list(values(raw.decode()))
    return [parsed(line) for line in raw.splitlines()]


def inner(row: dict[str, str]) -> dict[str, Any]:
    """The record inside a row, with the row's other cells beside it."""
    return {**row, **json.loads(row["AuditData"])} if "AuditData" in row else dict(row)


def values(text: str) -> Any:
    """The records of JSON values written one after the other: arrays, pages and single objects."""
    decoder, place = json.JSONDecoder(), 0
    while place < len(text.rstrip()):
        value, place = decoder.raw_decode(text, place)
        yield from value if isinstance(value, list) else value.get("value", [value])
        while text[place : place + 1].isspace():
            place += 1


def parsed(line: bytes) -> Any:
    """A line as JSON, or as text, or None if it should be JSON and is not."""
    try:
        text = line.decode()
        found = json.loads(text) if text.startswith("{") else text
    except ValueError:
        return None
    return found.get("properties", found) if isinstance(found, dict) else found
