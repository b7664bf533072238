"""A key that no given realm knows, the list not being complete; and one that the issuer's own log signs with."""

from raw import REALMS, at, issued, ndjson, request

HIT = {
    "realms.toml": REALMS,
    "gateway.ndjson": ndjson(
        request(at(0, 9), "alice@ent.example", "t1"),
        request(at(0, 10), "alice@ent.example", "t2", kid="ent-2027"),
    ),
}
EXPECTED = {("gateway.ndjson", 1)}
SAYS = "signed by ent-2027, a key that no given realm knows"

MISS = {**HIT, "issuer.ndjson": ndjson(issued(at(0, 8), "carol@ent.example", "t0", kid="ent-2027"))}
