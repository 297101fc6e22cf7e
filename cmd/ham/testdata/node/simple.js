// A web app on simple-oauth2, as its README has it. Nothing in it knows the
// provider but the addresses and the names of the scopes.
'use strict';

const crypto = require('node:crypto');
const express = require('express');
const { AuthorizationCode } = require('simple-oauth2');

const { PROVIDER, CLIENT_ID, CLIENT_SECRET, PORT } = process.env;
const redirect_uri = `http://localhost:${PORT}/callback`;

const client = (options) => new AuthorizationCode({
  client: { id: CLIENT_ID, secret: CLIENT_SECRET },
  auth: { tokenHost: PROVIDER, tokenPath: '/oauth/access_token', authorizePath: '/oauth/authorize' },
  options,
});
// Its default, and all that its options can change about a request.
const byDefault = client({});
const inJSON = client({ authorizationMethod: 'body', bodyFormat: 'json' });

let state;
let token; // of the one reader that a test has

async function page(response, title) {
  const answer = await fetch(`${PROVIDER}/user`, { headers: { Authorization: `bearer ${token.token.access_token}` } });
  const user = await answer.json();
  if (!answer.ok) throw new Error(user.error_description);
  response.send(`<!doctype html><title>${title}</title><link rel="icon" href="data:,"><h1 data-testid="${title}">${user.username}</h1>
    <p data-testid="email">${user.email}</p><p data-testid="expires">${token.token.expires_in}</p>
    <p data-testid="token">${token.token.access_token}</p><a data-testid="refresh" href="/refresh">Refresh</a>`);
}

const app = express();
app.get('/', (_, response) => response.send('<!doctype html><title>simple-oauth2</title><link rel="icon" href="data:,"><a data-testid="sign-in" href="/login">Sign in</a>'));
app.get('/login', (_, response) => {
  state = crypto.randomUUID();
  response.redirect(byDefault.authorizeURL({ redirect_uri, scope: ['user', 'brand'], state }));
});
app.get('/callback', async (request, response) => {
  if (request.query.state !== state) throw new Error('state');
  token = await byDefault.getToken({ code: request.query.code, redirect_uri });
  await page(response, 'nickname');
});
let refreshes = 0;
app.get('/refresh', async (_, response) => {
  const by = refreshes++ === 0 ? byDefault : inJSON;
  token = await by.createToken(JSON.parse(JSON.stringify(token))).refresh();
  await page(response, `refreshed-${refreshes}`);
});
app.listen(PORT, '127.0.0.1', () => console.log('listening'));
