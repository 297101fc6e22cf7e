package server_test

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"hamconnect/server"
	"hamconnect/server/servertest"
	"hamconnect/tui/client"
)

// apiToken signs b in to Ham Web as well and makes an API token there.
func apiToken(t *testing.T, p *servertest.Provider, b *servertest.Browser, phone *client.Account) (raw string) {
	t.Helper()
	said := func(status int, text []byte, err error) (answer map[string]any) {
		t.Helper()
		if err != nil || status != http.StatusOK || json.Unmarshal(text, &answer) != nil {
			t.Fatalf("answered %d, %v", status, err)
		}
		return answer
	}
	ticket, _ := said(b.PostJSON(t.Context(), "/web/auth/qr/ticket", nil))["ticket"].(string)
	ask, err := phone.ClaimTicket(t.Context(), ticket)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := phone.Confirm(t.Context(), ask); err != nil {
		t.Fatal(err)
	}
	status, text, err := b.Get(t.Context(), "/web/auth/qr/ticket/"+ticket)
	said(status, []byte(text), err)
	raw, _ = said(b.PostJSON(t.Context(), "/web/tokens", map[string]any{"name": "my <program>", "scopes": []string{"mcp:read"}, "ttl_days": 30}))["raw_token"].(string)
	if bearer(t, p, raw) != http.StatusOK {
		t.Fatal("a new token does not work")
	}
	return raw
}

// bearer calls what an API token opens.
func bearer(t *testing.T, p *servertest.Provider, raw string) (status int) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.URL+"/web/auth/me", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+raw)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	return response.StatusCode
}

var tokenMark = regexp.MustCompile(`name="token" value="([^"]+)"`)

func TestTheAccountPageListsAPITokensAndRemovesThem(t *testing.T) {
	p := servertest.Start(t, nil)
	phone, _ := p.AddPhone("Lin")
	stranger, _ := p.AddPhone("Mei")
	b, other := signedIn(t, p, phone), signedIn(t, p, stranger)
	if strings.Contains(account(t, b), `id="tokens"`) {
		t.Error("who has no token is told about them")
	}
	raw := apiToken(t, p, b, phone)
	body := account(t, b)
	for _, want := range []string{"my &lt;program&gt;", "…" + raw[len(raw)-4:], "See for you", "Expires"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page does not show %q", want)
		}
	}
	if strings.Contains(body, raw) || strings.Contains(body, "Never used") {
		t.Error("the page shows the secret, or knows of no use")
	}
	m := tokenMark.FindStringSubmatch(body)
	if m == nil {
		t.Fatal("there is no form to remove it")
	}
	post(t, other, "/account/tokens/remove", "token", m[1])
	if bearer(t, p, raw) != http.StatusOK {
		t.Fatal("somebody else has removed it")
	}
	post(t, b, "/account/tokens/remove", "token", m[1])
	if bearer(t, p, raw) != http.StatusUnauthorized {
		t.Error("a removed token works")
	}
	body = account(t, b)
	if strings.Contains(body, "token-row") || !strings.HasPrefix(kinds(kindMark, body), "token_removed ") {
		t.Errorf("it is still listed, or its removal is not told: %s", kinds(kindMark, body))
	}
	post(t, b, "/account/tokens/remove", "token", m[1]) // gone is what was wanted
}

func TestAPITokensEndWithTheAccountThatGivesThemAway(t *testing.T) {
	for name, c := range map[string]struct {
		end, undo func(*testing.T, *servertest.Provider, *servertest.Browser, string)
	}{
		"deactivated": {
			func(t *testing.T, _ *servertest.Provider, b *servertest.Browser, _ string) {
				post(t, b, "/account/leave")
			},
			func(t *testing.T, _ *servertest.Provider, b *servertest.Browser, _ string) {
				post(t, b, "/account/stay")
			},
		},
		"disabled": {
			func(t *testing.T, p *servertest.Provider, _ *servertest.Browser, id string) { disable(t, p, id, true) },
			func(t *testing.T, p *servertest.Provider, _ *servertest.Browser, id string) { disable(t, p, id, false) },
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := servertest.Start(t, nil)
			phone, user := p.AddPhone("Lin")
			b := signedIn(t, p, phone)
			raw := apiToken(t, p, b, phone)
			c.end(t, p, b, user.ID)
			if bearer(t, p, raw) != http.StatusUnauthorized {
				t.Error("the token still works")
			}
			c.undo(t, p, b, user.ID)
			if bearer(t, p, raw) != http.StatusUnauthorized {
				t.Error("the token works again")
			}
		})
	}
}

func disable(t *testing.T, p *servertest.Provider, userID string, off bool) {
	t.Helper()
	if _, err := p.Admin().UpdateUser(t.Context(), userID, func(u *server.User) { u.Disabled = off }); err != nil {
		t.Fatal(err)
	}
}
