package server_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"

	"hamconnect/passkey/softkey"
	"hamconnect/qr"
	"hamconnect/server"
	"hamconnect/server/servertest"
)

// diary is a log that a test reads afterwards.
type diary struct {
	mu   sync.Mutex // guards text
	text bytes.Buffer
}

func (d *diary) Write(p []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.text.Write(p)
}

func (d *diary) String() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.text.String()
}

func TestTheLogOfAWholeSignInHoldsNoSecret(t *testing.T) {
	var log diary
	p := servertest.Start(t, func(c *server.Config) {
		c.Log = slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug, AddSource: true}))
	})
	secrets := map[string]string{}
	app := p.AddApp(nil)
	secrets["the client's secret"] = app.Secret
	secrets["the Basic header"] = strings.TrimPrefix(servertest.Basic(app.ID, app.Secret), "Basic ")

	_, link, err := p.Admin().AddUser(t.Context(), server.User{Nickname: "Lin"})
	if err != nil {
		t.Fatal(err)
	}
	enrol, err := qr.ParseLink(link)
	if err != nil {
		t.Fatal(err)
	}
	secrets["the enrol code"] = enrol.Code
	device := p.NewDevice()
	p.Send(http.MethodGet, "/enroll/"+enrol.Code, nil, nil)
	call := func(name, method, path, body string) servertest.Answer {
		t.Helper()
		proof := device.Proof(method, path, nil)
		secrets["the proof of "+name] = proof
		secrets["the signature of "+name] = proof[strings.LastIndex(proof, ".")+1:]
		return device.CallWith(method, path, body, proof)
	}
	call("enrol", http.MethodPost, "/app/v1/enroll", `{"code":"`+enrol.Code+`","device_name":"phone"}`)

	s := p.Begin(app, "state", "the-state-of-the-third-party")
	secrets["the app's state"] = "the-state-of-the-third-party"
	secrets["the code of the QR"] = servertest.Code(s.Link)
	for _, c := range s.Browser.Cookies() {
		secrets["the browser's cookie"] = c.Value
	}
	p.Send(http.MethodGet, "/Q/"+servertest.Code(s.Link), nil, nil)
	asked := call("claim", http.MethodPost, "/app/v1/pairings/claim", `{"code":"`+servertest.Code(s.Link)+`"}`)
	claimed, err := s.Socket.Until("claimed")
	if err != nil {
		t.Fatal(err)
	}
	shown := qrShown(t, asked)
	approve := func(number int) servertest.Answer {
		body, err := json.Marshal(map[string]any{"number": number, "scopes": []string{"profile"}, "digest": shown})
		if err != nil {
			t.Fatal(err)
		}
		return call("approve "+strconv.Itoa(number), http.MethodPost, "/app/v1/pairings/"+s.Pairing+"/approve", string(body))
	}
	approve(1)
	if a := approve(claimed.Number); a.Status != http.StatusOK {
		t.Fatalf("the approval answered %d %s", a.Status, a.Text("error"))
	}
	code := s.Land().Get("code")
	secrets["the authorization code"] = code
	p.Exchange(servertest.App{ID: app.ID, Secret: "a-wrong-client-secret"}, code)
	secrets["a wrong client secret"] = "a-wrong-client-secret"
	token := p.Exchange(app, code, "code_verifier", "").Text("access_token")
	secrets["the access token"] = token
	p.Userinfo(app, token)
	p.Send(http.MethodGet, "/oauth/userinfo?access_token="+token, nil, nil)
	p.Send(http.MethodGet, "/oauth/token?code="+code, nil, nil)
	p.Exchange(app, code)

	text := log.String()
	for name, secret := range secrets {
		if len(secret) < 16 {
			t.Fatalf("%s has only %d characters: the story did not come to it", name, len(secret))
		}
		if strings.Contains(strings.ToLower(text), strings.ToLower(secret)) {
			t.Errorf("%s stands in the log", name)
		}
	}
	for _, want := range []string{"pairing begun", "scanned", "wrong check number", "code issued", "code exchanged"} {
		if !strings.Contains(text, want) {
			t.Errorf("the log does not say %q", want)
		}
	}
	checkNumber(t, text, claimed.Number)
}

func TestTheLogOfAPhonesBrowserHoldsNoSecret(t *testing.T) {
	var log diary
	p := servertest.Start(t, func(c *server.Config) {
		c.PublicURL = strings.Replace(c.PublicURL, "127.0.0.1", "localhost", 1)
		c.Log = slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug, AddSource: true}))
	})
	p.URL = p.PublicURL()
	_, key, _ := lin(t, p)
	s := p.Begin(p.AddApp(nil))
	code := servertest.Code(s.Link)
	if _, _, err := servertest.NewBrowser(p.URL).Get(t.Context(), "/Q/"+code); err != nil {
		t.Fatal(err)
	}
	claim(t, p, servertest.NewBrowser(p.URL), code, key, softkey.BadSignature)
	c := scanned(t, p, s, key)
	form := c.form(t)
	secrets := map[string]string{
		"the code of the QR": code, "the claim's secret": cookies(c.Browser, p.URL)["ham_claim_"+s.Pairing],
		"the form's token": form.Get("form"), "the digest": form.Get("digest"),
	}
	c.send(t, "approve", c.form(t, "number", strconv.Itoa(10+(c.number-9)%90)), nil)
	c.decide(t, "approve", form)
	secrets["the authorization code"] = s.Land().Get("code")
	text := log.String()
	for name, secret := range secrets {
		if len(secret) < 16 {
			t.Fatalf("%s has only %d characters: the story did not come to it", name, len(secret))
		}
		if strings.Contains(strings.ToLower(text), strings.ToLower(secret)) {
			t.Errorf("%s stands in the log", name)
		}
	}
	for _, want := range []string{"passkey refused", "scanned", "wrong check number", "approved in the phone's browser", "code issued"} {
		if !strings.Contains(text, want) {
			t.Errorf("the log does not say %q", want)
		}
	}
	checkNumber(t, text, c.number)
}

// qrShown is the digest of what a claim answered.
func qrShown(t *testing.T, asked servertest.Answer) string {
	t.Helper()
	digest, err := asked.Digest()
	if err != nil || asked.Status != http.StatusOK {
		t.Fatalf("the claim answered %d %s (%v)", asked.Status, asked.Text("error"), err)
	}
	return digest
}

// checkNumber looks for the check number as a value of its own in a JSON log.
func checkNumber(t *testing.T, text string, number int) {
	t.Helper()
	for line := range strings.Lines(text) {
		var fields map[string]any
		if err := json.Unmarshal([]byte(line), &fields); err != nil {
			t.Fatalf("a line of the log is no JSON: %v", err)
		}
		for name, value := range fields {
			if strings.Contains(name, "number") || value == strconv.Itoa(number) {
				t.Errorf("the log has %s", name)
			}
		}
	}
}
