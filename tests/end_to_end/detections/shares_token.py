"""The token of a use that matches an indicator, from elsewhere; and another issuer's token that has the same id."""

from raw import CONSUMER, at, ndjson, request

INDICATORS = b"kind,value,first_seen,last_seen,name\nip,203.0.113.7,2026-05-01,2026-05-09,synthetic host\n"

HIT = {
    "indicators.csv": INDICATORS,
    "gateway.ndjson": ndjson(
        request(at(0, 9), "alice@ent.example", "t1", ip="203.0.113.7"),
        request(at(0, 9, 1), "alice@ent.example", "t1", ip="198.51.100.4"),
        request(at(0, 9, 2), "alice@ent.example", "t2"),
    ),
}
EXPECTED = {("gateway.ndjson", 1)}
SAYS = "with token t1, as is a use judged suspicious"

MISS = {
    "indicators.csv": INDICATORS,
    "gateway.ndjson": ndjson(
        request(at(0, 9), "alice@ent.example", "t1", ip="203.0.113.7"),
        request(at(0, 9, 1), "alice@con.example", "t1", ip="198.51.100.4", iss=CONSUMER, kid="con-2016"),
    ),
}
