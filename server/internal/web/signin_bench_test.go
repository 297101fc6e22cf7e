package web

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

// unread is a browser that nobody looks at.
type unread struct{ header http.Header }

func (u unread) Header() http.Header         { return u.header }
func (u unread) Write(b []byte) (int, error) { return len(b), nil }
func (u unread) WriteHeader(int)             {}

// BenchmarkSignIn writes the page of a pairing that waits.
func BenchmarkSignIn(b *testing.B) {
	p, err := New(nil)
	if err != nil {
		b.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodGet, "/sso-authorize?client_id=abcdefgh&redirect_uri=https%3A%2F%2Fapp.example%2Fback&response_type=code&scope=profile&state=kjhgkjhgkjhg", nil)
	path := ""
	for len(path) < 2600 {
		path += "M12 3h1v1h-1z"
	}
	page := SignIn{
		Base: "/sso-authorize", App: App{Name: "Library", RedirectHost: "app.example"}, Scopes: []Scope{{Name: "profile"}}, PairingID: "ABCDEFGHABCDEFGHABCDEFGH",
		Start: "/sso-authorize", Query: r.URL.RawQuery, AppLink: "ham://sso-authorize?client_id=abcdefgh&redirect_uri=https%3A%2F%2Fapp.example%2Fback&response_type=code&scope=profile&state=kjhgkjhgkjhg",
		Passkey: true, Camera: true, Next: "/sso-authorize?client_id=abcdefgh",
		View: View{State: "waiting", Version: 1, Link: "https://ham.example/Q/ABCDEFGHABCDEFGHABCDEFGH", QR: &QR{Size: 33, Path: func() string { return path }}, SecondsLeft: 180, CodeSecondsLeft: 30},
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := p.SignIn(unread{http.Header{}}, r, http.StatusOK, page); err != nil {
			b.Fatal(err)
		}
	}
}
