from finished_case import TENANT

from counterseal.core.case import Case
from counterseal.outputs import open_view
from counterseal.outputs.mailboxes_csv import write


def test_roster(storm_case: Case):
    """The roster lists who needs somebody first; a bound nobody knows is empty, never 0."""
    with open_view(storm_case) as view:
        write(view)
    head = "tenant,realm,organisation,account,mailbox,status,reason,verdict,first,last,"
    rows = [
        "{a},victim,key-outside-realm,forged,2026-05-16T08:01:00.000000+00:00,2026-05-16T08:02:00.000000+00:00,1,212,,0,0,A1",
        "{b},suspected,app-never-seen,suspicious,,,0,0,0,0,0,A1",
        "{c},undetermined,no-identifier,,,,0,0,,0,3,",
        '{d},cleared,"covered, and everything issued",issued,,,0,0,0,0,0,',
    ]
    who = {x: f"{TENANT},enterprise,Ministry,{x}@ministry.example,{x}@ministry.example" for x in "abcd"}
    expected = [
        head + "certain,presumed_min,presumed_max,suspected,blind_days,actors",
        *(row.format(**who) for row in rows),
    ]
    assert (storm_case.root / "mailboxes.csv").read_text("utf-8").splitlines() == expected
