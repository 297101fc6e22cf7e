// Package account is the person's own place: browser sessions, and the page
// /account, where they see and undo what there is.
//
//	GET  /account            Page           signed in: the page; otherwise the sign-in page
//	GET  /account/activity   Activity       all that is remembered
//	GET  /account/confirm    Confirm        authenticate again, for sensitive acts
//	POST /account/…          Form           what the page's forms do: acts.go lists them
//	POST /account/picture    UploadPicture  a form with a file
//	POST /account/passkeys…  AddOptions, Add
//	POST /passkeys/login…    LoginOptions, Login
//	     /account/recover    RecoverPage, Recover: sign in with a recovery code
//	GET  /passkey/CODE       LinkPage       a link of the Ham app, opened in a browser
//	POST /passkeys/add…      LinkOptions, LinkAdd: it holds a passkey from then on
//
// Every form carries a token that is made of the session: a form of another
// session, or of none, is refused, besides the check of the request's origin
// that all routes share.
//
// A sensitive act goes this way:
//
//	POST ──▶ signed in in the last 5 minutes ──▶ "are you sure?" ──▶ POST, sure ──▶ done
//	  │                                              ▲
//	  ▼ no: the act is put down, sealed              │ taken up again
//	/account/confirm ──▶ passkey or Ham app ──▶ /account
package account
