// A web app on Passport, as the README of passport-oauth2 has it. Nothing in it
// knows the provider but the addresses and the names of the scopes.
'use strict';

const express = require('express');
const session = require('express-session');
const passport = require('passport');
const OAuth2Strategy = require('passport-oauth2');

const { PROVIDER, CLIENT_ID, CLIENT_SECRET, PORT } = process.env;

class Strategy extends OAuth2Strategy {
  // By default it sends the token in the URL, as OpenMaster's document has it.
  userProfile(accessToken, done) {
    this._oauth2.get(`${PROVIDER}/user`, accessToken, (err, body) => {
      if (err) return done(new Error(`${err.statusCode} ${err.data}`));
      done(null, JSON.parse(body));
    });
  }
}

const strategy = new Strategy({
  authorizationURL: `${PROVIDER}/oauth/authorize`,
  tokenURL: `${PROVIDER}/oauth/access_token`,
  clientID: CLIENT_ID,
  clientSecret: CLIENT_SECRET,
  callbackURL: `http://localhost:${PORT}/callback`,
  scope: ['user', 'brand'],
  state: true,
  pkce: true,
}, (accessToken, refreshToken, parameters, profile, done) => done(null, { ...profile, accessToken, refreshToken, expires: parameters.expires_in }));
passport.use('openmaster', strategy);
passport.serializeUser((user, done) => done(null, user));
passport.deserializeUser((user, done) => done(null, user));

const page = (user, title) => `<!doctype html><title>${title}</title><link rel="icon" href="data:,"><h1 data-testid="${title}">${user.username}</h1>
  <p data-testid="email">${user.email}</p><p data-testid="expires">${user.expires}</p>
  <p data-testid="token">${user.accessToken}</p><a data-testid="refresh" href="/refresh">Refresh</a>`;

const app = express();
app.use(session({ secret: 'of a test', resave: false, saveUninitialized: false }));
app.use(passport.session());
app.get('/', (_, response) => response.send('<!doctype html><title>passport-oauth2</title><link rel="icon" href="data:,"><a data-testid="sign-in" href="/login">Sign in</a>'));
app.get('/login', passport.authenticate('openmaster'));
app.get('/callback', passport.authenticate('openmaster'), (request, response) => response.send(page(request.user, 'nickname')));
let refreshes = 0;
app.get('/refresh', (request, response, next) => {
  // As passport-oauth2-refresh does it.
  strategy._oauth2.getOAuthAccessToken(request.user.refreshToken, { grant_type: 'refresh_token' }, (err, accessToken, refreshToken) => {
    if (err) return next(new Error(`${err.statusCode} ${err.data}`));
    strategy.userProfile(accessToken, (wrong, profile) => {
      if (wrong) return next(wrong);
      Object.assign(request.user, profile, { accessToken, refreshToken });
      refreshes++;
      response.send(page(request.user, `refreshed-${refreshes}`));
    });
  });
});
app.listen(PORT, '127.0.0.1', () => console.log('listening'));
