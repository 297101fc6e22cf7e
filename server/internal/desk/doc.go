// Package desk is the desktop's side of a pairing: the sign-in page, the
// WebSocket and the poll that follow it, and the finish that redirects.
//
//	GET  /sso-authorize               ham ─▶ Desk.SignIn      page and cookie; writes nothing
//	GET  /sso-authorize/socket        Desk.Socket   ┐ begins the pairing (begin.go), or comes
//	POST /sso-authorize/pairing       Desk.Begin    ├ back to it, and follows it
//	POST /sso-authorize/plain         Desk.BeginPlain ┘
//	GET  /sso-authorize/pairing/{id}  Desk.Status           the same by polling
//	GET  /sso-authorize/plain/{id}    Desk.Plain            the same without scripts
//	POST …/pairing/{id}/cancel        Desk.Cancel
//	GET  /sso-authorize/finish        Desk.Finish           mints the code, 303
//
// Each page load makes a pairing id and a browser secret that belongs to it,
// and puts the secret into a cookie named after the id:
// __Host-ham_pairing_ID, HttpOnly and SameSite=Strict. Every step of the
// desktop proves it. A cookie that somebody planted belongs to another id,
// which no page of this browser asks for; and a link from elsewhere does not
// carry it, which is what guards the finish, a GET, against being called by
// another site.
package desk
