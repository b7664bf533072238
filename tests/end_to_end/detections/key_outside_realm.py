"""A mailbox of one realm opened with the other realm's key; and a key id that both realms happen to have."""

from raw import CONSUMER, ENTERPRISE, REALMS, at, lines, login, opened, realm

HIT = {
    "realms.toml": REALMS,
    "dovecot.log": lines(
        login(at(0, 9), "alice@ent.example", "s1", "t1"),
        opened(at(0, 9, 1), "alice@ent.example", "s1", 1),
        login(at(0, 10), "alice@ent.example", "s2", "t2", kid="con-2016", ip="203.0.113.7"),
        opened(at(0, 10, 1), "alice@ent.example", "s2", 1, ip="203.0.113.7"),
        login(at(0, 11), "bob@con.example", "s3", "t3", kid="con-2016", iss=CONSUMER),
    ),
}
EXPECTED = {("dovecot.log", 2), ("dovecot.log", 3)}
SAYS = "signed by con-2016, a key of the consumer realm, for the enterprise realm"

MISS = {
    "realms.toml": (
        realm("enterprise", ENTERPRISE, "ent.example", 'kid = "2026-a", state = "active"')
        + realm("consumer", CONSUMER, "con.example", 'kid = "2026-a", state = "active"')
    ).encode(),
    "dovecot.log": lines(
        login(at(0, 9), "alice@ent.example", "s1", "t1", kid="2026-a"),
        login(at(0, 11), "bob@con.example", "s3", "t3", kid="2026-a", iss=CONSUMER),
    ),
}
