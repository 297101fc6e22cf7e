//go:build unix

package main

import (
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"hamconnect/qr"
	"hamconnect/server"
	"hamconnect/server/servertest"
	"hamconnect/tui/client"
)

// TestInARealTerminal tells its stories in tmux, one terminal for each.
func TestInARealTerminal(t *testing.T) {
	t.Parallel()
	need(t, "tmux")
	for name, story := range map[string]func(*testing.T){
		"a link is pasted and approved":                  pasteALink,
		"a scope is left out":                            leaveAScopeOut,
		"a screenshot of a real browser":                 screenshotInTheApp,
		"refused, and wrong numbers":                     refuseInTheApp,
		"keys, help and leaving":                         keysAndHelp,
		"a small terminal":                               smallTerminal,
		"without colour":                                 withoutColour,
		"the first run signs in with an enrol link":      firstRun,
		"a notice, and a link for a passkey":             noticeAndPasskey,
		"the server goes away and comes back":            serverAway,
		"the account, as it changes":                     accountScreens,
		"a sealed key":                                   sealedKey,
		"put aside and taken up again":                   putAside,
		"ended from outside, the terminal is left whole": endedFromOutside,
		"ham approve asks":                               approveAsks,
		"what locks out is asked, and a list fits":       removeAsks,
		"the demo brings its app":                        demoWithApp,
		"in lines, from the enrol link to the approval":  plainSignIn,
		"in lines, where the terminal can do no more":    plainOnADumbTerminal,
		"in lines, what comes by itself":                 plainNews,
		"in lines, with sealed keys of two accounts":     plainSealed,
		"in lines, beside the demo":                      plainDemo,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			story(t)
		})
	}
}

// terminal is a tmux of its own with a shell in it.
type terminal struct {
	t      *testing.T
	socket string
	raw    string // file of all that programs wrote to the terminal
}

func openTerminal(t *testing.T, width, height int) *terminal {
	t.Helper()
	// A socket's path must be short, and a test's own folder is not.
	dir, err := os.MkdirTemp("", "ham-tmux-")
	if err != nil {
		t.Fatal(err)
	}
	term := &terminal{t: t, socket: filepath.Join(dir, "s"), raw: filepath.Join(dir, "raw")}
	config, rc := filepath.Join(dir, "conf"), filepath.Join(dir, "rc")
	if err := os.WriteFile(rc, []byte("PS1='prompt> '\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(config, []byte("set -g default-terminal screen-256color\nset -s escape-time 10\nset -s exit-empty off\nset -g history-limit 5000\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	// CI is taken out: where it is set, terminals are held to have no colours.
	environment := append(os.Environ(), "LC_ALL=C.UTF-8", "ENV="+rc, "HOME="+dir, "TMUX=", "NO_COLOR=", "CI=", "DISPLAY=", "WAYLAND_DISPLAY=")
	// -D keeps the server a child of ours, so that it cannot outlive us.
	tmux, err := startProcess(environment, dir, "tmux", "-u", "-S", term.socket, "-f", config, "-D")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the screen at the end, with what scrolled out of it:\n%s", term.ask("capture-pane", "-p", "-S", "-500"))
		}
		_ = term.try("kill-server")
		if _, err := tmux.end(syscall.SIGTERM, 5*time.Second); err != nil {
			t.Error(err)
		}
		_ = os.RemoveAll(dir) // the system's own folder for such things
	})
	eventually(t, "tmux", func() (string, bool) {
		err := term.try("new-session", "-d", "-x", strconv.Itoa(width), "-y", strconv.Itoa(height), "sh")
		return fmt.Sprint(err) + tmux.output.String(), err == nil
	})
	term.do("pipe-pane", "-o", "cat >> "+term.raw)
	term.shows("prompt>")
	return term
}

func (term *terminal) command(args ...string) *exec.Cmd {
	return exec.Command("tmux", append([]string{"-u", "-N", "-S", term.socket}, args...)...)
}

func (term *terminal) try(args ...string) error {
	out, err := term.command(args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("tmux %s: %w: %s", args[0], err, out)
	}
	return nil
}

func (term *terminal) do(args ...string) {
	term.t.Helper()
	if err := term.try(args...); err != nil {
		term.t.Fatal(err)
	}
}

func (term *terminal) ask(args ...string) string {
	out, err := term.command(args...).CombinedOutput()
	if err != nil {
		return fmt.Sprintf("%v: %s", err, out)
	}
	return string(out)
}

// screen is what the person sees.
func (term *terminal) screen() string {
	return strings.TrimRight(term.ask("capture-pane", "-p"), "\n")
}

// shows waits until all texts are on the screen at once. Lines that were
// wrapped between words match too.
func (term *terminal) shows(texts ...string) {
	term.t.Helper()
	eventually(term.t, fmt.Sprintf("%q on the screen", texts), func() (string, bool) {
		screen := term.screen()
		flat := strings.Join(strings.Fields(screen), " ")
		for _, text := range texts {
			if !strings.Contains(flat, text) {
				return screen, false
			}
		}
		return screen, true
	})
}

// resize gives the window another size, and waits until the app's header or
// panel has the width that belongs to it.
func (term *terminal) resize(width, height int) {
	term.t.Helper()
	term.do("resize-window", "-x", strconv.Itoa(width), "-y", strconv.Itoa(height))
	rule := min(width-4, 78)
	eventually(term.t, fmt.Sprintf("the app at %d×%d", width, height), func() (string, bool) {
		screen := term.screen()
		return screen, strings.Contains(screen, strings.Repeat("─", rule)) && !strings.Contains(screen, strings.Repeat("─", rule+1))
	})
}

func (term *terminal) keys(keys ...string) {
	term.t.Helper()
	term.do(append([]string{"send-keys"}, keys...)...)
}

func (term *terminal) types(text string) {
	term.t.Helper()
	term.do("send-keys", "-l", "--", text)
}

// paste pastes as terminals do: in brackets, if the program asked for them.
func (term *terminal) paste(text string) {
	term.t.Helper()
	term.do("set-buffer", "--", text)
	term.do("paste-buffer", "-p")
}

// run starts a command in the shell, which tells its exit code in the end.
func (term *terminal) run(line string) {
	term.t.Helper()
	term.types(line + `; echo "exit code $?."`)
	term.keys("Enter")
}

// ended waits for the exit code, and looks whether the terminal is as it was.
func (term *terminal) ended(code int) {
	term.t.Helper()
	term.shows(fmt.Sprintf("exit code %d.", code))
	state := strings.TrimSpace(term.ask("display-message", "-p", "#{alternate_on} #{cursor_flag} #{mouse_any_flag} #{keypad_cursor_flag}"))
	if state != "0 1 0 0" {
		term.t.Errorf("alternate screen, cursor, mouse, keypad are %s, not 0 1 0 0", state)
	}
	raw, err := os.ReadFile(term.raw)
	if err != nil {
		term.t.Fatal(err)
	}
	for _, mode := range []string{"1049", "2004", "1000", "1002", "1003", "1006"} {
		on, off := strings.LastIndex(string(raw), "\x1b[?"+mode+"h"), strings.LastIndex(string(raw), "\x1b[?"+mode+"l")
		if on > off {
			term.t.Errorf("mode %s is left on", mode)
		}
	}
	// The terminal is not in raw mode: what is typed is echoed, and Enter works.
	term.types("echo $((6 * 7))")
	term.keys("Enter")
	term.shows("42")
}

// stand is a provider with a person whose Ham app is signed in, and a desktop.
type stand struct {
	*servertest.Provider
	app    servertest.App
	config string // of the Ham app
	link   string // to enrol
	user   server.User
}

func newStand(t *testing.T) *stand {
	t.Helper()
	return newStandOn(t, servertest.Start(t, nil))
}

func newStandOn(t *testing.T, p *servertest.Provider) *stand {
	t.Helper()
	s := &stand{Provider: p, config: filepath.Join(t.TempDir(), "app")}
	s.app = s.AddApp(nil)
	user, link, err := s.Admin().AddUser(t.Context(), server.User{Nickname: "Lin", IsStudent: true})
	if err != nil {
		t.Fatal(err)
	}
	s.user, s.link = user, link
	return s
}

func (s *stand) signIn() *stand {
	s.TB.Helper()
	link, err := qr.ParseLink(s.link)
	if err != nil {
		s.TB.Fatal(err)
	}
	if _, err := client.Enroll(s.TB.Context(), link, client.Options{Dir: s.config, DeviceName: "terminal"}); err != nil {
		s.TB.Fatal(err)
	}
	return s
}

// desktop is a browser whose page waits.
type desktop struct {
	t    testing.TB
	page *servertest.Page
	*servertest.Socket
}

func (s *stand) desktop() desktop {
	s.TB.Helper()
	return openDesktop(s.TB, s.URL, s.Authorize(s.app))
}

func openDesktop(t testing.TB, origin, address string) desktop {
	t.Helper()
	page, err := servertest.NewBrowser(origin).Open(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	socket, err := page.Connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = socket.Close() })
	if _, err := socket.Until("waiting"); err != nil {
		t.Fatal(err)
	}
	return desktop{t, page, socket}
}

func (d desktop) until(state string) servertest.View {
	d.t.Helper()
	v, err := d.Until(state)
	if err != nil {
		d.t.Fatalf("waiting for %s: %v", state, err)
	}
	return v
}

// finish gives the address of the app that the browser lands on.
func (d desktop) finish() string {
	d.t.Helper()
	location, err := d.page.Finish(d.t.Context())
	if err != nil {
		d.t.Fatal(err)
	}
	return location
}

func pasteALink(t *testing.T) {
	s := newStand(t).signIn()
	d := s.desktop()
	term := openTerminal(t, 80, 24)
	term.run("ham app --config " + s.config)
	term.shows("Ham", "Lin", "Scan a code")
	term.paste(d.page.Link)
	term.keys("Enter")
	term.shows("Campus Library", "library.example", "Chrome on Linux at 127.0.0.1",
		"Nickname and picture", "Student status", "Number on the desktop", "Approve", "Refuse")
	v := d.until("claimed")
	if v.Account == nil || v.Account.Nickname != "Lin" {
		t.Errorf("the desktop names %+v", v.Account)
	}
	// An Enter too early approves nothing.
	term.keys("Enter")
	term.shows("First type the two digits")
	term.types(strconv.Itoa(v.Number))
	term.keys("Enter")
	term.shows("Approved")
	if v := d.until("approved"); len(v.Scopes) != 2 {
		t.Errorf("granted: %v", v.Scopes)
	}
	if location := d.finish(); !strings.HasPrefix(location, s.app.RedirectURI+"?code=") {
		t.Errorf("the browser lands at %s", location)
	}
	term.shows("Signed in", "has gone on")
	term.keys("Enter")
	term.shows("Scan a code")
	term.keys("C-c")
	term.ended(0)
}

func leaveAScopeOut(t *testing.T) {
	s := newStand(t).signIn()
	d := s.desktop()
	term := openTerminal(t, 80, 24)
	term.run("ham app --config " + s.config + " " + d.page.Link) // the link may stand on the command line
	term.shows("Number on the desktop", "[✓] Student status")
	v := d.until("claimed")
	term.keys("Up", "Space")
	term.shows("[ ] Student status", "[✓] Nickname and picture")
	term.types(strconv.Itoa(v.Number)) // digits go to their field from anywhere
	term.shows(fmt.Sprintf("[ %d %d ]", v.Number/10, v.Number%10))
	term.keys("a")
	term.shows("Approved", "sees Nickname and picture, and an id of you")
	if v := d.until("approved"); len(v.Scopes) != 1 || v.Scopes[0] != "profile" {
		t.Errorf("granted: %v", v.Scopes)
	}
	// "Not me" on the desktop is told here.
	if _, err := d.page.Cancel(t.Context()); err != nil {
		t.Fatal(err)
	}
	term.shows("Cancelled", "stopped on the desktop")
	term.keys("C-c")
	term.ended(0)
}

func screenshotInTheApp(t *testing.T) {
	demo := startDemo(t)
	b := openTab(t, startChromium(t), "")
	b.signIn(demo.app)
	b.state("waiting")
	eventually(t, "the socket", func() (string, bool) {
		return demo.output.String(), strings.Contains(demo.output.String(), "The page connected")
	})
	term := openTerminal(t, 100, 30)
	term.run("ham app --config " + demo.config)
	term.shows("Scan a code")
	term.types(b.screenshot())
	term.keys("Enter")
	term.shows("Campus Library", "Number on the desktop")
	b.state("claimed")
	term.types(strconv.Itoa(b.number()))
	term.keys("Enter")
	term.shows("Signed in")
	b.greeted("Lin")
	term.keys("C-c")
	term.ended(0)
}

func refuseInTheApp(t *testing.T) {
	s := newStand(t).signIn()
	d := s.desktop()
	term := openTerminal(t, 80, 24)
	term.run("ham app --config " + s.config)
	term.shows("Scan a code")
	term.paste(d.page.Link + "\n")
	term.keys("Enter")
	term.shows("Number on the desktop")
	d.until("claimed")
	term.keys("r")
	term.shows("Refused", "Nothing was given")
	d.until("denied")

	d = s.desktop()
	term.keys("Enter")
	term.shows("Scan a code")
	term.paste(d.page.Link)
	term.keys("Enter")
	term.shows("Number on the desktop")
	wrong := strconv.Itoa(10 + (d.until("claimed").Number-10+1)%90)
	for _, said := range []string{"2 tries are left", "one try is left", "efused"} {
		term.types(wrong)
		term.keys("Enter")
		term.shows(said)
	}
	d.until("denied")

	// Links that are none of ours are refused in words.
	term.keys("Escape")
	term.shows("Scan a code")
	for text, said := range map[string]string{
		"https://evil.example/q/ABCDEFGHIJKLMNOPQRSTUVWXYZ": "evil.example",
		"hello":        "https://",
		d.page.Link:    "refused",
		"/no/such.png": "such",
	} {
		term.paste(text)
		term.keys("Enter")
		term.shows("!", said)
		term.keys("Escape")
		term.shows("link or path of a picture")
	}
	term.keys("C-c")
	term.ended(0)
}

func keysAndHelp(t *testing.T) {
	s := newStand(t).signIn()
	d := s.desktop()
	term := openTerminal(t, 80, 24)
	term.run("ham app --config " + s.config)
	term.shows("Scan a code", "? keys")
	term.keys("?")
	term.shows("Keys", "leave the app", "any key goes back")
	term.keys("x")
	term.shows("Scan a code")
	// While a text is typed, ? belongs to it, and F1 helps.
	term.types("a?")
	term.shows("a?", "empty the field")
	term.keys("F1")
	term.shows("any key goes back")
	term.keys("Enter")
	term.shows("a?")
	term.keys("Escape")
	term.shows("link or path of a picture")
	// A paste that the terminal broke into lines is put together.
	link := d.page.Link
	term.paste(link[:30] + "\n" + link[30:])
	term.keys("Enter")
	term.shows("Number on the desktop")
	term.keys("?")
	term.shows("approve", "refuse", "0-9")
	term.keys("Escape")
	term.shows("Number on the desktop")
	term.keys("Escape") // leaves without an answer
	term.shows("Scan a code")
	if v, err := d.page.Poll(t.Context()); err != nil || v.State != "claimed" {
		t.Errorf("after leaving, the pairing is %s, %v", v.State, err)
	}
	// Ctrl-C leaves from the help too.
	term.keys("?")
	term.shows("any key goes back")
	term.keys("C-c")
	term.ended(0)
}

func smallTerminal(t *testing.T) {
	s := newStand(t).signIn()
	d := s.desktop()
	term := openTerminal(t, 120, 50)
	term.run("ham app --config " + s.config)
	term.shows("Scan a code", "6 Profile")
	term.do("resize-window", "-x", "40", "-y", "20")
	term.shows("Scan a code", "4 Browsers")
	term.paste(d.page.Link)
	term.keys("Enter")
	term.shows("Campus Library", "library.example", "Nickname and picture", "Student status", "Number on the desktop", "Approve", "Refuse")
	term.keys("Up")
	term.shows("▸ [✓] Student status")
	term.do("resize-window", "-x", "20", "-y", "6")
	term.shows("Please make the")
	term.do("resize-window", "-x", "200", "-y", "60")
	term.shows("Campus Library", "▸ [✓] Student status", "Refuse")
	term.do("resize-window", "-x", "40", "-y", "20")
	term.types(strconv.Itoa(d.until("claimed").Number))
	term.keys("Enter")
	term.shows("Approved")
	d.until("approved")
	term.keys("C-c")
	term.ended(0)
}

// colour finds escape sequences that set one, as against bold or reverse.
var colour = regexp.MustCompile(`\x1b\[(?:[0-9;:]*[;:])?(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])(?:[;:][0-9;:]*)?m`)

func withoutColour(t *testing.T) {
	s := newStand(t).signIn()
	d := s.desktop()
	for setting, want := range map[string]bool{"NO_COLOR=1": false, "NO_COLOR=": true} {
		term := openTerminal(t, 80, 24)
		term.run(setting + " ham app --config " + s.config)
		term.shows("Scan a code")
		term.paste(d.page.Link)
		term.keys("Enter")
		term.shows("Number on the desktop")
		term.keys("Tab")
		term.shows("▸ [ Approve ]")
		term.keys("C-c")
		term.ended(0)
		raw, err := os.ReadFile(term.raw)
		if err != nil {
			t.Fatal(err)
		}
		if found := colour.Find(raw); (found != nil) != want {
			t.Errorf("with %s the colours are %q", setting, found)
		}
	}
}

func firstRun(t *testing.T) {
	s := newStand(t)
	term := openTerminal(t, 80, 24)
	term.run("ham app --config " + s.config)
	term.shows("Welcome to Ham", "enrol link")
	term.paste(s.URL + "/enroll/ABCDEFGHIJKLMNOPQRSTUVWXYZ")
	term.keys("Enter")
	term.shows("! This enrol link")
	term.keys("Escape")
	term.shows("https://HOST/enroll/CODE")
	term.paste(s.link)
	term.keys("Enter")
	term.shows("This device is signed in", "Lin", "Scan a code")
	term.keys("C-c")
	term.ended(0)
	term.run("ham whoami --config " + s.config)
	term.shows("Lin on " + s.URL)
}

// noticeAndPasskey begins with another Ham app, which somebody enrols while
// the first one is open.
func noticeAndPasskey(t *testing.T) {
	p := servertest.Start(t, func(c *server.Config) { c.PublicURL = strings.Replace(c.PublicURL, "127.0.0.1", "localhost", 1) })
	p.URL = p.PublicURL()
	s := newStandOn(t, p).signIn()
	term := openTerminal(t, 80, 24)
	term.run("ham app --config " + s.config)
	term.shows("Scan a code", "f3 add a passkey")
	s.AnotherPhone(s.user)

	// The link: beside its code, or alone where there is no room, or as ham passkey prints it.
	term.keys("F3")
	term.shows("Add a passkey", s.URL+"/passkey/", "s left", "Keep it to yourself", "esc back")
	for _, size := range []struct {
		width, height int
		shows         []string
		code          bool
	}{
		{40, 20, []string{"Open this link in the browser"}, false},
		{200, 50, []string{"│ Ham", "Scan the code with the phone"}, true},
		{80, 24, []string{"Scan the code with the phone"}, true},
	} {
		term.resize(size.width, size.height)
		term.shows(append(size.shows, "/passkey/", "s left", "Keep it to yourself")...)
		if screen := term.screen(); strings.ContainsAny(screen, "▀▄") != size.code {
			t.Errorf("at %d×%d it shows\n%s", size.width, size.height, screen)
		}
	}

	// Back at home the other Ham app is told, and stays until it was seen.
	term.keys("Escape")
	term.shows("! New Ham app:", "If this was not you: press 2 and remove it with x", "f2 mark as seen", "link for a passkey works for another")
	for _, size := range [][2]int{{40, 20}, {200, 50}, {80, 24}} {
		term.resize(size[0], size[1])
		term.shows("! New Ham app: test phone", "from 127.0.0.1", "f2 marks it as seen", "link or path of a picture")
	}
	term.keys("x")
	term.shows("│ x")
	term.keys("Escape") // and no more until it was read: a terminal's other keys begin with it
	term.shows("! New Ham app:", "link or path of a picture")
	term.keys("F2")
	eventually(t, "the notice to go", func() (string, bool) {
		screen := term.screen()
		return screen, !strings.Contains(screen, "New Ham app") && strings.Contains(screen, "Scan a code")
	})
	term.keys("C-c")
	term.ended(0)
	term.run("clear; ham notices --config " + s.config)
	term.shows("Nothing new.")
	term.ended(0)
	term.run("clear; ham passkey --config " + s.config)
	term.shows(s.URL+"/passkey/", "once, within 5 minutes")
	if screen := term.screen(); !strings.Contains(screen, "▄") {
		t.Errorf("there is no code:\n%s", screen)
	}
	term = openTerminal(t, 90, 12)
	term.run("ham passkey --config " + s.config)
	term.shows("exit code 0.", "once, within 5 minutes")
	if screen := term.screen(); strings.Contains(screen, "▄") {
		t.Errorf("a code that does not fit is drawn:\n%s", screen)
	}
}

func serverAway(t *testing.T) {
	s := newStand(t).signIn()
	d := s.desktop()
	term := openTerminal(t, 80, 24)
	term.run("ham app --config " + s.config)
	term.shows("Scan a code")
	term.paste(d.page.Link)
	term.keys("Enter")
	term.shows("Number on the desktop")
	number := d.until("claimed").Number
	s.Stop()
	term.shows("no connection")
	s.Restart()
	term.shows("s left")
	term.types(strconv.Itoa(number))
	term.keys("Enter")
	term.shows("Approved")
	d.finish()
	term.shows("Signed in")
	term.keys("C-c")
	term.ended(0)
}

func endedFromOutside(t *testing.T) {
	s := newStand(t).signIn()
	d := s.desktop()
	term := openTerminal(t, 80, 24)
	term.run("ham app --config " + s.config + " " + d.page.Link)
	term.shows("Number on the desktop")
	shell := strings.TrimSpace(term.ask("display-message", "-p", "#{pane_pid}"))
	children, err := os.ReadFile("/proc/" + shell + "/task/" + shell + "/children")
	if err != nil {
		t.Skip("this system does not tell a process's children")
	}
	pid, err := strconv.Atoi(strings.Fields(string(children))[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	term.ended(0)
}

func approveAsks(t *testing.T) {
	s := newStand(t).signIn()
	d := s.desktop()
	term := openTerminal(t, 100, 40)
	term.run("ham approve '" + d.page.Link + "' --config " + s.config)
	term.shows("Campus Library asks to sign in Lin.", "Approve? [yes/no]")
	number := d.until("claimed").Number
	term.types("maybe")
	term.keys("Enter")
	term.shows("[yes/no] maybe Approve? [yes/no]")
	term.types("yes")
	term.keys("Enter")
	term.shows("Number on the desktop:")
	term.types(strconv.Itoa(10 + (number-10+1)%90))
	term.keys("Enter")
	term.shows("That is a wrong number; 2 tries are left.")
	term.types(strconv.Itoa(number))
	term.keys("Enter")
	term.shows("Approved: profile, is_student.")
	d.until("approved")
	term.ended(0)

	// Ctrl-C at the question approves nothing.
	d = s.desktop()
	term = openTerminal(t, 100, 40)
	term.run("ham approve '" + d.page.Link + "' --config " + s.config)
	term.shows("Approve? [yes/no]")
	term.keys("C-c")
	term.shows("stopped")
	term.ended(1)
	if v, err := d.page.Poll(t.Context()); err != nil || v.State != "claimed" {
		t.Errorf("the pairing is %s, %v", v.State, err)
	}
}

func removeAsks(t *testing.T) {
	s := newStand(t).signIn()
	other := s.AnotherPhone(s.user)
	term := openTerminal(t, 72, 24)
	term.run("ham devices --config " + s.config)
	term.shows("* terminal", "test phone")
	term.ended(0)

	question := "Remove test phone (" + other.DeviceID + ")? [y/N]"
	term = openTerminal(t, 120, 24)
	term.run("ham devices remove 'TEST PHONE' --config " + s.config)
	term.shows(question)
	term.keys("Enter")
	term.shows("ham: nothing was changed")
	term.ended(1)

	term = openTerminal(t, 120, 24)
	term.run("ham devices remove 'TEST PHONE' --config " + s.config)
	term.shows(question)
	term.keys("C-c")
	term.shows("stopped")
	term.ended(1)
	if _, err := other.Me(t.Context()); err != nil {
		t.Fatal(err)
	}

	term = openTerminal(t, 120, 24)
	term.run("ham devices remove 'TEST PHONE' --config " + s.config)
	term.shows(question)
	term.types("y")
	term.keys("Enter")
	term.shows("test phone is signed out")
	term.ended(0)

	// Ctrl-C is how one stops to follow.
	term = openTerminal(t, 80, 24)
	term.run("ham activity --follow --limit 1 --config " + s.config)
	term.shows("Ham app removed: test phone")
	term.keys("C-c")
	term.ended(0)
}

func demoWithApp(t *testing.T) {
	port, err := freePort()
	if err != nil {
		t.Fatal(err)
	}
	appPort, err := freePort()
	if err != nil {
		t.Fatal(err)
	}
	term := openTerminal(t, 80, 24)
	term.run(fmt.Sprintf("ham demo --app --port %d --app-port %d", port, appPort))
	term.shows("Scan a code", "Lin")
	// The library's own way to the sign-in page.
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	reader := &http.Client{Jar: jar, Timeout: patience, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	d := openDesktop(t, fmt.Sprintf("http://localhost:%d", port), redirect(t, reader, fmt.Sprintf("http://localhost:%d/login", appPort)))
	term.paste(d.page.Link)
	term.keys("Enter")
	term.shows("Campus Library", "Number on the desktop")
	term.types(strconv.Itoa(d.until("claimed").Number))
	term.keys("Enter")
	term.shows("Approved")
	d.until("approved")
	if home := redirect(t, reader, d.finish()); !strings.HasSuffix(home, "/") {
		t.Errorf("the app sends its reader to %s", home)
	}
	term.shows("Signed in")
	term.keys("C-c")
	term.ended(0)
}

// redirect gives where an answer redirects to, as a whole address.
func redirect(t *testing.T, reader *http.Client, address string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := reader.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	to, err := response.Location()
	if err != nil {
		t.Fatalf("%s: %s: %v", address, response.Status, err)
	}
	return to.String()
}
