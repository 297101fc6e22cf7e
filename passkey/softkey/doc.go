// Package softkey is a software authenticator together with as much of a
// browser as WebAuthn needs: it takes the options that a server sends and
// gives the JSON that a page would send back. It is for tests and demos.
//
//	key := &softkey.Authenticator{}
//	attestation, err := key.Create(creationOptions, "https://login.example.org")
//	assertion, err := key.Get(requestOptions, "https://login.example.org")
//
// Options are {"publicKey": …} as JSON with binary fields in base64url.
//
// It plays attacks as well. A [Fault] alters one thing before the key signs,
// so that everything but this one thing is right:
//
//	assertion, err := key.Get(options, origin, softkey.NotVerified, softkey.Count(3))
//
// It does not guard anything: it signs for whatever origin it is told, asks
// nobody, and gives its private keys away through Keys. Never use it as a
// person's authenticator.
package softkey
