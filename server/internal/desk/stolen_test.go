package desk_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"hamconnect/qr/pairing"
	"hamconnect/server"
	"hamconnect/server/servertest"
)

func startHTTPS(t testing.TB) *servertest.Provider {
	t.Helper()
	return servertest.Start(t, func(c *server.Config) { c.PublicURL = "https://ham.example" })
}

var requestID = regexp.MustCompile(`[a-z2-7]{20}`)

// doors are all ways by which a browser can ask for a pairing.
var doors = map[string]func(t *testing.T, page *servertest.Page) string{
	"finish":  get("/sso-authorize/finish?pairing=%s"),
	"poll":    get("/sso-authorize/pairing/%s"),
	"plain":   get("/sso-authorize/plain/%s"),
	"picture": get("/sso-authorize/pairing/%s/picture"),
	"cancel": func(t *testing.T, page *servertest.Page) string {
		return answer(t, page, http.MethodPost, "/sso-authorize/pairing/%s/cancel")
	},
	"begin": func(t *testing.T, page *servertest.Page) string {
		_, err := page.Begin(t.Context())
		return fmt.Sprint(status(err), err)
	},
	"socket": func(t *testing.T, page *servertest.Page) string {
		_, asNew := page.Connect(t.Context())
		_, again := page.Connect(t.Context())
		return fmt.Sprint(status(asNew), asNew, status(again), again)
	},
}

func get(path string) func(*testing.T, *servertest.Page) string {
	return func(t *testing.T, page *servertest.Page) string { return answer(t, page, http.MethodGet, path) }
}

// answer is everything that a browser sees, but for what names the request.
func answer(t *testing.T, page *servertest.Page, method, path string) string {
	t.Helper()
	code, body, header := request(t, page, method, page.Origin()+fmt.Sprintf(path, page.Pairing), nil)
	return fmt.Sprint(code, header["Location"], header["Set-Cookie"], header["Content-Type"], requestID.ReplaceAllString(body, "REQUEST"))
}

// A thief has photographed the QR: its code holds the pairing's id. Whatever
// they ask for with it is answered as for a pairing that does not exist.
func TestAStolenPictureOpensNothingInAnotherBrowser(t *testing.T) {
	h := build(t, nil)
	for state, victim := range map[string]*servertest.SignIn{
		"waiting":  h.Begin(h.app),
		"claimed":  h.Begin(h.app).Scan(h.phone),
		"approved": h.Begin(h.app).Scan(h.phone).Approve(),
	} {
		for door, try := range doors {
			for what, cookie := range map[string]func(thief *servertest.Page) string{
				"no cookie":               func(*servertest.Page) string { return "" },
				"the secret of another":   func(thief *servertest.Page) string { return cookieOf(t, thief).Value },
				"a secret of its own":     func(*servertest.Page) string { return strings.Repeat("A", 52) },
				"the code of the picture": func(*servertest.Page) string { return servertest.Code(victim.Link) },
			} {
				t.Run(state+", "+door+", "+what, func(t *testing.T) {
					ask := func(id string) string {
						thief := h.open(t)
						value := cookie(thief)
						thief.Pairing = id
						if value != "" {
							plant(t, h, thief, id, value)
						}
						return try(t, thief)
					}
					known, unknown := ask(victim.Pairing), ask(pairing.NewID())
					if known != unknown {
						t.Errorf("a pairing that exists is answered %.200q, one that does not %.200q", known, unknown)
					}
					if strings.HasPrefix(known, "2") || strings.HasPrefix(known, "3") || strings.HasPrefix(known, "0") {
						t.Errorf("it is answered %.100q", known)
					}
				})
			}
		}
		if v, err := victim.Poll(t.Context()); err != nil || v.State != state {
			t.Errorf("the pairing that was %s is %s (%v)", state, v.State, err)
		}
	}
}

// plant puts a pairing cookie into a browser.
func plant(t *testing.T, h house, page *servertest.Page, id, value string) {
	t.Helper()
	u, err := url.Parse(h.URL)
	if err != nil {
		t.Fatal(err)
	}
	page.Browser.Client.Jar.SetCookies(u, []*http.Cookie{{Name: "ham_pairing_" + id, Value: value, Path: "/"}})
}

func TestWhoPhotographsAPageBeforeItConnectsCannotBeginItsPairing(t *testing.T) {
	h := build(t, nil)
	victim, thief := h.open(t), h.open(t)
	own := cookieOf(t, thief).Value
	thief.Pairing = victim.Pairing
	for _, secret := range []string{own, "secret", strings.Repeat("A", 52)} {
		plant(t, h, thief, victim.Pairing, secret)
		if _, err := thief.Begin(t.Context()); status(err) != http.StatusNotFound {
			t.Errorf("begin: %v", err)
		}
		if _, err := thief.Connect(t.Context()); status(err) != http.StatusNotFound {
			t.Errorf("socket: %v", err)
		}
	}
	if v, err := victim.Begin(t.Context()); err != nil || v.State != "waiting" {
		t.Errorf("the page itself: %v", err)
	}
}

func TestAPlantedCookieIsNotUsedByAPageOfThisBrowser(t *testing.T) {
	h := build(t, nil)
	attacker := h.Begin(h.app)
	victim := h.open(t)
	plant(t, h, victim, attacker.Pairing, cookieOf(t, attacker.Page).Value)
	again, err := victim.Browser.Open(t.Context(), h.Authorize(h.app))
	if err != nil || again.Pairing == attacker.Pairing {
		t.Fatalf("a page took over a planted pairing (%v)", err)
	}
	if v, err := again.Begin(t.Context()); err != nil || v.Link == attacker.Link {
		t.Errorf("its pairing is the planted one (%v)", err)
	}
}

func TestABrowserKeepsAFewPairingsAndTabsDoNotDisturbOneAnother(t *testing.T) {
	h := build(t, nil)
	b := servertest.NewBrowser(h.URL)
	var pages []*servertest.Page
	for range 12 {
		page, err := b.Open(t.Context(), h.Authorize(h.app))
		if err != nil {
			t.Fatal(err)
		}
		pages = append(pages, page)
	}
	if n := len(b.Cookies()); n > 8 {
		t.Errorf("it holds %d cookies", n)
	}
	tabs := pages[len(pages)-2:]
	for i, tab := range tabs {
		if _, err := tab.Begin(t.Context()); err != nil {
			t.Fatalf("tab %d: %v", i, err)
		}
	}
	if v, err := tabs[0].Cancel(t.Context()); err != nil || v.State != "cancelled" {
		t.Fatalf("%s (%v)", v.State, err)
	}
	if v, err := tabs[1].Poll(t.Context()); err != nil || v.State != "waiting" {
		t.Errorf("cancelling one tab left the other %s (%v)", v.State, err)
	}
	if _, err := pages[0].Begin(t.Context()); status(err) != http.StatusForbidden {
		t.Errorf("a page whose cookie was dropped: %v", err)
	}
}
