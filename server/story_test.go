package server_test

import (
	"net/http"
	"net/url"
	"testing"

	"hamconnect/server/servertest"
)

func TestAPersonSignsInToAnAppByScanning(t *testing.T) {
	p := servertest.Start(t, nil)
	app := p.AddApp(nil)
	phone, _ := p.AddPhone("Lin")

	location, err := p.Begin(app).Scan(phone).Approve().Finish(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(location)
	if err != nil || u.Scheme+"://"+u.Host+u.Path != app.RedirectURI || u.Query().Get("state") != "xY7Kq9fZ2pLmN8vB" {
		t.Fatalf("redirected to %s%s, state %q", u.Host, u.Path, u.Query().Get("state"))
	}
	token := p.Exchange(app, u.Query().Get("code"))
	if token.Status != http.StatusOK || token.Text("token_type") != "Bearer" || token.Fields["expires_in"] != 7200.0 || token.Text("scope") != "profile is_student" {
		t.Fatalf("token answer %d %s", token.Status, token.Text("error"))
	}
	info := p.Userinfo(app, token.Text("access_token"))
	if info.Status != http.StatusOK || info.Text("nickname") != "Lin" || info.Fields["is_student"] != true || len(info.Text("open_id")) != 64 {
		t.Fatalf("userinfo answer %d %s", info.Status, info.Raw)
	}
	if got := info.Header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("userinfo may be cached: %q", got)
	}
}
