package oauth_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"hamconnect/server/internal/oauth"
)

func TestASecretNeverPrints(t *testing.T) {
	const clear = "correct-horse-battery"
	s := oauth.Secret(clear)
	held := struct {
		Secret  oauth.Secret
		Pointer *oauth.Secret
		In      []oauth.Secret
		By      map[string]oauth.Secret
	}{s, &s, []oauth.Secret{s}, map[string]oauth.Secret{"a": s}}

	var out bytes.Buffer
	for _, verb := range []string{"v", "+v", "#v", "s", "q", "x", "X", "d", "c", "U", "t", "10s", ".3s", "-40q", "#x", "# x", "T%[1]v"} {
		fmt.Fprintf(&out, "%"+verb+"\n", s)
		fmt.Fprintf(&out, "%"+verb+"\n", []oauth.Secret{s})
	}
	for _, v := range []any{s, held, &held} {
		fmt.Fprintf(&out, "%v %+v %#v %s\n", v, v, v, v)
		fmt.Fprintln(&out, v)
	}
	fmt.Fprintln(&out, fmt.Errorf("refused %s: %w", s, fmt.Errorf("%v", s)))
	for _, h := range []slog.Handler{
		slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil),
	} {
		slog.New(h).With("with", s).WithGroup("g").Error("m", "a", s, "b", held, "c", &s, slog.Group("d", "e", s))
	}
	text, err := json.Marshal(held)
	if err != nil {
		t.Fatal(err)
	}
	out.Write(text)
	for _, form := range []string{clear, fmt.Sprintf("%x", clear), fmt.Sprintf("%X", clear), clear[:8]} {
		if strings.Contains(out.String(), form) {
			t.Errorf("a form of it (%d bytes) came out", len(form))
		}
	}
	if !strings.Contains(out.String(), "[secret]") {
		t.Error("and nothing stands in its place")
	}
	if s.Reveal() != clear {
		t.Error("Reveal does not give it")
	}
}

func TestSecretsAndIDsAreFresh(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		secret, id := oauth.NewSecret(), oauth.NewID()
		if len(secret) != 43 || len(id) != 20 {
			t.Fatalf("a secret of %d characters, an id of %d", len(secret), len(id))
		}
		if seen[secret.Reveal()] || seen[id] {
			t.Fatal("the same came twice")
		}
		seen[secret.Reveal()], seen[id] = true, true
	}
}

func TestAHashMatchesItsSecretAlone(t *testing.T) {
	s := oauth.NewSecret()
	if !s.Hash().Matches(s) || s.Hash().Matches(s+"x") || s.Hash().Matches("") || (oauth.Hash{}).Matches("") {
		t.Error("it does not")
	}
	if short := s.Hash().Short(); len(short) != 8 {
		t.Errorf("a log gets %d characters of it", len(short))
	}
}

func TestAnOpenIDIsFixedByServerClientAndUser(t *testing.T) {
	key := oauth.OpenIDKey{1}
	id := key.OpenID("client", "user")
	if id != key.OpenID("client", "user") || len(id) != 64 || strings.Trim(id, "0123456789abcdef") != "" {
		t.Fatalf("%q", id)
	}
	for _, other := range []string{
		key.OpenID("client2", "user"), key.OpenID("client", "user2"), key.OpenID("user", "client"),
		key.OpenID("clientu", "ser"), oauth.OpenIDKey{2}.OpenID("client", "user"),
	} {
		if other == id {
			t.Error("another pair has the same open_id")
		}
	}
}
