"""A consumer's genuine token let in by the enterprise's gateway; and the same token where it belongs."""

from raw import CONSUMER, CONSUMER_REALM, ENTERPRISE, at, issued, ndjson, realm, request

CARLA = "carla@con.example"
ENTERPRISE_GATEWAY = realm(
    "enterprise",
    ENTERPRISE,
    "ent.example",
    'kid = "ent-2026", state = "active"',
    settings='audiences = ["urn:mail"]',
)
LOGS = {
    "issuer.ndjson": ndjson(issued(at(0, 9), CARLA, "t1", kid="con-2016", iss=CONSUMER)),
    "gateway.ndjson": ndjson(request(at(0, 9, 5), CARLA, "t1", kid="con-2016", iss=CONSUMER)),
}

HIT = LOGS | {"realms.toml": (ENTERPRISE_GATEWAY + CONSUMER_REALM).encode()}
EXPECTED = {("gateway.ndjson", 0)}
SAYS = "issued with con-2016, a key of the consumer realm, and accepted in the enterprise realm, which must not trust that key"

MISS = LOGS | {"realms.toml": (ENTERPRISE_GATEWAY.replace("urn:mail", "urn:other") + CONSUMER_REALM).encode()}
