"""A refresh token presented twice, its grant's tokens used on; and the same beside another grant and an open connection."""

from raw import at, event, issued, lines, login, ndjson, opened, request, saved

ALICE = "alice@ent.example"
ISSUER = ndjson(
    saved(at(0, 8), ALICE, "sha256:r1", grant_id="g1"),
    issued(at(0, 8), ALICE, "a1", grant_id="g1"),
    issued(at(0, 8, 30), ALICE, "a2", grant_id="g1", parent="sha256:r1"),
    issued(at(0, 8), ALICE, "b1", grant_id="g2"),
    event(at(0, 9), "grant.error", error="invalid_grant", error_detail="refresh token already used",
          grant_id="g1", parent="sha256:r1"),
)  # fmt: skip

HIT = {
    "issuer.ndjson": ISSUER,
    "gateway.ndjson": ndjson(
        request(at(0, 8, 15), ALICE, "a1"),
        request(at(0, 9, 10), ALICE, "a2"),
        request(at(0, 9, 20), ALICE, "b1"),
    ),
}
EXPECTED = {("gateway.ndjson", 1)}
SAYS = "the issuer saw a refresh token of this grant presented twice at 2026-05-04 09:00:00, before this use"

MISS = {
    "issuer.ndjson": ISSUER,
    "gateway.ndjson": ndjson(
        request(at(0, 9, 4), ALICE, "a2"),
        request(at(0, 9, 20), ALICE, "b1"),
    ),
    "dovecot.log": lines(
        login(at(0, 8, 45), ALICE, "s1", "a1"),
        opened(at(0, 9, 45), ALICE, "s1", 3),
    ),
}
