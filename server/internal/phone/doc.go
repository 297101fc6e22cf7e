// Package phone is the phone's own browser: whoever opens the QR code's link
// with an ordinary camera approves here, without the Ham app.
//
//	GET  /Q/{code}                  Open     looks nothing up, changes nothing
//	POST /Q/options                 Options  a challenge for this pairing alone
//	POST /Q/claim                   Claim    the passkey's answer ─▶ claimed, cookie
//	GET  /Q/pairing/{id}            Page     what is asked; later, how it ended
//	POST /Q/pairing/{id}/approve    Approve  ─▶ approved, or a wrong number
//	POST /Q/pairing/{id}/deny       Deny     ─▶ denied
//
// A session of this browser claims nothing, however fresh: else a page that
// leads a signed-in person to /Q/CODE would be half way through. The claim
// wants a passkey's assertion that was made for this very pairing. With it the
// browser gets a secret of its own in a cookie, of which the pairing keeps the
// hash. The secret is drawn only then, so that none that somebody has planted
// before ever counts. All that follows belongs to who brings it; to everybody
// else the pairing does not exist.
//
// The check number is in no page of this package: the person reads it from the
// desktop and types it here.
package phone
