// One realm's OpenID provider: npm oidc-provider with JWT access tokens and the issuance log of
// docs/how-to/oidc-provider-log.md. Argument: a JSON file with issuer, port, audience, jwks (private) and log.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

import Provider from 'oidc-provider';

import { logIssuance } from '../../evidence/sources/oidc_provider/hook.mjs';

const settings = JSON.parse(readFileSync(process.argv[2], 'utf8'));

const provider = new Provider(settings.issuer, {
  clients: [{
    client_id: 'mail-app',
    application_type: 'native',
    token_endpoint_auth_method: 'none',
    redirect_uris: ['http://127.0.0.1/callback'],
    grant_types: ['authorization_code'],
    response_types: ['code'],
  }],
  jwks: settings.jwks,
  scopes: ['openid', 'email'],
  claims: { openid: ['sub'], email: ['email'] },
  // The account is the mail address, as typed into the development login form.
  findAccount: (ctx, id) => ({ accountId: id, claims: () => ({ sub: id, email: id }) }),
  extraTokenClaims: (ctx, token) => ({ email: token.accountId }),
  features: {
    devInteractions: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => settings.audience,
      useGrantedResource: () => true,
      getResourceServerInfo: () => ({
        scope: 'email',
        audience: settings.audience,
        accessTokenTTL: 3600,
        accessTokenFormat: 'jwt',
        jwt: { sign: { alg: 'ES256', kid: settings.kid } },
      }),
    },
  },
});
logIssuance(provider, settings.log);
createServer(provider.callback()).listen(settings.port, '127.0.0.1');
