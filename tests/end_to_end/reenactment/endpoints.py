"""Token introspection endpoints: one that makes the mistake of 2023, and one that does not.

The naive one is written as the READMEs of JWT libraries tell people to: fetch the keys, let the token's header choose
one, check signature, audience and issuer. Each check is right. What is missing is the tie between key and issuer, since
both realms' keys were published at one address. It belongs to the tests and to nothing else.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs
from urllib.request import urlopen

import jwt


class Endpoint(ThreadingHTTPServer):
    """Serves a key set at /keys and answers Dovecot's questions at /introspect."""

    daemon_threads = True

    def __init__(self, issuers: Sequence[str], audience: str) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.issuers = list(issuers)
        self.audience = audience

    def merged_keys(self) -> dict[str, Any]:
        """The keys of all realms in one set: the mistake."""
        keys = []
        for issuer in self.issuers:
            with urlopen(f"{issuer}/jwks", timeout=10) as answer:
                keys += json.load(answer)["keys"]
        return {"keys": keys}

    def claims(self, token: str) -> dict[str, Any]:
        """The claims of a token that is accepted; raises jwt.PyJWTError."""
        raise NotImplementedError

    def introspect(self, token: str) -> dict[str, Any]:
        """What RFC 7662 says about a token; a refusal is exactly `{"active": false}`, for Dovecot reads more into it."""
        try:
            claims = self.claims(token)
        except jwt.PyJWTError:
            return {"active": False}
        kid = jwt.get_unverified_header(token)["kid"]
        return {"active": True, "kid": kid} | {name: claims[name] for name in ("email", "jti", "iss")}


class NaiveEndpoint(Endpoint):
    """One key set for two realms."""

    def claims(self, token: str) -> dict[str, Any]:
        """Any key of the set signs for any issuer of the list."""
        keys = jwt.PyJWKClient(f"http://127.0.0.1:{self.server_port}/keys")
        key = keys.get_signing_key_from_jwt(token)
        claims: dict[str, Any] = jwt.decode(
            token, key.key, algorithms=["ES256"], audience=self.audience, issuer=self.issuers
        )
        return claims


class ApartEndpoint(Endpoint):
    """One key set per realm: the issuer that a token claims decides which keys may have signed it (RFC 8725 3.8)."""

    def claims(self, token: str) -> dict[str, Any]:
        """Only the claimed issuer's own keys are tried."""
        issuer = jwt.decode(token, options={"verify_signature": False}).get("iss")
        if issuer not in self.issuers:
            raise jwt.InvalidIssuerError
        key = jwt.PyJWKClient(f"{issuer}/jwks").get_signing_key_from_jwt(token)
        claims: dict[str, Any] = jwt.decode(
            token, key.key, algorithms=["ES256"], audience=self.audience, issuer=issuer
        )
        return claims


class Handler(BaseHTTPRequestHandler):
    """GET /keys, POST /introspect."""

    server: Endpoint

    def do_GET(self) -> None:
        self.answer(self.server.merged_keys())

    def do_POST(self) -> None:
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self.answer(self.server.introspect(form.get("token", [""])[0]))

    def answer(self, body: dict[str, Any]) -> None:
        """Send a JSON object."""
        content = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args: object) -> None:
        """Say nothing: requests hold tokens."""


@contextmanager
def serving(endpoint: Endpoint) -> Iterator[int]:
    """Run an endpoint; gives its port."""
    Thread(target=endpoint.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield endpoint.server_port
    finally:
        endpoint.shutdown()
        endpoint.server_close()
