"""Eight tokens without a sign-in at one person's mailbox, where others' have one; and four, which chance may still explain."""

from raw import unique_token_id
from tenant_at_work import FORGED, WORK, forged

HIT = WORK | forged(8)
EXPECTED = {(FORGED, number) for number in range(8)}
SAYS = (
    f"no record shows that token {unique_token_id('forged 0')} was ever issued (8 of 8 tokens of this address have no "
    "issuance record; among the others of its class 0 of 190, at most 6.12%; chance at most 10^-9.7)"
)

MISS = WORK | forged(4)
