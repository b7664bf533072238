"""A token on no record that claims to be issued a month after it was shown; and one that claims ten minutes before."""

from raw import at, issued, ndjson, request, seconds

ALICE = "alice@ent.example"
ISSUER = ndjson(issued(at(0, 9), ALICE, "t1"))


def gateway(claimed: str) -> bytes:
    """Her own token, then another that claims to be issued at that time."""
    return ndjson(
        request(at(0, 9, 5), ALICE, "t1", iat=seconds(at(0, 9))), request(at(0, 10), ALICE, "t2", iat=claimed)
    )


HIT = {"issuer.ndjson": ISSUER, "gateway.ndjson": gateway(seconds(at(30, 10)))}
EXPECTED = {("gateway.ndjson", 1)}
SAYS = (
    "its token has no issuance on record and claims to be issued 2026-06-03 10:00:00, when a token shown as this one was "
    "cannot have been: whoever forges chooses that time too"
)

MISS = {"issuer.ndjson": ISSUER, "gateway.ndjson": gateway(seconds(at(0, 9, 50)))}
