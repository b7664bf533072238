"""Two weeks of twenty people in a tenant that exports both its sign-ins and its mailbox audit, and tokens without one."""

from raw import at, bound, ndjson, purview_csv, signed_in, token

PEOPLE = [f"p{number:02}@ent.example" for number in range(20)]
HOME = {person: f"192.0.2.{number + 100}" for number, person in enumerate(PEOPLE)}
TOKENS = [(day, person, f"{day} {person}") for day in range(1, 11) for person in PEOPLE]
FORGED = "more-audit.ndjson"

WORK = {
    "interactive.ndjson": ndjson(
        *(
            signed_in(at(day, 7), person, f"first {day} {person}", stream="interactiveUser", ip=HOME[person])
            for day in range(12)
            for person in PEOPLE
        )
    ),
    "non-interactive.ndjson": ndjson(
        *(
            signed_in(at(day, 8), person, f"{day} {person}", ip=HOME[person])
            for day in range(12)
            for person in PEOPLE
        )
    ),
    "audit.csv": purview_csv(
        bound(at(day, 8, 30), person, ClientIPAddress=HOME[person], **token(name, at(day, 8)))
        for day, person, name in TOKENS
    ),
}


def forged(tokens: int) -> dict[str, bytes]:
    """So many tokens without a sign-in, all at one person's mailbox and from one address that is not hers."""
    return {
        FORGED: ndjson(
            *(
                bound(
                    at(5, 10 + n),
                    "p03@ent.example",
                    ClientIPAddress="203.0.113.7",
                    **token(f"forged {n}", at(5, 9 + n)),
                )
                for n in range(tokens)
            )
        )
    }


def unrecorded(people: int) -> dict[str, bytes]:
    """One token without a sign-in for each of so many people, from home: what provider logs lose."""
    return {
        FORGED: ndjson(
            *(
                bound(at(5, 10), person, ClientIPAddress=HOME[person], **token(f"lost {person}", at(5, 9)))
                for person in PEOPLE[:people]
            )
        )
    }
