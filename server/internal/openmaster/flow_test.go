package openmaster_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"hamconnect/server"
	"hamconnect/server/servertest"
)

func TestTheWholeWayAsTheDocumentWritesIt(t *testing.T) {
	h := build(t, nil)
	s := h.BeginAt(h.AuthorizeOpenMaster(h.app, "redirect_uri", "http://foo.com/bar")).Scan(h.phone).Approve()
	to := s.LandAt()
	if to.Scheme+"://"+to.Host+to.Path != "http://foo.com/bar" || to.Query().Get("state") != "xY7Kq9fZ2pLmN8vB" || to.Fragment != "" || len(to.Query()) != 2 {
		t.Fatalf("the browser goes to %s://%s%s with %d parameters", to.Scheme, to.Host, to.Path, len(to.Query()))
	}
	a := h.AccessToken(h.app, "grant_type", "authorization_code", "code", to.Query().Get("code"), "redirect_uri", "http://foo.com/bar")
	shape := regexp.MustCompile(`^\{"access_token":"[0-9a-f]{40}","expires_in":"1800000","refresh_token":"[0-9a-f]{40}","token_type":"bearer","scope":"user,brand"\}\n$`)
	if a.Status != http.StatusOK || !shape.MatchString(a.Raw) || a.Header.Get("Cache-Control") != "no-store" {
		t.Fatalf("the token endpoint answered %d with %d fields", a.Status, len(a.Fields))
	}
	token := a.Text("access_token")
	u := h.Bearer(http.MethodGet, "/user", token)
	var id struct{ UUID string }
	if err := json.Unmarshal([]byte(u.Raw), &id); err != nil || len(id.UUID) != 64 {
		t.Fatalf("uuid is %q (%v)", id.UUID, err)
	}
	if want := `{"email":"` + email + `","username":"lin","uuid":"` + id.UUID + `","client_id":"` + h.app.ID + `"}` + "\n"; u.Raw != want {
		t.Errorf("GET /user answers %s", u.Raw)
	}
	for _, a := range []servertest.Answer{
		h.Bearer(http.MethodHead, "/user/"+id.UUID, token), h.Bearer(http.MethodGet, "/user/"+id.UUID, token), u,
		h.Send(http.MethodGet, "/user", nil, http.Header{"Authorization": {"BeaRer " + token}}),
		h.Send(http.MethodGet, "/user", nil, http.Header{"Authorization": {"token " + token}}),
		h.Send(http.MethodGet, "/user?access_token="+token, nil, nil),
	} {
		if a.Status != http.StatusOK || a.Header.Get("X-OAuth-Scopes") != "brand, user" || a.Header.Get("X-Accepted-OAuth-Scopes") != "user" || a.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("answered %d with %q and %q", a.Status, a.Header.Get("X-OAuth-Scopes"), a.Header.Get("X-Accepted-OAuth-Scopes"))
		}
	}
	refused(t, h.Bearer(http.MethodGet, "/user/1", token), 404, "not_found")
	h.Clock.Advance(30*time.Minute - 2*time.Second)
	if !h.works(token) {
		t.Error("the token is over before its 1,800,000 milliseconds")
	}
	h.Clock.Advance(3 * time.Second)
	refused(t, h.Bearer(http.MethodGet, "/user", token), 401, "invalid_token")
}

func TestWithoutARedirectURITheCallbackIsMeant(t *testing.T) {
	h := build(t, nil)
	to := h.BeginAt(h.AuthorizeOpenMaster(h.app)).Scan(h.phone).Approve().LandAt()
	if to.Scheme+"://"+to.Host+to.Path != "http://foo.com" {
		t.Fatalf("the browser goes to %s://%s%s", to.Scheme, to.Host, to.Path)
	}
	code := to.Query().Get("code")
	refused(t, h.AccessToken(h.app, "grant_type", "authorization_code", "code", code, "redirect_uri", "http://foo.com/bar"), 400, "invalid_grant")
	if a := h.AccessToken(h.app, "grant_type", "authorization_code", "code", code, "redirect_uri", "http://foo.com"); a.Status != http.StatusOK {
		t.Errorf("with the callback itself: %d %s", a.Status, a.Text("error"))
	}
}

func TestTheTokenEndpointTakesJSONAndAnswersInForms(t *testing.T) {
	h := build(t, nil)
	code := h.BeginAt(h.AuthorizeOpenMaster(h.app)).Scan(h.phone).Approve().Land().Get("code")
	body, err := json.Marshal(map[string]any{"client_id": h.app.ID, "client_secret": h.app.Secret, "grant_type": "authorization_code", "code": code, "redirect_uri": nil})
	if err != nil {
		t.Fatal(err)
	}
	asForm := http.Header{"Accept": {"application/x-www-form-urlencoded"}}
	a := h.SendBody(http.MethodPost, "/oauth/access_token", "application/json; charset=utf-8", string(body), asForm)
	values, err := url.ParseQuery(a.Raw)
	if err != nil || a.Status != http.StatusOK || !strings.HasPrefix(a.Header.Get("Content-Type"), "application/x-www-form-urlencoded") ||
		values.Get("expires_in") != "1800000" || !h.works(values.Get("access_token")) || a.Header.Get("Cache-Control") != "no-store" {
		t.Fatalf("answered %d, %v", a.Status, err)
	}
	a = h.SendBody(http.MethodPost, "/oauth/access_token", "application/json", string(body), asForm)
	if values, err := url.ParseQuery(a.Raw); err != nil || a.Status != 400 || values.Get("error") != "invalid_grant" || !values.Has("error_description") {
		t.Errorf("a refusal in a form: %d %q", a.Status, a.Raw)
	}
	if h.works(values.Get("access_token")) {
		t.Error("a code that came twice left its token alive")
	}
	refused(t, h.refresh(h.app, values.Get("refresh_token")), 400, "invalid_grant")
	for _, wrong := range []string{`[]`, `{"a":"1"`, `{"code":1}`, `{"code":"a","code":"a"}`, `{"code":["a"]}`, `{"a":"1"}{}`, ``, `null`} {
		refused(t, h.SendBody(http.MethodPost, "/oauth/access_token", "application/json", wrong, nil), 400, "invalid_request")
	}
	for _, accept := range []string{"*/*", "application/json, application/x-www-form-urlencoded", "application/x-www-form-urlencoded;q=0", "text/html"} {
		a := h.Send(http.MethodPost, "/oauth/access_token", url.Values{}, http.Header{"Accept": {accept}})
		if !strings.HasPrefix(a.Header.Get("Content-Type"), "application/json") {
			t.Errorf("to Accept: %s it answers %s", accept, a.Header.Get("Content-Type"))
		}
	}
}

func TestWhoCancelsIsSentBackWithAccessDenied(t *testing.T) {
	h := build(t, nil)
	for _, response := range []string{"code", "token"} {
		s := h.BeginAt(h.AuthorizeOpenMaster(h.app, "response_type", response)).Scan(h.phone)
		if _, err := h.phone.Deny(t.Context(), s.Ask); err != nil {
			t.Fatal(err)
		}
		to := s.LandAt()
		answer := to.Query()
		if response == "token" {
			var err error
			if answer, err = url.ParseQuery(to.Fragment); err != nil || to.RawQuery != "" {
				t.Fatalf("%v, and the query is %q", err, to.RawQuery)
			}
		}
		if to.Host != "foo.com" || answer.Get("error") != "access_denied" || answer.Get("state") == "" || answer.Has("code") || answer.Has("access_token") {
			t.Errorf("%s: the browser goes to %s with %q", response, to.Host, answer.Get("error"))
		}
	}
}

func TestScopesAreWhatWasAskedAndAllowed(t *testing.T) {
	h := build(t, nil)
	err := h.Admin().SetScope(t.Context(), server.CustomScope{Name: "reports", En: "Read your reports", Zh: "读取你的报告", Ja: "レポートの閲覧"})
	if err != nil {
		t.Fatal(err)
	}
	app := h.AddOpenMasterApp(func(c *server.Client) { c.Scopes = append(c.Scopes, "reports") })
	s := h.BeginAt(h.AuthorizeOpenMaster(app, "scope", "reports,user,admin,profile"))
	if !strings.Contains(s.HTML, "Read your reports") || !strings.Contains(s.HTML, "Your username, and an ID") {
		t.Error("the page does not say what is asked")
	}
	s.Scan(h.phone)
	if names := strings.Join(s.Ask.ScopeNames(), ","); names != "user,reports" || s.Ask.Scopes[1].Title != "Read your reports" || s.Ask.Username != "lin" {
		t.Fatalf("the app is asked for %s, the second in words %q, with username %q", names, s.Ask.Scopes[1].Title, s.Ask.Username)
	}
	code := s.Approve("reports").Land().Get("code")
	a := h.AccessToken(app, "grant_type", "authorization_code", "code", code)
	if a.Text("scope") != "reports" {
		t.Errorf("the scope is %q", a.Text("scope"))
	}
	u := h.Bearer(http.MethodGet, "/user", a.Text("access_token"))
	if _, has := u.Fields["email"]; has || u.Text("username") != "lin" || u.Header.Get("X-OAuth-Scopes") != "reports" {
		t.Errorf("without the scope user: %s", u.Raw)
	}
	refused(t, h.SendBody(http.MethodPatch, "/user", "application/json", `{"username":"x"}`, http.Header{"Authorization": {"bearer " + a.Text("access_token")}}), 403, "insufficient_scope")

	// Who has no address is not the one whose address is empty.
	nobody, _ := h.AddPhone("Mo")
	if u := h.Bearer(http.MethodGet, "/user", h.OpenMasterTokens(h.app, nobody).Text("access_token")); strings.Contains(u.Raw, "email") || !strings.HasPrefix(u.Text("username"), "user-") {
		t.Errorf("without an address: %s", u.Raw)
	}

	// No scope is public information only.
	a = h.OpenMasterTokens(h.app, h.phone, "scope", "")
	if u := h.Bearer(http.MethodGet, "/user", a.Text("access_token")); a.Text("scope") != "" || u.Fields["email"] != nil || u.Status != 200 {
		t.Errorf("no scope gives %q and %s", a.Text("scope"), u.Raw)
	}
}

func TestAnAppMayChangeTheUsernameAndNothingElse(t *testing.T) {
	h := build(t, nil)
	_, other := h.AddPhone("Mo")
	h.AddPassword(other, "mo@campus.example", "mo", password)
	token := h.OpenMasterTokens(h.app, h.phone).Text("access_token")
	patch := func(body string) servertest.Answer {
		return h.SendBody(http.MethodPatch, "/user", "application/json", body, http.Header{"Authorization": {"bearer " + token}})
	}
	if a := patch(`{"username":"lin-yue"}`); a.Status != 200 || a.Text("username") != "lin-yue" || h.Bearer(http.MethodGet, "/user", token).Text("username") != "lin-yue" {
		t.Errorf("answered %d %s", a.Status, a.Raw)
	}
	for _, body := range []string{
		`{"username":"mo"}`, `{"username":"MO"}`, `{"username":""}`, `{"username":null}`, `{}`, `{"email":"x@y.example"}`, `{"username":"a","email":"x@y.example"}`,
		`{"username":"a b"}`, `{"username":"лин"}`, `{"username":"` + strings.Repeat("a", 40) + `"}`, `{"username":"..."}`, `{"username":"user-0123456789ab"}`, `{"username":7}`, `[]`, ``, `{"username":"a","username":"b"}`,
	} {
		refused(t, patch(body), 400, "invalid_request")
	}
	if got := h.Bearer(http.MethodGet, "/user", token).Text("username"); got != "lin-yue" {
		t.Errorf("after what was refused the username is %q", got)
	}
	// The name that was given up stays Lin's, whoever would like it.
	mo := h.byPassword("mo@campus.example", password, "scope", "user").Text("access_token")
	refused(t, h.SendBody(http.MethodPatch, "/user", "application/json", `{"username":"lin"}`, http.Header{"Authorization": {"bearer " + mo}}), 400, "invalid_request")
	if a := patch(`{"username":"lin"}`); a.Status != 200 {
		t.Errorf("back to the first one: %d %s", a.Status, a.Text("error_description"))
	}
	for i := range 30 {
		patch(fmt.Sprintf(`{"username":"lin%d"}`, i))
	}
	refused(t, patch(`{"username":"once-more"}`), 400, "invalid_request")

	events, _, err := h.phone.Activity(t.Context(), "")
	if err != nil || len(events) == 0 || !strings.Contains(events[0].Title, "Brand Watch") {
		t.Errorf("the person is not told of the change: %+v (%v)", events, err)
	}
}

func TestTheImplicitGrantAnswersInTheFragment(t *testing.T) {
	h := build(t, nil)
	s := h.BeginAt(h.AuthorizeOpenMaster(h.app, "response_type", "token"))
	if strings.Contains(s.HTML, "ham://sso-authorize") {
		t.Error("the request is offered to the app on the phone, where its answer would leave the browser")
	}
	to := s.Scan(h.phone).Approve().LandAt()
	answer, err := url.ParseQuery(to.Fragment)
	if err != nil || to.RawQuery != "" || answer.Get("token_type") != "bearer" || answer.Get("expires_in") != "1800000" || answer.Get("state") == "" || answer.Has("refresh_token") || answer.Has("code") {
		t.Fatalf("query %q, fragment with %d parameters (%v)", to.RawQuery, len(answer), err)
	}
	if !h.works(answer.Get("access_token")) {
		t.Error("the token does not work")
	}

	// A client that did not turn it on is told so where it wants errors.
	a := h.Send(http.MethodGet, strings.TrimPrefix(h.AuthorizeOpenMaster(h.other, "response_type", "token"), h.URL), nil, http.Header{"Accept": {"text/html"}})
	location := a.Header.Get("Location")
	if a.Status != http.StatusSeeOther || !strings.HasPrefix(location, "https://plain.example/cb#") || !strings.Contains(location, "error=unauthorized_client") || a.Header.Get("Referrer-Policy") != "no-referrer" {
		t.Errorf("answered %d with Location %q", a.Status, location)
	}
	// Nor is a token given to the app on a phone, out of a link.
	parameters := url.Values{"client_id": {h.app.ID}, "scope": {"user"}, "response_type": {"token"}}
	if _, err := h.phone.CheckAuthorize(t.Context(), parameters); err == nil {
		t.Error("a link asks for a token")
	}
	// And one that turned it off while the person looked gets nothing.
	s = h.BeginAt(h.AuthorizeOpenMaster(h.app, "response_type", "token")).Scan(h.phone).Approve()
	if _, err := h.Admin().UpdateClient(t.Context(), h.app.ID, func(c *server.Client) { c.Implicit = false }); err != nil {
		t.Fatal(err)
	}
	if location, err := s.Finish(t.Context()); err == nil {
		t.Errorf("the browser was sent on, to %d bytes", len(location))
	}
}

func TestDialectsDoNotMix(t *testing.T) {
	h := build(t, nil)
	get := func(address string) servertest.Answer {
		return h.Send(http.MethodGet, strings.TrimPrefix(address, h.URL), nil, http.Header{"Accept": {"text/html"}})
	}
	for name, a := range map[string]servertest.Answer{
		"Ham's client at /oauth/authorize":       get(h.AuthorizeOpenMaster(h.ham, "redirect_uri", h.ham.RedirectURI)),
		"OpenMaster's client at /sso-authorize":  get(h.Authorize(h.app)),
		"a redirect_uri of somebody else":        get(h.AuthorizeOpenMaster(h.app, "redirect_uri", "http://foo.com.evil.example/")),
		"a redirect_uri on another port":         get(h.AuthorizeOpenMaster(h.app, "redirect_uri", "http://foo.com:8080")),
		"nobody's client":                        get(h.AuthorizeOpenMaster(servertest.App{ID: "nobody"})),
		"the same with an error to send as well": get(h.AuthorizeOpenMaster(h.app, "redirect_uri", "http://bar.com", "response_type", "nonsense")),
	} {
		if a.Status != http.StatusBadRequest || a.Header.Get("Location") != "" {
			t.Errorf("%s: %d, Location %q", name, a.Status, a.Header.Get("Location"))
		}
	}
	refused(t, h.AccessToken(h.ham, "grant_type", "authorization_code", "code", "x"), 400, "unauthorized_client")
	refused(t, h.Exchange(h.app, "x"), 400, "unauthorized_client")
	refused(t, h.Bearer(http.MethodGet, "/user", h.Token(h.ham, h.phone)), 401, "invalid_token")
	tokens := h.OpenMasterTokens(h.app, h.phone)
	refused(t, h.Userinfo(h.app, tokens.Text("access_token")), 400, "unauthorized_client")
	refused(t, h.Userinfo(h.ham, tokens.Text("access_token")), 401, "invalid_token")

	// What is one client's is of no use to another.
	code := h.BeginAt(h.AuthorizeOpenMaster(h.app)).Scan(h.phone).Approve().Land().Get("code")
	refused(t, h.AccessToken(h.other, "grant_type", "authorization_code", "code", code), 400, "invalid_grant")
	refused(t, h.refresh(h.other, tokens.Text("refresh_token")), 400, "invalid_grant")
	if a := h.refresh(h.app, tokens.Text("refresh_token")); a.Status != 200 {
		t.Errorf("its own client, after that: %d %s", a.Status, a.Text("error"))
	}
}

func TestUserRefusesWhatIsNoProperRequest(t *testing.T) {
	h := build(t, nil)
	token := h.OpenMasterTokens(h.app, h.phone).Text("access_token")
	plain := h.OpenMasterTokens(h.other, h.phone).Text("access_token")
	for _, c := range []struct {
		name, method, path string
		header             []string
		status             int
		code               string
	}{
		{"no token", "GET", "/user", nil, 401, "invalid_token"},
		{"an empty token", "GET", "/user", []string{"bearer"}, 401, "invalid_token"},
		{"an unknown token", "GET", "/user", []string{"bearer " + strings.Repeat("a", 40)}, 401, "invalid_token"},
		{"a token in upper case", "GET", "/user", []string{"bearer " + strings.ToUpper(token) + "0"}, 401, "invalid_token"},
		{"Basic", "GET", "/user", []string{servertest.Basic(email, password)}, 401, "invalid_token"},
		{"another scheme", "GET", "/user", []string{"Digest x"}, 401, "invalid_client"},
		{"two tokens", "GET", "/user", []string{"bearer " + token, "token " + token}, 400, "invalid_request"},
		{"in header and URL", "GET", "/user?access_token=" + token, []string{"bearer " + token}, 400, "invalid_request"},
		{"twice in the URL", "GET", "/user?access_token=" + token + "&access_token=" + token, nil, 400, "invalid_request"},
		{"in the URL of an app that did not turn it on", "GET", "/user?access_token=" + plain, nil, 400, "invalid_request"},
		{"an unknown one in the URL", "GET", "/user?access_token=x", nil, 401, "invalid_token"},
		{"a broken URL", "GET", "/user?access_token=%zz", nil, 400, "invalid_request"},
		{"POST", "POST", "/user", []string{"bearer " + token}, 405, "invalid_request"},
		{"DELETE of an id", "DELETE", "/user/x", []string{"bearer " + token}, 405, "invalid_request"},
		{"GET of the token endpoint", "GET", "/oauth/access_token", nil, 405, "invalid_request"},
	} {
		t.Run(c.name, func(t *testing.T) {
			header := http.Header{}
			if c.header != nil {
				header["Authorization"] = c.header
			}
			a := h.Send(c.method, c.path, nil, header)
			refused(t, a, c.status, c.code)
			if strings.HasPrefix(c.path, "/user") && c.status != 405 && (a.Header["X-Oauth-Scopes"] == nil || a.Header.Get("X-Accepted-OAuth-Scopes") != "user") {
				t.Error("the two headers are missing")
			}
		})
	}
}
