"""Refresh tokens presented twice, as other issuers' logs say it: from raw bytes through the command, a hit and a near miss."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from raw import at, guid, ndjson, request, stamp
from test_detections import Judged, investigate, judged

ALICE = "alice@ent.example"

pytestmark = pytest.mark.slow


def okta(time: datetime, event: str, token: str | None = None, **fields: Any) -> dict[str, Any]:
    """One event of Okta's System Log about a token of Alice's mail program (synthetic)."""
    target = [{"id": "00uAlice", "type": "User", "alternateId": ALICE}]
    if token:
        target.append({"id": token, "type": event.rpartition(".")[2], "alternateId": ""})
    return {
        "uuid": guid(f"{time} {event} {token}"), "published": stamp(time), "eventType": event, "severity": "INFO",
        "actor": {"id": "mail-app", "type": "PublicClientApp", "alternateId": "mail-app"},
        "client": {"id": "mail-app", "ipAddress": "192.0.2.10"}, "outcome": {"result": "SUCCESS"}, "target": target, **fields,
    }  # fmt: skip


OKTA = ndjson(
    okta(at(0, 8), "app.oauth2.as.token.grant.access_token", "AT.one"),
    okta(at(0, 8), "app.oauth2.as.token.grant.refresh_token", "RT.one"),
    okta(at(0, 9), "app.oauth2.as.token.detect_reuse"),
    okta(at(0, 10), "app.oauth2.as.token.grant.access_token", "AT.two"),
)
SAYS = "the issuer saw a refresh token of this grant presented twice at 2026-05-04 09:00:00, before this use"


def test_a_token_used_on_after_okta_saw_the_reuse(tmp_path: Path) -> None:
    """Okta reports a reuse for client and user: a use of a token that was out by then, later than the skew, is stolen."""
    uses = ndjson(request(at(0, 8, 30), ALICE, "AT.one"), request(at(0, 9, 30), ALICE, "AT.one"))
    said = judged(investigate({"okta.ndjson": OKTA, "gateway.ndjson": uses}, tmp_path), "refresh-reuse")
    assert said == Judged("fired", 1, {("gateway.ndjson", 1): SAYS})


def test_a_token_of_a_new_sign_in_after_oktas_reuse(tmp_path: Path) -> None:
    """The owner signed in again after the reuse: his new token is not of the grant that was taken back."""
    uses = ndjson(request(at(0, 9, 4), ALICE, "AT.one"), request(at(0, 10, 30), ALICE, "AT.two"))
    said = judged(investigate({"okta.ndjson": OKTA, "gateway.ndjson": uses}, tmp_path), "refresh-reuse")
    assert said == Judged("silent", 0, {})


def google(time: datetime, name: str, **parameters: str) -> dict[str, Any]:
    """One activity of Google's `token` report about a mail program's grant (synthetic)."""
    listed = [{"name": key, "value": value} for key, value in {"client_id": "mail-app", **parameters}.items()]
    return {
        "kind": "admin#reports#activity", "actor": {"email": ALICE, "profileId": "1100000001"}, "ipAddress": "192.0.2.10",
        "id": {"time": stamp(time), "uniqueQualifier": guid(f"{time} {name}"), "applicationName": "token"},
        "events": [{"type": "auth", "name": name, "parameters": listed}],
    }  # fmt: skip


def calls(*times: datetime) -> list[dict[str, Any]]:
    """The program reads mail through the API."""
    return [
        google(time, "activity", api_name="gmail", method_name="gmail.users.messages.get") for time in times
    ]


@pytest.mark.parametrize("revoked", [True, False], ids=["revoked", "kept"])
def test_google_logs_neither_token_nor_reuse(tmp_path: Path, revoked: bool) -> None:
    """With Google's log alone, a grant taken back or not, both detections say that they cannot fire: silence is no finding."""
    taken = [google(at(0, 9), "revoke")] if revoked else []
    evidence = ndjson(google(at(0, 8), "authorize"), *calls(at(0, 8, 30)), *taken, *calls(at(0, 11)))
    case = investigate({"google.ndjson": evidence}, tmp_path)
    for reason in ("refresh-reuse", "used-after-revocation"):
        assert judged(case, reason) == Judged("unable", 0, {})


ISSUER = "https://id.ent.example/realms/mail"


def keycloak(time: datetime, event: str, session: str = "s1", **details: str) -> dict[str, Any]:
    """One stored event of Keycloak, its realm's issuer beside it as the how-to page asks (synthetic)."""
    return {
        "id": guid(f"{time} {event} {details}"), "time": int(time.timestamp() * 1000), "type": event, "realmId": "r1",
        "clientId": "mail-app", "userId": guid(ALICE), "sessionId": session, "ipAddress": "192.0.2.10", "issuer": ISSUER,
        "details": {"username": ALICE, **details},
    }  # fmt: skip


KEYCLOAK = ndjson(
    keycloak(at(0, 8), "CODE_TO_TOKEN", token_id="onrtac:a1", refresh_token_id="r1", grant_type="authorization_code"),
    keycloak(at(0, 8, 30), "REFRESH_TOKEN", token_id="onrtrt:a2", refresh_token_id="r1", grant_type="refresh_token"),
    keycloak(at(0, 8, 30), "CODE_TO_TOKEN", "s2", token_id="onrtac:b1", refresh_token_id="r9",
             grant_type="authorization_code"),
    keycloak(at(0, 9), "REFRESH_TOKEN_ERROR", refresh_token_id="r1",
             reason="Maximum allowed refresh token reuse exceeded"),
)  # fmt: skip


def test_tokens_of_a_session_in_which_keycloak_saw_the_reuse(tmp_path: Path) -> None:
    """Both tokens of the session, used on after Keycloak refused the refresh token's second use, are stolen."""
    uses = ndjson(*(request(at(0, 9, 30), ALICE, jti, iss=ISSUER) for jti in ("onrtac:a1", "onrtrt:a2")))
    said = judged(
        investigate({"keycloak.ndjson": KEYCLOAK, "gateway.ndjson": uses}, tmp_path), "refresh-reuse"
    )
    assert said == Judged("fired", 2, {("gateway.ndjson", 0): SAYS, ("gateway.ndjson", 1): SAYS})


def test_tokens_of_another_session_beside_keycloaks_reuse(tmp_path: Path) -> None:
    """Another session of the same person and program, and a use before the reuse, are none of it."""
    uses = ndjson(
        request(at(0, 8, 45), ALICE, "onrtrt:a2", iss=ISSUER),
        request(at(0, 9, 30), ALICE, "onrtac:b1", iss=ISSUER),
    )
    said = judged(
        investigate({"keycloak.ndjson": KEYCLOAK, "gateway.ndjson": uses}, tmp_path), "refresh-reuse"
    )
    assert said == Judged("silent", 0, {})
