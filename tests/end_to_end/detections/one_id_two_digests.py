"""A copied token id over another content; and a gateway that digests other bytes than the issuer, for every token."""

from raw import at, digest, issued, ndjson, request

ISSUER = ndjson(
    issued(at(0, 8), "alice@ent.example", "t1", digest=digest("t1")),
    issued(at(0, 8, 1), "bob@ent.example", "t2", digest=digest("t2")),
)

HIT = {
    "issuer.ndjson": ISSUER,
    "gateway.ndjson": ndjson(
        request(at(0, 9), "alice@ent.example", "t1", digest=digest("t1")),
        request(at(0, 9, 1), "bob@ent.example", "t2", digest=digest("t2").upper()),
        request(at(0, 9, 2), "alice@ent.example", "t1", digest=digest("forged t1")),
    ),
}
EXPECTED = {("gateway.ndjson", 2)}
SAYS = "token t1 with another content than the one that was issued under this id"

MISS = {
    "issuer.ndjson": ISSUER,
    "gateway.ndjson": ndjson(
        request(at(0, 9), "alice@ent.example", "t1", digest=digest("whole t1")),
        request(at(0, 9, 1), "bob@ent.example", "t2", digest=digest("whole t2")),
    ),
}
