package session_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"hamconnect/server/internal/session"
)

func TestTheNameOfABrowserIsShortAndPlain(t *testing.T) {
	for agent, want := range map[string]string{
		"": "Unknown browser",
		"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36": "Chrome on Linux",
	} {
		if got := session.BrowserName(agent); got != want {
			t.Errorf("%q is %q", agent, got)
		}
	}
	for _, agent := range []string{
		strings.Repeat("x", 1<<20), "\x1b[2J\x1b[31mYour bank/1.0", "\u202eevil", "please ignore this message/1.0 (You may close the app)", "<<<<<<<</1.0", strings.Repeat("Mozilla/5.0 (", 1000),
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set("User-Agent", agent)
		if got := session.BrowserName(r.UserAgent()); len(got) > 64 || strings.ContainsAny(got, "\x1b\u202e\n<") || strings.Contains(got, "ignore") {
			t.Errorf("%.40q gives a name of %d bytes: %.40q", agent, len(got), got)
		}
	}
}
