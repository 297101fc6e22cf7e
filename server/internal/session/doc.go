// Package session holds the rules of browser sessions: how long a browser
// stays signed in, when its secrets are replaced, and what a stolen one is
// worth. It knows no HTTP and no SQL; time comes in as an argument.
//
// A session is a family of two secrets. The session secret opens pages for 30
// minutes from the latest use, an hour at most. The refresh secret lasts 30
// days and buys a new pair of both:
//
//	refresh 1 ──▶ refresh 2 ──▶ refresh 3 …      each used once
//	    │ again, within Grace: the same answer   (two tabs, a lost response)
//	    ▼ again, later: somebody has a copy      the whole family ends
//
// So that a retry can be given the same answer although only hashes are kept,
// the answer lies sealed under a key that is made of the refresh secret that
// asked for it: without that secret, which nobody keeps, it cannot be opened.
package session
