"""The issuer, asked about a token that no log shows, answers that it never issued it; and answers that it cannot say."""

from raw import TENANT, at, bound, guid, ndjson, token, unique_token_id

from counterseal.core.questions import question_id

MAIL = ndjson(
    bound(at(1, 9), "ada@ent.example", **token("ada", at(1, 8))),
    bound(at(1, 10), "bob@ent.example", SessionId=guid("bob's session")),
)
HEAD = "question,tenant,token_id,session_id,issued,answered_by\n"


def answers(issued: str) -> bytes:
    """The sheet, as it came back."""
    ids, session = unique_token_id("ada"), guid("bob's session")
    return (
        f"{HEAD}{question_id(TENANT, 'token', ids)},{TENANT},{ids},,{issued},P. Rovider\n"
        f"{question_id(TENANT, 'session', session)},{TENANT},,{session},{issued},P. Rovider\n"
    ).encode()


HIT = {"mail.ndjson": MAIL, "answers.csv": answers("no")}
EXPECTED = {("mail.ndjson", 0), ("mail.ndjson", 1)}
SAYS = (
    f"asked ({question_id(TENANT, 'token', unique_token_id('ada'))}), P. Rovider answers for the issuer that it never issued "
    f"token {unique_token_id('ada')}"
)

MISS = {"mail.ndjson": MAIL, "answers.csv": answers("unknown")}
