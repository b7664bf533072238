"""authentik: its events, as the API gives them or as the containers log them. It logs no token."""

from datetime import timedelta

from counterseal.core.vocabulary import Kind
from counterseal.evidence.source import LogStream, Source

STRUCTURE = {
    "action": "VARCHAR",
    "pk": "VARCHAR",
    "created": "VARCHAR",
    "timestamp": "VARCHAR",
    "app": "VARCHAR",
    "event": "VARCHAR",
    "logger": "VARCHAR",
    "identifier": "VARCHAR",
    "client_ip": "VARCHAR",
    "user": {"pk": "VARCHAR", "email": "VARCHAR", "username": "VARCHAR"},
    "context": {
        "auth_method": "VARCHAR",
        "username": "VARCHAR",
        "message": "VARCHAR",
        "type": "VARCHAR",
        "authorized_application": {"pk": "VARCHAR"},
        "token": {"pk": "VARCHAR"},
        "model": {"model_name": "VARCHAR"},
        "secret": {"model_name": "VARCHAR"},
        "http_request": {"args": {"client_id": "VARCHAR", "query": "VARCHAR"}, "user_agent": "VARCHAR"},
    },
}

TIME = "utc(coalesce(said(r.created), said(r.timestamp)))"
STORED = "r.pk is not null and starts_with(r.app, 'authentik')"
LOGGED = "r.logger in ('authentik.events.models', 'authentik.flows.stage') and r.event in ('Created Event', 'invalid_login')"

REUSED = "r.action = 'suspicious_request' and r.context.message = 'Revoked refresh token was used'"
"""Source: authentik, authentik/providers/oauth2/views/token.py."""

OUTCOME = f"""case when r.action in ('login', 'authorize_application') then 'success'
    when r.action in ('login_failed', 'invalid_identifier') then 'failure' when {REUSED} then 'reuse' end"""

KEYS = "certificatekeypair"
PROVIDERS = ("oauth2provider", "samlprovider", "oauthsource", "samlsource")
CHANGE = "regexp_extract(r.action, '^model_(created|updated|deleted)$', 1)"
ACTION = f"""case when r.action = 'secret_view' and r.context.secret.model_name = '{KEYS}'
        and coalesce(r.context.type, '') <> 'certificate' then 'key-viewed'
    when {CHANGE} <> '' and r.context.model.model_name = '{KEYS}' then 'key-' || {CHANGE}
    when {CHANGE} <> '' and r.context.model.model_name in {PROVIDERS} then 'trust-' || {CHANGE} end"""

# Before a sign-in the event's own user is nobody.
NAMED = "coalesce(said(r.context.username), said(r.identifier))"
USER = "case when r.user.username <> 'AnonymousUser' then coalesce(said(r.user.email), said(r.user.username)) end"
CLIENT = """coalesce(said(r.context.http_request.args.client_id),
    nullif(regexp_extract(r.context.http_request.args.query, '(?:^|&)client_id=([^&]+)', 1), ''))"""

SOURCE = Source(
    name="authentik",
    says="authentik: events from its API or its containers' logs",
    system="authentik",
    structure=STRUCTURE,
    claims=f"r.action is not null and ({STORED} or {LOGGED})",
    kind=f"case when {OUTCOME} is not null then 'issuance' when {ACTION} is not null then 'custody' else 'out_of_scope' end",
    native_id="said(r.pk)",
    columns={
        "time": TIME,
        "stream": f"case when {ACTION} is not null then 'authentik.custody' else 'authentik.session' end",
        "tenant": f"""list_transform([{USER}], lambda e: case when contains(e, '@')
            then lower(split_part(e, '@', -1)) end)[1]""",
        "principal": f"coalesce({USER}, {NAMED})",
        "principal_type": f"case when coalesce({USER}, {NAMED}) is not null then 'user' end",
        "principal_id": f"case when {USER} is not null then said(r.user.pk) end",
        "app_id": f"""case when r.action = 'authorize_application'
            then coalesce({CLIENT}, said(r.context.authorized_application.pk)) end""",
        "token_id": f"case when {REUSED} then said(r.context.token.pk) end",
        "issued_at": f"case when {OUTCOME} = 'success' then {TIME} end",
        "client_ip": "said(r.client_ip)",
        "user_agent": "said(r.context.http_request.user_agent)",
        "grant": f"case when {OUTCOME} is not null then coalesce(said(r.context.auth_method), r.action) end",
        "actor": USER,
        "action": ACTION,
        "outcome": f"coalesce({OUTCOME}, 'success')",
    },
    rejects={"time is missing or not a time": f"{TIME} is null"},
    contradicts=("principal", "outcome"),
    streams=(
        LogStream(
            "authentik.session",
            Kind.ISSUANCE,
            "oidc",
            holds=("user", "guest"),
            accuses=False,
            longest_lifetime=timedelta(days=1),
            lag=timedelta(minutes=5),
            retention=timedelta(days=365),
            note="Sign-ins, applications authorized, refresh tokens used after they were taken back. No token id and no session "
            "id: nothing is matched by them. Refreshes and service accounts' tokens leave no event.",
        ),
        LogStream(
            "authentik.custody",
            Kind.CUSTODY,
            "oidc",
            lag=timedelta(minutes=5),
            retention=timedelta(days=365),
            note="Private keys viewed; certificates, providers and sources created, changed, deleted.",
        ),
    ),
    vendor=(
        "https://docs.goauthentik.io/sys-mgmt/events/event-actions/",
        "https://docs.goauthentik.io/sys-mgmt/events/",
    ),
    export="GET /api/v3/events/events/, the entries of `results` one a line, or the containers' log: docs/how-to/authentik.md.",
    proves="Who signed in and how, which application he authorized, that a refresh token was used after it was taken back, who "
    "viewed or changed a signing key.",
    cannot="Name a token: authentik logs none. Accuse by absence, therefore. Tell which uses came of a refresh token used twice.",
)
