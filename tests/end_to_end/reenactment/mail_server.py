"""The mail server of the re-enactment: a real Dovecot, its mailboxes, and the clients that open them."""

import grp
import imaplib
import os
import pwd
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

from servers import STOP_SECONDS, await_that, free_port, program, running

HERE = Path(__file__).parent
TIMEOUT_SECONDS = 20


@dataclass(frozen=True)
class Clock:
    """How the mail server writes time: its time zone (as POSIX spells TZ) and its log_timestamp setting."""

    zone: str
    log_timestamp: str


WRITES_ALL = Clock("UTC0", 'log_timestamp = "%Y-%m-%dT%H:%M:%S%z "')
BY_DEFAULT = Clock("XST-5:30", "")
"""Neither year nor zone in a line, five and a half hours east."""


@dataclass(frozen=True)
class Message:
    """A message as a client was served it."""

    mailbox: str
    folder: str
    uid: int
    message_id: str

    @property
    def item_id(self) -> str:
        """How Dovecot's events name it."""
        return f"{self.folder}/{self.uid}"


class MailServer:
    """Dovecot in one folder, with mailboxes that were filled before it started."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self.folder = folder
        self.port = free_port()
        self.log = folder / "dovecot.log"
        self.sessions = 0
        self._clock = clock

    def deliver(self, mailbox: str, folder: str, subjects: list[str]) -> None:
        """Put messages into a Maildir, oldest first, so that their UIDs follow the list."""
        place = self.folder / "mail" / mailbox / ("." if folder == "INBOX" else f".{folder}")
        for part in ("cur", "new", "tmp"):
            (place / part).mkdir(parents=True, exist_ok=True)
        for number, subject in enumerate(subjects, 1):
            mail = EmailMessage()
            mail["From"] = "sender@elsewhere.example"
            mail["To"] = mailbox
            mail["Subject"] = subject
            mail["Message-ID"] = f"<{folder.lower()}-{number}.{mailbox}>"
            mail["Date"] = "Mon, 23 Nov 2026 10:00:00 +0000"
            mail.set_content(f"Synthetic text of {subject}.\n")
            (place / "new" / f"1795400{number:03}.M{number}P1.mail").write_bytes(mail.as_bytes())

    @contextmanager
    def running(self, endpoint_port: int) -> Iterator[None]:
        """Run Dovecot; at the end wait until it has logged the end of every session, then stop it."""
        self.write_settings(endpoint_port)
        command = [program("dovecot"), "-F", "-c", str(self.folder / "dovecot.conf")]
        subprocess.run(
            [program("doveconf"), "-n", "-c", command[-1]],
            check=True,
            capture_output=True,
            timeout=STOP_SECONDS,
        )
        with running(command, self.port, self.folder / "dovecot.out", TZ=self._clock.zone) as process:
            yield
            await_that(
                lambda: self.log.read_text().count('"event":"mail_user_session_finished"') >= self.sessions,
                f"the end of {self.sessions} sessions in Dovecot's log",
                process,
                self.log,
            )

    def write_settings(self, endpoint_port: int) -> None:
        """Fill in the two settings files; as root, mail belongs to a user of its own, else everything is ours."""
        owner = pwd.getpwnam("mail" if os.getuid() == 0 else pwd.getpwuid(os.getuid()).pw_name)
        group = grp.getgrgid(owner.pw_gid).gr_name
        ours = f"default_internal_user = {owner.pw_name}\ndefault_internal_group = {group}\ndefault_login_user = {owner.pw_name}"
        settings = (
            (HERE / "dovecot.conf")
            .read_text()
            .format(
                folder=self.folder,
                port=self.port,
                uid=owner.pw_uid,
                gid=owner.pw_gid,
                log_timestamp=self._clock.log_timestamp,
                identity="" if os.getuid() == 0 else ours,
                chroot="" if os.getuid() == 0 else "chroot =",
            )
        )
        (self.folder / "dovecot.conf").write_text(settings)
        (self.folder / "oauth2.conf.ext").write_text(
            (HERE / "oauth2.conf.ext").read_text().format(port=endpoint_port)
        )
        if os.getuid() == 0:
            for entry in [self.folder / "mail", *(self.folder / "mail").rglob("*")]:
                os.chown(entry, owner.pw_uid, owner.pw_gid)

    @contextmanager
    def opened(self, mailbox: str, token: str) -> Iterator["Mailbox"]:
        """Open a mailbox with an access token.

        Raises:
            imaplib.IMAP4.error: the token was refused.
        """
        client = imaplib.IMAP4("127.0.0.1", self.port, TIMEOUT_SECONDS)
        try:
            said = f"n,a={mailbox},\x01host=127.0.0.1\x01port={self.port}\x01auth=Bearer {token}\x01\x01"
            answers = iter([said.encode()])
            client.authenticate("OAUTHBEARER", lambda _: next(answers, b"\x01"))
            self.sessions += 1
            yield Mailbox(client, mailbox)
            client.logout()
        finally:
            with suppress(OSError):  # after a log-out the socket is closed already
                client.shutdown()

    def refuses(self, mailbox: str, token: str) -> bool:
        """Try a token that must not work."""
        try:
            with self.opened(mailbox, token):
                return False
        except imaplib.IMAP4.error:
            return True


class Mailbox:
    """An open mailbox."""

    def __init__(self, client: imaplib.IMAP4, name: str) -> None:
        self._client = client
        self._name = name

    def read(self, folder: str, *uids: int, part: str = "BODY.PEEK[]") -> list[Message]:
        """Fetch messages; gives what the server served."""
        self._client.select(folder, readonly=True)
        _, answer = self._client.uid("FETCH", ",".join(map(str, uids)), f"(UID {part})")
        served = []
        for entry in answer:
            if isinstance(entry, tuple):
                uid = int(re.findall(rb"UID (\d+)", entry[0])[0])
                message_id = re.findall(rb"(?mi)^Message-ID: (\S+)", entry[1])[0].decode()
                served.append(Message(self._name, folder, uid, message_id))
        return served

    def search(self, folder: str, word: str) -> None:
        """Let the server search message bodies; nothing of them is served."""
        self._client.select(folder, readonly=True)
        self._client.uid("SEARCH", "BODY", word)

    def copy(self, folder: str, uid: int, to: str) -> Message:
        """Copy a message inside the mailbox; gives the copy, of which nothing was served."""
        self._client.select(folder)
        self._client.uid("COPY", str(uid), to)
        _, said = self._client.response("COPYUID")
        return Message(self._name, to, int(said[0].split()[-1]), f"<{folder.lower()}-{uid}.{self._name}>")

    def append(self, folder: str, message_id: str) -> None:
        """Store a message of one's own."""
        mail = EmailMessage()
        mail["Message-ID"] = message_id
        mail.set_content("Synthetic draft.\n")
        self._client.append(folder, "", "", mail.as_bytes())
