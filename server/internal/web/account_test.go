package web

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

func someAccount() AccountPage {
	at := time.Date(2026, 3, 1, 12, 30, 0, 0, time.UTC)
	return AccountPage{
		Nickname: "Lin", Student: true, Form: "token", Passkeys: true,
		Keys: []AccountKey{{ID: "k", Name: "iCloud Keychain", Created: at, Used: at, Synced: true, Suspicious: true}, {ID: "l", Created: at}},
		Sessions: []AccountSession{
			{ID: "one", Browser: "Firefox on Linux", Address: "192.0.2.1", Method: "app", Begun: at, Seen: at, This: true},
			{ID: "two", Browser: `<script>alert(1)</script>`, Address: "192.0.2.2", Method: "app", Begun: at, Seen: at},
		},
		Devices: []AccountDevice{{ID: "phone", Name: "Lin's phone", Since: at}},
		Apps: []AccountApp{
			{ClientID: "library", Name: "Campus Library", Scopes: []Scope{{Name: "profile"}}, Since: at, Used: at},
			{ClientID: "bare", Name: "Bare", Since: at, Used: at},
		},
	}
}

func TestTheAccountPageShowsWhatThereIsInEveryLanguage(t *testing.T) {
	p := newPages(t)
	for _, lang := range []string{"en", "zh", "ja"} {
		for name, page := range map[string]AccountPage{"full": someAccount(), "empty": {Nickname: "Lin"}} {
			w := render(t, lang, func(w http.ResponseWriter, r *http.Request) error { return p.Account(w, r, page) })
			root := parse(t, w.Body.String())
			noRawKeys(t, p, root)
			if strings.Contains(w.Body.String(), "<script>alert") {
				t.Errorf("%s %s: a name became markup", lang, name)
			}
			root.walk(func(n *node, _ bool) {
				if n.name == "form" && !strings.Contains(w.Body.String(), `name="form" value="`+page.Form+`"`) {
					t.Errorf("%s %s: a form has no token", lang, name)
				}
			})
		}
	}
}

func TestTheAccountPageEndsEveryOtherBrowserButNotThisOne(t *testing.T) {
	p := newPages(t)
	w := render(t, "en", func(w http.ResponseWriter, r *http.Request) error { return p.Account(w, r, someAccount()) })
	body := w.Body.String()
	for value, want := range map[string]int{"one": 0, "two": 1, "others": 1} {
		if got := strings.Count(body, `name="session" value="`+value+`"`); got != want {
			t.Errorf("%d forms end %s, want %d", got, value, want)
		}
	}
}
