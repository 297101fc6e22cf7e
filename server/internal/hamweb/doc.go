// Package hamweb is the API that Ham Web calls: a front end of its own, on an
// origin of its own, whose proxy sends /api/X to /web/X here. openapi.yaml says
// what goes to and fro; this is what it is built on.
//
//	POST auth/qr/ticket ─▶ ticket, in the QR       secret, in the cookie ham_session
//	GET  auth/qr/ticket/T ─▶ how it stands            │ which alone gets the session
//	POST auth/passkey/option, login ──────────────────┤
//	POST auth/app-callback (a code of the console) ───┤
//	                                                  ▼
//	GET auth/me, POST auth/refresh, logout       ham_session, ham_refresh
//	POST sso/consent/info ─▶ nonce ─▶ confirm ─▶ code
//	GET, POST tokens … ─▶ ham_…  ─▶ Bearer at auth/me, tokens/introspect
//
// The proxy forwards four cookies and no others, so everything that a browser
// keeps lies in two. ham_session holds a session, and beside it the secrets of
// the tickets that this browser has asked for:
//
//	[ID.SECRET.SEAL] ( ~ PAIRING.SECRET )*
//
// A ticket is public: it stands in a QR code. Without its secret it is INVALID,
// whatever its state, and whoever asks. The first answer that says CONFIRMED
// finishes the pairing and begins the session in one step; whoever brings the
// same secret again within session.Grace gets the same two cookies, because the
// answer may have been lost. So of a hundred polls in that moment one begins a
// session, and all hundred sign the same browser in to it.
package hamweb
