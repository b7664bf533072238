"""After nine days of Outlook an app is given Mail.Read and reads; and an app that read before it was given more."""

from directory_and_farm import directory_act
from raw import EXCHANGE, OUTLOOK_MOBILE, at, bound, guid, ndjson

ALICE = "alice@ent.example"
APP = guid("reader")
GRAPH = "00000003-0000-0000-c000-000000000000"
DAILY = [bound(at(day, 8), ALICE, AppId=EXCHANGE, ClientAppId=OUTLOOK_MOBILE) for day in range(9)]


def consent(app: str) -> bytes:
    """The directory's record of a permission to read mail."""
    return ndjson(
        directory_act(
            at(9, 9), "Add delegated permission grant", "admin@ent.example", "Microsoft Graph",
            DelegatedPermissionGrant__Scope="Mail.Read offline_access", ServicePrincipal__AppId=app,
        )
    )  # fmt: skip


def reads(app: str, day: int) -> dict[str, object]:
    """The app reads through Microsoft Graph."""
    return bound(at(day, 10), ALICE, AppId=GRAPH, ClientAppId=app)


HIT = {"directory.ndjson": consent(APP), "audit.ndjson": ndjson(*DAILY, reads(APP, 9), reads(APP, 20))}
EXPECTED = {("audit.ndjson", 9), ("audit.ndjson", 10)}
SAYS = (
    f"app {APP} read mail for the first time after admin@ent.example had given it Mail.Read offline_access "
    "at 2026-05-13 09:00:00"
)

MISS = {"directory.ndjson": consent(APP), "audit.ndjson": ndjson(*DAILY, reads(APP, 8), reads(APP, 10))}
