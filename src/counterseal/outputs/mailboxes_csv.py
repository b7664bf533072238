"""mailboxes.csv: the roster, one row per mailbox that the evidence or a roster file names."""

from counterseal.core.case import MAILBOXES
from counterseal.core.vocabulary import Status, Verdict
from counterseal.outputs._cells import cell, instant
from counterseal.outputs._output import CaseView, Output, copy_csv

RANK = "list_position([{}], status)".format(
    ", ".join(
        f"'{status}'" for status in (Status.VICTIM, Status.SUSPECTED, Status.UNDETERMINED, Status.CLEARED)
    )
)
"""SQL: the status that needs somebody first."""

WORST_FIRST = "list_position([{}], verdict)".format(", ".join(f"'{verdict}'" for verdict in Verdict))
"""SQL: the worst verdict first."""


def spelt(name: str, kind: str) -> str:
    """SQL for one column: text inert, times with their zone, lists joined by blanks, unknown bounds empty."""
    if kind == "TIMESTAMP":
        return f'{instant(name)} as "{name}"'
    if kind == "VARCHAR[]":
        return f"""{cell(f"nullif(array_to_string(list_sort({name}), ' '), '')")} as "{name}\""""
    return f'{cell(name)} as "{name}"' if kind == "VARCHAR" else f'"{name}"'


def write(view: CaseView) -> None:
    """Write the roster, victims first."""
    chosen = ", ".join(spelt(name, kind) for name, kind in MAILBOXES.items())
    copy_csv(
        view,
        f"select {chosen} from mailboxes order by {RANK}, {WORST_FIRST}, mailboxes.tenant, mailboxes.mailbox, mailboxes.realm",
        view.case.root / OUTPUT.filename,
    )


OUTPUT = Output(
    name="mailboxes_csv",
    filename="mailboxes.csv",
    says="the roster of mailboxes with status, reason and message counts; an unknown upper bound is empty",
    write=write,
)
