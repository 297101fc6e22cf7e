package tui

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/google/go-cmp/cmp"

	"hamconnect/qr/pairing"
	"hamconnect/tui/client"
)

func driveAccount(t *testing.T, test func(d *driver)) {
	t.Helper()
	drive(t, false, func(d *driver) {
		d.fake.lived()
		d.changed()
		test(d)
	})
}

// many apps, as a list has them that is a nuisance to draw.
func many(n int) (apps []pairing.AppGrant) {
	for i := range n {
		apps = append(apps, pairing.AppGrant{ClientID: fmt.Sprint("m", i), Name: fmt.Sprintf("App %05d", i), Host: "app.example", Since: day(1, 9), Used: day(2, 9)})
	}
	return apps
}

func TestAccountScreens(t *testing.T) {
	offline := fmt.Errorf("cannot reach https://ham.example: connection refused%.0w", client.ErrUnreachable)
	for name, steps := range map[string]func(d *driver){
		"menu":              func(*driver) {},
		"menu-focus":        func(d *driver) { d.keys("down", "down") },
		"menu-offline":      func(d *driver) { d.send(lostMsg{of: d.root.app.account}) },
		"apps":              func(d *driver) { d.keys("1") },
		"apps-last":         func(d *driver) { d.keys("1", "G") },
		"apps-find":         func(d *driver) { d.keys("1", "/", "lib") },
		"apps-find-nothing": func(d *driver) { d.keys("1", "/", "zzz") },
		"apps-revoking":     func(d *driver) { d.keys("1", "x"); d.pass(2) },
		"apps-revoked":      func(d *driver) { d.keys("1", "x"); d.pass(6) },
		"apps-offline":      func(d *driver) { d.keys("1"); d.send(lostMsg{of: d.root.app.account}); d.keys("x") },
		"apps-failed":       func(d *driver) { d.fake.loadErr = offline; d.keys("1") },
		"apps-wait":         func(d *driver) { d.fake.hang = true; d.keys("1") },
		"apps-none":         func(d *driver) { d.fake.apps = nil; d.keys("1") },
		"apps-many":         func(d *driver) { d.fake.apps = many(300); d.keys("1", "pgdown", "pgdown", "j") },
		"apps-help":         func(d *driver) { d.keys("1", "?") },
		"devices":           func(d *driver) { d.keys("2") },
		"devices-this":      func(d *driver) { d.keys("2", "x") },
		"devices-remove":    func(d *driver) { d.keys("2", "j", "x") },
		"devices-removed":   func(d *driver) { d.keys("2", "j", "x", "y") },
		"passkeys":          func(d *driver) { d.keys("3") },
		"passkeys-copied":   func(d *driver) { d.keys("3", "j") },
		"passkeys-last":     func(d *driver) { d.fake.actErr = failure(pairing.FailLastWayIn, nil); d.keys("3", "x", "y") },
		"passkeys-none":     func(d *driver) { d.fake.keys = nil; d.keys("3") },
		"passkeys-rename":   func(d *driver) { d.keys("3", "r") },
		"passkeys-renamed":  func(d *driver) { d.keys("3", "r", " 2", "enter") },
		"browsers":          func(d *driver) { d.keys("4", "j") },
		"browsers-end":      func(d *driver) { d.keys("4", "x") },
		"browsers-none":     func(d *driver) { d.fake.sessions = nil; d.keys("4") },
		"activity":          func(d *driver) { d.keys("5") },
		"activity-second":   func(d *driver) { d.keys("5", "j") },
		"activity-none":     func(d *driver) { d.fake.events = nil; d.keys("5") },
		"profile":           func(d *driver) { d.keys("6") },
		"profile-language":  func(d *driver) { d.keys("6", "tab", "tab", "right", "right") },
		"profile-saved":     func(d *driver) { d.keys("6", "enter", "x", "enter") },
		"profile-nothing":   func(d *driver) { d.keys("6", "enter", "enter") },
		"profile-refused":   func(d *driver) { d.fake.actErr = failure(pairing.FailName, nil); d.keys("6", "enter", "x", "enter") },
		"locked":            func(d *driver) { d.sealed() },
		"locked-wrong":      func(d *driver) { d.sealed(); d.keys("wrong", "enter") },
		"request":           func(d *driver) { d.requested(); d.changed() },
		"request-sign-in": func(d *driver) {
			d.requested()
			d.fake.requests[0].Kind, d.fake.requests[0].AppName = pairing.KindSignIn, ""
			d.fake.requests[0].RedirectHost = ""
			d.changed()
		},
		"request-notice":   func(d *driver) { d.requested(); d.tell(2) },
		"request-reported": func(d *driver) { d.requested(); d.changed(); d.keys("f8"); d.changed() },
		"allow":            func(d *driver) { d.keys("8", "j", "enter") },
		"accounts":         func(d *driver) { d.two(); d.keys("7") },
		"accounts-used":    func(d *driver) { d.two(); d.keys("7", "j", "enter") },
		"accounts-damaged": func(d *driver) { d.two(); d.keys("7", "j", "j", "enter") },
		"accounts-add":     func(d *driver) { d.two(); d.keys("7", "up", "enter") },
		"more":             func(d *driver) { d.keys("8") },
		"more-leaving":     func(d *driver) { d.fake.leaves = ago(30, 9); d.changed(); d.keys("8") },
		"language":         func(d *driver) { d.keys("8", "enter") },
		"export":           func(d *driver) { d.keys("8", "j", "j", "j", "enter") },
		"deactivate":       func(d *driver) { d.keys("8", "up", "enter") },
		"deactivate-typed": func(d *driver) { d.keys("8", "up", "enter", "Ad", "enter") },
		"deactivated":      func(d *driver) { d.keys("8", "up", "enter", "Ada", "enter") },
	} {
		for _, language := range languages {
			t.Run(name+"-"+language, func(t *testing.T) {
				drive(t, false, func(d *driver) {
					d.fake.lived()
					d.fake.language = language
					d.changed()
					steps(d)
					for _, size := range [][2]int{{80, 24}, {40, 20}, {200, 50}} {
						d.send(tea.WindowSizeMsg{Width: size[0], Height: size[1]})
						golden(t, fmt.Sprintf("%s_%s_%dx%d", name, language, size[0], size[1]), d.root.View(), size[0], size[1])
					}
				})
			})
		}
	}
}

// requested is a browser that asks for Ada.
func (d *driver) requested() {
	d.fake.requests = []pairing.BrowserRequest{{
		ID: "AAAAAAAAAAAAAAAA", Kind: pairing.KindAuthorize, AppName: "Campus Library", RedirectHost: "library.example",
		Browser: pairing.Browser{Name: "Firefox on Linux", Address: "192.0.2.7"}, ExpiresIn: 170,
	}}
}

// two accounts are kept, and a damaged one.
func (d *driver) two() {
	d.kept = []client.Kept{
		{Account: &client.Account{Server: "https://ham.example", Nickname: "Ada", DeviceID: "d1"}, InUse: true},
		{Account: &client.Account{Server: "https://other.example", Nickname: "Ada L.", DeviceID: "d9"}},
		{Account: &client.Account{}, Damaged: errors.New("account.json is damaged; remove it and sign in again with a new enrol link")},
	}
}

func TestARequestOfABrowserIsLookedAtAndAnsweredWithTheNumber(t *testing.T) {
	driveAccount(t, func(d *driver) {
		d.requested()
		d.changed()
		d.keys("abc", "f4") // also while a text is typed
		want[*consent](d)
		if d.fake.approved != nil {
			t.Fatal("approved already")
		}
		d.keys("42", "enter")
		want[*result](d)
		if diff := cmp.Diff([]string{"answer AAAAAAAAAAAAAAAA"}, d.fake.acts); diff != "" {
			t.Error(diff)
		}
	})
}

func TestARequestThatHasRunOutIsShownNoMore(t *testing.T) {
	driveAccount(t, func(d *driver) {
		d.requested()
		d.changed()
		if !strings.Contains(d.root.View(), "Campus Library wants") {
			t.Fatalf("\n%s", d.root.View())
		}
		d.fake.requests = nil
		d.pass(171)
		if strings.Contains(d.root.View(), "Campus Library wants") {
			t.Errorf("\n%s", d.root.View())
		}
		d.keys("f4", "f8")
		if d.fake.acts != nil {
			t.Error(d.fake.acts)
		}
	})
}

func TestARequestIsReported(t *testing.T) {
	driveAccount(t, func(d *driver) {
		d.requested()
		d.changed()
		d.keys("f8")
		d.changed()
		if diff := cmp.Diff([]string{"report AAAAAAAAAAAAAAAA"}, d.fake.acts); diff != "" || strings.Contains(d.root.View(), "wants to") {
			t.Errorf("%s\n%s", diff, d.root.View())
		}
	})
}

// sealed makes Ada's key one that a passphrase opens, and lets ten minutes pass.
func (d *driver) sealed() {
	d.fake.passphrase = " correct horse "
	d.pass(11 * 60)
}

func TestASealedKeyIsLockedAfterTenIdleMinutes(t *testing.T) {
	driveAccount(t, func(d *driver) {
		d.tell(1)
		d.pass(11 * 60)
		want[*home](d) // a key that is not sealed stays open
		d.keys("?", "x")
		d.fake.passphrase = " correct horse "
		for range 4 {
			d.pass(5 * 60)
			d.keys("?", "x") // somebody is there
			want[*home](d)
		}
		d.keys("1", "x")
		d.pass(11 * 60)
		want[*prompt](d)
		if diff := cmp.Diff([]string{"revoke a1"}, d.fake.acts); diff != "" || !d.fake.isLocked {
			t.Errorf("what waited was lost: %s", diff)
		}
		if view := d.root.View(); strings.Contains(view, "Mensa") || strings.Contains(view, "New passkey") {
			t.Errorf("a locked app shows\n%s", view)
		}
		asked := d.fake.asked
		d.changed()
		d.keys("esc", "f2", "f4")
		want[*prompt](d)
		d.keys("correct horse", "enter")
		want[*prompt](d)
		if view := d.root.View(); !strings.Contains(view, "not the passphrase") || strings.Contains(view, "horse") {
			t.Errorf("\n%s", view)
		}
		d.keys("esc", " correct horse ", "enter")
		want[*home](d)
		if d.fake.isLocked || d.fake.asked == asked {
			t.Error("it is still locked")
		}
	})
}

// No timer runs while a machine sleeps; the first key that somebody presses
// after it opens nothing.
func TestAMachineThatSleptIsLockedByTheFirstKey(t *testing.T) {
	driveAccount(t, func(d *driver) {
		d.fake.passphrase = " correct horse "
		d.keys("?", "x")
		awake := d.root.app.now
		d.root.app.now = func() time.Time { return awake().Round(0).Add(8 * time.Hour) }
		d.keys("3")
		want[*prompt](d)
		if !d.fake.isLocked {
			t.Error("it is open")
		}
		d.keys(" correct horse ", "enter")
		want[*home](d)
	})
}

func TestAskingIsTurnedOnAndOff(t *testing.T) {
	driveAccount(t, func(d *driver) {
		d.keys("8", "j", "enter")
		if !d.fake.mayAsk || !strings.Contains(d.root.View(), "may ask from now on") {
			t.Errorf("\n%s", d.root.View())
		}
		d.keys("enter") // the cursor is where it was
		if d.fake.mayAsk {
			t.Error("still on")
		}
	})
}

func TestAccountsAreSwitchedAndNothingWaitingIsLost(t *testing.T) {
	driveAccount(t, func(d *driver) {
		d.two()
		d.keys("1", "x", "7", "j", "enter")
		if d.used != "" || !strings.Contains(d.root.View(), "wait a moment") {
			t.Fatalf("switched to %q\n%s", d.used, d.root.View())
		}
		d.pass(6)
		d.keys("enter")
		want[*home](d)
		if d.used != "d9" || !strings.Contains(d.root.View(), "· other.example") {
			t.Errorf("switched to %q\n%s", d.used, d.root.View())
		}
		d.keys("7")
		d.keptErr = errors.New("the disk is gone")
		d.keys("enter")
		if !strings.Contains(d.root.View(), "The disk is gone.") {
			t.Errorf("\n%s", d.root.View())
		}
	})
}

func TestAddingAnAccountCanBeLeft(t *testing.T) {
	driveAccount(t, func(d *driver) {
		d.two()
		d.keys("7", "up", "enter")
		want[*login](d)
		d.keys("esc")
		want[*accounts](d)
		d.keys("enter") // the cursor is where it was
		d.paste("https://ham.example/enroll/ABCDEFGHABCDEFGH")
		d.keys("enter")
		want[*home](d)
	})
}

func TestEveryLanguageHasEveryText(t *testing.T) {
	for _, gap := range catalogues().Gaps() {
		t.Error(gap)
	}
	for locale, want := range map[string]string{"": "en", "C": "en", "zh_CN.UTF-8": "zh", "ja-JP": "ja", "de": "en", "ZH": "zh"} {
		if got := speak(locale).code; got != want {
			t.Errorf("%q speaks %s", locale, got)
		}
	}
}

// tables of the texts.
var tables = func() map[string]bool {
	all := map[string]bool{}
	for _, key := range catalogues()[languages[0]].Keys() {
		table, _, _ := strings.Cut(key, ".")
		all[table] = true
	}
	return all
}()

var aKey = regexp.MustCompile(`^[a-z]+\.[a-z_]+$`)

// Each text is said somewhere, and each that is said is there.
func TestTheTextsAreThoseThatAreSaid(t *testing.T) {
	said := map[string]bool{}
	for _, place := range places {
		said["menu."+place.name] = true
	}
	for _, code := range append([]string{"auto"}, languages...) {
		said["language."+code] = true
	}
	for _, of := range []listing{apps(nil), devices(nil), passkeys(nil), browsers(nil), happened(nil)} {
		said[of.name+".title"], said[of.name+".empty"] = true, true
		for _, a := range of.acts {
			said[of.name+"."+a.name] = true
			if a.do != nil {
				said[of.name+"."+doneText[a.name]] = true
			}
			if a.asks {
				said[of.name+".ask"], said[of.name+".doing"] = true, true
			}
			if a.undo {
				said[of.name+".undoing"] = true
			}
		}
	}
	for _, method := range []string{"app", "passkey", "phone", "recovery"} {
		said["browsers."+method] = true
	}
	for _, field := range []string{"nickname", "language", "picture", "student"} {
		said["profile."+field] = true
	}
	for _, text := range literals(t) {
		if table, _, _ := strings.Cut(text, "."); aKey.MatchString(text) && tables[table] {
			said[text] = true
		}
	}
	has := speak("en")
	for _, key := range catalogues()["en"].Keys() {
		if !said[key] {
			t.Errorf("nothing says %s", key)
		}
	}
	for key := range said {
		if !has.has(key) {
			t.Errorf("there is no text %s", key)
		}
	}
}

// literals are the strings in the source of the package.
func literals(t *testing.T) (all []string) {
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if l, ok := n.(*ast.BasicLit); ok && l.Kind == token.STRING {
				text, err := strconv.Unquote(l.Value)
				if err != nil {
					t.Fatal(err)
				}
				all = append(all, text)
			}
			return true
		})
	}
	return all
}

func TestARevocationWaitsAndCanBeTakenBack(t *testing.T) {
	driveAccount(t, func(d *driver) {
		d.keys("1", "x")
		d.pass(4)
		if d.fake.acts != nil || strings.Contains(d.root.screen.(*list).rows[0].name, "Mensa") {
			t.Fatalf("done already: %v", d.fake.acts)
		}
		d.keys("u")
		d.pass(10)
		if d.fake.acts != nil || len(d.root.screen.(*list).shown) != 3 {
			t.Fatalf("taken back, and yet: %v, %d rows", d.fake.acts, len(d.root.screen.(*list).shown))
		}
		d.keys("x")
		d.pass(6)
		if diff := cmp.Diff([]string{"revoke a1"}, d.fake.acts); diff != "" {
			t.Error(diff)
		}
		if len(d.root.screen.(*list).shown) != 2 {
			t.Error("the app is still listed")
		}
	})
}

func TestARevocationIsDoneOnAnotherScreenTooAndBeforeTheNext(t *testing.T) {
	driveAccount(t, func(d *driver) {
		d.keys("1", "x", "esc")
		want[*home](d)
		d.pass(6)
		if diff := cmp.Diff([]string{"revoke a1"}, d.fake.acts); diff != "" {
			t.Fatal(diff)
		}
		d.keys("1", "x", "x")
		if diff := cmp.Diff([]string{"revoke a1", "revoke a2"}, d.fake.acts); diff != "" {
			t.Error(diff)
		}
		d.keys("ctrl+c")
		if l := d.root.app.later; l == nil || l.row.id != "a3" {
			t.Errorf("what waits when the app is left is %+v", l)
		}
	})
}

func TestARevocationThatFailsIsSaidWhereverOneIs(t *testing.T) {
	driveAccount(t, func(d *driver) {
		d.fake.actErr = client.ErrUnreachable
		d.keys("1", "x", "esc")
		d.pass(6)
		if view := d.root.View(); !strings.Contains(view, "Campus Library:") {
			t.Errorf("\n%s", view)
		}
	})
}

func TestNothingIsRemovedWithoutAYes(t *testing.T) {
	for place, target := range map[string]string{"2": "remove d2", "3": "remove k2", "4": "end s2"} {
		driveAccount(t, func(d *driver) {
			d.keys(place, "j", "x")
			for _, other := range []string{"enter", " ", "x", "j", "1", "ctrl+r", "/"} {
				d.keys(other)
			}
			if d.fake.acts != nil {
				t.Fatalf("%s: %v", place, d.fake.acts)
			}
			d.keys("n", "y", "Y")
			if d.fake.acts != nil {
				t.Fatalf("%s: after no %v", place, d.fake.acts)
			}
			d.keys("x", "esc", "x", "y")
			if diff := cmp.Diff([]string{target}, d.fake.acts); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestTheQuestionIsAboutTheRowThatWasChosenWhateverIsLoaded(t *testing.T) {
	driveAccount(t, func(d *driver) {
		d.keys("2", "j", "x")
		d.fake.devices = append([]pairing.HamApp{{ID: "d0", Name: "another"}}, d.fake.devices...)
		d.changed()
		d.keys("y")
		if diff := cmp.Diff([]string{"remove d2"}, d.fake.acts); diff != "" {
			t.Error(diff)
		}
		for _, left := range [][]pairing.HamApp{{{ID: "d4", Name: "another"}, {ID: "d1", Name: "terminal", This: true}}, nil} {
			d.fake.devices = []pairing.HamApp{{ID: "d3", Name: "tablet"}, {ID: "d4", Name: "another"}}
			d.changed()
			d.keys("g", "x")
			if !strings.Contains(d.root.View(), "Remove tablet?") {
				t.Fatalf("\n%s", d.root.View())
			}
			d.fake.devices = left // the one in question is gone meanwhile
			d.changed()
			if view := d.root.View(); strings.Contains(view, "Remove ") || !strings.Contains(view, "not there any more") {
				t.Errorf("\n%s", view)
			}
			d.keys("y")
			if len(d.fake.acts) != 1 {
				t.Error(d.fake.acts)
			}
			d.keys("esc")
			d.send(homeMsg{})
			d.keys("2")
		}
	})
}

func TestNewsLoadsTheListAgainAndKeepsTheCursor(t *testing.T) {
	driveAccount(t, func(d *driver) {
		d.keys("1", "j")
		d.fake.apps = append([]pairing.AppGrant{{ClientID: "a0", Name: "Aardvark"}}, d.fake.apps...)
		d.changed()
		l := d.root.screen.(*list)
		if r, _ := l.chosen(); r.id != "a2" || len(l.rows) != 4 {
			t.Errorf("the cursor is on %s of %d", r.id, len(l.rows))
		}
		d.fake.loadErr = client.ErrUnreachable
		d.changed()
		if len(l.rows) != 4 || !strings.Contains(d.root.View(), "Aardvark") {
			t.Errorf("an error empties the list:\n%s", d.root.View())
		}
	})
}

func TestWithoutConnectionNothingIsDoneAndNothingQueued(t *testing.T) {
	driveAccount(t, func(d *driver) {
		d.send(lostMsg{of: d.root.app.account})
		for _, keys := range [][]string{{"1", "x"}, {"2", "j", "x", "y"}, {"3", "x", "y"}, {"4", "x", "y"}, {"6", "enter", "x", "enter"}} {
			d.keys("esc")
			d.send(homeMsg{})
			d.keys(keys...)
			if view := strings.Join(strings.Fields(d.root.View()), " "); !strings.Contains(view, "nothing was done") {
				t.Errorf("%v:\n%s", keys, d.root.View())
			}
		}
		d.changed()
		d.pass(20)
		if d.fake.acts != nil {
			t.Errorf("done later: %v", d.fake.acts)
		}
		d.send(homeMsg{})
		d.keys("4", "x", "y")
		if len(d.fake.acts) != 1 {
			t.Error("the connection is back, and it is still refused")
		}
	})
}

func TestTheWholeOfALongListIsLoadedAndFound(t *testing.T) {
	driveAccount(t, func(d *driver) {
		d.fake.events = nil
		for i := range 175 {
			d.fake.events = append(d.fake.events, pairing.Event{ID: fmt.Sprint("e", i), Title: fmt.Sprintf("Thing %d", i), At: day(1, 1)})
		}
		d.keys("5", "/", "thing 17", "enter")
		l := d.root.screen.(*list)
		if len(l.rows) != 175 || len(l.shown) != 6 { // 17, 170 to 174
			t.Errorf("%d rows, %d shown", len(l.rows), len(l.shown))
		}
		d.keys("esc")
		if len(l.shown) != 175 {
			t.Error("the filter stays")
		}
		d.keys("esc")
		want[*home](d)
	})
}

func TestNumbersJumpAndTypedLinksDoNot(t *testing.T) {
	driveAccount(t, func(d *driver) {
		for i, place := range places {
			if place.name == "profile" || place.name == "more" || place.name == "accounts" {
				continue
			}
			d.keys(fmt.Sprint(i + 1))
			if l, ok := d.root.screen.(*list); !ok || l.of.name != place.name {
				t.Errorf("%d leads to %T", i+1, d.root.screen)
			}
		}
		d.keys("0")
		want[*home](d)
		d.keys("https://ham.example/q/123")
		if got := d.root.screen.(*home).entry.input.Value(); got != "https://ham.example/q/123" {
			t.Errorf("typed %q", got)
		}
		d.paste("7")
		want[*home](d)
	})
}

func TestTheMouseChoosesAndScrolls(t *testing.T) {
	press := func(x, y int) tea.MouseMsg {
		return tea.MouseMsg{X: x, Y: y, Button: tea.MouseButtonLeft, Action: tea.MouseActionPress}
	}
	for _, size := range [][2]int{{80, 24}, {40, 20}, {200, 50}} {
		driveAccount(t, func(d *driver) {
			d.send(tea.WindowSizeMsg{Width: size[0], Height: size[1]})
			find := func(text string) (x, y int) {
				for y, line := range strings.Split(d.root.View(), "\n") {
					if before, _, ok := strings.Cut(line, text); ok {
						return cells(before), y
					}
				}
				t.Fatalf("%q is not on the screen:\n%s", text, d.root.View())
				return 0, 0
			}
			d.send(press(find("Browsers")))
			if l, ok := d.root.screen.(*list); !ok || l.of.name != "browsers" {
				t.Fatalf("%v: a press leads to %T", size, d.root.screen)
			}
			d.send(press(find("Safari")))
			if r, _ := d.root.screen.(*list).chosen(); r.id != "s2" {
				t.Errorf("%v: chosen is %s", size, r.id)
			}
			d.send(tea.MouseMsg{Button: tea.MouseButtonWheelUp})
			if r, _ := d.root.screen.(*list).chosen(); r.id != "s1" {
				t.Errorf("%v: chosen is %s", size, r.id)
			}
			d.send(press(0, 0))
			d.send(press(size[0]-1, size[1]-1))
		})
	}
}

func TestTheProfileIsSavedAndAPictureSent(t *testing.T) {
	file := filepath.Join(t.TempDir(), "me.png")
	if err := os.WriteFile(file, []byte("picture"), 0o600); err != nil {
		t.Fatal(err)
	}
	driveAccount(t, func(d *driver) {
		d.keys("6", "enter", " Lovelace", "tab", "right", "tab")
		d.paste(file)
		d.keys("enter")
		if diff := cmp.Diff([]string{"picture picture", "profile Ada Lovelace/en"}, d.fake.acts); diff != "" {
			t.Error(diff)
		}
		if d.root.app.account.name != "Ada Lovelace" {
			t.Errorf("the header says %s", d.root.app.account.name)
		}
		d.paste("/nowhere.png")
		d.keys("enter")
		if view := d.root.View(); !strings.Contains(view, "no such file") || len(d.fake.acts) != 2 {
			t.Errorf("%v\n%s", d.fake.acts, view)
		}
	})
}

func TestALanguageIsSpokenAtOnce(t *testing.T) {
	driveAccount(t, func(d *driver) {
		d.keys("8", "enter", "down", "down", "enter")
		if view := d.root.View(); !strings.Contains(view, "更多") {
			t.Errorf("\n%s", view)
		}
		if diff := cmp.Diff([]string{"profile -/zh"}, d.fake.acts); diff != "" {
			t.Error(diff)
		}
	})
}

func TestTheCursorStaysWhereItWas(t *testing.T) {
	chosen := func(d *driver, text string) {
		t.Helper()
		for line := range strings.SplitSeq(d.root.View(), "\n") {
			if strings.Contains(line, "▸") && strings.Contains(line, text) {
				return
			}
		}
		t.Errorf("the cursor is not on %q:\n%s", text, d.root.View())
	}
	driveAccount(t, func(d *driver) {
		d.keys("8", "j", "j", "j", "enter", "esc")
		chosen(d, "Export")
		d.keys("esc", "8")
		chosen(d, "Language") // it begins anew
		d.keys("enter", "down", "down", "down", "enter")
		chosen(d, "言語")
		d.keys("enter", "up", "up", "enter")
		chosen(d, "Language")
		d.keys("3", "j", "r", "esc")
		chosen(d, "a passkey")
		d.keys("r", "x", "enter")
		chosen(d, "a passkey")
		d.keys("x", "y") // the last one is gone: the nearest has it
		chosen(d, "iCloud Keychain")
		d.keys("2", "j")
		chosen(d, "Pixel 9")
		d.fake.devices = append([]pairing.HamApp{{ID: "d0", Name: "an older one"}}, d.fake.devices...)
		d.changed()
		chosen(d, "Pixel 9")
		d.two()
		d.keys("7", "up", "enter", "esc")
		chosen(d, "Add an account")
	})
}

func TestARemarkGoesWithWhatItWasAbout(t *testing.T) {
	driveAccount(t, func(d *driver) {
		shows := func(text string, want bool) {
			t.Helper()
			if view := d.root.View(); strings.Contains(view, text) != want {
				t.Errorf("%q: %v\n%s", text, !want, view)
			}
		}
		d.keys("2", "j", "x", "y")
		d.changed() // that is our own doing
		shows("Pixel 9 was removed.", true)
		d.pass(6)
		shows("Pixel 9 was removed.", true) // nobody has read it yet
		d.fake.devices = append(d.fake.devices, pairing.HamApp{ID: "d2", Name: "Pixel 9"})
		d.changed()
		shows("Pixel 9 was removed.", false)

		for name, steps := range map[string][]string{"a list": {"2", "j", "x"}, "a menu": {"8", "j", "enter"}, "the profile": {"6", "enter", "x", "enter"}, "a prompt": {"8", "j", "j", "j", "enter", "enter"}} {
			d.send(lostMsg{of: d.root.app.account})
			d.keys(steps...)
			shows("There is no connection", true)
			d.changed()
			shows("There is no connection", false)
			if t.Failed() {
				t.Fatal(name)
			}
			d.keys("esc", "esc", "esc")
			d.root.screen = newHome(d.root.app, remark{}, "")
		}
	})
}

func TestDeactivatingWantsTheNickname(t *testing.T) {
	driveAccount(t, func(d *driver) {
		d.keys("8", "up", "enter", "enter", "ada", "enter")
		if d.fake.acts != nil {
			t.Fatalf("done: %v", d.fake.acts)
		}
		d.keys("backspace", "backspace", "backspace", "Ada", "enter")
		if len(d.fake.acts) != 1 || !strings.Contains(d.root.View(), "2026-11-30") {
			t.Errorf("%v\n%s", d.fake.acts, d.root.View())
		}
		d.keys("enter") // keep it: it stands in the same place
		if d.fake.leaves != nil || !strings.Contains(d.root.View(), "stays") {
			t.Errorf("%v\n%s", d.fake.acts, d.root.View())
		}
	})
}

func TestAnExportOverwritesNothing(t *testing.T) {
	t.Chdir(t.TempDir())
	driveAccount(t, func(d *driver) {
		d.keys("8", "j", "j", "j", "enter", "enter")
		info, err := os.Stat("ham-account.json")
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Fatalf("%v, %v", info, err)
		}
		d.keys("enter", "enter") // once more
		if view := d.root.View(); !strings.Contains(view, "there already") {
			t.Errorf("\n%s", view)
		}
	})
}

func TestEveryAccountScreenHoldsEverySize(t *testing.T) {
	for name, steps := range map[string]func(d *driver){
		"apps":     func(d *driver) { d.keys("1", "G") },
		"remove":   func(d *driver) { d.keys("2", "j", "x") },
		"passkeys": func(d *driver) { d.keys("3", "j") },
		"profile":  func(d *driver) { d.keys("6") },
		"leave":    func(d *driver) { d.keys("8", "up", "enter", "no", "enter") },
		"menu":     func(d *driver) { d.keys("8") },
	} {
		t.Run(name, func(t *testing.T) {
			everySize(t, "en", func(d *driver) {
				d.fake.lived()
				d.fake.devices[1].Name = strings.Repeat("図書館", 60)
				steps(d)
			})
		})
	}
}

func TestAnAnswerToALeftListIsDropped(t *testing.T) {
	driveAccount(t, func(d *driver) {
		d.fake.hang = true
		d.keys("1")
		old := d.root.screen.(*list).try
		d.keys("esc")
		d.fake.hang = false
		d.keys("2")
		d.send(rowsMsg{try: old, rows: []row{{id: "evil", name: "evil"}}})
		d.send(actedMsg{try: old, err: errors.New("evil")})
		if strings.Contains(d.root.View(), "evil") {
			t.Errorf("\n%s", d.root.View())
		}
	})
}
