package client_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hamconnect/qr/pairing"
	"hamconnect/tui/client"
	"hamconnect/tui/client/clienttest"
)

// answer has the server say something else than it should from now on.
func answer(s *clienttest.Server, status int, kind, body string) {
	s.Intercept(func(w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("Content-Type", kind)
		w.WriteHeader(status)
		io.WriteString(w, body)
		return true
	})
}

func wantOdd(t *testing.T, err error) {
	t.Helper()
	if _, ok := errors.AsType[*client.AnswerError](err); !ok {
		t.Errorf("got %v, want an AnswerError", err)
	}
}

func TestWhatIsNotAnAnswerIsNeverAnApproval(t *testing.T) {
	const asJSON = "application/json"
	for name, a := range map[string]struct {
		status     int
		kind, body string
	}{
		"a page":                   {200, "text/html", `{"state":"approved"}`},
		"no type":                  {200, "", `{"state":"approved"}`},
		"not JSON":                 {200, asJSON, "approved"},
		"two values":               {200, asJSON, `{"state":"approved"}{}`},
		"null":                     {200, asJSON, "null"},
		"nothing":                  {200, asJSON, ""},
		"no content":               {204, "", ""},
		"a list":                   {200, asJSON, `[{"state":"approved"}]`},
		"a state that is a number": {200, asJSON, `{"state":1}`},
		"an unknown state":         {200, asJSON, `{"state":"APPROVED"}`},
		"still claimed":            {200, asJSON, `{"state":"claimed","version":3}`},
		"denied":                   {200, asJSON, `{"state":"denied","version":3}`},
		"more scopes":              {200, asJSON, `{"state":"approved","scopes":["profile","is_student"]}`},
		"a scope twice":            {200, asJSON, `{"state":"approved","scopes":["profile","profile"]}`},
		"deep":                     {200, asJSON, strings.Repeat("[", 60000)},
		"64 KB and one":            {200, asJSON, `{"state":"approved","scopes":["profile"]}` + strings.Repeat(" ", 65536)},
		"a version beyond numbers": {200, asJSON, `{"state":"approved","version":1e99,"scopes":["profile"]}`},
		"an unknown reason":        {400, asJSON, `{"error":"approved"}`},
		"a page of a fault":        {500, "text/html", "<h1>"},
		"informational":            {299, "text/plain", "approved"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t)
			account := signIn(t, s)
			ask, _ := claim(t, s, account)
			answer(s, a.status, a.kind, a.body)
			_, err := account.Approve(t.Context(), ask, clienttest.Number, []string{"profile"})
			wantOdd(t, err)
		})
	}
}

func TestARequestThatCannotBeShownTruthfullyIsRefused(t *testing.T) {
	const good = `{"kind":"authorize","pairing_id":"AAAAAAAAAAAAAAAA","client_id":"x","app_name":"X","redirect_uri":"https://x.example/","scopes":[{"name":"a"}],"status":{"state":"claimed"}}`
	for name, change := range map[string][2]string{
		"a kind that is not known":     {`"kind":"authorize"`, `"kind":"transfer"`},
		"a sign-in that names an app":  {`"kind":"authorize"`, `"kind":"sign_in"`},
		"a sign-in with a username":    {`"kind":"authorize","pairing_id":"AAAAAAAAAAAAAAAA","client_id":"x","app_name":"X","redirect_uri":"https://x.example/","scopes":[{"name":"a"}]`, `"kind":"sign_in","pairing_id":"AAAAAAAAAAAAAAAA","username":"u","browser":{}`},
		"a username with an escape":    {`"app_name"`, `"username":"a\u001b[2Kb","app_name"`},
		"an id that is a path":         {"AAAAAAAAAAAAAAAA", "../../../etc/AAA"},
		"a file as redirect":           {"https://x.example/", "file:///etc/passwd"},
		"a script as redirect":         {"https://x.example/", "javascript:alert(1)"},
		"a user name in the redirect":  {"https://x.example/", "https://bank.example@x.example/"},
		"marks in the redirect":        {"https://x.example/", "https://x\u202e.example/"},
		"a scope twice":                {`[{"name":"a"}]`, `[{"name":"a"},{"name":"a"}]`},
		"a scope with an escape":       {`"name":"a"`, `"name":"a\u001b[2K"`},
		"a scope without a name":       {`"name":"a"`, `"title":"a"`},
		"a name that is nothing":       {`"app_name":"X"`, `"app_name":"\u200b\u001b[2J"`},
		"no client":                    {`"client_id":"x"`, `"client_id":""`},
		"a state of its own":           {`"claimed"`, `"ok"`},
		"approved already by somebody": {`"claimed"`, `"approved"`},
		"scopes without end":           {`[{"name":"a"}]`, `[{"name":"a0"}` + many(99) + `]`},
		"a name that is a number":      {`"app_name":"X"`, `"app_name":7`},
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t)
			account := signIn(t, s)
			answer(s, 200, "application/json", good)
			if _, err := account.Claim(t.Context(), "AAAA"); err != nil {
				t.Fatalf("the good one: %v", err)
			}
			answer(s, 200, "application/json", strings.ReplaceAll(good, change[0], change[1]))
			_, err := account.Claim(t.Context(), "AAAA")
			wantOdd(t, err)
		})
	}
}

func many(n int) (s string) {
	for i := range n {
		s += fmt.Sprintf(`,{"name":"b%d"}`, i)
	}
	return s
}

func TestTheBrowserIsSentNowhereElse(t *testing.T) {
	for _, target := range []string{
		"https://evil.example/callback?code=1", "https://library.example/other?code=1",
		"https://library.example@evil.example/callback", "http://library.example/callback?code=1",
		"file:///callback", "https://library.example:444/callback", "https://library.example/callback?a=\x1b[2J",
		"https://library.example/callback/../x", "https://library.example/callback?code=1#x", "",
	} {
		s := newServer(t)
		account := signIn(t, s)
		l := link(t, "ham://sso-authorize?client_id=library&redirect_uri=https%3A%2F%2Flibrary.example%2Fcallback")
		ask, err := account.CheckAuthorize(t.Context(), l.Authorize)
		if err != nil {
			t.Fatal(err)
		}
		answer(s, 200, "application/json", fmt.Sprintf(`{"redirect_url":%q}`, target))
		if got, err := account.ApproveAuthorize(t.Context(), ask, nil); err == nil {
			t.Errorf("%q was taken for %q", got, target)
		}
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	s := newServer(t)
	account := signIn(t, s)
	calls := 0
	s.Intercept(func(w http.ResponseWriter, r *http.Request) bool {
		calls++
		http.Redirect(w, r, "/app/v1/elsewhere", http.StatusTemporaryRedirect)
		return true
	})
	_, err := account.Me(t.Context())
	wantOdd(t, err)
	if calls != 1 {
		t.Errorf("%d calls", calls)
	}
}

func TestAnEndlessAnswerIsCutOff(t *testing.T) {
	s := newServer(t)
	account := signIn(t, s)
	s.Intercept(func(w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("Content-Type", "application/json")
		for {
			if _, err := w.Write(make([]byte, 4096)); err != nil {
				return true
			}
		}
	})
	_, err := account.Me(t.Context())
	wantOdd(t, err)
}

// stuck never answers, or answers one byte in ten seconds for ever.
type stuck struct{ drip bool }

func (s stuck) RoundTrip(r *http.Request) (*http.Response, error) {
	if s.drip {
		return &http.Response{
			StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}},
			Body: io.NopCloser(drip{r}), Request: r,
		}, nil
	}
	<-r.Context().Done()
	return nil, r.Context().Err()
}

type drip struct{ r *http.Request }

func (d drip) Read(b []byte) (int, error) {
	select {
	case <-d.r.Context().Done():
		return 0, d.r.Context().Err()
	case <-time.After(10 * time.Second):
		b[0] = ' '
		return 1, nil
	}
}

func TestASlowServerCountsAsOutOfReach(t *testing.T) {
	dir := t.TempDir()
	s := newServer(t)
	if _, err := client.Enroll(t.Context(), link(t, s.EnrollLink()), client.Options{Dir: dir}); err != nil {
		t.Fatal(err)
	}
	for _, transport := range []stuck{{false}, {true}} {
		synctest.Test(t, func(t *testing.T) {
			account := mustLoad(t, client.Options{Dir: dir, Transport: transport})
			begun := time.Now()
			if _, err := account.Me(t.Context()); !errors.Is(err, client.ErrUnreachable) {
				t.Error(err)
			}
			if took := time.Since(begun); took > 20*time.Second {
				t.Errorf("it took %s", took)
			}
		})
	}
}

func TestNoServerIsOutOfReach(t *testing.T) {
	s := newServer(t)
	account := signIn(t, s)
	s.Close()
	if _, err := account.Me(t.Context()); !errors.Is(err, client.ErrUnreachable) || !strings.Contains(err.Error(), s.URL) {
		t.Error(err)
	}
}

func TestWordsOfAFailureAreClean(t *testing.T) {
	s := newServer(t)
	account := signIn(t, s)
	answer(s, 400, "application/json", `{"error":"invalid_request","error_description":"a\u001b]0;x\u0007b\u202ec\r\nd"}`)
	_, err := account.Me(t.Context())
	if f := wantFailure(t, err, pairing.FailRequest); f.Description != "abc d" {
		t.Errorf("%q", f.Description)
	}
}

// TestIDsMayBeAsLongAsThoseOfPasskeys: 1023 bytes are 1364 characters, and
// whoever could not name a passkey could not remove it.
func TestIDsMayBeAsLongAsThoseOfPasskeys(t *testing.T) {
	s := newServer(t)
	account := signIn(t, s)
	for length, fits := range map[int]bool{1: true, 512: true, 513: true, 1364: true, 1365: false} {
		id := strings.Repeat("A", length)
		answer(s, 200, "application/json", fmt.Sprintf(`{"items":[{"id":%q,"name":"laptop"}]}`, id))
		keys, err := account.Passkeys(t.Context())
		switch {
		case !fits:
			wantOdd(t, err)
		case err != nil || len(keys) != 1 || keys[0].ID != id:
			t.Errorf("%d characters: %v", length, err)
		}
	}
	for _, id := range []string{`a\u001b[2J`, `a b`, `a\u202e`, `ä`, ``} {
		answer(s, 200, "application/json", `{"items":[{"id":"`+id+`","name":"laptop"}]}`)
		_, err := account.Passkeys(t.Context())
		wantOdd(t, err)
	}
}
