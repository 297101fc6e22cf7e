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
	pictureBody = 6 << 20  // what a phone's camera makes, as a JPEG
)

// webRest is what is left of Ham Web's API.
const webRest = "/web/"

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

	// OpenMaster, the same in another dialect
	route("GET /oauth/authorize", noBody, s.page(s.openMaster.Authorize))
	route("POST /oauth/access_token", formBody, s.oauth(s.openMaster.Token))
	route("GET /user", noBody, s.oauth(s.openMaster.User))
	route("PATCH /user", jsonBody, s.oauth(s.openMaster.ChangeUser))
	route("GET /user/{id}", noBody, s.oauth(s.openMaster.UserByID))
	route("GET /authorizations", noBody, s.oauth(s.openMaster.Authorizations))
	route("POST /authorizations", jsonBody, s.sameSite(s.oauth(s.openMaster.CreateAuthorization)))
	route("GET /authorizations/{id}", noBody, s.oauth(s.openMaster.Authorization))
	route("DELETE /authorizations/{id}", noBody, s.sameSite(s.oauth(s.openMaster.DeleteAuthorization)))
	route("/oauth/access_token", noBody, s.oauth(notAllowed("POST")))
	route("/user", noBody, s.oauth(notAllowed("GET, PATCH")))
	route("/user/{id}", noBody, s.oauth(notAllowed("GET")))
	route("/authorizations", noBody, s.oauth(notAllowed("GET, POST")))
	route("/authorizations/{id}", noBody, s.oauth(notAllowed("GET, DELETE")))

	// the desktop's side of a pairing, of both kinds
	for base, kind := range map[string]pairing.Kind{"/sso-authorize": pairing.KindAuthorize, "/account/sign-in": pairing.KindSignIn} {
		route("GET "+base+"/socket", noBody, s.live(s.desk.Socket(kind)))
		route("POST "+base+"/pairing", noBody, s.sameSite(s.live(s.desk.Begin(kind))))
		route("GET "+base+"/pairing/{id}", noBody, s.live(s.desk.Status))
		route("POST "+base+"/pairing/{id}/cancel", noBody, s.sameSite(s.page(s.desk.Cancel)))
		route("POST "+base+"/pairing/{id}/ask", formBody, s.sameSite(s.page(s.desk.Ask)))
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
	route("GET /account/activity", noBody, s.page(s.account.Activity))
	route("GET /account/confirm", noBody, s.page(s.account.Confirm))
	for _, form := range []string{
		"/account/sign-out", "/account/notices/seen", "/account/sessions/end", "/account/apps/revoke", "/account/tokens/remove",
		"/account/devices/connect", "/account/devices/remove", "/account/passkeys/rename", "/account/passkeys/remove",
		"/account/recovery", "/account/profile", "/account/picture/remove",
		"/account/export", "/account/leave", "/account/stay",
	} {
		route("POST "+form, formBody, s.sameSite(s.page(s.account.Form(form))))
	}
	route("GET /account/picture", noBody, s.live(s.account.Picture))
	route("POST /account/picture", pictureBody, s.sameSite(s.page(s.account.UploadPicture)))
	route("GET /avatars/{id}", noBody, s.live(s.account.Avatar))

	// passkeys and recovery codes
	route("POST /account/passkeys/options", passkeyBody, s.sameSite(s.script(s.account.AddOptions)))
	route("POST /account/passkeys", passkeyBody, s.sameSite(s.script(s.account.Add)))
	route("POST /passkeys/login/options", noBody, s.sameSite(s.script(s.account.LoginOptions)))
	route("POST /passkeys/login", passkeyBody, s.sameSite(s.script(s.account.Login)))
	route("GET /passkey/{code}", noBody, s.page(s.account.LinkPage))
	route("POST /passkeys/add/options", passkeyBody, s.sameSite(s.script(s.account.LinkOptions)))
	route("POST /passkeys/add", passkeyBody, s.sameSite(s.script(s.account.LinkAdd)))
	route("GET /account/recover", noBody, s.page(s.account.RecoverPage))
	route("POST /account/recover", formBody, s.sameSite(s.page(s.account.Recover)))

	// the phone's own browser
	route("GET /Q/{code}", noBody, s.page(s.phone.Open))
	route("POST /Q/options", formBody, s.sameSite(s.script(s.phone.Options)))
	route("POST /Q/claim", passkeyBody, s.sameSite(s.script(s.phone.Claim)))
	route("GET /Q/pairing/{id}", noBody, s.page(s.phone.Page))
	route("POST /Q/pairing/{id}/approve", formBody, s.sameSite(s.page(s.phone.Approve)))
	route("POST /Q/pairing/{id}/deny", formBody, s.sameSite(s.page(s.phone.Deny)))
	route("GET /enroll/{code}", noBody, s.page(s.desk.EnrollLink))

	// what Ham Web calls
	webAPI := func(pattern string, most int64, h handler) { route(pattern, most, s.webAPI(s.hamweb.Guard(h))) }
	webAPI("POST /web/auth/qr/ticket", noBody, s.hamweb.Ticket)
	webAPI("GET /web/auth/qr/ticket/{ticket}", noBody, s.hamweb.Poll)
	webAPI("POST /web/auth/passkey/option", noBody, s.hamweb.PasskeyOption)
	webAPI("POST /web/auth/passkey/login", passkeyBody, s.hamweb.PasskeyLogin)
	webAPI("GET /web/auth/me", noBody, s.hamweb.Me)
	webAPI("POST /web/auth/refresh", noBody, s.hamweb.Refresh)
	webAPI("POST /web/auth/logout", noBody, s.hamweb.Logout)
	webAPI("POST /web/auth/app-callback", jsonBody, s.hamweb.AppCallback)
	webAPI("POST /web/sso/consent/info", jsonBody, s.hamweb.ConsentInfo)
	webAPI("POST /web/sso/consent/confirm", jsonBody, s.hamweb.ConsentConfirm)
	webAPI("GET /web/tokens", noBody, s.hamweb.Tokens)
	webAPI("POST /web/tokens", jsonBody, s.hamweb.CreateToken)
	webAPI("POST /web/tokens/{id}/rotate", jsonBody, s.hamweb.RotateToken)
	webAPI("DELETE /web/tokens/{id}", noBody, s.hamweb.DeleteToken)
	webAPI("OPTIONS /web/{path...}", noBody, s.hamweb.Preflight)
	webAPI(webRest, noBody, nowhere(mux))
	route("POST /web/tokens/introspect", formBody, s.oauth(s.hamweb.Introspect))

	// the Ham app
	route("POST /app/v1/enroll", jsonBody, s.appAPI(s.app.Enroll))
	route("GET /app/v1/me", noBody, s.appAPI(s.app.Me()))
	route("POST /app/v1/notices/seen", jsonBody, s.appAPI(s.app.SeeNotice()))
	route("POST /app/v1/passkeys/link", noBody, s.appAPI(s.app.PasskeyLink()))
	route("GET /app/v1/events", noBody, s.appAPI(s.app.Events))
	route("GET /app/v1/apps", noBody, s.appAPI(s.app.Apps()))
	route("POST /app/v1/apps/revoke", jsonBody, s.appAPI(s.app.Revoke()))
	route("GET /app/v1/devices", noBody, s.appAPI(s.app.Devices()))
	route("POST /app/v1/devices/remove", jsonBody, s.appAPI(s.app.RemoveDevice()))
	route("GET /app/v1/passkeys", noBody, s.appAPI(s.app.Passkeys()))
	route("POST /app/v1/passkeys/rename", jsonBody, s.appAPI(s.app.RenamePasskey()))
	route("POST /app/v1/passkeys/remove", jsonBody, s.appAPI(s.app.RemovePasskey()))
	route("GET /app/v1/sessions", noBody, s.appAPI(s.app.Sessions()))
	route("POST /app/v1/sessions/end", jsonBody, s.appAPI(s.app.EndSession()))
	route("GET /app/v1/activity", noBody, s.appAPI(s.app.Activity()))
	route("POST /app/v1/profile", jsonBody, s.appAPI(s.app.ChangeProfile()))
	route("GET /app/v1/picture", noBody, s.appAPI(s.app.Picture))
	route("POST /app/v1/picture", pictureBody, s.appAPI(s.app.SetPicture))
	route("POST /app/v1/picture/remove", noBody, s.appAPI(s.app.RemovePicture()))
	route("POST /app/v1/account/export", noBody, s.appAPI(s.app.Export()))
	route("POST /app/v1/account/leave", noBody, s.appAPI(s.app.Leave()))
	route("POST /app/v1/account/stay", noBody, s.appAPI(s.app.Stay()))
	route("POST /app/v1/requests/allow", jsonBody, s.appAPI(s.app.AllowRequests()))
	route("POST /app/v1/requests/{id}/answer", noBody, s.appAPI(s.app.AnswerRequest()))
	route("POST /app/v1/requests/{id}/report", noBody, s.appAPI(s.app.ReportRequest()))
	route("POST /app/v1/logout", noBody, s.appAPI(s.app.Logout()))
	route("POST /app/v1/pairings/claim", jsonBody, s.appAPI(s.app.Claim()))
	route("GET /app/v1/pairings/{id}", noBody, s.appAPI(s.app.Status()))
	route("POST /app/v1/pairings/{id}/approve", jsonBody, s.appAPI(s.app.Approve()))
	route("POST /app/v1/pairings/{id}/deny", noBody, s.appAPI(s.app.Deny()))
	route("POST /app/v1/authorize/check", jsonBody, s.appAPI(s.app.CheckAuthorize()))
	route("POST /app/v1/authorize/approve", jsonBody, s.appAPI(s.app.ApproveAuthorize()))
	route("POST /app/v1/authorize/deny", jsonBody, s.appAPI(s.app.DenyAuthorize()))

	// what belongs to this site: further names, apps for phones
	route("GET "+passkey.RelatedOriginsPath, noBody, s.live(s.relatedOrigins))
	route("GET "+appleAppsPath, noBody, s.live(s.appleApps))
	route("GET "+androidAppsPath, noBody, s.live(s.androidApps))

	// for operators, and the rest
	route("GET /healthz", noBody, http.HandlerFunc(healthz))
	route("GET /readyz", noBody, http.HandlerFunc(s.readyz))
	if len(s.config.LoadTestFrom) > 0 {
		route(LoadTestPath, noBody, s.page(s.loadTest))
	}
	route("GET /assets/", noBody, s.pages.Handler())
	route("GET /{$}", noBody, s.page(s.home))
	route("/", noBody, s.page(nowhere(mux)))

	return loaders{s.config.LoadTestFrom, s.proxies}.lift(s.proxies.resolve(s.logged(s.httpsOnly(mux))))
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
