"""Write docs/reference/ from the files that define things: sources, readers, detections, commands, tables.

Run it with a Python that has counterseal installed: `.venv/bin/python script/reference.py`, or `just docs`.
A test fails while a page differs from what this gives.
"""

import argparse
import inspect
import os
import re
import sys
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest import mock

from counterseal import investigate
from counterseal.cli._command import command_names, load
from counterseal.cli._main import overview
from counterseal.core import case, events
from counterseal.core.vocabulary import Kind, Verdict
from counterseal.evidence.packing import known_readers
from counterseal.evidence.source import LogStream, known_sources
from counterseal.investigate.words import UNKNOWN
from counterseal.outputs._output import known_outputs

REFERENCE = Path(__file__).resolve().parent.parent / "docs" / "reference"
NOTE = "<!-- Written by script/reference.py from the code. Edit that, not this. -->"


def page(title: str, *parts: str) -> str:
    """One Markdown page."""
    return "\n\n".join((f"# {title}", NOTE, *(part for part in parts if part))) + "\n"


def table(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table; bars and line ends in cells are made harmless."""

    def line(cells: Iterable[object]) -> str:
        return "| " + " | ".join(" ".join(str(cell).replace("|", "\\|").split()) for cell in cells) + " |"

    return "\n".join((line(headings), line("---" for _ in headings), *(line(row) for row in rows)))


def sentence(text: str) -> str:
    """The text as a sentence of its own."""
    text = " ".join(text.split())
    return text[:1].upper() + text[1:] + ("" if not text or text[-1] in ".!?" else ".")


def span(time: timedelta | None) -> str:
    """A length of time in words."""
    if time is None:
        return "not known"
    hours = time.total_seconds() / 3600
    if hours >= 72:
        return f"{hours / 24:g} days"
    return f"{hours:g} h" if hours >= 1 else f"{hours * 60:g} min"


def stream_row(stream: LogStream) -> tuple[str, ...]:
    """One stream as a table row."""
    accuses = "-" if stream.kind is not Kind.ISSUANCE else "yes" if stream.accuses else "no: may only match"
    lifetime = span(stream.longest_lifetime) if stream.kind is Kind.ISSUANCE else "-"
    return (
        f"`{stream.name}`",
        stream.kind.value,
        accuses,
        ", ".join(stream.holds) or "-",
        lifetime,
        span(stream.lag),
        span(stream.retention),
        stream.note,
    )


def sources() -> str:
    """Every log source: what it is, how to export it, what it proves and cannot."""
    headings = ("stream", "kind", "can accuse", "holds grants of", "longest token", "lag", "kept", "note")
    parts = [
        "What a file is, is told from its content, record by record. `--source NAME` overrides that where it is not enough."
    ]
    for source in known_sources():
        parts += [
            f"## {source.name}",
            sentence(source.says),
            source.export and f"**Export.** {sentence(source.export)}",
            source.proves and f"**Proves.** {sentence(source.proves)}",
            source.cannot and f"**Cannot.** {sentence(source.cannot)}",
            "**Understood as:** " + ", ".join(f"`{name}`" for name in source.envelopes) + ".",
            table(headings, map(stream_row, source.streams)) if source.streams else "",
            "**Read for it:** " + "; ".join(source.vendor) + "." if source.vendor else "",
        ]
    return page("Log sources", *parts)


def readers() -> str:
    """Every packing, in the order in which they are tried."""
    rows = [
        (f"`{reader.name}`", sentence(reader.says), "lines" if reader.lines else "records")
        for reader in known_readers()
    ]
    return page(
        "Packings",
        "How records are packed is told from the first bytes, in this order. Gzip is recognised by its content; UTF-8 with "
        "or without a byte order mark, UTF-16, LF and CRLF are all read. Any packing can hold any [source](sources.md).",
        table(("packing", "what it is", "holds"), rows),
    )


def detections() -> Mapping[str, Mapping[str, Any]]:
    """Every detection by its code, worst verdict first."""
    folder = Path(inspect.getfile(investigate)).parent / "detections"
    order = list(Verdict)
    files = sorted(
        folder.glob("*/*.toml"), key=lambda path: (order.index(Verdict(path.parent.name)), path.stem)
    )
    return {path.stem: tomllib.loads(path.read_text(encoding="utf-8")) for path in files}


def reasons() -> str:
    """Every reason for a verdict: what it says, what it needs, how it can be wrong."""
    parts = [
        "A reason's file name is its code. `{…}` in a sentence is filled from the evidence.",
        'A reason whose columns never occur in a case is reported as *unable to fire*, never as "no hits".',
        "How verdicts are chosen: [verdicts](../decides/verdicts.md).",
    ]
    verdict = ""
    for code, detection in detections().items():
        if detection["verdict"] != verdict:
            verdict = detection["verdict"]
            parts.append(f"## {verdict}")
        parts += [f"### {code}", f"“{sentence(detection['says'])}”", facts(detection)]
    undecided = ((f"`{code}`", sentence(says)) for code, says in UNKNOWN.items())
    parts += [
        "## Why the evidence cannot decide",
        "The reasons of `unknown`, and of days that a stream does not cover.",
        "They come from [coverage](../decides/coverage.md) and [background](../decides/background.md), not from a detection.",
        table(("code", "meaning"), undecided),
    ]
    return page("Reasons for a verdict", *parts)


def facts(detection: Mapping[str, Any]) -> str:
    """What one reason needs, rests on, and how it can be wrong, as a list."""
    needs = ", ".join(f"`{need}`" for need in detection["needs"]) or "nothing beside the use"
    lines = [f"**Needs:** {needs}", f"**Can be mistaken:** {sentence(detection['mistaken'])}"]
    lines.append(f"**Source:** {'; '.join(detection['source'])}")
    if detection.get("attack"):
        lines.append(f"**ATT&CK:** {', '.join(detection['attack'])}")
    if detection.get("stage") == "association":
        lines.append("**Found by association:** it runs until nothing is added")
    return "\n".join(f"- {line}" for line in lines)


def commands() -> str:
    """The help of the program and of every command, as it is printed."""
    with mock.patch.dict(os.environ, {"COLUMNS": "100", "NO_COLOR": "1"}):
        parts = [f"```text\n{overview().strip()}\n```"]
        for name in command_names():
            parts += [f"## {name}", f"```text\n{load(name).parser().format_help().strip()}\n```"]
    return page(
        "Commands",
        "`script/counterseal` in a clone and `counterseal` once installed are the same program.",
        *parts,
    )


def remarks(module: object) -> dict[tuple[str, str], str]:
    """The comment beside each column in a module of tables: (table, column) -> comment."""
    found, name = {}, ""
    for line in inspect.getsource(module).splitlines():  # type: ignore[arg-type]
        if begins := re.match(r"([A-Z]+)\b.*= \{", line):
            name = begins.group(1)
        if column := re.match(r'    "(\w+)": .*?,  # (.+)', line):
            found[name, column.group(1)] = column.group(2)
    return found


def columns(constant: str, wanted: Mapping[str, str], said: Mapping[tuple[str, str], str]) -> str:
    """The columns of one table."""
    return table(
        ("column", "type", "note"),
        ((f"`{name}`", kind, said.get((constant, name), "")) for name, kind in wanted.items()),
    )


def case_folder() -> str:
    """Every file of a case, and the columns of its tables."""
    said = remarks(case)
    files = [
        (
            "`manifest.json`",
            "evidence files with their hashes and sums, tool version, arguments, hash of every output",
        ),
        (
            "`summary.json`",
            "every count, the tier reached, what cannot be told, which detections fired or could not, timings",
        ),
        (
            "`rejected.ndjson`",
            "every rejected record: file, record, offset, reason, raw text. Mode 0600, never quoted elsewhere",
        ),
        ("`decisions.ndjson`", "your decisions, append only"),
        (
            "`grounds/`",
            "copies of the realms, declarations, roster and indicators it was judged by; a later run uses them again",
        ),
        (
            "`events/issuance/`, `use/`, `custody/`",
            "[normalised events](events.md), one Parquet file per evidence file and kind",
        ),
        ("`events/duplicates.parquet`", "surplus copies of records"),
        *((f"`{name}.parquet`", f"[below](#{name})") for name in case.TABLES),
        *((f"`{output.filename}`", sentence(output.says)) for output in known_outputs()),
    ]
    parts = [
        "`counterseal investigate EVIDENCE… --out CASE` writes this folder.",
        "For each evidence file the manifest shows `read = kept + duplicate + out_of_scope + rejected`.",
        "`read` is counted by the reader, the others by what became of each record.",
        table(("path", "what"), files),
        "Times are UTC. Null means that the records do not say; an unknown upper bound is null, never 0.",
        "`evidence_file` is a file's SHA-256, `evidence_record` the record's number from 0, `evidence_offset` its first byte.",
    ]
    for name, wanted in case.TABLES.items():
        parts += [f"## {name}", columns(name.upper(), wanted, said)]
    return page("The case folder", *parts)


def event_tables() -> str:
    """The three event tables and the normalised columns they share."""
    said = remarks(events)
    parts = [
        "Whatever a log calls things, past its source there are three kinds of event.",
        "Identifiers keep their spelling; comparisons use the [normalised columns](#normalised-columns).",
    ]
    for kind, about in (
        (Kind.ISSUANCE, "A token was minted, or an authentication happened."),
        (Kind.USE, "A token was presented, and something was read or done."),
        (Kind.CUSTODY, "Something touched a signing key or a trust setting."),
    ):
        parts += [f"## {kind.value}", about, columns(kind.name, events.TABLES[kind], said)]
    parts += [
        "## Normalised columns",
        "Computed once for every source alike. Joins use only these.",
        columns("KEYS", events.KEYS, said),
        "## Evidence",
        columns("EVIDENCE", events.EVIDENCE, said),
    ]
    return page("Event tables", *parts)


PAGES: Mapping[str, Callable[[], str]] = {
    "case-folder.md": case_folder,
    "commands.md": commands,
    "events.md": event_tables,
    "readers.md": readers,
    "reasons.md": reasons,
    "sources.md": sources,
}


def stale() -> list[str]:
    """Pages that differ from what the code says now."""
    present = {path.name: path.read_text(encoding="utf-8") for path in REFERENCE.glob("*.md")}
    wanted = {name: give() for name, give in PAGES.items()}
    return sorted(name for name in present.keys() | wanted.keys() if present.get(name) != wanted.get(name))


def main() -> int:
    """Write the pages, or with --check only name those that are stale."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; 1 if a page is stale")
    if parser.parse_args().check:
        found = stale()
        print("\n".join(f"docs/reference/{name} is stale" for name in found) or "docs/reference is current")
        return 1 if found else 0
    REFERENCE.mkdir(parents=True, exist_ok=True)
    for name, give in PAGES.items():
        (REFERENCE / name).write_text(give(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
