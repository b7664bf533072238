"""Alice's token id presented for Bob; and Alice's own, spelt otherwise in the two logs."""

from raw import at, issued, ndjson, request

ISSUER = ndjson(issued(at(0, 8), "alice@ent.example", "t1"), issued(at(0, 8), "bob@ent.example", "t2"))

HIT = {
    "issuer.ndjson": ISSUER,
    "gateway.ndjson": ndjson(
        request(at(0, 9), "alice@ent.example", "t1"),
        request(at(0, 9, 1), "bob@ent.example", "t1"),
    ),
}
EXPECTED = {("gateway.ndjson", 1)}
SAYS = "token t1 was issued, but with another [principal]: whoever forges chooses the id"

MISS = {
    "issuer.ndjson": ISSUER,
    "gateway.ndjson": ndjson(
        request(at(0, 9), "Alice@Ent.Example", "t1"),
        request(at(0, 9, 1), "alice", "t1"),
        request(at(0, 9, 2), "bob@ent.example", "t2", aud=["urn:mail"]),
    ),
}
