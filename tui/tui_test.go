package tui

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hamconnect/qr/pairing"
	"hamconnect/tui/client"
)

func TestTheNumberAndTheTicksAreSent(t *testing.T) {
	drive(t, false, func(d *driver) {
		d.scan(nil)
		d.keys("up", " ", "4", "9", "backspace", "2", "enter")
		want[*result](d)
		if diff := cmp.Diff([]string{"profile"}, d.fake.approved); diff != "" || d.fake.number != 42 {
			t.Errorf("number %d, %s", d.fake.number, diff)
		}
	})
}

func TestNothingIsApprovedWithoutTwoDigits(t *testing.T) {
	drive(t, false, func(d *driver) {
		d.scan(nil)
		d.keys("0", "4", "a", "enter", "tab", "enter")
		want[*consent](d)
		if d.fake.approved != nil || d.fake.number != 0 {
			t.Error("an approval was sent")
		}
	})
}

func TestEnterOnRefuseRefuses(t *testing.T) {
	drive(t, false, func(d *driver) {
		d.scan(nil)
		d.keys("42", "down", "down", "enter")
		want[*result](d)
		if k := d.root.screen.(*result).outcome.kind; k != denied || d.fake.approved != nil {
			t.Errorf("kind %d, approved %v", k, d.fake.approved)
		}
	})
}

func TestWhatHappensOnTheDesktopShowsByItself(t *testing.T) {
	for state, kind := range map[pairing.State]kind{
		pairing.Cancelled: cancelled, pairing.Expired: expired, pairing.Denied: denied,
	} {
		drive(t, false, func(d *driver) {
			d.scan(nil)
			d.fake.status <- pairing.Status{State: state, Version: 3, TriesLeft: 2}
			d.pass(1)
			want[*result](d)
			if got := d.root.screen.(*result).outcome.kind; got != kind {
				t.Errorf("%s: kind %d", state, got)
			}
		})
	}
}

func TestNotMeOnTheDesktopShowsAfterAnApproval(t *testing.T) {
	drive(t, false, func(d *driver) {
		d.scan(nil)
		d.keys("42", "enter")
		d.fake.status <- pairing.Status{State: pairing.Cancelled, Version: 4}
		d.pass(1)
		if got := d.root.screen.(*result).outcome.kind; got != cancelled {
			t.Errorf("kind %d", got)
		}
	})
}

func TestWrongNumbers(t *testing.T) {
	drive(t, false, func(d *driver) {
		d.scan(nil)
		d.fake.approve = failure(pairing.FailNumber, func(f *client.Failure) { f.TriesLeft = 2 })
		d.keys("11", "enter")
		want[*consent](d)
		if c := d.root.screen.(*consent); c.number != "" || c.note == "" {
			t.Errorf("number %q, note %q", c.number, c.note)
		}
		d.fake.approve = failure(pairing.FailNumber, nil)
		d.keys("12", "enter")
		want[*result](d)
	})
}

func TestAnAnswerThatIsLostCanBeGivenAgain(t *testing.T) {
	drive(t, false, func(d *driver) {
		d.scan(nil)
		d.fake.approve = errors.Join(client.ErrUnreachable)
		d.keys("42", "enter")
		want[*consent](d)
		d.fake.approve = nil
		d.keys("enter")
		want[*result](d)
	})
}

func TestEscStopsEveryWait(t *testing.T) {
	drive(t, false, func(d *driver) {
		d.fake.hang = true
		d.paste(goodLink)
		d.keys("enter", "esc")
		want[*home](d)
		if d.root.screen.(*home).entry.try != nil {
			t.Error("home still waits")
		}
		d.fake.hang = false
		d.keys("enter")
		want[*consent](d)
		d.fake.hang = true
		d.keys("42", "enter", "esc")
		want[*consent](d)
		if d.root.screen.(*consent).try != nil {
			t.Error("consent still waits")
		}
		d.keys("esc")
		want[*home](d)
	})
}

func TestAnAnswerThatComesTooLateIsDropped(t *testing.T) {
	drive(t, false, func(d *driver) {
		d.scan(nil)
		old := d.root.screen.(*consent)
		d.keys("esc")
		for _, msg := range []any{
			statusMsg{of: old, status: pairing.Status{State: pairing.Approved}},
			foundMsg{try: newTry(d.root.app, ""), ask: d.fake.ask},
			decidedMsg{try: newTry(d.root.app, ""), approved: true},
			tickMsg{of: old},
		} {
			d.send(msg)
			want[*home](d)
		}
	})
}

func TestHelpOpensUnlessAQuestionMarkIsTyped(t *testing.T) {
	drive(t, false, func(d *driver) {
		d.keys("?")
		if !d.root.help {
			t.Error("no help")
		}
		d.keys("x", "h?")
		if got := d.root.screen.(*home).entry.input.Value(); d.root.help || got != "h?" {
			t.Errorf("help %v, typed %q", d.root.help, got)
		}
		d.keys("f1")
		if !d.root.help {
			t.Error("no help on F1")
		}
	})
}

func TestCtrlCLeavesFromEverywhere(t *testing.T) {
	for name, steps := range map[string]func(d *driver){
		"home":    func(*driver) {},
		"help":    func(d *driver) { d.keys("?") },
		"a wait":  func(d *driver) { d.fake.hang = true; d.paste(goodLink); d.keys("enter") },
		"consent": func(d *driver) { d.scan(nil) },
		"result":  func(d *driver) { d.scan(nil); d.keys("42", "enter") },
	} {
		t.Run(name, func(t *testing.T) {
			drive(t, false, func(d *driver) {
				steps(d)
				d.keys("ctrl+c")
				if !d.quit {
					t.Error("it stays")
				}
			})
		})
	}
}

func TestAFreshDeviceEnrolsAndARemovedOneAgain(t *testing.T) {
	drive(t, true, func(d *driver) {
		want[*login](d)
		d.paste("https://ham.example/enroll/ABCDEFGHABCDEFGH")
		d.keys("enter")
		want[*home](d)
		d.news(failure(pairing.FailNotSignedIn, nil))
		want[*login](d)
	})
}

func TestADeepLinkOpensTheBrowserOnlyAfterYes(t *testing.T) {
	drive(t, false, func(d *driver) {
		d.fake.redirect = "https://library.example/callback?code=1"
		d.deepLink()
		want[*consent](d)
		if d.opened != nil {
			t.Fatal("opened before the answer")
		}
		d.keys("a")
		if diff := cmp.Diff([]string{d.fake.redirect}, d.opened); diff != "" {
			t.Error(diff)
		}
	})
}

func TestEnterTwiceDoesNotApproveADeepLink(t *testing.T) {
	drive(t, false, func(d *driver) {
		for _, scopes := range []int{0, 1} {
			asked := ask(d.t, nil).Asked
			asked.PairingID, asked.Scopes = "", asked.Scopes[:scopes]
			d.send(askedMsg{&client.Ask{Asked: asked}})
			d.keys("enter")
			if d.opened != nil || d.fake.approved != nil {
				t.Errorf("approved with %d scopes", scopes)
			}
		}
	})
}

func TestDarkAndLightTerminals(t *testing.T) {
	for answer, want := range map[string]bool{
		"": true, "\x1b[?62c": true, "\x1b]11;rgb:0000/0000/0000\x1b\\": true,
		"\x1b]11;rgb:ffff/ffff/ffff\a\x1b[?62c": false, "\x1b]11;rgb:fd/f6/e3\a": false, "\x1b]11;rgb:2828/2c2c/3434\a": true,
	} {
		if got := dark(answer); got != want {
			t.Errorf("%q: dark is %v", answer, got)
		}
	}
}

// Bubble Tea's init must find a terminal that is called dumb; see package quiet.
func TestNothingIsAskedOfTheTerminalAtTheStart(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, "-test.run=^$")
	cmd.Env = append(os.Environ(), "GODEBUG=inittrace=1", "TERM=xterm")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatal(err)
	}
	quiet, bubbletea := strings.Index(string(out), "internal/quiet "), strings.Index(string(out), "charmbracelet/bubbletea ")
	if quiet < 0 || bubbletea < quiet {
		t.Errorf("quiet starts at %d, Bubble Tea at %d", quiet, bubbletea)
	}
}
