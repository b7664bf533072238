"""A token of an issuer that the realms file does not list, let in at the enterprise's mail; and one it lists."""

from raw import REALMS, at, lines, login, opened


def mail(iss: str) -> bytes:
    """One log-in by token, and a message served in it."""
    return lines(
        login(at(0, 9), "alice@ent.example", "s1", "t1", iss=iss),
        opened(at(0, 9, 1), "alice@ent.example", "s1", 1),
    )


HIT = {"realms.toml": REALMS, "dovecot.log": mail("https://login.ent.example/")}
EXPECTED = {("dovecot.log", 0), ("dovecot.log", 1)}
SAYS = (
    "its token names the issuer https://login.ent.example/, which the realms file does not list for the enterprise realm "
    "that accepted it"
)

MISS = {"realms.toml": REALMS, "dovecot.log": mail("https://login.ent.example")}
