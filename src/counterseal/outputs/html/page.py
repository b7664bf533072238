"""The page: templates filled with a case, every value inert."""

import base64
import hashlib
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from counterseal.core.inert import clipped, visible
from counterseal.core.manifest import TERMS, adds_up
from counterseal.outputs._decided import whose_now
from counterseal.outputs._output import CaseView
from counterseal.outputs.html import sentences
from counterseal.outputs.html.sections import GLOSSARY, read_sections

LONGEST_CELL = 400
"""Characters of one value that the page shows: an attacker may have written megabytes."""


def inert(value: object) -> object:
    """What a template may print: our own markup as it is, everything else visible, clipped and then escaped."""
    if isinstance(value, Markup):
        return value
    if value is None:
        return "–"
    return visible(clipped(str(value), LONGEST_CELL))


def thousands(value: int | None) -> str:
    """A count, or a dash where the case does not say."""
    return "–" if value is None else f"{value:,}"


@cache
def environment() -> Environment:
    """The template engine: escapes everything, refuses unknown names."""
    made = Environment(
        loader=PackageLoader("counterseal.outputs.html", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=inert,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters |= {"n": thousands, "instant": sentences.instant}
    made.globals |= {"bounds": sentences.bounds, "counted": sentences.counted, "adds_up": adds_up}
    return made


def style() -> tuple[Markup, str]:
    """Our style sheet and its Content-Security-Policy source.

    Source: CSP Level 3, 6.7.3.3: the hash covers the element's content byte for byte.
    """
    sheet = files("counterseal.outputs.html").joinpath("style.css").read_text("utf-8")
    digest = base64.b64encode(hashlib.sha256(sheet.encode("utf-8")).digest()).decode("ascii")
    return Markup(sheet), f"sha256-{digest}"  # noqa: S704  (our own file)


def render(view: CaseView) -> str:
    """The whole page as text."""
    sheet, sheet_hash = style()
    summary = view.summary
    values: dict[str, Any] = {
        "sheet": sheet,
        "sheet_hash": sheet_hash,
        "name": view.case.root.resolve().name,
        "summary": summary,
        "manifest": view.manifest,
        "decisions": [(decision, whose_now(view, decision)) for decision in view.decisions],
        "broken_decisions": view.broken_decisions,
        "answers": [
            ("Who", sentences.who(summary)),
            ("What", sentences.what(summary)),
            ("When", sentences.when(summary)),
            ("How sure", sentences.how_sure(summary)),
        ],
        "sections": read_sections(view),
        "named": view.evidence_name,
        "terms": TERMS,
        "glossary": GLOSSARY,
    }
    return environment().get_template("page.html.j2").render(values)
