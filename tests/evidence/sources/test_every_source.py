"""What holds for every log source; the folder is walked, so a new one is tested from its first day."""

import json
import os
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from source_fixtures import (
    HERE,
    INPUTS,
    REJECTED,
    Field,
    Rows,
    claimed,
    fields_of,
    frames_of,
    ingest_text,
    inner_records,
    inputs_of,
    outcome,
    renamed,
)

from counterseal.core.engine.duckdb import Connection, literal, rows
from counterseal.core.events import UNION
from counterseal.core.vocabulary import Kind
from counterseal.evidence.source import Source, known_sources

REWRITE = bool(os.environ.get("COUNTERSEAL_REWRITE_EXPECTED"))

SOURCES = known_sources()
FIXTURES = [(source, path) for source in SOURCES for path in inputs_of(source)]
FIELDS = [(source, field) for source in SOURCES for field in fields_of(source.structure)]

every_source = pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
every_fixture = pytest.mark.parametrize(
    ("source", "path"), FIXTURES, ids=[f"{s.name}-{p.name}" for s, p in FIXTURES]
)


@every_source
def test_a_source_has_fixtures(source: Source) -> None:
    """A source without an input and its expected outcome is not finished."""
    assert inputs_of(source), f"no input in {HERE / source.name} (one of *{', *'.join(INPUTS)})"


@every_fixture
def test_a_fixture_gives_exactly_what_is_expected(source: Source, path: Path, tmp_path: Path) -> None:
    """The whole outcome of a fixture, sums, warnings and rejects included, is what its golden file says."""
    done, found = ingest_text(tmp_path, path.read_bytes(), path.name)
    actual = json.loads(json.dumps(outcome(done, found)))
    golden = path.with_name(f"{path.stem}.expected.json")
    if REWRITE:
        golden.write_text(json.dumps(actual, indent=1, ensure_ascii=False, sort_keys=True) + "\n", "utf-8")
    assert golden.exists(), f"write it with COUNTERSEAL_REWRITE_EXPECTED=1 and review it: {golden.name}"
    assert actual == json.loads(golden.read_text("utf-8"))
    assert done.read == done.kept + done.out_of_scope + done.rejected
    assert source.name in done.source


@pytest.fixture(scope="session")
def claims(engine: Connection) -> dict[tuple[Path, int], list[str]]:
    """For every record of every fixture, the sources that claim it."""
    found: dict[tuple[Path, int], list[str]] = {}
    by_lines: dict[bool, list[tuple[Path, Any, pa.Table]]] = defaultdict(list)
    for _, path in FIXTURES:
        if not (framed := frames_of(path)):
            continue
        reader, frames = framed
        by_lines[reader.lines].append((path, reader, frames))
    for group in by_lines.values():
        places = [(path, record) for path, _, frames in group for record in range(frames.num_rows)]
        together = pa.concat_tables([frames for _, _, frames in group])
        numbered = together.set_column(0, "record", pa.array(range(together.num_rows), pa.int64()))
        found.update({place: [] for place in places})
        for source in SOURCES:
            for number, _, _ in claimed(engine, source, group[0][1], numbered):
                found[places[number]].append(source.name)
    return found


@every_fixture
def test_one_source_claims_each_record(
    source: Source, path: Path, claims: dict[tuple[Path, int], list[str]]
) -> None:
    """No record is claimed twice, and what nobody claims is what the golden file expects to be rejected."""
    own = {record: names for (where, record), names in claims.items() if where == path}
    assert {record: names for record, names in own.items() if len(names) > 1} == {}
    assert any(names == [source.name] for names in own.values())
    golden = json.loads(path.with_name(f"{path.stem}.expected.json").read_text("utf-8"))
    rejected = {entry["record"] for entry in golden["rows"].get(REJECTED, [])}
    assert {record for record, names in own.items() if not names} <= rejected


Mutations = Callable[[Source], dict[Field, str]]


@pytest.fixture(scope="session")
def mutations(engine: Connection, tmp_path_factory: pytest.TempPathFactory) -> Mutations:
    """For each declared field of a source, what renaming it in the fixtures does: see `mutate`."""

    @cache
    def found(source: Source) -> dict[Field, str]:
        originals = [
            json.loads(inner)
            for path in inputs_of(source)
            for _, inner in inner_records(engine, source, path)
        ]
        return dict(mutate(source, originals, tmp_path_factory.mktemp(source.name))) if originals else {}

    return found


def mutate(source: Source, originals: list[Any], folder: Path) -> Iterable[tuple[Field, str]]:
    """Ingest the fixture records and all their mutants in one go; compare each mutant with its original.

    Yields:
        Each field, and "changes", "nothing", or "absent" where no fixture record has it.
    """
    records = list(originals)
    origin: dict[Field, list[tuple[int, int]]] = {field: [] for field in fields_of(source.structure)}
    for field, pairs in origin.items():
        for number, record in enumerate(originals):
            if (mutant := renamed(record, field)) is not None:
                pairs.append((len(records), number))
                records.append(mutant)
    bare = replace(source, line=None, envelopes={"bare": "text"})
    content = "".join(json.dumps(record) + "\n" for record in records).encode()
    done, found = ingest_text(folder, content, "mutants.ndjson", force=bare)
    assert done.read == len(records)
    shown = by_record(found, with_id=False)
    shown_with_id = by_record(found, with_id=True)
    for field, pairs in origin.items():
        # Without a native id every field changes the hashed one, so it counts for fields of the id alone.
        seen = shown_with_id if field[-1] in source.native_id else shown
        changes = any(seen[mutant] != seen[number] for mutant, number in pairs)
        yield field, "changes" if changes else "nothing" if pairs else "absent"


def by_record(found: Rows, *, with_id: bool) -> dict[int, list[Any]]:
    """For each record number the rows it gave, without their place."""
    shown: dict[int, list[Any]] = defaultdict(list)
    for kind, entries in found.items():
        for entry in entries:
            if kind == REJECTED:
                shown[entry["record"]].append((kind, entry["reason"]))
            else:
                left = {"evidence_record"} if with_id else {"evidence_record", "event_id"}
                shown[entry["evidence_record"]].append(
                    (kind, {k: v for k, v in entry.items() if k not in left})
                )
    return shown


@pytest.mark.parametrize(("source", "field"), FIELDS, ids=[f"{s.name}-{'.'.join(f)}" for s, f in FIELDS])
def test_no_declared_field_is_idle(source: Source, field: Field, mutations: Mutations) -> None:
    """Renaming or dropping any field a source declares changes a row or makes a reject."""
    assert mutations(source).get(field, "absent") == "changes"


WRONG: tuple[Any, ...] = (None, True, -1, 1e300, "", "\x00x", "{", [], [None], ["x"], {}, {"x": [1]}, [[{}]])
"""Values that hardly any field expects."""


@every_source
def test_a_field_of_any_other_type_ends_no_run(source: Source, engine: Connection, tmp_path: Path) -> None:
    """Whatever JSON stands in a declared field, every record is accounted for and no expression fails on it."""
    originals = [
        json.loads(inner) for path in inputs_of(source) for _, inner in inner_records(engine, source, path)
    ]
    fields = [field for field in fields_of(source.structure) if len(field) == 1]
    records = [
        {**original, field[0]: wrong} for original in originals[:12] for field in fields for wrong in WRONG
    ]
    bare = replace(source, line=None, envelopes={"bare": "text"})
    content = "".join(json.dumps(record) + "\n" for record in records).encode()
    done, found = ingest_text(tmp_path, content, "wrong.ndjson", force=bare)
    assert done.read == len(records) == done.kept + done.out_of_scope + done.rejected
    failed = [
        entry["reason"] for entry in found.get(REJECTED, []) if "cannot read this record" in entry["reason"]
    ]
    assert failed == []


@every_source
def test_every_column_has_the_type_of_the_event_table(source: Source, engine: Connection) -> None:
    """A projection gives the event table's own types: no cast hides a quoted JSON string or a lost number."""
    listed = ", ".join(f'{expression} as "{name}"' for name, expression in source.columns.items())
    each = f"cross join unnest({source.each}) as u(each)" if source.each else ""
    described = rows(
        engine,
        f"""describe select {listed}, {source.kind} as "kind", {source.native_id} as "native_id",
            {source.expected} as "expected"
            from (select json_transform(j, {literal(source.structure_json)}) as r,
                null::varchar as around from (values ('{{}}')) as t(j)) {each}""",
    )
    actual = {name: kind for name, kind, *_ in described}
    wanted = {name: UNION[name] for name in source.columns}
    assert {name: kind for name, kind in actual.items() if name in wanted} == wanted
    assert actual["kind"] == "VARCHAR"
    assert actual["native_id"] in ("VARCHAR", '"NULL"')
    assert actual["expected"] in ("BIGINT", "INTEGER", '"NULL"')


@every_source
def test_what_the_reference_page_says_is_there(source: Source) -> None:
    """Which log, vendor pages, how to export it, what it proves and cannot, and a note per stream."""
    said = {
        "says": source.says,
        "vendor": source.vendor,
        "export": source.export,
        "proves": source.proves,
        "cannot": source.cannot,
        **{f"stream {stream.name}": stream.note for stream in source.streams},
    }
    assert [name for name, text in said.items() if not text] == []


@every_source
def test_a_source_names_only_columns_and_kinds_that_exist(source: Source) -> None:
    """Columns exist, those that can contradict are its own, and every stream has a kind and a family."""
    assert set(source.columns) <= set(UNION)
    assert set(source.contradicts) <= set(source.columns)
    assert {stream.kind for stream in source.streams} <= set(Kind)
    assert all(stream.family for stream in source.streams)
