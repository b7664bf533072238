"""A real Keycloak: what it minted and what it wrote of it, in its event store and in its log, are read as the same issuances.

Keycloak comes from Maven Central (org.keycloak:keycloak-quarkus-dist), or from the folder named by COUNTERSEAL_KEYCLOAK.
"""

import base64
import http.cookiejar
import json
import os
import re
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.full, pytest.mark.server, pytest.mark.slow]

VERSION = "26.7.3"
MAVEN = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy"
START_SECONDS = 400  # a minute on an idle machine
SECRET = "synthetic"
CALLBACK = "http://127.0.0.1/callback"

MINTED = ("LOGIN", "CODE_TO_TOKEN", "REFRESH_TOKEN", "REFRESH_TOKEN_ERROR", "CLIENT_LOGIN", "TOKEN_EXCHANGE")
USER = {
    "username": "alice", "email": "alice@mail.example", "emailVerified": True, "firstName": "Alice", "lastName": "Invented",
    "enabled": True, "credentials": [{"type": "password", "value": SECRET, "temporary": False}],
}  # fmt: skip
CLIENTS = [
    {"clientId": "mail-app", "publicClient": True, "directAccessGrantsEnabled": True, "redirectUris": [CALLBACK]},
    {"clientId": "daemon", "secret": SECRET, "serviceAccountsEnabled": True, "standardFlowEnabled": False,
     "attributes": {"standard.token.exchange.enabled": "true"}},
]  # fmt: skip


def realm(name: str, *stored: str) -> dict[str, Any]:
    """A realm whose refresh tokens may be used once; it stores these event types, or those that are stored by default."""
    return {
        "realm": name, "enabled": True, "sslRequired": "none", "eventsEnabled": True, "enabledEventTypes": list(stored),
        "revokeRefreshToken": True, "refreshTokenMaxReuse": 0, "clients": CLIENTS, "users": [USER],
    }  # fmt: skip


def unpacked(folder: Path) -> Path:
    """A Keycloak of our own to write in; skips, saying so, where it cannot be had."""
    if shutil.which("java") is None:
        pytest.skip("no java on this machine")
    target = folder / f"keycloak-{VERSION}"
    if given := os.environ.get("COUNTERSEAL_KEYCLOAK"):
        shutil.copytree(given, target, ignore=shutil.ignore_patterns("data"))
        return target
    if shutil.which("mvn") is None:
        pytest.skip("COUNTERSEAL_KEYCLOAK is unset and there is no mvn to fetch Keycloak with")
    artifact = f"-Dartifact=org.keycloak:keycloak-quarkus-dist:{VERSION}:zip"
    fetched = subprocess.run(["mvn", "-B", "-q", MAVEN, artifact, f"-DoutputDirectory={folder}"])
    if fetched.returncode:
        pytest.skip("mvn could not fetch Keycloak")
    with zipfile.ZipFile(folder / f"keycloak-quarkus-dist-{VERSION}.zip") as packed:
        packed.extractall(folder)
    for script in (target / "bin").glob("*.sh"):  # zipfile leaves their modes behind
        script.chmod(0o755)
    return target


class Stay(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: the code is in its address."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        """Do not follow."""


def browser() -> urllib.request.OpenerDirector:
    """Follows no redirect, keeps cookies, and gives secure ones to this machine too, as browsers do."""
    policy = http.cookiejar.DefaultCookiePolicy(secure_protocols=("http", "https"))
    return urllib.request.build_opener(
        Stay, urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar(policy))
    )


@dataclass
class Server:
    """A running Keycloak.

    Attributes:
        at: its address.
        log: its log.
        opener: keeps cookies, follows no redirect.
    """

    at: str
    log: Path
    opener: urllib.request.OpenerDirector = field(default_factory=browser)

    def ask(self, url: str, form: dict[str, str] | None = None, **headers: str) -> tuple[int, Any, bytes]:
        """Status, headers and body."""
        data = urllib.parse.urlencode(form).encode() if form else None
        request = urllib.request.Request(url, data, headers)
        try:
            with self.opener.open(request, timeout=120) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as refused:
            return refused.code, refused.headers, refused.read()

    def token(self, name: str, **form: str) -> dict[str, Any]:
        """The token endpoint's answer."""
        return dict(json.loads(self.ask(f"{self.at}/realms/{name}/protocol/openid-connect/token", form)[2]))

    def events(self, name: str) -> bytes:
        """The stored events of a realm, as the admin API gives them."""
        admin = self.token(
            "master", grant_type="password", client_id="admin-cli", username="admin", password=SECRET
        )
        url = f"{self.at}/admin/realms/{name}/events?max=1000"
        return self.ask(url, Authorization=f"Bearer {admin['access_token']}")[2]

    def code(self, name: str) -> str:
        """Sign in by the browser's form; the authorization code."""
        query = urllib.parse.urlencode(
            {"client_id": "mail-app", "response_type": "code", "scope": "openid", "redirect_uri": CALLBACK}
        )
        self.opener = browser()
        page = self.ask(f"{self.at}/realms/{name}/protocol/openid-connect/auth?{query}")[2].decode()
        action = re.search(r'action="([^"]+)"', page)
        assert action, page[:500]
        form = {"username": "alice", "password": SECRET}
        _, headers, said = self.ask(action[1].replace("&amp;", "&"), form)
        assert "code=" in headers.get("Location", ""), (headers.get("Location"), said[-1500:])
        return urllib.parse.parse_qs(urllib.parse.urlsplit(headers["Location"]).query)["code"][0]


@contextmanager
def started(folder: Path) -> Iterator[Server]:
    """Keycloak on a free port, its log in the folder, ended with the block."""
    home = unpacked(folder)
    (home / "data/import").mkdir(parents=True)
    for said in (realm("all", *MINTED, "REVOKE_GRANT", "LOGOUT"), realm("default")):
        (home / f"data/import/{said['realm']}-realm.json").write_text(json.dumps(said))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = Server(f"http://127.0.0.1:{port}", folder / "server.log")
    command = [
        str(home / "bin/kc.sh"), "start-dev", "--import-realm", "--http-host=127.0.0.1", f"--http-port={port}",
        "--log-level=INFO,org.keycloak.events:debug",
    ]  # fmt: skip
    environment = {
        **os.environ, "TZ": "UTC", "KC_BOOTSTRAP_ADMIN_USERNAME": "admin", "KC_BOOTSTRAP_ADMIN_PASSWORD": SECRET,
        "JAVA_OPTS_KC_HEAP": "-Xms128m -Xmx512m",
    }  # fmt: skip
    with server.log.open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
    try:
        deadline = time.monotonic() + START_SECONDS
        while not answers(server):
            in_vain = process.poll() is not None or time.monotonic() > deadline
            assert not in_vain, server.log.read_text("utf-8")[-2000:]
            with suppress(subprocess.TimeoutExpired):
                process.wait(0.5)
        yield server
    finally:
        process.terminate()
        process.wait(60)


def answers(server: Server) -> bool:
    """Are both realms there?"""
    try:
        return all(server.ask(f"{server.at}/realms/{name}")[0] == 200 for name in ("all", "default"))
    except OSError:
        return False


def claims(jwt: str) -> dict[str, Any]:
    """What a token says."""
    body = jwt.split(".")[1]
    return dict(json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))))


@dataclass(frozen=True)
class Played:
    """What a client did and got: ids of access tokens in order; the refresh token presented twice."""

    minted: list[str]
    refreshed: str
    twice: str
    exchanged: str


def play(server: Server, name: str) -> Played:
    """Every way to a token, a refresh, and the same refresh token once more."""
    alice = {"client_id": "mail-app"}
    daemon = {"client_id": "daemon", "client_secret": SECRET}
    direct = server.token(
        name, grant_type="password", username="alice", password=SECRET, scope="openid", **alice
    )
    by_code = server.token(
        name, grant_type="authorization_code", code=server.code(name), redirect_uri=CALLBACK, **alice
    )
    refresh = {"grant_type": "refresh_token", "refresh_token": by_code["refresh_token"], **alice}
    renewed = server.token(name, **refresh)
    assert server.token(name, **refresh)["error"] == "invalid_grant"
    service = server.token(name, grant_type="client_credentials", **daemon)
    exchanged = server.token(
        name, grant_type="urn:ietf:params:oauth:grant-type:token-exchange", subject_token=service["access_token"],
        subject_token_type="urn:ietf:params:oauth:token-type:access_token", **daemon,
    )  # fmt: skip
    minted = [claims(got["access_token"])["jti"] for got in (direct, by_code, renewed, service, exchanged)]
    return Played(minted, minted[2], claims(by_code["refresh_token"])["jti"], minted[4])


def issued(found: dict[str, list[dict[str, Any]]]) -> list[str]:
    """Token ids of successful issuances, in order of time."""
    rows = sorted(found["issuance"], key=lambda row: row["time"])
    return [row["token_id"] for row in rows if row["outcome"] == "success" and "token_id" in row]


def test_a_real_keycloaks_events_are_issuances(ingest_text: Callable[..., Any], tmp_path: Path) -> None:
    """Every access token's jti, and no other id, is an issuance's; a refresh token presented twice is named by its own jti.

    What is stored by default lacks what a refresh minted and that a refresh token was reused: the log at DEBUG has both.
    """
    with started(tmp_path) as server:
        played, default = play(server, "all"), play(server, "default")
        stored, stored_by_default = server.events("all"), server.events("default")
        everything = server.log.read_text("utf-8").splitlines()
    _, found = ingest_text(tmp_path, stored, "stored.json")
    assert issued(found) == played.minted
    (reuse,) = [row for row in found["issuance"] if row["outcome"] == "reuse"]
    assert reuse["token_id"] == played.twice
    (child,) = [row for row in found["issuance"] if row.get("parent_id") == played.twice]
    assert (child["token_id"], child["family"]) == (played.refreshed, reuse["family"])

    _, found = ingest_text(tmp_path, stored_by_default, "default.json")
    assert issued(found) == [jti for jti in default.minted if jti != default.refreshed]
    assert [row["outcome"] for row in found["issuance"] if row["outcome"] == "reuse"] == []

    lines = "\n".join(line for line in everything if 'realmName="default"' in line)
    _, found = ingest_text(tmp_path, lines.encode(), "server.log")
    assert issued(found) == default.minted
    assert [row["token_id"] for row in found["issuance"] if row["outcome"] == "reuse"] == [default.twice]
