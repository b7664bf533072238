"""The end of an investigation on one screen: sums, verdicts, victims, what cannot be shown, where the report is."""

import textwrap
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from counterseal.core.inert import visible
from counterseal.core.manifest import TERMS, Document, adds_up
from counterseal.core.vocabulary import Verdict
from counterseal.outputs.html.sentences import accused, bounds, counted, judged

LINES, COLUMNS = 24, 80
"""The smallest terminal there is."""

INDENT = 13
NAMED = 3
"""Victims named; the others are in the report."""


def closing(summary: Document, victims: Sequence[str], unreadable: int, report: Path) -> list[str]:
    """At most 23 lines of at most 80 columns.

    Args:
        summary: the case's summary.json.
        victims: the first few victims' mailboxes.
        unreadable: evidence files that could not be read.
        report: where the report is.
    """
    found = [
        *block("read", read(summary["read"], unreadable), 3),
        *block("events", events(summary["events"]), 2),
        *block("judged", judged(summary), 2),
        *block("verdicts", verdicts(summary), 3),
        *block("provable", f"{summary['tier']['ceiling']} at most: {summary['tier']['because']}", 2),
        *block("victims", who(summary, victims), 5),
        *block("messages", messages(summary), 3),
    ]
    if len(found) < LINES - 4 and (lacking := unable(summary["detections"])):
        found += block("unable", lacking, 2 if len(found) < LINES - 6 else 1)
    room = LINES - 2 - len(found)  # one line for the report, one for the prompt
    return [*found, *cannot_show(summary["cannot_tell"], room), "report".ljust(INDENT) + visible(str(report))]


def block(title: str, text: str, most: int) -> list[str]:
    """A title and its text, wrapped beside it; what does not fit ends in an ellipsis."""
    lines = [
        line
        for part in text.split("\n")
        for line in textwrap.wrap(
            visible(part), COLUMNS - INDENT, max_lines=most, placeholder=" …", break_on_hyphens=False
        )
        or [""]
    ][:most]
    return [(title if number == 0 else "").ljust(INDENT) + line for number, line in enumerate(lines)]


def read(sums: Document, unreadable: int) -> str:
    """What was read, and the sum it is."""
    first = f"{counted(sums['records'], 'record')} in {counted(sums['files'], 'file')}"
    if unreadable:
        first += f"; {counted(unreadable, 'file')} could not be read"
    if sums.get("no_evidence"):
        first += f"; {counted(sums['no_evidence'], 'more is', 'more are')} no evidence"
    total = {"read": sums["records"], **sums}
    sum_shown = "= " + " + ".join(f"{sums[term]:,} {term.replace('_', ' ')}" for term in TERMS)
    if not adds_up(total):
        sum_shown += " (DOES NOT ADD UP)"
    if sums["conflicts"]:
        sum_shown += f"\n{counted(sums['conflicts'], 'record contradicts', 'records contradict')} another of the same id"
    return f"{first}\n{sum_shown}"


def events(found: Document) -> str:
    """What the records say."""
    return (
        f"{counted(found['issuance'], 'issuance')}, {counted(found['use'], 'accepted use')}, "
        f"{counted(found['attempts'], 'refused use')}, {counted(found['custody'], 'touch of a key', 'touches of keys')}"
    )


def verdicts(summary: Document) -> str:
    """How many uses got each of the six verdicts, and that they are all of them."""
    found: dict[str, Any] = summary["verdicts"]
    total = sum(found.values())
    listed = " + ".join(f"{number:,} {word}" for word, number in found.items())
    return f"{counted(total, 'accepted use')} = {listed}"


def who(summary: Document, victims: Sequence[str]) -> str:
    """Victims in the three numbers that differ, the first of them by name, and the other mailboxes."""
    found = summary["victims"]
    first = (
        f"{counted(found['mailboxes'], 'mailbox', 'mailboxes')}, {counted(found['accounts'], 'account')}, "
        f"{counted(found['organisations'], 'organisation')}"
    )
    lines = [first]
    if accused(summary) and not found["mailboxes"]:
        lines.append("the accused uses name no mailbox")
    if victims:
        more = found["mailboxes"] - len(victims[:NAMED])
        names = ", ".join(shortened(name) for name in victims[:NAMED])
        lines.append(names + (f" and {more:,} more" if more > 0 else ""))
    lines.append(
        ", ".join(
            f"{summary[status]['mailboxes']:,} {status}"
            for status in ("suspected", "undetermined", "cleared")
        )
    )
    return "\n".join(lines)


def shortened(name: str, most: int = 40) -> str:
    """A name that leaves room for others."""
    name = visible(name)
    return name if len(name) <= most else name[: most - 1] + "…"


def messages(summary: Document) -> str:
    """Messages in the three degrees, with their bounds."""
    if not accused(summary) and not summary["verdicts"][Verdict.SUSPICIOUS]:
        return "none is attributed to an actor"
    found = summary["messages"]
    suspected = f", {found['suspected']:,} more to uses only suspicious" if found.get("suspected") else ""
    lines = [
        f"{found['certain']:,} on record as served{suspected}",
        f"presumed taken: {bounds(found['presumed_min'], found['presumed_max'])}",
        f"possible: {bounds(found['possible_min'], found['possible_max'])}",
    ]
    return "\n".join(lines)


def unable(found: Document) -> str:
    """How many detections could not fire, and the columns that never occur, the most wanted first."""
    if not found["unable"]:
        return ""
    total = len(found["fired"]) + len(found["silent"]) + len(found["unable"])
    wanted = Counter(name for detection in found["unable"] for name in detection["missing"])
    listed = ", ".join(
        name.replace("|", " or ") for name in sorted(wanted, key=lambda name: (-wanted[name], name))
    )
    return f"{len(found['unable']):,} of {counted(total, 'detection')}, for want of {listed}"


def cannot_show(gaps: Sequence[Document], room: int) -> list[str]:
    """The weightiest things the evidence cannot show, as many as there is room for."""
    if not gaps:
        return block("cannot show", "the case names no gap; nothing is known of logs that were not given", 1)
    lines: list[str] = []
    for number, gap in enumerate(gaps):
        said = block("" if number else "cannot show", gap_said(gap), max(1, min(2, room - 1)))
        last = number == len(gaps) - 1
        if number and len(lines) + len(said) + (0 if last else 1) > room:
            return lines + block("", f"and {len(gaps) - number:,} more reasons in the report", 1)
        lines += said
    return lines


def gap_said(gap: Document) -> str:
    """How much a gap concerns, and what it is."""
    counts = [
        counted(gap[name], one, many)
        for name, one, many in (
            ("mailboxes", "mailbox", "mailboxes"),
            ("uses", "use", "uses"),
            ("days", "day", "days"),
        )
        if gap[name]
    ]
    return f"{', '.join(counts)}: {gap['says']}" if counts else str(gap["says"])
