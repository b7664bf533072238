"""A published address inside its window; and the same address two days after it, when it may be anyone's."""

from raw import at, bound, purview_csv

INDICATORS = (
    b"kind,value,first_seen,last_seen,name\n"
    b"ip,203.0.113.0/24,2026-05-04T00:00:00Z,2026-05-05T00:00:00Z,synthetic network\n"
)

HIT = {
    "indicators.csv": INDICATORS,
    "audit.csv": purview_csv(
        [
            bound(at(0, 9), "alice@ent.example"),
            bound(at(0, 10), "alice@ent.example", ClientIPAddress="203.0.113.7:51000"),
            bound(at(-3), "bob@ent.example", ClientIPAddress="203.0.113.9"),
        ]
    ),
}
EXPECTED = {("audit.csv", 1)}
SAYS = "matches indicator synthetic network (ip, from indicators.csv) within 24 hours of its window"

MISS = {
    "indicators.csv": INDICATORS,
    "audit.csv": purview_csv(
        [
            bound(at(0, 9), "alice@ent.example", ClientIPAddress="203.0.112.255"),
            bound(at(3, 10), "alice@ent.example", ClientIPAddress="203.0.113.7"),
        ]
    ),
}
