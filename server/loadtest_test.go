package server_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"hamconnect/server"
	"hamconnect/server/servertest"
)

// strict are limits that the second of anything runs into.
func strict(config *server.Config) {
	config.Limits = server.Limits{
		Pairings: server.Rate{Every: time.Hour, Burst: 1}, Enrols: server.Rate{Every: time.Hour, Burst: 1},
		Failures: server.Rate{Every: time.Hour, Burst: 1}, Recoveries: server.Rate{Every: time.Hour, Burst: 1}, Sockets: 1,
	}
}

func TestOnlyTheMachinesThatAreNamedMayLoad(t *testing.T) {
	here, elsewhere := netip.MustParsePrefix("127.0.0.1/32"), netip.MustParsePrefix("10.1.2.0/24")
	for what, c := range map[string]struct {
		from, proxies []netip.Prefix
		header        http.Header
		may           bool
	}{
		"nobody is named":                           {nil, nil, nil, false},
		"this machine is named":                     {[]netip.Prefix{elsewhere, here}, nil, nil, true},
		"another machine is named":                  {[]netip.Prefix{elsewhere}, nil, nil, false},
		"another one, which a header claims to be":  {[]netip.Prefix{elsewhere}, nil, http.Header{"X-Forwarded-For": {"10.1.2.3"}}, false},
		"an unnamed proxy on this machine":          {[]netip.Prefix{here}, nil, http.Header{"X-Forwarded-For": {"203.0.113.9"}}, false},
		"an unnamed proxy that says Forwarded":      {[]netip.Prefix{here}, nil, http.Header{"Forwarded": {"for=203.0.113.9"}}, false},
		"an unnamed proxy that says Via":            {[]netip.Prefix{here}, nil, http.Header{"Via": {"1.1 proxy"}}, false},
		"a proxy, and a visitor from elsewhere":     {[]netip.Prefix{here}, []netip.Prefix{here}, http.Header{"X-Forwarded-For": {"203.0.113.9"}}, false},
		"a proxy, and a forged hop before":          {[]netip.Prefix{elsewhere}, []netip.Prefix{here}, http.Header{"X-Forwarded-For": {"10.1.2.3, 203.0.113.9"}}, false},
		"a proxy that says nothing of its visitor":  {[]netip.Prefix{here}, []netip.Prefix{here}, nil, false},
		"a proxy, and a machine of those behind it": {[]netip.Prefix{elsewhere}, []netip.Prefix{here}, http.Header{"X-Forwarded-For": {"10.1.2.3"}}, true},
	} {
		t.Run(what, func(t *testing.T) {
			p := servertest.Start(t, func(config *server.Config) {
				strict(config)
				config.LoadTestFrom, config.TrustedProxies = c.from, c.proxies
			})
			told := p.Send(http.MethodGet, server.LoadTestPath, nil, c.header)
			if may := told.Status == http.StatusOK && told.Fields["load_test"] == true && told.Text("public_url") == p.URL; may != c.may {
				t.Errorf("it is told that it may: %t (status %d)", may, told.Status)
			}
			for _, method := range []string{http.MethodGet, http.MethodPost} {
				there, nowhere := p.Send(method, server.LoadTestPath, nil, c.header), p.Send(method, "/.well-known/nothing", nil, c.header)
				if !c.may && (there.Status != nowhere.Status || there.Header.Get("Allow") != "") {
					t.Errorf("%s: status %d, and %d where there is nothing", method, there.Status, nowhere.Status)
				}
			}
			for i := range 3 {
				status := p.Send(http.MethodPost, "/web/auth/qr/ticket", nil, c.header).Status
				if want := c.may || i == 0; (status == http.StatusOK) != want {
					t.Errorf("ticket %d: status %d", i+1, status)
				}
			}
		})
	}
}

func TestAMachineThatMayLoadIsNotFreeToGuess(t *testing.T) {
	p := servertest.Start(t, func(config *server.Config) {
		strict(config)
		config.LoadTestFrom = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	})
	app := p.AddApp(nil)
	app.Secret = "wrong"
	if first, second := p.Exchange(app, "code"), p.Exchange(app, "code"); first.Status != http.StatusUnauthorized || second.Status != http.StatusTooManyRequests {
		t.Errorf("wrong client credentials: status %d, then %d", first.Status, second.Status)
	}
}

func TestALoadTestThatIsAllowedIsWarnedOf(t *testing.T) {
	for _, from := range [][]netip.Prefix{nil, {netip.MustParsePrefix("127.0.0.1/32")}} {
		var log bytes.Buffer
		p := servertest.Start(t, func(config *server.Config) {
			config.LoadTestFrom, config.Log = from, slog.New(slog.NewTextHandler(&log, nil))
		})
		p.Close()
		if warned := strings.Contains(log.String(), `level=WARN msg="load tests are allowed`); warned != (from != nil) {
			t.Errorf("%v: warned %t", from, warned)
		}
	}
}

func TestNetworksThatMayLoadAreSmall(t *testing.T) {
	for text, valid := range map[string]bool{
		"127.0.0.1": true, "127.0.0.0/8": true, "::1": true, "10.1.2.3": true, "10.1.0.0/16": true, "2001:db8:1::/48": true,
		"": false, "true": false, "1": false, "localhost": false, "0.0.0.0/0": false, "::/0": false, "10.0.0.0/8": false, "126.0.0.0/7": false, "2001:db8::/32": false,
		"::ffff:10.1.2.3": true, "::ffff:10.1.2.0/120": false, "::ffff:0.0.0.0/96": false,
	} {
		prefix, err := server.ParseLoadTestFrom(text)
		if (err == nil) != valid {
			t.Errorf("%q: %v", text, err)
		}
		if valid || !prefix.IsValid() {
			continue
		}
		if _, err := server.Open(t.Context(), server.Config{DataDir: t.TempDir() + "/data", PublicURL: "http://localhost:1", LoadTestFrom: []netip.Prefix{prefix}}); err == nil {
			t.Errorf("a server starts with %s", prefix)
		}
	}
}

func TestPeopleOfALoadTestAreRemovedAndNobodyElse(t *testing.T) {
	p := servertest.Start(t, nil)
	app := p.AddApp(nil)
	phone, _ := p.AddPhone("load test RAAA 000000")
	p.Token(app, phone)
	admin := p.Admin()
	for name, n := range map[string]int{"RAAA": 70, "RAAAB": 1} { // more than are made at a time
		keys := make([]ed25519.PublicKey, n)
		for i := range keys {
			keys[i], _, _ = ed25519.GenerateKey(rand.Reader)
		}
		if _, _, err := admin.SyntheticClient(t.Context(), name); err != nil {
			t.Fatal(err)
		}
		if _, err := admin.SyntheticUsers(t.Context(), name, keys, nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := admin.BeatSynthetic(t.Context(), "RAAA"); err != nil {
		t.Fatal(err)
	}
	all, err := admin.Synthetics(t.Context())
	if err != nil || len(all) != 2 || all["RAAA"].Users != 70 || all["RAAAB"].Users != 1 || time.Since(all["RAAA"].Beat).Abs() > time.Hour || !all["RAAAB"].Beat.IsZero() {
		t.Fatalf("%+v, %v", all, err)
	}
	if err := admin.RemoveSynthetic(t.Context(), "RAAA", nil); err != nil {
		t.Fatal(err)
	}
	if all, err = admin.Synthetics(t.Context()); err != nil || len(all) != 1 || all["RAAAB"].Users != 1 {
		t.Errorf("there are %+v, %v", all, err)
	}
	if err := admin.RemoveSynthetic(t.Context(), "RAAAB", nil); err != nil {
		t.Fatal(err)
	}
	users, err := admin.Users(t.Context())
	if err != nil || len(users) != 1 || users[0].Nickname != "load test RAAA 000000" {
		t.Errorf("of the users %d are left, %v; want the one who only is called so", len(users), err)
	}
	if clients, err := admin.Clients(t.Context()); err != nil || len(clients) != 1 || clients[0].ID != app.ID {
		t.Errorf("of the clients %d are left, %v", len(clients), err)
	}
}
