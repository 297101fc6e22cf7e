package main

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hamconnect/qr/pairing"
	"hamconnect/tui/client"
	"hamconnect/tui/client/clienttest"
)

// watcher is a ham watch in this process.
type watcher struct {
	t         *testing.T
	out, errs buffer
	stdin     *io.PipeWriter
	cancel    context.CancelFunc
	ended     chan error
}

func startWatch(t *testing.T, interactive bool, args ...string) *watcher {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	in, stdin := io.Pipe()
	w := &watcher{t: t, stdin: stdin, cancel: cancel, ended: make(chan error, 1)}
	go func() {
		w.ended <- execute(ctx, append([]string{"watch"}, args...), &env{stdin: in, stdout: &w.out, stderr: &w.errs, interactive: interactive})
		in.Close()
	}()
	t.Cleanup(func() { cancel(); stdin.Close() })
	w.until(`"event":"ready"`)
	return w
}

// until waits for something on either stream.
func (w *watcher) until(pattern string) {
	w.t.Helper()
	want := regexp.MustCompile(pattern)
	eventually(w.t, pattern, func() (string, bool) {
		seen := w.out.String() + w.errs.String()
		return seen, want.MatchString(seen)
	})
}

func (w *watcher) say(line string) {
	w.t.Helper()
	if _, err := io.WriteString(w.stdin, line+"\n"); err != nil {
		w.t.Fatal(err)
	}
}

// end gives the exit code and the last decision, once it has ended by itself.
func (w *watcher) end() (code int, decided map[string]any) {
	w.t.Helper()
	select {
	case err := <-w.ended:
		code = exitCode(err)
	case <-time.After(patience):
		w.t.Fatalf("it does not end: %s%s", w.out.String(), w.errs.String())
	}
	if err := conforms("watch", w.out.String()); err != nil {
		w.t.Error(err)
	}
	for _, line := range lines(w.t, w.out.String()) {
		if line["event"] == "decided" {
			decided = line
		}
	}
	return code, decided
}

// ruleFile writes rules and gives the flag.
func ruleFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "rules.toml")
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return "--rules=" + path
}

const (
	allowAll = "[[rule]]\nbrowser = [\"0.0.0.0/0\", \"::/0\"]\naction = \"allow\"\nleave_out = \"is_student\"\n"
	askAll   = "[[rule]]\nbrowser = [\"0.0.0.0/0\", \"::/0\"]\naction = \"ask\"\n"
)

func TestWatchAsksThePersonOnATerminal(t *testing.T) {
	s := signedIn(t)
	for name, test := range map[string]struct {
		says   []string
		code   int
		reason any
		state  pairing.State
	}{
		"yes":              {[]string{"yes", "4", "42"}, exitDone, nil, pairing.Approved},
		"yes, after wrong": {[]string{"yes", "41", "42"}, exitDone, nil, pairing.Approved},
		"no":               {[]string{"no"}, exitRefused, "the person refused", pairing.Denied},
		"three wrong":      {[]string{"yes", "41", "43", "44"}, exitRefused, "wrong number, and no try is left: the sign-in was refused; start again on the desktop", pairing.Denied},
	} {
		t.Run(name, func(t *testing.T) {
			id, link := s.Begin(clienttest.Request())
			dir := t.TempDir()
			w := startWatch(t, true, ruleFile(t, askAll), "--from", dir, "--once")
			w.say("yes") // before it was asked: about nothing
			if err := os.WriteFile(filepath.Join(dir, "link"), []byte(link), 0o600); err != nil {
				t.Fatal(err)
			}
			w.until(`Campus Library asks to sign in Ada[\s\S]*Approve\?`)
			if s.State(id) != pairing.Claimed {
				t.Fatalf("%s before there was an answer", s.State(id))
			}
			for _, line := range test.says {
				w.say(line)
			}
			code, decided := w.end()
			if code != test.code || decided["reason"] != test.reason || s.State(id) != test.state {
				t.Errorf("%d, %v, %s: %s", code, decided, s.State(id), w.errs.String())
			}
		})
	}
}

func TestWatchTakesOneAfterTheOther(t *testing.T) {
	s := signedIn(t)
	first, link := s.Begin(clienttest.Request())
	second, other := s.Begin(clienttest.Request())
	w := startWatch(t, false, ruleFile(t, allowAll), "--from", "-", "--number-command", "sleep 0.2; echo 42")
	w.say(link)
	w.say(other)
	w.stdin.Close()
	if code, _ := w.end(); code != exitDone {
		t.Fatalf("%d: %s", code, w.errs.String())
	}
	var got []string
	for _, line := range lines(t, w.out.String())[1:] {
		got = append(got, line["event"].(string)+" "+line["pairing_id"].(string))
	}
	want := []string{"claimed " + first, "decided " + first, "claimed " + second, "decided " + second}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"profile"}, s.Granted(second)); diff != "" {
		t.Error(diff)
	}
}

func TestWatchRefusesWhatNoNumberComesFor(t *testing.T) {
	s := signedIn(t)
	id, link := s.Begin(clienttest.Request())
	dir := t.TempDir()
	w := startWatch(t, false, ruleFile(t, allowAll), "--from", dir, "--number", "-", "--once")
	if err := os.WriteFile(filepath.Join(dir, "link"), []byte(link), 0o600); err != nil {
		t.Fatal(err)
	}
	w.until("claimed")
	w.stdin.Close() // nobody tells a number any more
	code, decided := w.end()
	if code != exitRefused || decided["reason"] != "no number came: standard input has ended" || s.State(id) != pairing.Denied {
		t.Errorf("%d, %v, %s", code, decided, s.State(id))
	}
}

func TestWatchBoundsTheWaitForANumber(t *testing.T) {
	s := signedIn(t)
	id, link := s.Begin(clienttest.Request())
	if _, stderr, code := ham(t, "", "approve", link); code != exitNoNumber {
		t.Fatalf("%d: %s", code, stderr)
	}
	s.Update(id, func(p *pairing.Pairing) { p.Deadline = time.Now().Add(spare + time.Second) })
	dir := t.TempDir()
	w := startWatch(t, false, ruleFile(t, allowAll), "--from", dir, "--number", "-", "--once")
	if err := os.WriteFile(filepath.Join(dir, "link"), []byte(link), 0o600); err != nil {
		t.Fatal(err)
	}
	code, decided := w.end()
	if code != exitRefused || decided["reason"] != "no number came in time" || s.State(id) != pairing.Denied {
		t.Errorf("%d, %v, %s", code, decided, s.State(id))
	}
}

func TestWatchEndsACommandWithAllThatItStarted(t *testing.T) {
	need(t, "sh")
	ask, err := client.NewAsk(pairing.Asked{
		Kind: pairing.KindSignIn, PairingID: pairing.NewID(), Browser: &pairing.Browser{Name: "x", Address: "::1"},
		Status: pairing.Status{State: pairing.Claimed},
	})
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	_, err = numbersOf("sleep 100 & sleep 100", 300*time.Millisecond, io.Discard)(t.Context(), ask)
	if err == nil || err.Error() != "the command for the number took longer than 300ms" || time.Since(began) > 5*time.Second {
		t.Errorf("%v after %s", err, time.Since(began))
	}
	if _, err := numbersOf("yes 42", 300*time.Millisecond, io.Discard)(t.Context(), ask); err == nil {
		t.Error("a flood is a number")
	}
	if n, err := numbersOf("echo ' 42 '", commandFor, io.Discard)(t.Context(), ask); n != 42 || err != nil {
		t.Error(n, err)
	}
}

func TestWatchPrintsNoEscapesOfOthers(t *testing.T) {
	s := signedIn(t)
	request := clienttest.Request()
	request.AppName = "Evil\x1b[2J\u202e\u009b31m App\n{\"event\":\"decided\"}"
	id, link := s.Begin(request)
	dir := t.TempDir()
	w := startWatch(t, true, ruleFile(t, askAll), "--from", dir, "--once")
	if err := os.WriteFile(filepath.Join(dir, "a\u202e\u009b0mb"), []byte(link), 0o600); err != nil {
		t.Fatal(err)
	}
	w.until(`Approve\?`)
	w.say("no")
	code, decided := w.end()
	if code != exitRefused || decided["app_name"] != `Evil App {"event":"decided"}` || decided["file"] != "ab" || s.State(id) != pairing.Denied {
		t.Errorf("%d, %v", code, decided)
	}
	if text := w.out.String() + w.errs.String(); strings.ContainsAny(text, "\x1b\u202e\u009b") {
		t.Errorf("%q", text)
	}
}

func TestWatchEndsWhenTheDeviceIsRemoved(t *testing.T) {
	s := signedIn(t)
	_, link := s.Begin(clienttest.Request())
	w := startWatch(t, false, ruleFile(t, allowAll), "--from", "-", "--number-command", "sleep 1; echo 42")
	w.say(link)
	w.until("claimed")
	s.RemoveDevices()
	if code, decided := w.end(); code != exitNotSignedIn || decided["action"] != "failed" {
		t.Errorf("%d, %v: %s", code, decided, w.errs.String())
	}
}

func TestWatchTellsWhatTheDesktopDid(t *testing.T) {
	s := signedIn(t)
	id, link := s.Begin(clienttest.Request())
	w := startWatch(t, false, ruleFile(t, allowAll), "--from", "-", "--number-command", "sleep 0.5; echo 42", "--once")
	w.say(link)
	w.until("claimed")
	s.Update(id, func(p *pairing.Pairing) { p.State = pairing.Cancelled })
	code, decided := w.end()
	if code != exitRefused || decided["action"] != "failed" || decided["error"] != "this sign-in was cancelled on the desktop" {
		t.Errorf("%d, %v", code, decided)
	}
}

func TestWatchInsistsWhileTheServerIsAway(t *testing.T) {
	s := signedIn(t)
	id, link := s.Begin(clienttest.Request())
	w := startWatch(t, false, ruleFile(t, allowAll), "--from", "-", "--number-command", "echo 42", "--once")
	failed := map[string]int{}
	s.Intercept(func(w http.ResponseWriter, r *http.Request) bool {
		for _, what := range []string{"/claim", "/approve"} {
			if strings.HasSuffix(r.URL.Path, what) && failed[what] < 2 {
				failed[what]++
				w.WriteHeader(http.StatusBadGateway)
				return true
			}
		}
		return false
	})
	w.say(link)
	if code, decided := w.end(); code != exitDone || decided["action"] != "allow" || s.State(id) != pairing.Approved {
		t.Errorf("%d, %v: %s", code, decided, w.errs.String())
	}
}

// TestWatchApprovesNothingThatItCannotTellOf: who reads has to hear of it first.
func TestWatchApprovesNothingThatItCannotTellOf(t *testing.T) {
	s := signedIn(t)
	id, link := s.Begin(clienttest.Request())
	out := &brokenAfter{lines: 1}
	err := execute(t.Context(), []string{"watch", ruleFile(t, allowAll), "--from", "-", "--number-command", "echo 42"},
		&env{stdin: strings.NewReader(link + "\n"), stdout: out, stderr: io.Discard})
	if err == nil || s.State(id) != pairing.Denied {
		t.Errorf("%v, %s", err, s.State(id))
	}
}

type brokenAfter struct{ lines int }

func (b *brokenAfter) Write(p []byte) (int, error) {
	if b.lines--; b.lines < 0 {
		return 0, errors.New("broken pipe")
	}
	return len(p), nil
}

func TestWatchWantsASandbox(t *testing.T) {
	s := signedIn(t)
	for server, want := range map[string]bool{
		"http://localhost:8484": true, "http://127.0.0.1": true, "http://[::1]:80": true, "https://localhost": true,
		"https://ham.example": false, "http://localhost.example": false, "https://127.0.0.1.example": false, "http://0.0.0.0": false, "": false,
	} {
		if isSandbox(server) != want {
			t.Errorf("%q", server)
		}
	}
	files, err := filepath.Glob(filepath.Join(os.Getenv("HAM_CONFIG"), "account.json"))
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	text, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(files[0], []byte(strings.ReplaceAll(string(text), s.URL, "https://ham.invalid")), 0o600); err != nil {
		t.Fatal(err)
	}
	rules := ruleFile(t, allowAll)
	if out, stderr, code := ham(t, "", "watch", rules, "--number", "-"); code != exitUsage || out != "" || !strings.Contains(stderr, "--i-understand") {
		t.Errorf("%d: %s%s", code, out, stderr)
	}
	if _, stderr, code := ham(t, "", "watch", rules, "--number", "-", "--i-understand"); code != exitUnreachable {
		t.Errorf("%d: %s", code, stderr)
	}
}

func TestWatchRefusesRulesThatAreNone(t *testing.T) {
	signedIn(t)
	path := filepath.Join(t.TempDir(), "huge")
	if err := os.WriteFile(path, make([]byte, 1<<20+1), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, stderr, code := ham(t, "", "watch", "--rules", path); code != exitUsage || !strings.Contains(stderr, "more than 1024 KB") {
		t.Errorf("%d: %s", code, stderr)
	}
	if _, stderr, code := ham(t, "", "watch", "--rules", t.TempDir()); code != exitUsage {
		t.Errorf("%d: %s", code, stderr)
	}
}

// TestOneWatchAnswersForADevice: a second one could refuse what the first is
// about to approve, since both are the same device to the server.
func TestOneWatchAnswersForADevice(t *testing.T) {
	s := signedIn(t)
	id, link := s.Begin(clienttest.Request())
	rules := ruleFile(t, allowAll)
	first := startWatch(t, false, rules, "--from", "-", "--number-command", "echo 42", "--once")
	out, stderr, code := ham(t, link+"\n", "watch", rules, "--from", "-", "--number-command", "echo 41")
	if code != exitOther || out != "" || !strings.Contains(stderr, "another program answers sign-ins with this device already") || !strings.Contains(stderr, "--config") {
		t.Errorf("the second: %d, %s%s", code, out, stderr)
	}
	if s.State(id) != pairing.Waiting {
		t.Fatalf("%s by the second", s.State(id))
	}
	first.say(link)
	if code, decided := first.end(); code != exitDone || decided["action"] != "allow" || s.State(id) != pairing.Approved {
		t.Errorf("the first: %d, %v, %s", code, decided, s.State(id))
	}
	// Its place is free again.
	id, link = s.Begin(clienttest.Request())
	next := startWatch(t, false, rules, "--from", "-", "--number-command", "echo 42", "--once")
	next.say(link)
	if code, _ := next.end(); code != exitDone || s.State(id) != pairing.Approved {
		t.Errorf("the next: %d, %s", code, s.State(id))
	}
}

// TestWatchLeavesNothingClaimedWhenItIsStopped stops it while the claim is
// under way.
func TestWatchLeavesNothingClaimedWhenItIsStopped(t *testing.T) {
	s := signedIn(t)
	id, link := s.Begin(clienttest.Request())
	w := startWatch(t, false, ruleFile(t, allowAll), "--from", "-", "--number-command", "echo 42")
	s.Intercept(func(_ http.ResponseWriter, r *http.Request) bool {
		if strings.HasSuffix(r.URL.Path, "/claim") {
			w.cancel()
			time.Sleep(100 * time.Millisecond)
		}
		return false
	})
	w.say(link)
	if code, decided := w.end(); code != exitDone || decided["reason"] != "the watch was stopped" || s.State(id) != pairing.Denied {
		t.Errorf("%d, %v, %s", code, decided, s.State(id))
	}
}
