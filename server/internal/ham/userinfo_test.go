package ham_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"hamconnect/server"
	"hamconnect/server/servertest"
)

func TestUserinfoWantsTheTokenAndItsClient(t *testing.T) {
	h := build(t, nil)
	token, foreign := h.Token(h.app, h.phone), h.Token(h.other, h.phone)
	fill := strings.NewReplacer("{token}", token, "{foreign}", foreign).Replace
	for _, c := range []struct {
		name   string
		header string // Authorization lines, separated by "|"
		query  string
		form   string // sends it by POST
		status int
		code   string
		scheme string
	}{
		{name: "two header lines", header: "Bearer {token}|{basic}", status: 200},
		{name: "two header lines, Basic first", header: "{basic}|Bearer {token}", status: 200},
		{name: "one line with a comma", header: "Bearer {token}, {basic}", status: 200},
		{name: "one line with a comma and no space, Basic first", header: "{basic},Bearer {token}", status: 200},
		{name: "schemes in other cases", header: "bearer {token}|{basic}", status: 200},
		{name: "the form of a POST", header: "Bearer {token}", form: "client_id={id}&client_secret={secret}", status: 200},
		{name: "a POST with an empty body and two lines", header: "Bearer {token}|{basic}", form: "-", status: 200},

		{name: "the token alone", header: "Bearer {token}", status: 401, code: "invalid_client", scheme: "Basic"},
		{name: "credentials alone", header: "{basic}", status: 401, code: "invalid_token", scheme: "Bearer"},
		{name: "nothing", status: 401, code: "invalid_token", scheme: "Bearer"},
		{name: "an empty token", header: "Bearer|{basic}", status: 401, code: "invalid_token", scheme: "Bearer"},
		{name: "an unknown token", header: "Bearer x|{basic}", status: 401, code: "invalid_token", scheme: "Bearer"},
		{name: "an unknown token alone", header: "Bearer x", status: 401, code: "invalid_token", scheme: "Bearer"},
		{name: "a token with something behind it", header: "Bearer {token} x|{basic}", status: 401, code: "invalid_token", scheme: "Bearer"},
		{name: "a wrong secret", header: "Bearer {token}|{wrong}", status: 401, code: "invalid_client", scheme: "Basic"},
		{name: "a wrong secret and an unknown token", header: "Bearer x|{wrong}", status: 401, code: "invalid_client", scheme: "Basic"},
		{name: "an unknown client", header: "Bearer {token}|{stranger}", status: 401, code: "invalid_client", scheme: "Basic"},
		{name: "another client's credentials", header: "Bearer {token}|{other-basic}", status: 403, code: "insufficient_scope", scheme: "Bearer"},
		{name: "another client's token", header: "Bearer {foreign}|{basic}", status: 403, code: "insufficient_scope", scheme: "Bearer"},
		{name: "a wrong secret in the form", header: "Bearer {token}", form: "client_id={id}&client_secret=wrong", status: 401, code: "invalid_client", scheme: "Basic"},
		{name: "an id without a secret in the form", header: "Bearer {token}", form: "client_id={id}", status: 401, code: "invalid_client", scheme: "Basic"},
		{name: "a scheme that is not offered", header: "Digest x", status: 401, code: "invalid_client", scheme: "Basic"},

		{name: "two tokens", header: "Bearer {token}|Bearer {token}", status: 400, code: "invalid_request"},
		{name: "two Basics", header: "Bearer {token}|{basic}|{basic}", status: 400, code: "invalid_request"},
		{name: "credentials in header and form", header: "Bearer {token}|{basic}", form: "client_id={id}&client_secret={secret}", status: 400, code: "invalid_request"},
		{name: "credentials in the URL", header: "Bearer {token}", query: "?client_id={id}&client_secret={secret}", status: 400, code: "invalid_request"},
		{name: "the token in the URL", header: "{basic}", query: "?access_token={token}", status: 400, code: "invalid_request"},
		{name: "the token in the URL of a POST", header: "{basic}", query: "?access_token={token}", form: "-", status: 400, code: "invalid_request"},
		{name: "client_id twice in the form", header: "Bearer {token}", form: "client_id={id}&client_id={id}&client_secret={secret}", status: 400, code: "invalid_request"},
		{name: "a form of 17 KB", header: "Bearer {token}", form: "client_id={id}&client_secret={secret}&x=" + strings.Repeat("x", 17<<10), status: 400, code: "invalid_request"},
	} {
		t.Run(c.name, func(t *testing.T) {
			header := http.Header{"Origin": {"https://spa.example"}}
			if c.header != "" {
				header["Authorization"] = strings.Split(fill(h.fill(c.header)), "|")
			}
			method, kind, body := http.MethodGet, "", ""
			if c.form != "" {
				method, kind, body = http.MethodPost, form, strings.TrimPrefix(h.fill(c.form), "-")
			}
			a := h.SendBody(method, "/oauth/userinfo"+fill(h.fill(c.query)), kind, body, header)
			if c.status != 200 {
				refused(t, a, c.status, c.code)
				code := ""
				if c.scheme == "Bearer" {
					code = c.code
				}
				challenged(t, a, c.scheme, code)
				return
			}
			if a.Status != 200 || a.Text("nickname") != "Lin" || a.Fields["is_student"] != true || a.Text("avatar_url") == "" ||
				len(a.Text("open_id")) != 64 || a.Text("scope") != "profile is_student" || len(a.Fields) != 5 {
				t.Fatalf("answered %d %s", a.Status, a.Raw)
			}
			plain(t, a)
		})
	}
	for _, method := range []string{http.MethodOptions, http.MethodPut, http.MethodDelete} {
		a := h.Send(method, "/oauth/userinfo", nil, http.Header{"Origin": {"https://spa.example"}, "Access-Control-Request-Method": {"GET"}})
		refused(t, a, 405, "invalid_request")
		if a.Header.Get("Allow") != "GET, POST" {
			t.Errorf("%s: Allow is %q", method, a.Header.Get("Allow"))
		}
	}
}

func TestABearerClientMayComeWithItsTokenAlone(t *testing.T) {
	h := build(t, func(c *server.Client) { c.UserinfoAuth = server.UserinfoBearer })
	token := h.Token(h.app, h.phone)
	if a := h.Send(http.MethodGet, "/oauth/userinfo", nil, lines("Bearer "+token)); a.Status != 200 {
		t.Errorf("alone: %d", a.Status)
	}
	if a := h.Userinfo(h.app, token); a.Status != 200 {
		t.Errorf("with credentials: %d", a.Status)
	}
	wrong := h.app
	wrong.Secret = "wrong"
	refused(t, h.Userinfo(wrong, token), 401, "invalid_client")
	refused(t, h.Userinfo(h.other, token), 403, "insufficient_scope")
}

func TestUserinfoGivesWhatWasApprovedAndOpenIDAlways(t *testing.T) {
	h := build(t, nil)
	for _, c := range []struct {
		name    string
		asked   string
		granted []string
		fields  []string
		scope   string
	}{
		{"everything", "profile,is_student", []string{"profile", "is_student"}, []string{"avatar_url", "is_student", "nickname", "open_id", "scope"}, "profile is_student"},
		{"a part", "profile,is_student", []string{"is_student"}, []string{"is_student", "open_id", "scope"}, "is_student"},
		{"nothing of what was asked", "profile,is_student", []string{}, []string{"open_id", "scope"}, ""},
		{"nothing was asked", "", []string{}, []string{"open_id", "scope"}, ""},
		{"nothing known was asked", "email,openid", []string{}, []string{"open_id", "scope"}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := h.Begin(h.app, "scope", c.asked).Scan(h.phone)
			if _, err := s.Phone.Approve(t.Context(), s.Ask, s.Number, c.granted); err != nil {
				t.Fatal(err)
			}
			token := h.Exchange(h.app, s.Land().Get("code"))
			info := h.Userinfo(h.app, token.Text("access_token"))
			var fields []string
			for name := range info.Fields {
				fields = append(fields, name)
			}
			slices.Sort(fields)
			if !slices.Equal(fields, c.fields) || info.Text("scope") != c.scope || token.Fields["scope"] != c.scope {
				t.Errorf("it has %q for %q", fields, info.Text("scope"))
			}
		})
	}
}

func TestAnOpenIDIsTheSameForPersonAndAppAlwaysAndForNoOtherPair(t *testing.T) {
	h := build(t, nil)
	openID := func(app servertest.App, token string) string { return h.Userinfo(app, token).Text("open_id") }
	token := h.Token(h.app, h.phone)
	id := openID(h.app, token)
	if id == "" || id != openID(h.app, h.Token(h.app, h.phone)) {
		t.Error("it differs from one sign-in to the next")
	}
	if id == openID(h.other, h.Token(h.other, h.phone)) {
		t.Error("two apps can find out that they have the same user")
	}
	somebody, _ := h.AddPhone("Lin")
	if id == openID(h.app, h.Token(h.app, somebody)) {
		t.Error("two people have one")
	}
	h.Restart()
	if id != openID(h.app, token) {
		t.Error("it changed with a restart")
	}
	if _, err := h.Admin().UpdateUser(t.Context(), h.user.ID, func(u *server.User) { u.Nickname = "Lin Mei" }); err != nil {
		t.Fatal(err)
	}
	if id != openID(h.app, token) {
		t.Error("it changed with the nickname")
	}
	if u, err := url.QueryUnescape(id); err != nil || u != id || strings.Contains(id, h.user.ID) {
		t.Error("it holds the user's id, or needs escaping")
	}
}
