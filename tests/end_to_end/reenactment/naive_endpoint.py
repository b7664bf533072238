"""A token introspection endpoint that makes the mistake of 2023: one key set for two realms.

It is written as the READMEs of JWT libraries tell people to: fetch the keys, let the token's header choose one,
check signature, audience and issuer. Each check is right. What is missing is the tie between key and issuer, since
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


class NaiveEndpoint(ThreadingHTTPServer):
    """Serves the merged key set at /keys and answers Dovecot's questions at /introspect."""

    daemon_threads = True

    def __init__(self, key_sets: Sequence[str], issuers: Sequence[str], audience: str) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.key_sets = key_sets
        self.issuers = issuers
        self.audience = audience
        self.jwks = jwt.PyJWKClient(f"http://127.0.0.1:{self.server_port}/keys")

    def merged_keys(self) -> dict[str, Any]:
        """The keys of all realms in one set: the mistake."""
        keys = []
        for address in self.key_sets:
            with urlopen(address, timeout=10) as answer:
                keys += json.load(answer)["keys"]
        return {"keys": keys}

    def introspect(self, token: str) -> dict[str, Any]:
        """What RFC 7662 says about a token; a refusal is exactly `{"active": false}`, for Dovecot reads more into it."""
        try:
            key = self.jwks.get_signing_key_from_jwt(token)
            claims = jwt.decode(
                token, key.key, algorithms=["ES256"], audience=self.audience, issuer=list(self.issuers)
            )
        except jwt.PyJWTError:
            return {"active": False}
        return {
            "active": True,
            "email": claims["email"],
            "jti": claims["jti"],
            "iss": claims["iss"],
            "kid": jwt.get_unverified_header(token)["kid"],
        }


class Handler(BaseHTTPRequestHandler):
    """GET /keys, POST /introspect."""

    server: NaiveEndpoint

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
def naive_endpoint(key_sets: Sequence[str], issuers: Sequence[str], audience: str) -> Iterator[int]:
    """Run the endpoint; gives its port."""
    server = NaiveEndpoint(key_sets, issuers, audience)
    Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
