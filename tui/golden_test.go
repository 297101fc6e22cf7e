package tui

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"hamconnect/qr/pairing"
	"hamconnect/tui/client"
)

var update = flag.Bool("update", false, "write the golden screens anew")

// deepLink turns the driver's request into that of a ham:// link.
func (d *driver) deepLink() {
	d.t.Helper()
	asked := ask(d.t, nil).Asked
	asked.PairingID, asked.Browser, asked.Status = "", nil, pairing.Status{}
	d.fake.ask = &client.Ask{Asked: asked}
	d.paste("ham://sso-authorize?client_id=library")
	d.keys("enter")
}

// signInHere turns a request into one that signs a browser in.
func signInHere(a *pairing.Asked) {
	*a = pairing.Asked{Kind: pairing.KindSignIn, PairingID: a.PairingID, Browser: a.Browser, Status: a.Status}
}

// fromOpenMaster turns a request into one of an app that gets a username.
func fromOpenMaster(a *pairing.Asked) {
	a.Username = "ada.lovelace"
	a.Scopes = []pairing.Scope{{
		Name: "user", Title: "Read and change your profile", Reveals: "The app sees your email address and can change your username.",
		Values: []string{"Email: ada@campus.example", "Username: ada.lovelace"},
	}}
}

// aTicket turns a request into that of a browser that shows no number.
func aTicket(a *pairing.Asked) {
	signInHere(a)
	since := time.Date(2026, 11, 21, 11, 28, 30, 0, time.FixedZone("", 3600))
	a.Kind, a.Since = pairing.KindTicket, &since
}

// notices are n of them, latest first.
func notices(n int) (all []pairing.Notice) {
	for i := range n {
		all = append(all, pairing.Notice{
			ID: fmt.Sprint("n", n-i), Kind: "passkey_added", Title: "New passkey: iCloud Keychain",
			At: time.Date(2026, 11, 21, 11, 28, 30, 0, time.FixedZone("", 3600)), Browser: "Safari on macOS", Address: "192.0.2.7",
		})
	}
	return all
}

// tell has the server tell of n notices.
func (d *driver) tell(n int) {
	d.fake.notices = notices(n)
	d.news(nil)
}

func (d *driver) tellOf(kind, title string) {
	d.fake.notices = notices(1)
	d.fake.notices[0].Kind, d.fake.notices[0].Title = kind, title
	d.news(nil)
}

// news has the server asked again, and answer with err, as at the start.
func (d *driver) news(err error) {
	d.fake.me = err
	d.run(whoAmI(d.root.app, atStart))
	d.fake.me = nil
}

func TestScreens(t *testing.T) {
	offline := fmt.Errorf("cannot reach https://ham.example: connection refused%.0w", client.ErrUnreachable)
	for name, s := range map[string]struct {
		signedOut bool
		steps     func(d *driver)
	}{
		"login": {true, func(*driver) {}},
		"login-refused": {true, func(d *driver) {
			d.enroll = failure(pairing.FailNotFound, nil)
			d.paste("https://ham.example/enroll/ABCDEFGHABCDEFGH")
			d.keys("enter")
		}},
		"login-again": {false, func(d *driver) {
			d.news(failure(pairing.FailNotSignedIn, nil))
		}},
		"home":           {false, func(*driver) {}},
		"home-new":       {true, func(d *driver) { d.paste("https://ham.example/enroll/ABCDEFGHABCDEFGH"); d.keys("enter") }},
		"home-offline":   {false, func(d *driver) { d.news(offline) }},
		"home-wait":      {false, func(d *driver) { d.fake.hang = true; d.paste(goodLink); d.keys("enter") }},
		"home-host":      {false, func(d *driver) { d.paste("https://evil.example/q/ABCDEFGHABCDEFGH"); d.keys("enter") }},
		"home-left":      {false, func(d *driver) { d.scan(nil); d.pass(3); d.keys("esc") }},
		"home-help":      {false, func(d *driver) { d.keys("?") }},
		"notice":         {false, func(d *driver) { d.tell(1) }},
		"notice-of-many": {false, func(d *driver) { d.tell(3) }},
		"notice-seeing":  {false, func(d *driver) { d.tell(1); d.fake.hang = true; d.keys("f2") }},
		"notice-unseen":  {false, func(d *driver) { d.tell(1); d.fake.see = offline; d.keys("f2") }},
		"notice-typing":  {false, func(d *driver) { d.tell(2); d.paste(goodLink) }},
		"notice-error":   {false, func(d *driver) { d.tell(2); d.paste("https://evil.example/q/ABCDEFGHABCDEFGH"); d.keys("enter") }},
		"notice-help":    {false, func(d *driver) { d.tell(1); d.keys("?") }},
		"notice-long": {false, func(d *driver) {
			d.fake.notices = append(notices(1), pairing.Notice{
				ID: "long", Title: "New passkey: " + strings.Repeat("図書館", 150), Browser: strings.Repeat("W", 512), Address: strings.Repeat("9", 512),
			})
			d.news(nil)
		}},
		"passkey":         {false, func(d *driver) { d.keys("f3") }},
		"passkey-late":    {false, func(d *driver) { d.keys("f3"); d.pass(290) }},
		"passkey-over":    {false, func(d *driver) { d.keys("f3"); d.pass(300) }},
		"passkey-wait":    {false, func(d *driver) { d.fake.hang = true; d.keys("f3") }},
		"passkey-off":     {false, func(d *driver) { d.fake.linkErr = failure(pairing.FailNoPasskeys, nil); d.keys("f3") }},
		"passkey-leaving": {false, func(d *driver) { d.fake.linkErr = failure(pairing.FailUserLeaving, nil); d.keys("f3") }},
		"passkey-offline": {false, func(d *driver) { d.fake.linkErr = offline; d.keys("f3") }},
		"passkey-no-browser": {false, func(d *driver) {
			d.openErr = errors.New("none here")
			d.keys("f3", "o")
		}},
		"passkey-long": {false, func(d *driver) {
			d.fake.link.Link = "https://" + strings.Repeat("very-", 40) + "long.example/passkey/ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			d.keys("f3")
		}},
		"passkey-help":        {false, func(d *driver) { d.keys("f3", "?") }},
		"passkey-left":        {false, func(d *driver) { d.keys("f3"); d.pass(60); d.keys("esc") }},
		"consent":             {false, func(d *driver) { d.scan(nil) }},
		"consent-sign-in":     {false, func(d *driver) { d.scan(signInHere) }},
		"consent-ticket":      {false, func(d *driver) { d.scan(aTicket) }},
		"consent-ticket-sure": {false, func(d *driver) { d.scan(aTicket); d.keys("a") }},
		"result-sign-in":      {false, func(d *driver) { d.scan(signInHere); d.keys("42", "enter") }},
		"consent-help":        {false, func(d *driver) { d.scan(nil); d.keys("?") }},
		"consent-values": {false, func(d *driver) {
			d.scan(func(a *pairing.Asked) {
				a.Scopes[0].Values, a.Scopes[0].Given = []string{"Nickname: Ada", "Picture: yes"}, true
				a.Scopes[1].Values, a.Scopes[1].LeftOut = []string{"Student: yes"}, true
			})
		}},
		"consent-username": {false, func(d *driver) { d.scan(fromOpenMaster) }},
		"consent-username-alone": {false, func(d *driver) {
			d.scan(func(a *pairing.Asked) { fromOpenMaster(a); a.Scopes = nil })
		}},
		"result-username": {false, func(d *driver) { d.scan(fromOpenMaster); d.keys("42", "enter") }},
		"consent-alike": {false, func(d *driver) {
			d.scan(func(a *pairing.Asked) { a.RedirectURI = "https://xn--bbliothek-b7a.example/callback" })
		}},
		"consent-typed": {false, func(d *driver) { d.scan(nil); d.keys("up", " ", "4", "2", "down") }},
		"consent-late":  {false, func(d *driver) { d.scan(nil); d.pass(50) }},
		"consent-contested": {false, func(d *driver) {
			d.scan(nil)
			d.fake.status <- pairing.Status{State: pairing.Claimed, Version: 3, ExpiresIn: 41, TriesLeft: 2, Contested: 1}
			d.pass(1)
		}},
		"consent-wrong": {false, func(d *driver) {
			d.scan(nil)
			d.fake.approve = failure(pairing.FailNumber, func(f *client.Failure) { f.TriesLeft = 1 })
			d.keys("11", "enter")
		}},
		"result-wrong": {false, func(d *driver) {
			d.scan(nil)
			d.fake.approve = failure(pairing.FailNumber, nil)
			d.keys("11", "enter")
		}},
		"notice-of-device":  {false, func(d *driver) { d.tellOf(pairing.NoticeDevice, "New Ham app: Pixel 9") }},
		"notice-of-leaving": {false, func(d *driver) { d.tellOf(pairing.NoticeLeaving, "Account deactivated") }},
		"consent-wait":      {false, func(d *driver) { d.scan(nil); d.fake.hang = true; d.keys("42", "enter") }},
		"consent-many": {false, func(d *driver) {
			d.scan(func(a *pairing.Asked) {
				for i := range 20 {
					a.Scopes = append(a.Scopes, pairing.Scope{Name: fmt.Sprint("s", i), Title: fmt.Sprint("Thing number ", i), Reveals: "Something."})
				}
			})
			d.keys("up", "up", "up")
		}},
		"consent-wide": {false, func(d *driver) {
			d.scan(func(a *pairing.Asked) {
				a.AppName = "大学図書館カタログ検索システム(実験版)🎓👩‍🔬 e\u0301" + strings.Repeat("長", 60)
				a.Scopes[0].Title = strings.Repeat("呼び名と写真", 12)
				a.Scopes[0].Reveals = strings.Repeat("あなたの呼び名と写真が見えます。", 8)
				a.Browser.Name = "Chromium " + strings.Repeat("W", 120)
			})
		}},
		"consent-nothing":   {false, func(d *driver) { d.scan(func(a *pairing.Asked) { a.Scopes = nil; a.IconURL = "" }) }},
		"consent-deep-link": {false, func(d *driver) { d.deepLink() }},
		"result-approved":   {false, func(d *driver) { d.scan(nil); d.keys("42", "enter") }},
		"result-finished": {false, func(d *driver) {
			d.scan(nil)
			d.keys("42", "enter")
			d.fake.status <- pairing.Status{State: pairing.Finished, Version: 4}
			d.pass(1)
		}},
		"result-ticket":        {false, func(d *driver) { d.scan(aTicket); d.keys("a", "y") }},
		"result-ticket-denied": {false, func(d *driver) { d.scan(aTicket); d.keys("r") }},
		"result-denied":        {false, func(d *driver) { d.scan(nil); d.keys("r") }},
		"result-expired": {false, func(d *driver) {
			d.scan(nil)
			d.fake.status <- pairing.Status{State: pairing.Expired, Version: 3}
			d.pass(1)
		}},
		"result-failed": {false, func(d *driver) {
			d.scan(nil)
			d.fake.approve = failure(pairing.FailDigest, nil)
			d.keys("42", "enter")
		}},
		"result-browser": {false, func(d *driver) {
			d.fake.redirect = "https://library.example/callback?code=1"
			d.deepLink()
			d.keys("a")
		}},
		"result-no-browser": {false, func(d *driver) {
			d.openErr = errors.New("none here")
			d.fake.redirect = "https://library.example/callback?code=" + strings.Repeat("x", 90)
			d.deepLink()
			d.keys("a")
		}},
	} {
		for _, language := range languages {
			file := name + "_" + language
			if language == languages[0] {
				file = name
			}
			t.Run(file, func(t *testing.T) {
				driveIn(t, language, s.signedOut, func(d *driver) {
					s.steps(d)
					for _, size := range [][2]int{{80, 24}, {40, 20}, {200, 50}} {
						d.send(tea.WindowSizeMsg{Width: size[0], Height: size[1]})
						golden(t, fmt.Sprintf("%s_%dx%d", file, size[0], size[1]), d.root.View(), size[0], size[1])
					}
				})
			})
		}
	}
}

// golden compares a screen with its file, and holds it to the terminal's size.
func golden(t *testing.T, name, got string, width, height int) {
	t.Helper()
	lines := strings.Split(got, "\n")
	if len(lines) > height {
		t.Errorf("%s: %d lines", name, len(lines))
	}
	for i, line := range lines {
		if cells(line) > width {
			t.Errorf("%s: line %d is %d cells wide: %q", name, i, cells(line), line)
		}
		lines[i] = strings.TrimRight(line, " ")
	}
	got = strings.Join(lines, "\n") + "\n"
	if gap := unfilled(got); gap != "" {
		t.Errorf("%s: %s stands where a text should", name, gap)
	}
	path := filepath.Join("testdata", "screens", name+".txt")
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v (go test ./tui -update makes it)", err)
	}
	if string(want) != got {
		t.Errorf("%s is not as in %s:\n%s", name, path, got)
	}
}

// unfilled finds a key where a text should be, or a slot without a value.
func unfilled(screen string) string {
	for word := range strings.FieldsSeq(screen) {
		table, key, _ := strings.Cut(word, ".")
		if key != "" && tables[table] || strings.Contains(word, "{") {
			return word
		}
	}
	return ""
}

func TestATinyWindowSaysSo(t *testing.T) {
	drive(t, false, func(d *driver) {
		for _, size := range [][2]int{{1, 1}, {10, 3}, {31, 40}, {200, 5}} {
			d.send(tea.WindowSizeMsg{Width: size[0], Height: size[1]})
			if got := d.root.View(); strings.Contains(got, "\n") || cells(got) > size[0] {
				t.Errorf("%v: %q", size, got)
			}
		}
	})
}

func TestNoSizeBreaksAScreen(t *testing.T) {
	for name, steps := range map[string]func(d *driver){
		"consent": func(d *driver) { d.scan(func(a *pairing.Asked) { a.AppName = strings.Repeat("図書館", 30) }) },
		"notice": func(d *driver) {
			d.fake.notices = []pairing.Notice{{ID: "n", Title: strings.Repeat("図書館", 150), Browser: strings.Repeat("W", 512)}}
			d.root.app.account.page = "https://" + strings.Repeat("very-", 40) + "long.example/account"
			d.news(nil)
			d.paste(strings.Repeat("図", 300))
			d.keys("enter")
		},
		"passkey": func(d *driver) { d.keys("f3") },
	} {
		for _, language := range []string{"en", "ja"} { // the shortest words and the longest
			t.Run(name+"-"+language, func(t *testing.T) { everySize(t, language, steps) })
		}
	}
}

func everySize(t *testing.T, language string, steps func(d *driver)) {
	driveIn(t, language, false, func(d *driver) {
		steps(d)
		for width := 1; width < 130; width += 2 {
			for height := 1; height < 60; height++ {
				d.send(tea.WindowSizeMsg{Width: width, Height: height})
				lines := strings.Split(d.root.View(), "\n")
				if len(lines) > height {
					t.Fatalf("%d×%d: %d lines", width, height, len(lines))
				}
				for _, line := range lines {
					if cells(line) > width {
						t.Fatalf("%d×%d: %q is %d wide", width, height, line, cells(line))
					}
				}
			}
		}
	})
}
