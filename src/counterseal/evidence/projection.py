"""The SQL of one pass: frames in, and for every frame at least one row of exactly one fate."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa

from counterseal.core.engine.duckdb import column, literal
from counterseal.core.events import UNION
from counterseal.evidence.packing import FRAMES, RAW_KEPT, Reader
from counterseal.evidence.source import Source

REJECTED = "rejected"
OUT_OF_SCOPE = "out_of_scope"
UNCLAIMED = "unclaimed"

FROM_LINES = ("line", "after-prefix")
"""Envelopes of text lines: what the source's parser read in the line, or the JSON that follows a prefix."""


ALWAYS = (
    *("time", "principal", "mailbox", "token_id", "session_id", "client_ip"),
    *("app_id", "client_app_id", "issuer", "tenant"),
)
"""Columns that every event file has, since the normalised forms and the file's sums are made of them."""


@dataclass(frozen=True)
class Dress:
    """A source and the envelope its records come in."""

    source: Source
    envelope: str

    @property
    def from_lines(self) -> bool:
        """Do the records stand in lines of text?"""
        return self.envelope in FROM_LINES

    @property
    def body(self) -> str:
        """SQL over a frame that gives the inner record's JSON text."""
        return "envelope" if self.from_lines else self.source.envelopes.get(self.envelope, "text")

    @property
    def around(self) -> str:
        """SQL over a frame that gives the JSON text wrapped round the inner record, or null."""
        if self.from_lines:
            return "null::varchar"
        return "envelope" if self.envelope == "bare" else "coalesce(envelope, text)"


def envelopes_for(source: Source, reader: Reader) -> list[str]:
    """The envelopes of a source that this reader's records can come in."""
    if source.line:
        return [
            "line"
        ]  # also where the reader found JSON: a log of lines may be exported without its prefixes
    return ["after-prefix"] if reader.lines and not source.in_lines else list(source.envelopes)


def dressed(dress: Dress | None, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """For a log of lines, what the source reads in each line as its envelope; the line itself stays as text."""
    for batch in batches:
        if not (dress and dress.from_lines):
            yield batch
            continue
        texts = batch.column("text").to_pylist()
        inner = [None if text is None else inner_text(dress.source, text) for text in texts]
        arrays = list(batch.columns)
        arrays[FRAMES.get_field_index("envelope")] = pa.array(inner, pa.string())
        yield pa.record_batch(arrays, schema=FRAMES)


def inner_text(source: Source, line: str) -> str | None:
    """What a source reads in a line, as JSON text; null if the line is none of its."""
    if source.line is None:
        start = line.find("{")
        return None if start < 0 else line[start:]
    found = source.line(line)
    return None if found is None else json.dumps(found)


def parsed(dress: Dress, frames: str) -> str:
    """SQL: frames with `r` parsed and `claimed` decided. Text that is not JSON gives a null `r`."""
    return f"""(select *, coalesce(try({dress.source.claims}), false) as claimed
        from (select record, place, length, text, envelope, raw, problem, body, {dress.around} as around,
                     json_transform(case when json_valid(body) then body end,
                                    {literal(dress.source.structure_json)}) as r
              from (select *, {dress.body} as body from {frames})))"""


def projection(dress: Dress, sha256: str, frames: str) -> str:
    """SQL: the whole projection of one source over frames.

    Columns that the source does not know are left out of the file (readers of the tables give typed nulls for them):
    two dozen columns of nulls cost a fifth of the writing.
    """
    source = dress.source
    unknown = set(source.columns) - set(UNION)
    assert not unknown, f"{source.name}: no such event columns: {unknown}"
    tests = " ".join(f"when {test} then {literal(words)}" for words, test in source.rejects.items())
    reason = f"case {tests} end" if tests else "null::varchar"
    wanted = {name: source.columns.get(name, "null") for name in (*source.columns, *ALWAYS)}
    own = ", ".join(f"cast({said} as {UNION[name]}) as {column(name)}" for name, said in wanted.items())
    # A list of no events must not make the record vanish: it then gives one row whose `each` is null.
    each = (
        f"cross join unnest(case when claimed and len({source.each}) > 0 then {source.each} else [null] end)"
        " with ordinality as u(each, nth)"
        if source.each
        else ""
    )
    native = f"{source.native_id} || '#' || nth" if source.each else source.native_id
    # Without an id of its own a record is known by what it says, each of its events by its place in it too.
    unnamed = "cast(to_json(r) as varchar)" + (" || '#' || nth" if source.each else "")
    envelope = "null" if dress.from_lines else "envelope"
    return f"""
    select *, nullif(lower(trim(principal)), '') as principal_key, nullif(lower(trim(mailbox)), '') as mailbox_key,
        token_key_of(token_id) as token_key, token_key_of(session_id) as session_key, ip_key_of(client_ip) as ip_key,
        acting_app_of(app_id, client_app_id) as acting_app, lower(coalesce(issuer, tenant)) as authority
    from (select {literal(sha256)} as evidence_file, evidence_record, evidence_offset, length, fate as kind,
              case when fate = '{REJECTED}' then reason end as reason,
              case when fate = '{UNCLAIMED}' then text end as text,
              case when fate = '{UNCLAIMED}' then {envelope} end as envelope,
              case when fate = '{UNCLAIMED}' then raw when fate = '{REJECTED}' then coalesce(raw, text)[1:{RAW_KEPT}] end
                  as raw, expected, event_id, {literal(source.name)} as source, {", ".join(map(bounded, wanted))}
        from (select record as evidence_record, place as evidence_offset, length, text, envelope, raw, reason,
                  case when problem is not null then '{REJECTED}' when not claimed then '{UNCLAIMED}'
                       when reason is not null then '{REJECTED}' else coalesce({source.kind}, '{OUT_OF_SCOPE}') end as fate,
                  case when claimed then {source.expected} end as expected,
                  substr(sha256({literal(source.system + "|")} || case when {native} is not null then lower({native})
                         else {unnamed} end), 1, 32) as event_id, {own}
              from (select *, case when problem is not null then problem when claimed then {reason} end as reason
                    from {parsed(dress, frames)} {each})))"""


def bounded(name: str) -> str:
    """SQL: a column as it is, but for an instant outside the years 1 to 9999: no calendar, and not Python, has it."""
    if UNION[name] != "TIMESTAMP":
        return column(name)
    inside = "between timestamp '0001-01-01 00:00:00' and timestamp '9999-12-31 23:59:59.999999'"
    return f"case when {column(name)} {inside} then {column(name)} end as {column(name)}"


def unprojected(frames: str) -> str:
    """SQL: frames of which the sample shows no source; all are still to be claimed, but for those with a problem."""
    return f"""select record as evidence_record, place as evidence_offset, length, text, envelope, problem as reason,
        case when problem is null then '{UNCLAIMED}' else '{REJECTED}' end as kind,
        case when problem is null then raw else coalesce(raw, text)[1:{RAW_KEPT}] end as raw from {frames}"""


def unreadable_fields(dress: Dress, frames: str) -> str:
    """SQL: for each field of the structure, how many records have it in a form that the structure cannot read."""
    tests = ", ".join(
        f"count(*) filter (where r.{column(name)} is null"
        f" and json_type(body, {literal('$.' + json.dumps(name))}) <> 'NULL')"
        for name in dress.source.structure
    )
    return f"select {tests} from {parsed(dress, frames)} where claimed"
