"""A key nobody knows, where the list is declared complete; and a key rotated in, with which the issuer's log signs."""

from raw import ENTERPRISE, at, issued, ndjson, realm, request

REALMS = realm(
    "enterprise", ENTERPRISE, "ent.example", 'kid = "ent-2026", state = "active"', settings="complete = true"
).encode()

HIT = {
    "realms.toml": REALMS,
    "gateway.ndjson": ndjson(
        request(at(0, 9), "alice@ent.example", "t1"),
        request(at(0, 10), "alice@ent.example", "t2", kid="nobodys"),
    ),
}
EXPECTED = {("gateway.ndjson", 1)}
SAYS = "signed by nobodys, which no realm has, while the enterprise realm's list of keys is declared complete"

MISS = {
    "realms.toml": REALMS,
    "issuer.ndjson": ndjson(issued(at(0, 8), "carol@ent.example", "t0", kid="ent-2027")),
    "gateway.ndjson": ndjson(
        request(at(0, 9), "alice@ent.example", "t1"),
        request(at(0, 10), "alice@ent.example", "t2", kid="ent-2027"),
    ),
}
