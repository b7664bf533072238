"""One investigation, end to end: evidence in, judgement, case tables and summary out.

Finished ingest is kept; every judgement is made anew, so that the order in which evidence came changes nothing.
"""

import json
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from counterseal import __version__
from counterseal.core import lock
from counterseal.core.case import ATTEMPTS, COVERAGE, EXPOSURE, KEYS, MAILBOXES, Case, write_atomically
from counterseal.core.engine.duckdb import ROW_GROUP, Connection, connect, literal, rows, select_as
from counterseal.core.errors import CaseError, EvidenceError
from counterseal.core.inert import visible
from counterseal.core.manifest import read_document
from counterseal.evidence import files
from counterseal.evidence.duplicates import duplicate_records, find_duplicates
from counterseal.evidence.mapping import load_maps
from counterseal.evidence.source import Source, known_streams, source_named
from counterseal.investigate import inputs, kept_grounds
from counterseal.investigate.answers import Answers, answered, read_answers
from counterseal.investigate.detections import load
from counterseal.investigate.judgement import Grounds, Silent, Tell, Timings, judge, judge_coverage_only
from counterseal.investigate.known_tenants import answered_by_nothing
from counterseal.investigate.own_files import OwnFiles
from counterseal.investigate.reading import Entry, Reading, entry_before
from counterseal.investigate.summary import summarise
from counterseal.investigate.torn import unhealed
from counterseal.investigate.verdicts import write_verdicts
from counterseal.trust.realm import Realms
from counterseal.trust.realms import load_realms

log = logging.getLogger(__name__)

CASE_FORMAT = 1
"""Raised when a case folder of an older version could no longer be added to."""

BESIDE = {
    "realms.toml": "realms",
    "declare.toml": "declare",
    "answers.csv": "answers",
    "answers.ndjson": "answers",
    "roster.csv": "roster",
    "indicators.csv": "indicators",
    "indicators.json": "indicators",
}
"""Files at the top of an evidence folder that say something about the evidence and are none themselves."""

NO_EVIDENCE = {"truth.json", "README.md"}
"""Files at the top of an evidence folder that are never evidence: a synthetic incident's truth and its description."""


@dataclass(frozen=True)
class Arguments:
    """What one run was asked for.

    Attributes:
        evidence: files, folders, globs, or "-".
        realms, indicators, roster, declare, answers: the analyst's own files; absent ones are looked for beside the evidence.
        source: name of the source to use whatever the content shows.
        maps: mapping files, for logs that no source knows.
        since, until: judge uses from (inclusive) and to (exclusive); never changes what is read in.
        forget: of realms, indicators, roster, declare and answers those to judge without, though the case keeps them.
        memory_bytes: resident memory aimed at.
        threads: engine threads; null: all.
    """

    evidence: tuple[str, ...]
    realms: Path | None = None
    indicators: tuple[Path, ...] = ()
    roster: Path | None = None
    declare: Path | None = None
    answers: Path | None = None
    source: str | None = None
    maps: tuple[Path, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    forget: tuple[str, ...] = ()
    memory_bytes: int = 2**30
    threads: int | None = None

    def recorded(self) -> dict[str, Any]:
        """For the manifest: JSON-able, in a fixed order."""
        return {
            name: [visible(str(item)) for item in value]
            if isinstance(value, tuple)
            else (None if value is None else visible(str(value)))
            for name, value in vars(self).items()
        }


def investigate(case: Case, arguments: Arguments, tell: Tell | None = None) -> dict[str, Any]:
    """Read the evidence, add it to the case, judge everything, write every table and summary.json.

    Args:
        case: the folder; made if absent, added to if it is a case.
        arguments: what to read and by what to judge.
        tell: hears progress.

    Returns:
        The manifest so far (outputs are added when they are written).

    Raises:
        EvidenceError: nothing in the evidence is known.
        CaseError: the folder is no case and not empty.
    """
    tell = tell or Silent()
    started = datetime.now(UTC)
    timings = Timings(tell)
    before = open_case(case)
    arguments = with_grounds(case, arguments)
    grounds = read_grounds(arguments)
    warn_of_skipped(grounds.indicators)
    with connect(case.spill, arguments.memory_bytes, arguments.threads) as con:
        with timings.of("ingest"):
            entries = merge_entries(before, read_evidence(con, case, arguments, tell))
        refuse_nothing(entries, arguments)
        with timings.of("duplicates"):
            find_duplicates(con, case, [entry.sha256 for entry in entries if entry.ingested])
            load_rejected(con, case)
        judge(con, replace(grounds, truncated=unhealed(con, truncated(entries))), timings)
        for warning in answered_by_nothing(con, grounds.declared):
            log.warning(warning)
        with timings.of("write"):
            write_tables(con, case)
            collect_rejected(case, entries)
            counts = duplicate_records(con)
            manifest = {
                "format": CASE_FORMAT,
                "version": __version__,
                "arguments": arguments.recorded(),
                "grounds": kept_grounds.keep(case, grounds_given(arguments)),
                "started": started.isoformat(timespec="seconds"),
                "ended": datetime.now(UTC).isoformat(timespec="seconds"),
                "evidence": manifest_entries(entries, counts),
            }
            summary = summarise(con, manifest, timings.seconds)
            summary["answers"] = answered(grounds.answers)
            summary["techniques"] = techniques(summary["reasons"])
            summary["indicators_skipped"] = [
                {"where": visible(skipped.where), "why": visible(skipped.why)}
                for skipped in grounds.indicators.skipped
            ]
            summary["declared"] = [
                {name: str(value) for name, value in vars(declaration).items()}
                for declaration in grounds.declared
            ]
    write_json(case.summary, summary)
    write_json(case.manifest, manifest)
    kept_grounds.prune(case)
    return manifest


def coverage(
    case: Case, arguments: Arguments, tell: Tell | None = None
) -> tuple[list[dict[str, Any]], list[Entry]]:
    """Read the evidence and say what it can show, before anything is judged.

    Returns:
        The rows of the coverage table (core.case.COVERAGE), sorted; and the files that could not be read.
    """
    tell = tell or Silent()
    before = open_case(case)
    arguments = with_files_beside(arguments)
    grounds = read_grounds(arguments)
    with connect(case.spill, arguments.memory_bytes, arguments.threads) as con:
        entries = merge_entries(before, read_evidence(con, case, arguments, tell))
        refuse_nothing(entries, arguments)
        find_duplicates(con, case, [entry.sha256 for entry in entries if entry.ingested])
        judge_coverage_only(con, replace(grounds, truncated=unhealed(con, truncated(entries))))
        names = list(COVERAGE)
        found = [
            dict(zip(names, row, strict=True)) for row in rows(con, "select * from coverage order by all")
        ]
    return found, [entry for entry in entries if entry.error]


def open_case(case: Case) -> list[Entry]:
    """The evidence a case already holds; an absent or empty folder becomes a case.

    Raises:
        CaseError: the folder holds something else, or is of another format.
    """
    if not case.root.exists() or not {path.name for path in case.root.iterdir()} - {lock.NAME}:
        case.root.mkdir(parents=True, exist_ok=True)
        return []
    if not case.manifest.exists():
        if case.ingested.exists() or case.spill.exists():
            return []  # a first run that was stopped: what it finished is used again
        raise CaseError(
            "this folder is not a case",
            where=str(case.root),
            next_step="give --out an empty folder or an existing case",
        )
    manifest = read_document(case.manifest)
    if manifest.get("format") != CASE_FORMAT:
        raise CaseError(
            f"this case has format {str(manifest.get('format'))[:20]}, this version writes {CASE_FORMAT}",
            where=str(case.manifest),
            next_step="make a new case from the evidence: --out ANOTHER",
        )
    try:
        return [entry_before(case, listed) for listed in manifest["evidence"]]
    except (KeyError, TypeError, AttributeError) as error:
        raise CaseError(
            f"the manifest does not say what the case holds: {error!r:.80}",
            where=str(case.manifest),
            next_step="make a new case from the evidence: --out ANOTHER",
        ) from error


def with_files_beside(arguments: Arguments) -> Arguments:
    """Take realms, declarations, roster and indicators from the top of an evidence folder where none were given."""
    found: dict[str, Any] = {}
    for given in arguments.evidence:
        folder = Path(given)
        if given == "-" or not folder.is_dir():
            continue
        for name, argument in BESIDE.items():
            path = folder / name
            if not path.is_file() or getattr(arguments, argument):
                continue
            if argument == "indicators":
                found[argument] = (*found.get(argument, ()), path)
            else:
                found.setdefault(argument, path)
    return Arguments(**{**vars(arguments), **found})


def with_grounds(case: Case, arguments: Arguments) -> Arguments:
    """Add the analyst's files that lie beside the evidence, and those that the case was judged by before."""
    beside = grounds_given(with_files_beside(arguments))
    chosen = kept_grounds.choose(case, grounds_given(arguments), beside, arguments.forget)
    single = {name: paths[0] if paths else None for name, paths in chosen.items() if name != "indicators"}
    return Arguments(**{**vars(arguments), **single, "indicators": chosen["indicators"]})


def grounds_given(arguments: Arguments) -> dict[str, tuple[Path, ...]]:
    """The analyst's files that the arguments name, by argument."""
    single = {name: getattr(arguments, name) for name in kept_grounds.GROUNDS if name != "indicators"}
    return {name: (path,) if path else () for name, path in single.items()} | {
        "indicators": arguments.indicators
    }


def is_beside(path: Path, arguments: Arguments) -> bool:
    """Is this one of the files that say something about the evidence and are none?"""
    given = {
        settings.resolve()
        for settings in (
            arguments.realms,
            arguments.roster,
            arguments.declare,
            arguments.answers,
            *arguments.indicators,
            *arguments.maps,
        )
        if settings
    }
    at_top = any(
        Path(folder).resolve() == path.resolve().parent for folder in arguments.evidence if folder != "-"
    )
    return path.resolve() in given or (at_top and (path.name in BESIDE or path.name in NO_EVIDENCE))


def read_evidence(con: Connection, case: Case, arguments: Arguments, tell: Tell) -> list[Entry]:
    """Hash and ingest every evidence file of the arguments; one that cannot be read is listed with its error."""
    force: Source | None = source_named(arguments.source) if arguments.source else None
    reading = Reading(con, case, force, load_maps(arguments.maps), tell)
    found = files.find(arguments.evidence, case.spill)
    own = OwnFiles(case)
    return reading.all(
        [one for one in found if one.shown == "-" or not (is_beside(one.path, arguments) or one.path in own)]
    )


def refuse_nothing(entries: Sequence[Entry], arguments: Arguments) -> None:
    """Go no further without a single record of a known log.

    Raises:
        EvidenceError: nothing is known, or what there is cannot be read.
    """
    if any(entry.ingested and entry.ingested.source for entry in entries):
        return
    failed = [f"{entry.path} {entry.error}" for entry in entries if entry.error]
    if failed:
        more = f" and {len(failed) - 3} more" if len(failed) > 3 else ""
        raise EvidenceError(
            "no known evidence could be read",
            where="; ".join(failed[:3]) + more,
            next_step="mend what is named here; counterseal sources lists the logs that are known",
        )
    raise EvidenceError(
        "nothing here is known evidence",
        where=", ".join(arguments.evidence),
        next_step="counterseal sources lists what is known; --source NAME forces one",
    )


def merge_entries(before: Sequence[Entry], now: Sequence[Entry]) -> list[Entry]:
    """The case's evidence: what it held and what was given now, each file once, sorted.

    A file that could not be read before and was now is no longer listed as unreadable. The same bytes in the same
    place are one file, however its path was written: it keeps the name that it was given by first.
    """
    read_now = {place(entry.path) for entry in now}
    kept = [entry for entry in before if not (entry.error and place(entry.path) in read_now)]
    named = {(place(entry.path), entry.sha256): entry.path for entry in (*now, *kept)}
    merged = {(place(entry.path), entry.sha256): entry for entry in (*kept, *now)}
    return sorted(
        (replace(entry, path=named[key]) for key, entry in merged.items()),
        key=lambda entry: (entry.path, entry.sha256),
    )


def place(path: str) -> str:
    """Where an evidence file lies, by an absolute path without links; stdin lies nowhere."""
    return path if path == "-" else str(Path(path).resolve())


def manifest_entries(entries: Sequence[Entry], counts: dict[str, dict[str, int]]) -> list[dict[str, Any]]:
    """Every evidence file with its sums; a second file of the same bytes holds duplicates only."""
    seen: set[str] = set()
    listed = []
    for entry in entries:
        listed.append(entry.manifest(counts.get(entry.sha256, {}), entry.sha256 not in seen))
        seen.add(entry.sha256)
    return listed


def read_grounds(arguments: Arguments) -> Grounds:
    """Read the analyst's files: a mistake in one ends the run before any evidence is read."""
    return Grounds(
        realms=load_realms(arguments.realms) if arguments.realms else Realms(),
        indicators=inputs.read_indicators(arguments.indicators),
        roster=inputs.read_roster(arguments.roster) if arguments.roster else (),
        declared=inputs.read_declarations(arguments.declare, stream_names()) if arguments.declare else (),
        answers=read_answers(arguments.answers) if arguments.answers else Answers(),
        since=arguments.since,
        until=arguments.until,
    )


def techniques(reasons: Iterable[str]) -> dict[str, Any]:
    """For each reason that was given: its ATT&CK techniques, and how an innocent use comes by it."""
    known = {detection.reason: detection for detection in load()}
    return {
        reason: {"attack": list(known[reason].attack), "mistaken": known[reason].mistaken}
        for reason in sorted(reasons)
    }


def warn_of_skipped(indicators: inputs.Indicators, most: int = 3) -> None:
    """Say which indicators nothing will be looked for by; all of them stand in the report."""
    skipped = indicators.skipped
    if skipped:
        named = "; ".join(f"{one.where}: {one.why}" for one in skipped[:most])
        more = f"; and {len(skipped) - most:,} more" if len(skipped) > most else ""
        log.warning("%s of the indicators given cannot be used: %s%s", f"{len(skipped):,}", named, more)


def stream_names() -> list[str]:
    """Every stream that a log here holds."""
    return sorted(stream.name for stream in known_streams())


def truncated(entries: Sequence[Entry]) -> list[str]:
    """Evidence files that say, or show, that they were cut short."""
    return [
        entry.sha256
        for entry in entries
        if entry.ingested and any(warning["code"] == "truncated" for warning in entry.ingested.warnings)
    ]


def write_tables(con: Connection, case: Case) -> None:
    """Write every case table as Parquet, sorted: equal evidence gives equal rows in equal order."""
    write_verdicts(con, case)
    attempts = f"""select {select_as(ATTEMPTS, set(ATTEMPTS))} from attempt left join actor_of_attempt using (use_id)"""
    for name, query in (
        ("exposure", f"select {select_as(EXPOSURE, set(EXPOSURE))} from exposed"),
        ("mailboxes", f"select {select_as(MAILBOXES, set(MAILBOXES))} from mailboxes"),
        ("coverage", "select * from coverage"),
        ("actors", "select * from actors"),
        ("keys", f"select {select_as(KEYS, set(KEYS))} from key"),
        ("detections", "select * from detection"),
        ("attempts", attempts),
        ("background", "select * from background"),
    ):
        con.execute(
            f"""copy (select * from ({query}) order by all) to {literal(str(case.table(name)))}
                (format parquet, compression zstd, row_group_size {ROW_GROUP})"""
        )


def load_rejected(con: Connection, case: Case) -> None:
    """Make `rejected_text(raw)`: the records that could not be read, of the files that hold issuances.

    A broken record of a log of uses is no issuance, whatever ids stand in it.
    """
    accusing = ", ".join(literal(stream.name) for stream in known_streams() if stream.accuses)
    files_of_issuance = rows(
        con, f"select distinct evidence_file from issuance_kept where stream in ({accusing}) order by 1"
    )
    paths = [case.root / "events" / "rejected" / f"{sha256}.ndjson" for (sha256,) in files_of_issuance]
    listed = ", ".join(literal(str(path)) for path in paths if path.exists())
    source = (
        f"select raw from read_json([{listed}], format = 'newline_delimited', columns = {{'raw': 'VARCHAR'}})"
        if listed
        else "select null::varchar as raw where false"
    )
    con.execute(f"create or replace temp table rejected_text as {source}")


def collect_rejected(case: Case, entries: Sequence[Entry]) -> None:
    """Write rejected.ndjson from what each evidence file rejected: file, record, offset, reason, raw text."""
    parts: list[bytes] = []
    seen: set[str] = set()
    for entry in entries:
        path = case.root / "events" / "rejected" / f"{entry.sha256}.ndjson"
        if entry.sha256 in seen or not path.exists():
            continue
        seen.add(entry.sha256)
        with path.open(encoding="ascii") as lines:
            for line in lines:
                record = {"file": entry.path, "sha256": entry.sha256, **json.loads(line)}
                parts.append(json.dumps(record).encode() + b"\n")
    write_atomically(case.rejected, b"".join(parts), mode=0o600)


def write_json(path: Path, document: dict[str, Any]) -> None:
    """One JSON object, indented, UTF-8."""
    write_atomically(path, (json.dumps(document, indent=1, ensure_ascii=False, default=str) + "\n").encode())
