"""When a log line was written: the stamps that syslog and mail servers put first, and the year that some leave out.

RFC 3164 writes neither year nor zone. Both are taken from other lines of the same file that write them, never from
a file's date or from today, which would make a case depend on when its evidence was copied.
"""

import re
from dataclasses import dataclass

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

DECIDED_BY_DAYS = 31
"""A year is taken when it lies at least this many days nearer to a line with a year than any other year does."""

CLOCK = r"(?P<clock>\d\d:\d\d:\d\d)(?:[.,](?P<fraction>\d{1,9}))?"
ISO = re.compile(rf"(?P<date>\d{{4}}-\d\d-\d\d)[T ]{CLOCK}(?P<zone>Z|[+-]\d\d:?\d\d)?[ \t]*")
BSD = re.compile(
    rf"(?:(?P<before>\d{{4}}) )?(?P<month>{'|'.join(MONTHS)}) +(?P<day>\d{{1,2}}) (?:(?P<after>\d{{4}}) )?{CLOCK}[ \t]*"
)
PRIORITY = re.compile(r"<\d{1,3}>(?P<version>1 )?")
TAI64N = re.compile(r"@(?P<seconds>[0-9a-f]{16})(?P<nanoseconds>[0-9a-f]{8})[ \t]+")
HEADER_5424 = re.compile(r'(\S+) (\S+) (\S+) \S+ (?:-|(?:\[(?:[^"\]]|"(?:\\.|[^"\\])*")*\])+) ?(?:\ufeff)?')


@dataclass(frozen=True)
class Stamped:
    """A log line taken apart.

    Attributes:
        at: the instant in ISO 8601 where the line writes date and zone; else null.
        local: "MM-DD hh:mm:ss" and a fraction where it writes no zone; else null.
        year: beside `local`, the year where one is written.
        rest: what follows, in the form "host program[pid]: message" or as the program wrote it.
    """

    at: str | None
    local: str | None
    year: str | None
    rest: str


def split_stamp(line: str) -> Stamped | None:
    """Take the stamp off a line; null if there is none.

    Source: RFC 3164 4.1, RFC 5424 6, ISO 8601 as rsyslog and Dovecot's log_timestamp write it, daemontools' TAI64N.
    """
    begin = 0
    priority = PRIORITY.match(line)
    if priority:
        begin = priority.end()
    if found := ISO.match(line, begin):
        rest = line[found.end() :]
        if priority and priority["version"] and (header := HEADER_5424.match(rest)):
            rest = f"{header[1]} {header[2]}[{header[3]}]: {rest[header.end() :]}"
        clock = with_fraction(found)
        if found["zone"]:
            return Stamped(f"{found['date']}T{clock}{found['zone']}", None, None, rest)
        return Stamped(None, f"{found['date'][5:]} {clock}", found["date"][:4], rest)
    if found := BSD.match(line, begin):
        local = f"{MONTHS.index(found['month']) + 1:02}-{int(found['day']):02} {with_fraction(found)}"
        return Stamped(None, local, found["before"] or found["after"], line[found.end() :])
    if found := TAI64N.match(line):
        return tai64n(found, line[found.end() :])
    return None


def with_fraction(found: re.Match[str]) -> str:
    """The clock with at most six digits of its fraction."""
    return found["clock"] + (f".{found['fraction'][:6]}" if found["fraction"] else "")


def tai64n(found: re.Match[str], rest: str) -> Stamped | None:
    """A TAI64N label, which daemontools writes 2^62 + 10 seconds after the Unix clock; null if out of range.

    Source: D. J. Bernstein, daemontools, tai64n.
    """
    seconds = int(found["seconds"], 16) - 2**62 - 10
    if not 0 <= seconds < 2**33:
        return None
    return Stamped(f"@{seconds}.{int(found['nanoseconds'], 16) // 1000:06}", None, None, rest)


def anchor(at: str, local: str) -> str:
    """SQL: "YYYY-MM-DD|minutes east", what a line says about year and zone of its file; minutes may be missing.

    A line that holds both a UTC instant and a local stamp (an event in JSON behind a prefix) shows the zone. "Z"
    alone does not: it may be the exporter's habit.
    """
    instant = f"utc({at})"
    gaps = f"""list_transform([-1, 0, 1], lambda y: date_diff('second', {instant},
        try_cast((year({instant}) + y)::varchar || '-' || {local} as timestamp)))"""
    nearest = f"list_sort(list_transform({gaps}, lambda s: {{'far': abs(s), 's': s}}))[1].s"
    return f"""case when {at} is not null and {local} is not null
            then list_transform([{nearest}], lambda s: case when abs(s) <= 14 * 3600 + 120
                and abs(s - 900 * round(s / 900)) <= 120
                then {instant}::date::varchar || '|' || (15 * round(s / 900))::int::varchar end)[1]
        when {at} is not null then {instant}::date::varchar || '|' || coalesce(
            (case when {at}[-6] = '-' or {at}[-5] = '-' then -1 else 1 end
             * (60 * try_cast(regexp_extract({at}, '[+-](\\d\\d):?\\d\\d$', 1) as int)
                + try_cast(regexp_extract({at}, '[+-]\\d\\d:?(\\d\\d)$', 1) as int)))::varchar, '') end"""


def dated(at: str, local: str, year: str) -> str:
    """SQL: {t: local time, east: minutes, gap: days to the line that decides}, null where nothing decides the year.

    Every line of the file that writes date and zone votes with its distance; a tie within DECIDED_BY_DAYS decides nothing.
    """
    known = f"coalesce(map_keys(histogram({anchor(at, local)}) over ()), [])"
    choices = f"""list_sort(list_filter(flatten(list_transform({known}, lambda k: list_transform([-1, 0, 1], lambda y:
        list_transform([try_cast(coalesce({year}, (year(k[1:10]::date) + y)::varchar) || '-' || {local} as timestamp)],
            lambda t: {{'gap': abs(date_diff('day', k[1:10]::date, t)), 't': t,
                        'east': try_cast(split_part(k, '|', 2) as int)}})[1]))), lambda c: c.t is not null))"""
    return f"""case when {at} is null and {local} is not null then list_transform([{choices}], lambda c: case
        when len(c) = 0 then {{'t': try_cast({year} || '-' || {local} as timestamp), 'east': null::int, 'gap': 0::bigint}}
        when list_filter(c, lambda o: year(o.t) <> year(c[1].t))[1].gap - c[1].gap < {DECIDED_BY_DAYS} then null
        else {{'t': c[1].t, 'east': list_filter(c, lambda o: o.east is not null)[1].east, 'gap': c[1].gap}} end)[1] end"""


def instant(at: str, local: str, year: str) -> str:
    """SQL: the line's instant in UTC; a zone that no line shows is taken for UTC (see `stamp_loss`)."""
    return f"""coalesce(utc({at}), epoch_utc(ltrim({at}, '@')),
        list_transform([{dated(at, local, year)}], lambda d: d.t - to_minutes(coalesce(d.east, 0)))[1])"""


def stamp_loss(at: str, local: str, year: str) -> str:
    """SQL: 'zone-assumed' or 'year-inferred' where the stamp was completed on thin ground, else null."""
    return f"""list_transform([{dated(at, local, year)}], lambda d: case when d.t is null then null
        when d.east is null then 'zone-assumed' when d.gap > {DECIDED_BY_DAYS} then 'year-inferred' end)[1]"""
