"""A hundred messages read in a session that did nothing else; and the same with one mail sent from it."""

from raw import at, bound, guid, ndjson, sent

ALICE = "alice@ent.example"
WORK = [bound(at(0, 8), ALICE, SessionId=guid("work")), sent(at(0, 8, 5), ALICE, SessionId=guid("work"))]
SWEEP = [bound(at(0, 9, 3 * n), ALICE, items=10, SessionId=guid("sweep")) for n in range(10)]

HIT = {"audit.ndjson": ndjson(*WORK, *SWEEP)}
EXPECTED = {("audit.ndjson", number) for number in range(2, 12)}
SAYS = "100 messages read in one session or token (10 records), which did nothing else to this mailbox"

MISS = {"audit.ndjson": ndjson(*WORK, *SWEEP, sent(at(0, 10), ALICE, SessionId=guid("sweep")))}
