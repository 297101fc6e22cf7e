//go:build unix

package main

import (
	"net/http"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"hamconnect/server"
	"hamconnect/server/servertest"
)

// TestTheAppAndAServerThatFails tells in tmux what becomes of the app: it says
// what is wrong, obeys its keys, approves nothing that nobody approved, and is
// well by itself once the server is.
func TestTheAppAndAServerThatFails(t *testing.T) {
	t.Parallel()
	need(t, "tmux")
	for name, story := range map[string]func(*testing.T){
		"it is killed and started again": serverKilled,
		"it stands still":                serverStandsStill,
		"it stands still at a yes":       serverStandsStillAtAYes,
		"it is slow":                     serverSlow,
		"it lies":                        serverLies,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			story(t)
		})
	}
}

// onABadLine is a stand that the Ham app reaches over a line of the test's.
func onABadLine(t *testing.T) (*stand, *between) {
	t.Helper()
	line := startBetween(t)
	p := servertest.Start(t, func(c *server.Config) { c.PublicURL = line.url() })
	line.target = strings.TrimPrefix(p.URL, "http://")
	p.URL = line.url()
	return newStandOn(t, p).signIn(), line
}

// stillClaimed looks from the desktop whether anything was approved.
func (d desktop) stillClaimed() {
	d.t.Helper()
	if v, err := d.page.Poll(d.t.Context()); err != nil || v.State != "claimed" {
		d.t.Errorf("the pairing is %s, %v", v.State, err)
	}
}

// ownProcess is a stand whose provider is a process that can be killed.
func ownProcess(t *testing.T) (s *stand, start func() *process) {
	t.Helper()
	s = newStand(t).signIn()
	s.Stop()
	address := strings.TrimPrefix(s.URL, "http://")
	start = func() *process {
		serve, err := startProcess(os.Environ(), t.TempDir(), "ham", "serve", "--data", s.DataDir, "--listen", address, "--public-url", s.URL)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(serve.kill)
		if err := serve.ready(s.URL); err != nil {
			t.Fatal(err)
		}
		return serve
	}
	return s, start
}

func serverKilled(t *testing.T) {
	s, start := ownProcess(t)
	serve := start()
	d := s.desktop()
	term := openTerminal(t, 80, 24)
	term.run("LANG=C.UTF-8 ham app --config " + s.config)
	term.shows("Scan a code")
	term.paste(d.page.Link)
	term.keys("Enter")
	term.shows("Number on the desktop")
	number := strconv.Itoa(d.until("claimed").Number)
	serve.kill()
	term.shows("no connection")
	term.types(number)
	term.keys("Enter")
	term.shows("Cannot reach", "connection refused")
	term.keys("Escape")
	term.shows("Scan a code", "○ no connection")
	term.types("1")
	term.shows("connection refused")
	term.keys("Escape")
	term.shows("Scan a code")

	start()
	term.gone("○ no connection")
	d.stillClaimed()
	term.paste(d.page.Link)
	term.keys("Enter")
	term.shows("Number on the desktop", "s left")
	term.types(number)
	term.keys("Enter")
	term.shows("Approved")
	d.finish()
	term.shows("Signed in")
	term.keys("C-c")
	term.ended(0)
}

// serverStandsStill has its process stopped, not ended: connections are there
// and nothing comes.
func serverStandsStill(t *testing.T) {
	s, start := ownProcess(t)
	serve := start()
	d := s.desktop()
	term := openTerminal(t, 80, 24)
	term.run("LANG=C.UTF-8 ham app --config " + s.config)
	term.shows("Scan a code")
	signal := func(which syscall.Signal) {
		if err := serve.cmd.Process.Signal(which); err != nil {
			t.Fatal(err)
		}
	}
	signal(syscall.SIGSTOP)
	defer signal(syscall.SIGCONT)
	term.paste(d.page.Link)
	term.keys("Enter")
	term.shows("Asking the server about this code")
	term.keys("Escape")
	term.gone("Asking the server")
	term.keys("Escape")
	term.shows("link or path of a picture")
	term.types("1")
	term.shows("Apps that know you", "Asking the server…")
	term.keys("?")
	term.shows("any key goes back")
	term.keys("Escape")
	term.shows("Asking the server…")
	term.shows("took too long to answer") // in its time
	term.keys("Escape")
	term.shows("Scan a code")
	signal(syscall.SIGCONT)
	term.types("1")
	term.shows("No app knows you yet")
	term.keys("Escape")
	term.shows("Scan a code")

	signal(syscall.SIGSTOP)
	term.types("2")
	term.shows("Asking the server…")
	term.keys("C-c")
	term.ended(0)
}

// serverStandsStillAtAYes: the app cannot know whether its answer has come, and
// learns it from the server.
func serverStandsStillAtAYes(t *testing.T) {
	s, line := onABadLine(t)
	d := s.desktop()
	term := openTerminal(t, 80, 24)
	term.run("LANG=C.UTF-8 ham app --config " + s.config + " " + d.page.Link)
	term.shows("Number on the desktop")
	number := strconv.Itoa(d.until("claimed").Number)
	line.hold()
	term.types(number)
	term.keys("Enter")
	term.shows("Telling the server that you approve")
	term.keys("Escape")
	term.shows("You stopped waiting.", "may have your answer already")
	d.stillClaimed()
	term.keys("Enter")
	term.shows("Telling the server that you approve")
	line.through()
	term.shows("Approved")
	d.until("approved")
	d.finish()
	term.shows("Signed in")
	term.keys("C-c")
	term.ended(0)
}

func serverSlow(t *testing.T) {
	s, line := onABadLine(t)
	d := s.desktop()
	line.delay(250 * time.Millisecond)
	term := openTerminal(t, 80, 24)
	term.run("LANG=C.UTF-8 ham app --config " + s.config)
	term.shows("Scan a code")
	term.paste(d.page.Link)
	term.keys("Enter")
	term.shows("Asking the server about this code")
	term.keys("Escape")
	term.gone("Asking the server")
	term.keys("Escape")
	term.shows("link or path of a picture")
	term.types("1")
	term.shows("Asking the server…")
	term.shows("No app knows you yet")
	term.keys("Escape")
	term.shows("Scan a code")
	term.paste(d.page.Link)
	term.keys("Enter")
	term.shows("Number on the desktop")
	term.types(strconv.Itoa(d.until("claimed").Number))
	term.keys("Enter")
	term.shows("Approved")
	d.finish()
	term.shows("Signed in")
	term.keys("C-c")
	term.ended(0)
}

// emptiesField presses Escape, and once more if that has stopped a question to
// the server: what is said on the screen may be why there is no connection, and
// not the answer.
func (term *terminal) emptiesField() {
	term.t.Helper()
	var pressed time.Time
	eventually(term.t, "an empty field", func() (string, bool) {
		screen := term.screen()
		empty := strings.Contains(screen, "link or path of a picture")
		if !empty && time.Since(pressed) > time.Second { // two at once, or one and a letter, would be other keys
			term.keys("Escape")
			pressed = time.Now()
		}
		return screen, empty
	})
}

func answered(status int, kind, body string) string {
	return "HTTP/1.1 " + strconv.Itoa(status) + " " + http.StatusText(status) + "\r\nContent-Type: " + kind +
		"\r\nConnection: close\r\nContent-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body
}

func serverLies(t *testing.T) {
	const asJSON = "application/json"
	s, line := onABadLine(t)
	d := s.desktop()
	term := openTerminal(t, 100, 30)
	term.run("LANG=C.UTF-8 ham app --config " + s.config)
	term.shows("Scan a code")
	lies := []struct {
		name, answer string
		endless      bool
		shows        string
	}{
		{"a page", answered(200, "text/html", "<h1>Sign in to this network</h1>"), false, "it is not application/json"},
		{"rubbish", answered(200, asJSON, "\x1b[2J\x00{{{"), false, "it is not the JSON that was asked for"},
		{"wrong types", answered(200, asJSON, `{"kind":7,"items":{},"state":["approved"]}`), false, "cannot be used"},
		{"an approval of its own", answered(200, asJSON, `{"state":"approved","version":9,"items":[{"client_id":""}]}`), false, "cannot be used"},
		{"another place", "HTTP/1.1 307 Temporary Redirect\r\nLocation: http://evil.example/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", false, "points to another place"},
		{"a body without end", "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX: " + strings.Repeat("x", 4096) + "\r\n\r\n" + strings.Repeat(" ", 1<<20), true, "cannot be used"},
		{"no HTTP", strings.Repeat("\x1b]0;evil\a\x1b[2J", 100), false, "annot reach"},
		{"nothing", "\r\n", false, "annot reach"},
	}
	for _, lie := range lies {
		line.lies(lie.answer, lie.endless)
		term.shows("○ no connection")
		term.paste(d.page.Link)
		term.shows("/Q/") // and what was said before is gone
		term.keys("Enter")
		term.shows("!", lie.shows)
		term.emptiesField()
		term.types("1")
		term.shows("Apps that know you", lie.shows)
		term.keys("Escape")
		term.shows("Scan a code")
		if v, err := d.page.Poll(t.Context()); err != nil || v.State != "waiting" {
			t.Errorf("%s: the pairing is %s, %v", lie.name, v.State, err)
		}
	}
	line.through()
	line.cut()
	term.gone("○ no connection")

	// At a yes: it is not taken for one.
	for _, lie := range lies[:5] {
		d := s.desktop()
		term.paste(d.page.Link)
		term.keys("Enter")
		term.shows("Number on the desktop")
		number := strconv.Itoa(d.until("claimed").Number)
		line.lies(lie.answer, lie.endless)
		term.types(number)
		term.keys("Enter")
		term.shows("cannot be used")
		if strings.Contains(term.screen(), "Approved") {
			t.Errorf("%s is an approval:\n%s", lie.name, term.screen())
		}
		d.stillClaimed()
		line.through()
		line.cut()
		term.keys("Escape")
		term.shows("Scan a code")
	}
	term.keys("C-c")
	term.ended(0)
	if strings.Contains(term.ask("display-message", "-p", "#{pane_title}"), "evil") {
		t.Error("the server set the terminal's title")
	}
}
