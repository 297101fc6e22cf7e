package plain

import (
	"context"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unicode"

	"github.com/charmbracelet/x/ansi"

	"hamconnect/qr/pairing"
	"hamconnect/tui/client"
	"hamconnect/tui/internal/texts"
)

var update = flag.Bool("update", false, "write the golden transcripts anew")

const (
	link   = "https://ham.example/q/ABCDEFGHIJKLMNOPABCDEFGHIJKLMNOPQRSTUVWXYZ"
	ticket = "ham://qrcode-login?ticket=ABCDEFGHIJKLMNOPABCDEFGHIJKLMNOPQRSTUVWXYZ"
)

// person types at a terminal that shows what they type, and reads.
type person struct {
	t       *testing.T
	fake    *fake
	session *session
	keys    *io.PipeWriter
	cancel  context.CancelFunc
	ended   chan error
	opened  []string // addresses, in the browser
	first   string   // the link that the app is started with
	noLogin error

	mu   sync.Mutex // guards what follows
	said strings.Builder
}

func (p *person) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.said.Write(b)
}

// transcript is all that stood on the terminal.
func (p *person) transcript() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.said.String()
}

// converse runs a conversation in a bubble, where time passes only when a test
// sleeps, and wants it to end well.
func converse(t *testing.T, language string, before func(p *person), test func(p *person)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		in, keys := io.Pipe()
		ctx, cancel := context.WithCancel(t.Context())
		defer func() { // also after a Fatal nothing may be left in the bubble
			cancel()
			in.Close()
			synctest.Wait()
		}()
		p := &person{t: t, fake: newFake(), keys: keys, cancel: cancel, ended: make(chan error, 1)}
		s := newSession(ctx, Options{In: in, Out: p, Language: language, Now: func() time.Time { return time.Now().UTC() }})
		s.account = p.account("d1")
		s.browse = func(address string) error { p.opened = append(p.opened, address); return nil }
		s.enroll = func(context.Context, string, client.Options) (*account, error) { return p.account("d9"), p.noLogin }
		s.accounts = func() ([]kept, error) { return nil, nil }
		s.hide = func() (func(), error) { p.fake.hidden = true; return func() { p.fake.hidden = false }, nil }
		p.session = s
		if before != nil {
			before(p)
		}
		go func() { p.ended <- s.run(p.first, "") }()
		synctest.Wait()
		test(p)
		p.keys.Close()
		synctest.Wait()
		if err := <-p.ended; err != nil {
			t.Errorf("it ended with %v", err)
		}
		onlyText(t, p.transcript())
	})
}

func (p *person) account(folder string) *account {
	return &account{server: p.fake, vault: p.fake, name: "Ada", host: "ham.example", page: "https://ham.example/account", folder: folder}
}

// TestLinesBreakBetweenWords: a terminal breaks them in the middle of one.
func TestLinesBreakBetweenWords(t *testing.T) {
	for _, language := range []string{"en", "zh", "ja"} {
		converse(t, language, func(p *person) { p.session.width = func() int { return 40 } }, func(p *person) {
			for line := range strings.Lines(p.transcript()) {
				if line = strings.TrimSuffix(line, "\n"); ansi.StringWidth(line) > 40 {
					t.Errorf("%s: %q", language, line)
				}
			}
			p.forget()
			p.fake.keys = nil
			p.types("5", "1") // a link is copied whole
			p.says("https://ham.example/passkey/ABCDEFGHIJKLMNOPQRSTUVWXYZ\n")
		})
	}
}

// types types lines, each with Enter.
func (p *person) types(lines ...string) {
	p.t.Helper()
	for _, text := range lines {
		if !p.fake.hidden {
			io.WriteString(p, text+"\n") // a terminal shows it
		}
		io.WriteString(p.keys, text+"\n")
		synctest.Wait()
	}
}

// says wants a text to have been said since the last time.
func (p *person) says(wanted ...string) {
	p.t.Helper()
	said := p.transcript()
	for _, text := range wanted {
		_, after, ok := strings.Cut(said, text)
		if !ok {
			p.t.Fatalf("%q was not said, in this order:\n%s", text, p.transcript())
		}
		said = after
	}
}

func (p *person) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.said.Reset()
}

// happens has the server tell of a change, or of a loss.
func (p *person) happens(err error) {
	p.fake.news <- err
	synctest.Wait()
}

// desktop changes how the pairing stands.
func (p *person) desktop(change func(s *pairing.Status)) {
	s := p.fake.asked.Status
	s.Version++
	change(&s)
	p.fake.statuses <- s
	synctest.Wait()
}

func (p *person) did(want ...string) {
	p.t.Helper()
	if strings.Join(p.fake.did, ", ") != strings.Join(want, ", ") {
		p.t.Errorf("done: %q, want %q", p.fake.did, want)
	}
}

// onlyText wants lines of text, without anything that a terminal obeys.
func onlyText(t *testing.T, said string) {
	t.Helper()
	for _, r := range said {
		if r != '\n' && unicode.IsControl(r) {
			t.Fatalf("there is %U in %q", r, said)
		}
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name+".txt")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s is not as in testdata; go test -update writes it. It is:\n%s", name, got)
	}
}

func TestConversations(t *testing.T) {
	for name, c := range conversations {
		for _, language := range texts.Languages {
			t.Run(name+" in "+language, func(t *testing.T) {
				said := ""
				converse(t, language, c.before, func(p *person) {
					c.steps(p)
					p.types("q")
					said = p.transcript()
				})
				golden(t, name+"_"+language, said)
				if left := unfilled(said); left != "" {
					t.Errorf("%s stands where a text should", left)
				}
			})
		}
	}
}

// unfilled finds what was said of a key without text, or a slot without value.
func unfilled(said string) string {
	for _, word := range strings.Fields(said) {
		table, key, _ := strings.Cut(word, ".")
		for _, known := range []string{"start", "ask", "menu", "news", "login", "scan", "consent", "unlock", "accounts", "result", "requests", "notices", "list", "fail"} {
			if key != "" && table == known || strings.Contains(word, "{") {
				return word
			}
		}
	}
	return ""
}

func TestEveryLanguageHasEveryText(t *testing.T) {
	for _, gap := range catalogue().Gaps() {
		t.Error(gap)
	}
}

// Each text is said by something, and each that is said is there.
func TestTextsAreThoseThatAreSaid(t *testing.T) {
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var source strings.Builder
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(name, "_test.go") {
			source.Write(text)
		}
	}
	made := []string{"menu.", "fail.", "language.", "browsers.", "ask_", "done_", ".help", ".empty", "_on", "_off", ".revoke", ".remove", ".rename", ".end", ".add"}
	for _, key := range catalogue()["en"].Keys() {
		ok := strings.Contains(source.String(), `"`+key+`"`)
		for _, part := range made {
			ok = ok || strings.Contains(key, part)
		}
		if !ok {
			t.Errorf("nothing says %s", key)
		}
	}
}

var errBroken = errors.New("the terminal is gone")
