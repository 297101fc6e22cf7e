package main

import (
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"hamconnect/server/servertest"
)

// knownBrowser is one that Lin was signed in in, which then asks her Ham apps
// about a sign-in to app.
func knownBrowser(t *testing.T, p *servertest.Provider, dir string) *servertest.Browser {
	t.Helper()
	b := servertest.NewBrowser(p.URL)
	page, err := b.Open(t.Context(), p.URL+"/account")
	if err != nil {
		t.Fatal(err)
	}
	socket, err := page.Connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	if _, stderr, code := ham(t, "", "approve", page.Link, "--config", dir); code != exitNoNumber {
		t.Fatalf("%d: %s", code, stderr)
	}
	view, err := socket.Until("claimed")
	if err != nil {
		t.Fatal(err)
	}
	if _, stderr, code := ham(t, "", "approve", page.Link, "--config", dir, "--number", number(view.Number)); code != exitDone {
		t.Fatalf("%d: %s", code, stderr)
	}
	if _, err := page.Finish(t.Context()); err != nil {
		t.Fatal(err)
	}
	return b.Aged()
}

func TestWatchAnswersWhatBrowsersAskAndOneOfTwoWins(t *testing.T) {
	p := servertest.Start(t, nil)
	app := p.AddApp(nil)
	phone, user := p.AddPhone("Lin")
	if err := phone.AllowRequests(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	var dirs []string
	for _, name := range []string{"one", "two"} {
		dir := filepath.Join(t.TempDir(), name)
		link, err := p.Admin().Enroll(t.Context(), user.ID)
		if err != nil {
			t.Fatal(err)
		}
		if _, stderr, code := ham(t, "", "login", link, "--config", dir); code != exitDone {
			t.Fatalf("%d: %s", code, stderr)
		}
		dirs = append(dirs, dir)
	}
	b := knownBrowser(t, p, dirs[0])
	rules := ruleFile(t, allowAll)
	one := startWatch(t, false, rules, "--config", dirs[0], "--number", "-")
	two := startWatch(t, false, rules, "--config", dirs[1], "--number", "-")

	page, err := b.Open(t.Context(), p.Authorize(app))
	if err != nil {
		t.Fatal(err)
	}
	socket, err := page.Connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	if status, _, err := b.Post(t.Context(), "/sso-authorize/pairing/"+page.Pairing+"/ask", nil, http.Header{"Accept": {"application/json"}}); err != nil || status != http.StatusNoContent {
		t.Fatalf("asking answered %d, %v", status, err)
	}
	view, err := socket.Until("claimed")
	if err != nil {
		t.Fatal(err)
	}
	winner, other := one, two
	eventually(t, "one of two", func() (string, bool) {
		if claimedBy(two) {
			winner, other = two, one
		}
		return one.out.String() + two.out.String(), claimedBy(one) || claimedBy(two)
	})
	winner.say(number(view.Number))
	if _, err := socket.Until("approved"); err != nil {
		t.Fatal(err)
	}
	winner.until(`"action":"allow".*"from":"push"`)
	for _, w := range []*watcher{one, two} {
		w.cancel()
		if code, decided := w.end(); code != exitDone || (decided != nil) != (w == winner) {
			t.Errorf("%d, %v: %s", code, decided, w.errs.String())
		}
	}
	if claimedBy(other) {
		t.Errorf("both have claimed it: %s", other.out.String())
	}
}

func claimedBy(w *watcher) bool { return strings.Contains(w.out.String(), `"event":"claimed"`) }

func number(n int) string { return strconv.Itoa(n) }
