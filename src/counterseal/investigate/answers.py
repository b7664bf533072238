"""What the issuer answered: for each token or session it was asked about, whether it issued it, and its own record.

A "yes" is an issuance on record, compared field by field like any other; a "no" is the issuer's word that there was
none; an "unknown" leaves the use undecided, and says that the issuer was asked.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path

from counterseal.core.engine.duckdb import column
from counterseal.core.engine.engine import Engine
from counterseal.core.errors import UsageError
from counterseal.core.events import columns
from counterseal.core.questions import RECORD, SHEET, id_key, question_id
from counterseal.core.vocabulary import Kind
from counterseal.investigate.analyst_files import nearest, read_table, read_text
from counterseal.investigate.tables import create_table, fill_table

WORDS = ("yes", "no", "unknown")

STREAM = "answer"
"""Stream of the issuances that an answer puts on record. It is no log: it shows nothing but what was asked."""

ANSWER = {
    "question": "VARCHAR",
    "tenant": "VARCHAR",  # lower case; null: the uses name none
    "kind": "VARCHAR",  # token, session
    "id": "VARCHAR",  # comparable form
    "issued": "VARCHAR",  # yes, no, unknown
    "answered_by": "VARCHAR",
    "support_file": "VARCHAR",
    "support_record": "BIGINT",
}

LONGEST = 200
"""Characters of a name that a sentence quotes."""

_TIMES = ("time", "issued_at", "expires")
_FORMULA = "=+-@\t\r"


@dataclass(frozen=True)
class Answer:
    """One answered question.

    Attributes:
        question: its id.
        tenant: lower case; null where the uses name none.
        kind: token or session.
        id: as the sheet spells it.
        issued: yes, no or unknown.
        answered_by: who says so.
        record: the issuance, of a yes: columns of core.events.ISSUANCE that the row filled in.
        file, number: SHA-256 of the file of answers, and the row in it from 0.
    """

    question: str
    tenant: str | None
    kind: str
    id: str
    issued: str
    answered_by: str
    record: Mapping[str, str | datetime] = field(default_factory=dict)
    file: str = ""
    number: int = 0


@dataclass(frozen=True)
class Answers:
    """Everything one file answers, and how many of its questions it leaves open."""

    given: tuple[Answer, ...] = ()
    left_open: int = 0
    file: str = ""


def read_answers(path: Path) -> Answers:
    """The sheet of questions as it came back: CSV, or NDJSON with the same names.

    Raises:
        UsageError: a row says neither clearly what is asked nor what the answer is; the file answers one question twice.
    """
    text = read_text(path, "--answers")
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    given: dict[str, Answer] = {}
    lines: dict[str, int] = {}
    left_open = 0
    rows = _ndjson(text, path.name) if text.lstrip().startswith("{") else _csv(text, path.name)
    for number, (line, row) in enumerate(rows):
        where = f"{path.name}, line {line}"
        if not row.get("issued"):
            left_open += 1
            continue
        answer = _answer(row, where, sha256, number)
        if lines.setdefault(answer.question, line) != line:
            raise UsageError(
                f"question {answer.question} is answered twice",
                where=where,
                next_step=f"see line {lines[answer.question]}",
            )
        given[answer.question] = answer
    return Answers(tuple(given.values()), left_open, sha256)


def _csv(text: str, name: str) -> Iterator[tuple[int, dict[str, str]]]:
    yield from read_table(text, name, SHEET, ("question", "issued"))


def _ndjson(text: str, name: str) -> Iterator[tuple[int, dict[str, str]]]:
    for line, written in enumerate(text.splitlines(), 1):
        if not written.strip():
            continue
        where = f"{name}, line {line}"
        try:
            row = json.loads(written)
        except ValueError as error:
            raise UsageError("not JSON", where=where) from error
        if not isinstance(row, dict) or not all(isinstance(value, str | None) for value in row.values()):
            raise UsageError("not an object of texts", where=where)
        for key in row:
            if key not in SHEET:
                raise UsageError(f"unknown name {key[:60]!r}", where=where, next_step=nearest(key, SHEET))
        yield line, {key: (value or "").strip() for key, value in row.items()}


def _answer(row: Mapping[str, str], where: str, file: str, number: int) -> Answer:
    """One row that has an answer."""
    issued = row["issued"].lower()
    if issued not in WORDS:
        raise UsageError(
            f"not an answer: {issued[:60]!r}",
            where=where,
            next_step="write yes, no or unknown, or leave it empty",
        )
    kind, value = _asked(row, where)
    by = _unquoted(row.get("answered_by", ""))
    if not by:
        raise UsageError(
            "nobody answers for it", where=where, next_step="write a name into the column answered_by"
        )
    record = _record(row, where) if issued == "yes" else {}
    return Answer(
        row["question"], _unquoted(row.get("tenant", "")).lower() or None, kind, value, issued, by[:LONGEST], record, file,
        number,
    )  # fmt: skip


def _asked(row: Mapping[str, str], where: str) -> tuple[str, str]:
    """What the question is about, checked against its id."""
    named = [(kind, row[f"{kind}_id"]) for kind in ("token", "session") if row.get(f"{kind}_id")]
    if len(named) != 1:
        raise UsageError(
            "the row names no token_id and no session_id"
            if not named
            else "the row names a token and a session",
            where=where,
            next_step="leave the columns that the sheet was sent with as they are",
        )
    kind, written = named[0]
    tenant = _unquoted(row.get("tenant", ""))
    for value in dict.fromkeys((_unquoted(written), written)):
        if question_id(tenant, kind, value) == row.get("question"):
            return kind, value
    raise UsageError(
        f"question {row.get('question', '')[:40]} asks about another {kind} than this row names",
        where=where,
        next_step="a spreadsheet may have rewritten the id: copy tenant and id from the sheet that was sent",
    )


def _record(row: Mapping[str, str], where: str) -> dict[str, str | datetime]:
    """The issuer's own record of a token it issued: without one, a copied id would pass for a token."""
    found: dict[str, str | datetime] = {}
    for name in RECORD:
        written = _unquoted(row.get(name, ""))
        if written:
            found[name] = _moment(written, name, where) if name in _TIMES else written
    if not ({"principal", "principal_id", "app_id"} & set(found) and {"issued_at", "time"} & set(found)):
        raise UsageError(
            "a yes without for whom and when",
            where=where,
            next_step="fill in principal (or app_id) and issued_at from the record of the issuance",
        )
    return found


def _moment(written: str, name: str, where: str) -> datetime:
    """An instant with a zone, as UTC without one."""
    try:
        found = datetime.fromisoformat(written)
    except ValueError as error:
        raise UsageError(
            f"{name} is no time: {written[:40]}", where=where, next_step="write it as 2026-05-01T08:00:00Z"
        ) from error
    if found.tzinfo is None:
        raise UsageError(f"{name} has no zone", where=where, next_step=f"write {written}Z for UTC")
    return found.astimezone(UTC).replace(tzinfo=None)


def _unquoted(written: str) -> str:
    """A cell without the apostrophe that keeps a spreadsheet from taking it for a formula."""
    return written[1:] if written[:1] == "'" and written[1:2] and written[1] in _FORMULA else written


def fill_answers(con: Engine, answers: Answers) -> None:
    """Make `answer` (columns ANSWER) and `answered_issuance`, the issuances that a yes puts on record."""
    create_table(con, "answer", ANSWER)
    fill_table(
        con,
        "answer",
        [
            (a.question, a.tenant, a.kind, id_key(a.id), a.issued, a.answered_by, a.file, a.number)
            for a in answers.given
        ],
    )
    wanted = columns(Kind.ISSUANCE)
    create_table(con, "answered_issuance", wanted)
    fill_table(
        con, "answered_issuance", [_issuance(a, tuple(wanted)) for a in answers.given if a.issued == "yes"]
    )


def _issuance(answer: Answer, wanted: tuple[str, ...]) -> tuple[object, ...]:
    """A yes as a row of issuances, with the comparable forms that ingest would have given it."""
    said: dict[str, object] = dict(answer.record)
    issuer, principal, app = said.get("issuer"), said.get("principal"), said.get("app_id")
    said |= {
        "event_id": f"answer {answer.question}",
        "source": STREAM,
        "stream": STREAM,
        "tenant": answer.tenant,
        f"{answer.kind}_id": answer.id,
        f"{answer.kind}_key": id_key(answer.id),
        "time": said.get("time", said.get("issued_at")),
        "outcome": "success",
        "authority": str(issuer).lower() if issuer else answer.tenant,
        "principal_key": str(principal).strip().lower() if principal else None,
        "principal_id": str(said["principal_id"]).lower() if "principal_id" in said else None,
        "acting_app": str(app).lower() if app else None,
        "ip_key": _ip_key(said.get("client_ip")),
        "evidence_file": answer.file,
        "evidence_record": answer.number,
    }
    return tuple(said.get(name) for name in wanted)


def _ip_key(written: object) -> str | None:
    """32 hex digits, IPv4 as ::ffff:a.b.c.d; null if it is no address."""
    try:
        found = ip_address(str(written))
    except ValueError:
        return None
    return f"{int(found):032x}" if found.version == 6 else f"{0xFFFF:024x}{int(found):08x}"


def issuances_sql() -> str:
    """SQL: the issuances of the logs and those of the answers."""
    listed = ", ".join(column(name) for name in columns(Kind.ISSUANCE))
    return f"(select {listed} from issuance_kept union all select {listed} from answered_issuance)"


def answered(answers: Answers) -> dict[str, object]:
    """For summary.json: what was answered, by whom, from which file."""
    return {
        "file": answers.file or None,
        **{word: sum(answer.issued == word for answer in answers.given) for word in WORDS},
        "left_open": answers.left_open,
        "by": sorted({answer.answered_by for answer in answers.given}),
    }
