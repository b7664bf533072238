"""Seeded cases judged whole, a few in this process or a thousand over every processor."""

import os
import tempfile
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from judging import judged

from counterseal.core.engine.duckdb import rows
from counterseal.demo import statistics

ACCUSED = "select use_id from verdict where verdict in ('forged', 'stolen', 'unissued')"

FEW = 50
"""So many cases are judged here, more by one process per processor: planning, not rows, is what a small case costs."""

Planted = tuple[int, float, int]
"""A seed, the share of genuine tokens without a row, and how many tokens are planted."""


def accused(tables: statistics.Tables) -> set[str]:
    """The uses called forged, stolen or unissued."""
    with tempfile.TemporaryDirectory() as folder, judged(Path(folder), tables.use, tables.issuance) as con:
        return {use_id for (use_id,) in rows(con, ACCUSED)}


def accused_in_innocent(seed: int) -> list[str]:
    """Whom an innocent case accuses: it should be nobody."""
    return sorted(accused(statistics.innocent_case(seed)))


def all_named(planted: Planted) -> bool:
    """Is every planted use of a case accused?"""
    tables = statistics.planted_case(*planted)
    return set(tables.planted) <= accused(tables)


def innocent(seeds: Iterable[int]) -> dict[int, list[str]]:
    """Innocent cases with somebody accused, by seed."""
    seeds = list(seeds)
    if len(seeds) <= FEW:
        found = [accused_in_innocent(seed) for seed in seeds]
    else:
        with pool() as workers:
            found = list(workers.map(accused_in_innocent, seeds, chunksize=5))
    return {seed: uses for seed, uses in zip(seeds, found, strict=True) if uses}


def power(points: Iterable[tuple[float, int]], seeds: Iterable[int]) -> dict[tuple[float, int], int]:
    """For each share of unmatched tokens and number planted, in how many cases every planted use is named."""
    points, seeds = list(points), list(seeds)
    cases = [(seed, rate, count) for rate, count in points for seed in seeds]
    if len(cases) <= FEW:
        named = [all_named(case) for case in cases]
    else:
        with pool() as workers:
            named = list(workers.map(all_named, cases, chunksize=5))
    return {
        point: sum(named[number * len(seeds) : (number + 1) * len(seeds)])
        for number, point in enumerate(points)
    }


def pool() -> ProcessPoolExecutor:
    """One process per processor; spawned, since a forked engine would hang."""
    return ProcessPoolExecutor(os.cpu_count(), get_context("spawn"))
