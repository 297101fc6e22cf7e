package web

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"hamconnect/server/internal/activity"
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
		Devices: []AccountDevice{{ID: "phone", Name: "Lin's phone", Since: at, Used: at, This: true}, {ID: "b", Name: "b", Since: at}, {ID: "c", Name: "c", Since: at}},
		Tokens: []AccountToken{
			{ID: "t", Name: "<script>alert(3)</script>", Last4: "wXyZ", Scopes: []Scope{{Name: "mcp:read"}, {Name: "mcp:write"}}, Used: at, Expires: at},
			{ID: "u", Name: "u", Last4: "1234", Scopes: []Scope{{Name: "mcp"}}, Expires: at},
		},
		Recovery: 9,
		Notices: []AccountNotice{
			{AccountEvent: AccountEvent{ID: "n", Kind: "passkey_added", Name: "<script>alert(2)</script>", At: at, Times: 1}},
			{AccountEvent: AccountEvent{ID: "o", Kind: "counter_back", Name: "k", At: at, Times: 3}, Held: true},
		},
		Apps: []AccountApp{
			{ClientID: "library", App: App{Name: "Campus Library", Icon: "/pictures/app/library"}, Scopes: []Scope{{Name: "profile"}}, Since: at, Used: at},
			{ClientID: "bare", App: App{Name: "Bare"}, Since: at, Used: at},
		},
		Events: someEvents(at),
	}
}

func someEvents(at time.Time) []AccountEvent {
	var events []AccountEvent
	for i, kind := range activity.Kinds {
		events = append(events, AccountEvent{
			ID: string(kind), Kind: string(kind), Method: "app", Name: "<b>\u202ename", Browser: "Firefox on Linux", Address: "192.0.2.1", At: at, Times: 1 + i,
		})
	}
	return events
}

func TestTheAccountPageShowsWhatThereIsInEveryLanguage(t *testing.T) {
	p := newPages(t)
	for _, lang := range []string{"en", "zh", "ja"} {
		for name, page := range map[string]AccountPage{"full": someAccount(), "empty": {Nickname: "Lin"}, "leaving": {Nickname: "Lin", Form: "token", Leaves: time.Now()}} {
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
