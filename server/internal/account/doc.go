// Package account is the person's own place: browser sessions, and the page
// /account, where they see and undo what there is.
//
//	GET  /account                 Page          signed in: the page; otherwise the sign-in page
//	POST /account/sign-out        SignOut       this browser
//	POST /account/sessions/end    EndSession    another browser, or all others
//	POST /account/devices/remove  RemoveDevice  a Ham app
//	POST /account/apps/revoke     Revoke        a third-party app: its tokens die at once
//	POST /account/passkeys…       Add, RenamePasskey, RemovePasskey
//	POST /passkeys/login…         LoginOptions, Login: sign in with a passkey
//	GET  /account/confirm         Confirm       authenticate again, for sensitive acts
//
// Every form carries a token that is made of the session: a form of another
// session, or of none, is refused, besides the check of the request's origin
// that all routes share.
package account
