"""The ceiling: what this evidence can prove at most, printed beside the worst that it did prove."""

from counterseal.core.engine.duckdb import one
from counterseal.core.engine.engine import Engine
from counterseal.core.vocabulary import Verdict
from counterseal.investigate.sql_files import step

CEILINGS: dict[str, tuple[Verdict, str]] = {
    "keys": (Verdict.FORGED, "some records name the signing key, and the realms' keys were given"),
    "digests": (Verdict.FORGED, "both the issuer's log and records of use name the digests of tokens"),
    "taken-back": (Verdict.STOLEN, "the issuer's log says what it took back, or saw presented twice"),
    "covered-without-realms": (
        Verdict.UNISSUED,
        "issuance records cover part of the time; signing keys are named, but no realms file says whose they are",
    ),
    "covered": (
        Verdict.UNISSUED,
        "issuance records cover at least part of the time, but no record names a signing key",
    ),
    "answered": (
        Verdict.UNISSUED,
        "the issuer answered about single tokens; no issuance stream could show what was never issued",
    ),
    "mailboxes": (
        Verdict.SUSPICIOUS,
        "there is mailbox audit, but no issuance stream that could show what was never issued",
    ),
    "uses": (
        Verdict.SUSPICIOUS,
        "no issuance stream could show what was never issued, and no record names a mailbox",
    ),
    "nothing": (Verdict.UNKNOWN, "no accepted use of a token is in the evidence"),
}
"""What the evidence holds at best (sql/tier.sql) -> the worst verdict that it can carry, and why.

Source: design rule: key ids or digests reach forged; the issuer's own word stolen; sign-in streams unissued; records
of use alone suspicious; none, unknown.
"""


def tier_reached(con: Engine) -> dict[str, str]:
    """What these logs can prove at most, the worst they did prove, and why no more."""
    step(con, "tier")
    holds, reached = one(con, "select holds, reached from tier")
    ceiling, because = CEILINGS[holds]
    return {"ceiling": ceiling.value, "reached": reached, "because": because}
