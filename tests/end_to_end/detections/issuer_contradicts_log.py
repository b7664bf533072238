"""The issuer denies a token that its own exported log shows as issued; and one that no log shows."""

from issuer_denied import HEAD
from issuer_denied import HIT as MISS  # noqa: F401  (read by the test)
from raw import TENANT, at, bound, ndjson, signed_in, token, unique_token_id

from counterseal.core.questions import question_id

ID = unique_token_id("fay")
QUESTION = question_id(TENANT, "token", ID)
HIT = {
    "mail.ndjson": ndjson(bound(at(1, 9), "fay@ent.example", **token("fay", at(1, 8)))),
    "sign-ins.ndjson": ndjson(signed_in(at(1, 8), "fay@ent.example", "fay", stream="interactiveUser")),
    "answers.csv": f"{HEAD}{QUESTION},{TENANT},{ID},,no,P. Rovider\n".encode(),
}
EXPECTED = {("mail.ndjson", 0)}
SAYS = f"asked ({QUESTION}), P. Rovider answers for the issuer that it never issued token {ID}, which its own log shows as issued"
