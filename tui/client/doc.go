// Package client is the Ham app's side of the server: it enrols this device,
// keeps its key, and asks, approves and refuses in the person's name. The
// full-screen app, the headless commands and the server's tests use it.
//
// A device is an Ed25519 key that never leaves its configuration folder.
// Enroll makes it and has it accepted once; Load reads it again:
//
//	account, err := client.Load(client.Options{})
//	link, err := client.Find(ctx, "screenshot.png")
//	err = account.Check(link) // is it a link of the server that we trust?
//	ask, err := account.Claim(ctx, link.Code)
//	// … put ask before the person, who types the number from the desktop …
//	status, err := account.Approve(ctx, ask, 42, ask.ScopeNames())
//
// What the person sees of their account, and does to it, are methods too: Apps
// and Revoke, Devices, Passkeys, Sessions, Activity, SetProfile, Export and more.
// Listen tells when it is time to ask again. Several accounts live beside one
// another (Accounts, Use), and a key may be sealed (Seal, Unlock).
//
// There is no token. Every call carries a proof (RFC 9449) made with the key
// for that method, URL and moment, so what a log or a proxy keeps of it opens
// nothing.
//
// The server is trusted with the person's account, and with nothing else: an
// answer is limited in size and time, is never followed elsewhere, holds only
// values that this package knows, and its texts have lost everything that a
// terminal would obey (see Clean). An approval carries a digest of what was
// received, so a request that changed after it was shown is not granted. That
// guards against mix-ups and races, not against the server itself, which could
// grant without asking at all.
//
// Do not print texts that did not come through this package, and do not read
// an error's text to tell what happened: use errors.As with *Failure, and
// errors.Is with ErrUnreachable and ErrNotSignedIn.
package client
