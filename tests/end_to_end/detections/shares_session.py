"""A second token in the session of a forged one; and a second token beside one that is merely suspicious."""

from raw import REALMS, at, issued, ndjson, request

ALICE = "alice@ent.example"
ISSUER = ndjson(issued(at(0, 8), ALICE, "t1"), issued(at(0, 8), "bob@ent.example", "t2"))

HIT = {
    "realms.toml": REALMS,
    "issuer.ndjson": ISSUER,
    "gateway.ndjson": ndjson(
        request(at(0, 9), ALICE, "x1", sid="session-1", kid="con-2016"),
        request(at(0, 9, 1), ALICE, "t1", sid="session-1"),
        request(at(0, 9, 2), ALICE, "t1", sid="session-2"),
    ),
}
EXPECTED = {("gateway.ndjson", 1)}
SAYS = "in session session-1, as is a use judged forged"

MISS = {
    "realms.toml": REALMS,
    "issuer.ndjson": ISSUER,
    "gateway.ndjson": ndjson(
        request(at(0, 9), ALICE, "t2", sid="session-1"),  # id-reused names its own use alone
        request(at(0, 9, 1), ALICE, "t1", sid="session-1"),
        request(at(0, 9, 1), ALICE, "t3", sid="session-1"),
        request(at(0, 9, 2), ALICE, "x1", sid="session-2", kid="con-2016"),
    ),
}
