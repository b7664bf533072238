"""report.html: one self-contained page that opens offline, prints, and runs no script."""

from counterseal.core.case import write_atomically
from counterseal.outputs._output import CaseView, Output


def write(view: CaseView) -> None:
    """Write the page."""
    from counterseal.outputs.html.page import render  # the template engine is slow to load

    write_atomically(view.case.report, render(view).encode("utf-8"))


OUTPUT = Output(
    name="html",
    filename="report.html",
    says="the page people open: who, what, when, how sure, what is not known, and the record behind each statement",
    write=write,
)
