"""A token issued a day after its key was retired; and tokens issued before that, or within the clocks' skew."""

from raw import ENTERPRISE, at, ndjson, realm, request, seconds

REALMS = realm(
    "enterprise", ENTERPRISE, "ent.example",
    'kid = "ent-2026", state = "active"',
    'kid = "ent-2024", state = "retired", retired_at = 2026-05-04T00:00:00Z',
    settings='max_lifetime = "24h"',
).encode()  # fmt: skip

HIT = {
    "realms.toml": REALMS,
    "gateway.ndjson": ndjson(
        request(at(1, 9), "alice@ent.example", "t1", iat=seconds(at(1, 9))),
        request(at(1, 10), "alice@ent.example", "t2", kid="ent-2024", iat=seconds(at(1, 9, 59))),
        request(at(1, 11), "bob@ent.example", "t3", kid="ent-2024"),
    ),
}
EXPECTED = {("gateway.ndjson", 1), ("gateway.ndjson", 2)}
SAYS = "signed by ent-2024 of the enterprise realm, with which nothing is signed since 2026-05-04 00:00:00"

MISS = {
    "realms.toml": REALMS,
    "gateway.ndjson": ndjson(
        request(at(0, 20), "alice@ent.example", "t1", kid="ent-2024", iat=seconds(at(-1, 23))),
        request(at(0, 1), "alice@ent.example", "t2", kid="ent-2024", iat=seconds(at(0, 0, 4))),
        request(at(0, 23), "bob@ent.example", "t3", kid="ent-2024"),
    ),
}
