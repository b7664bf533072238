"""Which sources can claim records at all: those of whose claimed fields a name stands in the records' text.

Asking a source costs a query; most are ruled out by their fields' names alone.
"""

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import pyarrow as pa

from counterseal.core.engine.duckdb import Connection, literal, one
from counterseal.evidence.projection import Dress
from counterseal.evidence.source import Source

FIELD = re.compile(r'\br\.(?:"([^"]+)"|(\w+))')


@cache
def names_claimed(source: Source) -> tuple[str, ...]:
    """The record's fields by which a source claims a record, lower case, sorted."""
    return tuple(sorted({(quoted or plain).lower() for quoted, plain in FIELD.findall(source.claims)}))


def likeliest_first(dresses: Iterable[Dress], sample: pa.RecordBatch) -> list[Dress]:
    """The dresses that may claim records of a sample, those first of whose names most stand in it."""
    texts = (*sample.column("text").to_pylist(), *sample.column("envelope").to_pylist())
    text = "\n".join(part for part in texts if part).lower()

    def share(dress: Dress) -> float:
        """Of the names by which it claims, how many stand in the sample; a log of lines is asked after those of JSON."""
        names = names_claimed(dress.source)
        if dress.source.line or not names:
            return 0.5
        return sum(name in text for name in names) / len(names)

    shares = {dress: share(dress) for dress in dresses}
    likely = [dress for dress in shares if shares[dress]]
    return sorted(likely, key=lambda dress: (-shares[dress], dress.source.name, dress.envelope))


def still_likely(
    con: Connection, dresses: Iterable[Dress], left: Iterable[Path], *, lines: bool
) -> list[Dress]:
    """The dresses that may claim records that are left, in the order given.

    Args:
        con: an engine connection.
        dresses: who may be asked.
        left: Parquet files of frames.
        lines: the reader frames lines: a record may be JSON behind a prefix. Else what is no JSON is no source's
            but of those that read lines.
    """
    dresses = list(dresses)
    names = sorted({name for dress in dresses for name in names_claimed(dress.source)})
    if not names:
        return dresses
    tests = ", ".join(f"coalesce(bool_or(contains(t, {literal(name)})), false)" for name in names)
    readable = (
        "true" if lines else "coalesce(json_valid(text), false) or coalesce(json_valid(envelope), false)"
    )
    listed = ", ".join(literal(str(path)) for path in left)
    answers = one(
        con,
        f"""select {tests} from (select lower(concat(text, envelope)) as t
            from read_parquet([{listed}], hive_partitioning = false) where {readable})""",
    )
    found = {name for name, stands in zip(names, answers, strict=True) if stands}
    return [
        dress
        for dress in dresses
        if dress.source.line or not names_claimed(dress.source) or found & set(names_claimed(dress.source))
    ]
