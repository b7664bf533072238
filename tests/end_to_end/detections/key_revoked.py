"""A token of unknown age, first shown later than any genuine one could be; and one known from before the revocation."""

from raw import ENTERPRISE, at, lines, login, opened, realm

REALMS = realm(
    "enterprise", ENTERPRISE, "ent.example",
    'kid = "ent-2026", state = "active"',
    'kid = "ent-2024", state = "revoked", revoked_at = 2026-05-04T00:00:00Z',
    settings='max_lifetime = "24h"',
).encode()  # fmt: skip

HIT = {
    "realms.toml": REALMS,
    "dovecot.log": lines(
        login(at(1, 9), "alice@ent.example", "s1", "t1", kid="ent-2024"),
        opened(at(1, 9, 1), "alice@ent.example", "s1", 7),
        login(at(1, 10), "alice@ent.example", "s2", "t2"),
    ),
}
EXPECTED = {("dovecot.log", 0), ("dovecot.log", 1)}
SAYS = "signed by ent-2024 of the enterprise realm, which was revoked 2026-05-04 00:00:00"

MISS = {
    "realms.toml": REALMS,
    "dovecot.log": lines(
        login(at(-1, 23), "alice@ent.example", "s1", "t1", kid="ent-2024"),
        login(at(1, 9), "alice@ent.example", "s2", "t1", kid="ent-2024"),
        login(at(0, 23), "bob@ent.example", "s3", "t2", kid="ent-2024"),
    ),
}
