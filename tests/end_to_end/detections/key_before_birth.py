"""A token back-dated to before its key existed; and one whose clock was four minutes slow on the key's first day."""

from raw import ENTERPRISE, at, ndjson, realm, request, seconds

REALMS = realm(
    "enterprise",
    ENTERPRISE,
    "ent.example",
    'kid = "ent-2026", state = "active", not_before = 2026-05-04T00:00:00Z',
).encode()

HIT = {
    "realms.toml": REALMS,
    "gateway.ndjson": ndjson(
        request(at(1, 9), "alice@ent.example", "t1", iat=seconds(at(1, 8))),
        request(at(1, 10), "alice@ent.example", "t2", iat=seconds(at(-3))),
    ),
}
EXPECTED = {("gateway.ndjson", 1)}
SAYS = "says it was issued 2026-05-01 00:00:00, before its key ent-2026 existed (2026-05-04 00:00:00)"

MISS = {
    "realms.toml": REALMS,
    "gateway.ndjson": ndjson(
        request(at(0, 0, 1), "alice@ent.example", "t1", iat=seconds(at(0, 0, -4))),
        request(at(1, 10), "alice@ent.example", "t2"),
    ),
}
