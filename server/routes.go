package server

import (
	"net/http"
	"strings"

	"hamconnect/passkey"
	"hamconnect/qr/pairing"
)

// Most bytes of a request's body.
const (
	formBody = 16 << 10
	jsonBody = 16 << 10
	noBody   = 1 << 10

	passkeyBody = 96 << 10 // package passkey takes answers of 64 KB
)

// routes are all there are. What a wrapper does with a refusal tells the
// doors apart: a page, JSON for the page's script, OAuth's JSON, the app's.
func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	route := func(pattern string, most int64, h http.Handler) {
		mux.Handle(pattern, http.MaxBytesHandler(h, most))
	}

	// Ham Connect, for third-party apps
	route("GET /sso-authorize", noBody, s.page(s.ham.Authorize))
	route("POST /oauth/token", formBody, s.oauth(s.ham.Token))
	route("GET /oauth/userinfo", noBody, s.oauth(s.ham.Userinfo))
	route("POST /oauth/userinfo", formBody, s.oauth(s.ham.Userinfo))
	route("GET /.well-known/oauth-authorization-server", noBody, s.oauth(s.ham.Metadata))
	route("/oauth/token", noBody, s.oauth(notAllowed("POST")))
	route("/oauth/userinfo", noBody, s.oauth(notAllowed("GET, POST")))

	// the desktop's side of a pairing, of both kinds
	for base, kind := range map[string]pairing.Kind{"/sso-authorize": pairing.KindAuthorize, "/account/sign-in": pairing.KindSignIn} {
		route("GET "+base+"/socket", noBody, s.live(s.desk.Socket(kind)))
		route("POST "+base+"/pairing", noBody, s.sameSite(s.live(s.desk.Begin(kind))))
		route("GET "+base+"/pairing/{id}", noBody, s.live(s.desk.Status))
		route("POST "+base+"/pairing/{id}/cancel", noBody, s.sameSite(s.page(s.desk.Cancel)))
		route("GET "+base+"/pairing/{id}/picture", noBody, s.live(s.desk.AccountPicture))
		route("POST "+base+"/plain", noBody, s.sameSite(s.page(s.desk.BeginPlain(kind))))
		route("GET "+base+"/plain/{id}", noBody, s.page(s.desk.Plain))
	}
	route("POST /sso-authorize/consent", formBody, s.sameSite(s.page(s.consent.Answer)))
	route("GET /sso-authorize/finish", noBody, s.page(s.desk.Finish))
	route("GET /account/sign-in/finish", noBody, s.page(s.desk.FinishHere))
	route("GET /pictures/app/{client}", noBody, s.live(s.desk.AppPicture))

	// the person's own page
	route("GET /account", noBody, s.page(s.account.Page))
	route("POST /account/sign-out", formBody, s.sameSite(s.page(s.account.SignOut())))
	route("POST /account/sessions/end", formBody, s.sameSite(s.page(s.account.EndSession())))
	route("POST /account/devices/remove", formBody, s.sameSite(s.page(s.account.RemoveDevice())))
	route("POST /account/apps/revoke", formBody, s.sameSite(s.page(s.account.Revoke())))

	route("GET /account/confirm", noBody, s.page(s.account.Confirm))
	route("POST /account/passkeys/options", passkeyBody, s.sameSite(s.script(s.account.AddOptions)))
	route("POST /account/passkeys", passkeyBody, s.sameSite(s.script(s.account.Add)))
	route("POST /account/passkeys/rename", formBody, s.sameSite(s.page(s.account.RenamePasskey())))
	route("POST /account/passkeys/remove", formBody, s.sameSite(s.page(s.account.RemovePasskey())))
	route("POST /passkeys/login/options", noBody, s.sameSite(s.script(s.account.LoginOptions)))
	route("POST /passkeys/login", passkeyBody, s.sameSite(s.script(s.account.Login)))

	// the phone's own browser
	route("GET /Q/{code}", noBody, s.page(s.phone.Open))
	route("POST /Q/options", formBody, s.sameSite(s.script(s.phone.Options)))
	route("POST /Q/claim", passkeyBody, s.sameSite(s.script(s.phone.Claim)))
	route("GET /Q/pairing/{id}", noBody, s.page(s.phone.Page))
	route("POST /Q/pairing/{id}/approve", formBody, s.sameSite(s.page(s.phone.Approve)))
	route("POST /Q/pairing/{id}/deny", formBody, s.sameSite(s.page(s.phone.Deny)))
	route("GET /enroll/{code}", noBody, s.page(s.desk.EnrollLink))

	// the Ham app
	route("POST /app/v1/enroll", jsonBody, s.appAPI(s.app.Enroll))
	route("GET /app/v1/me", noBody, s.appAPI(s.app.Me()))
	route("POST /app/v1/logout", noBody, s.appAPI(s.app.Logout()))
	route("POST /app/v1/pairings/claim", jsonBody, s.appAPI(s.app.Claim()))
	route("GET /app/v1/pairings/{id}", noBody, s.appAPI(s.app.Status()))
	route("POST /app/v1/pairings/{id}/approve", jsonBody, s.appAPI(s.app.Approve()))
	route("POST /app/v1/pairings/{id}/deny", noBody, s.appAPI(s.app.Deny()))
	route("POST /app/v1/authorize/check", jsonBody, s.appAPI(s.app.CheckAuthorize()))
	route("POST /app/v1/authorize/approve", jsonBody, s.appAPI(s.app.ApproveAuthorize()))
	route("POST /app/v1/authorize/deny", jsonBody, s.appAPI(s.app.DenyAuthorize()))

	route("GET "+passkey.RelatedOriginsPath, noBody, s.live(s.relatedOrigins))

	// for operators, and the rest
	route("GET /healthz", noBody, http.HandlerFunc(healthz))
	route("GET /readyz", noBody, http.HandlerFunc(s.readyz))
	route("GET /assets/", noBody, s.pages.Handler())
	route("GET /{$}", noBody, s.page(s.home))
	route("/", noBody, s.page(nowhere(mux)))

	return s.proxies.resolve(s.logged(s.httpsOnly(mux)))
}

// httpsOnly tells browsers never to come by plain http again (RFC 6797), where
// the public URL is https.
func (s *Server) httpsOnly(next http.Handler) http.Handler {
	if !strings.HasPrefix(s.config.PublicURL, "https://") {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Strict-Transport-Security", "max-age=31536000")
		next.ServeHTTP(w, r)
	})
}
