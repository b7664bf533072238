"""A session nobody signed in to, where sign-ins are declared complete; and one that may be older than the declaration."""

from raw import TENANT, Record, at, bound, declared, guid, ndjson, signed_in

PEOPLE = [f"p{number}@ent.example" for number in range(5)]
STREAMS = ("signin.interactive", "signin.non-interactive")


def before(stream: str) -> list[Record]:
    """A sign-in a day in the hundred days before: the log was there all the time, as is declared."""
    return [
        signed_in(
            at(-day, 7), "p2@ent.example", f"before {stream} {day}", stream=stream, session=f"before {day}"
        )
        for day in range(1, 100)
    ]


LOGS = {
    "interactive.ndjson": ndjson(
        *before("interactiveUser"),
        *(
            signed_in(at(0, 7), person, f"first {person}", stream="interactiveUser", session=person)
            for person in PEOPLE
        ),
    ),
    "non-interactive.ndjson": ndjson(
        *before("nonInteractiveUser"),
        *(signed_in(at(0, 8), person, f"next {person}", session=person) for person in PEOPLE),
    ),
    "audit.ndjson": ndjson(
        *(bound(at(0, 9), person, SessionId=guid(person)) for person in PEOPLE),
        bound(at(0, 10), "p1@ent.example", SessionId=guid("nobodys"), ClientIPAddress="203.0.113.7"),
    ),
}

HIT = {"declare.toml": declared(TENANT, at(-120), *STREAMS), **LOGS}
EXPECTED = {("audit.ndjson", 5)}
SAYS = (
    f"no record shows a sign-in that began session {guid('nobodys')} "
    "(the log of issuances is declared complete for that time)"
)

MISS = {"declare.toml": declared(TENANT, at(-80), *STREAMS), **LOGS}
