package plain

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hamconnect/qr"
	"hamconnect/qr/pairing"
	"hamconnect/tui/client"
	"hamconnect/tui/client/clienttest"
)

func TestWhatNoKeySendsIsNoAnswer(t *testing.T) {
	converse(t, "en", nil, func(p *person) {
		raw := func(text string) {
			io.WriteString(p.keys, text)
			synctest.Wait()
		}
		p.forget()
		raw(strings.Repeat("1", 1<<20) + "\n")
		p.says("That line is too long", "Number, 1 to 11:")
		p.forget()
		raw(strings.Repeat("\x00", 100) + "\n") // nothing is left: the list comes again
		p.says("Menu.", "11. Notices: 0")
		p.forget()
		raw("\x1b[A\x1b[B\x1b]0;title\a\x9b31m\n")
		p.says("11. Notices: 0")
		p.forget()
		raw("\xff\xfe\x80\n")
		p.says("11. Notices: 0")
		p.forget()
		raw("\x1b[201~hello\x1b[31m\n")
		p.says("There is no such number")
		p.forget()
		raw("3\x00\r\n") // the two ends of a line are one
		p.says("Apps that know you: 2.", "Number, 1 to 2: ")
		p.forget()
		raw("b\rb\r")
		p.says("Menu.")
		raw("1\n" + strings.Repeat("界", 6000) + "\n")
		p.says("too long")
		p.forget()
		raw("x\x1b]8;;https://evil.example\x07y\x1b]8;;\x07\u202e\n")
		p.says("did not work")
		p.did()
	})
}

// What is not known is never sent as if it were.
func TestNothingIsChangedOfAPersonWhoIsNotKnown(t *testing.T) {
	converse(t, "en", func(p *person) { p.fake.fails = unreachable }, func(p *person) {
		p.says("Asking the server who you are did not work.", "Number, 1 to 11:")
		p.types("8", "10")
		p.fake.fails = nil
		p.types("10", "1", "3")
		p.did("profile -/zh")
	})
}

// The connection tells of a change as soon as it is there.
func TestNoticesAtTheStartAreNoNews(t *testing.T) {
	converse(t, "en", func(p *person) {
		p.fake.me.Notices = []pairing.Notice{notice("n2", "Second"), notice("n1", "First")}
	}, func(p *person) {
		p.happens(nil)
		p.types("1")
		p.happens(nil)
		p.types("1")
		p.did("seen n1", "seen n2")
		if strings.Contains(p.transcript(), "New notice") {
			t.Error(p.transcript())
		}
	})
}

func TestALineWithoutEndIsNoAnswer(t *testing.T) {
	for name, typed := range map[string]struct {
		lines []string
		last  string
	}{
		"in the menu":         {nil, "3"},
		"at the scopes":       {[]string{"1", link}, "r"},
		"at the number":       {[]string{"1", link, ""}, "42"},
		"before the answer":   {[]string{"1", link, "", "42"}, ""},
		"in the answer":       {[]string{"1", link, "", "42"}, "1"},
		"in the answer, no":   {[]string{"1", link, "", "42"}, "2"},
		"at a yes":            {[]string{"3", "1"}, "yes"},
		"in the wrong number": {[]string{"1", link, "", "17", "1"}, "42"},
		"at the nickname":     {[]string{"10", "4"}, "Ada"},
	} {
		t.Run(name, func(t *testing.T) {
			converse(t, "en", nil, func(p *person) {
				p.types(typed.lines...)
				io.WriteString(p.keys, typed.last)
				p.keys.Close()
				synctest.Wait()
				p.says("Goodbye.")
				p.did()
			})
		})
	}
}

func TestEmptyLinesApproveNothing(t *testing.T) {
	converse(t, "en", nil, func(p *person) {
		p.types("1", link)
		for range 20 {
			p.types("")
		}
		p.types("42")
		for range 20 {
			p.types("")
		}
		p.did()
		p.types("b", "b", "b")
		p.says("You left this without an answer")
		p.did()
	})
}

func TestAnEventIsToldAndTheQuestionAgain(t *testing.T) {
	converse(t, "en", nil, func(p *person) {
		p.types("1", link, "")
		io.WriteString(p.keys, "4") // half typed
		p.fake.me.Notices = []pairing.Notice{notice("n1", "New passkey: \x1b[2Jx")}
		p.forget()
		p.happens(nil)
		if said := p.transcript(); !strings.HasPrefix(said, "\nNew notice.") || !strings.HasSuffix(said, "Number on the desktop: ") {
			t.Errorf("%q", said)
		}
		io.WriteString(p.keys, "2\n1\n")
		synctest.Wait()
		p.did("approved profile;email;")
	})
}

// What comes while something else is going on waits for the next question.
func TestAnEventOfWhatIsOverIsNotTold(t *testing.T) {
	converse(t, "en", nil, func(p *person) {
		p.types("1", link, "b", "b")
		select {
		case p.fake.statuses <- pairing.Status{State: pairing.Expired}:
			t.Error("it is still watched")
		default:
		}
		if strings.Contains(p.transcript(), "Time is up") {
			t.Error("the end of what was left is told")
		}
	})
}

func TestRefusalThatWasNotHeardIsAskedAgain(t *testing.T) {
	converse(t, "en", nil, func(p *person) {
		p.types("1", link)
		p.fake.fails = unreachable
		p.types("r")
		p.says("There is no connection", "To give:")
		p.fake.fails = nil
		p.types("r")
		p.did("denied")
	})
}

func TestAPictureIsSent(t *testing.T) {
	picture := filepath.Join(t.TempDir(), "my ada.png")
	if err := os.WriteFile(picture, []byte("png"), 0o600); err != nil {
		t.Fatal(err)
	}
	converse(t, "en", nil, func(p *person) {
		p.types("8", "2", "'"+picture+"'") // as a file manager drops it
		p.says("Saved.", "There is a picture.")
		p.types("2", filepath.Dir(picture))
		p.says("Change the picture did not work.")
		p.did("picture png")
	})
}

func TestCtrlCLeavesWell(t *testing.T) {
	for name, lines := range map[string][]string{"menu": nil, "consent": {"1", link, "", "42"}, "text": {"1"}} {
		t.Run(name, func(t *testing.T) {
			converse(t, "en", nil, func(p *person) {
				p.types(lines...)
				p.cancel()
				synctest.Wait()
				p.says("\nGoodbye.\n")
				p.did()
			})
		})
	}
}

func TestTheLettersThemselvesCanBeTyped(t *testing.T) {
	converse(t, "en", func(p *person) { p.fake.me.Nickname = "Q" }, func(p *person) {
		p.types("10", "4", `"Q"`)
		p.did("deactivate")
		p.types("ｂ", "？") // full-width, as from an input method
		p.says("b goes back", "b goes back")
	})
}

func TestFirstALinkOfTheCommandLine(t *testing.T) {
	converse(t, "en", func(p *person) {
		p.first = link
		p.fake.me.Notices = []pairing.Notice{notice("n1", "New passkey")}
	}, func(p *person) {
		p.says("New passkey", "1. Mark as seen")
		p.types("1")
		p.says("It is marked as seen", "Campus Library wants to know who you are")
	})
}

func TestAListIsReadPageByPage(t *testing.T) {
	converse(t, "en", func(p *person) {
		for i := range 45 {
			p.fake.apps = append(p.fake.apps, pairing.AppGrant{ClientID: fmt.Sprint("x", i), Name: fmt.Sprint("App ", i)})
		}
	}, func(p *person) {
		p.types("3")
		p.says("20. App 17", "21. More, 27 further")
		p.types("21", "21")
		p.says("7. App 44", "Number, 1 to 7:")
		p.types("7", "yes", "b")
		p.did("revoke x44")
	})
}

// broken is an output that has gone.
type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errBroken }

func TestWithoutOutputNothingIsAsked(t *testing.T) {
	in, keys := io.Pipe()
	defer keys.Close()
	if err := Run(t.Context(), Options{In: in, Out: broken{}}); !errors.Is(err, errBroken) {
		t.Errorf("%v", err)
	}
}

// talk runs the whole of it against a server on the network.
type talk struct {
	t      *testing.T
	said   chan string
	keys   *io.PipeWriter
	ended  chan error
	before string
}

func (k *talk) Write(b []byte) (int, error) {
	k.said <- string(b)
	return len(b), nil
}

func startTalk(t *testing.T, o Options) *talk {
	t.Helper()
	in, keys := io.Pipe()
	ctx, cancel := context.WithCancel(t.Context())
	k := &talk{t: t, said: make(chan string, 10_000), keys: keys, ended: make(chan error, 1)}
	t.Cleanup(func() { cancel(); in.Close() })
	o.In, o.Out, o.NoEcho = in, k, true
	go func() { k.ended <- Run(ctx, o) }()
	return k
}

// until reads until text was said, as expect does.
func (k *talk) until(text string) {
	k.t.Helper()
	over := time.After(10 * time.Second)
	for all := k.before; ; {
		if _, after, ok := strings.Cut(all, text); ok {
			k.before = after
			return
		}
		select {
		case more := <-k.said:
			onlyText(k.t, more)
			all += more
		case <-over:
			k.t.Fatalf("%q was not said, but:\n%s", text, all)
		}
	}
}

func (k *talk) types(text string) {
	k.t.Helper()
	if _, err := io.WriteString(k.keys, text+"\n"); err != nil {
		k.t.Fatal(err)
	}
}

func (k *talk) ends() {
	k.t.Helper()
	k.keys.Close()
	if err := <-k.ended; err != nil {
		k.t.Error(err)
	}
}

func signedIn(t *testing.T) (*clienttest.Server, Options) {
	t.Helper()
	s := clienttest.New(nil)
	t.Cleanup(s.Close)
	o := client.Options{Dir: filepath.Join(t.TempDir(), "ham")}
	link, err := qr.ParseLink(s.EnrollLink())
	if err != nil {
		t.Fatal(err)
	}
	a, err := client.Enroll(t.Context(), link, o)
	if err != nil {
		t.Fatal(err)
	}
	return s, Options{Account: a, Client: o}
}

func TestAWholeSignInOverTheNetwork(t *testing.T) {
	s := clienttest.New(nil)
	defer s.Close()
	k := startTalk(t, Options{Client: client.Options{Dir: filepath.Join(t.TempDir(), "ham")}})
	k.until("Enrol link or path of a picture: ")
	k.types(s.EnrollLink())
	k.until("You are Ada")
	k.until("Number, 1 to 11: ")
	id, link := s.Begin(clienttest.Request())
	k.types("1")
	k.until("Link or path of a picture: ")
	k.types(link)
	k.until("Campus Library wants to know who you are, Ada.")
	k.until("go on: ")
	k.types("2")
	k.until("Student status is off.")
	k.types("")
	k.until("Number on the desktop: ")
	k.types("41")
	k.until("1. Approve")
	k.types("1")
	k.until("2 tries are left")
	k.until("Number on the desktop: ")
	s.Update(id, func(p *pairing.Pairing) { p.Claim.Contested++; p.Version++ })
	k.until("another device scanned this code too")
	k.types("42")
	k.until("1. Approve. It sees: Nickname and picture.")
	k.types("1")
	k.until("Approved: Campus Library.")
	if granted := s.Granted(id); len(granted) != 1 || granted[0] != "profile" {
		t.Errorf("granted: %v", granted)
	}
	if err := s.Finish(id); err != nil {
		t.Fatal(err)
	}
	k.until("Signed in: Campus Library.")
	k.ends()
}

func TestInputThatEndsInAConsentLeavesTheClaim(t *testing.T) {
	s, o := signedIn(t)
	id, link := s.Begin(clienttest.Request())
	o.Link = link
	k := startTalk(t, o)
	k.until("go on: ")
	k.types("")
	k.until("Number on the desktop: ")
	k.types("42")
	k.until("2. Refuse")
	k.ends()
	if state := s.State(id); state != pairing.Claimed {
		t.Errorf("it is %s", state)
	}
}

func TestAServerThatGoesInTheMiddle(t *testing.T) {
	s, o := signedIn(t)
	id, link := s.Begin(clienttest.Request())
	o.Link = link
	k := startTalk(t, o)
	k.until("go on: ")
	k.types("")
	k.types("42")
	k.until("2. Refuse")
	s.Intercept(func(w http.ResponseWriter, _ *http.Request) bool {
		w.WriteHeader(http.StatusBadGateway)
		return true
	})
	k.types("1")
	k.until("There is no connection to 127.0.0.1")
	k.until("1. Approve")
	s.Intercept(nil)
	k.types("1")
	k.until("Approved: Campus Library.")
	if state := s.State(id); state != pairing.Approved {
		t.Errorf("it is %s", state)
	}
	s.Server.Close()
	k.types("3")
	k.until("Asking for “Apps that know you” did not work.")
	k.until("Number, 1 to 11: ")
	k.ends()
}

func TestADeviceThatWasRemovedEnrolsAgain(t *testing.T) {
	s, o := signedIn(t)
	k := startTalk(t, o)
	k.until("Number, 1 to 11: ")
	s.RemoveDevices()
	k.types("2")
	k.until("The server no longer knows this device.")
	k.until("Enrol link or path of a picture: ")
	k.types(s.EnrollLink())
	k.until("You are Ada")
	k.ends()
	all, err := client.Accounts(o.Client)
	if err != nil || len(all) != 1 {
		t.Errorf("%d accounts are kept, %v", len(all), err)
	}
}

// An account that works is never given up for one that was removed.
func TestEnrollingAgainReplacesTheRemovedAccountOnly(t *testing.T) {
	first, o := signedIn(t)
	second := clienttest.New(nil)
	defer second.Close()
	link, err := qr.ParseLink(second.EnrollLink())
	if err != nil {
		t.Fatal(err)
	}
	add := o.Client
	add.Add = true
	other, err := client.Enroll(t.Context(), link, add) // it is the one in use now
	if err != nil {
		t.Fatal(err)
	}
	k := startTalk(t, o)
	k.until("Number, 1 to 11: ")
	first.RemoveDevices()
	k.types("2")
	k.until("Enrol link or path of a picture: ")
	k.types(first.EnrollLink())
	k.until("You are Ada")
	k.types("9")
	k.until("2. ")
	k.ends()
	all, err := client.Accounts(o.Client)
	if err != nil || len(all) != 2 {
		t.Fatalf("%d accounts are kept, %v", len(all), err)
	}
	if _, err := client.Choose(all, other.Folder()); err != nil {
		t.Errorf("the account that worked is gone: %v", err)
	}
}

// An account whose key is sealed comes locked: the conversation asks for it.
func TestAnAccountWhoseKeyIsSealedComesLocked(t *testing.T) {
	_, o := signedIn(t)
	other := clienttest.New(nil)
	defer other.Close()
	link, err := qr.ParseLink(other.EnrollLink())
	if err != nil {
		t.Fatal(err)
	}
	add := o.Client
	add.Add = true
	a, err := client.Enroll(t.Context(), link, add)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Seal("correct horse battery staple"); err != nil {
		t.Fatal(err)
	}
	all, err := accountsOf(o.Client)
	if err != nil || len(all) != 2 {
		t.Fatalf("%v, %v", all, err)
	}
	for _, k := range all {
		if k.sealed != (k.folder == a.Folder()) {
			t.Errorf("%+v", k)
		}
	}
	b, err := use(o.Client, a.Folder())
	if err != nil || !b.locked() {
		t.Fatalf("it was opened without its passphrase, or not at all (%v)", err)
	}
	if err := b.vault.Unlock("correct horse battery staple"); err != nil || b.locked() {
		t.Error(err)
	}
}

func FuzzTyped(f *testing.F) {
	f.Add("1\x1b[A\x00b")
	f.Add("\x9b1;2H\x1b]0;x\a" + strings.Repeat("\xff", 9))
	f.Fuzz(func(t *testing.T, typed string) {
		onlyText(t, strings.ReplaceAll(fit(typed), "\n", "\x00"))
		onlyText(t, short(fit(typed)))
	})
}
