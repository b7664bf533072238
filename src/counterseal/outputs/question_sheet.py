"""questions.csv: the sheet that the provider fills in, and that `investigate --answers` reads back."""

from counterseal.core.questions import SHEET
from counterseal.outputs._cells import cell, instant
from counterseal.outputs._output import CaseView, Output, copy_csv
from counterseal.outputs._questions import ORDER, define_asked


def write(view: CaseView) -> None:
    """Write one row per question, everything that the provider fills in left empty."""
    define_asked(view)
    filled = {
        "question": "question",
        "tenant": cell("tenant"),
        "token_id": f"case kind when 'token' then {cell('id')} end",
        "session_id": f"case kind when 'session' then {cell('id')} end",
        "presented_first": instant("first"),
        "presented_last": instant("last"),
    }
    chosen = ", ".join(f'{filled.get(name, "null")} as "{name}"' for name in SHEET)
    ordered = f"(select *, row_number() over (order by {ORDER}) as place from asked)"
    copy_csv(
        view, f"select {chosen} from {ordered} as asked order by place", view.case.root / OUTPUT.filename
    )


OUTPUT = Output(
    name="question_sheet",
    filename="questions.csv",
    says="one question to the provider per token or session that the evidence could not decide; `--answers` reads it back",
    write=write,
)
