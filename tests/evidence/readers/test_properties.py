"""What holds for every reader whatever the file: nothing raises, nothing is lost, nothing depends on how it is read."""

import csv
import io
import json
from typing import Any

import pytest
from framed import HERE, Framed, as_stands, framed, unpacked
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from counterseal.evidence.packing import known_readers

READERS = {reader.name: reader for reader in known_readers()}
SEEDS = [
    path.read_bytes()
    for folder in sorted(HERE.iterdir())
    if folder.is_dir()
    for path in sorted(folder.iterdir())
    if path.suffix in (".ndjson", ".json", ".csv", ".log") and not path.name.endswith(".expected.json")
]
many = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])

WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=12)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | WORDS | st.just('a "quoted", word\\') | st.just("@{Name=x}"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=6,
)
RECORDS = st.lists(
    st.fixed_dictionaries({"Id": st.uuids().map(str), "Operation": WORDS, "More": VALUES}),
    min_size=2,
    max_size=6,
    unique_by=lambda record: record["Id"],
)
Record = dict[str, Any]


def ndjson(records: list[str]) -> str:
    """One a line."""
    return "\n".join(records) + "\n"


def json_values(records: list[str]) -> str:
    """One array."""
    return "[" + ",\n".join(records) + "]"


def csv_json(records: list[str]) -> str:
    """Each in the cell of an export of the audit log."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows(
        [["CreationDate", "UserIds", "Operations", "AuditData"], *(["t", "u", "o", r] for r in records)]
    )
    return text.getvalue()


PACKINGS = {"ndjson": ndjson, "json_values": json_values, "csv_json": csv_json}


def ids(found: Framed) -> set[str]:
    """The ids of every record that was framed as whole JSON text."""
    whole = set()
    for text in found.texts:
        try:
            record = json.loads(text or "{}")
        except ValueError:  # a line that was cut is for the source to refuse
            continue
        whole.add(record.get("Id") if isinstance(record, dict) else None)
    return whole


@pytest.mark.parametrize("name", READERS)
@given(
    content=st.binary(max_size=400) | st.text('{}[]":,;\n\r\t\\a1 ', max_size=200).map(str.encode),
    size=st.integers(1, 64),
)
@many
def test_any_bytes(name: str, content: bytes, size: int) -> None:
    """Random bytes raise nothing; frames stand in order, do not overlap, and pin what they say."""
    found = framed(content, batch_bytes=size, reader=READERS[name])
    body, end = unpacked(content), 0
    for frame in found.frames:
        pinned = (
            body[frame["place"] : frame["place"] + frame["length"]].decode("utf-8", "replace").rstrip("\r\n")
        )
        assert (pinned, frame["place"] >= end) == (as_stands(frame), True)
        end = frame["place"] + frame["length"]
    assert found.counted == len(found.frames)


@given(
    content=st.binary(max_size=300),
    seed=st.sampled_from(SEEDS),
    place=st.integers(0, 3000),
    gap=st.integers(0, 300),
)
@many
def test_mutated_files(content: bytes, seed: bytes, place: int, gap: int) -> None:
    """A good file with something else in its middle raises nothing and depends on no chunk size."""
    mutated = seed[:place] + content + seed[place + gap :]
    assert framed(mutated, batch_bytes=5) == framed(mutated)


@pytest.mark.parametrize("name", PACKINGS)
@given(records=RECORDS, size=st.integers(1, 500))
@many
def test_every_record_is_framed(name: str, records: list[Record], size: int) -> None:
    """Records packed in any way come out as they went in, in order, whatever is read at a time."""
    texts = [json.dumps(record) for record in records]
    found = framed(PACKINGS[name](texts).encode(), batch_bytes=size)
    assert (found.reader, found.texts) == (name, texts)


@pytest.mark.parametrize("name", PACKINGS)
@given(records=RECORDS)
@many
def test_line_ends(name: str, records: list[Record]) -> None:
    """CR LF and LF give the same texts."""
    text = PACKINGS[name]([json.dumps(record) for record in records])
    assert framed(text.replace("\n", "\r\n").encode()).texts == framed(text.encode()).texts


@pytest.mark.parametrize("name", PACKINGS)
@given(records=RECORDS)
@many
def test_encodings(name: str, records: list[Record]) -> None:
    """A byte-order mark and UTF-16 of either order change no text."""
    text = PACKINGS[name]([json.dumps(record, ensure_ascii=False) for record in records])
    plain = framed(text.encode()).texts
    assert [framed(text.encode(encoding)).texts for encoding in ("utf-8-sig", "utf-16")] == [plain] * 2
    assert framed(b"\xfe\xff" + text.encode("utf-16-be")).texts == plain


@pytest.mark.parametrize("name", PACKINGS)
@given(records=RECORDS, number=st.integers(0, 5), kept=st.integers(3, 300))
@many
def test_a_cut_record_costs_no_neighbour(name: str, records: list[Record], number: int, kept: int) -> None:
    """Whatever place a record is cut at, in the file, every other one is framed whole."""
    texts = [json.dumps(record) for record in records]
    number %= len(texts)
    packed = PACKINGS[name](texts)
    stands = (
        json.dumps(texts[number])[1:-1].replace('\\"', '""').replace("\\\\", "\\")
        if name == "csv_json"
        else texts[number]
    )
    begin = packed.index(stands)
    cut = packed[: begin + min(kept, len(stands) - 1)]
    rest = packed[begin + len(stands) :]
    rest = rest[rest.index("\n") :] if "\n" in rest else rest
    found = ids(framed((cut + rest).encode(), reader=READERS[name]))
    assert {record["Id"] for record in records} - {records[number]["Id"]} <= found


@given(
    parts=st.lists(RECORDS, min_size=1, max_size=4), indent=st.sampled_from([None, 2]), single=st.booleans()
)
@many
def test_json_in_any_mix(parts: list[list[Record]], indent: int | None, single: bool) -> None:
    """Arrays, single objects and pages one after another give every record, in order."""
    packed, expected = [], []
    for number, records in enumerate(parts):
        expected += [record["Id"] for record in (records[:1] if single else records)]
        if single:
            packed.append(json.dumps(records[0], indent=indent))
        else:
            packed.append(
                json.dumps({"@odata.count": 1, "value": records} if number % 2 else records, indent=indent)
            )
    found = framed("\n\n".join(packed).encode(), reader=READERS["json_values"])
    assert [json.loads(str(text))["Id"] for text in found.texts] == expected


@given(records=RECORDS, cut=st.integers(0, 6))
@many
def test_split_files(records: list[Record], cut: int) -> None:
    """Two halves of a file of lines give what the whole gives."""
    texts = [json.dumps(record) for record in records]
    halves = [half for half in (texts[:cut], texts[cut:]) if half]
    assert [text for half in halves for text in framed(ndjson(half).encode()).texts] == framed(
        ndjson(texts).encode()
    ).texts
