"""One token without a sign-in from an address of its own; and one for each of six people: what the log loses anyway."""

from tenant_at_work import FORGED, WORK, forged, unrecorded

HIT = WORK | forged(1)
EXPECTED = {(FORGED, 0)}
SAYS = (
    "no issuance of its token is on record, but the measure is too thin to say more (1 of 1 token of this address has no "
    "issuance record; among the others of its class 0 of 190, at most 6.12%; chance at most 10^-1.2)"
)

MISS = WORK | unrecorded(6)
