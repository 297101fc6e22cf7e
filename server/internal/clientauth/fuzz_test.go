package clientauth

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"hamconnect/server/internal/oauth"
)

// FuzzAuthorizationHeader: header lines are read or refused with a client
// error, never both; and what is read was really there, once.
func FuzzAuthorizationHeader(f *testing.F) {
	basic := "Basic " + base64.StdEncoding.EncodeToString([]byte("id:secret"))
	for _, line := range []string{
		basic, "Bearer token", "Bearer token, " + basic, basic + "," + basic, "Bearer a,Bearer b", "basic", "Basic Og==", "Basic JTo6",
		",", " , ", "Digest x", "Bearer", "Bearer\ttoken", "Basic " + base64.StdEncoding.EncodeToString([]byte("a%3Ab:c+d")), "",
	} {
		f.Add(line, "")
		f.Add(line, basic)
	}
	f.Fuzz(func(t *testing.T, first, second string) {
		a, err := ReadAuthorization([]string{first, second}, "bearer")
		if err != nil {
			var refusal *oauth.Error
			if !errors.As(err, &refusal) || refusal.Status() >= 500 {
				t.Fatalf("refused with %v", err)
			}
			return
		}
		if a.Basic.ID != "" && !strings.Contains(strings.ToLower(first+second), "basic") {
			t.Fatal("credentials came from nowhere")
		}
		if a.Bearer != "" && !strings.Contains(first+second, a.Bearer.Reveal()) {
			t.Fatal("a token came from nowhere")
		}
		if a.Basic.ID == "" && a.Basic.Secret != "" {
			t.Fatal("a secret without an id")
		}
	})
}

// FuzzTokenForm: a body is read or refused with invalid_request, whose
// description holds only what RFC 6749 §5.2 allows; what is read names each
// parameter once.
func FuzzTokenForm(f *testing.F) {
	for _, body := range []string{
		"grant_type=authorization_code&code=x", "a=1&a=2", "a=1;b=2", "%zz=1", "=", "&", "a%22%0a=1&a%22%0a=2",
		"code=%00", "client_id=\xff", strings.Repeat("a&", 100), "",
	} {
		f.Add(body, "application/x-www-form-urlencoded", "")
		f.Add(body, "application/x-www-form-urlencoded; charset=utf-8", "code=x")
		f.Add(body, "text/plain", "")
	}
	f.Fuzz(func(t *testing.T, body, kind, query string) {
		r := httptest.NewRequest(http.MethodPost, "/oauth/token", strings.NewReader(body))
		r.Header.Set("Content-Type", kind)
		r.URL.RawQuery = query
		form, err := ReadForm(r)
		if err != nil {
			var refusal *oauth.Error
			if !errors.As(err, &refusal) || refusal.Code != oauth.InvalidRequest {
				t.Fatalf("refused with %v", err)
			}
			for _, c := range refusal.Description {
				if c < ' ' || c > '~' || c == '"' || c == '\\' {
					t.Fatalf("the description holds %q", c)
				}
			}
			return
		}
		if query != "" || !strings.Contains(strings.ToLower(kind), "application/x-www-form-urlencoded") {
			t.Fatalf("read with query %q and kind %q", query, kind)
		}
		if again, err := url.ParseQuery(body); err != nil || len(again) != len(form) {
			t.Fatalf("%d parameters of %d (%v)", len(form), len(again), err)
		}
		for name, values := range form {
			if len(values) != 1 {
				t.Fatalf("%q has %d values", name, len(values))
			}
		}
	})
}

// FuzzTokenObject: the same for JSON.
func FuzzTokenObject(f *testing.F) {
	for _, body := range []string{
		`{"grant_type":"authorization_code","code":"x"}`, `{"a":"1","a":"2"}`, `{"a":1}`, `{"a":null}`, `[]`, `{}`, `{} {}`, `{"a":"1"`, `"a"`, "",
		`{"a":{"b":"c"}}`, `{"scopes":["user"]}`, `{"a":"\u0000"}`, strings.Repeat(`{"a":`, 1000),
	} {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		r := httptest.NewRequest(http.MethodPost, "/oauth/access_token", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		form, err := ReadFormOrObject(r)
		if err != nil {
			var refusal *oauth.Error
			if !errors.As(err, &refusal) || refusal.Code != oauth.InvalidRequest {
				t.Fatalf("refused with %v", err)
			}
			return
		}
		var again map[string]*string
		if err := json.Unmarshal([]byte(body), &again); err != nil {
			t.Fatalf("read, but encoding/json says: %v", err)
		}
		for name, values := range form {
			if len(values) != 1 || again[name] == nil || *again[name] != values[0] {
				t.Fatalf("%q is %q", name, values)
			}
		}
	})
}
