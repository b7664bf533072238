"""Another mailbox from the address of a forged use; and that address shared by three others: a carrier's exit."""

from raw import REALMS, at, lines, login

FORGED = login(at(0, 9), "alice@ent.example", "s1", "x1", kid="con-2016", ip="203.0.113.7")

HIT = {
    "realms.toml": REALMS,
    "dovecot.log": lines(
        FORGED,
        login(at(2, 9), "bob@ent.example", "s2", "t2", ip="203.0.113.7"),
        login(at(2, 9), "carol@ent.example", "s3", "t3", ip="192.0.2.30"),
        # Within seven days of the second, and not of the forged one: no hit makes the next.
        login(at(9, 9), "bob@ent.example", "s4", "t4", ip="203.0.113.7"),
        login(at(17), "bob@ent.example", "s5", "t5", ip="203.0.113.7"),
    ),
}
EXPECTED = {("dovecot.log", 1)}
SAYS = "from 203.0.113.7, which few use, as is a use judged forged"

MISS = {
    "realms.toml": REALMS,
    "dovecot.log": lines(
        FORGED,
        *(login(at(2, 9), f"p{n}@ent.example", f"s{n + 2}", f"t{n}", ip="203.0.113.7") for n in range(3)),
    ),
}
