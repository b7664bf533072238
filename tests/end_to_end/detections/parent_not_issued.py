"""An access token minted from a refresh token that was never issued; and one whose parent may be older than the log."""

from raw import ENTERPRISE, at, declared, issued, ndjson, request, saved

PEOPLE = [f"p{number}@ent.example" for number in range(10)]
CHAINS = [
    record
    for number, person in enumerate(PEOPLE)
    for record in (
        saved(at(0, 7, number), person, f"sha256:r{number}", grant_id=f"g{number}"),
        issued(at(0, 8, number), person, f"a{number}", grant_id=f"g{number}", parent=f"sha256:r{number}"),
    )
]
BEFORE = [issued(at(-day, 7), "p1@ent.example", f"before {day}") for day in range(1, 100)]
"""The log was there all the time, as is declared: a token a day."""

ISSUER = ndjson(
    *BEFORE, *CHAINS, issued(at(0, 9), "p0@ent.example", "x1", grant_id="gx", parent="sha256:nobodys")
)
GATEWAY = ndjson(
    *(request(at(0, 9, number), person, f"a{number}") for number, person in enumerate(PEOPLE)),
    request(at(0, 9, 30), "p0@ent.example", "x1"),
)

HIT = {
    "declare.toml": declared(ENTERPRISE, at(-120), "oidc.issued"),
    "issuer.ndjson": ISSUER,
    "gateway.ndjson": GATEWAY,
}
EXPECTED = {("gateway.ndjson", 10)}
SAYS = (
    "it was minted from a token that no record shows to have been issued "
    "(its parent sha256:nobodys was never issued)"
)

MISS = {
    "declare.toml": declared(ENTERPRISE, at(-80), "oidc.issued"),
    "issuer.ndjson": ISSUER,
    "gateway.ndjson": GATEWAY,
}
