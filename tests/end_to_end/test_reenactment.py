"""The intrusion of 2023 on real servers, and what `counterseal investigate` makes of what they wrote down.

Two OpenID providers issue tokens; a Dovecot asks an endpoint that knows both realms' keys in one set. Whoever holds
the consumer key opens enterprise mailboxes. Needs Dovecot (script/apt-packages) and Node.js with the packages of
tests/end_to_end/package-lock.json.
"""

import hashlib
import json
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import Any

import duckdb
import pytest
from reenactment.endpoints import ApartEndpoint, NaiveEndpoint
from reenactment.mail_server import BY_DEFAULT, WRITES_ALL, Clock
from reenactment.play import BYSTANDERS, FORGED_IDS, VICTIM, Truth, forge, play, staged
from servers import missing_programs

HERE = Path(__file__).parent
COMMAND_SECONDS = 120

pytestmark = [pytest.mark.server, pytest.mark.slow]


@dataclass(frozen=True)
class Played:
    """One run of the play: what happened, and the folder with `logs/`, `realms.toml` and `declare.toml`."""

    truth: Truth
    folder: Path

    @property
    def dovecot(self) -> Path:
        """The mail server's log."""
        return self.folder / "logs" / "dovecot.log"


@dataclass(frozen=True)
class Found:
    """A finished case and what the command said."""

    case: Path
    said: str

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Rows of a query over the case's tables, sorted."""
        with duckdb.connect() as con:
            for table in self.case.glob("*.parquet"):
                con.execute(f"create view {table.stem} as select * from '{table}'")
            return con.execute(f"{query} order by all").fetchall()

    @property
    def summary(self) -> dict[str, Any]:
        """summary.json."""
        content: dict[str, Any] = json.loads((self.case / "summary.json").read_text())
        return content


@pytest.fixture(scope="module", autouse=True)
def _servers_are_installed() -> None:
    """Skip, saying what to install, where a server is missing."""
    if missing := missing_programs(
        {"dovecot": "apt: dovecot-core dovecot-imapd", "node": "Node.js 20 or newer"}
    ):
        pytest.skip(missing)
    if not (HERE / "node_modules" / "oidc-provider").is_dir():
        pytest.skip("oidc-provider is not installed: run `npm ci` in tests/end_to_end")


@pytest.fixture(scope="module", params=[WRITES_ALL, BY_DEFAULT], ids=["whole-stamps", "default-stamps"])
def played(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Played:
    """The play, once per way of writing time."""
    clock: Clock = request.param
    folder = tmp_path_factory.mktemp("reenactment")
    return Played(play(folder / "logs", clock), folder)


def investigate(case: Path, evidence: list[Path], *options: str | Path) -> Found:
    """Run the command as a user does."""
    command = [sys.executable, "-m", "counterseal.cli", "investigate", *evidence, "--out", case, *options]
    done = subprocess.run(
        list(map(str, command)), capture_output=True, text=True, timeout=COMMAND_SECONDS, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return Found(case, done.stdout + done.stderr)


@pytest.fixture(scope="module")
def with_realms(played: Played, tmp_path_factory: pytest.TempPathFactory) -> Found:
    """All logs and the realms file."""
    case = tmp_path_factory.mktemp("case") / "case"
    return investigate(case, [played.folder / "logs"], "--realms", played.folder / "realms.toml")


FORGED_USES = [
    ("dovecot.login", "Login (OAUTHBEARER)", "forged-0001", 2),
    ("dovecot.login", "Login (OAUTHBEARER)", "forged-0002", 1),
    ("dovecot.mail", "copy", "forged-0002", 1),
    ("dovecot.mail", "mail_opened (fetch_body)", "forged-0001", 3),
    ("dovecot.mail", "mail_opened (fetch_header)", "forged-0002", 1),
]
USES_BY_TOKEN = "select stream, operation, token_id, count(*) from verdicts group by all"


def test_the_validator_was_fooled(played: Played) -> None:
    """The tokens forged with the consumer key opened the enterprise mailbox, on real servers."""
    assert played.truth.forged_logins == 3
    assert [message.item_id for message in played.truth.taken] == [
        "INBOX/2",
        "INBOX/4",
        "Archive/1",
        "INBOX/5",
    ]
    assert played.truth.refused == 3


def test_every_line_is_accounted_for(played: Played, with_realms: Found) -> None:
    """Every line of the three logs is kept or out of scope; none is rejected, none lost."""
    lines = sum(len(path.read_bytes().splitlines()) for path in (played.folder / "logs").iterdir())
    read = with_realms.summary["read"]
    assert read["records"] == lines == read["kept"] + read["out_of_scope"]
    assert (read["files"], read["duplicate"], read["rejected"], read["conflicts"]) == (3, 0, 0, 0)


def test_the_forged_uses_and_no_others_are_named(with_realms: Found) -> None:
    """Exactly what was done with the two forged tokens is `forged`, by the consumer key; all else is `issued`."""
    assert with_realms.rows(USES_BY_TOKEN) == FORGED_USES
    assert with_realms.rows(
        "select distinct verdict, reasons, key_id, mailbox, realm, basis from verdicts"
    ) == [("forged", ["key-outside-realm"], "con-2016", VICTIM, "enterprise", "bundle")]
    uses = with_realms.summary["events"]["use"]
    assert with_realms.summary["verdicts"] == verdicts(forged=8, issued=uses - 8)


def verdicts(**counted: int) -> dict[str, int]:
    """All six verdicts, those not named at nought."""
    return dict.fromkeys(("forged", "stolen", "unissued", "suspicious", "unknown", "issued"), 0) | counted


def test_exactly_the_messages_taken_are_named(played: Played, with_realms: Found) -> None:
    """Each message that the intruder was served is named, and no message that only its owner read."""
    named = "select mailbox, item_id from exposure where exposure = 'certain' and reason = 'served'"
    taken = sorted((message.mailbox, message.item_id) for message in played.truth.taken)
    assert with_realms.rows(named) == taken
    assert with_realms.rows("select distinct mailbox, verdict, actor from exposure") == [
        (VICTIM, "forged", "A1")
    ]


def test_a_copy_is_not_a_message_served(played: Played, with_realms: Found) -> None:
    """What the intruder only copied on the server is told apart from what he was served."""
    named = "select mailbox, item_id, message_id from exposure where reason = 'acted-on'"
    assert with_realms.rows(named) == [
        (message.mailbox, message.item_id, message.message_id) for message in played.truth.copied
    ]


def test_one_victim_and_nobody_else_accused(with_realms: Found) -> None:
    """The mailbox is a victim though its owner read it too. Minutes clear nobody: the bystanders are undetermined."""
    assert with_realms.rows(
        "select mailbox, status, reason from mailboxes where status <> 'victim'"
    ) == sorted((mailbox, "undetermined", "no-whole-day") for mailbox in BYSTANDERS)
    assert with_realms.rows("select mailbox from mailboxes where status = 'victim'") == [(VICTIM,)]


def test_the_actor_is_the_key(with_realms: Found) -> None:
    """One actor, method forgery, with the key and both tokens."""
    assert with_realms.rows("select method, keys, tokens, mailboxes from actors") == [
        ("forgery", ["con-2016"], list(FORGED_IDS), [VICTIM])
    ]


def test_refused_attempts_make_nobody_a_victim(played: Played, with_realms: Found) -> None:
    """The three refused tokens are attempts on the bystander's mailbox."""
    assert with_realms.rows("select mailbox, operation, count(*) from attempts group by all") == [
        (BYSTANDERS[0], "Login (OAUTHBEARER)", played.truth.refused)
    ]


def test_times_are_true(played: Played, with_realms: Found) -> None:
    """Every forged use lies inside the play, in UTC, whatever the log's stamps leave out."""
    (row,) = with_realms.rows("select min(time), max(time) from verdicts")
    first, last = (time.replace(tzinfo=UTC) for time in row)
    assert played.truth.ends
    assert played.truth.begins.replace(microsecond=0) <= first <= last <= played.truth.ends


def test_support_leads_to_the_line(played: Played, with_realms: Found) -> None:
    """File hash and byte offset of every verdict lead to the very line of Dovecot's log."""
    log = played.dovecot.read_bytes()
    found = with_realms.rows("select evidence_file, evidence_offset, session_id, operation from verdicts")
    assert {row[0] for row in found} == {hashlib.sha256(log).hexdigest()}
    for _, offset, session, operation in found:
        line = log[offset:].partition(b"\n")[0].decode()
        assert session in line
        assert operation.partition(" (")[0] in line


def test_without_realms_nobody_is_accused(played: Played, tmp_path: Path) -> None:
    """Without the realms file the issuance log of one unfinished day cannot accuse: `unknown`, and it says why."""
    found = investigate(tmp_path / "case", [played.folder / "logs"])
    assert found.rows(USES_BY_TOKEN) == FORGED_USES
    assert found.rows("select distinct verdict, reasons from verdicts") == [("unknown", ["edge"])]
    assert found.rows("select * from exposure") == []
    assert found.rows("select distinct status from mailboxes") == [("undetermined",)]
    assert found.rows("select state from detections where reason = 'key-outside-realm'") == [("unable",)]


def test_a_declared_issuance_log_shows_what_was_never_issued(played: Played, tmp_path: Path) -> None:
    """Where somebody answers for the log being complete, the same uses are `unissued`, and no more than that."""
    found = investigate(
        tmp_path / "case", [played.folder / "logs"], "--declare", played.folder / "declare.toml"
    )
    assert found.rows(USES_BY_TOKEN) == FORGED_USES
    assert found.rows("select distinct verdict, reasons, basis from verdicts") == [
        ("unissued", ["token-not-issued"], "declared")
    ]
    assert found.rows("select mailbox, status from mailboxes") == sorted(
        [(VICTIM, "victim"), *((mailbox, "undetermined") for mailbox in BYSTANDERS)]
    )
    assert found.rows("select count(*) from actors where method = 'forgery'") == [(0,)]


def test_the_key_alone_proves_forgery(played: Played, tmp_path: Path) -> None:
    """Dovecot's log and the realms file, without any issuance log: the forged uses are named, the rest is unknown."""
    found = investigate(tmp_path / "case", [played.dovecot], "--realms", played.folder / "realms.toml")
    forged = USES_BY_TOKEN.replace("group by", "where verdict = 'forged' group by")
    assert found.rows(forged) == FORGED_USES
    uses = found.summary["events"]["use"]
    assert found.summary["verdicts"] == verdicts(forged=8, unknown=uses - 8)
    assert found.rows("select mailbox, status from mailboxes") == sorted(
        [(VICTIM, "victim"), *((mailbox, "undetermined") for mailbox in BYSTANDERS)]
    )


def test_order_and_repetition_change_nothing(played: Played, with_realms: Found, tmp_path: Path) -> None:
    """The logs in two runs, the mail server's last and twice: the same verdicts and messages."""
    again = tmp_path / "again.log"
    again.write_bytes(played.dovecot.read_bytes() + b"\n")
    issued = sorted((played.folder / "logs").glob("*.ndjson"), reverse=True)
    options = ("--realms", played.folder / "realms.toml")
    for logs in (issued, [again, played.dovecot]):
        found = investigate(tmp_path / "case", logs, *options)
    same = "select use_id, verdict, actor from verdicts"
    assert found.rows(same) == with_realms.rows(same)
    same = "select mailbox, item_id, message_id, exposure, reason from exposure"
    assert found.rows(same) == with_realms.rows(same)


def test_with_one_key_set_per_realm_nothing_is_forged(tmp_path: Path) -> None:
    """The same token at a validator that ties keys to issuers is a refused attempt, and nobody is a victim."""
    with staged(tmp_path / "logs", WRITES_ALL, ApartEndpoint) as stage:
        for mailbox, token in stage.tokens(VICTIM, BYSTANDERS[0]).items():
            with stage.server.opened(mailbox, token) as box:
                box.read("INBOX", 1)
        assert stage.server.refuses(VICTIM, forge(stage.consumer, stage.enterprise, VICTIM, "forged-0001"))
    found = investigate(tmp_path / "case", [tmp_path / "logs"], "--realms", tmp_path / "realms.toml")
    assert found.summary["verdicts"] == verdicts(issued=4)
    assert found.rows("select mailbox, status from mailboxes") == sorted(
        [(VICTIM, "undetermined"), (BYSTANDERS[0], "undetermined")]
    )
    assert found.rows("select mailbox from attempts") == [(VICTIM,)]


def test_a_token_id_cannot_frame_a_bystander(tmp_path: Path) -> None:
    """Dovecot writes a hostile jti as it is: neither fields nor a line made up in it hide the key or accuse anyone."""
    fields = "f1>, session=<FAKE>, kid=<ent-2026"
    line = "f2\nx\nLogin: user=<bob@ent.example>, method=OAUTHBEARER, rip=192.0.2.1, session=<FAKE>, jti=<f3"
    with staged(tmp_path / "logs", WRITES_ALL, NaiveEndpoint) as stage:
        for token_id in (fields, line):
            token = forge(stage.consumer, stage.enterprise, VICTIM, token_id)
            with stage.server.opened(VICTIM, token) as box:
                box.read("INBOX", 1)
    assert "Login: user=<bob@" in (tmp_path / "logs" / "dovecot.log").read_text()
    found = investigate(tmp_path / "case", [tmp_path / "logs"], "--realms", tmp_path / "realms.toml")
    forged = "select distinct token_id, key_id, mailbox from verdicts where verdict = 'forged'"
    assert found.rows(forged) == [(fields, "con-2016", VICTIM)]
    assert found.rows("select mailbox, status from mailboxes") == [(VICTIM, "victim")]
    (rejected,) = (found.case / "rejected.ndjson").read_text().splitlines()
    assert "bob@ent.example" in rejected
