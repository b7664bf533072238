"""What stands behind the gateways: an application that always says yes, and a validator for nginx's auth_request."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import jwt

HEADERS = {"sub": "Sub", "jti": "Jti", "iss": "Iss", "aud": "Aud", "client_id": "Client"}


class Backend(ThreadingHTTPServer):
    """GET /_validate answers as a validator with one realm's key, anything else as the application."""

    daemon_threads = True

    def __init__(self, key: Any, issuer: str, audience: str) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.key, self.issuer, self.audience = key, issuer, audience

    def validate(self, header: str) -> tuple[int, dict[str, str]]:
        """Status, and headers that say what is in a token that this realm signed, also where it is refused as old."""
        token = header.removeprefix("Bearer ")
        try:
            claims = jwt.decode(
                token,
                self.key,
                ["ES256"],
                audience=self.audience,
                issuer=self.issuer,
                options={"verify_exp": False},
            )
        except jwt.PyJWTError:
            return 401, {}
        read = {f"X-Token-{name}": str(claims[claim]) for claim, name in HEADERS.items()}
        read["X-Token-Kid"] = jwt.get_unverified_header(token)["kid"]
        return 200 if claims["exp"] > time.time() else 401, read


class Answer(BaseHTTPRequestHandler):
    """One request."""

    server: Backend

    def do_GET(self) -> None:
        """Validate or say yes; the path /broken is an application that fails."""
        status, headers = 503 if self.path == "/broken" else 200, dict[str, str]()
        if self.path == "/_validate":
            status, headers = self.server.validate(self.headers.get("Authorization", ""))
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args: object) -> None:
        """Say nothing: requests hold tokens."""


@contextmanager
def backend(key: Any, issuer: str, audience: str) -> Iterator[int]:
    """Run it; gives its port."""
    server = Backend(key, issuer, audience)
    Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
