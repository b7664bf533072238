"""A realm of the re-enactment: its OpenID provider, and a person who signs in there."""

import hashlib
import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit
from urllib.request import HTTPCookieProcessor, HTTPRedirectHandler, OpenerDirector, Request, build_opener

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm
from jwt.utils import base64url_encode
from servers import free_port, program, running

HERE = Path(__file__).parent
AUDIENCE = "urn:counterseal:mail"


@dataclass(frozen=True)
class Realm:
    """One realm: its provider's issuer, its signing key, and where its issuance log is."""

    name: str
    domain: str
    port: int
    kid: str
    key: ec.EllipticCurvePrivateKey
    log: Path

    @property
    def issuer(self) -> str:
        """The issuer's name, which is also its address."""
        return f"http://127.0.0.1:{self.port}"


def new_realm(folder: Path, name: str, domain: str, kid: str) -> Realm:
    """A realm with a fresh key."""
    return Realm(
        name, domain, free_port(), kid, ec.generate_private_key(ec.SECP256R1()), folder / f"{name}.ndjson"
    )


def private_keys(realm: Realm) -> dict[str, Any]:
    """The provider's private key set; ID tokens want an RSA key by default."""
    mail = {**ECAlgorithm.to_jwk(realm.key, as_dict=True), "kid": realm.kid, "alg": "ES256", "use": "sig"}
    other = rsa.generate_private_key(65537, 2048)
    return {
        "keys": [mail, {**RSAAlgorithm.to_jwk(other, as_dict=True), "kid": f"{realm.kid}-id", "use": "sig"}]
    }


@contextmanager
def provider(folder: Path, realm: Realm) -> Iterator[None]:
    """Run one realm's OpenID provider."""
    settings = folder / f"{realm.name}.json"
    settings.touch(0o600)
    settings.write_text(
        json.dumps(
            {
                "issuer": realm.issuer,
                "port": realm.port,
                "audience": AUDIENCE,
                "kid": realm.kid,
                "jwks": private_keys(realm),
                "log": str(realm.log),
            }
        )
    )
    command = [program("node"), str(HERE / "provider.mjs"), str(settings)]
    with running(command, realm.port, folder / f"{realm.name}-provider.out"):
        yield


class StopAtRedirect(HTTPRedirectHandler):
    """Gives redirects back instead of following them: the last one leads to the app, where nobody listens."""

    def redirect_request(self, *args: Any, **named: Any) -> None:
        """Follow nothing."""


def visit(browser: OpenerDirector, url: str, form: dict[str, str] | None = None) -> tuple[str, str]:
    """Open a page or send a form; gives where it leads (or the page's own address) and the page."""
    try:
        with browser.open(Request(url, urlencode(form).encode() if form else None), timeout=15) as answer:
            return url, answer.read().decode()
    except HTTPError as answer:
        with answer:
            if answer.code not in (302, 303):
                raise
            return urljoin(url, answer.headers["Location"]), ""


def sign_in(realm: Realm, mailbox: str) -> str:
    """Get an access token as a person does: authorization code with PKCE, log-in form, consent, code, token."""
    browser = build_opener(HTTPCookieProcessor(CookieJar()), StopAtRedirect())
    verifier = base64url_encode(os.urandom(32)).decode()
    challenge = base64url_encode(hashlib.sha256(verifier.encode()).digest()).decode()
    asked = {
        "client_id": "mail-app",
        "response_type": "code",
        "redirect_uri": "http://127.0.0.1/callback",
        "scope": "openid email",
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    url = f"{realm.issuer}/auth?{urlencode(asked)}"
    for _ in range(12):
        url, page = visit(browser, url)
        if url.startswith(asked["redirect_uri"]):
            break
        if page:
            prompt = re.findall(r'name="prompt" value="(\w+)"', page)[0]
            url, _ = visit(browser, url, {"prompt": prompt, "login": mailbox, "password": "any"})
    code = parse_qs(urlsplit(url).query)["code"][0]
    _, answer = visit(
        browser,
        f"{realm.issuer}/token",
        {
            "grant_type": "authorization_code",
            "client_id": "mail-app",
            "code": code,
            "redirect_uri": asked["redirect_uri"],
            "code_verifier": verifier,
        },
    )
    token: str = json.loads(answer)["access_token"]
    return token
