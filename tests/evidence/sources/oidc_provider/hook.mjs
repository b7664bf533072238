// One JSON line for every token that an oidc-provider (npm, version 9) releases, refuses or takes back.
// Call logIssuance(provider, "issuance.ndjson") once, before the server listens.
import { createHash } from 'node:crypto';
import { appendFileSync } from 'node:fs';

const sha256 = (text) => createHash('sha256').update(text).digest();

// An opaque token, a refresh token and its "jti" are one and the same string: only its hash may be written down.
const fingerprint = (secret) => (secret ? `sha256:${sha256(secret).toString('base64url')}` : undefined);

// What a released JWT says, with the SHA-256 of its core: header and payload without a counterseal receipt.
function readJwt(value) {
  const [head, body] = value.split('.');
  const { kid } = JSON.parse(Buffer.from(head, 'base64url'));
  const text = Buffer.from(body, 'base64url').toString();
  const bare = text.replace(/,"cs":"[\w-]*"\}$/, '}');
  const core = bare === text ? `${head}.${body}` : `${head}.${Buffer.from(bare).toString('base64url')}`;
  const { jti, sub, aud, scope, iat, exp, ...rest } = JSON.parse(text);
  const username = rest.preferred_username ?? rest.username ?? rest.email;
  return { jti, sub, username, aud, scope, iat, exp, kid, digest: sha256(core).toString('hex') };
}

export function logIssuance(provider, file) {
  const write = (ctx, event, fields) => appendFileSync(file, `${JSON.stringify({
    time: new Date().toISOString(),
    event,
    iss: provider.issuer,
    client_id: ctx?.oidc?.client?.clientId,
    grant_type: ctx?.oidc?.params?.grant_type ?? ctx?.oidc?.params?.response_type,
    ip: ctx?.ip,
    user_agent: ctx?.get('user-agent') || undefined,
    ...fields,
  })}\n`, { mode: 0o600 });

  const opaque = (token) => ({
    jti: fingerprint(token.jti), sub: token.accountId ?? token.clientId, client_id: token.clientId, aud: token.aud,
    scope: token.scope, iat: token.iat, exp: token.exp, grant_id: token.grantId, session_uid: token.sessionUid,
  });

  // Written synchronously, before the response leaves: a token that cannot be logged is not released.
  const released = (ctx, value) => {
    const { AccessToken, ClientCredentials, RefreshToken, RotatedRefreshToken } = ctx.oidc.entities;
    const token = AccessToken ?? ClientCredentials;
    const kind = AccessToken ? 'access_token' : 'client_credentials';
    const secret = value === token.jti;
    const refreshed = ctx.oidc.params.grant_type === 'refresh_token';
    write(ctx, `${kind}.${secret ? 'saved' : 'issued'}`, {
      ...opaque(token),
      ...(secret ? {} : { jti: token.jti }),
      ...(value.split('.').length === 3 ? readJwt(value) : {}), // an encrypted token has five parts
      parent: refreshed ? fingerprint((RotatedRefreshToken ?? RefreshToken).jti) : undefined,
    });
  };
  provider.on('grant.success', (ctx) => ctx.body.access_token && released(ctx, ctx.body.access_token));
  provider.on('authorization.success', (ctx, out) => out?.access_token && released(ctx, out.access_token));

  const current = () => provider.constructor.ctx;
  provider.on('refresh_token.saved', (token) => write(current(), 'refresh_token.saved', {
    ...opaque(token), parent: fingerprint(current()?.oidc?.entities.RotatedRefreshToken?.jti),
  }));
  for (const kind of ['access_token', 'client_credentials', 'refresh_token']) {
    provider.on(`${kind}.destroyed`, (token) => write(current(), `${kind}.destroyed`, opaque(token)));
  }
  provider.on('grant.revoked', (ctx, grantId) => write(ctx, 'grant.revoked', { grant_id: grantId }));
  provider.on('grant.error', (ctx, error) => {
    const { RefreshToken, AuthorizationCode } = ctx.oidc.entities;
    const held = RefreshToken ?? AuthorizationCode;
    write(ctx, 'grant.error', {
      error: error.error, error_detail: error.error_detail, sub: held?.accountId, grant_id: held?.grantId,
      session_uid: held?.sessionUid, parent: fingerprint(RefreshToken?.jti),
    });
  });
}
