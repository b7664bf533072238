"""Outlook on the web's own app over REST with nothing of the web beside it; and the same inside a session of the web."""

from raw import OUTLOOK_WEB, OWA, REST, at, bound, guid, ndjson

DIRECT = {"AppId": OUTLOOK_WEB, "ClientAppId": None, "ClientInfoString": REST}

HIT = {
    "audit.ndjson": ndjson(
        bound(at(0, 9), "alice@ent.example", SessionId=guid("web"), ClientInfoString=OWA),
        bound(at(0, 10), "alice@ent.example", SessionId=guid("other"), **DIRECT),
        bound(at(0, 11), "bob@ent.example", SessionId=guid("bobs"), ClientInfoString=OWA),
    )
}
EXPECTED = {("audit.ndjson", 1)}
SAYS = (
    "Outlook on the web reads mail over the rest path with no sign of itself beside it, in 1 of 2 mailboxes"
)

MISS = {
    "audit.ndjson": ndjson(
        bound(at(0, 9), "alice@ent.example", SessionId=guid("web"), ClientInfoString=OWA),
        bound(at(0, 10), "alice@ent.example", SessionId=guid("web"), **DIRECT),
        bound(at(0, 11), "alice@ent.example", **DIRECT),
    )
}
