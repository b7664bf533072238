"""Every reason for a verdict is one TOML file under `detections/`; this module loads, checks and runs them.

For the judgement, in this order, on a connection that has the views of `VIEWS`:

    prepare(con)                          # tables `hit` (empty), `provider`, `detection`; says who is unable to fire
    run_stage(con, "direct")              # once; gives the number of new hits
    run_stage(con, "association")         # again and again until it gives 0; makes the view `accused` itself
    conclude(con)                         # writes `detection` (columns core.case.DETECTIONS) and gives the same rows

`hit` holds at most one row per use and reason: use_id, verdict, reason, says, basis, support_file, support_record.
All detections of one `run_stage` call see the same `accused`: new hits are written when the last has run. Accused are
the uses with a hit that may spread: forged, stolen, unissued, an indicator, an association. A strange app or a thin
measure names its own uses alone: spread over sessions and addresses, one false suspicion would become hundreds.
"""

import string
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import duckdb

from counterseal.core import case
from counterseal.core.engine.duckdb import column, literal, one, rows
from counterseal.core.engine.engine import Engine
from counterseal.core.events import columns
from counterseal.core.vocabulary import ACCUSING, Basis, Kind, Verdict
from counterseal.investigate.answers import ANSWER
from counterseal.investigate.inputs import INDICATOR, provider_ranges
from counterseal.investigate.tables import fill_table

STAGES = ("direct", "association")

_USE = {"use_id": "VARCHAR", **{name: kind for name, kind in columns(Kind.USE).items() if name != "event_id"}}

VIEWS: dict[str, dict[str, str]] = {
    "use": _USE,
    "attempt": _USE,
    "issuance": columns(Kind.ISSUANCE),
    "custody": columns(Kind.CUSTODY),
    "key": case.KEYS,
    "realm": {"realm": "VARCHAR", "kind": "VARCHAR", "value": "VARCHAR"},
    "indicator": INDICATOR,
    "link": {
        "use_id": "VARCHAR",
        "issuance_id": "VARCHAR",
        "match": "VARCHAR",
        "agrees": "BOOLEAN",
        "differs": "VARCHAR[]",
    },
    "judged": {
        "use_id": "VARCHAR",
        "id_kind": "VARCHAR",  # token, session, parent
        "state": "VARCHAR",  # unissued, thin
        "basis": "VARCHAR",  # declared, measured
        "figures": "VARCHAR",
    },
    "unit": {
        "use_id": "VARCHAR",
        "matched": "BOOLEAN",  # its own id is on record, and the tuple agrees
        "contradicted": "BOOLEAN",  # on record with another tuple
        "misdated": "BOOLEAN",  # no token first shown then can have been issued when this one claims
    },
    "answer": ANSWER,
    "accused": {"use_id": "VARCHAR", "verdict": "VARCHAR", "basis": "VARCHAR", "reason": "VARCHAR"},
    "provider": {"low": "VARCHAR", "high": "VARCHAR", "name": "VARCHAR"},
}
"""The tables a detection may read. `provider`: address ranges that bind nothing (packs/provider-addresses.csv)."""

HIT = {
    "use_id": "VARCHAR",
    "verdict": "VARCHAR",
    "reason": "VARCHAR",
    "says": "VARCHAR",
    "basis": "VARCHAR",
    "support_file": "VARCHAR",
    "support_record": "BIGINT",
}

ACCUSED = """
    select use_id, verdict, basis, reason from hit where reason in ({reasons})
    qualify row_number() over (partition by use_id order by case verdict when 'forged' then 0 when 'stolen' then 1
        when 'unissued' then 2 else 3 end, basis, reason desc) = 1"""

LONGEST_VALUE = 200
"""Characters of a log's value that a sentence quotes: attackers choose these values."""


class DetectionError(Exception):
    """A detection file that breaks the form: a fault of the product, never of the user."""


@dataclass(frozen=True)
class Detection:
    """One reason for a verdict.

    Attributes:
        reason: the code, which is the file's name.
        verdict: what a hit makes of a use, which is the folder's name.
        says: one sentence with {column} placeholders from the query's row, else from the use.
        needs: columns that must occur with a value; "a|b": one of them is enough.
        source: where the rule comes from.
        attack: ATT&CK technique ids.
        mistaken: how an innocent use comes to be hit.
        query: one SELECT: use_id, what `says` names, and, where it has them, basis, support_file, support_record.
        basis: what a hit rests on, unless the query gives it.
        stage: "direct", or "association" for what spreads from uses already accused.
        spreads: whether others may be associated with what this hits.
        tests: tables given as rows, and the use ids to expect.
    """

    reason: str
    verdict: Verdict
    says: str
    needs: tuple[str, ...]
    source: tuple[str, ...]
    attack: tuple[str, ...]
    mistaken: str
    query: str
    basis: Basis
    stage: str
    spreads: bool
    tests: tuple[Mapping[str, Any], ...]

    @property
    def placeholders(self) -> tuple[str, ...]:
        """The columns that the sentence names."""
        return tuple(name for _, name, _, _ in string.Formatter().parse(self.says) if name is not None)


@dataclass(frozen=True)
class Outcome:
    """What became of one detection: fired, silent, or unable for want of `missing`."""

    reason: str
    verdict: Verdict
    state: str
    missing: tuple[str, ...]
    uses: int


@cache
def load() -> tuple[Detection, ...]:
    """All built-in detections, ordered by verdict and reason."""
    return load_folder(Path(str(files("counterseal.investigate").joinpath("detections"))))


def load_folder(folder: Path) -> tuple[Detection, ...]:
    """Every `<verdict>/<reason>.toml` under a folder.

    Raises:
        DetectionError: a file breaks the form.
    """
    order = list(Verdict)
    found = [_read(path) for path in sorted(folder.glob("*/*.toml"))]
    return tuple(sorted(found, key=lambda detection: (order.index(detection.verdict), detection.reason)))


def _read(path: Path) -> Detection:
    """One file, its form checked."""
    try:
        given = tomllib.loads(path.read_text("utf-8"))
        verdict, stage = Verdict(given.pop("verdict")), given.pop("stage", "direct")
        detection = Detection(
            reason=path.stem,
            verdict=verdict,
            says=given.pop("says"),
            needs=tuple(given.pop("needs")),
            source=tuple(given.pop("source")),
            attack=tuple(given.pop("attack")),
            mistaken=given.pop("mistaken"),
            query=given.pop("query").strip(),
            basis=Basis(given.pop("basis", Basis.RULE)),
            stage=stage,
            spreads=given.pop("spreads", verdict in ACCUSING or stage == "association"),
            tests=tuple(given.pop("test")),
        )
    except (KeyError, ValueError) as error:
        raise DetectionError(f"{path}: {error}") from error
    _check_form(detection, path, tuple(given))
    return detection


def _check_form(detection: Detection, path: Path, left_over: tuple[str, ...]) -> None:
    """Refuse what could silently never fire, or say something empty."""
    if left_over:
        raise DetectionError(f"{path}: unknown key {left_over[0]}")
    if detection.verdict.value != path.parent.name:
        raise DetectionError(f"{path}: verdict {detection.verdict} in folder {path.parent.name}")
    if detection.stage not in STAGES:
        raise DetectionError(f"{path}: stage {detection.stage}")
    if not (detection.says and detection.source and detection.mistaken and detection.needs):
        raise DetectionError(f"{path}: says, needs, source and mistaken must say something")
    for need in detection.needs:
        for name in need.split("|"):
            table, _, wanted = name.partition(".")
            if wanted not in VIEWS.get(table, {}):
                raise DetectionError(f"{path}: needs {name}, which is no column")
    statements = duckdb.extract_statements(detection.query)
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise DetectionError(f"{path}: query is not one SELECT")


def prepare(con: Engine, detections: Iterable[Detection] | None = None) -> None:
    """Create `hit`, `provider` and `detection`, and find out which detections cannot fire on this evidence."""
    chosen = load() if detections is None else tuple(detections)
    _create(con, "hit", HIT)
    _create(con, "provider", VIEWS["provider"])
    fill_table(con, "provider", provider_ranges())
    _create(con, "detection", case.DETECTIONS)
    present = _present(
        con, {name for detection in chosen for need in detection.needs for name in need.split("|")}
    )
    listed = []
    for detection in chosen:
        missing = [need for need in detection.needs if not present.intersection(need.split("|"))]
        listed.append(
            (detection.reason, detection.verdict.value, "unable" if missing else "silent", missing, 0)
        )
    fill_table(con, "detection", listed)


def run_stage(con: Engine, stage: str, detections: Iterable[Detection] | None = None) -> int:
    """Run every able detection of a stage once and add what it finds to `hit`.

    Returns:
        The number of hits that were not there before.
    """
    chosen = load() if detections is None else tuple(detections)
    able = {row[0] for row in rows(con, "select reason from detection where state <> 'unable'")}
    spreading = ", ".join(literal(detection.reason) for detection in chosen if detection.spreads)
    con.execute(f"create or replace view accused as {ACCUSED.format(reasons=spreading or 'null')}")
    _create(con, "fresh", HIT)
    for detection in chosen:
        if detection.stage == stage and detection.reason in able:
            con.execute(f"insert into fresh {compiled(con, detection)}")
    (added,) = one(
        con,
        """insert into hit select * from fresh where not exists (
               select 1 from hit where hit.use_id = fresh.use_id and hit.reason = fresh.reason)""",
    )
    con.execute("drop table fresh")
    return int(added)


def compiled(con: Engine, detection: Detection) -> str:
    """The SELECT that gives a detection's rows of `hit`: at most one per use, whatever the query repeats.

    Raises:
        DetectionError: the query lacks use_id, or the sentence names what neither it nor the use has.
    """
    given = [row[0] for row in rows(con, f"describe {detection.query}")]
    if "use_id" not in given:
        raise DetectionError(f"{detection.reason}: the query gives no use_id")
    from_use = [name for name in detection.placeholders if name not in given]
    if unknown := [name for name in from_use if name not in _USE]:
        raise DetectionError(
            f"{detection.reason}: says names {unknown[0]}, which neither the query nor a use has"
        )
    joined = "join use on use.use_id = found.use_id" if from_use else ""
    basis = "coalesce(found.basis, {})" if "basis" in given else "{}"
    support = [f"found.{name}" if name in given else "null" for name in ("support_file", "support_record")]
    return f"""
        select use_id, {literal(detection.verdict.value)} as verdict, {literal(detection.reason)} as reason, says, basis,
               support_file, support_record
        from (select found.use_id, {_sentence(detection, given)} as says,
                     {basis.format(literal(detection.basis.value))} as basis,
                     {support[0]} as support_file, {support[1]} as support_record
              from ({detection.query}) as found {joined}) as told
        qualify row_number() over (partition by use_id order by says, basis, support_file, support_record) = 1"""


def _sentence(detection: Detection, given: list[str]) -> str:
    """The sentence as a SQL expression: the log's values are cut to a bounded length, absent ones named so."""
    parts = []
    for text, name, _, _ in string.Formatter().parse(detection.says):
        parts.append(literal(text))
        if name is not None:
            value = f"{'found' if name in given else 'use'}.{column(name)}"
            parts.append(f"coalesce(substr(cast({value} as varchar), 1, {LONGEST_VALUE}), 'not recorded')")
    return " || ".join(parts)


def conclude(con: Engine) -> list[Outcome]:
    """Bring `detection` up to date with `hit` and give its rows, ordered as loaded."""
    con.execute(
        """create or replace temp table counted as select reason, count(*) as uses from hit group by reason;
           create or replace table detection as
           select detection.reason, detection.verdict,
               case when counted.uses is null then detection.state else 'fired' end as state, detection.missing,
               coalesce(counted.uses, 0) as uses
           from detection left join counted on counted.reason = detection.reason"""
    )
    found = rows(con, "select reason, verdict, state, missing, uses from detection")
    order = list(Verdict)
    outcomes = [Outcome(row[0], Verdict(row[1]), row[2], tuple(row[3]), row[4]) for row in found]
    return sorted(outcomes, key=lambda outcome: (order.index(outcome.verdict), outcome.reason))


def _create(con: Engine, name: str, wanted: Mapping[str, str]) -> None:
    """An empty table."""
    listed = ", ".join(f"{column(field)} {kind}" for field, kind in wanted.items())
    con.execute(f"create or replace table {column(name)} ({listed})")


def _present(con: Engine, wanted: set[str]) -> set[str]:
    """Those of the wanted `table.column` that occur with a value: one scan a table."""
    present: set[str] = set()
    for table in sorted({name.partition(".")[0] for name in wanted}):
        names = sorted(name for name in wanted if name.startswith(f"{table}."))
        asked = ", ".join(
            f"coalesce(bool_or({column(name.partition('.')[2])} is not null), false)" for name in names
        )
        found = rows(con, f"select {asked} from {column(table)}")[0]
        present.update(name for name, occurs in zip(names, found, strict=True) if occurs)
    return present
