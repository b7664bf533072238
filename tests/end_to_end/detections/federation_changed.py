"""A domain is federated, then a person of it signs in over an assertion from an address new to the tenant."""

from directory_and_farm import directory_act, over_assertion
from raw import at, bound, ndjson, signed_in, token

ALICE, BOB = "alice@ent.example", "bob@ent.example"
OFFICE = [signed_in(at(day, 7), BOB, f"bob {day}") for day in range(12)]
CHANGED = ndjson(directory_act(at(9, 3), "Set domain authentication", "admin@ent.example", "ent.example"))
FORGER = "203.0.113.66"
AUDIT = ndjson(
    bound(at(10, 4), ALICE, ClientIPAddress=FORGER, **token("golden", at(10, 3), "golden session")),
    bound(at(10, 8), BOB, **token("bob 10", at(10, 7))),
    bound(at(11, 4), ALICE, ClientIPAddress=FORGER, **token("later", at(11, 3), "golden session")),
)

HIT = {
    "directory.ndjson": CHANGED,
    "sign-ins.ndjson": ndjson(
        *OFFICE, over_assertion(at(10, 3), ALICE, "golden", "a1", session="golden session", ip=FORGER)
    ),
    "audit.ndjson": AUDIT,
}
EXPECTED = {("audit.ndjson", 0), ("audit.ndjson", 2)}
SAYS = (
    "signed in through federation from an address new to the tenant, after admin@ent.example had changed the "
    "federation of ent.example at 2026-05-13 03:00:00"
)

MISS = {
    "directory.ndjson": CHANGED,
    "sign-ins.ndjson": ndjson(
        *OFFICE, over_assertion(at(10, 3), ALICE, "golden", "a1", session="golden session", ip="192.0.2.10")
    ),
    "audit.ndjson": AUDIT,
}
