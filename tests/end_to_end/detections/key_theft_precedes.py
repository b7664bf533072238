"""Somebody reads the farm's key, then a sign-in over an assertion that the farm never made; and one it did make."""

from directory_and_farm import assertion, key_read, over_assertion
from raw import at, bound, ndjson, token

ALICE, BOB = "alice@ent.example", "bob@ent.example"
FARM = [assertion(at(day, 7), BOB, f"bob {day}", 100 + day) for day in range(12)]
READS = [key_read(at(day, 1), "svc-adfs", 200 + day) for day in range(0, 12, 2)]
OFFICE = [over_assertion(at(day, 7, 1), BOB, f"bob {day}", f"bob {day}") for day in range(12)]
GOLDEN = over_assertion(at(10, 3), ALICE, "golden", "golden activity", ip="203.0.113.66")
AUDIT = ndjson(
    bound(at(10, 4), ALICE, ClientIPAddress="203.0.113.66", **token("golden", at(10, 3))),
    bound(at(10, 8), BOB, **token("bob 10", at(10, 7, 1))),
)

HIT = {
    "security.ndjson": ndjson(*FARM, *READS, key_read(at(5, 2), "eve", 300)),
    "sign-ins.ndjson": ndjson(*OFFICE, GOLDEN),
    "audit.ndjson": AUDIT,
}
EXPECTED = {("audit.ndjson", 0)}
SAYS = "no record of its issuance, and ENT\\eve had touched the signing key before (dkm-key-read, 2026-05-09 02:00:00)"

MISS = {
    "security.ndjson": ndjson(
        *FARM, *READS, key_read(at(5, 2), "eve", 300), assertion(at(10, 3), ALICE, "golden activity", 301)
    ),
    "sign-ins.ndjson": ndjson(*OFFICE, GOLDEN),
    "audit.ndjson": AUDIT,
}
