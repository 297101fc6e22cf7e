// Package pairing holds the rules by which a browser on a desktop and a Ham
// app on a phone agree on one sign-in, and the messages that carry it. The
// server stores a Pairing and the app sees its wire form; both use the rules
// from here, so they cannot differ.
//
// A pairing begins when the desktop's page connects, and goes one way:
//
//	            claim               approve              finish
//	waiting ───────────▶ claimed ───────────▶ approved ───────────▶ finished
//	   │                    │                    │
//	   │ 3 min, cancel      │ 60 or 90 s,        │ 60 s, "not me"
//	   ▼                    │ cancel, refuse,    ▼
//	expired, cancelled      ▼ 3 wrong numbers expired, cancelled
//	                     expired, cancelled, denied
//
// Two secrets keep the sides apart. The browser secret lives in a cookie of
// the browser that opened the page, is never part of a QR code, and is kept
// as a hash: who photographs the screen cannot finish the sign-in. The code
// is what the QR says; it is replaced every 30 seconds and only lets somebody
// claim the pairing who proves who they are: a signed-in app by its key, with
// 60 seconds to decide, or a phone's own browser by a passkey's assertion for
// this very pairing, with 90. A browser's session alone claims nothing.
//
// A third kind of pairing is drawn on a page that is not ours (Ham Web), which
// has no place for a check number and polls with a ticket:
//
//	page          GET …/ticket/T     waiting: PENDING   claimed: SCANNED
//	  │ QR: ham://qrcode-login?ticket=T      approved, finished: CONFIRMED
//	  ▼                                      expired: EXPIRED, else INVALID
//	app   scan ──▶ browser, address, since ──▶ yes ──▶ yes again ──▶ approve
//
// The states, their times and the transitions are the same. The ticket is
// public and stays the same while the pairing waits; it only lets an app claim.
// In the place of the number stands a second yes, which the approval must
// carry, to what the digest pins down: which browser asks, from where, since
// when. That helps who looks; it does not tie the phone to the screen before
// the person, so a ticket that somebody relays is easier to fall for than a
// number.
//
// Every transition is a method of Pairing that takes the time and the actor,
// changes the value in memory and says what happened. It is the caller's duty
// to make read, transition and write one atomic step (see Version). The
// package knows no HTTP and no SQL, and holds no state of its own.
//
// What it does not do: number and short lifetimes hinder, but do not stop, an
// attacker who relays a live code and talks the person into typing a number,
// however they claimed. A passkey in the very browser that signs in is the door
// that resists phishing.
package pairing
