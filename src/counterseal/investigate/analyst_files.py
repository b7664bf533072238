"""Files of the analyst's own: as text, and as tables with a header, mistakes told with their line."""

import csv
import io
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path

from counterseal.core.errors import UsageError


def read_text(path: Path, option: str) -> str:
    """A file of the user's own as text: UTF-8 with or without BOM, UTF-16 with BOM (Excel's "Unicode text")."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}", where=option) from error
    try:
        return raw.decode("utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(
            f"{path} is not text in UTF-8", where=f"byte {error.start}", next_step="save it as UTF-8"
        ) from error


def read_table(
    text: str, where: str, wanted: Sequence[str], needed: Sequence[str]
) -> Iterator[tuple[int, dict[str, str]]]:
    """Rows of a CSV with a header as (line, column -> trimmed text). `#` lines are comments; `;` may separate.

    Raises:
        UsageError: a column is unknown (names the nearest) or missing, or a row has too many cells.
    """
    lines = io.StringIO(text, newline="")
    first = next((line for line in text.splitlines() if line.strip() and not line.startswith("#")), "")
    separator = ";" if ";" in first and "," not in first else ","
    reader = csv.reader(lines, delimiter=separator)
    header: list[str] = []
    for cells in reader:
        if not any(cell.strip() for cell in cells) or cells[0].startswith("#"):
            continue
        line = f"{where}, line {reader.line_num}"
        if not header:
            header = [cell.strip().lower() for cell in cells]
            _check_header(header, line, wanted, needed)
        elif len(cells) > len(header):
            raise UsageError(
                "more cells than columns", where=line, next_step="quote the cells that hold a comma"
            )
        else:
            yield reader.line_num, {name: cell.strip() for name, cell in zip(header, cells, strict=False)}


def _check_header(header: Sequence[str], where: str, wanted: Sequence[str], needed: Sequence[str]) -> None:
    for name in header:
        if name not in wanted:
            raise UsageError(f"unknown column {name[:60]!r}", where=where, next_step=nearest(name, wanted))
    for name in needed:
        if name not in header:
            raise UsageError(
                f"no column {name!r}", where=where, next_step=f"the columns are {', '.join(wanted)}"
            )


def nearest(name: str, known: Sequence[str]) -> str:
    """Advice for a misspelt name."""
    close = get_close_matches(name, known, n=1)
    return f"did you mean {close[0]!r}?" if close else f"known are {', '.join(known)}"
