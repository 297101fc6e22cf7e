// Package web holds what a browser is shown: templates, the stylesheet, the
// one script and the texts in every language, all embedded. It knows no SQL
// and no OAuth; the doors hand it values and it renders them.
//
// A page is rendered whole before its first byte is written, so that a
// failure never leaves half a page behind. No page holds an inline script or
// an inline style, and the policy that each page carries (headers.go) names
// only what that page needs. Texts from outside, such as the names of apps and
// people, reach a page through html/template or textContent, nothing else.
//
// The sign-in page follows one pairing. It arrives with the first View
// rendered into it and with an empty panel for every later state in a
// <template>; signin.js listens for the next View, puts the panel of its
// state in place and fills in the words. So the wording is made in one place,
// here, and the check number is in no page before there is one. Without
// scripts the same panels come from the server, with a <meta refresh>.
//
// What the page asks of the server, all on its own origin (Q is SignIn.Query,
// ID is SignIn.PairingID):
//
//	WebSocket /sso-authorize/socket?pairing=ID&Q       a View at every change
//	POST /sso-authorize/pairing?pairing=ID&Q           begins it, for polling → View
//	GET  /sso-authorize/pairing/ID                     → View, or 404
//	POST /sso-authorize/pairing/ID/cancel              → View, or 303 to the plain page
//	POST /sso-authorize/plain?pairing=ID&Q             begins it, without scripts → 303
//	GET  /sso-authorize/plain/ID                       the page with SignIn.Plain
//	GET  /sso-authorize?Q                              try again
package web
