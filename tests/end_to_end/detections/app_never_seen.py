"""An app nobody used for ten days reads one mailbox; and the same app given to three people that day: a pilot."""

from raw import at, bound, guid, purview_csv

STRANGE = {"AppId": guid("mailbird"), "ClientAppId": None, "ClientInfoString": "Client=REST;Mailbird/3;;"}
USUAL = [bound(at(day, 9), f"p{number}@ent.example") for day in range(11) for number in range(4)]

HIT = {"audit.csv": purview_csv([*USUAL, bound(at(10, 10), "p1@ent.example", **STRANGE)])}
EXPECTED = {("audit.csv", len(USUAL))}
SAYS = (
    f"mail read through app {guid('mailbird')} / not recorded (Client=REST;Mailbird), first seen 2026-05-14 10:00:00 "
    "after 10 days of records without it, on 1 of 4 mailboxes"
)

MISS = {
    "audit.csv": purview_csv(
        [*USUAL, *(bound(at(10, 10, n), f"p{n}@ent.example", **STRANGE) for n in range(3))]
    )
}
