"""A token used ten minutes after its grant was taken back; and mail served inside a connection opened before that."""

from raw import at, event, issued, lines, login, ndjson, opened, request

ALICE = "alice@ent.example"
ISSUER = ndjson(
    issued(at(0, 8), ALICE, "a1", grant_id="g1"),
    issued(at(0, 8), ALICE, "b1", grant_id="g2"),
    event(at(0, 9), "grant.revoked", grant_id="g1"),
)

HIT = {
    "issuer.ndjson": ISSUER,
    "gateway.ndjson": ndjson(
        request(at(0, 8, 30), ALICE, "a1"),
        request(at(0, 9, 10), ALICE, "a1"),
        request(at(0, 9, 11), ALICE, "b1"),
    ),
}
EXPECTED = {("gateway.ndjson", 1)}
SAYS = "used after the issuer took the grant back at 2026-05-04 09:00:00"

MISS = {
    "issuer.ndjson": ISSUER,
    "gateway.ndjson": ndjson(request(at(0, 9, 4), ALICE, "a1"), request(at(0, 9, 11), ALICE, "b1")),
    "dovecot.log": lines(
        login(at(0, 8, 45), ALICE, "s1", "a1"),
        opened(at(0, 9, 45), ALICE, "s1", 3),
    ),
}
