"""What a yes says of the log: it lost a genuine token, so neither a declaration nor its silence accuses as before."""

from datetime import datetime, timedelta
from pathlib import Path

from judging import judged, verdicts

from counterseal.investigate.answers import Answer, Answers
from counterseal.investigate.inputs import Declaration
from counterseal.investigate.judgement import Grounds

BEGIN = datetime(2026, 5, 4)
ISSUER = "https://login.example"
USES = [
    {
        "time": BEGIN + timedelta(hours=6 * number), "stream": "gateway", "issuer": ISSUER, "tenant": "corp.example",
        "principal": f"p{number}@corp.example", "principal_type": "user", "token_id": f"t{number}", "outcome": "accepted",
        "issued_at": BEGIN + timedelta(hours=6 * number), "client_ip": f"192.0.2.{number}",
    }
    for number in range(30)
]  # fmt: skip
ISSUED = [
    {
        "time": use["time"], "stream": "oidc.issued", "issuer": ISSUER, "principal": use["principal"],
        "principal_type": "user", "token_id": use["token_id"], "issued_at": use["time"], "outcome": "success",
    }
    for number, use in enumerate(USES)
    if number not in (14, 15)
]  # fmt: skip
DECLARED = [
    Declaration(
        ISSUER, "oidc.issued", BEGIN - timedelta(30), BEGIN + timedelta(30), "an operator", "it is whole"
    )
]


def answer(issued: str, number: int) -> Answers:
    """The issuer's answer about one token."""
    record = {"principal": f"p{number}@corp.example", "issued_at": USES[number]["time"], "issuer": ISSUER}
    said = record if issued == "yes" else {}
    return Answers(
        (Answer("Q-1", "corp.example", "token", f"t{number}", issued, "an operator", said, "f", 0),)
    )


def judge(folder: Path, answers: Answers) -> list[tuple[str, list[str]]]:
    """The verdicts on the two tokens that the declared log does not show."""
    with judged(folder, USES, ISSUED, grounds=Grounds(declared=DECLARED, answers=answers)) as con:
        found = verdicts(con)
    return [found["use-14"], found["use-15"]]


def test_a_yes_contradicts_the_declaration(tmp_path: Path) -> None:
    """Without an answer the declared log accuses both; once it is known to have lost one, it no longer accuses the other."""
    assert [word for word, _ in judge(tmp_path, Answers())] == ["unissued", "unissued"]
    assert judge(tmp_path, answer("yes", 14)) == [("issued", []), ("unknown", ["declaration-contradicted"])]


def test_a_no_leaves_the_declaration_standing(tmp_path: Path) -> None:
    """A near miss: the issuer's no agrees with its log, and both reasons stand."""
    assert judge(tmp_path, answer("no", 14)) == [
        ("unissued", ["issuer-denied", "token-not-issued"]),
        ("unissued", ["token-not-issued"]),
    ]
