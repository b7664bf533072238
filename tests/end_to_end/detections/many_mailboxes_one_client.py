"""Three owners' mail read from an address that was never there before; and a new office, whose people also send."""

from raw import at, bound, ndjson, sent

PEOPLE = [f"p{number}@ent.example" for number in range(4)]
USUAL = [
    bound(at(day, 9), person, ClientIPAddress=f"192.0.2.{number + 10}")
    for day in range(11)
    for number, person in enumerate(PEOPLE)
]
NEW = {"ClientIPAddress": "203.0.113.7"}

HIT = {"audit.ndjson": ndjson(*USUAL, *(bound(at(10, 10), person, **NEW) for person in PEOPLE[:3]))}
EXPECTED = {("audit.ndjson", len(USUAL) + number) for number in range(3)}
SAYS = "3 owners' mailboxes read as their owners with one address (203.0.113.7)"

MISS = {
    "audit.ndjson": ndjson(
        *USUAL,
        *(bound(at(10, 10), person, **NEW) for person in PEOPLE[:3]),
        *(sent(at(10, 11), person, **NEW) for person in PEOPLE[:2]),
    )
}
